import type { ServerResponse } from 'node:http'
import { type OAuthIssuer, startOAuthIssuer } from './oauth-issuer.ts'

export type TestTab = {
  sheetId: number
  title: string
  rows: string[][]
  hidden?: boolean
  /** A chart on a tab of its own, which has no grid. */
  isChart?: boolean
  /** Rows and columns of the grid beyond what is filled. */
  spare?: number
}

export type TestSpreadsheet = {
  id: string
  title: string
  tabs: TestTab[]
  /** Accounts that may read it. */
  readers: string[]
  /** Accounts that chose it in the Picker, so that drive.file reaches it. */
  picked: string[]
  version: number
}

export type GoogleServer = {
  issuer: OAuthIssuer
  /** Settings under which the product takes this for Google. */
  env: Record<string, string>
  sheets: Map<string, TestSpreadsheet>
  add: (sheet: Partial<TestSpreadsheet> & { id: string; tabs: TestTab[] }) => TestSpreadsheet
  /** Answers that come before the real ones, in this order. */
  failures: { status: number; body?: unknown; headers?: Record<string, string>; path?: RegExp }[]
  requests: { method: string; path: string; at: number }[]
  /** Called before each page of values is answered. */
  onValues: ((sheet: TestSpreadsheet, range: string) => void) | null
  close: () => Promise<void>
}

const PICKED = 'https://www.googleapis.com/auth/drive.file'
const ALL = 'https://www.googleapis.com/auth/spreadsheets.readonly'

const columnNumber = (letters: string): number =>
  [...letters].reduce((sum, one) => sum * 26 + one.charCodeAt(0) - 64, 0)

/**
 * What the product asks Google for, on loopback: consent and tokens, spreadsheets.get, values.get and values.batchGet of
 * Sheets v4, files.get, files.list and permissions.list of Drive v3, with Google's rules about scopes, grids and errors.
 */
export const startGoogleServer = async (): Promise<GoogleServer> => {
  const fail = (response: ServerResponse, code: number, message: string, reason: string, more: object = {}): true => {
    response.writeHead(code, { 'content-type': 'application/json; charset=UTF-8' }).end(
      JSON.stringify({
        error: { code, message, errors: [{ message, domain: 'global', reason }], status: reason, ...more },
      }),
    )
    return true
  }
  const send = (response: ServerResponse, body: unknown): true => {
    response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body))
    return true
  }
  const widthOf = (tab: TestTab): number => Math.max(1, ...tab.rows.map((row) => row.length)) + (tab.spare ?? 0)
  const heightOf = (tab: TestTab): number => Math.max(1, tab.rows.length) + (tab.spare ?? 0)

  const readRange = (
    sheet: TestSpreadsheet,
    range: string,
  ): { values: string[][] } | { code: number; message: string } => {
    const found = /^'((?:[^']|'')+)'!([A-Z]+)(\d+):([A-Z]+)(\d+)$/.exec(range)
    const tab = sheet.tabs.find(({ title }) => title === found?.[1]?.replaceAll("''", "'"))
    if (!found || !tab) return { code: 400, message: `Unable to parse range: ${range}` }
    const [firstRow, lastRow] = [Number(found[3]), Number(found[5])]
    const [firstColumn, lastColumn] = [columnNumber(found[2] as string), columnNumber(found[4] as string)]
    if (firstRow > heightOf(tab) || lastColumn > widthOf(tab))
      return {
        code: 400,
        message: `Range (${range}) exceeds grid limits. Max rows: ${heightOf(tab)}, max columns: ${widthOf(tab)}`,
      }
    server.onValues?.(sheet, range)
    const values = tab.rows.slice(firstRow - 1, lastRow).map((row) => {
      const cells = row.slice(firstColumn - 1, lastColumn)
      while (cells.length && cells.at(-1) === '') cells.pop()
      return cells
    })
    while (values.length && !values.at(-1)?.length) values.pop()
    return { values }
  }

  const issuer = await startOAuthIssuer(async (request, response, url, holder) => {
    const isApi = url.pathname.startsWith('/v4/') || url.pathname.startsWith('/drive/v3/')
    if (!isApi) return false
    server.requests.push({
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      at: performance.now(),
    })
    const failure = server.failures[0]
    if (failure && (!failure.path || failure.path.test(url.pathname))) {
      server.failures.shift()
      response
        .writeHead(failure.status, { 'content-type': 'application/json', ...failure.headers })
        .end(JSON.stringify(failure.body ?? { error: { code: failure.status, message: `failure ${failure.status}` } }))
      return true
    }
    if (!holder) return fail(response, 401, 'Request had invalid authentication credentials.', 'UNAUTHENTICATED')
    const { account, scopes } = holder
    const mayAll = scopes.includes(ALL)
    const mayPicked = scopes.includes(PICKED)
    const insufficient = () =>
      fail(response, 403, 'Request had insufficient authentication scopes.', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', {
        details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
      })

    const sheetsPath = /^\/v4\/spreadsheets\/([^/:]+)(?:\/values(?:\/([^/]+)|(:batchGet)))?$/.exec(url.pathname)
    if (sheetsPath) {
      if (!mayAll && !mayPicked) return insufficient()
      const sheet = server.sheets.get(decodeURIComponent(sheetsPath[1] as string))
      const isPicked = sheet?.picked.includes(account) ?? false
      if (!sheet || (!mayAll && !isPicked)) return fail(response, 404, 'Requested entity was not found.', 'NOT_FOUND')
      if (!sheet.readers.includes(account))
        return fail(response, 403, 'The caller does not have permission', 'PERMISSION_DENIED')
      if (sheetsPath[3]) {
        const valueRanges: unknown[] = []
        for (const range of url.searchParams.getAll('ranges')) {
          const read = readRange(sheet, range)
          if ('code' in read) return fail(response, read.code, read.message, 'INVALID_ARGUMENT')
          valueRanges.push({ range, majorDimension: 'ROWS', ...(read.values.length ? { values: read.values } : {}) })
        }
        return send(response, { spreadsheetId: sheet.id, valueRanges })
      }
      if (sheetsPath[2]) {
        const range = decodeURIComponent(sheetsPath[2])
        const read = readRange(sheet, range)
        if ('code' in read) return fail(response, read.code, read.message, 'INVALID_ARGUMENT')
        return send(response, { range, majorDimension: 'ROWS', ...(read.values.length ? { values: read.values } : {}) })
      }
      return send(response, {
        spreadsheetId: sheet.id,
        spreadsheetUrl: `https://docs.google.com/spreadsheets/d/${sheet.id}/edit`,
        properties: { title: sheet.title },
        sheets: sheet.tabs.map((tab, index) => ({
          properties: {
            sheetId: tab.sheetId,
            title: tab.title,
            index,
            sheetType: tab.isChart ? 'OBJECT' : 'GRID',
            ...(tab.hidden ? { hidden: true } : {}),
            ...(tab.isChart ? {} : { gridProperties: { rowCount: heightOf(tab), columnCount: widthOf(tab) } }),
          },
        })),
      })
    }

    if (!mayPicked) return insufficient()
    const mine = [...server.sheets.values()].filter(
      (sheet) => sheet.picked.includes(account) && sheet.readers.includes(account),
    )
    if (url.pathname === '/drive/v3/files') {
      const from = Number(url.searchParams.get('pageToken') ?? 0)
      const size = Number(url.searchParams.get('pageSize') ?? 100)
      return send(response, {
        files: mine.slice(from, from + size).map(({ id, title }) => ({
          id,
          name: title,
          modifiedTime: '2026-01-10T09:00:00.000Z',
          webViewLink: `https://docs.google.com/spreadsheets/d/${id}/edit`,
        })),
        ...(from + size < mine.length ? { nextPageToken: String(from + size) } : {}),
      })
    }
    const drivePath = /^\/drive\/v3\/files\/([^/]+)(\/permissions)?$/.exec(url.pathname)
    const file = mine.find(({ id }) => id === decodeURIComponent(drivePath?.[1] ?? ''))
    if (!drivePath || !file) return fail(response, 404, 'File not found', 'notFound')
    if (drivePath[2])
      return send(response, { permissions: file.readers.map((emailAddress) => ({ emailAddress, role: 'reader' })) })
    return send(response, { id: file.id, name: file.title, version: String(file.version) })
  })

  const server: GoogleServer = {
    issuer,
    env: {
      GOOGLE_CLIENT_ID: issuer.client_id,
      GOOGLE_CLIENT_SECRET: issuer.client_secret,
      GOOGLE_OAUTH_URL: issuer.url,
      GOOGLE_API_URL: issuer.url,
      EGRESS_ALLOW: `127.0.0.1:${issuer.port}`,
    },
    sheets: new Map(),
    add: (given) => {
      const sheet: TestSpreadsheet = { title: 'Leads', readers: [issuer.account], picked: [], version: 1, ...given }
      server.sheets.set(sheet.id, sheet)
      return sheet
    },
    failures: [],
    requests: [],
    onValues: null,
    close: issuer.close,
  }
  return server
}
