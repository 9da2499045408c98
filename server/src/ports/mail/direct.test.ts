import assert from 'node:assert/strict'
import { test } from 'node:test'
import { turnOutcome } from './direct.ts'
import type { DeliveryReply } from './port.ts'

const rcpt = (reply_code: number, enhanced_code: string | undefined, text: string): DeliveryReply => ({
  phase: 'rcpt',
  reply_code,
  enhanced_code,
  text,
})

const CASES: [about: string, reply: DeliveryReply, kind: string][] = [
  ['taken', { phase: 'final', reply_code: 250, enhanced_code: '2.0.0', text: 'ok' }, 'fine'],
  ['an unknown user', rcpt(550, '5.1.1', 'User unknown'), 'fine'],
  ['a full mailbox for now', rcpt(452, '4.2.2', 'Mailbox full'), 'fine'],
  ['greylisting with 4.7.1', rcpt(451, '4.7.1', 'Greylisting in action, please come back later'), 'neutral'],
  ['a domain it does not relay for', rcpt(454, '4.7.1', '<a@b.test>: Relay access denied'), 'fine'],
  ['421 whatever the words', rcpt(421, undefined, 'closing'), 'slow_down'],
  ['421 in the greeting', { phase: 'greeting', reply_code: 421, text: 'busy' }, 'slow_down'],
  ['4.7.x of the sender', rcpt(451, '4.7.0', 'Temporarily rejected, try again later'), 'slow_down'],
  [
    'a known limit of a provider',
    rcpt(450, '4.7.650', 'The mail server has been temporarily rate limited'),
    'slow_down',
  ],
  ['a final no to the sender', rcpt(550, '5.7.1', 'Message looks like spam'), 'fine'],
  ['a refused connection', { phase: 'connect', error_name: 'ECONNREFUSED' }, 'slow_down'],
  ['a name that was not found', { phase: 'connect', error_name: 'ENOTFOUND' }, 'neutral'],
  ['a session that broke', { phase: 'rcpt', error_name: 'ECLOSED' }, 'neutral'],
]

for (const [about, reply, kind] of CASES)
  test(`the pace of a receiver after ${about}: ${kind}`, () => assert.equal(turnOutcome(reply).kind, kind))

test('a receiver that names a time is left alone for it, a refused connection needs no pause', () => {
  const asked = turnOutcome(rcpt(421, '4.7.0', 'Try again in 10 minutes'))
  assert.deepEqual(asked, {
    kind: 'slow_down',
    rest: true,
    asked_ms: 600_000,
    why: '421 4.7.0 Try again in 10 minutes',
  })
  const refused = turnOutcome({ phase: 'connect', error_name: 'ECONNREFUSED' })
  assert.equal(refused.kind === 'slow_down' && refused.rest, false)
})
