import { BavlioError, errorOf } from './errors.ts'
import { readEvents } from './server-events.ts'

export type { ServerEvent } from './server-events.ts'

export type ClientSettings = {
  /** Where the instance answers, such as `http://localhost:3000`; without it, the page's own origin. */
  base_url?: string
  /**
   * An API key, or a session's token. A function is asked before each call, so that a token can be renewed in time. Where the
   * server refuses what it gave, it is asked once more and told which one that was; with another one the call is repeated.
   */
  credential?: string | null | ((refused?: string | null) => string | null | Promise<string | null>)
  /** The workspace to act in, for sessions; a key belongs to one already. */
  workspace_id?: string | null | (() => string | null)
  /** Per try; 60 unless told. Streams and files have none. */
  timeout_seconds?: number
  /** Further tries where one can do no harm: 2 unless told. */
  retries?: number
  fetch?: typeof fetch
}

export type CallOptions = {
  signal?: AbortSignal
  /** Makes a write safe to repeat (docs/api.md); without it each call that writes gets one of its own, for its own retries. */
  idempotency_key?: string
  headers?: Record<string, string>
  timeout_seconds?: number
}

/** How one operation is called; the generated functions hold these. */
export type OperationSpec = {
  method: string
  path: string
  query?: string[]
  body?: 'json' | 'form'
  answer: 'json' | 'text' | 'file' | 'events' | 'none'
}

/** What the generated functions take first. */
// biome-ignore lint/suspicious/noExplicitAny: each generated function names its own answer, and the schema test of the server holds it.
export type Call = (spec: OperationSpec, input?: object, options?: CallOptions) => Promise<any>

const LONGEST_PAUSE_SECONDS = 30

/**
 * A client of one instance: `const call = createClient({ base_url, credential })`, then `listCampaigns(call, { limit: 20 })`.
 * Throws BavlioError for whatever is no success. Tries again after 429, 502, 503, 504 and lost connections, waiting as long as
 * the server asks (at most 30 s): reads always, writes under an idempotency key that stays the same.
 */
export const createClient = (settings: ClientSettings = {}): Call => {
  const send = settings.fetch ?? globalThis.fetch.bind(globalThis)
  return async (spec, input = {}, options = {}) => {
    const url = urlOf(spec, input as Record<string, unknown>, settings.base_url ?? '')
    const headers = new Headers(options.headers)
    const ask = settings.credential
    let credential = typeof ask === 'function' ? await ask() : ask
    const workspace = typeof settings.workspace_id === 'function' ? settings.workspace_id() : settings.workspace_id
    if (credential) headers.set('authorization', `Bearer ${credential}`)
    if (workspace) headers.set('x-workspace-id', workspace)
    if (spec.method !== 'GET') headers.set('idempotency-key', options.idempotency_key ?? globalThis.crypto.randomUUID())
    const body = bodyOf(spec, (input as { body?: unknown }).body, headers)
    const retries = settings.retries ?? 2
    let may_renew = typeof ask === 'function'
    for (let attempt = 0; ; attempt++) {
      const last = attempt >= retries
      try {
        const response = await send(url, {
          method: spec.method,
          headers,
          body,
          signal: signalFor(spec, settings, options),
        })
        if (response.ok) return await read(spec, response)
        const error = await errorOf(response)
        if (may_renew && typeof ask === 'function' && error.status === 401 && error.code === 'UNAUTHORIZED') {
          may_renew = false
          const renewed = await ask(credential ?? null)
          if (!renewed || renewed === credential) throw error
          credential = renewed
          headers.set('authorization', `Bearer ${renewed}`)
          // Nothing was done under the refused one, so this is no further try.
          attempt--
          continue
        }
        if (last || ![429, 502, 503, 504].includes(error.status) || error.code.endsWith('_NOT_CONFIGURED')) throw error
        await pause(error.retry_after_seconds ?? 2 ** attempt / 2, options.signal)
      } catch (error) {
        if (error instanceof BavlioError) throw error
        if (options.signal?.aborted)
          throw new BavlioError({ status: 0, code: 'CANCELLED', message: 'The call was cancelled.', cause: error })
        const timedOut = error instanceof DOMException && error.name === 'TimeoutError'
        if (timedOut || last)
          throw new BavlioError({
            status: 0,
            code: timedOut ? 'TIMEOUT' : 'NETWORK',
            message: timedOut ? 'The server did not answer in time.' : 'The server could not be reached.',
            cause: error,
          })
        await pause(2 ** attempt / 2, options.signal)
      }
    }
  }
}

const urlOf = (spec: OperationSpec, input: Record<string, unknown>, base: string): string => {
  const path = spec.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const value = input[name]
    // An empty segment would call another operation.
    if (value === undefined || value === null || value === '')
      throw new BavlioError({ status: 0, code: 'MISSING_PARAMETER', message: `${name} is needed for ${spec.path}.` })
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams()
  for (const name of spec.query ?? []) {
    const value = input[name]
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null) query.append(name, String(each))
  }
  return `${base.replace(/\/$/, '')}${path}${query.size ? `?${query}` : ''}`
}

const bodyOf = (spec: OperationSpec, body: unknown, headers: Headers): BodyInit | null => {
  if (body === undefined || !spec.body) return null
  if (spec.body === 'json') {
    headers.set('content-type', 'application/json')
    return JSON.stringify(body)
  }
  if (body instanceof FormData) return body
  const form = new FormData()
  for (const [name, value] of Object.entries(body as Record<string, unknown>)) {
    if (value === undefined || value === null) continue
    if (value instanceof Blob) form.append(name, value)
    else if (Array.isArray(value) && value.length && value.every((one) => one instanceof Blob))
      for (const file of value) form.append(name, file)
    else form.append(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return form
}

const signalFor = (spec: OperationSpec, settings: ClientSettings, options: CallOptions): AbortSignal | null => {
  const lasting = spec.answer === 'events' || spec.answer === 'file' || spec.body === 'form'
  const seconds = options.timeout_seconds ?? (lasting ? 0 : (settings.timeout_seconds ?? 60))
  const signals = [options.signal, seconds ? AbortSignal.timeout(seconds * 1000) : undefined].filter(
    (signal) => signal !== undefined,
  )
  return signals.length ? AbortSignal.any(signals) : null
}

const read = async (spec: OperationSpec, response: Response): Promise<unknown> => {
  switch (spec.answer) {
    case 'json':
      return response.status === 204 ? undefined : await response.json()
    case 'text':
      return await response.text()
    case 'file':
      return response
    case 'events':
      return readEvents(response)
    case 'none':
      await response.body?.cancel()
      return undefined
  }
}

const pause = (seconds: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((done, fail) => {
    const stop = (): void => {
      clearTimeout(timer)
      fail(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      done()
    }, Math.min(seconds, LONGEST_PAUSE_SECONDS) * 1000)
    signal?.addEventListener('abort', stop, { once: true })
  })
