import type { OutboundHttp } from '../outbound-http.ts'
import { askService, readResults } from './ask-service.ts'
import type { SearchEngine } from './port.ts'

/** A SearXNG, whose settings.yml has to list `json` among the formats of `search`; without it the answer is 403. */
export const searchSearxng = (
  settings: { base_url: string; api_key: string | null },
  http: Pick<OutboundHttp, 'request'>,
): SearchEngine => ({
  name: 'SearXNG',
  is_bundled: false,
  search: async (query, { limit, signal }) => {
    const asked = new URLSearchParams({ q: query, format: 'json', safesearch: '1' })
    const answer = (await askService(http, 'SearXNG', `${settings.base_url}/search?${asked}`, {
      // Some stand behind a proxy that asks for a key.
      headers: settings.api_key ? { authorization: `Bearer ${settings.api_key}` } : {},
      signal,
    })) as { results?: unknown } | null
    return readResults(answer?.results, { title: 'title', url: 'url', snippet: 'content' }, limit)
  },
})
