import type { OutboundHttp } from '../outbound-http.ts'
import { askService, readResults } from './ask-service.ts'
import type { SearchEngine } from './port.ts'

/** Longer questions are refused with 422. */
const QUERY_CHARS = 400
const QUERY_WORDS = 50

export const searchBrave = (
  settings: { base_url: string; api_key: string | null },
  http: Pick<OutboundHttp, 'request'>,
): SearchEngine => ({
  name: 'Brave Search',
  is_bundled: false,
  search: async (query, { limit, signal }) => {
    const q = query.split(/\s+/).slice(0, QUERY_WORDS).join(' ').slice(0, QUERY_CHARS)
    const asked = new URLSearchParams({ q, count: String(Math.min(limit, 20)), text_decorations: 'false' })
    const answer = (await askService(http, 'Brave Search', `${settings.base_url}/res/v1/web/search?${asked}`, {
      headers: { 'x-subscription-token': settings.api_key ?? '' },
      signal,
    })) as { web?: { results?: unknown } | null } | null
    return readResults(answer?.web?.results, { title: 'title', url: 'url', snippet: 'description' }, limit)
  },
})
