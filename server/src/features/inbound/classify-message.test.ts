import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAutoReply } from './auto-reply.ts'
import { readBounce } from './bounce-report.ts'
import { classifyMessage, type MessageClass } from './classify-message.ts'
import { readComplaint } from './feedback-report.ts'
import { type Fixture, fixtures, READ_AT } from './fixtures/messages.ts'
import { parseMessage } from './parse-message.ts'

const now = Temporal.Instant.from(READ_AT)

async function read(fixture: Fixture, raw = fixture.raw): Promise<MessageClass> {
  const message = await parseMessage(Buffer.from(raw))
  return classifyMessage(message, { now, to_unsubscribe_address: fixture.to_unsubscribe_address ?? false })
}

function reportsOf(found: MessageClass) {
  return found.kind === 'bounce' || found.kind === 'delivery_notice' ? found.reports : []
}

function originalsOf(found: MessageClass): string[] {
  if (found.kind === 'complaint') return [found.complaint.original_message_id ?? '']
  return reportsOf(found)[0]?.original_message_ids ?? []
}

test('there are at least sixty fixtures and no two share a name', () => {
  assert.ok(fixtures.length >= 60)
  assert.equal(new Set(fixtures.map((fixture) => fixture.name)).size, fixtures.length)
})

for (const fixture of fixtures) {
  test(`${fixture.name} is read as ${fixture.kind}`, async () => {
    const found = await read(fixture)
    assert.equal(found.kind, fixture.kind, JSON.stringify(found))
    if (fixture.reports) {
      const actual = reportsOf(found)
      const seen = actual.map((report, at) => {
        const wanted = fixture.reports?.[at]
        return {
          recipient: report.recipient,
          ...(wanted?.action === undefined ? {} : { action: report.action }),
          ...(wanted?.status === undefined ? {} : { status: report.status }),
          reason: report.reason,
          kind: report.kind,
        }
      })
      assert.deepEqual(seen, fixture.reports, JSON.stringify(actual))
    }
    if (fixture.original) assert.equal(originalsOf(found)[0], fixture.original)
    if (fixture.feedback_type && found.kind === 'complaint') {
      assert.equal(found.complaint.feedback_type, fixture.feedback_type)
    }
    if (fixture.auto && found.kind === 'auto_reply') {
      assert.equal(found.auto_reply.kind, fixture.auto.kind)
      if ('return_date' in fixture.auto) assert.equal(found.auto_reply.return_date, fixture.auto.return_date)
    }
    if (found.kind === 'human_reply') {
      if (fixture.mentions_opt_out !== undefined) assert.equal(found.mentions_opt_out, fixture.mentions_opt_out)
      if (fixture.reply !== undefined) assert.equal(found.reply.reply, fixture.reply)
    }
  })
}

test('every fixture reads the same with CR, LF and CRLF line ends', async () => {
  for (const fixture of fixtures) {
    const asLf = await read(fixture)
    // The original of a base64 part keeps its own line ends; what is compared is the reading.
    for (const ending of ['\r\n', '\r']) {
      const other = await read(fixture, fixture.raw.replaceAll('\n', ending))
      assert.deepEqual(other, asLf, `${fixture.name} with ${JSON.stringify(ending)}`)
    }
  }
})

test('a delivery report names reporter, remote server, all message ids and the original recipient', async () => {
  const fixture = fixtures.find((entry) => entry.name === 'dsn-postfix-unknown-user') as Fixture
  const [report] = reportsOf(await read(fixture))
  assert.equal(report?.reporting_mta, 'mx.receiver.test')
  assert.equal(report?.remote_mta, 'mx2.receiver.test')
  assert.deepEqual(report?.original_message_ids, ['<step1.lead7@sender.test>', '<step0.lead7@sender.test>'])
  assert.match(report?.diagnostic ?? '', /User unknown in virtual mailbox table/)
  const forwarded = fixtures.find((entry) => entry.name === 'dsn-forwarded-recipient-differs') as Fixture
  assert.equal(reportsOf(await read(forwarded))[0]?.original_recipient, 'grace@receiver.test')
})

test('a complaint names its message, return path and date, and a redacted one still finds the message', async () => {
  const full = fixtures.find((entry) => entry.name === 'arf-abuse') as Fixture
  const found = await read(full)
  assert.ok(found.kind === 'complaint')
  assert.deepEqual(found.complaint.recipients, ['grace@receiver.test'])
  assert.equal(found.complaint.user_agent, 'SomeGenerator/1.0')
  assert.equal(found.complaint.original_return_path, 'b.7f3a@bounce.sender.test')
  assert.equal(found.complaint.arrival_date, '2026-07-31T10:00:05.000Z')
  assert.equal(found.complaint.source_ip, '192.0.2.1')
  assert.equal(found.complaint.is_redacted, false)
  const hidden = await read(fixtures.find((entry) => entry.name === 'arf-headers-only-and-redacted') as Fixture)
  assert.ok(hidden.kind === 'complaint')
  assert.equal(hidden.complaint.is_redacted, true)
  assert.deepEqual(hidden.complaint.recipients, [])
})

test('an answer of somebody who left names whom to write to instead', async () => {
  const found = await read(fixtures.find((entry) => entry.name === 'auto-left-company') as Fixture)
  assert.ok(found.kind === 'auto_reply')
  assert.deepEqual(found.auto_reply.contacts, ['bob@receiver.test'])
})

/** A small deterministic generator, so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

test('truncated and damaged messages never throw and are read in bounded time', async () => {
  const random = generator(20260801)
  const until = performance.now() + 2000
  let runs = 0
  let slowest = 0
  while (performance.now() < until) {
    const fixture = fixtures[runs % fixtures.length] as Fixture
    const bytes = Buffer.from(fixture.raw)
    const damaged = bytes.subarray(0, Math.max(1, Math.floor(random() * bytes.length)))
    const copy = Buffer.from(runs % 2 === 0 ? damaged : bytes)
    const flips = Math.floor(random() * 20)
    for (let flip = 0; flip < flips; flip++) copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256)
    const began = performance.now()
    const message = await parseMessage(copy)
    readBounce(message)
    readComplaint(message)
    readAutoReply(message, now)
    classifyMessage(message, { now, to_unsubscribe_address: random() < 0.1 })
    slowest = Math.max(slowest, performance.now() - began)
    runs++
  }
  assert.ok(runs > fixtures.length, `only ${runs} runs`)
  assert.ok(slowest < 1000, `slowest reading took ${slowest} ms`)
})
