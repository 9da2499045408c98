import type { LookupFunction } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import type { EgressPolicy } from './egress.ts'

export type OutboundRequest = {
  method?: 'GET' | 'POST' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Buffer
  /** From the first octet to the last of the answer, in milliseconds; null where `signal` ends it in time. */
  timeout_ms?: number | null
  /** Longer answers are cut off there and marked, and their connection is dropped. */
  max_response_bytes?: number
  /** Each hop passes the egress policy anew. None by default: a redirect is then the answer. */
  max_redirects?: number
  /** Ends the request early, with the error that the signal carries. */
  signal?: AbortSignal
}

export type OutboundAnswer = {
  status: number
  headers: Record<string, string>
  body: Buffer
  truncated: boolean
  /** Where the answer came from, after redirects. */
  url: string
}

/**
 * HTTP to the outside, for whatever address a user or a stranger named. Throws EgressRefused where the address is not
 * public, TypeError for one that is no http(s) URL, and the error of the connection otherwise.
 */
export type OutboundHttp = {
  request: (url: string, options?: OutboundRequest) => Promise<OutboundAnswer>
  close: () => Promise<void>
}

const TIMEOUT_MS = 10_000
const MOST_BYTES = 1_048_576

/**
 * One request and its answer, collected as it comes: the client's own call makes a stream of each answer, which for answers
 * that are small and kept whole takes as long as all the rest. Throws the signal's reason, or the connection's error.
 */
const exchange = (
  agent: Agent,
  url: URL,
  given: OutboundRequest,
  signal: AbortSignal,
): Promise<Omit<OutboundAnswer, 'url'>> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const most = given.max_response_bytes ?? MOST_BYTES
    const chunks: Buffer[] = []
    let size = 0
    let status = 0
    let headers: Record<string, string> = {}
    let controller: Dispatcher.DispatchController | null = null
    const end = (truncated: boolean): void => {
      signal.removeEventListener('abort', onAbort)
      resolve({ status, headers, body: Buffer.concat(chunks), truncated })
    }
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort)
      reject(error)
    }
    const onAbort = (): void => {
      fail(signal.reason)
      controller?.abort(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const path = `${url.pathname}${url.search}`
    agent.dispatch(
      {
        origin: url.origin,
        path,
        method: given.method ?? 'GET',
        headers: given.headers ?? {},
        body: given.body ?? null,
      },
      {
        onRequestStart: (started) => {
          controller = started
          // It may have been given up while the connection was made.
          if (signal.aborted) started.abort(signal.reason)
        },
        onResponseStart: (_controller, code, given) => {
          // What is only informational (RFC 9110 §15.2) is followed by the answer.
          if (code < 200) return
          status = code
          headers = Object.fromEntries(
            Object.entries(given).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(', ') : (value ?? ''),
            ]),
          )
        },
        onResponseData: (answering, chunk) => {
          if (size > most) return
          chunks.push(chunk.subarray(0, most - size))
          size += chunk.length
          if (size <= most) return
          end(true)
          answering.abort(new Error('The answer is longer than the caller can take.'))
        },
        onResponseEnd: () => end(false),
        onResponseError: (_controller, error) => fail(error),
      },
    )
  })

export const createOutboundHttp = (egress: EgressPolicy, options: { ca?: string } = {}): OutboundHttp => {
  // The socket looks its host up through the policy, so the address that was checked is the one that is connected to, on
  // every new connection; TLS still verifies the host's name.
  const lookupFor = (port: number): LookupFunction =>
    ((host: string, wish: { all?: boolean }, callback: (...given: unknown[]) => void) => {
      egress.resolve(host, port).then(
        (address) => {
          const family = address.includes(':') ? 6 : 4
          if (wish.all) callback(null, [{ address, family }])
          else callback(null, address, family)
        },
        (error) => callback(error),
      )
    }) as LookupFunction
  const agents = new Map<number, Agent>()
  const agentFor = (port: number): Agent => {
    const known = agents.get(port)
    if (known) return known
    const agent = new Agent({
      connect: { lookup: lookupFor(port), timeout: TIMEOUT_MS, ...(options.ca ? { ca: options.ca } : {}) },
      keepAliveTimeout: 10_000,
    })
    agents.set(port, agent)
    return agent
  }

  const once = async (
    url: URL,
    given: OutboundRequest,
    signal: AbortSignal,
  ): Promise<OutboundAnswer & { location: string | null }> => {
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`${url.protocol} is not HTTP.`)
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    // A literal address never passes the look-up, and a pooled connection has passed it once; both are checked here.
    await egress.resolve(url.hostname, port)
    const answer = await exchange(agentFor(port), url, given, signal)
    return { ...answer, url: url.href, location: answer.headers.location ?? null }
  }

  return {
    request: async (address, given = {}) => {
      let url = new URL(address)
      const ends = (): AbortSignal => {
        if (given.signal && given.timeout_ms === null) return given.signal
        const timeout = AbortSignal.timeout(given.timeout_ms ?? TIMEOUT_MS)
        return given.signal ? AbortSignal.any([given.signal, timeout]) : timeout
      }
      const signal = ends()
      for (let hops = given.max_redirects ?? 0; ; hops--) {
        const { location, ...answer } = await once(url, given, signal)
        if (hops <= 0 || !location || ![301, 302, 303, 307, 308].includes(answer.status)) return answer
        url = new URL(location, url)
      }
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}
