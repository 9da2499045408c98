import type { OutboundHttp, OutboundRequest } from '../outbound-http.ts'
import { SearchError, type SearchResult } from './port.ts'

const TIMEOUT_MS = 8_000
const MOST_BYTES = 2_097_152
const TEXT_CHARS = 2_000

/**
 * One request to a search service, answered with JSON. Redirects are refused: the key would follow them. Throws SearchError,
 * and the signal's reason when it is aborted.
 */
export const askService = async (
  http: Pick<OutboundHttp, 'request'>,
  name: string,
  url: string,
  request: Pick<OutboundRequest, 'method' | 'headers' | 'body'> & { signal: AbortSignal },
): Promise<unknown> => {
  const answer = await http
    .request(url, {
      ...request,
      headers: { accept: 'application/json', ...request.headers },
      timeout_ms: TIMEOUT_MS,
      max_response_bytes: MOST_BYTES,
    })
    .catch((error: { code?: string; name?: string }) => {
      request.signal.throwIfAborted()
      if (error.code === 'EGRESS_REFUSED')
        throw new SearchError(
          'misconfigured',
          `${name} is in a private network; the operator has to list it in EGRESS_ALLOW.`,
        )
      throw error.name === 'TimeoutError'
        ? new SearchError('timeout', `${name} did not answer within ${TIMEOUT_MS / 1_000} seconds.`)
        : new SearchError('unavailable', `${name} could not be reached.`)
    })
  const { status } = answer
  if (status === 429) throw new SearchError('rate_limited', `${name} takes no more requests at the moment.`)
  if (status === 401 || status === 402 || status === 403)
    throw new SearchError(
      'misconfigured',
      `${name} refused the request (${status}): its key is wrong, its account is empty, or it gives no JSON.`,
    )
  if (status >= 300 && status < 500) throw new SearchError('misconfigured', `${name} answered with ${status}.`)
  if (status !== 200 || answer.truncated)
    throw new SearchError('unavailable', `${name} gave no usable answer (${status}).`)
  try {
    return JSON.parse(answer.body.toString('utf8'))
  } catch {
    throw new SearchError('unavailable', `${name} gave an answer that is no JSON.`)
  }
}

/** The results in a service's answer, whatever else it holds; what has neither title nor text is left out. */
export const readResults = (
  list: unknown,
  names: { title: string; url: string; snippet: string },
  limit: number,
): SearchResult[] => {
  const found: SearchResult[] = []
  for (const item of Array.isArray(list) ? list : []) {
    if (found.length >= limit) break
    if (item === null || typeof item !== 'object') continue
    const fields = item as Record<string, unknown>
    const title = plain(fields[names.title])
    const snippet = plain(fields[names.snippet])
    const url = webAddress(fields[names.url])
    if (title || snippet) found.push({ title, url, snippet })
  }
  return found
}

/** Services mark the words that were found; some do so with tags. */
const plain = (value: unknown): string =>
  typeof value === 'string'
    ? value
        .slice(0, TEXT_CHARS)
        .replaceAll(/<\/?[a-z][^<>]{0,200}>/gi, '')
        .replaceAll(/&(?:amp|lt|gt|quot|#0?39|#x27|nbsp);/gi, (entity) => ENTITIES[entity.toLowerCase()] ?? entity)
        .trim()
    : ''

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#039;': "'",
  '&#x27;': "'",
  '&nbsp;': ' ',
}

/** In the spelling of the URL standard: as it was sent it may hold what JSON in a database cannot. */
const webAddress = (value: unknown): string | null => {
  const url = typeof value === 'string' && value.length <= 2_000 && URL.canParse(value) ? new URL(value) : null
  return url && /^https?:$/.test(url.protocol) ? url.href : null
}
