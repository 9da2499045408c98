import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isTerminalLeadStatus,
  LEAD_STATUSES,
  type LeadEvent,
  type LeadStatus,
  LIVE_LEAD_STATUSES,
  nextLeadStatus,
} from './lead-state.ts'

const LIVE: LeadStatus[] = ['pending', 'active', 'connection_sent', 'connected', 'frozen', 'unknown', 'postponed']

test('these statuses have something ahead of them, all others are an end', () => {
  assert.deepEqual([...LIVE_LEAD_STATUSES].sort(), [...LIVE].sort())
  for (const status of LEAD_STATUSES) assert.equal(isTerminalLeadStatus(status), !LIVE.includes(status), status)
})

test('a live lead goes on with each step and ends with each stop', () => {
  const cases: [LeadEvent, LeadStatus][] = [
    [{ type: 'sent', is_last_step: false }, 'active'],
    [{ type: 'sent', is_last_step: true }, 'completed'],
    [{ type: 'outcome_unknown', is_last_step: false }, 'unknown'],
    [{ type: 'outcome_unknown', is_last_step: true }, 'completed'],
    [{ type: 'postponed' }, 'postponed'],
    [{ type: 'replied' }, 'replied'],
    [{ type: 'bounced_hard' }, 'bounced'],
    [{ type: 'complained' }, 'complained'],
    [{ type: 'unsubscribed' }, 'unsubscribed'],
    [{ type: 'suppressed' }, 'suppressed'],
    [{ type: 'stopped' }, 'stopped'],
    [{ type: 'failed' }, 'failed'],
  ]
  for (const status of LIVE) {
    for (const [event, next] of cases) assert.equal(nextLeadStatus(status, event), next, `${status} on ${event.type}`)
  }
})

test('a lead that has ended never becomes live by a send or an out-of-office reply', () => {
  for (const status of LEAD_STATUSES.filter((one) => !LIVE.includes(one))) {
    assert.equal(nextLeadStatus(status, { type: 'sent', is_last_step: false }), status)
    assert.equal(nextLeadStatus(status, { type: 'outcome_unknown', is_last_step: false }), status)
    assert.equal(nextLeadStatus(status, { type: 'postponed' }), status)
  }
})

test('after the end only what says more about the person changes the status', () => {
  const cases: [LeadStatus, LeadEvent['type'], LeadStatus][] = [
    ['completed', 'replied', 'replied'],
    ['completed', 'bounced_hard', 'bounced'],
    ['completed', 'unsubscribed', 'unsubscribed'],
    ['completed', 'stopped', 'completed'],
    ['completed', 'failed', 'completed'],
    ['stopped', 'replied', 'replied'],
    ['replied', 'stopped', 'replied'],
    ['replied', 'bounced_hard', 'replied'],
    ['replied', 'suppressed', 'replied'],
    ['replied', 'unsubscribed', 'unsubscribed'],
    ['bounced', 'suppressed', 'bounced'],
    ['bounced', 'replied', 'replied'],
    ['unsubscribed', 'replied', 'unsubscribed'],
    ['unsubscribed', 'suppressed', 'unsubscribed'],
    ['unsubscribed', 'complained', 'complained'],
    ['complained', 'unsubscribed', 'complained'],
    ['complained', 'replied', 'complained'],
  ]
  for (const [status, type, next] of cases) {
    assert.equal(nextLeadStatus(status, { type } as LeadEvent), next, `${status} on ${type}`)
  }
})

test('the order in which reply, unsubscribe, complaint and bounce come in does not change the end', () => {
  const events: LeadEvent[] = [
    { type: 'replied' },
    { type: 'unsubscribed' },
    { type: 'complained' },
    { type: 'bounced_hard' },
    { type: 'sent', is_last_step: true },
  ]
  const orders = (rest: LeadEvent[]): LeadEvent[][] =>
    rest.length < 2 ? [rest] : rest.flatMap((one, i) => orders(rest.toSpliced(i, 1)).map((tail) => [one, ...tail]))
  for (const order of orders(events)) {
    assert.equal(order.reduce<LeadStatus>(nextLeadStatus, 'active'), 'complained')
  }
})

test('a relaunch opens what the launch had set aside, and nothing that ended otherwise', () => {
  const opened: LeadStatus[] = LEAD_STATUSES.filter(
    (status) => status !== 'pending' && nextLeadStatus(status, { type: 'relaunched' }) === 'pending',
  )
  assert.deepEqual(opened, ['suppressed', 'skipped'])
})
