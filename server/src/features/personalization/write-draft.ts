import type { Deps } from '../../deps.ts'
import { checkDraft, type DraftQuality, SECOND_LOOK } from '../../draft-quality.ts'
import { askedLanguage } from '../../letters/asked-language.ts'
import { systemNowMs } from '../../ports/clock.ts'
import {
  type CallContext,
  type Commonality,
  type Fact,
  type LlmPort,
  ModelError,
  type ModelUse,
  type WriteRequest,
  type WrittenMessage,
} from '../../ports/llm/port.ts'
import {
  type LeadRef,
  type ReadAhead,
  type Research,
  type ResearchDeps,
  researchLead,
} from '../research/research-lead.ts'
import type { PromptSource, ResolvedPrompt } from './resolve-prompt.ts'
import { senderFacts, senderFields } from './sender-facts.ts'

export type DraftRequest = {
  workspace_id: string
  purpose: CallContext['purpose']
  /** What the draft is for, in the log of calls: the id of a run, lead or job. */
  reference: string | null
  /** As leadFields() or leadVariables() make it: lead fields by their names, other columns under their variable names. */
  lead: Record<string, string>
  lead_ref: LeadRef | null
  /** The sender's data as a profile or a request has them. */
  sender: Record<string, unknown>
  prompt: ResolvedPrompt
  research_context?: string | null
  force_refresh?: boolean
  /** What was read of this lead together with others. */
  ahead?: ReadAhead
  /** A single first message where absent. */
  step?: WriteRequest['step']
  /** Recent drafts to others of the same run or campaign: the gate refuses a text that was written already. */
  earlier?: { subject: string; body: string }[]
  /** Decides the variations of the writer by rule; the row's id and the step, so that the same lead reads the same. */
  seed: string
}

export type Draft = {
  subject: string
  /** Plain text; HTML is made of it by html-text.ts, and it is never run through Liquid. */
  body: string
  model: string
  provider: string
  /** From the first fact to the last check. */
  latency_ms: number
  /** About the lead, the company and the correspondence (f…) and about the sender (s…). */
  facts: Fact[]
  /** Ids among `facts`. */
  used_facts: string[]
  commonality: Commonality | null
  quality: DraftQuality
  research: Omit<Research, 'facts'>
  prompt_source: PromptSource
  prompt_name: string | null
  prompt_snapshot: string
  prompt_version_hash: string
  /** Summed over every try and second look. */
  use: ModelUse
  /** What a written draft costs. */
  credits: number
}

/** The first try and two that mend what was wrong with it. */
const TRIES = 3
const SUBJECT_CHARS = 300
const BODY_CHARS = 20_000

/**
 * Writes one message: gathers facts, has the workspace's writer make a text of them, and looks at it. What fails the gates is
 * written anew at most twice, with what was wrong; the best of the tries is the draft, whose quality says whether it passed.
 * A fault of a later try costs nothing that an earlier one has brought. Belongs outside of any transaction. Throws ModelError
 * where no text came at all, with what the tries took in `use`: 'timeout' where the signal is AbortSignal.timeout(), 'cancelled'
 * where it is another.
 */
export const writeDraft = async (
  deps: ResearchDeps & Pick<Deps, 'llm'>,
  request: DraftRequest,
  { now, signal }: { now: Date; signal?: AbortSignal },
): Promise<Draft> => {
  const started = systemNowMs()
  const llm = await deps.llm(request.workspace_id)
  const { facts: leadFacts, ...research } = await researchLead(deps, {
    workspace_id: request.workspace_id,
    lead: request.lead,
    lead_ref: request.lead_ref,
    research_context: request.research_context ?? null,
    force_refresh: request.force_refresh ?? false,
    now,
    ...(request.ahead ? { ahead: request.ahead } : {}),
    ...(signal ? { signal } : {}),
  }).catch((error) => {
    if (!signal?.aborted) throw error
    throw new ModelError(isTimeout(signal) ? 'timeout' : 'cancelled', 'The research was broken off.')
  })
  const sender = senderFields(request.sender)
  const facts = [...leadFacts, ...senderFacts(sender, now)]
  const call: CallContext = {
    workspace_id: request.workspace_id,
    purpose: request.purpose,
    reference: request.reference,
    ...(signal ? { signal } : {}),
  }
  const language = askedLanguage(request.prompt.prompt, request.lead, sender)
  const uses: ModelUse[] = []
  let best: Try | null = null
  let mend: string[] = []
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const outcome = await tryOnce(llm, { ...request, sender, language }, facts, { attempt, mend, call, uses }).catch(
      (error) => {
        if (!(error instanceof ModelError)) throw error
        const failure = error.failure === 'cancelled' && isTimeout(signal) ? 'timeout' : error.failure
        // A text that is there already is worth more than the fault of a try to better it.
        if (best && failure !== 'cancelled') return null
        throw new ModelError(failure, error.message, total(uses, error.use))
      },
    )
    if (!outcome) break
    if (!best || isBetter(outcome.quality, best.quality)) best = outcome
    if (best.quality.passed) break
    mend = outcome.quality.checks.filter((check) => !check.passed).map((check) => check.message)
  }
  const { message, quality } = best as unknown as Try
  const use = total(uses) as ModelUse
  const { source, name, prompt, version_hash } = request.prompt
  return {
    subject: message.subject,
    body: message.body,
    model: message.use.model,
    provider: message.use.provider,
    latency_ms: systemNowMs() - started,
    facts,
    used_facts: message.used_facts,
    commonality: message.commonality,
    quality,
    research,
    prompt_source: source,
    prompt_name: name,
    prompt_snapshot: prompt,
    prompt_version_hash: version_hash,
    use: { ...use, model: message.use.model, provider: message.use.provider },
    credits: llm.credits_per_draft,
  }
}

/** Whether time ran out, instead of somebody having left. */
const isTimeout = (signal: AbortSignal | undefined): boolean =>
  signal?.aborted === true && (signal.reason as { name?: string } | undefined)?.name === 'TimeoutError'

type Try = { message: WrittenMessage & { use: ModelUse }; quality: DraftQuality }

const tryOnce = async (
  llm: LlmPort,
  request: DraftRequest & { sender: Record<string, string>; language: string | null },
  facts: Fact[],
  run: { attempt: number; mend: string[]; call: CallContext; uses: ModelUse[] },
): Promise<Try> => {
  const { language } = request
  const written = await llm.writeMessage(
    {
      prompt: request.prompt.prompt,
      facts,
      step: request.step ?? { index: 1, total: 1, earlier: [] },
      language,
      seed: run.attempt === 1 ? request.seed : `${request.seed}:${run.attempt}`,
      mend: run.mend,
    },
    run.call,
  )
  run.uses.push(written.use)
  const message = { ...clean(written, facts), use: written.use }
  const quality = checkDraft({
    subject: message.subject,
    body: message.body,
    facts,
    lead: request.lead,
    sender: request.sender,
    language,
    earlier: [
      ...(request.earlier ?? []),
      ...(request.step?.earlier ?? []).map(({ subject, text }) => ({ subject, body: text })),
    ],
    prompt: request.prompt.prompt,
  })
  // What the rules refuse is written anew anyway: a second look at it would be paid for nothing.
  if (!quality.passed) return { message, quality }
  return { message, quality: await lookAgain(llm, message, quality, facts, language, run) }
}

/**
 * Adds what a second reader objects to. Where there is no such reader nothing is added; where there is one that did not
 * answer, the draft stands by the rules and says so.
 */
const lookAgain = async (
  llm: LlmPort,
  message: WrittenMessage,
  quality: DraftQuality,
  facts: Fact[],
  language: string | null,
  run: { call: CallContext; uses: ModelUse[] },
): Promise<DraftQuality> => {
  const look = await llm
    .reviewMessage(
      { facts, message: { subject: message.subject, body: message.body }, language },
      { ...run.call, purpose: 'review' },
    )
    .catch((error) => {
      // Where time is up the text that stands is kept; where somebody has left nobody wants it.
      if (!(error instanceof ModelError) || (error.failure === 'cancelled' && !isTimeout(run.call.signal))) throw error
      if (error.use) run.uses.push(error.use)
      return 'unanswered' as const
    })
  if (look === null) return quality
  if (look === 'unanswered')
    return {
      ...quality,
      checks: [...quality.checks, { ...SECOND_LOOK, weight: 0, message: 'No second look was to be had.' }],
    }
  run.uses.push(look.use)
  const objections = look.objections.map(({ text }) => text.trim()).filter((text) => text !== '')
  const check = objections.length
    ? { ...SECOND_LOOK, passed: false, message: objections.join(' ').slice(0, 2_000) }
    : SECOND_LOOK
  const weight = quality.checks.reduce((sum, each) => sum + each.weight, 0)
  const score = Math.max(0, Math.min(1, look.score))
  return {
    score: (quality.score * weight + score * check.weight) / (weight + check.weight),
    passed: quality.passed && check.passed,
    checks: [...quality.checks, check],
  }
}

const isBetter = (one: DraftQuality, other: DraftQuality): boolean =>
  one.passed !== other.passed ? one.passed : one.score > other.score

/**
 * A written text as it may be stored: a subject of one line, a body without control characters, facts that there are. Text
 * without end is no message at all; throws ModelError.
 */
const clean = (written: WrittenMessage & { use: ModelUse }, facts: Fact[]): WrittenMessage => {
  const subject = visible(written.subject).replaceAll(/\s+/g, ' ').trim()
  const body = visible(written.body.replaceAll(/\r\n?/g, '\n'))
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
  if (subject === '' || body === '') throw new ModelError('invalid_answer', 'The writer gave no text.', written.use)
  if (subject.length > SUBJECT_CHARS || body.length > BODY_CHARS)
    throw new ModelError('invalid_answer', 'The writer gave far more text than a message has.', written.use)
  const known = new Set(facts.map(({ id }) => id))
  return {
    subject,
    body,
    used_facts: [...new Set(written.used_facts)].filter((id) => known.has(id)),
    commonality: written.commonality && {
      ...written.commonality,
      text: visible(written.commonality.text),
      supporting_evidence: written.commonality.supporting_evidence.map(visible),
    },
  }
}

/** Without NUL, other controls and half characters, which no mail and no database takes; line ends and tabs stay. */
const visible = (text: string): string => text.toWellFormed().replaceAll(/[^\P{Cc}\n\t]/gu, '')

/** What several calls took together; null where there was none. */
const total = (uses: readonly ModelUse[], last: ModelUse | null = null): ModelUse | null => {
  // A fault after an answer, such as a text without end, carries the use of an answer that was counted.
  const all = last && !uses.includes(last) ? [...uses, last] : uses
  const first = all.at(-1)
  if (!first) return null
  const sum = (key: 'input_tokens' | 'output_tokens' | 'latency_ms' | 'attempts'): number =>
    all.reduce((so_far, use) => so_far + use[key], 0)
  return {
    model: first.model,
    provider: first.provider,
    input_tokens: sum('input_tokens'),
    output_tokens: sum('output_tokens'),
    // Unknown prices stay unknown: a sum without them would be too low.
    cost_microusd: all.some((use) => use.cost_microusd === null)
      ? null
      : all.reduce((so_far, use) => so_far + (use.cost_microusd ?? 0), 0),
    latency_ms: sum('latency_ms'),
    attempts: sum('attempts'),
  }
}
