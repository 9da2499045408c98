import { z } from 'zod'
import { showConsentReturn } from '../../http/consent-return.ts'
import { answer, defineOperation, fileResponse, type Operation } from '../../http/define-operation.ts'
import { ApiError, notFound, problem } from '../../http/errors.ts'
import { cutPage, encodeCursor, readPage } from '../../http/pagination.ts'
import { googleConsentFlow } from './consent-flow.ts'
import { accessTokenOf, findAccount, type Holder } from './google-token.ts'
import { importSheet } from './import-sheet.ts'
import { beginLink, CONSENT_PATH, consentOf, unlinkAccount } from './link-account.ts'
import { deleteSync, listSyncs } from './queries.ts'
import {
  CallbackQuery,
  GoogleAccessToken,
  GoogleActionResult,
  GoogleLoginResponse,
  GoogleOAuthStatus,
  GooglePickerConfig,
  GrantSheetAccessResponse,
  ImportSheetRequest,
  ImportSheetResponse,
  SheetAccessRequest,
  SheetInfo,
  SheetListQuery,
  SheetListResponse,
  SheetParams,
  SyncListQuery,
  SyncListResponse,
  SyncParams,
  SyncSheetRequest,
  SyncSheetResponse,
  VerifySheetAccessResponse,
} from './schema.ts'
import { ownUrl, type Reader, readingSheets, shownSheet, shownTab } from './sheet-access.ts'
import { startSync } from './start-sync.ts'

const oauthTag = 'google-oauth'
const sheetsTag = 'google-sheets-oauth'
const PAGE = fileResponse('A page for the person whose browser comes here.', { 'text/html': { type: 'string' } })

type Asked = { workspace: Reader['workspace']; principal: { user_id: string } }
const holderOf = (request: Asked): Holder => ({
  workspace_id: request.workspace.workspace_id,
  user_id: request.principal.user_id,
})
const readerOf = (request: Asked): Reader => ({ workspace: request.workspace, user_id: request.principal.user_id })

const login = defineOperation({
  id: 'google_oauth_login',
  method: 'POST',
  path: '/api/v1/auth/google/login',
  tag: oauthTag,
  summary: 'Begin linking a Google account',
  description:
    'Builds the Google consent URL for the caller with the scopes that reading sheets needs, PKCE and a single-use state that is good for ten minutes. The browser must be sent there by the client; nothing is stored but a digest of the state. The account is the caller’s in this workspace and nobody else’s.',
  access: 'session',
  impact: 'write',
  secret: true,
  responses: { 200: GoogleLoginResponse },
  errors: ['GOOGLE_NOT_CONFIGURED', 'LIVE_WORKSPACE_ONLY'],
  handle: async (request, deps) => {
    const { authorization_url, state, expires_at, scopes } = await beginLink(deps, {
      workspace: request.workspace,
      user_id: request.principal.user_id,
    })
    return answer(
      200,
      {
        authorization_url,
        state,
        instructions:
          'Open authorization_url in a browser, choose the Google account, tick every box and confirm on the page that follows.',
        scopes,
        expires_at,
      },
      { 'cache-control': 'no-store' },
    )
  },
})

const callback = defineOperation({
  id: 'google_oauth_callback',
  method: 'GET',
  path: CONSENT_PATH,
  tag: oauthTag,
  summary: 'Return leg of the Google consent',
  description:
    'Hit by Google’s redirect, so no bearer token; the caller is recognised by state. Answers a page that names the workspace and the person and asks once more; its form, sent to the same address, uses the state up, swaps the code for tokens and stores them. Opening the page changes nothing.',
  access: 'public',
  impact: 'read',
  query: CallbackQuery,
  responses: { 200: PAGE, 400: PAGE, 404: PAGE },
  handle: (request, deps) => showConsentReturn(googleConsentFlow(deps), deps, request.query, request.ip),
})

const status = defineOperation({
  id: 'google_oauth_status',
  method: 'GET',
  path: '/api/v1/auth/google/status',
  tag: oauthTag,
  summary: 'Is Google linked',
  description:
    'Tells whether usable Google credentials exist, whose they are, when they expire, which scopes were granted and which were left out. Not linked is a normal 200 with authenticated false.',
  access: 'session',
  impact: 'read',
  responses: { 200: GoogleOAuthStatus },
  handle: async (request, deps) => {
    const account = await findAccount(deps.db, holderOf(request))
    const scopes = account?.scopes ?? []
    const isLinked = account?.status === 'active'
    const lacks = isLinked ? deps.sheets.consent?.missingAdvice(scopes) : undefined
    const expires_at = account?.access_token_expires_at ?? null
    return {
      authenticated: isLinked,
      google_email: account?.google_email ?? null,
      expires_at,
      is_expired: expires_at !== null && expires_at <= deps.clock.now(),
      scopes: isLinked ? scopes : [],
      status: isLinked ? 'linked' : account ? 'consent_ended' : 'not_linked',
      missing_scopes: lacks?.missing ?? [],
      advice: account && !isLinked ? 'Google took the consent back. Link the account again.' : (lacks?.advice ?? null),
      sheets_source: deps.sheets.kindFor(request.workspace),
    }
  },
})

const accessToken = defineOperation({
  id: 'get_google_access_token',
  method: 'GET',
  path: '/api/v1/auth/google/access-token',
  tag: oauthTag,
  summary: 'Short-lived Google token for the Picker',
  description:
    'Hands the caller’s own Google access token to the browser for the Picker, renewing it first when it has less than five minutes left. 404 when Google is not linked. A log-in session only, never an API key.',
  access: 'session',
  impact: 'read',
  responses: { 200: GoogleAccessToken },
  errors: ['NOT_FOUND', 'UPSTREAM_ERROR'],
  handle: async (request, deps) => {
    try {
      const { token, expires_at } = await accessTokenOf(deps, holderOf(request))
      return answer(
        200,
        { access_token: token, token_type: 'Bearer', expires_at },
        { 'cache-control': 'no-store', pragma: 'no-cache' },
      )
    } catch (error) {
      if (error instanceof ApiError && error.code === 'GOOGLE_NOT_LINKED') throw notFound(error.message)
      throw error
    }
  },
})

const pickerConfig = defineOperation({
  id: 'get_picker_config',
  method: 'GET',
  path: '/api/v1/auth/google/picker-config',
  tag: oauthTag,
  summary: 'Settings the Google Picker needs',
  description:
    'Returns the browser API key, OAuth client id and project number. 503 when the deployment has no Google settings.',
  access: 'session',
  impact: 'read',
  responses: { 200: GooglePickerConfig },
  errors: ['GOOGLE_NOT_CONFIGURED'],
  handle: async (_request, deps) => {
    const { scopes } = consentOf(deps)
    const google = deps.config.google_sheets
    if (!google?.api_key)
      throw problem(
        'GOOGLE_NOT_CONFIGURED',
        'The Google Picker is not configured on this instance: GOOGLE_API_KEY and GOOGLE_APP_ID are not set.',
      )
    return { api_key: google.api_key, client_id: google.client_id, app_id: google.app_id, scopes: [...scopes] }
  },
})

const logout = defineOperation({
  id: 'google_oauth_logout',
  method: 'POST',
  path: '/api/v1/auth/google/logout',
  tag: oauthTag,
  summary: 'Unlink the Google account',
  description:
    'Forgets the tokens here and gives the consent back at Google, even if Google does not answer. A consent on which a connected mailbox or somebody else’s sheets depend is forgotten here and stays at Google, which would end them all. Safe to repeat.',
  access: 'session',
  impact: 'write',
  responses: { 200: GoogleActionResult },
  calls_outside: true,
  handle: async (request, deps) => {
    const gone = await unlinkAccount(deps, holderOf(request))
    if (!gone) return { success: true, message: 'No Google account is linked.' }
    const { email, revoked, shared } = gone
    const why = revoked
      ? 'and its consent was given back to Google.'
      : shared
        ? 'The consent stays at Google, because a mailbox or other sheets here depend on it.'
        : 'Google could not be told; the consent can be ended at myaccount.google.com/permissions.'
    return { success: true, message: `${email} is unlinked${revoked ? ' ' : '. '}${why}` }
  },
})

const list = defineOperation({
  id: 'list_sheets',
  method: 'GET',
  path: '/api/v1/sheets',
  tag: sheetsTag,
  summary: 'Sheets that can be read',
  description:
    'The caller’s sheets that this program may see, the ones that changed last first: those that were chosen in the Picker, or the files of the folder.',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  query: SheetListQuery,
  responses: { 200: SheetListResponse },
  errors: ['GOOGLE_NOT_LINKED', 'GOOGLE_ACCESS_DENIED', 'GOOGLE_NOT_CONFIGURED', 'UPSTREAM_ERROR'],
  handle: async (request, deps) => {
    const { limit, after } = readPage(request.query, request.query_given, { size: 50, key: [z.string().max(4096)] })
    const page = after ? String(after[0]) : null
    const found = await readingSheets(deps, readerOf(request), (source) => source.list({ limit, page }))
    return {
      items: found.items.map((item) => ({ ...item, url: item.url ?? ownUrl(deps, item.sheet_id) })),
      next_cursor: found.next_page === null ? null : encodeCursor([found.next_page]),
      has_more: found.next_page !== null,
    }
  },
})

const info = defineOperation({
  id: 'get_sheet_info',
  method: 'GET',
  path: '/api/v1/sheets/{sheet_id}/info',
  tag: sheetsTag,
  summary: 'Tabs and size of a sheet',
  description: 'Reads the spreadsheet’s title, tabs and dimensions from Google on behalf of the caller.',
  access: 'leads:read',
  impact: 'read',
  params: SheetParams,
  responses: { 200: SheetInfo },
  errors: ['GOOGLE_NOT_LINKED', 'GOOGLE_ACCESS_DENIED', 'GOOGLE_NOT_CONFIGURED', 'UPSTREAM_ERROR'],
  handle: async (request, deps) =>
    shownSheet(deps, await readingSheets(deps, readerOf(request), (source) => source.open(request.params.sheet_id))),
})

const verify = defineOperation({
  id: 'verify_sheet_access',
  method: 'POST',
  path: '/api/v1/sheets/verify-access',
  tag: sheetsTag,
  summary: 'Can the caller read this sheet',
  description:
    'Asks Google directly with the caller’s credentials. Lack of permission is a 200 with has_access false; 401 means Google is not linked.',
  access: 'leads:read',
  impact: 'read',
  body: SheetAccessRequest,
  responses: { 200: VerifySheetAccessResponse },
  errors: ['GOOGLE_NOT_LINKED', 'GOOGLE_NOT_CONFIGURED', 'UPSTREAM_ERROR'],
  calls_outside: true,
  handle: async (request, deps) => {
    const { sheet_id } = request.body
    try {
      const file = await readingSheets(deps, readerOf(request), (source) => source.open(sheet_id))
      return { has_access: true, sheet_id, title: file.title, tabs: file.tabs.map(shownTab), reason: null }
    } catch (error) {
      if (error instanceof ApiError && ['NOT_FOUND', 'GOOGLE_ACCESS_DENIED'].includes(error.code))
        return { has_access: false, sheet_id, title: null, tabs: [], reason: error.message }
      throw error
    }
  },
})

/** The id in an address of Google Sheets, or null where it is another address. */
const idInUrl = (url: string): string | null => /\/spreadsheets\/(?:u\/\d+\/)?d\/([\w-]+)/.exec(url)?.[1] ?? null

const grant = defineOperation({
  id: 'grant_sheet_access',
  method: 'POST',
  path: '/api/v1/sheets/grant-access',
  tag: sheetsTag,
  summary: 'Acknowledge a sheet chosen in the Picker',
  description:
    'Called right after the user picks a sheet. Keeps no record: Google stays the authority on permissions, so this only confirms the choice and echoes its details.',
  access: 'leads:read',
  impact: 'read',
  body: SheetAccessRequest,
  responses: { 200: GrantSheetAccessResponse },
  errors: ['BAD_REQUEST'],
  handle: async (request) => {
    const { sheet_id, sheet_name, sheet_url } = request.body
    const named = sheet_url ? idInUrl(sheet_url) : null
    if (named !== null && named !== sheet_id)
      throw problem('BAD_REQUEST', `sheet_url is the address of another sheet (${named}) than sheet_id.`)
    return {
      success: true,
      sheet_id,
      sheet_name: sheet_name ?? null,
      ...(sheet_url ? { sheet_url } : {}),
      message: 'The sheet can be imported now.',
    }
  },
})

const importAsExtraction = defineOperation({
  id: 'import_google_sheets_as_extraction',
  method: 'POST',
  path: '/api/v1/sheets/import-as-extraction',
  tag: sheetsTag,
  summary: 'Import a sheet as an extraction',
  description:
    'Copies the chosen tabs into a new extraction record that then follows the usual path: choose sheet, map columns, review and process. Needs a linked Google account with read access; costs no credits.',
  access: 'leads:write',
  impact: 'write',
  body: ImportSheetRequest,
  responses: { 201: ImportSheetResponse },
  errors: [
    'NOT_FOUND',
    'PAYLOAD_TOO_LARGE',
    'GOOGLE_NOT_LINKED',
    'GOOGLE_ACCESS_DENIED',
    'GOOGLE_NOT_CONFIGURED',
    'UPSTREAM_ERROR',
  ],
  calls_outside: true,
  handle: async (request, deps) => importSheet(deps, readerOf(request), request.body, request.now),
})

const sync = defineOperation({
  id: 'sync_sheet',
  method: 'POST',
  path: '/api/v1/sheets/{sheet_id}/sync',
  tag: sheetsTag,
  summary: 'Bring the changes of a sheet into a dataset',
  description:
    'Reads the sheet again and brings only what changed since the last time: new rows, changed cells and, if asked for, the removal of rows that are gone. The first time rows are matched with those of the dataset by address, profile or equal cells. What it adds and changes is one import, which can be undone. More than 10,000 rows are read by a job (202).',
  source: 'ours',
  access: 'leads:write',
  impact: 'write',
  params: SheetParams,
  body: SyncSheetRequest,
  responses: { 200: SyncSheetResponse, 202: SyncSheetResponse },
  errors: [
    'NOT_FOUND',
    'CONFLICT',
    'IMPORT_STATE',
    'PAYLOAD_TOO_LARGE',
    'GOOGLE_NOT_LINKED',
    'GOOGLE_ACCESS_DENIED',
    'GOOGLE_NOT_CONFIGURED',
    'UPSTREAM_ERROR',
  ],
  calls_outside: true,
  handle: async (request, deps) => {
    const made = await startSync(deps, readerOf(request), request.params.sheet_id, request.body, request.now)
    return answer(made.status === 'queued' ? 202 : 200, made)
  },
})

const syncs = defineOperation({
  id: 'list_sheet_syncs',
  method: 'GET',
  path: '/api/v1/sheets/syncs',
  tag: sheetsTag,
  summary: 'Sheets that datasets follow',
  description: 'What is kept in step with which dataset and how, what the last run changed, and when the next one is.',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  query: SyncListQuery,
  responses: { 200: SyncListResponse },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { dataset_id, sheet_id } = request.query
    const filter = {
      workspace_id: request.workspace.workspace_id,
      dataset_id: dataset_id ?? null,
      sheet_id: sheet_id ?? null,
    }
    const { rows, total } = await listSyncs(deps.db, filter, page)
    return { ...cutPage(rows, page, (row) => [row.sync_id]), total, limit: page.limit, offset: page.offset }
  },
})

const removeSync = defineOperation({
  id: 'delete_sheet_sync',
  method: 'DELETE',
  path: '/api/v1/sheets/syncs/{sync_id}',
  tag: sheetsTag,
  summary: 'Let a dataset follow a sheet no more',
  description:
    'Ends the repetition and forgets which row of the sheet is which of the dataset. Neither loses a row. Synchronising again begins as the first time.',
  source: 'ours',
  access: 'leads:write',
  impact: 'write',
  params: SyncParams,
  responses: { 204: null },
  handle: async (request, deps) => {
    if (!(await deleteSync(deps.db, request.workspace.workspace_id, request.params.sync_id)))
      throw notFound('There is no such synchronisation in this workspace.')
    return answer(204, undefined)
  },
})

export const operations: Operation[] = [
  login,
  callback,
  status,
  accessToken,
  pickerConfig,
  logout,
  list,
  syncs,
  removeSync,
  info,
  verify,
  grant,
  importAsExtraction,
  sync,
]
