import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { SMTPServer } from 'smtp-server'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'
import { createAuthenticator } from '../../http/authenticate.ts'
import { createUser, resetUserPassword } from './operator-accounts.ts'
import type { Tokens } from './sessions.ts'

type LoggedIn = Tokens & { user_id: string; workspace_id: string }
type Failure = { detail: string; message: string; details?: { loc: string[] }[] }

const PASSWORD = 'correct horse battery'
const letters: string[] = []

const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS', 'AUTH'],
  onData: (stream, _session, done) => {
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8')
    })
    stream.on('end', () => {
      letters.push(text.replace(/=\r?\n/g, '').replace(/=3D/g, '='))
      done()
    })
  },
})

let h: Harness
before(async () => {
  await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready))
  const port = (smtp.server.address() as AddressInfo).port
  h = await startHarness({
    env: {
      SIGNUP: 'open',
      SYSTEM_SMTP_URL: `smtp://127.0.0.1:${port}?ignoreTLS=true`,
      EGRESS_ALLOW: `127.0.0.1:${port}`,
    },
  })
})
after(async () => {
  await h?.close()
  await new Promise<void>((closed) => smtp.close(closed))
})

const signUp = async (body: Record<string, unknown> = {}) => {
  const email = `${unique('ada')}@example.com`
  const made = await h.call<LoggedIn>('POST', '/api/v1/account/signup', {
    body: { email, password: PASSWORD, name: 'Ada', ...body },
  })
  return { ...made, email }
}

describe('accounts', () => {
  test('signing up makes an account, a personal sandbox workspace with its owner, and a session that works at once', async () => {
    const { status, body, email } = await signUp({ timezone: 'Europe/Oslo' })
    assert.equal(status, 201)
    const me = await h.call<Record<string, Record<string, unknown>>>('GET', '/api/v1/auth/me', {
      as: body.access_token,
    })
    assert.equal(me.status, 200)
    assert.deepEqual(
      [
        me.body.email,
        me.body.user_id,
        me.body.app_metadata?.workspace_id,
        me.body.app_metadata?.workspace_role,
        me.body.app_metadata?.workspace_mode,
      ],
      [email, body.user_id, body.workspace_id, 'owner', 'sandbox'],
    )
  })

  test('a live workspace is made when sign-up asks for it', async () => {
    const { body } = await signUp({ workspace_mode: 'live' })
    const me = await h.call<{ app_metadata: { workspace_mode: string } }>('GET', '/api/v1/auth/verify', {
      as: body.access_token,
    })
    assert.equal(me.body.app_metadata.workspace_mode, 'live')
  })

  test('an address in other letters is the same account', async () => {
    const { email } = await signUp()
    const again = await signUp({ email: email.toUpperCase() })
    assert.deepEqual([again.status, (again.body as unknown as Failure).detail], [409, 'EMAIL_TAKEN'])
    const logged = await h.call<LoggedIn>('POST', '/api/v1/account/login', {
      body: { email: email.toUpperCase(), password: PASSWORD },
    })
    assert.equal(logged.status, 200)
  })

  test('a wrong password and an unknown address answer the same', async () => {
    const { email } = await signUp()
    const wrong = await h.call<Failure>('POST', '/api/v1/account/login', {
      body: { email, password: 'something else' },
    })
    const unknown = await h.call<Failure>('POST', '/api/v1/account/login', {
      body: { email: 'nobody@example.com', password: 'something else' },
    })
    assert.deepEqual(
      [wrong.status, wrong.body.detail, wrong.body.message],
      [401, 'INVALID_CREDENTIALS', unknown.body.message],
    )
    assert.equal(unknown.status, 401)
    assert.equal(wrong.headers['set-cookie'], undefined)
  })

  test('guessing passwords of one address is slowed down after ten tries a minute', async () => {
    const { email } = await signUp()
    const statuses = new Set<number>()
    for (let i = 0; i < 10; i++)
      statuses.add((await h.call('POST', '/api/v1/account/login', { body: { email, password: `guess ${i}` } })).status)
    const next = await h.call('POST', '/api/v1/account/login', { body: { email, password: PASSWORD } })
    assert.deepEqual([...statuses], [401])
    assert.equal(next.status, 429)
    assert.ok(Number(next.headers['retry-after']) > 0)
  })

  test('no answer of an account operation sets a cookie, and a cookie is no credential', async () => {
    const { body, headers } = await signUp()
    assert.equal(headers['set-cookie'], undefined)
    const refused = await h.call('GET', '/api/v1/auth/me', {
      headers: { cookie: `better-auth.session_token=${body.refresh_token}` },
    })
    assert.equal(refused.status, 401)
  })

  test('bad sign-ups are told every problem at once', async () => {
    const refused = await h.call<Failure>('POST', '/api/v1/account/signup', {
      body: { email: 'no address', password: 'short', timezone: 'Mars/Base' },
    })
    assert.equal(refused.status, 422)
    assert.deepEqual(refused.body.details?.map((detail) => detail.loc[1]).sort(), [
      'email',
      'name',
      'password',
      'timezone',
    ])
  })
})

describe('sessions', () => {
  test('an access token ends after 15 minutes; the refresh token gets a new one of the same session', async () => {
    const { body } = await signUp()
    h.clock.advance(901_000)
    assert.equal(await h.deps.sessions.verify(body.access_token), null)
    const renewed = await h.call<Tokens>('POST', '/api/v1/account/refresh', {
      body: { refresh_token: body.refresh_token },
    })
    assert.equal(renewed.status, 200)
    assert.equal((await h.call('GET', '/api/v1/auth/me', { as: renewed.body.access_token })).status, 200)
  })

  test('logging out ends that session everywhere, and only that one', async () => {
    const { body, email } = await signUp()
    const other = await h.call<LoggedIn>('POST', '/api/v1/account/login', { body: { email, password: PASSWORD } })
    assert.equal((await h.call('POST', '/api/v1/account/logout', { as: body.access_token })).status, 204)
    assert.equal(
      (await h.call('POST', '/api/v1/account/refresh', { body: { refresh_token: body.refresh_token } })).status,
      401,
    )
    const elsewhere = createAuthenticator(h.deps.db, h.deps.sessions.verify)
    await assert.rejects(elsewhere.principalOf({ authorization: `Bearer ${body.access_token}` }), {
      code: 'UNAUTHORIZED',
    })
    await elsewhere.close()
    assert.equal((await h.call('GET', '/api/v1/auth/me', { as: other.body.access_token })).status, 200)
  })

  test('a token that was altered, unsigned, or made with another key is not accepted', async () => {
    const { body } = await signUp()
    const [head, payload, signature] = body.access_token.split('.') as [string, string, string]
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    const altered = `${head}.${Buffer.from(
      Buffer.from(payload, 'base64url')
        .toString()
        .replace(/"exp":\d+/, '"exp":9999999999'),
    ).toString('base64url')}.${signature}`
    const { privateKey } = await generateKeyPair('EdDSA')
    const kid = JSON.parse(Buffer.from(head, 'base64url').toString()).kid
    const foreign = await new SignJWT(JSON.parse(Buffer.from(payload, 'base64url').toString()))
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .sign(privateKey)
    for (const token of [unsigned, altered, foreign, 'nonsense', 'a.b.c'])
      assert.equal(await h.deps.sessions.verify(token), null)
  })
})

describe('passwords', () => {
  const tokenOf = (letter: string | undefined): string => /reset-password\?token=([\w-]+)/.exec(letter ?? '')?.[1] ?? ''

  test('a reset by letter sets the password once, and ends every session', async () => {
    const { body, email } = await signUp()
    letters.length = 0
    const asked = await h.call('POST', '/api/v1/account/password-reset', { body: { email } })
    assert.equal(asked.status, 202)
    await h.worker.drain()
    assert.equal(letters.length, 1)
    assert.match(letters[0] as string, new RegExp(`To: ${email}`))
    const token = tokenOf(letters[0])
    const confirm = () =>
      h.call<Failure>('POST', '/api/v1/account/password-reset/confirm', {
        body: { token, password: 'a new long password' },
      })
    assert.equal((await confirm()).status, 204)
    assert.equal((await confirm()).status, 404)
    assert.equal(
      (await h.call('POST', '/api/v1/account/refresh', { body: { refresh_token: body.refresh_token } })).status,
      401,
    )
    assert.equal((await h.call('POST', '/api/v1/account/login', { body: { email, password: PASSWORD } })).status, 401)
    assert.equal(
      (await h.call('POST', '/api/v1/account/login', { body: { email, password: 'a new long password' } })).status,
      200,
    )
  })

  test('asking for an unknown address answers the same and sends nothing', async () => {
    letters.length = 0
    const asked = await h.call('POST', '/api/v1/account/password-reset', { body: { email: 'nobody@example.com' } })
    assert.equal(asked.status, 202)
    await h.worker.drain()
    assert.equal(letters.length, 0)
  })

  test('the operator makes accounts and resets passwords without any letter', async () => {
    const email = `${unique('op')}@example.com`
    await createUser(h.deps, { email, password: PASSWORD, name: 'Op' })
    await assert.rejects(createUser(h.deps, { email, password: PASSWORD, name: 'Op' }), { code: 'EMAIL_TAKEN' })
    await assert.rejects(createUser(h.deps, { email: 'x@example.com', password: 'short', name: 'Op' }), {
      code: 'VALIDATION_ERROR',
    })
    const { password } = await resetUserPassword(h.deps, { email })
    assert.equal((await h.call('POST', '/api/v1/account/login', { body: { email, password: PASSWORD } })).status, 401)
    assert.equal((await h.call('POST', '/api/v1/account/login', { body: { email, password } })).status, 200)
    await assert.rejects(resetUserPassword(h.deps, { email: 'nobody@example.com' }), { code: 'NOT_FOUND' })
  })
})

test('the welcome letter goes out once per user', async () => {
  const { body } = await signUp()
  letters.length = 0
  const first = await h.call<{ status: string }>('POST', '/api/v1/auth/welcome-email', { as: body.access_token })
  const second = await h.call<{ status: string }>('POST', '/api/v1/auth/welcome-email', { as: body.access_token })
  await h.worker.drain()
  assert.deepEqual([first.body.status, second.body.status, letters.length], ['sent', 'already_sent', 1])
})

test('Google log-in is not there until it is configured, and a log-in that was not begun here is refused', async () => {
  const start = { redirect_uri: `${h.base_url}/login/google` }
  assert.equal((await h.call('POST', '/api/v1/account/google/start', { body: start })).status, 404)
  const other = await startHarness({ env: { GOOGLE_CLIENT_ID: 'client', GOOGLE_CLIENT_SECRET: 'secret' } })
  try {
    const begun = await other.call<{ authorization_url: string; state: string }>(
      'POST',
      '/api/v1/account/google/start',
      { body: { redirect_uri: `${other.base_url}/login/google` } },
    )
    assert.equal(begun.status, 200)
    const url = new URL(begun.body.authorization_url)
    assert.deepEqual(
      [
        url.host,
        url.searchParams.get('client_id'),
        url.searchParams.get('state'),
        url.searchParams.get('code_challenge_method'),
      ],
      ['accounts.google.com', 'client', begun.body.state, 'S256'],
    )
    assert.equal(
      (
        await other.call('POST', '/api/v1/account/google/start', {
          body: { redirect_uri: 'https://elsewhere.example/x' },
        })
      ).status,
      422,
    )
    assert.equal(
      (await other.call('POST', '/api/v1/account/google/callback', { body: { code: 'c', state: 'invented' } })).status,
      401,
    )
  } finally {
    await other.close()
  }
})

describe('who may sign up', () => {
  test('of two first users at the same instant one gets in, and then the door is closed', async () => {
    const other = await startHarness()
    try {
      const bodies = ['one', 'two', 'three'].map((name) => ({ email: `${name}@example.com`, password: PASSWORD, name }))
      const answers = await Promise.all(
        bodies.map((body) => other.call<Failure>('POST', '/api/v1/account/signup', { body })),
      )
      assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 403, 403])
      const users = await other.deps.db.selectFrom('users').select('id').execute()
      assert.equal(users.length, 1)
      const taken = bodies[answers.findIndex(({ status }) => status === 201)]
      const probing = await other.call<Failure>('POST', '/api/v1/account/signup', { body: taken })
      assert.equal(probing.body.detail, 'SIGNUP_CLOSED', 'a closed door does not tell whose address is known')
    } finally {
      await other.close()
    }
  })

  test('says who may make an account before anybody fills a form in', async () => {
    const other = await startHarness({ env: { SIGNUP: 'first_user' } })
    const options = async () => (await other.call<Record<string, unknown>>('GET', '/api/v1/account/options')).body
    try {
      assert.deepEqual(await options(), { signup: 'first_user', google: false, password_reset: false })
      await createTenant(other)
      assert.equal((await options()).signup, 'invited')
    } finally {
      await other.close()
    }
    const { body } = await h.call<Record<string, unknown>>('GET', '/api/v1/account/options')
    assert.equal(body.signup, 'open')
  })

  test('without system mail a reset says so, and the welcome letter too', async () => {
    const other = await startHarness({ env: { SIGNUP: 'invite' } })
    try {
      const tenant = await createTenant(other)
      const reset = await other.call<Failure>('POST', '/api/v1/account/password-reset', {
        body: { email: tenant.email },
      })
      assert.deepEqual([reset.status, reset.body.detail], [409, 'MAIL_NOT_CONFIGURED'])
      assert.equal((await other.call('POST', '/api/v1/auth/welcome-email', { as: tenant.key })).status, 503)
      const uninvited = await other.call<Failure>('POST', '/api/v1/account/signup', {
        body: { email: 'a@example.com', password: PASSWORD, name: 'A' },
      })
      assert.equal(uninvited.body.detail, 'SIGNUP_CLOSED')
    } finally {
      await other.close()
    }
  })
})

describe('an outside issuer', () => {
  const issuer = 'https://issuer.example/auth/v1'

  test('with a key set: pinned algorithm, issuer, audience and expiry; one account per subject, never by e-mail', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const stranger = await generateKeyPair('ES256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }
    const server = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] })),
    )
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`
    const other = await startHarness({ env: { JWT_ISSUER: issuer, JWT_JWKS_URL: jwks, JWT_ALGORITHM: 'ES256' } })
    try {
      const local = await createTenant(other)
      const now = Math.floor(other.clock.now().getTime() / 1000)
      const mint = (claims: Record<string, unknown> = {}, key = privateKey) =>
        new SignJWT({
          iss: issuer,
          aud: 'authenticated',
          sub: 'subject-1',
          exp: now + 600,
          email: local.email,
          ...claims,
        })
          .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
          .sign(key)
      const me = async (token: string) =>
        other.call<{ user_id: string; email: string | null; app_metadata: { workspace_role: string } }>(
          'GET',
          '/api/v1/auth/me',
          { as: token },
        )

      const good = await mint()
      const [first, second] = await Promise.all([me(good), me(await mint({ exp: now + 700 }))])
      assert.equal(first.status, 200)
      assert.notEqual(first.body.user_id, local.user_id, 'the same address does not open the account of another')
      assert.equal(first.body.email, null)
      assert.equal(first.body.user_id, second.body.user_id, 'two first requests at once make one account')
      assert.equal(first.body.app_metadata.workspace_role, 'owner')
      const fresh = await me(await mint({ sub: 'subject-2', email: 'fresh@example.com' }))
      assert.equal(fresh.body.email, 'fresh@example.com')

      for (const bad of [
        await mint({ iss: 'https://other.example' }),
        await mint({ aud: 'somebody-else' }),
        await mint({ exp: now - 1 }),
        await mint({ exp: undefined }),
        await mint({ sub: undefined }),
        await mint({}, stranger.privateKey),
        await new SignJWT({ iss: issuer, aud: 'authenticated', sub: 'subject-1', exp: now + 600 })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(JSON.stringify(jwk).padEnd(64))),
      ])
        assert.equal((await me(bad)).status, 401)
      const out = await other.call<Failure>('POST', '/api/v1/account/logout', { as: good })
      assert.equal(out.status, 409)
    } finally {
      await other.close()
      server.close()
    }
  })

  test('with a shared secret, as Supabase signs', async () => {
    const secret = 'a shared secret of more than thirty-two characters'
    const other = await startHarness({ env: { JWT_ISSUER: issuer, JWT_SHARED_SECRET: secret, JWT_ALGORITHM: 'HS256' } })
    try {
      const now = Math.floor(other.clock.now().getTime() / 1000)
      const mint = (key: string) =>
        new SignJWT({ iss: issuer, aud: 'authenticated', sub: 's', exp: now + 600, email: 'eve@example.com' })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(new TextEncoder().encode(key))
      assert.equal((await other.call('GET', '/api/v1/auth/verify', { as: await mint(secret) })).status, 200)
      assert.equal((await other.call('GET', '/api/v1/auth/verify', { as: await mint(`${secret}!`) })).status, 401)
    } finally {
      await other.close()
    }
  })
})
