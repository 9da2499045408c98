import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damage, leastTime, seededNumbers } from '../../../test/damaged-mail.ts'
import { passedOn } from '../../../test/passed-on-mail.ts'
import { bounceReasons } from '../../bounce-reason.ts'
import { type BounceReport, readBounce } from './bounce-report.ts'
import { classifyMessage, type MessageClass } from './classify-message.ts'
import { readFeedbackReport } from './feedback-report.ts'
import { fixtures, READ_AT } from './fixtures/messages.ts'
import { vendorNotices } from './fixtures/vendor-notices.ts'
import { parseMessage } from './parse-message.ts'

const now = Temporal.Instant.from(READ_AT)
const classify = async (raw: Uint8Array): Promise<MessageClass> =>
  classifyMessage(await parseMessage(raw), { now, to_unsubscribe_address: false })

const read = async (raw: Uint8Array) => {
  const found = await classify(raw)
  const reports = 'reports' in found ? found.reports : []
  const failed = reports.filter(({ action }) => action === 'failed')
  const delayed = reports.filter(({ action }) => action === 'delayed')
  if (found.kind === 'bounce') return { kind: 'bounce', reports: failed }
  if (found.kind === 'delivery_notice' && delayed.length > 0) return { kind: 'delayed', reports: delayed }
  return { kind: 'other', reports: [] as BounceReport[] }
}

for (const notice of vendorNotices) {
  test(`${notice.name}: ${notice.kind}`, async () => {
    for (const raw of [notice.raw, notice.raw.replaceAll('\n', '\r\n'), notice.raw.replaceAll('\n', '\r')]) {
      const { kind, reports } = await read(Buffer.from(raw))
      assert.equal(kind, notice.kind, JSON.stringify(reports))
      const found = reports.map(({ recipient, original_recipient, reason }) => ({
        recipient,
        reason,
        ...(original_recipient === null ? {} : { original_recipient }),
      }))
      assert.deepEqual(found, notice.found, JSON.stringify(reports))
    }
  })
}

test('each recipient of a report carries whose problem it is and what server said so', async () => {
  const fixture = fixtures.find(({ name }) => name === 'dsn-three-recipients-each-apart')
  const found = await classify(Buffer.from(fixture?.raw ?? ''))
  assert.ok(found.kind === 'bounce')
  assert.equal(found.reports.length, 3)
  for (const { kind, reason, blames, action } of found.reports) {
    if (action === 'failed')
      assert.deepEqual([kind, blames], [bounceReasons[reason].kind, bounceReasons[reason].blames])
    else assert.equal(blames, 'none')
  }
})

test('what a person quotes, forwards, attaches or pastes is never a bounce', async () => {
  const raws = [
    ...vendorNotices.filter(({ kind }) => kind !== 'other').map(({ raw }) => raw),
    ...fixtures.filter(({ kind }) => kind === 'bounce').map(({ raw }) => raw),
  ]
  const wrong: string[] = []
  for (const raw of raws) {
    for (const { how, raw: passed } of passedOn(await parseMessage(Buffer.from(raw)), Buffer.from(raw))) {
      const { kind } = await read(passed)
      if (kind !== 'other') wrong.push(`${how}: ${raw.slice(0, 200)}`)
    }
  }
  assert.ok(raws.length > 60)
  assert.deepEqual(wrong, [])
})

test('damaged reports never throw, and what is read of them is well formed', async () => {
  const random = seededNumbers(20260802)
  const raws = [...vendorNotices, ...fixtures].map(({ raw }) => Buffer.from(raw))
  for (let run = 0; run < 1500; run++) {
    const found = await classify(damage(raws[run % raws.length] as Buffer, random))
    for (const report of 'reports' in found ? found.reports : []) {
      assert.ok(report.reason in bounceReasons)
      assert.ok(report.recipient === null || /^[^\s<>]+@[^\s<>]+$/.test(report.recipient), String(report.recipient))
      assert.ok(report.diagnostic.length <= 2000)
      assert.ok(report.status === null || /^[245]\.\d{1,3}\.\d{1,3}$/.test(report.status), String(report.status))
    }
  }
})

/** What the patterns wait for, over and over: each is made to begin a match that fails as late as possible. */
const HOSTILE = [
  ...[' ', '\t', '\n', '-', '=', '*', '_', '~', '>', '(', '<', 'a', '@', 'a@', '- ', '--\n', '__________\n'],
  ...['a@b.c\n', '<a@b.c>:\n', '<mailto:a@b.c>', 'x y@z.w ', 'From: a@b.c\n', 'To: x\n', 'c=a;dda:', 'Recipient: '],
  ...['user ', '550 5.1.1 ', 'mail to ', 'your message ', 'could not be delivered ', '送信', 'generating server: a.'],
  ...['(expanded from: <', 'message-id <', 'not yet delivered ', 'Final-Recipient: rfc822; a@b.c\nAction: failed\n\n'],
]

const hostileReport = (place: 'text' | 'status' | 'subject', unit: string, size: number): Buffer => {
  const body = unit.repeat(Math.ceil(size / unit.length)).slice(0, size)
  const subject = place === 'subject' ? body.replaceAll('\n', ' ') : ''
  const head = `Return-Path: <>\nFrom: MAILER-DAEMON@x.test\nTo: us@y.test\nSubject: Undelivered Mail ${subject}\nMIME-Version: 1.0\n`
  const type = 'Content-Type: multipart/report; report-type=delivery-status; boundary=b'
  if (place !== 'status') return Buffer.from(`${head}Content-Type: text/plain\n\nFailed:\n${subject ? '' : body}\n`)
  return Buffer.from(
    `${head}${type}\n\n--b\n\n${body}\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n${body}\n--b--\n`,
  )
}

test('the time to read a hostile report grows no faster than its size', async () => {
  const slow: string[] = []
  for (const place of ['text', 'status', 'subject'] as const) {
    for (const unit of HOSTILE) {
      const time = async (size: number): Promise<number> => {
        const message = await parseMessage(hostileReport(place, unit, size))
        return leastTime(3, () => [readBounce(message), readFeedbackReport(message)])
      }
      const [small, large] = [await time(15_000), await time(60_000)]
      // Four times the size may take four times as long and some; what is quadratic takes sixteen. Less than the clock's
      // own noise is not compared.
      if (large > 30 && large / small > 10) slow.push(`${place} ${JSON.stringify(unit)}: ${small} ms, ${large} ms`)
    }
  }
  assert.deepEqual(slow, [])
})

test('a report of five megabytes costs no more to understand than one of a quarter of it', async () => {
  const failure = `Final-Recipient: rfc822; a@b.c\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 ${'words '.repeat(150)}\n\n`
  const time = async (size: number): Promise<number> => {
    const message = await parseMessage(hostileReport('status', failure, size))
    assert.equal(readBounce(message)?.length, 1)
    return leastTime(5, () => readBounce(message))
  }
  const [small, large] = [await time(1_250_000), await time(5_000_000)]
  assert.ok(large < 30 || large / small < 3, `${small} ms, ${large} ms`)
})
