import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSessionLimits, strangerOf } from './session-limits.ts'

test('an IPv4 address is one stranger, a /64 of IPv6 is one, this machine is none', () => {
  for (const [address, stranger] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['127.0.0.2', '127.0.0.2'],
    ['127.0.0.1', null],
    ['::1', null],
    ['::ffff:127.0.0.1', null],
    ['nonsense', null],
    ['2001:db8:0:5::1', '2001:db8:0:5::/64'],
    ['2001:0DB8:0000:0005:ffff:0:0:9', '2001:db8:0:5::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ] as const)
    assert.equal(strangerOf(address), stranger, address)
  assert.notEqual(strangerOf('2001:db8:0:5::1'), strangerOf('2001:db8:0:6::1'))
})

test('no address holds more connections than its share, and what is left may be taken again', () => {
  const limits = createSessionLimits({ connections_per_address: 2, messages_per_minute: 0 })
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2', '127.0.0.1', '127.0.0.1', '127.0.0.1'].map(limits.enter),
    [true, true, false, true, true, true, true],
  )
  // The one that was refused leaves as well.
  limits.leave('192.0.2.1')
  assert.equal(limits.enter('192.0.2.1'), false)
  limits.leave('192.0.2.1')
  limits.leave('192.0.2.1')
  assert.equal(limits.enter('192.0.2.1'), true)
})

test('a minute brings a minute’s worth, no more however long one waited', () => {
  const limits = createSessionLimits({ connections_per_address: 2, messages_per_minute: 3 })
  const take = (now: number, times: number): number =>
    Array.from({ length: times }, () => limits.take('192.0.2.1', now)).filter(Boolean).length
  assert.equal(take(0, 5), 3)
  assert.equal(take(20_000, 5), 1)
  assert.equal(take(3_600_000, 9), 3)
  assert.equal(limits.take('192.0.2.2', 3_600_000), true)
  assert.equal(take(0, 1), 0, 'a clock that goes back gives nothing')
  const none = createSessionLimits({ connections_per_address: 2, messages_per_minute: 0 })
  assert.ok(Array.from({ length: 1_000 }, () => none.take('192.0.2.1', 0)).every(Boolean))
})

test('strangers without number are forgotten, the oldest first', () => {
  const limits = createSessionLimits({ connections_per_address: 2, messages_per_minute: 1 })
  assert.equal(limits.take('192.0.2.1', 0), true)
  for (let n = 0; n < 20_001; n++) limits.take(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, 0)
  assert.equal(limits.take('192.0.2.1', 0), true)
  assert.equal(limits.take('10.0.78.32', 0), false)
})
