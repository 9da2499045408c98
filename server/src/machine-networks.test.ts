import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineNetworks, readNetwork } from './machine-networks.ts'

test('filtering networks are told from everybody else’s', () => {
  const { nameOf } = machineNetworks()
  for (const [address, name] of [
    ['40.107.22.1', 'microsoft'],
    ['::ffff:40.107.22.1', 'microsoft'],
    ['2a01:111:f400::9', 'microsoft'],
    ['205.220.191.255', 'proofpoint'],
    ['205.220.192.0', null],
    ['91.220.42.7', 'mimecast'],
    ['64.235.150.1', 'barracuda'],
    ['8.8.8.8', null],
    ['127.0.0.1', null],
    ['::1', null],
    ['', null],
    ['not an address', null],
  ] as const)
    assert.equal(nameOf(address), name, address)
})

test('an operator adds networks of their own', () => {
  const { nameOf } = machineNetworks(['203.0.113.0/24', '2001:db8:1::/48', '198.51.100.7'])
  assert.equal(nameOf('203.0.113.200'), 'listed')
  assert.equal(nameOf('2001:db8:1:2::3'), 'listed')
  assert.equal(nameOf('198.51.100.7'), 'listed')
  assert.equal(nameOf('198.51.100.8'), null)
})

test('what is no network is refused', () => {
  for (const text of ['', 'example.com', '1.2.3.4/33', '1.2.3.4/', '1.2.3.4/-1', '1.2.3.4/8/8', '::/129', '1.2.3/8'])
    assert.equal(readNetwork(text), null, text)
  assert.throws(() => machineNetworks(['nonsense']))
})
