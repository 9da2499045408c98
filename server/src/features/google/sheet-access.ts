import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { type ApiError, problem } from '../../http/errors.ts'
import { type SheetFile, SheetsFault, type SheetsSource, type SheetTab } from '../../ports/sheets/port.ts'
import { accessTokenOf, findAccount, type TokenDeps } from './google-token.ts'

export type Reader = { workspace: Pick<Workspace, 'workspace_id' | 'mode'>; user_id: string }

/** The sheets that a person reads in a workspace. Throws GOOGLE_NOT_CONFIGURED; its methods throw what `told` makes of them. */
export const sourceOf = (deps: TokenDeps, reader: Reader): SheetsSource => {
  const holder = { workspace_id: reader.workspace.workspace_id, user_id: reader.user_id }
  const source = deps.sheets.sourceFor(reader.workspace, async (refused) => {
    const { token } = await accessTokenOf(deps, holder, refused)
    return token
  })
  if (source) return source
  throw problem(
    'GOOGLE_NOT_CONFIGURED',
    'No sheets can be read here: neither GOOGLE_CLIENT_ID with GOOGLE_CLIENT_SECRET nor SHEETS_FOLDER is set.',
  )
}

/** A linked account that was not allowed to read what it is asked for is told which tick was missing. */
const advised = async (deps: TokenDeps, reader: Reader, text: string): Promise<string> => {
  const account = await findAccount(deps.db, {
    workspace_id: reader.workspace.workspace_id,
    user_id: reader.user_id,
  })
  const advice = account && deps.sheets.consent?.missingAdvice(account.scopes).advice
  if (advice) return `${text} ${advice}`
  return deps.sheets.kindFor(reader.workspace) === 'google' && account
    ? `${text} Choose the sheet in the Google Picker, or share it with ${account.google_email}.`
    : text
}

const told = async (deps: TokenDeps, reader: Reader, fault: SheetsFault): Promise<ApiError> => {
  switch (fault.code) {
    case 'NOT_FOUND':
      return problem('NOT_FOUND', await advised(deps, reader, fault.message))
    case 'DENIED':
    case 'SCOPE':
      return problem('GOOGLE_ACCESS_DENIED', await advised(deps, reader, fault.message))
    case 'AUTH':
      return problem('GOOGLE_NOT_LINKED', `${fault.message} Link the account again.`)
    default:
      return problem('UPSTREAM_ERROR', fault.message, {
        headers: fault.retry_after_s === null ? {} : { 'retry-after': String(fault.retry_after_s) },
      })
  }
}

/** Runs `work` on the sheets of a person and turns the source's faults into answers. */
export const readingSheets = async <T>(
  deps: TokenDeps,
  reader: Reader,
  work: (source: SheetsSource) => Promise<T>,
): Promise<T> => {
  try {
    return await work(sourceOf(deps, reader))
  } catch (error) {
    throw error instanceof SheetsFault ? await told(deps, reader, error) : error
  }
}

/** A sheet as answers show it. One that is a file on the server has the address of its description here. */
export const shownSheet = (deps: Pick<Deps, 'address'>, file: SheetFile) => ({
  sheet_id: file.sheet_id,
  title: file.title,
  url: file.url ?? ownUrl(deps, file.sheet_id),
  total_tabs: file.tabs.length,
  tabs: file.tabs.map(shownTab),
})

export const ownUrl = (deps: Pick<Deps, 'address'>, sheetId: string): string =>
  `${deps.address.base_url}/api/v1/sheets/${encodeURIComponent(sheetId)}/info`

export const shownTab = (tab: SheetTab) => ({
  tab_id: tab.tab_id,
  title: tab.title,
  index: tab.index,
  row_count: tab.row_count,
  column_count: tab.column_count,
  is_hidden: tab.is_hidden,
})
