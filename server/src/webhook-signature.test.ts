import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import {
  mailSignature,
  SECRET_PATTERN,
  signedHeaders,
  standardSecret,
  standardSignature,
  verifyMailSignature,
} from './webhook-signature.ts'

const SECRET = 'abcdef1234567890'.repeat(4)
const OLD = '00112233'.repeat(8)
const AT = new Date('2026-03-01T12:00:00.400Z')
const SECONDS = Math.floor(AT.getTime() / 1000)
const BODY = '{"text":"Grüße, 你好 🎉"}'

test('the signature of Standard Webhooks is the one that its library makes', () => {
  const library = new Webhook(standardSecret(SECRET))
  assert.equal(standardSignature(SECRET, 'msg_1', SECONDS, BODY), library.sign('msg_1', AT, BODY))
})

test('the mail service’s signature is keyed with the bytes of the secret, not with its letters', () => {
  const expected = createHmac('sha256', Buffer.from(SECRET, 'hex')).update(`${SECONDS}.${BODY}`).digest('hex')
  assert.equal(mailSignature(SECRET, SECONDS, BODY), expected)
  assert.equal(mailSignature(SECRET, SECONDS, Buffer.from(BODY)), expected)
})

test('two secrets make two entries, the present one first, and one hexadecimal signature', () => {
  const headers = signedHeaders([SECRET, OLD], 'msg_1', SECONDS, BODY)
  assert.equal(
    headers['webhook-signature'],
    `${standardSignature(SECRET, 'msg_1', SECONDS, BODY)} ${standardSignature(OLD, 'msg_1', SECONDS, BODY)}`,
  )
  assert.equal(headers['x-webhook-signature'], mailSignature(SECRET, SECONDS, BODY))
  assert.deepEqual([headers['webhook-timestamp'], headers['x-webhook-timestamp']], [String(SECONDS), String(SECONDS)])
})

const good = mailSignature(SECRET, SECONDS, BODY)
const shifted = (by: number) => ({
  signature: mailSignature(SECRET, SECONDS + by, BODY),
  timestamp: String(SECONDS + by),
  body: BODY,
})
const given = { signature: good, timestamp: String(SECONDS), body: BODY }

const CASES: [name: string, given: { signature: string; timestamp: string; body: string }, verdict: string][] = [
  ['right', given, 'ok'],
  ['with its prefix', { ...given, signature: `sha256=${good}` }, 'ok'],
  ['in capitals', { ...given, signature: good.toUpperCase() }, 'ok'],
  ['300 seconds old', shifted(-300), 'ok'],
  ['300 seconds ahead', shifted(300), 'ok'],
  ['301 seconds old', shifted(-301), 'too_old'],
  ['301 seconds ahead', shifted(301), 'too_old'],
  ['another body', { ...given, body: `${BODY} ` }, 'mismatch'],
  ['another time', { ...given, timestamp: String(SECONDS + 1) }, 'mismatch'],
  ['leading zeros', { ...given, timestamp: `0${SECONDS}` }, 'mismatch'],
  ['no signature', { ...given, signature: '' }, 'mismatch'],
  ['half a signature', { ...given, signature: good.slice(0, 32) }, 'mismatch'],
  ['no hexadecimal', { ...given, signature: 'z'.repeat(64) }, 'mismatch'],
  ['no time', { ...given, timestamp: '' }, 'bad_timestamp'],
  ['a date', { ...given, timestamp: AT.toISOString() }, 'bad_timestamp'],
  ['a negative time', { ...given, timestamp: '-1' }, 'bad_timestamp'],
  ['a fraction', { ...given, timestamp: `${SECONDS}.5` }, 'bad_timestamp'],
]
for (const [name, one, verdict] of CASES)
  test(`a signature: ${name}`, () => assert.equal(verifyMailSignature([SECRET], one, AT), verdict))

test('a signature by the replaced secret is right while both are given, and one without any secret never is', () => {
  const by = { ...given, signature: mailSignature(OLD, SECONDS, BODY) }
  assert.equal(verifyMailSignature([SECRET, OLD], by, AT), 'ok')
  assert.equal(verifyMailSignature([SECRET], by, AT), 'mismatch')
  assert.equal(verifyMailSignature([], by, AT), 'mismatch')
})

test('a secret is 64 to 128 hexadecimal characters, an even number of them', () => {
  for (const [secret, is] of [
    [SECRET, true],
    ['AB'.repeat(64), true],
    ['ab'.repeat(31), false],
    ['ab'.repeat(65), false],
    [`${SECRET}a`, false],
    [`${SECRET.slice(2)}zz`, false],
  ] as const)
    assert.equal(SECRET_PATTERN.test(secret), is, secret)
})
