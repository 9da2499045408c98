import type { Workspace } from '../../http/access.ts'

export type SheetTab = {
  /** Stays the same when the tab is renamed or moved. */
  tab_id: number
  title: string
  index: number
  /** Of the grid: most of its last rows may be empty. */
  row_count: number
  column_count: number
  is_hidden: boolean
  /** False for a chart or the like on a tab of its own, which has no cells. */
  has_cells: boolean
}

export type SheetFile = {
  sheet_id: string
  title: string
  /** Where a person opens it; null where it is a file on the server. */
  url: string | null
  tabs: SheetTab[]
}

export type ListedSheet = { sheet_id: string; title: string; url: string | null; modified_at: Date | null }

/** `first_row` is the number that a spreadsheet shows beside the first of `rows`. Trailing empty cells may be missing. */
export type SheetPage = { first_row: number; rows: string[][] }

/** Spreadsheets as one person may read them. Every method throws SheetsFault. */
export type SheetsSource = {
  kind: 'google' | 'folder'
  /** The ones that changed last first. */
  list: (options: { limit: number; page: string | null }) => Promise<{ items: ListedSheet[]; next_page: string | null }>
  open: (sheetId: string) => Promise<SheetFile>
  /** Differs when the file was changed between two calls; null where that cannot be found out. */
  version: (sheetId: string) => Promise<string | null>
  /** One row of each of the tabs, in their order. */
  rowOfEach: (sheetId: string, tabs: SheetTab[], row: number) => Promise<string[][]>
  /** The rows of a tab from `fromRow` (1 is the first) to its end, as a person sees them. Memory holds a page. */
  pages: (sheetId: string, tab: SheetTab, fromRow: number, signal?: AbortSignal) => AsyncGenerator<SheetPage>
}

/**
 * `NOT_FOUND`: there is none, or the person may not know of it. `DENIED`: the person may not read it. `SCOPE`: the person
 * did not allow this program to. `AUTH`: the token is not taken, a fresh one neither. `LATER`: nothing was decided, try
 * again. `BROKEN`: it will be the same next time. Messages are for people and hold no token.
 */
export class SheetsFault extends Error {
  override readonly name = 'SheetsFault'
  readonly code: 'NOT_FOUND' | 'DENIED' | 'SCOPE' | 'AUTH' | 'LATER' | 'BROKEN'
  readonly retry_after_s: number | null
  constructor(code: SheetsFault['code'], message: string, retry_after_s: number | null = null) {
    super(message)
    this.code = code
    this.retry_after_s = retry_after_s
  }
}

export type GoogleTokens = {
  access_token: string
  expires_in_s: number
  /** Google gives one with each consent and none with a renewal. */
  refresh_token: string | null
  scopes: string[]
}

/** Consent of Google accounts. Methods throw OAuthFault. */
export type GoogleConsent = {
  /** All of them are asked for, and a person may leave some out. */
  scopes: readonly string[]
  /** What is missing when one of these was left out, in words for that person. */
  missingAdvice: (granted: readonly string[]) => { missing: string[]; advice: string | null }
  authorizeUrl: (request: { redirect_uri: string; state: string; verifier: string }) => Promise<string>
  exchange: (request: { code: string; verifier: string; redirect_uri: string }) => Promise<GoogleTokens>
  renew: (refreshToken: string) => Promise<GoogleTokens>
  /** The address of the account that a token is of. */
  accountOf: (accessToken: string) => Promise<string>
  /** Whether Google took it back; what cannot be reached is false, not an error. */
  revoke: (token: string) => Promise<boolean>
}

export type SheetsPort = {
  /** Null where the workspace has no sheets: it is live, and neither Google nor a folder is configured. */
  kindFor: (workspace: Pick<Workspace, 'mode'>) => SheetsSource['kind'] | null
  /**
   * What the workspace reads, or null as above. `token` is asked for a valid access token before each request to Google, and
   * for another one when `refused` was not taken.
   */
  sourceFor: (
    workspace: Pick<Workspace, 'mode' | 'workspace_id'>,
    token: (refused: string | null) => Promise<string>,
  ) => SheetsSource | null
  /** Null without a Google client. */
  consent: GoogleConsent | null
}
