import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsResolver, MemoryZone } from '../../ports/dns/port.ts'
import { zoneInMemory } from '../../ports/dns/zone-in-memory.ts'
import { inspectSpf, type SpfInspection } from './spf-lookup.ts'
import { inNetwork, readSpf, withTerms } from './spf-record.ts'

test('SPF records are read term by term, and what cannot be read is named', () => {
  const read = readSpf(
    'v=spf1 +a mx/24 a:mail.example.com/28//64 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:_spf.x.example ?exists:%{i}.y.example ~all redirect=z.example exp=e.example',
  )
  assert.deepEqual(read.faults, [])
  assert.deepEqual(
    read.terms.map((term) => [term.qualifier, term.mechanism, term.value, term.prefix4, term.prefix6].join(' ')),
    [
      '+ a  32 128',
      '+ mx  24 128',
      '+ a mail.example.com 28 64',
      '+ ip4 192.0.2.0 24 24',
      '+ ip6 2001:db8:: 32 32',
      '+ include _spf.x.example 32 128',
      '? exists %{i}.y.example 32 128',
      '~ all  32 128',
    ],
  )
  assert.equal(read.redirect, 'z.example')
  for (const word of [
    'ipv4:192.0.2.1',
    'ip4:999.1.1.1',
    'ip4:2001:db8::1',
    'ip4:192.0.2.0/33',
    'include:',
    'include',
    'all:x',
    '-al',
    'a/99',
    '192.0.2.1',
    'redirect=',
  ])
    assert.equal(readSpf(`v=spf1 ${word} -all`).faults.length, 1, word)
})

test('networks match by prefix and never across families', () => {
  assert.ok(inNetwork('192.0.2.77', '192.0.2.0', 24))
  assert.ok(!inNetwork('192.0.3.1', '192.0.2.0', 24))
  assert.ok(inNetwork('2001:db8::5', '2001:db8::', 32))
  assert.ok(!inNetwork('192.0.2.1', '2001:db8::', 0))
  assert.ok(inNetwork('198.51.100.7', '0.0.0.0', 0))
})

test('a merged record keeps its words and puts ours before the last one', () => {
  assert.equal(
    withTerms('v=spf1 include:_spf.x.example -all', ['a:mail.y.example']),
    'v=spf1 include:_spf.x.example a:mail.y.example -all',
  )
  assert.equal(withTerms('v=spf1 mx', ['a:m.example', 'mx']), 'v=spf1 mx a:m.example')
  assert.equal(withTerms('v=spf1 redirect=x.example', ['a:m.example']), 'v=spf1 a:m.example redirect=x.example')
})

const spfZone = (records: Record<string, string | string[]>, more: MemoryZone = {}): DnsResolver =>
  zoneInMemory({
    ...more,
    txt: Object.fromEntries(Object.entries(records).map(([name, text]) => [name, [text].flat()])),
  })

const read = async (resolver: DnsResolver, domain = 'a.example') => {
  const inspection = await inspectSpf(resolver, domain)
  assert.equal(inspection.state, 'read')
  return inspection as Extract<SpfInspection, { state: 'read' }>
}

test('an address is judged through includes, redirects, a and mx', async () => {
  const zone = spfZone(
    {
      'a.example': 'v=spf1 ip4:192.0.2.0/28 a:mail.a.example mx include:inner.example -all',
      'inner.example': 'v=spf1 ip4:198.51.100.1 ?ip4:198.51.100.2 -all',
      'moved.example': 'v=spf1 redirect=a.example',
      'open.example': 'v=spf1 +all',
      'silent.example': 'v=spf1 ip4:192.0.2.1',
    },
    {
      a: { 'mail.a.example': ['203.0.113.9'], 'mx.a.example': ['203.0.113.10'] },
      aaaa: { 'mail.a.example': ['2001:db8::9'] },
      mx: { 'a.example': [{ exchange: 'mx.a.example', priority: 1 }] },
    },
  )
  const cases: [string, string, string][] = [
    ['a.example', '192.0.2.7', 'pass'],
    ['a.example', '203.0.113.9', 'pass'],
    ['a.example', '2001:db8::9', 'pass'],
    ['a.example', '203.0.113.10', 'pass'],
    ['a.example', '198.51.100.1', 'pass'],
    // What an included record says beside pass is not taken over (RFC 7208 §5.2).
    ['a.example', '198.51.100.2', 'fail'],
    ['moved.example', '192.0.2.7', 'pass'],
    ['open.example', '10.1.2.3', 'pass'],
    ['silent.example', '10.1.2.3', 'neutral'],
  ]
  for (const [domain, address, expected] of cases)
    assert.equal(await (await read(zone, domain)).resultOf(address), expected, `${domain} ${address}`)
})

test('look-ups are counted over the whole tree, and a loop or a bush of includes ends', async () => {
  const bush = spfZone({
    'a.example': `v=spf1 a mx ${Array.from({ length: 4 }, (_, i) => `include:i${i}.example`).join(' ')} ip4:192.0.2.1 -all include:never.example`,
    ...Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`i${i}.example`, 'v=spf1 a mx -all'])),
  })
  assert.equal((await read(bush)).lookups, 14)
  assert.equal(await (await read(bush)).resultOf('192.0.2.1'), 'permerror')
  const loop = await read(
    spfZone({ 'a.example': 'v=spf1 include:b.example -all', 'b.example': 'v=spf1 include:a.example -all' }),
  )
  assert.ok(loop.lookups > 10)
  assert.equal(await loop.resultOf('192.0.2.1'), 'permerror')
  const wide = `v=spf1 ${Array.from({ length: 10 }, () => 'include:a.example').join(' ')} -all`
  assert.ok((await read(spfZone({ 'a.example': wide }))).lookups < 200)
})

test('absent, several, broken below and unreachable are told apart', async () => {
  assert.equal((await inspectSpf(spfZone({ 'a.example': 'hello' }), 'a.example')).state, 'absent')
  assert.equal(
    (await inspectSpf(spfZone({ 'a.example': ['v=spf1 -all', 'V=SPF1 ~all'] }), 'a.example')).state,
    'several',
  )
  assert.match(
    (await read(spfZone({ 'a.example': 'v=spf1 include:gone.example -all' }))).faults.join(),
    /gone\.example, which it includes, has no SPF record/,
  )
  assert.match(
    (
      await read(spfZone({ 'a.example': 'v=spf1 include:bad.example -all', 'bad.example': 'v=spf1 ipv4:1.2.3.4' }))
    ).faults.join(),
    /In bad\.example: "ipv4/,
  )
  const zone = spfZone({ 'a.example': 'v=spf1 include:down.example -all' })
  const down: DnsResolver = {
    ...zone,
    txt: async (name) => (name === 'down.example' ? { state: 'error', message: 'ETIMEOUT' } : zone.txt(name)),
  }
  assert.equal((await inspectSpf(down, 'a.example')).state, 'error')
  const macros = await read(spfZone({ 'a.example': 'v=spf1 exists:%{i}.list.example -all' }))
  assert.equal(macros.has_macros, true)
})
