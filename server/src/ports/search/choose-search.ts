import type { Config } from '../../config.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { searchBrave } from './brave.ts'
import { searchDemoCorpus } from './demo-corpus.ts'
import type { SearchPort } from './port.ts'
import { searchSearxng } from './searxng.ts'
import { searchSerper } from './serper.ts'

const SERVICES = { searxng: searchSearxng, brave: searchBrave, serper: searchSerper }

/** A sandbox has the bundled corpus, whatever is configured: what it asks must not reach anybody. */
export const createSearchPort = (
  { search }: Pick<Config, 'search'>,
  http: Pick<OutboundHttp, 'request'>,
): SearchPort => {
  const service = search ? SERVICES[search.provider](search, http) : null
  return { engineFor: ({ mode }) => (mode === 'sandbox' ? searchDemoCorpus : service) }
}
