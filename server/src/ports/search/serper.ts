import type { OutboundHttp } from '../outbound-http.ts'
import { askService, readResults } from './ask-service.ts'
import type { SearchEngine } from './port.ts'

export const searchSerper = (
  settings: { base_url: string; api_key: string | null },
  http: Pick<OutboundHttp, 'request'>,
): SearchEngine => ({
  name: 'Serper',
  is_bundled: false,
  search: async (query, { limit, signal }) => {
    const answer = (await askService(http, 'Serper', `${settings.base_url}/search`, {
      method: 'POST',
      headers: { 'x-api-key': settings.api_key ?? '', 'content-type': 'application/json' },
      body: JSON.stringify({ q: query, num: Math.min(limit, 20) }),
      signal,
    })) as { organic?: unknown } | null
    return readResults(answer?.organic, { title: 'title', url: 'link', snippet: 'snippet' }, limit)
  },
})
