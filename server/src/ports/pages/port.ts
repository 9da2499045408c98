export type PageFailure =
  | 'not_web'
  | 'private_address'
  | 'robots'
  | 'unreachable'
  | 'timeout'
  | 'too_many_redirects'
  | 'status'
  | 'not_html'
  | 'too_large'
  | 'unreadable'

export type PageOutcome =
  | {
      ok: true
      /** Where it came from, after redirects. */
      url: string
      html: string
      /** It is longer than what is read of a page; this is its beginning. */
      is_cut: boolean
      /** How long the host is left alone after it, by its robots.txt or the configuration. */
      pause_ms: number
    }
  | {
      ok: false
      url: string
      failure: PageFailure
      /** Of HTTP, where there was an answer. */
      status: number | null
      /** A plain sentence for a person. */
      message: string
      /** True when the same page may be there later. */
      is_transient: boolean
    }

/** Reads pages as a guest: by robots.txt, one at a time from each host, with pauses, under a name. */
export type PageReader = {
  /** Never throws for what a page or its host does; throws the signal's reason when it is aborted. */
  read: (url: string, options: { signal: AbortSignal }) => Promise<PageOutcome>
}

export type PagesPort = {
  /** Null for a sandbox, which reaches nothing outside, and where reading is turned off. */
  readerFor: (workspace: { mode: 'sandbox' | 'live' }) => PageReader | null
}
