import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryPhase, DeliveryReply, DeliveryVerdict } from './delivery-verdict.ts'
import { judgeDelivery } from './delivery-verdict.ts'

const phases: DeliveryPhase[] = ['connect', 'greeting', 'mail', 'rcpt', 'data', 'final']

const cases: [about: string, reply: DeliveryReply, expected: Partial<DeliveryVerdict>][] = [
  [
    '250 to the content is acceptance',
    { phase: 'final', reply_code: 250, enhanced_code: '2.0.0', text: 'Ok: queued as 4F' },
    { outcome: 'accepted', blames: 'none', suppress: false },
  ],
  [
    'an unknown user is a hard bounce and is never written to again',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.1.1', text: 'User unknown in virtual mailbox table' },
    { outcome: 'failed', reason: 'user_unknown', kind: 'hard', blames: 'recipient', suppress: true },
  ],
  [
    'an unknown user told only after the content is one too',
    {
      phase: 'final',
      reply_code: 550,
      enhanced_code: '5.1.1',
      text: 'The email account that you tried to reach does not exist.',
    },
    { outcome: 'failed', reason: 'user_unknown', kind: 'hard', suppress: true },
  ],
  [
    'a domain with a null MX is closed for good',
    { phase: 'rcpt', reply_code: 556, enhanced_code: '5.1.10', text: 'Recipient address has null MX' },
    { outcome: 'failed', reason: 'not_accepting', kind: 'hard', suppress: true },
  ],
  [
    'a full mailbox is a soft bounce',
    { phase: 'rcpt', reply_code: 552, enhanced_code: '5.2.2', text: 'Mailbox full' },
    { outcome: 'failed', reason: 'mailbox_full', kind: 'soft', blames: 'recipient', suppress: false },
  ],
  [
    'a mailbox that is full for now is tried again',
    { phase: 'rcpt', reply_code: 452, enhanced_code: '4.2.2', text: 'Mailbox full' },
    { outcome: 'retry', reason: 'mailbox_full', suppress: false },
  ],
  [
    'greylisting is tried again',
    { phase: 'rcpt', reply_code: 450, enhanced_code: '4.2.0', text: 'Greylisted, try again in 300 seconds' },
    { outcome: 'retry', reason: 'rate_limited', suppress: false },
  ],
  [
    'the reply code outranks a graver enhanced code',
    { phase: 'rcpt', reply_code: 450, enhanced_code: '5.1.1', text: 'User unknown' },
    { outcome: 'retry', kind: 'soft', suppress: false },
  ],
  [
    'the reply code outranks a milder enhanced code',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '4.2.2', text: 'Mailbox full' },
    { outcome: 'failed', suppress: false },
  ],
  [
    'a bare 550 names nobody',
    { phase: 'rcpt', reply_code: 550 },
    { outcome: 'failed', reason: 'undefined', blames: 'none', suppress: false },
  ],
  [
    '5.7.x is a problem of the sender',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.7.1' },
    { outcome: 'failed', reason: 'policy_violation', kind: 'soft', blames: 'sender', suppress: false },
  ],
  [
    '5.7.x condemns no address even when its words do',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.7.1', text: 'No such user here' },
    { outcome: 'failed', reason: 'policy_violation', blames: 'sender', suppress: false },
  ],
  [
    '5.7.x is found in the text too',
    { phase: 'rcpt', reply_code: 550, text: '5.7.1 No such user here' },
    { blames: 'sender', suppress: false },
  ],
  [
    '5.7.27 is about the domain of the sender',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.7.27' },
    { reason: 'rejected', blames: 'sender', suppress: false },
  ],
  [
    'a block list blames the sender',
    {
      phase: 'rcpt',
      reply_code: 550,
      enhanced_code: '5.7.1',
      text: 'Client host [192.0.2.1] blocked using zen.spamhaus.org',
    },
    { outcome: 'failed', reason: 'blocked', blames: 'sender', suppress: false },
  ],
  [
    'missing authentication blames the sender',
    {
      phase: 'final',
      reply_code: 550,
      enhanced_code: '5.7.26',
      text: 'This mail has been blocked because the sender is unauthenticated.',
    },
    { outcome: 'failed', reason: 'authentication_failure', blames: 'sender', suppress: false },
  ],
  [
    'missing reverse DNS blames the sender',
    { phase: 'greeting', reply_code: 554, text: 'Bad DNS PTR resource record.' },
    { outcome: 'failed', reason: 'requires_ptr', blames: 'sender', suppress: false },
  ],
  [
    'before RCPT no refusal is about the recipient',
    { phase: 'mail', reply_code: 550, enhanced_code: '5.1.1', text: 'User unknown' },
    { outcome: 'failed', reason: 'rejected', kind: 'soft', blames: 'sender', suppress: false },
  ],
  [
    'a greeting that refuses is not about the recipient',
    { phase: 'greeting', reply_code: 521, text: 'Host does not accept mail' },
    { outcome: 'failed', kind: 'soft', blames: 'sender', suppress: false },
  ],
  [
    'a refused log-in is our own',
    { phase: 'greeting', reply_code: 535, text: 'Authentication failed' },
    { outcome: 'failed', blames: 'sender', suppress: false },
  ],
  [
    'a busy server is tried again',
    { phase: 'greeting', reply_code: 421, text: 'Too many connections' },
    { outcome: 'retry', reason: 'rate_limited', suppress: false },
  ],
  [
    '4yz to the content is an answer: nothing was taken',
    { phase: 'final', reply_code: 452, text: 'Insufficient system storage' },
    { outcome: 'retry', reason: 'system_full', suppress: false },
  ],
  [
    '421 to the content is an answer too',
    { phase: 'final', reply_code: 421, text: 'Shutting down' },
    { outcome: 'retry' },
  ],
  [
    'an answer without meaning before the content is tried again',
    { phase: 'data', reply_code: 250, text: 'Ok' },
    { outcome: 'retry', suppress: false },
  ],
  [
    'an answer without meaning to the content leaves it unknown',
    { phase: 'final', reply_code: 354 },
    { outcome: 'unknown', suppress: false },
  ],
  [
    'a host that one resolver does not find is tried again',
    { phase: 'connect', error_name: 'ENOTFOUND' },
    { outcome: 'retry', reason: 'host_unknown', blames: 'network', suppress: false },
  ],
  [
    'a silent resolver is the network',
    { phase: 'connect', error_name: 'EAI_AGAIN' },
    { outcome: 'retry', reason: 'network_error' },
  ],
  [
    'an address this side cannot put into an envelope is not tried again',
    { phase: 'mail', error_name: 'EENVELOPE', text: 'not ASCII' },
    { outcome: 'failed', reason: 'content_error', blames: 'none', suppress: false },
  ],
  [
    'a relay without a way to log in is our own set-up',
    { phase: 'greeting', error_name: 'EAUTH' },
    { outcome: 'retry', blames: 'sender', suppress: false },
  ],
  [
    'a relay the egress policy forbids is our own set-up',
    { phase: 'connect', error_name: 'EGRESS_REFUSED' },
    { outcome: 'retry', blames: 'sender', suppress: false },
  ],
  [
    'nothing known after the content is unknown',
    { phase: 'final' },
    { outcome: 'unknown', blames: 'network', suppress: false },
  ],
  [
    'a reply outweighs the name of an error beside it',
    { phase: 'final', reply_code: 250, error_name: 'ECONNRESET' },
    { outcome: 'accepted' },
  ],
]

for (const [about, reply, expected] of cases) {
  test(about, () => {
    const got = judgeDelivery(reply)
    const relevant = Object.fromEntries(Object.keys(expected).map((key) => [key, got[key as keyof DeliveryVerdict]]))
    assert.deepEqual(relevant, expected)
    assert.ok(got.message.length > 10)
  })
}

test('a connection lost before the content is tried again, lost after it is unknown and never sent again', () => {
  for (const error_name of [
    'ECONNRESET',
    'ETIMEDOUT',
    'EPIPE',
    'ECLOSED',
    'EPROTOCOL',
    'ETLS',
    'SOMETHING_NEW',
    undefined,
  ]) {
    for (const phase of phases) {
      const { outcome, suppress } = judgeDelivery({ phase, error_name })
      assert.equal(outcome, phase === 'final' ? 'unknown' : 'retry', `${error_name} at ${phase}`)
      assert.equal(suppress, false)
    }
  }
})

test('4yz is never final, 5yz never tried again, and only a hard refusal of the recipient suppresses', () => {
  const texts = [
    '',
    'User unknown',
    'Mailbox full',
    'Domain does not exist',
    'has moved to another address',
    'does not accept mail',
    'blocked using zen.spamhaus.org',
    '\0\r\n',
    'x'.repeat(9000),
  ]
  let suppressed = 0
  for (const phase of phases) {
    for (const reply_code of [421, 450, 451, 500, 521, 550, 551, 554, 556]) {
      for (const enhanced_code of [undefined, '4.1.1', '5.1.1', '5.1.2', '5.7.1', '5.1.10']) {
        for (const text of texts) {
          const got = judgeDelivery({ phase, reply_code, enhanced_code, text })
          const where = JSON.stringify({ phase, reply_code, enhanced_code, text: text.slice(0, 40) })
          assert.equal(got.outcome, reply_code < 500 ? 'retry' : 'failed', where)
          assert.equal(got.kind, got.suppress ? 'hard' : 'soft', where)
          assert.ok(got.message.length < 600, where)
          if (!got.suppress) continue
          suppressed++
          assert.ok(reply_code >= 500 && ['rcpt', 'data', 'final'].includes(phase) && enhanced_code !== '5.7.1', where)
          assert.equal(got.blames, 'recipient', where)
        }
      }
    }
  }
  assert.ok(suppressed > 0)
})

test('the message quotes the server on one bounded line, with its codes', () => {
  const { message } = judgeDelivery({ phase: 'rcpt', reply_code: 552, enhanced_code: '5.2.2', text: 'Mailbox\r\nfull' })
  assert.equal(message, 'The mailbox is full. The server answered 552 5.2.2: Mailbox full')
})
