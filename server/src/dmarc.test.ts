import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  applicableRecord,
  type DmarcRecord,
  organizationalDomain,
  pickDmarcRecord,
  policyFor,
  readDmarcRecord,
  walkedDomains,
} from './dmarc.ts'
import { type AuthenticationResult, evaluateDmarc, findDmarcPolicy } from './dmarc-lookup.ts'
import type { DnsResolver } from './ports/dns/port.ts'
import { zoneInMemory } from './ports/dns/zone-in-memory.ts'

const read = (text: string): DmarcRecord => {
  const record = readDmarcRecord(text)
  assert.ok(record, text)
  return record
}

/** A resolver over DMARC records by domain that notes what it was asked; `down` names fail. */
const world = (
  records: Record<string, string | string[]>,
  more: { hosts?: string[]; down?: string[] } = {},
): DnsResolver & { asked: string[] } => {
  const asked: string[] = []
  const zone = zoneInMemory({
    txt: Object.fromEntries(Object.entries(records).map(([name, text]) => [`_dmarc.${name}`, [text].flat()])),
    a: Object.fromEntries((more.hosts ?? []).map((name) => [name, ['192.0.2.1']])),
  })
  return {
    ...zone,
    asked,
    txt: async (name) => {
      asked.push(name)
      return more.down?.includes(name) ? { state: 'error', message: 'the look-up failed (ESERVFAIL)' } : zone.txt(name)
    },
  }
}

test('a record needs its exact version first; everything else is read tolerantly', () => {
  for (const text of ['v=DMARC1', 'v=DMARC1;p=none', 'v = DMARC1 ; p = reject', 'v=DMARC1; p=REJECT;'])
    assert.ok(readDmarcRecord(text), text)
  for (const text of [
    'v=dmarc1; p=none',
    'p=none; v=DMARC1',
    'v=DMARC10; p=none',
    'DMARC1',
    '',
    ' v=DMARC1; p=none',
    'v=spf1 -all',
  ])
    assert.equal(readDmarcRecord(text), null, text)
  const full = read(
    'v=DMARC1; p=reject; sp=Quarantine; np=none; adkim=s; aspf=r; t=y; psd=n; rua=mailto:a@x.example, mailto:b@x.example!10m; fo=1:d',
  )
  assert.deepEqual(
    [full.p, full.sp, full.np, full.adkim, full.aspf, full.testing, full.psd, full.rua.length, full.problems],
    ['reject', 'quarantine', 'none', 'strict', 'relaxed', true, 'n', 2, []],
  )
})

test('faults of a record are named, and tags that were taken out are told apart from unknown ones', () => {
  const cases: [string, RegExp][] = [
    ['v=DMARC1; p=block', /p=block is no policy/],
    ['v=DMARC1; rua=mailto:a@b.example', /tag p is missing/],
    ['v=DMARC1; p=none; adkim=x', /adkim=x must be r or s/],
    ['v=DMARC1; p=none; rua=reports@b.example', /no address of the form mailto/],
    ['v=DMARC1; p=none, sp=none', /is no policy/],
    ['v=DMARC1; p=none; quarantine', /not a tag/],
    ['v=DMARC1; p=none; p=reject', /stands twice/],
    ['v=DMARC1; p=none; foo=bar', /Unknown tags are ignored: foo/],
  ]
  for (const [text, expected] of cases) assert.match(read(text).problems.join(' '), expected, text)
  assert.deepEqual(read('v=DMARC1; p=none; pct=50; ri=1; rf=afrf').removed_tags, ['pct', 'ri', 'rf'])
})

test('several records at one name are no record; others at the name do not matter', () => {
  assert.equal(pickDmarcRecord(['v=DMARC1; p=none', 'v=DMARC1; p=reject']), null)
  assert.equal(pickDmarcRecord(['v=spf1 -all', 'v=DMARC1; p=reject'])?.p, 'reject')
  assert.equal(pickDmarcRecord([]), null)
})

test('a walk asks at most eight names and reaches the top-level label', () => {
  assert.deepEqual(walkedDomains('a.mail.example.com'), [
    'a.mail.example.com',
    'mail.example.com',
    'example.com',
    'com',
  ])
  assert.deepEqual(walkedDomains('com'), ['com'])
  // The example of RFC 9989 §4.10: eight labels or more are cut to seven after the first name.
  assert.deepEqual(walkedDomains('a.b.c.d.e.f.g.h.i.j.mail.example.com'), [
    'a.b.c.d.e.f.g.h.i.j.mail.example.com',
    'g.h.i.j.mail.example.com',
    'h.i.j.mail.example.com',
    'i.j.mail.example.com',
    'j.mail.example.com',
    'mail.example.com',
    'example.com',
    'com',
  ])
  assert.equal(walkedDomains('a.b.c.d.e.f.g.com')[1], 'b.c.d.e.f.g.com')
  assert.equal(walkedDomains('a.b.c.d.e.f.g.com').length, 8)
})

const found = (records: Record<string, string>) =>
  Object.entries(records).map(([domain, text]) => ({ domain, record: read(text) }))

test('the organizational domain follows psd=n, then the label below psd=y, then the shortest name with a record', () => {
  const cases: [string, Record<string, string>, string][] = [
    [
      'a.mail.example.com',
      { 'mail.example.com': 'v=DMARC1; p=none', 'example.com': 'v=DMARC1; p=none' },
      'example.com',
    ],
    ['a.mail.example.com', { 'mail.example.com': 'v=DMARC1; p=none; psd=n' }, 'mail.example.com'],
    ['a.b.example.bank', { bank: 'v=DMARC1; p=reject; psd=y' }, 'example.bank'],
    ['giant.bank.example', { 'bank.example': 'v=DMARC1; p=reject; psd=y' }, 'giant.bank.example'],
    [
      'mail.giant.bank.example',
      { 'giant.bank.example': 'v=DMARC1; p=none', 'bank.example': 'v=DMARC1; p=reject; psd=y' },
      'giant.bank.example',
    ],
    // The suffix itself sends mail: its own psd=y does not put its organization below it.
    ['bank.example', { 'bank.example': 'v=DMARC1; p=reject; psd=y' }, 'bank.example'],
    ['a.example.com', {}, 'a.example.com'],
    ['a.example.com', { 'a.example.com': 'v=DMARC1; p=none' }, 'a.example.com'],
  ]
  for (const [start, records, expected] of cases)
    assert.equal(organizationalDomain(start, found(records)), expected, start)
})

test('a record between the author and its organization does not apply', () => {
  const records = found({ 'mail.example.com': 'v=DMARC1; p=reject', 'example.com': 'v=DMARC1; p=none' })
  assert.equal(applicableRecord('a.mail.example.com', records)?.domain, 'example.com')
  assert.equal(applicableRecord('mail.example.com', records)?.domain, 'mail.example.com')
})

test('sp and np fall back to each other and to p; t=y lowers by one level; a broken record needs a report address', () => {
  const cases: [string, Parameters<typeof policyFor>[1], string][] = [
    ['v=DMARC1; p=reject', 'own', 'reject'],
    ['v=DMARC1; p=reject', 'subdomain', 'reject'],
    ['v=DMARC1; p=reject; sp=none', 'own', 'reject'],
    ['v=DMARC1; p=reject; sp=none', 'subdomain', 'none'],
    ['v=DMARC1; p=none; sp=quarantine', 'missing_subdomain', 'quarantine'],
    ['v=DMARC1; p=none; sp=quarantine; np=reject', 'missing_subdomain', 'reject'],
    ['v=DMARC1; p=none; np=reject', 'subdomain', 'none'],
    ['v=DMARC1; p=reject; t=y', 'own', 'quarantine'],
    ['v=DMARC1; p=quarantine; t=y', 'own', 'none'],
    ['v=DMARC1; p=none; t=y', 'own', 'none'],
    ['v=DMARC1; p=reject; pct=0', 'own', 'reject'],
    ['v=DMARC1; p=oops; rua=mailto:a@b.example', 'own', 'none'],
    ['v=DMARC1; p=reject; sp=oops; rua=mailto:a@b.example', 'own', 'none'],
    ['v=DMARC1; rua=mailto:a@b.example', 'own', 'none'],
    ['v=DMARC1; p=oops', 'own', 'unusable'],
    ['v=DMARC1', 'own', 'unusable'],
  ]
  for (const [text, relation, expected] of cases) {
    const applied = policyFor(read(text), relation)
    assert.equal(applied.state === 'applies' ? applied.policy : applied.state, expected, `${text} ${relation}`)
  }
})

test('the policy is found up the tree, and np only covers names that do not exist', async () => {
  const records = { 'example.com': 'v=DMARC1; p=none; sp=quarantine; np=reject' }
  const policyOf = async (domain: string, resolver: DnsResolver) => {
    const discovery = await findDmarcPolicy(resolver, domain)
    return discovery.state === 'found' ? discovery.policy : discovery.state
  }
  const zone = world(records, { hosts: ['news.example.com'] })
  assert.equal(await policyOf('example.com', zone), 'none')
  assert.equal(await policyOf('news.example.com', zone), 'quarantine')
  assert.equal(await policyOf('ghost.example.com', zone), 'reject')
  assert.equal(await policyOf('NEWS.Example.COM.', zone), 'quarantine')
  assert.equal(await policyOf('other.example', zone), 'absent')
  assert.equal(
    await policyOf('x.bank.example', world({ 'bank.example': 'v=DMARC1; p=reject; psd=y; sp=quarantine' })),
    'quarantine',
  )
  assert.equal(
    await policyOf('a.example.com', world({ 'a.example.com': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'], ...records })),
    'reject',
  )
  assert.equal(await policyOf('münchen.example', world({ 'xn--mnchen-3ya.example': 'v=DMARC1; p=reject' })), 'reject')
})

test('a name server that fails is an error, never the absence of a record; a walk ends at psd=n', async () => {
  const broken = await findDmarcPolicy(world({}, { down: ['_dmarc.example.com'] }), 'a.example.com')
  assert.equal(broken.state, 'error')
  const stopped = world({ 'mail.example.com': 'v=DMARC1; p=none; psd=n' }, { down: ['_dmarc.com'] })
  assert.equal((await findDmarcPolicy(stopped, 'a.mail.example.com')).state, 'found')
  assert.deepEqual(stopped.asked, ['_dmarc.a.mail.example.com', '_dmarc.mail.example.com'])
  const long = world({})
  await findDmarcPolicy(long, 'a.b.c.d.e.f.g.h.i.j.k.example.com')
  assert.equal(long.asked.length, 8)
})

type Case = {
  name: string
  records: Record<string, string | string[]>
  from: string
  spf?: [AuthenticationResult, string]
  dkim?: [AuthenticationResult, string][]
  down?: string[]
  result: string
  policy?: string | null
}

const relaxed = { 'example.com': 'v=DMARC1; p=reject' }
const strict = { 'example.com': 'v=DMARC1; p=reject; adkim=s; aspf=s' }
const CASES: Case[] = [
  {
    name: 'no record',
    records: {},
    from: 'example.com',
    dkim: [['pass', 'example.com']],
    result: 'none',
    policy: null,
  },
  {
    name: 'DKIM of the same domain',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'example.com']],
    result: 'pass',
    policy: 'reject',
  },
  {
    name: 'DKIM of the organization for a subdomain',
    records: relaxed,
    from: 'news.example.com',
    dkim: [['pass', 'example.com']],
    result: 'pass',
  },
  {
    name: 'SPF of a bounce subdomain',
    records: relaxed,
    from: 'example.com',
    spf: ['pass', 'bounce.example.com'],
    result: 'pass',
  },
  {
    name: 'strict SPF of a bounce subdomain',
    records: strict,
    from: 'example.com',
    spf: ['pass', 'bounce.example.com'],
    result: 'fail',
    policy: 'reject',
  },
  {
    name: 'strict DKIM of the same domain',
    records: strict,
    from: 'example.com',
    dkim: [['pass', 'Example.COM']],
    result: 'pass',
  },
  {
    name: 'strict DKIM of the organization',
    records: strict,
    from: 'news.example.com',
    dkim: [['pass', 'example.com']],
    result: 'fail',
  },
  {
    name: 'a relay that signs with its own name',
    records: relaxed,
    from: 'example.com',
    spf: ['pass', 'relay.example'],
    dkim: [['pass', 'relay.example']],
    result: 'fail',
  },
  {
    name: 'a signature that failed',
    records: relaxed,
    from: 'example.com',
    dkim: [['fail', 'example.com']],
    result: 'fail',
  },
  {
    name: 'softfail is no pass',
    records: relaxed,
    from: 'example.com',
    spf: ['softfail', 'example.com'],
    result: 'fail',
  },
  {
    name: 'siblings under a public suffix are strangers',
    records: { 'co.example': 'v=DMARC1; p=reject; psd=y' },
    from: 'mine.co.example',
    dkim: [['pass', 'yours.co.example']],
    result: 'fail',
  },
  {
    name: 'a name that only looks like the organization',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'badexample.com']],
    result: 'fail',
  },
  {
    name: 'psd=n cuts a subdomain off',
    records: { ...relaxed, 'dept.example.com': 'v=DMARC1; p=quarantine; psd=n' },
    from: 'dept.example.com',
    dkim: [['pass', 'example.com']],
    result: 'fail',
    policy: 'quarantine',
  },
  {
    name: 'a signature of a cut-off department does not speak for the whole',
    records: { ...relaxed, 'dept.example.com': 'v=DMARC1; p=none; psd=n' },
    from: 'example.com',
    dkim: [['pass', 'dept.example.com']],
    result: 'fail',
  },
  {
    name: 'two records are none',
    records: { 'example.com': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] },
    from: 'example.com',
    result: 'none',
  },
  {
    name: 'a record that cannot be used',
    records: { 'example.com': 'v=DMARC1; p=nonsense' },
    from: 'example.com',
    dkim: [['pass', 'example.com']],
    result: 'permerror',
    policy: null,
  },
  {
    name: 'the policy cannot be looked up',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'example.com']],
    down: ['_dmarc.example.com'],
    result: 'temperror',
  },
  {
    name: 'an aligned signature that could not be checked',
    records: relaxed,
    from: 'example.com',
    dkim: [['temperror', 'example.com']],
    spf: ['fail', 'example.com'],
    result: 'temperror',
  },
  {
    name: 'an unaligned one that could not be checked',
    records: relaxed,
    from: 'example.com',
    dkim: [['temperror', 'relay.example']],
    result: 'fail',
  },
  {
    name: 'one of many signatures is enough',
    records: relaxed,
    from: 'example.com',
    dkim: [
      ['fail', 'example.com'],
      ['pass', 'relay.example'],
      ['pass', 'mail.example.com'],
    ],
    result: 'pass',
  },
  {
    name: 'the organization of the signer cannot be looked up',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'mail.example.com']],
    down: ['_dmarc.mail.example.com'],
    result: 'temperror',
  },
  {
    name: 'the domain itself is known and a name above it cannot be asked',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'example.com']],
    down: ['_dmarc.com'],
    result: 'pass',
  },
  {
    name: 'its organization cannot be known then',
    records: relaxed,
    from: 'example.com',
    dkim: [['pass', 'mail.example.com']],
    down: ['_dmarc.com'],
    result: 'temperror',
  },
  {
    name: 'a null envelope sender has no SPF identity',
    records: relaxed,
    from: 'example.com',
    spf: ['pass', ''],
    result: 'fail',
  },
  {
    name: 'test mode asks one level less',
    records: { 'example.com': 'v=DMARC1; p=reject; t=y' },
    from: 'example.com',
    result: 'fail',
    policy: 'quarantine',
  },
]

for (const one of CASES)
  test(`DMARC: ${one.name}: ${one.result}`, async () => {
    const verdict = await evaluateDmarc(
      {
        author_domain: one.from,
        spf: one.spf ? { result: one.spf[0], domain: one.spf[1] } : null,
        dkim: (one.dkim ?? []).map(([result, domain]) => ({ result, domain })),
      },
      world(one.records, { down: one.down ?? [] }),
    )
    assert.equal(verdict.result, one.result, verdict.reason)
    if (one.policy !== undefined) assert.equal(verdict.policy, one.policy)
  })

test('a message with very many signatures costs a bounded number of look-ups', async () => {
  const zone = world(relaxed)
  const dkim = Array.from({ length: 500 }, (_, i) => ({
    result: 'pass' as const,
    domain: `s${i}.example.com.evil.example`,
  }))
  assert.equal((await evaluateDmarc({ author_domain: 'example.com', spf: null, dkim }, zone)).result, 'fail')
  assert.equal(zone.asked.length, 2)
  const own = world({
    'example.com': 'v=DMARC1; p=reject',
    ...Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`s${i}.example.com`, 'v=DMARC1; p=none; psd=n'])),
  })
  await evaluateDmarc(
    {
      author_domain: 'example.com',
      spf: null,
      dkim: Array.from({ length: 500 }, (_, i) => ({ result: 'pass' as const, domain: `s${i}.example.com` })),
    },
    own,
  )
  assert.ok(own.asked.length <= 100, String(own.asked.length))
})
