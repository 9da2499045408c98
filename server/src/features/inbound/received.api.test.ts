import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { sealMessage } from 'mailauth'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { startDnsServer, type TestDns } from '../../../test/dns-server.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'
import { openSmtpConnection } from '../../ports/mail/smtp-client.ts'
import { processPending } from './process-inbound.ts'

let dns: TestDns
let h: Harness
let relayed: Harness
let tenant: TestTenant
const BOX = 'anna@ours.example'
const sealer = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A live workspace with one address, which is BOX unless another domain is given. */
const createBox = async (
  on: Harness,
  warmup_token: string | null = null,
  domain = 'ours.example',
): Promise<TestTenant> => {
  const owner = await createTenant(on, { mode: 'live' })
  const [domain_id, now] = [newId(), on.clock.now()]
  await sql`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, ownership_token, created_at, updated_at)
    values (${domain_id}, ${owner.workspace_id}, ${owner.user_id}, ${domain}, false, 'verified', 'x', ${now}, ${now})`.execute(
    on.deps.db,
  )
  await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, warmup_token, created_at, updated_at)
    values (${newId()}, ${owner.workspace_id}, ${owner.user_id}, ${domain_id}, 'anna', ${`anna@${domain}`}, ${warmup_token}, ${now}, ${now})`.execute(
    on.deps.db,
  )
  return owner
}

before(async () => {
  const key = sealer.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  dns = await startDnsServer({ txt: { 'arc1._domainkey.lists.example': [`v=DKIM1; k=rsa; p=${key}`] } })
  h = await startHarness({ env: { DNS_SERVERS: dns.server } })
  tenant = await createBox(h, 'blue-horse')
})
after(async () => {
  await relayed?.close()
  await h?.close()
  await dns?.close()
})

type Verdict = { status: string; details: string | null } | null
type Message = {
  id: string
  subject: string
  conversation_id: string
  kind: string
  body_text: string | null
  body_html: string | null
  reply_text: string | null
  processing_error: string | null
  raw_email_uri: string | null
  headers: { name: string; value: string }[]
  attachments: { id: string; filename: string | null }[]
  arc_verdict: Verdict
  spam_verdict: Verdict
}

const receive = async (raw: string | Buffer, on = h, as = tenant.key, to = BOX): Promise<Message> => {
  const session = await openSmtpConnection({
    host: '127.0.0.1',
    port: on.deps.address.inbound_smtp_port as number,
    name: 'mx.people.example',
    secure: 'none',
  })
  const bytes = typeof raw === 'string' ? Buffer.from(raw.replace(/\r?\n/g, '\r\n')) : raw
  const reply = await session.send({ mail_from: 'ada@people.example', rcpt_to: to, raw: bytes })
  session.close()
  assert.equal(reply.reply_code, 250, reply.text ?? '')
  await on.worker.drain()
  const path = '/api/v1/bavimail/inbound-emails'
  const list = await on.call<Message[]>('GET', `${path}?limit=1&include_warmup=true`, { as })
  return (await on.call<Message>('GET', `${path}/${list.body[0]?.id}`, { as })).body
}

let count = 0
const letter = (fields: Record<string, string>, body = 'Hello'): string => {
  const all = {
    From: 'Ada <ada@people.example>',
    To: BOX,
    Subject: `Letter ${++count}`,
    'Message-ID': `<letter${count}@people.example>`,
    ...fields,
  }
  return `${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}\n${body}\n`
}

describe('the HTML of a stranger', () => {
  const html = [
    '<style>@import url(https://evil.example/x.css)</style><script>alert(1)</script>',
    '<form action="https://evil.example/"><input name="password"></form><iframe src="https://evil.example/"></iframe>',
    '<p style="position:fixed;background:url(https://evil.example/y);color:red" onclick="alert(2)">Dear Anna</p>',
    '<a href="javascript:alert(3)">one</a> <a href="data:text/html,x">two</a> <a href="https://a.example/">three</a>',
    '<img src="data:image/svg+xml,<svg onload=alert(4)>"><img src="https://a.example/photo.jpg" width="300" height="200">',
    '<img src="cid:logo@mail" alt="Logo"><img src="https://a.example/open.gif" width="1" height="1">',
  ].join('\n')
  const raw = letter(
    { Subject: 'A page', 'MIME-Version': '1.0', 'Content-Type': 'multipart/related; boundary=b' },
    `--b\nContent-Type: text/html\n\n${html}\n--b\nContent-Type: image/png; name=logo.png\nContent-ID: <logo@mail>\nContent-Disposition: inline; filename=logo.png\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--`,
  )

  const assertHarmless = (shown: string): void => {
    assert.match(shown, /Dear Anna/)
    assert.doesNotMatch(
      shown,
      /<(?:style|script|form|input|iframe|svg)|on\w+=|javascript:|data:|url\(|position|evil\.example/i,
    )
    assert.match(shown, /<p style="color:red;?">/)
    assert.match(
      shown,
      /<a href="https:\/\/a\.example\/" target="_blank" rel="noopener noreferrer nofollow">three<\/a>/,
    )
    assert.match(shown, /<img src="https:\/\/a\.example\/photo\.jpg"[^>]* referrerpolicy="no-referrer"/)
  }

  test('is shown without anything that acts, and its own images are read from here, alone and in its thread', async () => {
    const message = await receive(raw)
    const own = `/api/v1/bavimail/inbound-emails/${message.id}/attachments/${message.attachments[0]?.id}`
    assertHarmless(message.body_html ?? '')
    assert.ok(message.body_html?.includes(`<img src="${own}" alt="Logo"`), message.body_html ?? '')
    assert.equal((await h.call('GET', own, { as: tenant.key })).text, 'hello')
    for (const face of ['/api/v1/bavimail/conversations', '/mail/v1/conversations', '/mail/v1/inbox/threads']) {
      const { status, body } = await h.call<{ messages: Message[] }>('GET', `${face}/${message.conversation_id}`, {
        as: tenant.key,
      })
      assert.equal(status, 200, face)
      const shown = body.messages.find(({ id }) => id === message.id)?.body_html ?? ''
      assertHarmless(shown)
      assert.ok(shown.includes(`<img src="${own}"`), face)
    }
  })

  test('loses its tracking images where the domain asks for it', async () => {
    const { body_html } = await receive(raw.replace('A page', 'A page again'))
    assert.match(body_html ?? '', /open\.gif/)
    await sql`update sending_domains set strip_tracking_on_read = true`.execute(h.deps.db)
    const stripped = await receive(raw.replace('A page', 'A page once more'))
    assert.doesNotMatch(stripped.body_html ?? '', /open\.gif/)
    assert.match(stripped.body_html ?? '', /photo\.jpg/)
  })

  test('costs bounded time in a thread of huge messages: the newest are shown, the rest come without', async () => {
    const first = await receive(letter({ Subject: 'Huge', 'Content-Type': 'text/html' }, `${'<div>'.repeat(25_000)}0`))
    for (let n = 1; n < 4; n++)
      await receive(
        letter(
          { Subject: 'Re: Huge', References: '<nobody@people.example>', 'Content-Type': 'text/html' },
          `${'<div>'.repeat(25_000)}${n}`,
        ),
      )
    const { body } = await h.call<{ messages: Message[] }>('GET', `/mail/v1/conversations/${first.conversation_id}`, {
      as: tenant.key,
    })
    assert.deepEqual(
      body.messages.map(({ body_html }) => body_html?.replace(/<[^>]*>|\s/g, '') ?? null),
      [null, null, '2', '3'],
    )
  })
})

describe('threads', () => {
  test('go by what a message refers to, the last named first, whatever its subject', async () => {
    const one = await receive(letter({ Subject: 'One', 'Message-ID': '<one@people.example>' }))
    const two = await receive(letter({ Subject: 'Two', 'Message-ID': '<two@people.example>' }))
    assert.notEqual(one.conversation_id, two.conversation_id)
    const answers = [
      [{ Subject: 'Else', 'In-Reply-To': '<one@people.example>' }, one],
      [{ Subject: 'Else', References: '<one@people.example> <two@people.example>' }, two],
      [{ Subject: 'One', References: '<two@people.example> <unheard-of@people.example>' }, two],
      [{ Subject: 'Two', 'In-Reply-To': 'one@people.example' }, one],
    ] as const
    for (const [fields, thread] of answers)
      assert.equal((await receive(letter(fields))).conversation_id, thread.conversation_id, JSON.stringify(fields))
  })

  test('else by subject and people, within ninety days', async () => {
    const first = await receive(letter({ Subject: 'Prices', From: 'bob@people.example', Cc: 'cat@people.example' }))
    const same: Record<string, string>[] = [
      { Subject: 'Re: Prices', From: 'bob@people.example' },
      { Subject: 'AW: RE:  prices', From: 'BOB@people.example' },
      { Subject: 'Fwd: Prices', From: 'cat@people.example', Cc: 'bob@people.example' },
    ]
    for (const fields of same)
      assert.equal((await receive(letter(fields))).conversation_id, first.conversation_id, JSON.stringify(fields))
    const others: Record<string, string>[] = [
      { Subject: 'Re: Other prices', From: 'bob@people.example' },
      { Subject: 'Re: Prices', From: 'eve@people.example' },
      { Subject: '', From: 'bob@people.example' },
    ]
    for (const fields of others)
      assert.notEqual((await receive(letter(fields))).conversation_id, first.conversation_id, JSON.stringify(fields))
    h.clock.advance(91 * 86_400_000)
    const late = await receive(letter({ Subject: 'Re: Prices', From: 'bob@people.example' }))
    assert.notEqual(late.conversation_id, first.conversation_id)
  })

  test('of another workspace are never joined, whatever a message refers to', async () => {
    const owner = await createBox(h, null, 'theirs.example')
    const theirs = await receive(
      letter({ 'Message-ID': '<theirs@people.example>', Subject: 'Shared' }),
      h,
      owner.key,
      'anna@theirs.example',
    )
    const ours = await receive(letter({ References: '<theirs@people.example>', Subject: 'Re: Shared' }))
    assert.notEqual(ours.conversation_id, theirs.conversation_id)
    const again = await receive(letter({ References: '<theirs@people.example>' }), h, owner.key, 'anna@theirs.example')
    assert.equal(again.conversation_id, theirs.conversation_id)
  })
})

test('warm-up mail is filed and hidden; no thread of people shows it unless asked', async () => {
  const path = '/api/v1/bavimail/inbound-emails'
  const warm = await receive(letter({ Subject: 'Nice weather (blue-horse)', From: 'warm@pool.example' }))
  const ids = async (query: string): Promise<string[]> =>
    (await h.call<Message[]>('GET', `${path}${query}`, { as: tenant.key })).body.map(({ id }) => id)
  assert.ok(!(await ids('')).includes(warm.id))
  assert.ok((await ids('?include_warmup=true')).includes(warm.id))
  const conversations = async (query: string): Promise<string[]> =>
    (await h.call<{ id: string }[]>('GET', `/api/v1/bavimail/conversations${query}`, { as: tenant.key })).body.map(
      ({ id }) => id,
    )
  assert.ok(!(await conversations('')).includes(warm.conversation_id))
  assert.ok((await conversations('?include_warmup=true')).includes(warm.conversation_id))
})

test('a message that cannot be read whole is filed with what could be, says what is missing, and is there raw', async () => {
  const nested = Array.from(
    { length: 60 },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}x\n\n--b${n}x\n`,
  ).join('')
  const raw = `From: Ada <ada@people.example>\nTo: ${BOX}\nSubject: Too deep\n${nested}\nthe end\n`
  const message = await receive(raw)
  assert.equal(message.subject, 'Too deep')
  assert.match(message.processing_error ?? '', /nesting depth/)
  const kept = await h.call('GET', message.raw_email_uri ?? '', { as: tenant.key })
  assert.equal(kept.text, raw.replaceAll('\n', '\r\n'))
  const whole = await receive(letter({ Subject: 'Fine' }))
  assert.deepEqual([whole.processing_error, whole.raw_email_uri], [null, null])
})

describe('a fault of ours', () => {
  const withFile = (subject: string): string =>
    letter(
      { Subject: subject, 'Content-Type': 'multipart/mixed; boundary=b' },
      `--b\n\nSee below\n--b\nContent-Type: text/csv; name=a.csv\nContent-Disposition: attachment; filename=a.csv\n\n${subject}\n--b--`,
    )
  /** Takes a message in and understands it with a storage that fails so. */
  const receiveWith = async (raw: string, error: Error): Promise<void> => {
    const session = await openSmtpConnection({
      host: '127.0.0.1',
      port: h.deps.address.inbound_smtp_port as number,
      name: 'mx.people.example',
      secure: 'none',
    })
    const bytes = Buffer.from(raw.replaceAll('\n', '\r\n'))
    assert.equal((await session.send({ mail_from: 'ada@people.example', rcpt_to: BOX, raw: bytes })).reply_code, 250)
    session.close()
    const { storage } = h.deps
    const broken = Object.assign(Object.create(storage) as typeof storage, { adopt: () => Promise.reject(error) })
    await processPending({ ...h.deps, storage: broken })
  }
  const rowOf = (subject: string) =>
    h.deps.db.selectFrom('inbound_emails').selectAll().where('subject', '=', subject).executeTakeFirst()

  test('that a message itself brings about leaves it filed bare and raw, since trying again would not help', async () => {
    const raw = withFile('Stumbling block')
    await receiveWith(raw, new RangeError('nobody thought of that'))
    const row = await rowOf('Stumbling block')
    assert.deepEqual(
      [row?.processing_error, row?.raw?.toString()],
      ['the message could not be processed', raw.replaceAll('\n', '\r\n')],
    )
  })

  test('that passes leaves a message waiting, whole, until it is understood', async () => {
    await assert.rejects(
      receiveWith(withFile('Later'), Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
      /no space left/,
    )
    assert.equal(await rowOf('Later'), undefined)
    await processPending(h.deps)
    const row = await rowOf('Later')
    assert.deepEqual([row?.processing_error, (row?.attachments as unknown[] | undefined)?.length], [null, 1])
  })
})

test('what was newly written stands apart from what it answers', async () => {
  const { reply_text, body_text } = await receive(
    letter(
      {},
      'Yes, on Thursday.\n\n-- \nAda\n\nOn Tue, 13 Jan 2026 at 10:00, Anna <anna@ours.example> wrote:\n> Well?',
    ),
  )
  assert.equal(reply_text, 'Yes, on Thursday.')
  assert.match(body_text ?? '', /> Well\?/)
})

describe('where it came from', () => {
  test('a chain of seals that holds passes, one that was broken fails, none is neither', async () => {
    const message = Buffer.from(letter({ Subject: 'Sealed' }).replaceAll('\n', '\r\n'))
    const seal = await sealMessage(message, {
      signingDomain: 'lists.example',
      selector: 'arc1',
      privateKey: sealer.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      authResults: 'lists.example; spf=pass smtp.mailfrom=people.example',
      cv: 'none',
    } as Parameters<typeof sealMessage>[1])
    const sealed = Buffer.concat([Buffer.from(seal), message])
    assert.equal((await receive(sealed)).arc_verdict?.status, 'PASS')
    const broken = Buffer.from(sealed.toString('latin1').replace('\r\n\r\nHello', '\r\n\r\nPay'), 'latin1')
    assert.equal((await receive(broken)).arc_verdict?.status, 'FAIL')
    assert.equal((await receive(letter({}))).arc_verdict?.status, 'GRAY')
  })

  test('our own result stands on top, and nobody else’s in our name', async () => {
    const { headers } = await receive(
      letter({ 'Authentication-Results': `${h.deps.config.mail_host_name}; dmarc=pass header.from=boss.example` }),
    )
    const results = headers.filter(({ name }) => name.toLowerCase() === 'authentication-results')
    assert.equal(results.length, 1)
    assert.equal(headers[0], results[0])
    assert.doesNotMatch(results[0]?.value ?? '', /boss\.example/)
  })

  test('the spam header is kept, and believed when it says clean only from a relay of the operator’s own', async () => {
    const clean = letter({ 'X-Spam-Flag': 'NO' })
    const stranger = await receive(clean)
    assert.equal(stranger.spam_verdict?.status, 'GRAY')
    assert.ok(stranger.headers.some(({ name, value }) => name === 'X-Spam-Flag' && value === 'NO'))
    assert.equal((await receive(letter({ 'X-Spam-Flag': 'YES' }))).spam_verdict?.status, 'FAIL')
    relayed = await startHarness({ env: { DNS_SERVERS: dns.server, INBOUND_TRUSTED_RELAYS: '127.0.0.0/8' } })
    const owner = await createBox(relayed)
    assert.equal((await receive(clean, relayed, owner.key)).spam_verdict?.status, 'PASS')
  })
})
