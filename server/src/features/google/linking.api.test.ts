import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type GoogleServer, startGoogleServer } from '../../../test/google-server.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createLogger } from '../../log.ts'

const PICKED = 'https://www.googleapis.com/auth/drive.file'
const ALL = 'https://www.googleapis.com/auth/spreadsheets.readonly'
const MINUTE_MS = 60_000

type Refusal = { detail: string; message: string }
type Login = { authorization_url: string; state: string; scopes: string[]; instructions: string }
type Status = {
  authenticated: boolean
  google_email: string | null
  status: string
  scopes: string[]
  missing_scopes: string[]
  advice: string | null
  expires_at: string | null
  is_expired: boolean
  sheets_source: string | null
}

describe('a linked Google account', () => {
  let google: GoogleServer
  let h: Harness
  let tenant: TestTenant
  const lines: string[] = []
  before(async () => {
    google = await startGoogleServer()
    const destination = new PassThrough()
    destination.on('data', (chunk) => lines.push(String(chunk)))
    h = await startHarness({
      overrides: { log: createLogger('trace', destination) },
      env: {
        ...google.env,
        GOOGLE_API_KEY: 'AIzaTestKey_of-the-picker',
        GOOGLE_APP_ID: '123456789012',
        GOOGLE_SHEETS_ACCESS: 'all',
      },
    })
  })
  after(async () => {
    await h?.close()
    await google?.close()
  })
  beforeEach(async () => {
    tenant = await createTenant(h, { mode: 'live' })
    google.issuer.account = `ada-${tenant.user_id.slice(-6)}@corp.test`
    google.issuer.granted = null
    google.issuer.isDown = false
    google.issuer.revoked.length = 0
    google.issuer.grants.length = 0
  })

  // The clock moves by hours here, and a session ends sooner.
  const session = async (of = tenant): Promise<string> => (await h.deps.sessions.open(of.user_id)).access_token
  const post = async <T>(path: string, of = tenant) =>
    h.call<T>('POST', `/api/v1/auth/google/${path}`, { as: await session(of) })
  const get = async <T>(path: string, of = tenant) =>
    h.call<T>('GET', `/api/v1/auth/google/${path}`, { as: await session(of) })
  const status = async (of = tenant): Promise<Status> => (await get<Status>('status', of)).body

  /** Goes to Google as a browser would and comes back with what it says. */
  const consent = async (of = tenant): Promise<URL> => {
    const asked = await post<Login>('login', of)
    assert.equal(asked.status, 200, asked.text)
    const back = await fetch(asked.body.authorization_url, { redirect: 'manual' })
    assert.equal(back.status, 302, await back.text())
    return new URL(back.headers.get('location') ?? '')
  }
  const confirm = (back: URL): Promise<Response> =>
    fetch(back.origin + back.pathname, {
      method: 'POST',
      body: new URLSearchParams({
        state: back.searchParams.get('state') ?? '',
        code: back.searchParams.get('code') ?? '',
      }),
    })
  const link = async (of = tenant): Promise<void> => {
    const done = await confirm(await consent(of))
    assert.equal(done.status, 200, await done.text())
  }
  const renewals = () => google.issuer.grants.filter(({ type }) => type === 'refresh_token')

  test('consent is asked with PKCE, offline, for the least that is needed; the page asks again; then it is linked, once', async () => {
    assert.deepEqual([(await status()).authenticated, (await status()).status], [false, 'not_linked'])
    const back = await consent()
    const asked = google.issuer.asked
    assert.deepEqual(asked.get('scope')?.split(' '), ['openid', 'email', PICKED, ALL])
    assert.deepEqual(
      [asked.get('access_type'), asked.get('code_challenge_method'), asked.get('prompt')],
      ['offline', 'S256', 'consent select_account'],
    )
    const page = await fetch(back)
    const html = await page.text()
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
    assert.ok(html.includes('Test workspace') && html.includes(tenant.email), html)
    assert.equal((await status()).authenticated, false, 'opening the page links nothing')
    const done = await confirm(back)
    assert.equal(done.status, 200)
    assert.ok((await done.text()).includes(google.issuer.account))
    const linked = await status()
    assert.deepEqual(
      [linked.status, linked.google_email, linked.missing_scopes, linked.advice, linked.sheets_source],
      ['linked', google.issuer.account, [], null, 'google'],
    )
    assert.equal(linked.expires_at, '2026-01-14T09:00:00.000Z')
    assert.equal((await confirm(back)).status, 409, 'a state is used once')
    assert.equal((await fetch(back)).status, 404)
  })

  test('a state that is unknown, late or crossed with another code is worth nothing, and a refusal is told', async () => {
    const [mine, other] = [await consent(), await consent()]
    const crossed = new URL(mine)
    crossed.searchParams.set('code', other.searchParams.get('code') ?? '')
    assert.equal((await confirm(crossed)).status, 409, 'the verifier does not fit the other code')
    assert.equal((await confirm(mine)).status, 409, 'and the state is used up')
    const unknown = new URL(other)
    unknown.searchParams.set('state', 'x'.repeat(43))
    assert.deepEqual([(await fetch(unknown)).status, (await confirm(unknown)).status], [404, 409])
    google.issuer.refuses = true
    const refused = await fetch(await consent())
    google.issuer.refuses = false
    assert.equal(refused.status, 400)
    assert.ok((await refused.text()).includes('The consent was not given.'))
    const late = await consent()
    h.clock.advance(11 * MINUTE_MS)
    assert.deepEqual([(await fetch(late)).status, (await confirm(late)).status], [404, 409])
    const hostile = new URL(late)
    hostile.search = '?error=%3Cscript%3Ealert(1)%3C/script%3E'
    assert.ok(!(await (await fetch(hostile)).text()).includes('<script'))
    assert.equal((await status()).authenticated, false)
  })

  test('a token is renewed with less than five minutes left, and by one of many that ask at once', async () => {
    await link()
    const first = await get<{ access_token: string; expires_at: string }>('access-token')
    assert.equal(first.status, 200, first.text)
    assert.equal(first.headers['cache-control'], 'no-store')
    h.clock.advance(54 * MINUTE_MS)
    assert.equal((await get<{ access_token: string }>('access-token')).body.access_token, first.body.access_token)
    assert.equal(renewals().length, 0)
    h.clock.advance(2 * MINUTE_MS)
    let release = (): void => {}
    google.issuer.hold = new Promise((resolve) => {
      release = resolve
    })
    const as = await session()
    const many = Array.from({ length: 8 }, () =>
      h.call<{ access_token: string }>('GET', '/api/v1/auth/google/access-token', { as }),
    )
    // All of them have asked by the time that one of them is answered something.
    await h.call('GET', '/api/v1/auth/google/status', { as })
    release()
    google.issuer.hold = null
    const tokens = new Set((await Promise.all(many)).map(({ body }) => body.access_token))
    assert.deepEqual([tokens.size, renewals().length], [1, 1])
    assert.ok(!tokens.has(first.body.access_token))
  })

  test('a Google that is down changes nothing; a consent that was taken back is told, once, and given anew', async () => {
    await link()
    h.clock.advance(60 * MINUTE_MS)
    google.issuer.isDown = true
    const down = await get<Refusal>('access-token')
    assert.deepEqual([down.status, down.body.detail], [502, 'UPSTREAM_ERROR'])
    assert.equal((await status()).status, 'linked')
    google.issuer.isDown = false
    google.issuer.endConsents()
    for (let i = 0; i < 3; i++) {
      const ended = await get<Refusal>('access-token')
      assert.equal(ended.status, 404)
      assert.match(ended.body.message, /consent of .* has ended/)
    }
    assert.deepEqual([(await status()).status, (await status()).authenticated], ['consent_ended', false])
    assert.match((await status()).advice ?? '', /Link the account again/)
    const info = await h.call<Refusal>('GET', '/api/v1/sheets/sheet-of-nobody/info', { as: tenant.key })
    assert.deepEqual([info.status, info.body.detail], [401, 'GOOGLE_NOT_LINKED'])
    const alerts = await sql`select 1 from alerts where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    assert.equal(alerts.rows.length, 1)
    await link()
    assert.equal((await status()).status, 'linked')
  })

  test('unlinking gives the consent back, forgets it even when Google is away, and leaves what others depend on', async () => {
    await link()
    assert.match((await post<Refusal>('logout')).body.message, /given back to Google/)
    assert.deepEqual(google.issuer.revoked, [google.issuer.account])
    assert.deepEqual([(await status()).status, (await get('access-token')).status], ['not_linked', 404])
    assert.equal((await post('logout')).status, 200, 'safe to repeat')
    await link()
    const colleague = await createTenant(h, { mode: 'live' })
    await link(colleague)
    assert.match((await post<Refusal>('logout')).body.message, /stays at Google/)
    assert.equal(google.issuer.revoked.length, 1)
    assert.equal((await status(colleague)).status, 'linked')
    google.issuer.isDown = true
    assert.match((await post<Refusal>('logout', colleague)).body.message, /could not be told/)
    assert.equal((await status(colleague)).status, 'not_linked')
  })

  test('what a person leaves unticked is named, with what to do', async () => {
    google.issuer.granted = ['openid', 'https://www.googleapis.com/auth/userinfo.email', PICKED]
    const done = await confirm(await consent())
    assert.match(await done.text(), /See all your Google Sheets spreadsheets.*left unticked/)
    const linked = await status()
    assert.deepEqual([linked.authenticated, linked.missing_scopes], [true, [ALL]])
    assert.match(linked.advice ?? '', /tick it/)
    google.add({ id: 'sheet-that-was-not-picked', tabs: [{ sheetId: 0, title: 'A', rows: [['Email']] }] })
    const verified = await h.call<{ has_access: boolean; reason: string }>('POST', '/api/v1/sheets/verify-access', {
      as: tenant.key,
      body: { sheet_id: 'sheet-that-was-not-picked' },
    })
    assert.deepEqual([verified.status, verified.body.has_access], [200, false])
    assert.match(verified.body.reason, /left unticked/)
    google.issuer.granted = ['openid', 'https://www.googleapis.com/auth/userinfo.email']
    await link()
    const none = await h.call<Refusal>('GET', '/api/v1/sheets/sheet-that-was-not-picked/info', { as: tenant.key })
    assert.deepEqual([none.status, none.body.detail], [403, 'GOOGLE_ACCESS_DENIED'])
    assert.match(none.body.message, /tick both/)
  })

  test('an account is one person’s: neither a colleague nor a key gets its token, and it goes with the membership', async () => {
    await link()
    const colleague = await createTenant(h, { mode: 'live' })
    await sql`
      insert into workspace_members (workspace_id, user_id, role, created_at) values (${tenant.workspace_id}, ${colleague.user_id}, 'admin', ${h.clock.now()})`.execute(
      h.deps.db,
    )
    const headers = { 'x-workspace-id': tenant.workspace_id }
    const as = await session(colleague)
    const theirs = await h.call<Status>('GET', '/api/v1/auth/google/status', { as, headers })
    assert.deepEqual([theirs.status, theirs.body.authenticated], [200, false])
    assert.equal((await h.call('GET', '/api/v1/auth/google/access-token', { as, headers })).status, 404)
    for (const [method, path] of [
      ['GET', 'access-token'],
      ['GET', 'status'],
      ['POST', 'login'],
      ['POST', 'logout'],
    ] as const)
      assert.equal((await h.call(method, `/api/v1/auth/google/${path}`, { as: tenant.key })).status, 403)
    await sql`delete from workspace_members where workspace_id = ${tenant.workspace_id} and user_id = ${tenant.user_id}`.execute(
      h.deps.db,
    )
    const left = await sql`select 1 from google_accounts where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
    assert.equal(left.rows.length, 0)
  })

  test('a sandbox links nothing; the Picker gets its settings', async () => {
    const sandbox = await createTenant(h)
    const refused = await post<Refusal>('login', sandbox)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'LIVE_WORKSPACE_ONLY'])
    assert.equal((await status(sandbox)).sheets_source, 'folder')
    assert.deepEqual((await get<{ api_key: string }>('picker-config')).body, {
      api_key: 'AIzaTestKey_of-the-picker',
      client_id: google.issuer.client_id,
      app_id: '123456789012',
      scopes: ['openid', 'email', PICKED, ALL],
    } as never)
  })

  test('no token, code, verifier or client secret stands in a log line or a plain column', async () => {
    await link()
    await consent()
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(a)::text as row from google_accounts a union all select to_jsonb(p)::text from google_authorizations p`.execute(
      h.deps.db,
    )
    const columns = JSON.stringify(rows)
    assert.ok(google.issuer.secrets.size > 20 && rows.length >= 2)
    for (const secret of google.issuer.secrets) assert.ok(!columns.includes(secret))
    const log = lines.join('')
    assert.ok(log.includes('google_oauth_login'), 'requests are logged')
    for (const secret of google.issuer.secrets) assert.ok(!log.includes(secret))
  })
})

describe('an instance without Google', () => {
  let h: Harness
  before(async () => {
    h = await startHarness()
  })
  after(() => h?.close())

  test('says so, by name of the settings, and capabilities say so too', async () => {
    const live = await createTenant(h, { mode: 'live' })
    const answers = await Promise.all([
      h.call<Refusal>('POST', '/api/v1/auth/google/login', { as: live.session }),
      h.call<Refusal>('GET', '/api/v1/auth/google/picker-config', { as: live.session }),
      h.call<Refusal>('GET', '/api/v1/sheets/some-sheet-id/info', { as: live.key }),
    ])
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.detail], [503, 'GOOGLE_NOT_CONFIGURED'])
      assert.match(body.message, /GOOGLE_CLIENT_ID/)
    }
    assert.equal((await h.call('GET', '/api/v1/auth/google/status', { as: live.session })).status, 200)
    const can = (as: string) => h.call<{ google_sheets: boolean }>('GET', '/api/v1/capabilities', { as })
    assert.equal((await can(live.key)).body.google_sheets, false)
    assert.equal((await can((await createTenant(h)).key)).body.google_sheets, true, 'a sandbox has its folder')
  })
})
