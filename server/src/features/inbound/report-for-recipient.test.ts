import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BounceReport } from './bounce-report.ts'
import { reportForRecipient } from './report-for-recipient.ts'

const report = (recipient: string | null, more: Partial<BounceReport> = {}): BounceReport => ({
  recipient,
  original_recipient: null,
  action: 'failed',
  status: '5.1.1',
  diagnostic: '550 5.1.1 User unknown',
  reporting_mta: null,
  remote_mta: null,
  original_message_ids: [],
  reason: 'user_unknown',
  kind: 'hard',
  blames: 'recipient',
  ...more,
})

const delivered: Partial<BounceReport> = { action: 'delivered', kind: 'delivered', reason: 'undefined', blames: 'none' }

test('of several recipients only the one that was written to counts', () => {
  const found = reportForRecipient(
    [report('other@example.org'), report('Grace@Example.org', { reason: 'mailbox_full', kind: 'soft' })],
    'grace@example.org',
  )
  assert.equal(found?.reason, 'mailbox_full')
})

test('an address that was forwarded is known by what it was before', () => {
  const found = reportForRecipient(
    [report('g@elsewhere.org', { original_recipient: 'grace@example.org' })],
    'grace@example.org',
  )
  assert.equal(found?.kind, 'hard')
})

test('a domain is the same in both of its spellings', () => {
  assert.equal(reportForRecipient([report('grace@xn--empfnger-3za.test')], 'grace@empfänger.test')?.kind, 'hard')
})

test('a notice that names nobody speaks of the one who was written to', () => {
  assert.equal(reportForRecipient([report(null)], 'grace@example.org')?.kind, 'hard')
})

test('one failure at another address is never proof that this one is gone', () => {
  const found = reportForRecipient([report('g@elsewhere.org')], 'grace@example.org')
  assert.deepEqual([found?.kind, found?.reason], ['soft', 'user_unknown'])
})

test('failures of several others, and one beside our own delivery, are not ours', () => {
  assert.equal(reportForRecipient([report('a@x.org'), report('b@x.org')], 'grace@example.org'), undefined)
  assert.equal(
    reportForRecipient([report('a@x.org'), report('grace@example.org', delivered)], 'grace@example.org'),
    undefined,
  )
})
