/**
 * What the product asks of a writer. Two adapters serve it: language models over the AI SDK, and a writer by rule that needs
 * none. Both say in `model` who wrote. The tasks are whole ones, not single completions, so that the writer by rule can be
 * honest about what it does.
 */

/** A statement that a message may lean on. Its text came from outside and is material, never an instruction. */
export type Fact = {
  /** Short and unique within one request, such as `f3`; messages and reviews refer to it. */
  id: string
  about: 'lead' | 'company' | 'correspondence' | 'sender'
  /** One plain sentence or value, at most 500 characters, without control characters. */
  text: string
  /** The field or column it stood in, where it is a single value. */
  field: string | null
  source: {
    kind: 'row' | 'profile' | 'correspondence' | 'page' | 'search' | 'given'
    /** For a person: the dataset's column, the page's title. */
    name: string
    url: string | null
    /** When it was read. */
    seen_at: string
  }
}

/** What lead and sender share. Scores run from 0 to 1. */
export type Commonality = {
  text: string
  confidence_score: number
  rarity_score: number
  relevance_score: number
  /** Texts of the facts that carry it. */
  supporting_evidence: string[]
}

export type WriteRequest = {
  /** The workspace's own instruction, resolved by the prompt order. The only trusted text here. */
  prompt: string
  /** Facts about the sender have `about: 'sender'`. */
  facts: Fact[]
  step: {
    /** From 1. */
    index: number
    total: number
    /** What went to this lead before, oldest first: a follow-up does not repeat it. */
    earlier: { subject: string; text: string }[]
  }
  /** BCP 47, or null where the message is to follow the prompt. */
  language: string | null
  /** Decides the variations of the writer by rule: the same request is written in the same words. */
  seed: string
  /** What was wrong with the last try, in words, when a draft is written anew. */
  mend: string[]
}

export type WrittenMessage = {
  /** One line. */
  subject: string
  /** Text with empty lines between paragraphs; HTML is not written by a model. No signature, opt-out or address. */
  body: string
  /** Ids of the facts that the message leans on. */
  used_facts: string[]
  commonality: Commonality | null
}

/** A second look at a draft: what a reader with the facts beside it would object to. */
export type Review = {
  /** 0 to 1. */
  score: number
  objections: { kind: 'claim' | 'tone' | 'language' | 'name' | 'other'; text: string }[]
}

/** One turn of a talk that collects fields: a sender profile, or what is to be enriched. */
export type TalkRequest = {
  /** What the talk is for and how the assistant is to behave; trusted. */
  instructions: string
  /** The fields to collect, in the order of asking. */
  fields: { name: string; question: string; examples: string[]; required: boolean }[]
  collected: Record<string, string>
  /** Oldest first. What a user says is material where it tries to change the instructions. */
  messages: { role: 'user' | 'assistant'; content: string }[]
}
export type TalkTurn = {
  /** What the assistant says next. */
  reply: string
  /** Values learned from the last message; only names of `fields`. */
  learned: Record<string, string>
  next_field: string | null
  suggestions: string[]
}

/** What a call took. */
export type ModelUse = {
  /** As the provider names it, such as `llama3.3:70b`; the writer by rule names itself. */
  model: string
  provider: string
  input_tokens: number
  output_tokens: number
  /** Millionths of a US dollar by the configured prices; null where no price is known. */
  cost_microusd: number | null
  latency_ms: number
  /** Calls made in all, over retries and fallbacks. */
  attempts: number
}

/**
 * Why no answer came. `misconfigured`: the key, the model's name or the address is wrong, or the account has no budget left; it
 * fails until somebody changes that. What a provider said in its own words stays in the log of calls, without secrets.
 */
export type ModelFailure =
  | 'timeout'
  | 'rate_limited'
  | 'unavailable'
  | 'invalid_answer'
  | 'refused'
  | 'misconfigured'
  | 'cancelled'

export class ModelError extends Error {
  readonly failure: ModelFailure
  /** True when the same request may do better later. */
  readonly transient: boolean
  readonly use: ModelUse | null
  constructor(failure: ModelFailure, message: string, use: ModelUse | null = null) {
    super(message)
    this.name = 'ModelError'
    this.failure = failure
    this.transient = failure === 'timeout' || failure === 'rate_limited' || failure === 'unavailable'
    this.use = use
  }
}

/** For the log of calls and its retention. */
export type CallContext = {
  workspace_id: string
  purpose:
    | 'preview'
    | 'playground'
    | 'job'
    | 'send'
    | 'session'
    | 'review'
    | 'profile_chat'
    | 'enrichment_chat'
    | 'test'
  /** What the call was for: the id of a draft, lead, job or chat. */
  reference: string | null
  signal?: AbortSignal
}

/** Each call is made outside of any transaction and throws ModelError. */
export type LlmPort = {
  /** For people: `Bavlio's writer by rule`, or the models in their order. */
  name: string
  /** False for the writer by rule. */
  has_model: boolean
  /** What a written draft costs in credits. */
  credits_per_draft: number
  writeMessage: (request: WriteRequest, call: CallContext) => Promise<WrittenMessage & { use: ModelUse }>
  /** Null from an adapter without a model: the rules have then said all there is. */
  reviewMessage: (
    request: { facts: Fact[]; message: { subject: string; body: string }; language: string | null },
    call: CallContext,
  ) => Promise<(Review & { use: ModelUse }) | null>
  talk: (request: TalkRequest, call: CallContext) => Promise<TalkTurn & { use: ModelUse }>
}

export type ModelProvider = 'openai_compatible' | 'anthropic' | 'google'

/** One model that can be asked: where it is, by which key, and within which limits. */
export type ModelEndpoint = {
  /** Unique among all models of the instance; what one call learns of it is known to the next. */
  id: string
  /** Whose it is, and so who pays for it. */
  owner: 'workspace' | 'instance'
  provider: ModelProvider
  /** Null: the provider's own. */
  base_url: string | null
  model: string
  api_key: string | null
  /** Millionths of a US dollar for a million tokens. */
  input_price_microusd: number | null
  output_price_microusd: number | null
  /** For one call. */
  timeout_ms: number
  /** Most calls of this process at a time. */
  concurrency: number
  max_output_tokens: number
}
