import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsResolver, MemoryZone } from '../../ports/dns/port.ts'
import { zoneInMemory } from '../../ports/dns/zone-in-memory.ts'
import { checkRecords, judgeKey } from './check-records.ts'
import { type DomainFacts, type DomainKey, dkimRecord, recordsFor } from './dns-records.ts'
import { judgeDomain, judgeVerification, nextCheckAt } from './domain-verdict.ts'
import { relayTerm } from './instance-names.ts'

const NOW = new Date('2026-01-14T08:00:00Z')
const HOUR = 3_600_000
const KEY = 'M'.repeat(392)

const key = (over: Partial<DomainKey> = {}): DomainKey => ({
  id: over.selector ?? 'bav1',
  selector: 'bav1',
  algorithm: 'rsa',
  public_key: KEY,
  state: 'active',
  created_at: NOW,
  activated_at: NOW,
  retired_at: null,
  ...over,
})

const domain: DomainFacts = {
  domain: 'a.example',
  ownership: ['tok', 'oldtok'],
  keys: [key()],
  inbound_enabled: true,
  mail_from_host: 'bounce.a.example',
  tracking_host: 'track.a.example',
  mta_sts_mode: 'testing',
}
const names = { mail_host: 'mx.bavlio.example', web_host: 'app.bavlio.example', spf_terms: ['a:relay.example'] }
const HOSTS = {
  'mx.bavlio.example': ['192.0.2.1'],
  'app.bavlio.example': ['192.0.2.2'],
  'relay.example': ['192.0.2.3'],
}

const check = async (
  zone: MemoryZone,
  facts: Partial<DomainFacts> = {},
  wrap = (resolver: DnsResolver) => resolver,
) => {
  const all = { ...domain, ...facts }
  const resolver = wrap(zoneInMemory({ ...zone, a: { ...HOSTS, ...zone.a } }))
  return checkRecords(recordsFor(all, names, NOW), all, names, resolver)
}
const found = async (...args: Parameters<typeof check>) =>
  Object.fromEntries((await check(...args)).map((record) => [record.purpose, record]))

const complete = (): Required<Pick<MemoryZone, 'txt' | 'mx' | 'cname'>> => {
  const records = recordsFor(domain, names, NOW)
  const of = (type: string) =>
    Object.fromEntries(records.filter((r) => r.type === type).map((r) => [r.name, [r.value]]))
  return {
    txt: of('TXT'),
    cname: of('CNAME'),
    mx: Object.fromEntries(
      records.filter((r) => r.type === 'MX').map((r) => [r.name, [{ exchange: r.value, priority: 10 }]]),
    ),
  }
}

test('what is asked for is what passes', async () => {
  const records = await check(complete())
  assert.deepEqual(
    records.filter(({ status }) => status !== 'verified'),
    [],
  )
  assert.deepEqual(
    records.map(({ purpose }) => purpose),
    [
      'ownership',
      'dkim',
      'spf',
      'dmarc',
      'mail_from_mx',
      'mail_from_spf',
      'mx',
      'tracking',
      'mta_sts',
      'mta_sts_host',
      'tls_rpt',
    ],
  )
  assert.deepEqual(
    records.filter(({ required }) => required).map(({ purpose }) => purpose),
    ['ownership', 'dkim'],
  )
})

test('a value beyond 255 octets stands in the description cut into quoted strings', () => {
  const [, dkim] = recordsFor(domain, names, NOW)
  const parts = [...(dkim?.description ?? '').matchAll(/"([^"]+)"/g)].map((match) => match[1] as string)
  assert.equal(parts.join(''), dkim?.value)
  assert.ok(parts.length === 2 && parts.every((part) => part.length <= 255))
})

test('records are recognised in the forms in which people publish them', async () => {
  const records = await found({
    txt: {
      '_bavlio.a.example': ['other', 'bavlio-verify=oldtok'],
      'bav1._domainkey.a.example': [`k=rsa;  p=${KEY.slice(0, 100)} ${KEY.slice(100)} ; v=DKIM1; t=s`],
      'a.example': ['google-site-verification=x', 'V=SPF1 ip4:192.0.2.0/24 include:_spf.example.com -all'],
      '_spf.example.com': ['v=spf1 -all'],
      '_dmarc.a.example': ['v=DMARC1; p=reject'],
    },
    mx: { 'a.example': [{ exchange: 'MX.Bavlio.example.', priority: 5 }] },
    a: { 'track.a.example': ['192.0.2.2'] },
  })
  for (const purpose of ['ownership', 'dkim', 'spf', 'dmarc', 'mx', 'tracking'])
    assert.equal(records[purpose]?.status, 'verified', `${purpose}: ${records[purpose]?.error_message}`)
  assert.match(records.tracking?.note ?? '', /a CNAME would follow/)
})

const FAULTS: [string, string, MemoryZone, RegExp][] = [
  ['ownership', 'another token', { txt: { '_bavlio.a.example': ['bavlio-verify=x'] } }, /must be exactly/],
  [
    'ownership',
    'entered with the domain twice',
    { txt: { '_bavlio.a.example.a.example': ['bavlio-verify=tok'] } },
    /enter only "_bavlio"/,
  ],
  ['spf', 'two records', { txt: { 'a.example': ['v=spf1 -all', 'v=spf1 ~all'] } }, /several SPF records/],
  [
    'spf',
    'a relay that is not named',
    { txt: { 'a.example': ['v=spf1 include:i.example -all'], 'i.example': ['v=spf1 -all'] } },
    /Publish instead: v=spf1 include:i\.example a:relay\.example -all/,
  ],
  [
    'spf',
    'too many look-ups',
    { txt: { 'a.example': [`v=spf1 ${'mx '.repeat(11)}-all`] } },
    /need 11 DNS look-ups.*§4\.6\.4/,
  ],
  ['spf', 'everybody allowed', { txt: { 'a.example': ['v=spf1 +all'] } }, /lets everybody send/],
  [
    'spf',
    'a typing error',
    { txt: { 'a.example': ['v=spf1 inclde:x.example ~all'] } },
    /"inclde:x\.example" is nothing/,
  ],
  ['spf', 'no version', { txt: { 'a.example': ['"v=spf1 a ~all"'] } }, /does not begin with/],
  [
    'spf',
    'an include that is gone',
    { txt: { 'a.example': ['v=spf1 include:gone.example ~all'] } },
    /gone\.example.*no SPF record/,
  ],
  [
    'dmarc',
    'two records',
    { txt: { '_dmarc.a.example': ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] } },
    /several DMARC records/,
  ],
  ['dmarc', 'an unknown policy', { txt: { '_dmarc.a.example': ['v=DMARC1; p=block'] } }, /p=block is no policy/],
  ['dmarc', 'the version in lower case', { txt: { '_dmarc.a.example': ['v=dmarc1; p=none'] } }, /begin with exactly/],
  [
    'mx',
    'mail goes elsewhere',
    { mx: { 'a.example': [{ exchange: 'aspmx.l.google.com', priority: 1 }] } },
    /goes to aspmx\.l\.google\.com and never gets here/,
  ],
  [
    'mx',
    'another server preferred',
    {
      mx: {
        'a.example': [
          { exchange: 'other.example', priority: 1 },
          { exchange: 'mx.bavlio.example', priority: 9 },
        ],
      },
    },
    /other\.example is preferred/,
  ],
  ['mx', 'null MX', { mx: { 'a.example': [{ exchange: '', priority: 0 }] } }, /null MX/],
  [
    'mail_from_mx',
    'bounces go elsewhere',
    { mx: { 'bounce.a.example': [{ exchange: 'other.example', priority: 1 }] } },
    /goes to other\.example/,
  ],
  ['mail_from_spf', 'not named', { txt: { 'bounce.a.example': ['v=spf1 -all'] } }, /does not name the servers/],
  [
    'tracking',
    'another target',
    { cname: { 'track.a.example': ['old.example'] } },
    /leads to old\.example instead of app\.bavlio\.example/,
  ],
  [
    'tracking',
    'an address elsewhere',
    { a: { 'track.a.example': ['198.51.100.9'] } },
    /address record in place of the CNAME/,
  ],
  ['mta_sts', 'an id of before', { txt: { '_mta-sts.a.example': ['v=STSv1; id=1'] } }, /another version of the policy/],
  ['mta_sts', 'no id', { txt: { '_mta-sts.a.example': ['v=STSv1;'] } }, /needs an id/],
  ['tls_rpt', 'nowhere to report to', { txt: { '_smtp._tls.a.example': ['v=TLSRPTv1;'] } }, /needs rua/],
]
for (const [purpose, name, zone, message] of FAULTS)
  test(`${purpose}, ${name}: said in plain words`, async () => {
    const record = (await found(zone))[purpose]
    assert.notEqual(record?.status, 'verified')
    assert.match(record?.error_message ?? '', message)
  })

test('faults of a published key are told apart', () => {
  const cases: [string[], RegExp][] = [
    [['v=DKIM1; k=rsa'], /tag p= is missing/],
    [['v=DKIM1; p='], /withdrawn/],
    [[`v=DKIM1; p=${'N'.repeat(392)}`], /Another key/],
    [[`v=DKIM1; p=${KEY.slice(0, 243)}`], /cut off after 243 of 392/],
    [[`v=DKIM1; p=${KEY.slice(0, 200)}""${KEY.slice(200)}`], /Quotation marks/],
    [[`v=DKIM1; k=ed25519; p=${KEY}`], /k=ed25519; this is an RSA key/],
    [[`v=DKIM1; h=sha1; p=${KEY}`], /sha256/],
    [[`v=DKIM1; s=tlsrpt; p=${KEY}`], /for e-mail/],
    [[`v=DKIM2; p=${KEY}`], /v=DKIM2/],
    [[`v=DKIM1; p=${KEY}`, `v=DKIM1; p=${'N'.repeat(392)}`], /Several keys/],
  ]
  for (const [values, message] of cases)
    assert.match(judgeKey(values, key()).error_message ?? '', message, values.join(' '))
  assert.match(judgeKey([`v=DKIM1; t=y; p=${KEY}`], key()).note ?? '', /only testing/)
})

test('a DMARC record of the organization covers a subdomain, and tags of the past are noted', async () => {
  const records = await found({ txt: { '_dmarc.example': ['v=DMARC1; p=reject; pct=50'] } })
  assert.deepEqual([records.dmarc?.status, records.dmarc?.note], ['verified', 'Inherited from example.'])
  const own = await found({ txt: { '_dmarc.a.example': ['v=DMARC1; p=none; pct=50; aspf=s'] } })
  assert.match(own.dmarc?.note ?? '', /took out pct/)
  assert.match(own.dmarc?.note ?? '', /only DKIM aligns/)
})

test('a retired key is kept for seven days and then listed as removable; a new one is asked for beside it', () => {
  const day = (n: number) => new Date(NOW.getTime() - n * 24 * HOUR)
  const keys = [
    key({ selector: 'bav1', state: 'retired', retired_at: day(8) }),
    key({ selector: 'bav2', state: 'retired', retired_at: day(6) }),
    key({ selector: 'bav3' }),
    key({ selector: 'bav4', state: 'next', activated_at: null }),
    key({ selector: 'bav3e', algorithm: 'ed25519', public_key: 'E'.repeat(44) }),
  ]
  const records = recordsFor({ ...domain, keys }, names, NOW).filter(({ purpose }) => purpose.startsWith('dkim'))
  assert.deepEqual(
    records.map(({ name, purpose, required }) => `${name.split('.')[0]} ${purpose} ${required}`),
    [
      'bav3 dkim true',
      'bav3e dkim false',
      'bav4 dkim_next false',
      'bav1 dkim_retired false',
      'bav2 dkim_retired false',
    ],
  )
  assert.match(records[3]?.description ?? '', /can be removed/)
  assert.match(records[4]?.description ?? '', /keep until 2026-01-15/)
  assert.equal(records[1]?.value, `v=DKIM1; k=ed25519; p=${'E'.repeat(44)}`)
})

test('records that would name this instance are left out while it has no public name', () => {
  const without = recordsFor(domain, { mail_host: null, web_host: null, spf_terms: [] }, NOW)
  assert.deepEqual(
    without.map(({ purpose }) => purpose),
    ['ownership', 'dkim', 'dmarc', 'tls_rpt'],
  )
})

test('a domain that takes no mail has no MX, MTA-STS or TLS-RPT, and still a MAIL FROM', () => {
  const purposes = recordsFor({ ...domain, inbound_enabled: false }, names, NOW).map(({ purpose }) => purpose)
  assert.deepEqual(purposes, ['ownership', 'dkim', 'spf', 'dmarc', 'mail_from_mx', 'mail_from_spf', 'tracking'])
})

test('ownership and the RSA key alone decide; errors of the way decide nothing', async () => {
  const zone = { txt: { '_bavlio.a.example': ['bavlio-verify=tok'], 'bav1._domainkey.a.example': [dkimRecord(key())] } }
  assert.deepEqual(judgeVerification(await check(zone)), { outcome: 'verified' })
  const down = (broken: string) => (resolver: DnsResolver) => ({
    ...resolver,
    txt: async (name: string) =>
      name.startsWith(broken) ? { state: 'error' as const, message: 'ETIMEOUT' } : resolver.txt(name),
  })
  assert.equal(judgeVerification(await check(zone, {}, down('_bavlio'))).outcome, 'unreachable')
  // What is known to be missing is missing, whatever else could not be asked.
  assert.equal(judgeVerification(await check({}, {}, down('_bavlio'))).outcome, 'failed')
  const rotating = { keys: [key(), key({ selector: 'bav2', state: 'next', activated_at: null })] }
  const next = { txt: { '_bavlio.a.example': ['bavlio-verify=tok'], 'bav2._domainkey.a.example': [dkimRecord(key())] } }
  assert.equal(judgeVerification(await check(next, rotating)).outcome, 'verified')
})

test('a verified domain that lacks a record warns once, fails after 72 hours, and recovers', () => {
  const state = { status: 'verified' as const, failing_since: null, verified_at: NOW, created_at: NOW }
  const lost = { outcome: 'failed' as const, error: 'gone' }
  const later = (hours: number) => new Date(NOW.getTime() + hours * HOUR)
  const first = judgeDomain(state, lost, NOW)
  assert.deepEqual([first.status, first.alert, first.event, first.failing_since], ['verified', 'failing', null, NOW])
  const failing = { ...state, failing_since: NOW }
  assert.deepEqual(
    [judgeDomain(failing, lost, later(71)).status, judgeDomain(failing, lost, later(71)).alert],
    ['verified', null],
  )
  const unreachable = judgeDomain(failing, { outcome: 'unreachable', error: 'down' }, later(100))
  assert.deepEqual([unreachable.status, unreachable.failing_since], ['verified', NOW])
  const ended = judgeDomain(failing, lost, later(72))
  assert.deepEqual([ended.status, ended.event, ended.alert], ['failed', 'failed', 'failed'])
  const back = judgeDomain(failing, { outcome: 'verified' }, later(5))
  assert.deepEqual([back.status, back.event, back.alert, back.failing_since], ['verified', null, 'recovered', null])
  const again = judgeDomain({ ...state, status: 'failed', verified_at: null }, { outcome: 'verified' }, later(5))
  assert.deepEqual([again.status, again.event, again.alert], ['verified', 'verified', 'verified'])
})

test('a new domain waits 72 hours for its records, and one that somebody asked for fails at once', () => {
  const lost = { outcome: 'failed' as const, error: 'missing' }
  const state = { failing_since: null, verified_at: null, created_at: NOW }
  const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR)
  assert.equal(judgeDomain({ ...state, status: 'pending' }, lost, at(71)).status, 'pending')
  const ended = judgeDomain({ ...state, status: 'pending' }, lost, at(72))
  assert.deepEqual([ended.status, ended.event, ended.alert], ['failed', 'failed', 'timed_out'])
  const asked = judgeDomain({ ...state, status: 'verifying' }, lost, at(1))
  assert.deepEqual([asked.status, asked.event, asked.alert], ['failed', 'failed', null])
  assert.equal(judgeDomain({ ...state, status: 'failed' }, lost, at(500)).event, null)
  assert.equal(
    judgeDomain({ ...state, status: 'verifying' }, { outcome: 'unreachable', error: '' }, at(1)).status,
    'pending',
  )
})

test('checks are frequent while something is awaited and rare afterwards, and are spread', () => {
  const minutes = (domain: Partial<Parameters<typeof nextCheckAt>[0]>, age_hours: number, spread = 0.5): number => {
    const now = new Date(NOW.getTime() + age_hours * HOUR)
    const all = { status: 'pending' as const, failing_since: null, created_at: NOW, waiting_since: null, ...domain }
    return Math.round((nextCheckAt(all, now, spread).getTime() - now.getTime()) / 60_000)
  }
  assert.equal(minutes({}, 1), 15)
  assert.equal(minutes({}, 25), 60)
  assert.equal(minutes({ status: 'failed' }, 24 * 8), 24 * 60)
  assert.equal(minutes({ status: 'verified' }, 500), 360)
  assert.deepEqual([minutes({ status: 'verified' }, 500, 0), minutes({ status: 'verified' }, 500, 1)], [324, 396])
  assert.equal(minutes({ status: 'verified', failing_since: NOW }, 1), 60)
  // The last look falls on the end of the 72 hours.
  assert.equal(minutes({ status: 'verified', failing_since: NOW }, 71.5), 30)
  assert.equal(minutes({ status: 'verified', waiting_since: NOW }, 2), 15)
})

test('well-known relays are named by what they send from', () => {
  assert.equal(relayTerm('email-smtp.eu-west-1.amazonaws.com'), 'include:amazonses.com')
  assert.equal(relayTerm('smtp.sendgrid.net'), 'include:sendgrid.net')
  assert.equal(relayTerm('mail.mycompany.example'), 'a:mail.mycompany.example')
  assert.equal(relayTerm('127.0.0.1'), null)
})
