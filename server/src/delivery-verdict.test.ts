import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeliveryVerdict, judgeDelivery } from './delivery-verdict.ts'
import type { DeliveryReply } from './ports/mail/port.ts'

type Expected = Partial<Omit<DeliveryVerdict, 'message'>>
const cases: [about: string, reply: DeliveryReply, expected: Expected][] = [
  [
    '250 to the whole message is acceptance',
    { phase: 'final', reply_code: 250, enhanced_code: '2.0.0', text: 'Ok: queued as 4F' },
    { outcome: 'accepted', reason: 'accepted', suppress: false },
  ],
  [
    'an unknown user is a hard bounce and never written to again',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.1.1', text: 'User unknown' },
    { outcome: 'failed', reason: 'user_unknown', kind: 'hard', blames: 'recipient', suppress: true },
  ],
  [
    'a full mailbox is a soft bounce',
    { phase: 'rcpt', reply_code: 552, enhanced_code: '5.2.2', text: 'Mailbox full' },
    { outcome: 'failed', reason: 'mailbox_full', kind: 'soft', blames: 'recipient', suppress: false },
  ],
  [
    '5.7.x is a problem of the sender',
    { phase: 'final', reply_code: 550, enhanced_code: '5.7.1', text: 'Message refused by policy' },
    { outcome: 'failed', kind: 'soft', blames: 'sender', suppress: false },
  ],
  [
    '5.7.x condemns no address even when its words do',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '5.7.1', text: 'No such user here' },
    { outcome: 'failed', reason: 'policy_violation', kind: 'soft', blames: 'sender', suppress: false },
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
    'a bare 550 names nobody',
    { phase: 'rcpt', reply_code: 550, text: 'No' },
    { outcome: 'failed', reason: 'undefined', blames: 'none', suppress: false },
  ],
  [
    'the reply code outranks a milder enhanced code',
    { phase: 'rcpt', reply_code: 550, enhanced_code: '4.2.2', text: 'Mailbox full' },
    { outcome: 'failed' },
  ],
  [
    'the reply code outranks a graver enhanced code',
    { phase: 'rcpt', reply_code: 450, enhanced_code: '5.1.1', text: 'User unknown' },
    { outcome: 'retry', kind: 'soft', suppress: false },
  ],
  [
    'greylisting is retried',
    { phase: 'rcpt', reply_code: 451, enhanced_code: '4.7.1', text: 'Greylisted, try again later' },
    { outcome: 'retry', reason: 'rate_limited', kind: 'soft' },
  ],
  [
    'a 4yz answer to the message itself is an answer: nothing was taken',
    { phase: 'final', reply_code: 452, text: 'Insufficient system storage' },
    { outcome: 'retry' },
  ],
  [
    'a 421 after the message is an answer too',
    { phase: 'final', reply_code: 421, text: 'Shutting down' },
    { outcome: 'retry' },
  ],
  [
    'before RCPT no refusal is about the recipient',
    { phase: 'mail', reply_code: 550, enhanced_code: '5.1.1', text: 'User unknown' },
    { outcome: 'failed', reason: 'rejected', kind: 'soft', blames: 'sender', suppress: false },
  ],
  [
    'a refusing greeting is not about the recipient',
    { phase: 'greeting', reply_code: 521, text: 'Host does not accept mail' },
    { outcome: 'failed', blames: 'sender', suppress: false },
  ],
  [
    'the code of a reply outranks the name of an error beside it',
    { phase: 'rcpt', reply_code: 550, text: 'User unknown', error_name: 'ECONNRESET' },
    { outcome: 'failed', reason: 'user_unknown' },
  ],
  [
    'an answer without meaning after the message leaves it unknown',
    { phase: 'final', reply_code: 354, text: 'go on' },
    { outcome: 'unknown', suppress: false },
  ],
  [
    'an answer without meaning before the message is retried',
    { phase: 'data', reply_code: 250, text: 'Ok' },
    { outcome: 'retry' },
  ],
  [
    'what this side could not put into an envelope is not retried',
    { phase: 'mail', error_name: 'EENVELOPE', text: 'not ASCII' },
    { outcome: 'failed', reason: 'content_error', blames: 'none', suppress: false },
  ],
]

for (const [about, reply, expected] of cases) {
  test(about, () => {
    const { message, ...verdict } = judgeDelivery(reply)
    const relevant = Object.fromEntries(Object.keys(expected).map((key) => [key, verdict[key as keyof typeof verdict]]))
    assert.deepEqual(relevant, expected)
    assert.ok(message.length > 10)
  })
}

test('a connection lost after the message went out is unknown, lost earlier it is retried', () => {
  for (const error_name of ['ECONNRESET', 'ETIMEDOUT', 'ECLOSED', 'EPROTOCOL', 'SOMETHING_NEW', undefined]) {
    for (const phase of ['connect', 'greeting', 'mail', 'rcpt', 'data'] as const)
      assert.equal(judgeDelivery({ phase, error_name }).outcome, 'retry', `${phase} ${error_name}`)
    const lost = judgeDelivery({ phase: 'final', error_name })
    assert.deepEqual([lost.outcome, lost.blames, lost.suppress], ['unknown', 'network', false], String(error_name))
  }
})

test('only a final refusal ever suppresses, and only a hard one about the recipient', () => {
  const texts = ['User unknown', 'Mailbox full', 'Domain does not exist', 'blocked using zen.spamhaus.org', '']
  for (const phase of ['connect', 'greeting', 'mail', 'rcpt', 'data', 'final'] as const) {
    for (const reply_code of [220, 250, 354, 421, 450, 451, 500, 521, 550, 551, 556]) {
      for (const enhanced_code of [undefined, '4.1.1', '5.1.1', '5.7.1', '5.1.10']) {
        for (const text of texts) {
          const verdict = judgeDelivery({ phase, reply_code, enhanced_code, text })
          const where = JSON.stringify({ phase, reply_code, enhanced_code, text })
          if (verdict.suppress) {
            assert.ok(reply_code >= 500 && ['rcpt', 'data', 'final'].includes(phase), where)
            assert.deepEqual([verdict.outcome, verdict.kind, verdict.blames], ['failed', 'hard', 'recipient'], where)
          }
          if (verdict.outcome === 'accepted')
            assert.deepEqual([phase, reply_code], ['final', reply_code === 220 ? 220 : 250], where)
        }
      }
    }
  }
})

test('the operator reads one bounded line with the words of the server', () => {
  const { message } = judgeDelivery({
    phase: 'rcpt',
    reply_code: 550,
    enhanced_code: '5.1.1',
    text: `User\r\nunknown ${'x'.repeat(5000)}`,
  })
  assert.match(message, /^The address does not exist\. The server answered 550 5\.1\.1: User unknown x+…$/)
  assert.ok(message.length < 600)
})
