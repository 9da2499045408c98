import { setTimeout as wait } from 'node:timers/promises'
import type { drive_v3 } from '@googleapis/drive'
import type { sheets_v4 } from '@googleapis/sheets'
import type { GoogleSheets } from '../../config.ts'
import { outboundFetch } from '../outbound-fetch.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { type SheetPage, SheetsFault, type SheetsSource, type SheetTab } from './port.ts'

const ANSWER = { timeout_ms: 60_000, max_response_bytes: 50_331_648 }
/** One request reads about as many cells: Google counts requests (60 a minute and person), not cells. */
const PAGE_CELLS = 100_000
const PAGE_ROWS = 10_000
const TABS_AT_ONCE = 50
const TRIES = 6
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 32_000
/** Somebody waits for the answer; beyond that they are told to come back. */
const MOST_WAITED_MS = 75_000
const SPREADSHEET = 'application/vnd.google-apps.spreadsheet'
const FILE_FIELDS =
  'spreadsheetId,spreadsheetUrl,properties(title),sheets(properties(sheetId,title,index,sheetType,hidden,gridProperties(rowCount,columnCount)))'

export type TokenFor = (refused: string | null) => Promise<string>

type Apis = { sheets: sheets_v4.Sheets; drive: drive_v3.Drive }

/** Both libraries are loaded on first use. */
const apisWith = async (settings: GoogleSheets, http: OutboundHttp, token: string): Promise<Apis> => {
  const [{ OAuth2Client }, { sheets_v4 }, { drive_v3 }] = await Promise.all([
    import('google-auth-library'),
    import('@googleapis/sheets'),
    import('@googleapis/drive'),
  ])
  const auth = new OAuth2Client({
    // The library's own interceptors would log what is read when GOOGLE_SDK_NODE_LOGGING is set.
    useAuthRequestParameters: false,
    transporterOptions: { fetchImplementation: outboundFetch(http, ANSWER) },
  })
  auth.setCredentials({ access_token: token })
  // Waiting and trying again is ours: the libraries do not look at Retry-After.
  const options = { auth: auth as never, retry: false, ...(settings.api_url ? { rootUrl: settings.api_url } : {}) }
  return { sheets: new sheets_v4.Sheets(options), drive: new drive_v3.Drive(options) }
}

/** Spreadsheets of a Google account by the Sheets and Drive APIs. */
export const googleSheets = (settings: GoogleSheets, http: OutboundHttp, tokenFor: TokenFor): SheetsSource => {
  let held: { token: string; apis: Promise<Apis> } | null = null
  const apis = async (refused: string | null): Promise<{ token: string; apis: Apis }> => {
    const token = await tokenFor(refused)
    if (held?.token !== token) held = { token, apis: apisWith(settings, http, token) }
    return { token, apis: await held.apis }
  }

  /** Asks, with a fresh token where the one at hand is not taken, and again after a while where Google asks for that. */
  const ask = async <T>(request: (apis: Apis) => Promise<{ data: T }>, signal?: AbortSignal): Promise<T> => {
    let refused: string | null = null
    let waited = 0
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      const given = await apis(refused)
      try {
        return (await request(given.apis)).data
      } catch (error) {
        const failure = readFailure(error)
        if (failure.status === 401 && refused === null) {
          refused = given.token
          continue
        }
        if (!failure.is_passing) throw faultOf(failure)
        const pause = failure.retry_after_ms ?? Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1)) * jitter()
        waited += pause
        if (attempt >= TRIES || waited > MOST_WAITED_MS) throw faultOf(failure)
        await wait(pause, undefined, { signal })
      }
    }
  }

  const valuesOf = (range: sheets_v4.Schema$ValueRange | undefined): string[][] =>
    ((range?.values ?? []) as unknown[][]).map((row) =>
      row.map((cell) => (cell === null || cell === undefined ? '' : String(cell))),
    )

  return {
    kind: 'google',

    list: async ({ limit, page }) => {
      const found = await ask(({ drive }) =>
        drive.files.list({
          q: `mimeType = '${SPREADSHEET}' and trashed = false`,
          orderBy: 'modifiedTime desc',
          pageSize: limit,
          pageToken: page ?? undefined,
          fields: 'nextPageToken,files(id,name,modifiedTime,webViewLink)',
          supportsAllDrives: true,
          includeItemsFromAllDrives: true,
        }),
      )
      return {
        items: (found.files ?? []).flatMap(({ id, name, modifiedTime, webViewLink }) =>
          id
            ? [
                {
                  sheet_id: id,
                  title: name ?? id,
                  url: webViewLink ?? null,
                  modified_at: modifiedTime ? new Date(modifiedTime) : null,
                },
              ]
            : [],
        ),
        next_page: found.nextPageToken ?? null,
      }
    },

    open: async (sheetId) => {
      const found = await ask(({ sheets }) =>
        sheets.spreadsheets.get({ spreadsheetId: sheetId, includeGridData: false, fields: FILE_FIELDS }),
      )
      return {
        sheet_id: found.spreadsheetId ?? sheetId,
        title: found.properties?.title ?? '',
        url: found.spreadsheetUrl ?? `https://docs.google.com/spreadsheets/d/${encodeURIComponent(sheetId)}/edit`,
        tabs: (found.sheets ?? []).map(({ properties }, at) => ({
          tab_id: properties?.sheetId ?? 0,
          title: properties?.title ?? '',
          index: properties?.index ?? at,
          row_count: properties?.gridProperties?.rowCount ?? 0,
          column_count: properties?.gridProperties?.columnCount ?? 0,
          is_hidden: properties?.hidden ?? false,
          has_cells: (properties?.sheetType ?? 'GRID') === 'GRID',
        })),
      }
    },

    version: async (sheetId) => {
      try {
        const found = await ask(({ drive }) =>
          drive.files.get({ fileId: sheetId, fields: 'version,modifiedTime', supportsAllDrives: true }),
        )
        return found.version ?? found.modifiedTime ?? null
      } catch (error) {
        // Drive tells of picked files alone; a sheet that was not picked can be read all the same.
        if (error instanceof SheetsFault && ['NOT_FOUND', 'DENIED', 'SCOPE'].includes(error.code)) return null
        throw error
      }
    },

    rowOfEach: async (sheetId, tabs, row) => {
      const found: string[][] = []
      for (let at = 0; at < tabs.length; at += TABS_AT_ONCE) {
        const some = tabs.slice(at, at + TABS_AT_ONCE)
        const readable = some.filter((tab) => row <= tab.row_count)
        const answer = readable.length
          ? await ask(({ sheets }) =>
              sheets.spreadsheets.values.batchGet({
                spreadsheetId: sheetId,
                ranges: readable.map((tab) => rangeOf(tab, row, row)),
                majorDimension: 'ROWS',
                valueRenderOption: 'FORMATTED_VALUE',
              }),
            )
          : null
        for (const tab of some) {
          const place = readable.indexOf(tab)
          found.push(place === -1 ? [] : (valuesOf(answer?.valueRanges?.[place])[0] ?? []))
        }
      }
      return found
    },

    pages: async function* (sheetId, tab, fromRow, signal): AsyncGenerator<SheetPage> {
      if (!tab.has_cells || tab.column_count < 1) return
      let size = Math.max(1, Math.min(PAGE_ROWS, Math.floor(PAGE_CELLS / tab.column_count)))
      for (let row = fromRow; row <= tab.row_count; ) {
        const last = Math.min(tab.row_count, row + size - 1)
        let values: string[][]
        try {
          values = valuesOf(
            await ask(
              ({ sheets }) =>
                sheets.spreadsheets.values.get({
                  spreadsheetId: sheetId,
                  range: rangeOf(tab, row, last),
                  majorDimension: 'ROWS',
                  valueRenderOption: 'FORMATTED_VALUE',
                }),
              signal,
            ),
          )
        } catch (error) {
          if (error instanceof TooMuchAtOnce && size > 1) {
            size = Math.max(1, size >> 3)
            continue
          }
          // Rows were deleted while it is read: there is nothing behind the new end.
          if (error instanceof BeyondGrid) return
          throw error
        }
        yield { first_row: row, rows: values }
        row = last + 1
      }
    },
  }
}

const jitter = (): number => 0.75 + Math.random() / 2

/** A1 notation of some rows of a tab. A quote in a title is doubled; nothing else in it means anything inside quotes. */
export const rangeOf = (tab: Pick<SheetTab, 'title' | 'column_count'>, firstRow: number, lastRow: number): string =>
  `'${tab.title.replaceAll("'", "''")}'!A${firstRow}:${columnLetters(tab.column_count)}${lastRow}`

/** 1 is A, 26 is Z, 27 is AA. */
export const columnLetters = (column: number): string => {
  let letters = ''
  for (let left = Math.max(1, column); left > 0; left = Math.floor((left - 1) / 26))
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters
  return letters
}

class BeyondGrid extends SheetsFault {}
class TooMuchAtOnce extends SheetsFault {}

type Failure = {
  /** 0: no answer. */
  status: number
  message: string
  reasons: string[]
  retry_after_ms: number | null
  is_passing: boolean
  is_too_large: boolean
}

const PASSING = new Set([408, 429, 500, 502, 503, 504])
const PASSING_REASONS = new Set(['rateLimitExceeded', 'userRateLimitExceeded', 'RATE_LIMIT_EXCEEDED', 'backendError'])

/** The library's errors hold the request with its token; only these few things are taken out of them. */
const readFailure = (error: unknown): Failure => {
  if (error instanceof SheetsFault) throw error
  const given = error as {
    name?: string
    response?: { status?: number; headers?: Headers; data?: unknown }
    cause?: { code?: unknown; message?: unknown; name?: unknown }
    code?: unknown
  }
  // What the token came from has its own errors.
  if (given.name !== 'GaxiosError' && !given.response) throw error
  const status = given.response?.status ?? 0
  const data = given.response?.data as
    | { error?: { message?: unknown; errors?: { reason?: unknown }[]; details?: { reason?: unknown }[] } }
    | undefined
  const described = typeof data?.error === 'object' ? data.error : undefined
  const reasons = [...(described?.errors ?? []), ...(described?.details ?? [])].flatMap(({ reason }) =>
    typeof reason === 'string' ? [reason] : [],
  )
  const code = given.cause?.code ?? given.code
  const after = Number(given.response?.headers?.get('retry-after') ?? Number.NaN)
  const text = (value: unknown): string =>
    typeof value === 'string' ? value.replaceAll(/\s+/g, ' ').slice(0, 300).toWellFormed() : ''
  return {
    status,
    message: status
      ? text(described?.message)
      : code === 'EGRESS_REFUSED'
        ? text(given.cause?.message)
        : `no answer (${text(code) || text(given.cause?.name) || 'unknown'})`,
    reasons,
    retry_after_ms: after >= 0 ? Math.min(after, 600) * 1000 : null,
    is_passing:
      status === 0
        ? code !== 'EGRESS_REFUSED' && code !== 'ANSWER_TOO_LARGE'
        : PASSING.has(status) || reasons.some((reason) => PASSING_REASONS.has(reason)),
    is_too_large: code === 'ANSWER_TOO_LARGE',
  }
}

const faultOf = (failure: Failure): SheetsFault => {
  const { status, message, reasons } = failure
  const words = message ? `: ${message}` : '.'
  if (failure.is_too_large) return new TooMuchAtOnce('BROKEN', 'A row of the sheet is too large to be read.')
  if (failure.is_passing) {
    const seconds = failure.retry_after_ms === null ? 60 : Math.max(1, Math.ceil(failure.retry_after_ms / 1000))
    return status === 429 || status === 403
      ? new SheetsFault('LATER', `Google asks to slow down; try again in ${seconds} seconds.`, seconds)
      : new SheetsFault('LATER', `Google cannot answer now (${status || message}).`, seconds)
  }
  if (status === 401) return new SheetsFault('AUTH', 'Google does not take the token of the linked account.')
  if (status === 404) return new SheetsFault('NOT_FOUND', 'Google knows no such sheet for the linked account.')
  if (status === 403 && reasons.some((reason) => /SCOPE_INSUFFICIENT|insufficientPermissions/.test(reason)))
    return new SheetsFault('SCOPE', 'The linked Google account was not asked for, or did not allow, reading this.')
  if (status === 403) return new SheetsFault('DENIED', `The linked Google account may not read this${words}`)
  if (status === 400 && /exceeds grid limits/i.test(message)) return new BeyondGrid('BROKEN', message)
  return new SheetsFault('BROKEN', `Google answered ${status || 'nothing'}${words}`)
}
