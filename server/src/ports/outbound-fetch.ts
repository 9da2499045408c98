import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { OutboundHttp, OutboundRequest } from './outbound-http.ts'

/** The answer was cut off, because it is longer than the caller can take. */
export class AnswerTooLarge extends Error {
  readonly code = 'ANSWER_TOO_LARGE'
}

const unpack = promisify(gunzip)

/** Most libraries give an object of texts, of which nothing has to be made. */
const plainHeaders = (given: RequestInit['headers']): Record<string, string> =>
  given && !Array.isArray(given) && Object.getPrototypeOf(given) === Object.prototype
    ? Object.fromEntries(Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]))
    : Object.fromEntries(new Headers(given))

/** An answer that was collected and unpacked. */
export type WholeAnswer = { status: number; headers: Record<string, string>; content: Buffer; url: string }

const platformResponse = ({ status, headers, content, url }: WholeAnswer): Response => {
  const isEmpty = [204, 205, 304].includes(status)
  const response = new Response(isEmpty ? null : new Uint8Array(content), { status, headers })
  Object.defineProperty(response, 'url', { value: url })
  return response
}

/**
 * `fetch` for libraries that speak HTTP themselves, over the one client of this program: every connection passes the egress
 * policy, whatever proxies or agents the library would choose. Redirects are answers. Bodies are text or forms. `respond` makes
 * the answer as the library reads it.
 */
export const outboundFetch =
  (
    http: OutboundHttp,
    limits: { timeout_ms: number | null; max_response_bytes: number },
    respond: (answer: WholeAnswer) => Response = platformResponse,
  ): typeof fetch =>
  async (input, init = {}) => {
    const url = input instanceof Request ? input.url : String(input)
    const headers = plainHeaders(init.headers)
    const body = init.body ?? undefined
    if (body !== undefined && typeof body !== 'string' && !(body instanceof URLSearchParams))
      throw new TypeError('Only text and forms are sent.')
    if (body instanceof URLSearchParams) headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8'
    const answered = await http.request(url, {
      method: (init.method ?? 'GET').toUpperCase() as OutboundRequest['method'],
      headers,
      body: body?.toString(),
      ...(init.signal ? { signal: init.signal } : {}),
      ...limits,
    })
    if (answered.truncated)
      throw new AnswerTooLarge(`${new URL(url).host} answered with more than ${limits.max_response_bytes} bytes.`)
    const { 'content-encoding': encoding, 'content-length': _length, ...rest } = answered.headers
    let content = answered.body
    if (encoding === 'gzip')
      content = await unpack(content, { maxOutputLength: limits.max_response_bytes }).catch((error) => {
        if ((error as { code?: string }).code !== 'ERR_BUFFER_TOO_LARGE') throw error
        throw new AnswerTooLarge(`${new URL(url).host} answered with more than ${limits.max_response_bytes} bytes.`)
      })
    return respond({ status: answered.status, headers: rest, content, url: answered.url })
  }
