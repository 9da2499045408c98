import assert from 'node:assert/strict'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { newId } from '../src/ids.ts'
import { createEgressPolicy } from '../src/ports/egress.ts'
import { createDirectMail } from '../src/ports/mail/direct.ts'
import { createOutboundHttp } from '../src/ports/outbound-http.ts'
import { alertsOf, DAY_MS, eventsOf, HOUR_MS, MINUTE_MS } from './campaign-steps.ts'
import { startDnsServer, type TestDns } from './dns-server.ts'
import { type Harness, startHarness } from './harness.ts'
import { createLiveSender, type LiveSender, outcomeOf } from './live-sender.ts'
import { type Habits, type Receiver, startReceiver, zooAuthority, zooCertificate } from './smtp-zoo.ts'

/**
 * A zoo of receivers, each with a loopback address of its own on one port, looked up by MX for real. Every message goes the
 * whole way of the sender: claimed, written, signed, delivered direct, recorded; what arrived is counted at the receiver.
 */
const ADDRESSES = Array.from({ length: 80 }, (_, i) => `127.0.77.${i + 1}`)

const freePort = async (host: string): Promise<number | null> => {
  const probe = createServer()
  const port = await new Promise<number | null>((resolve) => {
    probe.once('error', () => resolve(null))
    probe.listen(0, host, () => resolve((probe.address() as AddressInfo).port))
  })
  await new Promise((resolve) => probe.close(resolve))
  return port
}

const port = await freePort('127.0.77.1')
const hasIpv6 = (await freePort('::1')) !== null
const skip = port === null ? 'this machine has only one loopback address' : false

let h: Harness
let dns: TestDns
let live: LiveSender
let policies: HttpsServer
const receivers: Receiver[] = []
/** What https://mta-sts.<domain>/ answers, by domain. */
const policyFiles = new Map<string, string>()
let fetched = 0
let pageType = 'text/plain'

before(async () => {
  if (port === null) return
  dns = await startDnsServer()
  policies = createHttpsServer(zooCertificate(), (request, response) => {
    fetched++
    const domain = (request.headers.host ?? '').replace(/^mta-sts\./, '').replace(/:\d+$/, '')
    const text = request.url === '/.well-known/mta-sts.txt' ? policyFiles.get(domain) : undefined
    response.writeHead(text ? 200 : 404, { 'content-type': pageType }).end(text ?? 'no')
  })
  await new Promise<void>((resolve) => policies.listen(0, '127.0.0.1', resolve))
  const policyPort = (policies.address() as AddressInfo).port
  const egress = createEgressPolicy(
    [...ADDRESSES.map((address) => `${address}:${port}`), `[::1]:${port}`, `127.0.0.1:${policyPort}`],
    async () => [{ address: '127.0.0.1' }],
  )
  const http = createOutboundHttp(egress, { ca: zooAuthority() })
  h = await startHarness({
    env: {
      MAIL_DELIVERY: 'direct',
      MAIL_HOST_NAME: 'sender.zoo.test',
      MX_PORT: String(port),
      DNS_SERVERS: dns.server,
    },
    overrides: {
      egress,
      mail_ca: zooAuthority(),
      // Policies are served on a free port, since a test cannot have 443.
      http: { ...http, request: (url, given) => http.request(url.replace('.test/', `.test:${policyPort}/`), given) },
    },
  })
  live = await createLiveSender(h)
})
after(async () => {
  if (port === null) return
  await h.close()
  for (const receiver of receivers) await receiver.close()
  await new Promise((resolve) => policies.close(resolve))
  await dns.close()
})

const settle = async (ms: number): Promise<void> => {
  h.clock.advance(ms)
  await live.run()
}

let used = 0
/** A receiver of its own for `<name>.test`, with its MX. */
const receiver = async (name: string, habits: Habits = {}): Promise<Receiver> => {
  const address = ADDRESSES[used++] as string
  const made = await startReceiver(address, port as number, habits)
  receivers.push(made)
  dns.zone.mx[`${name}.test`] = [{ exchange: `mx.${name}.test`, priority: 10 }]
  dns.zone.a[`mx.${name}.test`] = [address]
  return made
}

const sendOne = async (to: string): Promise<string> => {
  const id = await live.queue(to)
  await live.run()
  return id
}

/** Runs until every message has left the queue, minute by minute, as a day at most goes by. */
const untilDone = async (ids: string[], step_ms = MINUTE_MS): Promise<void> => {
  for (let passed = 0; passed <= 4 * DAY_MS; passed += step_ms) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from emails where id = any(${ids}::uuid[]) and status in ('queued', 'scheduled', 'sending')`.execute(
      h.deps.db,
    )
    if (rows[0]?.n === 0) return
    await settle(step_ms)
  }
  assert.fail('some messages never came to an end')
}

const isSuppressed = async (address: string): Promise<boolean> => {
  const { rows } =
    await sql`select 1 from suppressions where email = ${address} and workspace_id = ${live.tenant.workspace_id}`.execute(
      h.deps.db,
    )
  return rows.length > 0
}

const zoo = (name: string, work: () => Promise<void>): void => {
  test(name, { skip }, work)
}

zoo('a plain server gets the message once, from the name of this machine, and its answer is kept', async () => {
  const mx = await receiver('plain')
  const id = await sendOne('ann@plain.test')
  const row = await outcomeOf(h, id)
  assert.deepEqual(
    [row.status, row.verdict, row.attempts, row.smtp_code, row.smtp_enhanced],
    ['delivered', 'accepted', 1, 250, '2.0.0'],
  )
  assert.equal(mx.taken.length, 1)
  assert.equal(mx.taken[0]?.rcpt_to, 'ann@plain.test')
  assert.match(mx.taken[0]?.mail_from ?? '', new RegExp(`@${live.domain}$`))
  assert.match(mx.taken[0]?.raw ?? '', /^DKIM-Signature: /)
  assert.equal(mx.sessions[0]?.lines[0], 'EHLO sender.zoo.test')
})

zoo('greylisting is tried again after the time it names, on the same row, and delivered once', async () => {
  const seen = new Set<string>()
  const mx = await receiver('greylist', {
    answer: (line) => {
      if (!line.startsWith('RCPT') || seen.has(line)) return undefined
      seen.add(line)
      return '450 4.2.0 Greylisted, try again in 300 seconds\r\n'
    },
  })
  const began = h.clock.now().getTime()
  const id = await sendOne('ann@greylist.test')
  const waiting = await outcomeOf(h, id)
  assert.deepEqual([waiting.status, waiting.attempts, waiting.smtp_code], ['scheduled', 1, 450])
  const wait = waiting.due_at.getTime() - began
  assert.ok(wait >= 300_000 && wait < 330_000, `${wait}`)
  await settle(wait - 1_000)
  assert.equal(mx.taken.length, 0)
  await settle(1_000)
  assert.equal((await outcomeOf(h, id)).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

zoo('greylisting of one stranger does not slow down mail to others of the same server', async () => {
  const mx = await receiver('greyother', {
    answer: (line) =>
      line.startsWith('RCPT TO:<new') ? '451 4.7.1 Greylisting in action, please come back later\r\n' : undefined,
  })
  const ids = [await live.queue('new@greyother.test'), await live.queue('old@greyother.test')]
  await live.run()
  assert.equal((await outcomeOf(h, ids[0] as string)).status, 'scheduled')
  assert.equal((await outcomeOf(h, ids[1] as string)).status, 'delivered')
  const { rows } = await sql`select 1 from receiver_paces where receiver = 'greyother.test'`.execute(h.deps.db)
  assert.equal(rows.length, 0)
  assert.equal(mx.taken.length, 1)
})

zoo(
  'a storm of 421 is met with growing pauses, not with hammering; in the end each message is there once',
  async () => {
    let refusals = 0
    const mx = await receiver('storm', {
      greeting: () => (refusals++ < 6 ? '421 4.7.0 Too many connections, try again later\r\n' : '220 zoo\r\n'),
    })
    const ids = await Promise.all(Array.from({ length: 8 }, (_, i) => live.queue(`p${i}@storm.test`)))
    await live.run()
    const at_once = mx.sessions.length
    assert.ok(at_once <= 4, `${at_once} connections in the first moment`)
    const { rows } = await sql<{ rest_until: Date; rest_ms: number; concurrency: number }>`
    select rest_until, rest_ms, concurrency from receiver_paces where receiver = 'storm.test'`.execute(h.deps.db)
    assert.ok(rows[0] && rows[0].rest_until > h.clock.now() && rows[0].concurrency <= 2)
    // While it is left alone nobody connects.
    await settle(5_000)
    assert.equal(mx.sessions.length, at_once)
    const outcomes = await Promise.all(ids.map((id) => outcomeOf(h, id)))
    // Those that were not even tried have no attempt against them.
    assert.equal(outcomes.filter(({ attempts }) => attempts === 1).length, at_once)
    assert.equal(outcomes.filter(({ attempts, status }) => attempts === 0 && status === 'queued').length, 8 - at_once)
    await untilDone(ids, 10 * MINUTE_MS)
    assert.deepEqual(mx.taken.map(({ rcpt_to }) => rcpt_to).sort(), ids.map((_, i) => `p${i}@storm.test`).sort())
    assert.ok(mx.sessions.length <= 6 + 8, `${mx.sessions.length} connections`)
  },
)

zoo(
  'a host that says 421 for ever is given up after 72 hours with the reason, and its person is not condemned',
  async () => {
    const mx = await receiver('never', { greeting: () => '421 4.3.2 Service shutting down\r\n' })
    const id = await sendOne('ann@never.test')
    await untilDone([id], 2 * HOUR_MS)
    const row = await outcomeOf(h, id)
    assert.deepEqual([row.status, row.bounce_reason, row.smtp_code], ['failed', 'expired', 421])
    assert.match(row.error_message ?? '', /^Given up after \d+ tries/)
    assert.equal(await isSuppressed('ann@never.test'), false)
    assert.ok(mx.sessions.length >= 5 && mx.sessions.length <= 20, `${mx.sessions.length}`)
  },
)

zoo('452 for the second message of a session opens another session at once, and the limit is remembered', async () => {
  const mx = await receiver('oneeach', {
    answer: (line, session) =>
      line.startsWith('RCPT') && session.transactions > 1
        ? '452 4.5.3 Too many recipients, one at a time\r\n'
        : undefined,
  })
  for (const name of ['a', 'b', 'c', 'd']) {
    const row = await outcomeOf(h, await sendOne(`${name}@oneeach.test`))
    assert.deepEqual([row.status, row.attempts], ['delivered', 1])
  }
  assert.equal(mx.taken.length, 4)
  const crowded = mx.sessions.filter(({ transactions }) => transactions > 1)
  assert.equal(crowded.length, 1)
})

zoo('452 because the mailbox is full is about the person, even in a session that was used before', async () => {
  const mx = await receiver('fullnow', {
    answer: (line) => (line.startsWith('RCPT TO:<full') ? '452 4.2.2 Mailbox full\r\n' : undefined),
  })
  await sendOne('ok@fullnow.test')
  const row = await outcomeOf(h, await sendOne('full@fullnow.test'))
  assert.deepEqual([row.status, row.attempts, row.smtp_code], ['scheduled', 1, 452])
  assert.equal(mx.sessions.length, 1)
})

zoo('a tarpit holds few connections and keeps nobody else waiting', async () => {
  const slow = await receiver('tarpit', { answer_delay_ms: 300 })
  const quick = await receiver('quick')
  const slowIds = await Promise.all(Array.from({ length: 24 }, (_, i) => live.queue(`p${i}@tarpit.test`)))
  const quickIds = await Promise.all(Array.from({ length: 10 }, (_, i) => live.queue(`p${i}@quick.test`)))
  await live.run()
  const stillSlow = slow.taken.length
  for (const id of quickIds) assert.equal((await outcomeOf(h, id)).status, 'delivered')
  assert.ok(stillSlow < 24, 'the quick ones did not wait for all of the slow')
  assert.ok(slow.most_open <= 8, `${slow.most_open} connections to the tarpit`)
  await untilDone(slowIds)
  for (const id of slowIds) assert.deepEqual((await outcomeOf(h, id)).attempts, 1)
  assert.deepEqual([slow.taken.length, quick.taken.length], [24, 10])
})

zoo('many messages to one server go over a few sessions, each once', async () => {
  const mx = await receiver('many')
  const ids = await Promise.all(Array.from({ length: 60 }, (_, i) => live.queue(`p${i}@many.test`)))
  await live.run()
  await untilDone(ids)
  assert.equal(new Set(mx.taken.map(({ rcpt_to }) => rcpt_to)).size, 60)
  assert.equal(mx.taken.length, 60)
  assert.ok(mx.sessions.length <= 20 && mx.most_open <= 20, `${mx.sessions.length} sessions, ${mx.most_open} at a time`)
})

zoo('domains that share an MX host share its sessions', async () => {
  const mx = await receiver('hoster')
  for (const name of ['one', 'two', 'three', 'four'])
    dns.zone.mx[`${name}-guest.test`] = [{ exchange: 'mx.hoster.test', priority: 5 }]
  for (const name of ['one', 'two', 'three', 'four']) await sendOne(`ann@${name}-guest.test`)
  assert.equal(mx.taken.length, 4)
  assert.equal(mx.sessions.length, 1)
})

zoo('a refusal after the content blames the sender, raises one alert, and condemns nobody', async () => {
  const mx = await receiver('spamfilter', { verdict: () => '550 5.7.1 Message looks like spam, see our policy\r\n' })
  const ids = [await sendOne('a@spamfilter.test'), await sendOne('b@spamfilter.test')]
  for (const id of ids) {
    const row = await outcomeOf(h, id)
    assert.deepEqual([row.status, row.verdict, row.bounce_reason], ['failed', 'refused', 'spam_detected'])
    assert.ok(row.cause && row.advice)
  }
  assert.equal(mx.taken.length, 0)
  assert.equal(await isSuppressed('a@spamfilter.test'), false)
  const alerts = (await alertsOf(h, live.tenant)).filter(({ metadata }) => metadata.reason === 'spam_detected')
  assert.equal(alerts.length, 1)
})

zoo('a connection lost within the content leaves the message unknown, and it is never sent again', async () => {
  const mx = await receiver('middata', { dies_in_content_after: 100 })
  const id = await sendOne('ann@middata.test')
  assert.deepEqual([(await outcomeOf(h, id)).status, (await outcomeOf(h, id)).verdict], ['sent', 'unknown'])
  await settle(2 * HOUR_MS)
  await settle(2 * DAY_MS)
  assert.equal(mx.sessions.length, 1)
})

zoo('a connection lost between the dot and the reply is unknown as well, though the message did arrive', async () => {
  const mx = await receiver('afterdot', { verdict: () => null })
  const id = await sendOne('ann@afterdot.test')
  assert.equal((await outcomeOf(h, id)).verdict, 'unknown')
  await settle(2 * HOUR_MS)
  await settle(2 * DAY_MS)
  assert.deepEqual([mx.taken.length, mx.sessions.length], [1, 1])
})

zoo('a connection lost before the content is no doubt at all: it is tried again and arrives once', async () => {
  let times = 0
  const mx = await receiver('atrcpt', {
    answer: (line) => (line.startsWith('RCPT') && times++ === 0 ? null : undefined),
  })
  const id = await sendOne('ann@atrcpt.test')
  assert.equal((await outcomeOf(h, id)).status, 'scheduled')
  await untilDone([id])
  assert.deepEqual([(await outcomeOf(h, id)).status, mx.taken.length], ['delivered', 1])
})

zoo('4yz to the content is an answer: it is tried again and arrives once', async () => {
  let times = 0
  const mx = await receiver('tempfinal', {
    verdict: () => (times++ === 0 ? '451 4.3.0 Try again later\r\n' : undefined),
  })
  const id = await sendOne('ann@tempfinal.test')
  assert.deepEqual([(await outcomeOf(h, id)).status, (await outcomeOf(h, id)).smtp_code], ['scheduled', 451])
  await untilDone([id])
  assert.equal(mx.taken.length, 1)
})

zoo('TLS with a certificate for somebody else still encrypts where no policy asks for more', async () => {
  const mx = await receiver('othername', { tls: 'certificate' })
  assert.equal((await outcomeOf(h, await sendOne('ann@othername.test'))).status, 'delivered')
  assert.deepEqual(
    mx.taken.map(({ is_encrypted }) => is_encrypted),
    [true],
  )
})

zoo('a TLS handshake that breaks is followed by a session without, and not tried with every message', async () => {
  const mx = await receiver('brokentls', { tls: 'broken' })
  for (const name of ['a', 'b', 'c'])
    assert.equal((await outcomeOf(h, await sendOne(`${name}@brokentls.test`))).status, 'delivered')
  assert.deepEqual(
    mx.taken.map(({ is_encrypted }) => is_encrypted),
    [false, false, false],
  )
  assert.equal(mx.sessions.flatMap(({ lines }) => lines).filter((line) => line === 'STARTTLS').length, 1)
})

zoo('STARTTLS that is offered and then refused costs nothing but the encryption', async () => {
  const mx = await receiver('notls', {
    tls: 'certificate',
    answer: (line) => (line === 'STARTTLS' ? '454 4.7.0 TLS not available\r\n' : undefined),
  })
  assert.equal((await outcomeOf(h, await sendOne('ann@notls.test'))).status, 'delivered')
  assert.equal(mx.taken[0]?.is_encrypted, false)
})

zoo('a null MX is a no for good, and nobody is connected to', async () => {
  const mx = await receiver('nullmx')
  dns.zone.mx['nullmx.test'] = [{ exchange: '', priority: 0 }]
  dns.zone.a['nullmx.test'] = [mx.address]
  const row = await outcomeOf(h, await sendOne('ann@nullmx.test'))
  assert.deepEqual([row.status, row.bounce_kind, row.bounce_reason], ['bounced', 'hard', 'not_accepting'])
  assert.equal(await isSuppressed('ann@nullmx.test'), true)
  assert.equal(mx.sessions.length, 0)
})

test('a host with nothing but an IPv6 address is reached', {
  skip: skip || (!hasIpv6 && 'no IPv6 loopback'),
}, async () => {
  const mx = await startReceiver('::1', port as number)
  receivers.push(mx)
  dns.zone.mx['six.test'] = [{ exchange: 'mx.six.test', priority: 1 }]
  dns.zone.aaaa['mx.six.test'] = ['::1']
  assert.equal((await outcomeOf(h, await sendOne('ann@six.test'))).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

zoo('a slow banner is waited for', async () => {
  const mx = await receiver('slowbanner', { greeting_delay_ms: 1_200 })
  assert.equal((await outcomeOf(h, await sendOne('ann@slowbanner.test'))).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

zoo('a banner of many lines is one greeting', async () => {
  const mx = await receiver('longbanner', {
    greeting: () => '220-zoo\r\n220-No unsolicited mail!\r\n220-\r\n220 ready when you are\r\n',
  })
  assert.equal((await outcomeOf(h, await sendOne('ann@longbanner.test'))).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

zoo('a server without PIPELINING, SIZE, 8BITMIME and SMTPUTF8 gets seven bits, one command at a time', async () => {
  const mx = await receiver('bare', { extensions: [], answer_delay_ms: 20 })
  assert.equal((await outcomeOf(h, await sendOne('ann@bare.test'))).status, 'delivered')
  assert.doesNotMatch(mx.sessions[0]?.lines.find((line) => line.startsWith('MAIL')) ?? '', /SIZE|BODY|SMTPUTF8/)
  assert.ok([...(mx.taken[0]?.raw ?? '')].every((character) => character.charCodeAt(0) < 128))
})

zoo('a server that knows only HELO is spoken to in its own way', async () => {
  const mx = await receiver('helo', { extensions: null })
  assert.equal((await outcomeOf(h, await sendOne('ann@helo.test'))).status, 'delivered')
  assert.deepEqual(mx.sessions[0]?.lines.slice(0, 2), ['EHLO sender.zoo.test', 'HELO sender.zoo.test'])
  assert.equal(mx.taken.length, 1)
})

zoo('a message beyond the size a server takes fails without blame for the address', async () => {
  const mx = await receiver('small', {
    extensions: ['PIPELINING', 'SIZE 100'],
    answer: (line) => (line.startsWith('MAIL') ? '552 5.3.4 Message size exceeds fixed limit\r\n' : undefined),
  })
  const row = await outcomeOf(h, await sendOne('ann@small.test'))
  assert.deepEqual([row.status, row.bounce_reason], ['failed', 'message_too_big'])
  assert.match(mx.sessions[0]?.lines.find((line) => line.startsWith('MAIL')) ?? '', / SIZE=\d+$/)
  assert.equal(await isSuppressed('ann@small.test'), false)
})

zoo('a block list in the greeting is the sender’s, said in plain words with what helps', async () => {
  const mx = await receiver('blocked', {
    greeting: () => '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org\r\n',
  })
  const row = await outcomeOf(h, await sendOne('ann@blocked.test'))
  assert.deepEqual([row.status, row.bounce_reason], ['failed', 'blocked'])
  assert.match(row.cause ?? '', /block list of Spamhaus/)
  assert.match(row.advice ?? '', /check\.spamhaus\.org/)
  assert.equal(await isSuppressed('ann@blocked.test'), false)
  assert.equal(mx.taken.length, 0)
})

zoo('a full mailbox is a soft bounce, an unknown user a hard one that is suppressed', async () => {
  const mx = await receiver('answers', {
    answer: (line) => {
      if (line.startsWith('RCPT TO:<full')) return '552 5.2.2 Mailbox full\r\n'
      if (line.startsWith('RCPT TO:<gone'))
        return '550-5.1.1 The address you wrote to\r\n550 5.1.1 is unknown: no such user\r\n'
      return undefined
    },
  })
  const full = await outcomeOf(h, await sendOne('full@answers.test'))
  assert.deepEqual([full.status, full.bounce_kind, full.bounce_reason], ['bounced', 'soft', 'mailbox_full'])
  const gone = await outcomeOf(h, await sendOne('gone@answers.test'))
  assert.deepEqual([gone.status, gone.bounce_kind, gone.bounce_reason], ['bounced', 'hard', 'user_unknown'])
  assert.deepEqual([await isSuppressed('full@answers.test'), await isSuppressed('gone@answers.test')], [false, true])
  // The session survives refusals: the next message goes over it.
  assert.equal((await outcomeOf(h, await sendOne('ok@answers.test'))).status, 'delivered')
  assert.equal(mx.sessions.length, 1)
})

zoo('where the first MX is dead the second takes the message, and the dead one is not asked each time', async () => {
  const mx = await receiver('backup')
  dns.zone.mx['backup.test'] = [
    { exchange: 'dead.backup.test', priority: 1 },
    { exchange: 'mx.backup.test', priority: 2 },
  ]
  dns.zone.a['dead.backup.test'] = ['127.0.77.80']
  for (const name of ['a', 'b']) {
    const row = await outcomeOf(h, await sendOne(`${name}@backup.test`))
    assert.deepEqual([row.status, row.attempts], ['delivered', 1])
  }
  assert.equal(mx.taken.length, 2)
})

zoo('where the first MX turns everybody away at the door, for now or for good, the second is asked', async () => {
  const full = await receiver('doorfull', { greeting: () => '421 4.3.2 No free slots\r\n' })
  const shut = await receiver('doorshut', { greeting: () => '554 5.7.1 Go away\r\n' })
  const good = await receiver('door')
  dns.zone.mx['door.test'] = [
    { exchange: 'mx.doorfull.test', priority: 1 },
    { exchange: 'mx.doorshut.test', priority: 2 },
    { exchange: 'mx.door.test', priority: 3 },
  ]
  assert.equal((await outcomeOf(h, await sendOne('ann@door.test'))).status, 'delivered')
  assert.deepEqual([full.sessions.length, shut.sessions.length, good.taken.length], [1, 1, 1])
})

zoo(
  'one host of a provider that is full does not speak for the others: the next takes the message at once',
  async () => {
    const full = await receiver('cluster1', { greeting: () => '421 4.3.2 System not accepting network messages\r\n' })
    const good = await receiver('cluster2')
    dns.zone.mx['cluster.test'] = [
      { exchange: 'mx1.cluster.test', priority: 1 },
      { exchange: 'mx2.cluster.test', priority: 2 },
    ]
    dns.zone.a['mx1.cluster.test'] = [full.address]
    dns.zone.a['mx2.cluster.test'] = [good.address]
    const row = await outcomeOf(h, await sendOne('ann@cluster.test'))
    assert.deepEqual([row.status, row.attempts], ['delivered', 1])
    assert.equal((await outcomeOf(h, await sendOne('bob@cluster.test'))).status, 'delivered')
    assert.deepEqual([full.sessions.length, good.taken.length], [1, 2])
  },
)

zoo(
  'what is said of the sender holds for every host of the provider: the others are not tried one by one',
  async () => {
    const [first, second] = [await receiver('policy1'), await receiver('policy2')]
    for (const mx of [first, second]) mx.habits.greeting = () => '421 4.7.28 Unusual rate of mail from your network\r\n'
    dns.zone.mx['policy.test'] = [
      { exchange: 'mx1.policy.test', priority: 1 },
      { exchange: 'mx2.policy.test', priority: 2 },
    ]
    dns.zone.a['mx1.policy.test'] = [first.address]
    dns.zone.a['mx2.policy.test'] = [second.address]
    assert.equal((await outcomeOf(h, await sendOne('ann@policy.test'))).status, 'scheduled')
    assert.deepEqual([first.sessions.length, second.sessions.length], [1, 0])
  },
)

zoo('where the first address of a host is dead the next one takes the message in the same try', async () => {
  const mx = await receiver('twoaddresses')
  dns.zone.a['mx.twoaddresses.test'] = ['127.0.77.80', mx.address]
  const row = await outcomeOf(h, await sendOne('ann@twoaddresses.test'))
  assert.deepEqual([row.status, row.attempts, mx.taken.length], ['delivered', 1, 1])
})

test('where the IPv4 address of a host is dead its IPv6 one takes the message in the same try', {
  skip: skip || (!hasIpv6 && 'no IPv6 loopback'),
}, async () => {
  const mx = receivers.find(({ address }) => address === '::1') as Receiver
  const before = mx.taken.length
  dns.zone.mx['both.test'] = [{ exchange: 'mx.both.test', priority: 1 }]
  dns.zone.a['mx.both.test'] = ['127.0.77.80']
  dns.zone.aaaa['mx.both.test'] = ['::1']
  const row = await outcomeOf(h, await sendOne('ann@both.test'))
  assert.deepEqual([row.status, row.attempts, mx.taken.length - before], ['delivered', 1, 1])
})

zoo('no more than so many sessions wait over all hosts: the one that waits longest makes room', async () => {
  const { clock, db, egress, http, log } = h.deps
  const mail = createDirectMail({
    ...{ db, clock, log, egress, http, resolver: dns.resolver },
    ...{ name: 'sender.zoo.test', mx_port: port as number, source_addresses: [], lanes: 4, most_idle: 2 },
  })
  const said = (mx: Receiver): boolean => mx.sessions.some(({ lines }) => lines.includes('QUIT'))
  try {
    const hosts = [await receiver('idle1'), await receiver('idle2'), await receiver('idle3')]
    const send = (i: number) =>
      mail.send({
        mail_from: 'b@a.test',
        rcpt_to: `ann@idle${i}.test`,
        raw: Buffer.from(`Subject: ${newId()}\r\n\r\nx\r\n`),
      })
    for (const i of [1, 2, 1, 3]) assert.equal((await send(i)).reply_code, 250)
    for (let tries = 0; tries < 100 && !hosts.some(said); tries++) await pause(10)
    assert.deepEqual(hosts.map(said), [false, true, false])
    assert.deepEqual(
      hosts.map(({ sessions }) => sessions.length),
      [1, 1, 1],
    )
  } finally {
    mail.close()
  }
})

zoo('MX hosts are tried by preference, and equals share the load', async () => {
  const [a, b, last] = [await receiver('equala'), await receiver('equalb'), await receiver('equalc')]
  for (let i = 0; i < 12; i++)
    dns.zone.mx[`load${i}.test`] = [
      { exchange: 'mx.equalc.test', priority: 20 },
      { exchange: 'mx.equala.test', priority: 10 },
      { exchange: 'mx.equalb.test', priority: 10 },
    ]
  for (let i = 0; i < 12; i++) await sendOne(`ann@load${i}.test`)
  assert.equal(a.taken.length + b.taken.length, 12)
  assert.ok(a.taken.length > 0 && b.taken.length > 0)
  assert.equal(last.sessions.length, 0)
})

zoo('an MX that points into a private network is refused without a connection', async () => {
  dns.zone.mx['inside.test'] = [{ exchange: 'mx.inside.test', priority: 1 }]
  dns.zone.a['mx.inside.test'] = ['10.0.0.5', '127.0.0.1', '169.254.169.254']
  const row = await outcomeOf(h, await sendOne('ann@inside.test'))
  assert.deepEqual([row.status, row.bounce_reason], ['bounced', 'host_unknown'])
  assert.match(row.error_message ?? '', /not on the public internet/)
  assert.equal(await isSuppressed('ann@inside.test'), false)
})

zoo('an MX behind a CNAME, and a domain with an address and no MX, are both found', async () => {
  const behind = await receiver('behind')
  dns.zone.mx['alias.test'] = [{ exchange: 'named.alias.test', priority: 1 }]
  dns.zone.cname['named.alias.test'] = ['mx.behind.test']
  assert.equal((await outcomeOf(h, await sendOne('ann@alias.test'))).status, 'delivered')
  dns.zone.a['implicit.test'] = [behind.address]
  assert.equal((await outcomeOf(h, await sendOne('ann@implicit.test'))).status, 'delivered')
  assert.equal(behind.taken.length, 2)
})

zoo('a domain that does not exist is condemned by the second answer, not by the first', async () => {
  const id = await sendOne('ann@nowhere.test')
  const first = await outcomeOf(h, id)
  assert.deepEqual([first.status, first.attempts], ['scheduled', 1])
  assert.equal(await isSuppressed('ann@nowhere.test'), false)
  await untilDone([id])
  const row = await outcomeOf(h, id)
  assert.deepEqual(
    [row.status, row.bounce_kind, row.bounce_reason, row.attempts],
    ['bounced', 'hard', 'host_unknown', 2],
  )
  assert.equal(await isSuppressed('ann@nowhere.test'), true)
})

zoo('a domain that was away only for a while gets its message', async () => {
  const id = await sendOne('ann@back.test')
  assert.equal((await outcomeOf(h, id)).status, 'scheduled')
  const mx = await receiver('back')
  await untilDone([id])
  assert.deepEqual([(await outcomeOf(h, id)).status, mx.taken.length], ['delivered', 1])
})

zoo('a name server that fails says nothing of the domain', async () => {
  const mx = await receiver('servfail')
  dns.broken.add('servfail.test')
  const id = await sendOne('ann@servfail.test')
  assert.equal((await outcomeOf(h, id)).status, 'scheduled')
  await settle(HOUR_MS)
  assert.notEqual((await outcomeOf(h, id)).status, 'bounced')
  dns.broken.delete('servfail.test')
  await untilDone([id])
  assert.deepEqual([(await outcomeOf(h, id)).status, mx.taken.length], ['delivered', 1])
})

zoo('answers with bare line feeds, without text, and in many lines are understood', async () => {
  const mx = await receiver('oddly', {
    greeting: () => '220\n',
    answer: (line) => {
      if (line.startsWith('EHLO')) return '250-oddly\n250-PIPELINING\n250 \n'
      if (line === 'DATA') return '354\n'
      return line === 'QUIT' ? undefined : '250-2.1.0\r\n250\n'
    },
    verdict: () => '250-2.0.0 taken\n250-2.0.0 as number 7\n250 2.0.0\n',
  })
  assert.equal((await outcomeOf(h, await sendOne('ann@oddly.test'))).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

zoo('a reply without end is cut off, and the message waits for better days', async () => {
  let endless = true
  const mx = await receiver('endless', {
    extensions: [],
    answer: (line) => (line.startsWith('RCPT') && endless ? `550-${'x'.repeat(40_000)}` : undefined),
  })
  const many = await receiver('endlesslines', {
    answer: (line) => (line.startsWith('RCPT') && endless ? '550-5.1.1 no\r\n'.repeat(1_000) : undefined),
  })
  const ids = [await sendOne('ann@endless.test'), await sendOne('ann@endlesslines.test')]
  for (const id of ids) assert.equal((await outcomeOf(h, id)).status, 'scheduled')
  endless = false
  await untilDone(ids)
  assert.deepEqual([mx.taken.length, many.taken.length], [1, 1])
})

zoo('answers that no database takes as they are spoil neither their own record nor that of others', async () => {
  const NUL = '\0\x1b[2J'
  const long = `${'x'.repeat(980)}\u{1f600} ${'y'.repeat(2_000)}`
  await receiver('nulrefuse', {
    answer: (line) => (line.startsWith('RCPT') ? `550 5.1.1 no such ${NUL} user ${long}\r\n` : undefined),
  })
  await receiver('nultake', { verdict: () => `250 2.0.0 taken ${NUL}${long}\r\n` })
  await receiver('nuldefer', { greeting: () => `421 4.7.0 later ${NUL}${long}\r\n` })
  await receiver('nulplain')
  const names = ['nulrefuse', 'nultake', 'nuldefer', 'nulplain']
  const ids = await Promise.all(names.map((name) => live.queue(`ann@${name}.test`)))
  await live.run()
  const rows = await Promise.all(ids.map((id) => outcomeOf(h, id)))
  assert.deepEqual(
    rows.map(({ status }) => status),
    ['bounced', 'delivered', 'scheduled', 'delivered'],
  )
  assert.match(rows[0]?.smtp_text ?? '', /^no such {3}\[2J user x+\ufffd$/u)
  for (const { smtp_text } of rows) assert.ok((smtp_text ?? '').length <= 1_000)
})

zoo('what is no SMTP at all is left alone and tried again', async () => {
  const mx = await receiver('http', { greeting: () => 'HTTP/1.1 400 Bad Request\r\n\r\n' })
  const row = await outcomeOf(h, await sendOne('ann@http.test'))
  assert.deepEqual([row.status, row.attempts], ['scheduled', 1])
  assert.equal(mx.taken.length, 0)
})

zoo('a session that was reset while idle costs no attempt', async () => {
  const mx = await receiver('resets')
  await sendOne('a@resets.test')
  await mx.hangUp()
  const row = await outcomeOf(h, await sendOne('b@resets.test'))
  assert.deepEqual([row.status, row.attempts], ['delivered', 1])
  assert.equal(mx.taken.length, 2)
})

zoo('421 to a session that was idle is not taken for a storm: the message goes over a new one', async () => {
  const mx = await receiver('timesout', {
    answer: (line, session) =>
      line.startsWith('MAIL') && session.transactions > 1 ? '421 4.4.2 Idle timeout exceeded\r\n' : undefined,
  })
  for (const name of ['a', 'b', 'c']) {
    const row = await outcomeOf(h, await sendOne(`${name}@timesout.test`))
    assert.deepEqual([row.status, row.attempts], ['delivered', 1])
  }
  assert.equal(mx.taken.length, 3)
})

zoo(
  'a host nobody answers on defers the first message; others wait beside it without an attempt of theirs',
  async () => {
    dns.zone.mx['dead.test'] = [{ exchange: 'mx.dead.test', priority: 1 }]
    dns.zone.a['mx.dead.test'] = ['127.0.77.79']
    const first = await sendOne('a@dead.test')
    assert.deepEqual([(await outcomeOf(h, first)).status, (await outcomeOf(h, first)).attempts], ['scheduled', 1])
    const second = await outcomeOf(h, await sendOne('b@dead.test'))
    assert.deepEqual([second.status, second.attempts], ['queued', 0])
    assert.ok(second.due_at > h.clock.now())
  },
)

zoo('a provider that limits is slowed down for, and the workspace hears of it once', async () => {
  let limits = true
  const mx = await receiver('provider', {
    answer: (line) =>
      line.startsWith('RCPT') && limits
        ? '450 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation. (S775)\r\n'
        : undefined,
  })
  const ids = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => live.queue(`${name}@provider.test`)))
  await live.run()
  const { rows } = await sql<{ rest_until: Date; reason: string }>`
    select rest_until, reason from receiver_paces where receiver = 'provider.test'`.execute(h.deps.db)
  assert.ok(rows[0] && rows[0].rest_until > h.clock.now())
  assert.match(rows[0].reason, /rate limited/)
  const alerts = (await alertsOf(h, live.tenant)).filter(({ metadata }) => metadata.provider === 'microsoft')
  assert.equal(alerts.length, 1)
  limits = false
  await untilDone(ids, 10 * MINUTE_MS)
  assert.equal(mx.taken.length, 6)
})

zoo('MTA-STS enforce: a certificate of the right name and authority gets the message, encrypted', async () => {
  const mx = await receiver('sts-enforce', { tls: 'certificate' })
  dns.zone.txt['_mta-sts.sts-enforce.test'] = ['v=STSv1; id=1;']
  policyFiles.set(
    'sts-enforce.test',
    'version: STSv1\r\nmode: enforce\r\nmx: mx.sts-enforce.test\r\nmax_age: 604800\r\n',
  )
  assert.equal((await outcomeOf(h, await sendOne('ann@sts-enforce.test'))).status, 'delivered')
  assert.deepEqual(
    mx.taken.map(({ is_encrypted }) => is_encrypted),
    [true],
  )
})

zoo(
  'MTA-STS enforce: a bad certificate, no STARTTLS, or an MX beside the policy means waiting, never plain text',
  async () => {
    const bad = await receiver('sts-badcert', { tls: 'certificate' })
    const plain = await receiver('sts-plain')
    const other = await receiver('sts-othermx', { tls: 'certificate' })
    for (const name of ['sts-badcert', 'sts-plain', 'sts-othermx']) {
      dns.zone.txt[`_mta-sts.${name}.test`] = ['v=STSv1; id=20260101;']
      const allowed = name === 'sts-othermx' ? 'mail.elsewhere.test' : `*.${name}.test`
      policyFiles.set(`${name}.test`, `version: STSv1\nmode: enforce\nmx: ${allowed}\nmax_age: 86400\n`)
      const row = await outcomeOf(h, await sendOne(`ann@${name}.test`))
      assert.deepEqual([row.status, row.attempts], ['scheduled', 1], name)
    }
    assert.equal(other.sessions.length, 0)
    for (const mx of [bad, plain]) {
      assert.equal(mx.taken.length, 0)
      assert.ok(!mx.sessions.flatMap(({ lines }) => lines).some((line) => line.startsWith('MAIL')))
    }
  },
)

zoo('MTA-STS: a policy once seen outlives its TXT record, and testing lets mail through', async () => {
  const before = fetched
  delete dns.zone.txt['_mta-sts.sts-badcert.test']
  h.clock.advance(HOUR_MS)
  const row = await outcomeOf(h, await sendOne('bob@sts-badcert.test'))
  assert.equal(row.status, 'scheduled')
  assert.equal(fetched, before, 'the stored policy was enough')
  const mx = await receiver('sts-testing')
  dns.zone.txt['_mta-sts.sts-testing.test'] = ['v=STSv1; id=1']
  policyFiles.set('sts-testing.test', 'version: STSv1\nmode: testing\nmx: mail.elsewhere.test\nmax_age: 86400\n')
  assert.equal((await outcomeOf(h, await sendOne('ann@sts-testing.test'))).status, 'delivered')
  assert.equal(mx.taken.length, 1)
})

const stsMode = async (domain: string): Promise<string | undefined> => {
  const { rows } = await sql<{ mode: string }>`select mode from mta_sts_policies where domain = ${domain}`.execute(
    h.deps.db,
  )
  return rows[0]?.mode
}

zoo(
  'MTA-STS: a new id whose policy cannot be fetched leaves the old one in force; once it can, the new one counts',
  async () => {
    const plain = receivers.find(({ address }) => address === dns.zone.a['mx.sts-plain.test']?.[0]) as Receiver
    policyFiles.delete('sts-plain.test')
    dns.zone.txt['_mta-sts.sts-plain.test'] = ['v=STSv1; id=20260102;']
    h.clock.advance(HOUR_MS)
    const before = fetched
    const id = await sendOne('bob@sts-plain.test')
    assert.equal((await outcomeOf(h, id)).status, 'scheduled')
    assert.ok(fetched > before, 'the new id was followed')
    assert.equal(plain.taken.length, 0)
    policyFiles.set('sts-plain.test', 'version: STSv1\nmode: none\nmax_age: 86400\n')
    const { rows } = await sql<{ id: string }>`select id from emails where to_email = 'ann@sts-plain.test'`.execute(
      h.deps.db,
    )
    await untilDone([id, ...rows.map((row) => row.id)])
    assert.deepEqual([(await outcomeOf(h, id)).status, await stsMode('sts-plain.test')], ['delivered', 'none'])
    // The one that had to wait under the first policy has come as well.
    assert.deepEqual(plain.taken.map(({ rcpt_to }) => rcpt_to).sort(), ['ann@sts-plain.test', 'bob@sts-plain.test'])
  },
)

zoo(
  'MTA-STS: a policy is fetched once a day although its id stays, and one that has run out binds nobody',
  async () => {
    const mx = receivers.find(({ address }) => address === dns.zone.a['mx.sts-othermx.test']?.[0]) as Receiver
    assert.equal(mx.taken.length, 0)
    policyFiles.set('sts-othermx.test', 'version: STSv1\nmode: enforce\nmx: elsewhere.test\nmax_age: 172800\n')
    h.clock.advance(25 * HOUR_MS)
    await sendOne('cy@sts-othermx.test')
    policyFiles.delete('sts-othermx.test')
    // Within its age it holds without a word from its host …
    h.clock.advance(40 * HOUR_MS)
    assert.equal((await outcomeOf(h, await sendOne('di@sts-othermx.test'))).status, 'scheduled')
    assert.equal(mx.sessions.length, 0)
    // … and after it the domain is as one without a policy (RFC 8461 section 5.1).
    h.clock.advance(10 * HOUR_MS)
    assert.equal((await outcomeOf(h, await sendOne('ed@sts-othermx.test'))).status, 'delivered')
  },
)

zoo('MTA-STS: a policy from a host with a certificate for another name, or as a web page, is none', async () => {
  for (const name of ['sts-foreign', 'sts-testing']) {
    if (name === 'sts-foreign') await receiver(name)
    else pageType = 'text/html'
    dns.zone.txt[`_mta-sts.${name}.test`] = ['v=STSv1; id=77']
    policyFiles.set(`${name}.test`, 'version: STSv1\nmode: enforce\nmx: elsewhere.test\nmax_age: 86400\n')
    h.clock.advance(HOUR_MS)
    const before = fetched
    assert.equal((await outcomeOf(h, await sendOne(`pat@${name}.test`))).status, 'delivered', name)
    assert.equal(fetched - before, name === 'sts-foreign' ? 0 : 1)
    assert.notEqual(await stsMode(`${name}.test`), 'enforce')
  }
  pageType = 'text/plain'
})

zoo('every refusal and deferral stands in the lead’s timeline with its cause in plain words', async () => {
  const { rows } = await sql<{ campaign_lead_id: string; email_id: string }>`
    select e.campaign_lead_id, e.id as email_id from emails e where e.to_email = 'gone@answers.test'`.execute(h.deps.db)
  const lead = rows[0]
  assert.ok(lead)
  assert.deepEqual(await eventsOf(h, lead.campaign_lead_id), ['bounced'])
  const events = await sql<{ metadata: Record<string, unknown> }>`
    select metadata from events where email_id = ${lead.email_id}`.execute(h.deps.db)
  const [{ metadata } = { metadata: {} as Record<string, unknown> }] = events.rows
  assert.equal(metadata.cause, 'The address does not exist.')
  assert.equal(metadata.host, 'mx.answers.test')
  assert.equal(metadata.code, 550)
  assert.equal(metadata.enhanced_code, '5.1.1')
  const taken = await sql<{ metadata: Record<string, unknown> }>`
    select v.metadata from events v join emails e on e.id = v.email_id where e.to_email = 'ok@answers.test' and v.event_type = 'delivered'`.execute(
    h.deps.db,
  )
  assert.deepEqual(taken.rows[0]?.metadata, {
    code: 250,
    enhanced_code: '2.0.0',
    text: 'taken',
    host: 'mx.answers.test',
  })
})

zoo('the cause of a refusal and of a deferral is what the API says of lead and message', async () => {
  const read = async <T>(path: string): Promise<T> => {
    const answer = await h.call<T>('GET', path, { as: live.tenant.key })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const idsOf = async (to: string): Promise<{ id: string; lead: string }> => {
    const { rows } = await sql<{ id: string; lead: string }>`
      select id, campaign_lead_id as lead from emails where to_email = ${to}`.execute(h.deps.db)
    return rows[0] as { id: string; lead: string }
  }
  type Explanation = { limit: string; detail: string; due_at: string | null }
  const explain = (lead: string): Promise<Explanation> =>
    read(`/api/v1/campaigns/${live.campaign_id}/leads/${lead}/explain`)

  const gone = await idsOf('gone@answers.test')
  const over = await explain(gone.lead)
  assert.equal(over.limit, 'finished')
  assert.match(over.detail, /Step 1 was refused: The address does not exist\. \(550\) /)
  const message = await read<Record<string, unknown>>(`/api/v1/bavimail/emails/${gone.id}`)
  assert.deepEqual(
    [message.status, message.smtp_code, message.smtp_enhanced, message.cause],
    ['bounced', 550, '5.1.1', 'The address does not exist.'],
  )
  assert.match(String(message.smtp_text), /The address you wrote to\s+is unknown: no such user/)
  const { events } = await read<{ events: { event_type: string; metadata: Record<string, unknown> }[] }>(
    `/mail/v1/emails/${gone.id}/events`,
  )
  const bounce = events.find(({ event_type }) => event_type === 'bounced')
  assert.deepEqual(
    [bounce?.metadata.code, bounce?.metadata.enhanced_code, bounce?.metadata.cause],
    [550, '5.1.1', 'The address does not exist.'],
  )

  await receiver('putoff', { answer: (line) => (line.startsWith('RCPT') ? '452 4.2.2 Mailbox full\r\n' : undefined) })
  const waiting = await sendOne('ann@putoff.test')
  const why = await explain((await idsOf('ann@putoff.test')).lead)
  assert.match(why.detail, /asked to try again later\. The mailbox is full\. \(452\)/)
  assert.equal(why.due_at, (await outcomeOf(h, waiting)).due_at.toISOString())
})

zoo(
  'a receiver that is to be left alone beyond 72 hours: the message expires without a try, and nobody is condemned',
  async () => {
    const mx = await receiver('resting')
    const until = new Date(h.clock.now().getTime() + 73 * HOUR_MS)
    await sql`
    insert into receiver_paces (receiver, concurrency, interval_ms, rest_until, rest_ms, reason, updated_at)
    values ('resting.test', 1, 0, ${until}, 1000, 'come back in three days', ${h.clock.now()})`.execute(h.deps.db)
    const row = await outcomeOf(h, await sendOne('ann@resting.test'))
    assert.deepEqual([row.status, row.bounce_reason], ['failed', 'expired'])
    assert.match(row.error_message ?? '', /come back in three days/)
    assert.equal(await isSuppressed('ann@resting.test'), false)
    assert.equal(mx.sessions.length, 0)
  },
)

zoo('nothing in the whole zoo was taken twice', async () => {
  const seen = receivers.flatMap(({ taken }) => taken.map(({ raw }) => /^Message-ID: .*$/im.exec(raw)?.[0] ?? raw))
  assert.equal(new Set(seen).size, seen.length)
  assert.ok(seen.length > 150)
})
