import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSpamHeader, spamVerdict } from './spam-headers.ts'
import { isTrustedRelay } from './trusted-relay.ts'

const verdict = (isTrusted: boolean, ...fields: [name: string, value: string][]) =>
  spamVerdict(
    fields.map(([name, value]) => ({ name, value })),
    isTrusted,
  ).status

test('that a message is spam is believed from anybody, that it is none from the operator’s own relay alone', () => {
  for (const [spam, clean] of [
    [
      ['X-Spam-Flag', 'YES'],
      ['X-Spam-Flag', 'NO'],
    ],
    [
      ['X-Spam-Status', 'Yes, score=9.1 required=5.0'],
      ['X-Spam-Status', 'No, score=-1.0 required=5.0'],
    ],
    [
      ['X-Rspamd-Action', 'add header'],
      ['X-Rspamd-Action', 'no action'],
    ],
    [
      ['X-Spamd-Result', 'default: True [16.00 / 15.00]'],
      ['X-Spamd-Result', 'default: False [1.00 / 15.00]'],
    ],
    [
      ['X-MS-Exchange-Organization-SCL', '9'],
      ['X-MS-Exchange-Organization-SCL', '-1'],
    ],
  ] as [[string, string], [string, string]][]) {
    assert.deepEqual([verdict(false, spam), verdict(true, spam)], ['FAIL', 'FAIL'], spam[0])
    assert.deepEqual([verdict(false, clean), verdict(true, clean)], ['GRAY', 'PASS'], clean[0])
    assert.equal(verdict(true, clean, spam), 'FAIL')
  }
  assert.deepEqual([verdict(true), verdict(true, ['X-Spam-Level', '***'])], ['GRAY', 'GRAY'])
  assert.deepEqual([isSpamHeader('X-Spam-Level'), isSpamHeader('X-Spelling')], [true, false])
})

test('a relay is trusted by its network, in either spelling of IPv4', () => {
  const networks = ['192.0.2.0/24', '2001:db8::/32']
  for (const address of ['192.0.2.9', '::ffff:192.0.2.9', '2001:db8:1::5']) assert.ok(isTrustedRelay(networks, address))
  for (const address of ['192.0.3.9', '2001:db9::1', '', 'x', null]) assert.ok(!isTrustedRelay(networks, address))
  assert.ok(!isTrustedRelay([], '192.0.2.9'))
})
