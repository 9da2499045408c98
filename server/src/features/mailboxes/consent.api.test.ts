import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { dovecotMissing } from '../../../test/dovecot.ts'
import {
  type MailboxBench,
  markSent,
  PASSWORD,
  reply,
  startMailboxBench,
  type TestMailbox,
} from '../../../test/mailbox-account.ts'
import { type OAuthIssuer, startOAuthIssuer } from '../../../test/oauth-issuer.ts'

const POLL_MS = 121_000
const HOUR_MS = 3_600_000

type Refusal = { detail: string; message: string }

describe('a mailbox connected by consent', { skip: dovecotMissing }, () => {
  let bench: MailboxBench
  let issuer: OAuthIssuer
  let tenant: TestTenant
  before(async () => {
    issuer = await startOAuthIssuer()
    bench = await startMailboxBench({
      users: ['ada@corp.test', 'bea@corp.test', 'cat@corp.test'],
      token_info_url: issuer.token_info_url,
      isToken: issuer.isToken,
      allow: [`127.0.0.1:${issuer.port}`],
      env: {
        GOOGLE_CLIENT_ID: issuer.client_id,
        GOOGLE_CLIENT_SECRET: issuer.client_secret,
        GOOGLE_OAUTH_URL: issuer.url,
      },
      envWith: ({ smtp_port, imap_port }) => ({
        GOOGLE_MAIL_SERVERS: `smtps://localhost:${smtp_port},imaps://localhost:${imap_port}`,
      }),
    })
    tenant = await createTenant(bench.h, { mode: 'live' })
  })
  after(async () => {
    await bench?.close()
    await issuer?.close()
  })

  const authorize = async (body: Record<string, unknown> = {}, as?: string) =>
    bench.h.call<{ authorize_url: string }>('POST', '/api/v1/mailboxes/oauth/authorize', {
      // The clock moves by hours here, and a session ends sooner.
      as: as ?? (await bench.h.deps.sessions.open(tenant.user_id)).access_token,
      body: { provider: 'google', ...body },
    })

  /** Goes to the provider as a browser would and comes back with what it says. */
  const consent = async (account: string, body: Record<string, unknown> = {}): Promise<URL> => {
    issuer.account = account
    const asked = await authorize(body)
    assert.equal(asked.status, 200, asked.text)
    const back = await fetch(asked.body.authorize_url, { redirect: 'manual' })
    assert.equal(back.status, 302)
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
  const mailboxes = async (): Promise<TestMailbox[]> =>
    (await bench.h.call<{ items: TestMailbox[] }>('GET', '/api/v1/mailboxes', { as: tenant.key })).body.items
  const mailboxOf = async (email: string): Promise<TestMailbox> => {
    const found = (await mailboxes()).find((mailbox) => mailbox.email === email)
    assert.ok(found, `${email} is connected`)
    return found
  }
  const answers = async (alias_id: string): Promise<number> =>
    (await sql`select 1 from inbound_emails where alias_id = ${alias_id}`.execute(bench.h.deps.db)).rows.length
  const poll = async (): Promise<void> => {
    bench.h.clock.advance(POLL_MS)
    await bench.h.worker.drain()
  }
  const refreshes = (): number => issuer.grants.filter(({ type }) => type === 'refresh_token').length

  test('the page says whose workspace it is and asks first; then the mailbox is connected, once', async () => {
    const back = await consent('ada@corp.test', { display_name: 'Ada' })
    const page = await (await fetch(back)).text()
    assert.ok(page.includes('Test workspace') && page.includes(tenant.email), page)
    assert.deepEqual(await mailboxes(), [], 'opening the page connects nothing')
    const done = await confirm(back)
    assert.equal(done.status, 200, await done.text())
    assert.deepEqual(
      (await mailboxes()).map(({ email, status }) => [email, status]),
      [['ada@corp.test', 'active']],
    )
    assert.equal((await confirm(back)).status, 409, 'a consent is used once')
    assert.equal((await fetch(back)).status, 404)
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from mailbox_authorizations`.execute(
      bench.h.deps.db,
    )
    assert.equal(rows[0]?.n, 0)
  })

  test('a code that was stolen is worth nothing without the verifier, and a refusal is told', async () => {
    const [mine, other] = [await consent('cat@corp.test'), await consent('cat@corp.test')]
    const crossed = new URL(mine)
    crossed.searchParams.set('code', other.searchParams.get('code') ?? '')
    assert.equal((await confirm(crossed)).status, 409)
    issuer.refuses = true
    const refused = await consent('cat@corp.test')
    issuer.refuses = false
    const page = await fetch(refused)
    assert.equal(page.status, 400)
    assert.ok((await page.text()).includes('The consent was not given.'))
    const late = await consent('cat@corp.test')
    bench.h.clock.advance(20 * 60_000)
    assert.equal((await confirm(late)).status, 409)
    assert.ok((await mailboxes()).every(({ email }) => email !== 'cat@corp.test'))
  })

  test('an access token is used until shortly before its end, renewed then, and renewed early when it is not taken', async () => {
    const mailbox = await mailboxOf('ada@corp.test')
    const deliver = async (to: string): Promise<void> => {
      const { message_id } = await markSent(bench.h, tenant, mailbox, to)
      await bench.imap.deliver('ada@corp.test', PASSWORD, reply('ada@corp.test', to, message_id))
    }
    await deliver('one@people.example')
    await poll()
    assert.deepEqual([await answers(mailbox.alias_id), refreshes()], [1, 0])
    bench.h.clock.advance(HOUR_MS)
    await deliver('two@people.example')
    await poll()
    assert.deepEqual([await answers(mailbox.alias_id), refreshes()], [2, 1])
    issuer.dropAccessTokens()
    await deliver('three@people.example')
    await poll()
    assert.deepEqual([await answers(mailbox.alias_id), refreshes()], [3, 2])
    assert.equal((await mailboxOf('ada@corp.test')).status, 'active')
  })

  test('a token endpoint that is down changes nothing; an ended consent asks the person, once', async () => {
    const mailbox = await mailboxOf('ada@corp.test')
    issuer.isDown = true
    bench.h.clock.advance(HOUR_MS)
    await poll()
    assert.equal((await mailboxOf('ada@corp.test')).status, 'active')
    issuer.isDown = false
    issuer.endConsents()
    for (let i = 0; i < 4; i++) {
      bench.h.clock.advance(HOUR_MS)
      await poll()
    }
    const ended = await mailboxOf('ada@corp.test')
    assert.equal(ended.status, 'needs_attention')
    assert.match(ended.last_error ?? '', /consent has ended \(invalid_grant/)
    assert.equal(
      issuer.grants.filter(({ outcome }) => outcome === 'invalid_grant').length,
      2,
      'the crossed code, and one refresh',
    )
    const alerts = await sql`select 1 from alerts where metadata ->> 'mailbox_id' = ${mailbox.id}`.execute(
      bench.h.deps.db,
    )
    assert.equal(alerts.rows.length, 1)

    const wrong = await confirm(await consent('bea@corp.test', { mailbox_id: mailbox.id }))
    assert.equal(wrong.status, 422)
    assert.ok((await wrong.text()).includes('bea@corp.test'), 'consent of another account is not taken')
    assert.deepEqual(issuer.revoked.splice(0), ['bea@corp.test'], 'and given back')
    assert.equal((await confirm(await consent('ada@corp.test', { mailbox_id: mailbox.id }))).status, 200)
    assert.equal((await mailboxOf('ada@corp.test')).status, 'active')
  })

  test('disconnecting gives the consent back', async () => {
    const mailbox = await mailboxOf('ada@corp.test')
    const gone = await bench.h.call('DELETE', `/api/v1/mailboxes/${mailbox.id}`, { as: tenant.key })
    assert.equal(gone.status, 204)
    assert.deepEqual(issuer.revoked, ['ada@corp.test'])
  })

  test('a provider that is not configured is named, and a key or a sandbox asks for no consent', async () => {
    const microsoft = await authorize({ provider: 'microsoft' })
    const answer = microsoft.body as unknown as Refusal
    assert.deepEqual([microsoft.status, answer.detail], [409, 'OAUTH_NOT_CONFIGURED'])
    assert.match(answer.message, /MICROSOFT_CLIENT_ID/)
    assert.equal((await authorize({}, tenant.key)).status, 403)
    const sandbox = await createTenant(bench.h)
    const refused = await authorize({}, sandbox.session)
    assert.deepEqual([refused.status, (refused.body as unknown as Refusal).detail], [409, 'LIVE_WORKSPACE_ONLY'])
  })

  test('no token, code or client secret stands in a log line or a plain column', async () => {
    const { rows } =
      await sql`select to_jsonb(m)::text as row from mailboxes m union all select to_jsonb(a)::text from mailbox_authorizations a`.execute(
        bench.h.deps.db,
      )
    const columns = JSON.stringify(rows)
    assert.ok(issuer.secrets.size > 8 && bench.logged().includes('authorize_mailbox'))
    for (const secret of issuer.secrets) assert.ok(!bench.logged().includes(secret) && !columns.includes(secret))
  })
})
