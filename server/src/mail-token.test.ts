import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { TokenPurpose } from './mail-token.ts'
import { findAddressToken, findMessageTokens, mailTokens } from './mail-token.ts'

const id = '019ab3c4-5d6e-7f80-91a2-b3c4d5e6f708'
const other = '019ab3c4-5d6e-7f80-91a2-b3c4d5e6f709'
const key = Buffer.alloc(32, 7)
const tokens = mailTokens(key)
const purposes: TokenPurpose[] = ['bounce', 'message', 'unsubscribe', 'open', 'click']

test('a token gives back the email and the extra it was signed with, for its own purpose only', () => {
  for (const purpose of purposes) {
    for (const extra of [undefined, 'x', 'https://example.org/ä?q=1&r=2#z', '\0\r\n', '日本語'.repeat(50)]) {
      const token = tokens.sign(purpose, id, extra)
      assert.deepEqual(tokens.verify(purpose, token), extra ? { email_id: id, extra } : { email_id: id })
      for (const wrong of purposes) {
        if (wrong !== purpose) assert.equal(tokens.verify(wrong, token), null, `${purpose} as ${wrong}`)
      }
    }
  }
})

test('a token does not change from call to call, so the same row keeps its Message-ID', () => {
  assert.equal(tokens.sign('message', id), mailTokens(key).sign('message', id))
  assert.notEqual(tokens.sign('message', id), tokens.sign('message', other))
})

test('changing any one character of a token makes it worthless', () => {
  for (const purpose of purposes) {
    const token = tokens.sign(purpose, id, 'extra')
    for (let index = 0; index < token.length; index++) {
      const changed = token.slice(0, index) + (token[index] === 'a' ? 'b' : 'a') + token.slice(index + 1)
      assert.equal(tokens.verify(purpose, changed), null, `${purpose} at ${index}`)
    }
    assert.equal(tokens.verify(purpose, token.slice(0, -1)), null)
    assert.equal(tokens.verify(purpose, `${token}a`), null)
  }
})

test('a token of another key is refused, and an older key still verifies after a rotation', () => {
  const newKey = randomBytes(32)
  const rotated = mailTokens([newKey, key])
  assert.deepEqual(rotated.verify('bounce', tokens.sign('bounce', id)), { email_id: id })
  assert.equal(tokens.verify('bounce', rotated.sign('bounce', id)), null)
  assert.deepEqual(mailTokens(newKey).verify('bounce', rotated.sign('bounce', id)), { email_id: id })
})

test('local parts are lower case, survive upper-casing and stay within 64 octets', () => {
  for (let round = 0; round < 500; round++) {
    const hex = randomBytes(16).toString('hex')
    const random = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
    for (const address of [
      tokens.bounceAddress(random, 'm.example.com'),
      tokens.unsubscribeAddress(random, 'm.example.com'),
    ]) {
      assert.equal(address, address.toLowerCase())
      assert.ok(address.indexOf('@') <= 64)
      const found = findAddressToken(address.toUpperCase())
      assert.ok(found)
      assert.deepEqual(tokens.verify(found.purpose, found.token), { email_id: random })
    }
    const upper = tokens.sign('bounce', random).toUpperCase()
    assert.deepEqual(tokens.verify('bounce', upper), { email_id: random })
  }
})

test('a token is found in an address as forwarders rewrite it, and in no other address', () => {
  const token = tokens.sign('bounce', id)
  for (const address of [
    `b+${token}@example.com`,
    `<b+${token}@example.com>`,
    `B+${token.toUpperCase()}@EXAMPLE.COM`,
    `SRS0=aB3d=4X=example.com=b+${token}@forwarder.example`,
    `prvs=123456abcd=b+${token}@example.com`,
    `"b+${token}"@example.com`,
  ]) {
    assert.deepEqual(findAddressToken(address), { purpose: 'bounce', token }, address)
  }
  assert.deepEqual(findAddressToken(tokens.unsubscribeAddress(id, 'example.com'))?.purpose, 'unsubscribe')
  for (const address of [
    '',
    'b+short@example.com',
    `x+${token}@example.com`,
    `zb+${token}@example.com`,
    'anna@example.com',
  ]) {
    assert.equal(findAddressToken(address), null, address)
  }
})

test('the tokens of a References header come newest first, each once, foreign ids left out', () => {
  const first = tokens.messageId(id, 'example.com')
  const second = tokens.messageId(other, 'example.com')
  const found = findMessageTokens([
    `${first} <foreign@mail.example>\r\n\t${second}`,
    second.toUpperCase(),
    'rubbish <>',
  ])
  assert.deepEqual(
    found.map((token) => tokens.verify('message', token)?.email_id),
    [other, id],
  )
})

test('rubbish is refused without an error', () => {
  for (const token of ['', 'a', '=', 'b'.repeat(42), '0189', 'ä'.repeat(42), 'a'.repeat(100_000), '\0']) {
    for (const purpose of purposes) assert.equal(tokens.verify(purpose, token), null)
  }
})

test('an id that is no UUID and a short key are programming errors that say so', () => {
  assert.throws(() => tokens.sign('bounce', 'a\r\nb'), /UUID/)
  assert.throws(() => mailTokens(Buffer.alloc(3)), /16 bytes/)
  assert.throws(() => mailTokens([]), /at least one key/)
})
