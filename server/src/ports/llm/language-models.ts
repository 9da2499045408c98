import { setTimeout as pause } from 'node:timers/promises'
import type { APICallError, JSONSchema7 } from 'ai'
import type { z } from 'zod'
import { systemNowMs } from '../clock.ts'
import { EgressRefused } from '../egress.ts'
import { AnswerTooLarge, outboundFetch } from '../outbound-fetch.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import type { ModelCall } from './call-log.ts'
import { createCallSlots } from './call-slots.ts'
import { isRefusal, keptWords, readJsonObject } from './model-answer.ts'
import { type Dialect, FIRST_DIALECT, type LanguageModel, openModel, simplerDialect } from './model-endpoint.ts'
import { fenced, messageTask, reviewTask, type Task, talkTask } from './model-tasks.ts'
import {
  type CallContext,
  type LlmPort,
  type ModelEndpoint,
  ModelError,
  type ModelFailure,
  type ModelUse,
} from './port.ts'
import { wholeResponse } from './whole-response.ts'

type Sdk = typeof import('ai')
let sdk: Sdk | null = null
/** Comes with the first call: most processes never ask a model, and should not carry its thirty megabytes. */
const loadSdk = async (): Promise<Sdk> => {
  sdk ??= await import('ai')
  return sdk
}

/** Further calls to the same model after a busy or broken one. */
const MOST_RETRIES = 2
/** Further calls to the same model after an answer that cannot be used. */
const MOST_CORRECTIONS = 1
/** Longest wait in front of a call; a model that wants a longer one is passed over. */
const MOST_WAIT_MS = 20_000
/** Longest pause that one answer can impose on the callers that come later. */
const MOST_REST_MS = 60_000
/** An answer of a model is a few kilobytes; one that never ends is cut here and its connection dropped. */
const MOST_BYTES = 2_000_000

/** What was learned of more models than that is learned anew. */
const MOST_DIALECTS = 10_000

/** What is known of a model holds for that place and name: its row may be pointed elsewhere. */
const keyOf = ({ id, base_url, model }: ModelEndpoint): string => `${id} ${base_url ?? ''} ${model}`

export type RunnerOptions = {
  http: Pick<OutboundHttp, 'request'>
  record: (call: ModelCall) => void
  /** For one task, over all of its calls and waits. */
  total_timeout_ms: number
  /** The first wait after a failure; it doubles. */
  backoff_ms?: number
}

/** What one call to one model came to. */
export type CallOutcome<T> = {
  use: Omit<ModelUse, 'attempts'>
  status: number | null
  answer: T | null
  /** Null with an answer. */
  failure: ModelFailure | null
  /** Why, in our words, for people. */
  message: string
  /** For the model's next try. */
  correction: string | null
  /** The provider's own words, fit to be kept. */
  said: string | null
  /** What it asked callers to wait for, in milliseconds. */
  retry_after_ms: number | null
  /** The server did not understand how it was asked, and is to be asked more simply. */
  simpler: Dialect | null
}

export type ModelRunner = {
  /** A port over these models in their order. */
  portOver: (endpoints: ModelEndpoint[], options: { credits_per_draft: number }) => LlmPort
  /** One call to one model, without retries, as an operator tries a setting. */
  tryModel: (
    endpoint: ModelEndpoint,
    call: CallContext,
  ) => Promise<CallOutcome<{ subject: string; body: string }> & { answers: Dialect['answers'] }>
}

/** `signal` is the caller's own end, `ends` that or the end of the task's time. */
type Asked = { signal: AbortSignal; ends: AbortSignal; deadline: number; call: CallContext; attempt: number }

const priceOf = (endpoint: ModelEndpoint, input: number, output: number): number | null =>
  endpoint.input_price_microusd === null || endpoint.output_price_microusd === null
    ? null
    : Math.round((input * endpoint.input_price_microusd + output * endpoint.output_price_microusd) / 1_000_000)

/** The wait that an answer asks for: retry-after-ms, or Retry-After in seconds or as a date (RFC 9110 §10.2.3). */
const retryAfterOf = (headers: Record<string, string> | undefined): number | null => {
  const precise = Number.parseFloat(headers?.['retry-after-ms'] ?? '')
  if (precise >= 0) return precise
  const given = headers?.['retry-after']?.trim()
  if (!given) return null
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1_000
  const at = Date.parse(given)
  // Their clock against their clock, so that ours does not matter.
  const theirs = Date.parse(headers?.date ?? '')
  return Number.isNaN(at) ? null : Math.max(0, at - (Number.isNaN(theirs) ? systemNowMs() : theirs))
}

type Fault = Pick<CallOutcome<never>, 'failure' | 'message' | 'status' | 'retry_after_ms'> & {
  words: string | null
  correction?: string
}

/**
 * A signal that ends with `outer` or after `ms`, and a way to be done with both: the signals of the platform would hold their
 * timers and each other until the time is over.
 */
const within = (outer: AbortSignal, ms: number): { signal: AbortSignal; done: () => void } => {
  const ending = new AbortController()
  const end = (): void => ending.abort(outer.reason)
  const timer = setTimeout(() => ending.abort(new DOMException('The time is over.', 'TimeoutError')), Math.max(1, ms))
  outer.addEventListener('abort', end, { once: true })
  if (outer.aborted) end()
  return {
    signal: ending.signal,
    done: () => {
      clearTimeout(timer)
      outer.removeEventListener('abort', end)
    },
  }
}

const schemas = new WeakMap<z.ZodType, JSONSchema7>()

/** As it goes over the wire, made once of each schema that there is. */
const jsonSchemaOf = async (schema: z.ZodType): Promise<JSONSchema7> => {
  const known = schemas.get(schema) ?? (await (await loadSdk()).zodSchema(schema).jsonSchema)
  schemas.set(schema, known)
  return known
}

/** The cause at the end of a chain of errors; its code says what the socket met. */
const rootOf = (error: unknown): Error & { code?: string } => {
  let root = error as Error & { cause?: unknown; code?: string }
  for (let depth = 0; depth < 5 && root.cause instanceof Error; depth++) root = root.cause as typeof root
  return root
}

const faultOf = (error: unknown): Fault => {
  const root = rootOf(error)
  const none = { status: null, retry_after_ms: null, words: null }
  if (root instanceof EgressRefused) return { ...none, failure: 'misconfigured', message: root.message }
  if (root instanceof AnswerTooLarge)
    return {
      ...none,
      failure: 'invalid_answer',
      message: 'The answer is far too long.',
      correction: 'it was far too long',
    }
  if (sdk?.APICallError.isInstance(error) && error.statusCode !== undefined) {
    const { statusCode: status, responseBody: body = '', responseHeaders: headers } = error
    const at = { status, retry_after_ms: retryAfterOf(headers), words: status >= 300 ? wordsOf(body, error) : null }
    if (status === 429 && /insufficient_quota|billing|credit balance/i.test(body))
      return { ...at, failure: 'misconfigured', message: 'The account at the provider has no budget left.' }
    if (status === 429) return { ...at, failure: 'rate_limited', message: 'The provider wants fewer requests (429).' }
    if (status === 408 || status === 409 || status === 425 || status >= 500)
      return { ...at, failure: 'unavailable', message: `The provider is not able to answer now (${status}).` }
    if (status === 401 || status === 403)
      return { ...at, failure: 'misconfigured', message: `The provider refuses the key (${status}).` }
    if (status === 402)
      return { ...at, failure: 'misconfigured', message: 'The account at the provider has no budget left.' }
    if (status === 404)
      return { ...at, failure: 'misconfigured', message: 'There is no such model at this address (404).' }
    if (status >= 300 && status < 400)
      return { ...at, failure: 'misconfigured', message: `The address leads elsewhere (${status}).` }
    if (status >= 400)
      return { ...at, failure: 'misconfigured', message: `The provider refuses the request (${status}).` }
    // It said 200 and sent something that is not what the protocol answers with: a proxy's page, or a part of an answer.
    return { ...at, failure: 'unavailable', message: 'The answer is not what a model’s server sends.' }
  }
  if (sdk?.InvalidResponseDataError.isInstance(error) || sdk?.TypeValidationError.isInstance(error))
    return { ...none, failure: 'invalid_answer', message: 'The answer is empty.', correction: 'it was empty' }
  const code = root.code && /^[A-Z_]{3,40}$/.test(root.code) ? ` (${root.code})` : ''
  return { ...none, failure: 'unavailable', message: `The provider cannot be reached, or hung up${code}.` }
}

const wordsOf = (body: string, error: APICallError): string => {
  try {
    const { error: told, message, detail } = JSON.parse(body) as Record<string, unknown>
    const inner = typeof told === 'object' && told !== null ? (told as { message?: unknown }).message : told
    const said = inner ?? message ?? detail
    if (typeof said === 'string') return said
  } catch {
    // Not JSON: its text says it, unless it is a page.
  }
  return /^\s*</.test(body) ? error.message : body
}

/** Models name themselves more exactly in their answers; anything that is no name is not believed. */
const nameOf = (endpoint: ModelEndpoint, given: string | undefined): string =>
  given && /^[\w.:/@+-]{1,200}$/.test(given) ? given : endpoint.model

/**
 * Runs tasks on language models: the first that answers, each tried again as its failure deserves. Throws ModelError only.
 *
 * - 429, 5xx, a broken connection: up to two more calls with growing waits, or the wait that the answer asks for.
 * - an answer that cannot be used: one more call that says what was wrong.
 * - no answer in time, a refusal, a wrong key or name: the next model at once.
 */
export const createModelRunner = (options: RunnerOptions): ModelRunner => {
  const slots = createCallSlots(() => performance.now())
  const dialects = new Map<string, Dialect>()
  const backoff = options.backoff_ms ?? 500
  // Each call has a signal of its own that ends it, also while the answer is being read.
  const limits = { timeout_ms: null, max_response_bytes: MOST_BYTES }
  const fetch = outboundFetch(options.http as OutboundHttp, limits, wholeResponse)

  // By the object, not by what is in it: a changed address or key is another object, and one that is gone takes its model along.
  const opened = new WeakMap<ModelEndpoint, { dialect: Dialect; model: LanguageModel }>()
  /** Opening a model builds the schemas of its protocol, which takes longer than a request. */
  const modelOf = async (endpoint: ModelEndpoint, dialect: Dialect): Promise<LanguageModel> => {
    const known = opened.get(endpoint)
    if (known?.dialect === dialect) return known.model
    await loadSdk()
    const model = await openModel(endpoint, dialect, fetch)
    opened.set(endpoint, { dialect, model })
    return model
  }

  const learn = (endpoint: ModelEndpoint, dialect: Dialect): void => {
    if (dialects.size >= MOST_DIALECTS) dialects.clear()
    dialects.set(keyOf(endpoint), dialect)
  }

  /** One request. Never throws, except for the caller's own end. */
  const callOnce = async <T>(
    endpoint: ModelEndpoint,
    task: Task<T>,
    asked: Asked,
    correction: string | null,
  ): Promise<CallOutcome<T>> => {
    const dialect = dialects.get(keyOf(endpoint)) ?? FIRST_DIALECT
    const prompt = `${fenced(task.material)}${correction ? `\n\nYour last answer could not be used: ${correction}. Answer with the one JSON object that was asked for.` : ''}`
    const started = performance.now()
    const allowed = Math.ceil(Math.max(1, Math.min(endpoint.timeout_ms, asked.deadline - started)))
    const ends = within(asked.signal, allowed)
    let input_tokens = 0
    let output_tokens = 0
    let name = endpoint.model
    const outcome = (rest: Partial<CallOutcome<T>>): CallOutcome<T> => ({
      use: {
        model: name,
        provider: endpoint.provider,
        input_tokens,
        output_tokens,
        cost_microusd: priceOf(endpoint, input_tokens, output_tokens),
        latency_ms: Math.round(performance.now() - started),
      },
      status: null,
      answer: null,
      failure: null,
      message: '',
      correction: null,
      said: null,
      retry_after_ms: null,
      simpler: null,
      ...rest,
    })
    const unusable = (message: string, why: string): CallOutcome<T> =>
      outcome({ status: 200, failure: 'invalid_answer', message, correction: why })
    try {
      // The model itself rather than generateText(): its steps, tools, events and retries are not for one question with one
      // answer, and take twice as long as the request.
      const result = await (await modelOf(endpoint, dialect)).doGenerate({
        prompt: [
          { role: 'system', content: task.system },
          { role: 'user', content: [{ type: 'text', text: prompt }] },
        ],
        // The text is read below, more leniently than the SDK would and with words about what is wrong with it.
        ...(dialect.answers === 'text'
          ? {}
          : { responseFormat: { type: 'json', schema: await jsonSchemaOf(task.schema), name: task.name } }),
        maxOutputTokens: endpoint.max_output_tokens,
        abortSignal: ends.signal,
      })
      const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
      const finishReason = result.finishReason.unified
      input_tokens = result.usage.inputTokens.total ?? 0
      output_tokens = result.usage.outputTokens.total ?? 0
      name = nameOf(endpoint, result.response?.modelId)
      if (finishReason === 'content-filter')
        return outcome({ status: 200, failure: 'refused', message: 'The model refused to answer.' })
      if (finishReason === 'length')
        return unusable(
          `The answer was cut off at ${endpoint.max_output_tokens} tokens.`,
          'it was too long and was cut off; write much less',
        )
      if (!text.trim()) return unusable('The answer is empty.', 'it was empty')
      const value = readJsonObject(text)
      if (!value)
        return isRefusal(text)
          ? outcome({ status: 200, failure: 'refused', message: 'The model refused to answer.' })
          : unusable('The answer is not the JSON object that was asked for.', 'it was not one complete JSON object')
      const read = task.read(value)
      return 'answer' in read
        ? outcome({ status: 200, answer: read.answer })
        : unusable(`The answer does not fit: ${read.problem}.`, read.problem)
    } catch (error) {
      if (asked.signal.aborted) return outcome({ failure: 'cancelled', message: 'The call was cancelled.' })
      if (ends.signal.aborted || rootOf(error).name === 'TimeoutError')
        return outcome({ failure: 'timeout', message: `No answer within ${Math.round(allowed / 1_000)} seconds.` })
      const fault = faultOf(error)
      const simpler = fault.status === 400 || fault.status === 422 ? simplerDialect(dialect, fault.words ?? '') : null
      if (simpler && endpoint.provider === 'openai_compatible') learn(endpoint, simpler)
      const { failure, message, status, retry_after_ms } = fault
      const said = fault.words && keptWords(fault.words, [endpoint.api_key], `${task.system}\n${prompt}`)
      return outcome({
        failure,
        message,
        status,
        retry_after_ms,
        said: said || null,
        correction: fault.correction ?? null,
        simpler: endpoint.provider === 'openai_compatible' ? simpler : null,
      })
    } finally {
      ends.done()
    }
  }

  const keep = <T>(endpoint: ModelEndpoint, asked: Asked, outcome: CallOutcome<T>): void => {
    const { use, failure, status, said } = outcome
    options.record({
      workspace_id: asked.call.workspace_id,
      purpose: asked.call.purpose,
      reference: asked.call.reference,
      owner: endpoint.owner,
      provider: endpoint.provider,
      model: endpoint.model,
      attempt: asked.attempt,
      outcome: failure ? 'failed' : 'answered',
      failure,
      status,
      said,
      input_tokens: use.input_tokens,
      output_tokens: use.output_tokens,
      cost_microusd: use.cost_microusd,
      latency_ms: use.latency_ms,
    })
  }

  /** A call in its turn: after the model's rest, when there is a place. Null where that would take too long. */
  const inTurn = async <T>(
    endpoint: ModelEndpoint,
    asked: Asked,
    run: () => Promise<CallOutcome<T>>,
  ): Promise<CallOutcome<T> | 'resting' | 'no_time'> => {
    const { ends } = asked
    let release: (() => void) | null = null
    try {
      for (;;) {
        const rest = slots.restsFor(keyOf(endpoint))
        if (rest > MOST_WAIT_MS || performance.now() + rest > asked.deadline) return 'resting'
        if (rest > 0) await pause(rest, undefined, { signal: ends })
        release = await slots.take(keyOf(endpoint), asked.call.workspace_id, endpoint.concurrency, ends)
        // While this one waited for its place, another may have been told to wait.
        if (slots.restsFor(keyOf(endpoint)) <= 0) break
        release()
        release = null
      }
      return await run()
    } catch (error) {
      if (ends.aborted) return 'no_time'
      throw error
    } finally {
      release?.()
    }
  }

  const run = async <T>(
    endpoints: ModelEndpoint[],
    task: Task<T>,
    call: CallContext,
  ): Promise<T & { use: ModelUse }> => {
    const { asked, done } = ask(call)
    try {
      return await runInTime(endpoints, task, asked)
    } finally {
      done()
    }
  }

  const ask = (call: CallContext): { asked: Asked; done: () => void } => {
    const signal = call.signal ?? new AbortController().signal
    const ends = within(signal, options.total_timeout_ms)
    const deadline = performance.now() + options.total_timeout_ms
    return { asked: { signal, ends: ends.signal, deadline, call, attempt: 0 }, done: ends.done }
  }

  const runInTime = async <T>(
    endpoints: ModelEndpoint[],
    task: Task<T>,
    asked: Asked,
  ): Promise<T & { use: ModelUse }> => {
    const started = performance.now()
    const total = { input_tokens: 0, output_tokens: 0, cost_microusd: 0 as number | null, model: '', provider: '' }
    const used = (): ModelUse => ({
      ...total,
      latency_ms: Math.round(performance.now() - started),
      attempts: asked.attempt,
    })
    const failed: { failure: ModelFailure; message: string }[] = []
    const note = (endpoint: ModelEndpoint, failure: ModelFailure, message: string): void => {
      failed.push({ failure, message: `${endpoint.model}: ${message}` })
    }

    for (const endpoint of endpoints) {
      total.model = endpoint.model
      total.provider = endpoint.provider
      let retries = 0
      let corrections = 0
      let correction: string | null = null
      for (;;) {
        if (asked.signal.aborted) throw new ModelError('cancelled', 'The call was cancelled.', used())
        const outcome: CallOutcome<T> | 'resting' | 'no_time' = await inTurn(endpoint, asked, async () => {
          asked.attempt++
          const made = await callOnce(endpoint, task, asked, correction)
          keep(endpoint, asked, made)
          return made
        })
        if (asked.signal.aborted) throw new ModelError('cancelled', 'The call was cancelled.', used())
        if (outcome === 'no_time')
          throw new ModelError('timeout', `${endpoint.model}: no place within the time.`, used())
        if (outcome === 'resting') {
          note(endpoint, 'rate_limited', 'it asked for a pause that is longer than this call can wait.')
          break
        }
        const { use, answer, failure } = outcome
        total.input_tokens += use.input_tokens
        total.output_tokens += use.output_tokens
        total.cost_microusd =
          total.cost_microusd === null || use.cost_microusd === null ? null : total.cost_microusd + use.cost_microusd
        if (answer !== null) return { ...answer, use: { ...used(), model: use.model } }
        if (outcome.simpler) continue
        const isBusy = failure === 'rate_limited' || failure === 'unavailable'
        // Callers that failed together do not come back together.
        const own = backoff * 2 ** retries * (0.75 + Math.random() / 2)
        if (failure === 'rate_limited')
          slots.rest(keyOf(endpoint), Math.min(outcome.retry_after_ms ?? own, MOST_REST_MS))
        if (isBusy && retries < MOST_RETRIES) {
          const wait = Math.max(own, outcome.retry_after_ms ?? 0)
          if (wait <= MOST_WAIT_MS && performance.now() + wait < asked.deadline) {
            retries++
            await pause(wait, undefined, { signal: asked.signal }).catch(() => undefined)
            continue
          }
        }
        if (failure === 'invalid_answer' && corrections < MOST_CORRECTIONS && performance.now() < asked.deadline) {
          corrections++
          correction = outcome.correction
          continue
        }
        note(endpoint, failure ?? 'unavailable', outcome.message)
        break
      }
      if (performance.now() >= asked.deadline) break
    }
    const error = (failure: ModelFailure, message: string) => new ModelError(failure, message, used())
    // What may pass counts more than what will not: the same request may do better later.
    const worst = failed.findLast(({ failure }) => error(failure, '').transient) ?? failed.at(-1)
    throw error(worst?.failure ?? 'unavailable', failed.map(({ message }) => message).join(' ') || 'No model is set.')
  }

  return {
    portOver: (endpoints, { credits_per_draft }) => ({
      name: endpoints.map(({ model }) => model).join(', '),
      has_model: true,
      credits_per_draft,
      writeMessage: (request, call) => run(endpoints, messageTask(request), call),
      reviewMessage: (request, call) => run(endpoints, reviewTask(request), call),
      talk: (request, call) => run(endpoints, talkTask(request), call),
    }),
    tryModel: async (endpoint, call) => {
      const task = messageTask(TRIAL)
      const { asked, done } = ask(call)
      try {
        for (;;) {
          asked.attempt++
          const outcome = await callOnce(endpoint, task, asked, null)
          keep(endpoint, asked, outcome)
          if (!outcome.simpler)
            return {
              ...outcome,
              answer: outcome.answer && { subject: outcome.answer.subject, body: outcome.answer.body },
              answers: (dialects.get(keyOf(endpoint)) ?? FIRST_DIALECT).answers,
            }
        }
      } finally {
        done()
      }
    },
  }
}

/** What a model is asked when an operator tries it: nothing of anybody. */
const TRIAL = {
  prompt: 'Write one or two friendly sentences to the reader about what the facts say, and ask how they go about it.',
  facts: [
    {
      id: 'f1',
      about: 'lead' as const,
      field: 'first_name',
      text: 'Kari',
      source: { kind: 'given' as const, name: 'trial', url: null, seen_at: '2026-01-01T00:00:00.000Z' },
    },
    {
      id: 'f2',
      about: 'company' as const,
      field: null,
      text: 'The company bakes bread for hotels.',
      source: { kind: 'given' as const, name: 'trial', url: null, seen_at: '2026-01-01T00:00:00.000Z' },
    },
  ],
  step: { index: 1, total: 1, earlier: [] },
  language: 'en',
  seed: 'trial',
  mend: [],
}
