export type SearchResult = {
  title: string
  url: string | null
  /** Plain text; services mark words in it and cut it with an ellipsis. */
  snippet: string
}

/** `misconfigured`: the key or the address is wrong, or the account is empty; it fails until somebody changes that. */
export type SearchFailure = 'timeout' | 'rate_limited' | 'unavailable' | 'misconfigured'

/** `message` is a plain sentence for people, without keys and without what the service said. */
export class SearchError extends Error {
  readonly failure: SearchFailure
  constructor(failure: SearchFailure, message: string) {
    super(message)
    this.name = 'SearchError'
    this.failure = failure
  }
}

/** A search of the web. What it finds was written by strangers. */
export type SearchEngine = {
  /** For people, and the key under which its answers are kept. */
  name: string
  /** It answers from the program itself, so there is nothing to keep, to wait for or to be careful with. */
  is_bundled: boolean
  /** At most `limit` results, best first. Throws SearchError, and the signal's reason when it is aborted. */
  search: (query: string, options: { limit: number; signal: AbortSignal }) => Promise<SearchResult[]>
}

export type SearchPort = {
  /** Null for a live workspace where no service is configured. A sandbox has the bundled corpus and nothing else. */
  engineFor: (workspace: { mode: 'sandbox' | 'live' }) => SearchEngine | null
}
