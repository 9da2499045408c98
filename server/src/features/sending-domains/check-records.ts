import { pickDmarcRecord, readDmarcRecord } from '../../dmarc.ts'
import { findDmarcPolicy } from '../../dmarc-lookup.ts'
import type { DnsAnswer, DnsResolver } from '../../ports/dns/port.ts'
import { type DnsRecord, type DomainFacts, type DomainKey, type InstanceNames, ownershipValue } from './dns-records.ts'
import { inspectSpf, SPF_LOOKUPS } from './spf-lookup.ts'
import { isSpf, withTerms } from './spf-record.ts'

export type DnsRecordStatus = DnsRecord & {
  status: 'verified' | 'not_configured' | 'incorrect_value' | 'error'
  actual_value: string | null
  /** What is wrong, in plain words; null when nothing is. */
  error_message: string | null
  /** What is worth knowing about a record that does. */
  note: string | null
}

type Finding = Pick<DnsRecordStatus, 'status' | 'actual_value' | 'error_message' | 'note'>

const LONGEST_SHOWN = 2_000
const shown = (values: readonly string[]): string => values.join(' | ').slice(0, LONGEST_SHOWN)
const ok = (actual: string, note: string | null = null): Finding => ({
  status: 'verified',
  actual_value: actual.slice(0, LONGEST_SHOWN),
  error_message: null,
  note,
})
const wrong = (values: readonly string[], message: string): Finding => ({
  status: 'incorrect_value',
  actual_value: shown(values),
  error_message: message,
  note: null,
})
const absent = (message: string): Finding => ({
  status: 'not_configured',
  actual_value: null,
  error_message: message,
  note: null,
})
const failed = (message: string): Finding => ({
  status: 'error',
  actual_value: null,
  error_message: message,
  note: null,
})

const hostName = (name: string): string => name.toLowerCase().replace(/\.$/, '')

type Look = { resolver: DnsResolver; domain: DomainFacts; names: InstanceNames }

/** Most DNS pages add the domain by themselves; a name that was entered whole then stands one domain too deep. */
const notThere = async ({ resolver, domain }: Look, record: DnsRecord): Promise<Finding> => {
  const base = `There is no ${record.type} record at ${record.name}.`
  if (record.name === domain.domain) return absent(base)
  const doubled = `${record.name}.${domain.domain}`
  const found =
    record.type === 'CNAME'
      ? await resolver.cname(doubled)
      : record.type === 'MX'
        ? await resolver.mx(doubled)
        : await resolver.txt(doubled)
  if (found.state !== 'found') return absent(base)
  const label = record.name.slice(0, -(domain.domain.length + 1))
  return absent(
    `${base} There is one at ${doubled}: your DNS page adds the domain by itself, so enter only "${label}" as its name.`,
  )
}

const checkOwnership = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const answer = await look.resolver.txt(record.name)
  if (answer.state === 'error') return failed(answer.message)
  if (answer.state === 'absent') return notThere(look, record)
  const accepted = new Set(look.domain.ownership.map(ownershipValue))
  const match = answer.values.find((value) => accepted.has(value.trim()))
  return match === undefined
    ? wrong(answer.values, 'Another value is published; it must be exactly the one asked for.')
    : ok(match)
}

/** Reads the tag=value list of a key record; whitespace inside values does not count (RFC 6376 §3.2 and §3.6.1). */
const keyTags = (text: string): Map<string, string> =>
  new Map(
    text.split(';').flatMap((part) => {
      const at = part.indexOf('=')
      return at < 0 ? [] : [[part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).replace(/\s+/g, '')] as const]
    }),
  )

/** What is published for a key, held against the key itself. */
export const judgeKey = (values: readonly string[], key: Pick<DomainKey, 'algorithm' | 'public_key'>): Finding => {
  const keys = values.filter((value) => keyTags(value).has('p'))
  if (!keys.length) return wrong(values, 'What is published here is no DKIM key: the tag p= is missing.')
  if (keys.length > 1)
    return wrong(
      keys,
      'Several keys are published under this name, and receivers may read any of them; keep one (RFC 6376 §3.6.2.2).',
    )
  const text = keys[0] as string
  const tags = keyTags(text)
  const p = tags.get('p') as string
  if (p === '') return wrong(keys, 'The published key is empty, which means that it was withdrawn.')
  if (p !== key.public_key) {
    if (/["\\]/.test(p))
      return wrong(keys, 'Quotation marks or backslashes stand inside the published key; enter the value without them.')
    if (key.public_key.startsWith(p))
      return wrong(
        keys,
        `The published key is cut off after ${p.length} of ${key.public_key.length} characters; enter the value in several quoted strings.`,
      )
    return wrong(keys, 'Another key is published.')
  }
  const version = tags.get('v')
  if (version !== undefined && version !== 'DKIM1')
    return wrong(keys, `The version must be v=DKIM1, not v=${version.slice(0, 20)}.`)
  if ((tags.get('k') ?? 'rsa').toLowerCase() !== key.algorithm)
    return wrong(
      keys,
      `The record says k=${(tags.get('k') ?? 'rsa').slice(0, 20)}; this is an ${key.algorithm === 'rsa' ? 'RSA key: k=rsa' : 'Ed25519 key: k=ed25519'}.`,
    )
  const hashes = tags.get('h')?.toLowerCase().split(':')
  if (hashes && !hashes.includes('sha256'))
    return wrong(keys, 'The tag h= does not allow sha256, which the signatures use.')
  const services = tags.get('s')?.toLowerCase().split(':')
  if (services && !services.includes('*') && !services.includes('email'))
    return wrong(keys, 'The tag s= does not allow this key for e-mail.')
  const flags = tags.get('t')?.toLowerCase().split(':') ?? []
  return ok(text, flags.includes('y') ? 'The tag t=y says that the domain is only testing DKIM; remove it.' : null)
}

const checkKey = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const key = look.domain.keys.find(({ id }) => id === record.key_id) as DomainKey
  const answer = await look.resolver.txt(record.name)
  if (answer.state === 'error') return failed(answer.message)
  return answer.state === 'absent' ? notThere(look, record) : judgeKey(answer.values, key)
}

/** Addresses that a receiver would see for a term of ours; none where it names no host. */
const addressesOf = async (resolver: DnsResolver, term: string): Promise<DnsAnswer<string>> => {
  const ip = /^ip[46]:([^/]+)$/i.exec(term)?.[1]
  if (ip) return { state: 'found', values: [ip] }
  const host = /^a:([^/]+)$/i.exec(term)?.[1]
  if (!host) return { state: 'absent' }
  const [a, aaaa] = await Promise.all([resolver.a(host), resolver.aaaa(host)])
  if (a.state === 'error') return a
  if (aaaa.state === 'error') return aaaa
  const values = [...(a.state === 'found' ? a.values : []), ...(aaaa.state === 'found' ? aaaa.values : [])]
  return values.length ? { state: 'found', values } : { state: 'absent' }
}

/** A relay has many addresses; a few show whether its name is in the record. */
const MAX_ADDRESSES = 8

const checkSpf = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const { resolver, names } = look
  const found = await inspectSpf(resolver, record.name)
  if (found.state === 'error') return failed(found.message)
  if (found.state === 'absent') {
    const answer = await resolver.txt(record.name)
    const dangling =
      answer.state === 'found' ? answer.values.find((value) => /spf1/i.test(value) && !isSpf(value)) : undefined
    return dangling === undefined
      ? absent(`There is no SPF record at ${record.name}.`)
      : wrong([dangling], 'This looks like an SPF record but does not begin with "v=spf1 ".')
  }
  if (found.state === 'several')
    return wrong(
      found.texts,
      'There are several SPF records; receivers then ignore them all (RFC 7208 §4.5). Make one of them.',
    )
  const text = found.record.text
  if (found.record.faults.length) return wrong([text], `The record cannot be read: ${found.record.faults.join(' ')}`)
  if (found.lookups > SPF_LOOKUPS)
    return wrong(
      [text],
      `The record and what it includes need ${found.lookups} DNS look-ups; receivers stop at ${SPF_LOOKUPS} and take it as broken (RFC 7208 §4.6.4). Remove includes that you do not use.`,
    )
  if (found.faults.length) return wrong([text], `What the record includes is broken: ${found.faults.join(' ')}`)
  if ((await found.resultOf('192.0.2.1')) === 'pass' && (await found.resultOf('2001:db8::1')) === 'pass')
    return wrong([text], 'The record lets everybody send in your name; end it with ~all or -all.')
  const missing: string[] = []
  for (const term of names.spf_terms) {
    if (found.names.has(term.toLowerCase())) continue
    const addresses = await addressesOf(resolver, term)
    if (addresses.state === 'error') return failed(`${term}: ${addresses.message}`)
    const results = await Promise.all(
      (addresses.state === 'found' ? addresses.values.slice(0, MAX_ADDRESSES) : []).map((address) =>
        found.resultOf(address),
      ),
    )
    if (results.includes('temperror')) return failed('A name in the record could not be looked up.')
    if (!results.length || results.some((result) => result !== 'pass')) missing.push(term)
  }
  if (!missing.length) return ok(text)
  if (found.has_macros)
    return ok(
      text,
      'The record depends on macros, so whether it names the sending servers can only be seen at a receiver.',
    )
  return wrong(
    [text],
    `The record does not name the servers that your mail leaves from. Publish instead: ${withTerms(text, missing)}`,
  )
}

const checkDmarc = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const answer = await look.resolver.txt(record.name)
  if (answer.state === 'error') return failed(answer.message)
  const values = answer.state === 'found' ? answer.values : []
  const records = values.filter((value) => readDmarcRecord(value) !== null)
  if (records.length > 1)
    return wrong(records, 'There are several DMARC records; receivers then ignore them all (RFC 9989 §4.10). Keep one.')
  const own = pickDmarcRecord(values)
  if (!own) {
    const similar = values.filter((value) => /dmarc1/i.test(value))
    if (similar.length) return wrong(similar, 'This is no DMARC record: it must begin with exactly "v=DMARC1;".')
    const above = await findDmarcPolicy(look.resolver, look.domain.domain)
    if (above.state === 'error') return failed(above.message)
    return above.state === 'found' && above.policy !== null
      ? ok(above.record.text, `Inherited from ${above.policy_domain}.`)
      : notThere(look, record)
  }
  if ((own.p === null || own.has_bad_policy) && !own.rua.length)
    return wrong([own.text], `Receivers cannot use this record: ${own.problems.join(' ')}`)
  const notes = [...own.problems]
  if (own.removed_tags.length) notes.push(`RFC 9989 took out ${own.removed_tags.join(', ')}; receivers ignore it.`)
  if (own.aspf === 'strict' && look.domain.mail_from_host)
    notes.push(
      'aspf=s asks for the very same name, so only DKIM aligns for mail with a MAIL FROM subdomain; aspf=r lets SPF align too.',
    )
  return ok(own.text, notes.join(' ') || null)
}

/** Whether two names lead to the same machine: equal, or with an address in common. */
const sameHost = async (resolver: DnsResolver, one: string, other: string): Promise<boolean> => {
  if (hostName(one) === hostName(other)) return true
  const [a, b] = await Promise.all([resolver.a(one), resolver.a(other)])
  if (a.state !== 'found' || b.state !== 'found') return false
  return a.values.some((address) => b.values.includes(address))
}

const checkMx = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const answer = await look.resolver.mx(record.name)
  if (answer.state === 'error') return failed(answer.message)
  if (answer.state === 'absent') return notThere(look, record)
  const hosts = [...answer.values].sort((a, b) => a.priority - b.priority)
  const texts = hosts.map(({ exchange, priority }) => `${priority} ${exchange}`)
  if (hosts.every(({ exchange }) => exchange === '' || exchange === '.'))
    return wrong(texts, 'The record says that the domain takes no mail at all (null MX, RFC 7505).')
  const ours: boolean[] = []
  for (const { exchange } of hosts.slice(0, 10)) ours.push(await sameHost(look.resolver, exchange, record.value))
  const first = ours.indexOf(true)
  if (first < 0) return wrong(texts, `Mail for this name goes to ${hosts[0]?.exchange} and never gets here.`)
  const least = hosts[0]?.priority
  if (hosts[first]?.priority !== least)
    return wrong(texts, `${hosts[0]?.exchange} is preferred, so mail goes there and only in its absence here.`)
  const beside = hosts.filter(({ priority }, at) => priority === least && !ours[at])
  return ok(
    texts.join(' | '),
    beside.length ? `${beside[0]?.exchange} has the same priority, so about half of the mail goes there.` : null,
  )
}

const checkCname = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const { resolver } = look
  const answer = await resolver.cname(record.name)
  if (answer.state === 'error') return failed(answer.message)
  if (answer.state === 'found') {
    const target = answer.values[0] as string
    return (await sameHost(resolver, target, record.value))
      ? ok(target)
      : wrong(answer.values, `The name leads to ${target} instead of ${record.value}.`)
  }
  const [a, aaaa] = await Promise.all([resolver.a(record.name), resolver.aaaa(record.name)])
  if (a.state === 'error') return failed(a.message)
  const addresses = [...(a.state === 'found' ? a.values : []), ...(aaaa.state === 'found' ? aaaa.values : [])]
  if (!addresses.length) return notThere(look, record)
  return (await sameHost(resolver, record.name, record.value))
    ? ok(addresses.join(' '), 'An address record leads here today; a CNAME would follow when this instance moves.')
    : wrong(addresses, `There is an address record in place of the CNAME, and it leads elsewhere than ${record.value}.`)
}

const checkMtaSts = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const answer = await look.resolver.txt(record.name)
  if (answer.state === 'error') return failed(answer.message)
  const values = answer.state === 'found' ? answer.values.filter((value) => /^v=STSv1\s*;/.test(value)) : []
  if (!values.length) return notThere(look, record)
  if (values.length > 1)
    return wrong(values, 'There are several MTA-STS records; senders then ignore them all (RFC 8461 §3.1).')
  const id = /;\s*id\s*=\s*([A-Za-z0-9]{1,32})\s*(?:;|$)/.exec(values[0] as string)?.[1]
  if (!id) return wrong(values, 'The record needs an id of up to 32 letters and digits.')
  return record.value.endsWith(`id=${id}`)
    ? ok(values[0] as string)
    : wrong(values, 'The id belongs to another version of the policy; senders read the file anew only when it changes.')
}

const checkTlsRpt = async (look: Look, record: DnsRecord): Promise<Finding> => {
  const answer = await look.resolver.txt(record.name)
  if (answer.state === 'error') return failed(answer.message)
  const values = answer.state === 'found' ? answer.values.filter((value) => /^v=TLSRPTv1\s*;/.test(value)) : []
  if (!values.length) return notThere(look, record)
  if (values.length > 1)
    return wrong(values, 'There are several TLS-RPT records; senders then ignore them all (RFC 8460 §3).')
  return /;\s*rua\s*=\s*(?:mailto:|https:)\S+/.test(values[0] as string)
    ? ok(values[0] as string)
    : wrong(values, 'The record needs rua=mailto:… or rua=https:… to report to.')
}

const CHECKS: Record<DnsRecord['purpose'], (look: Look, record: DnsRecord) => Promise<Finding>> = {
  ownership: checkOwnership,
  dkim: checkKey,
  dkim_next: checkKey,
  dkim_retired: checkKey,
  spf: checkSpf,
  mail_from_spf: checkSpf,
  dmarc: checkDmarc,
  mx: checkMx,
  mail_from_mx: checkMx,
  tracking: checkCname,
  mta_sts_host: checkCname,
  mta_sts: checkMtaSts,
  tls_rpt: checkTlsRpt,
}

/** Looks every record up, all at once. An error of the way is a status of its own and says nothing about the record. */
export const checkRecords = (
  records: readonly DnsRecord[],
  domain: DomainFacts,
  names: InstanceNames,
  resolver: DnsResolver,
): Promise<DnsRecordStatus[]> =>
  Promise.all(
    records.map(async (record) => ({
      ...record,
      ...(await CHECKS[record.purpose]({ resolver, domain, names }, record)),
    })),
  )
