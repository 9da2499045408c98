import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsResolver } from '../dns/port.ts'
import { zoneInMemory } from '../dns/zone-in-memory.ts'
import { findAddresses, findMailHosts } from './mx-hosts.ts'

const mx = (...records: [number, string][]) => records.map(([priority, exchange]) => ({ priority, exchange }))

test('hosts come by preference, equals by lot, each once, names in lower case without a final dot', async () => {
  const zone = zoneInMemory({
    mx: { 'a.test': mx([20, 'LAST.a.test.'], [10, 'one.a.test'], [10, 'two.a.test'], [30, 'one.a.test']) },
  })
  const first = new Set<string>()
  for (let i = 0; i < 60; i++) {
    const found = await findMailHosts(zone, 'a.test')
    assert.equal(found.state, 'found')
    if (found.state !== 'found') continue
    assert.equal(found.hosts.length, 3)
    assert.equal(found.hosts[2], 'last.a.test')
    first.add(found.hosts[0] as string)
  }
  assert.deepEqual([...first].sort(), ['one.a.test', 'two.a.test'])
})

test('no MX and an address: the domain itself; neither: absent; only the null MX: null', async () => {
  const zone = zoneInMemory({
    mx: { 'null.test': mx([0, '']), 'dot.test': mx([0, '.']), 'mixed.test': mx([0, ''], [10, 'mx.mixed.test']) },
    a: { 'four.test': ['192.0.2.1'] },
    aaaa: { 'six.test': ['2001:db8::1'] },
  })
  assert.deepEqual(await findMailHosts(zone, 'four.test'), { state: 'found', hosts: ['four.test'] })
  assert.deepEqual(await findMailHosts(zone, 'six.test'), { state: 'found', hosts: ['six.test'] })
  assert.deepEqual(await findMailHosts(zone, 'none.test'), { state: 'absent' })
  assert.deepEqual(await findMailHosts(zone, 'null.test'), { state: 'null_mx' })
  assert.deepEqual(await findMailHosts(zone, 'dot.test'), { state: 'null_mx' })
  assert.deepEqual(await findMailHosts(zone, 'mixed.test'), { state: 'found', hosts: ['mx.mixed.test'] })
})

test('a name server that fails is an error, never an absence', async () => {
  const error = { state: 'error', message: 'SERVFAIL' } as const
  const absent = { state: 'absent' } as const
  const resolver = (over: Partial<Record<'mx' | 'a' | 'aaaa', typeof error | typeof absent>>) =>
    ({
      mx: async () => over.mx ?? absent,
      a: async () => over.a ?? absent,
      aaaa: async () => over.aaaa ?? absent,
    }) as Pick<DnsResolver, 'mx' | 'a' | 'aaaa'>
  assert.equal((await findMailHosts(resolver({ mx: error }), 'x.test')).state, 'error')
  assert.equal((await findMailHosts(resolver({ a: error }), 'x.test')).state, 'error')
  assert.equal((await findMailHosts(resolver({ aaaa: error }), 'x.test')).state, 'error')
  assert.equal((await findAddresses(resolver({ aaaa: error }), 'x.test')).state, 'error')
})

test('addresses come family by family in the order asked for, and a family that is not asked for is left out', async () => {
  const zone = zoneInMemory({ a: { 'h.test': ['192.0.2.1', '192.0.2.2'] }, aaaa: { 'h.test': ['2001:db8::1'] } })
  const read = async (families?: (4 | 6)[]) => {
    const found = await findAddresses(zone, 'h.test', families)
    return found.state === 'found' ? found.addresses : found.state
  }
  assert.deepEqual(await read(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
  assert.deepEqual(await read([6, 4]), ['2001:db8::1', '192.0.2.1', '192.0.2.2'])
  assert.deepEqual(await read([6]), ['2001:db8::1'])
})

test('a hostile domain with a thousand hosts and addresses is bounded', async () => {
  const zone = zoneInMemory({
    mx: { 'x.test': mx(...Array.from({ length: 1000 }, (_, i): [number, string] => [i, `h${i}.test`])) },
    a: { 'h0.test': Array.from({ length: 250 }, (_, i) => `192.0.2.${i}`) },
  })
  const hosts = await findMailHosts(zone, 'x.test')
  assert.ok(hosts.state === 'found' && hosts.hosts.length <= 10 && hosts.hosts[0] === 'h0.test')
  const addresses = await findAddresses(zone, 'h0.test')
  assert.ok(addresses.state === 'found' && addresses.addresses.length <= 10)
})
