import type { DnsAnswer, DnsResolver, MxRecord } from '../../ports/dns/port.ts'

export type DnsRecord = {
  purpose: 'ownership' | 'dkim' | 'spf' | 'dmarc' | 'mx'
  type: 'TXT' | 'MX'
  name: string
  value: string
  priority: number | null
  ttl: number
  description: string
}

export type DnsRecordStatus = DnsRecord & {
  status: 'verified' | 'not_configured' | 'incorrect_value' | 'checking' | 'error'
  actual_value: string | null
  error_message: string | null
}

export type DomainFacts = {
  domain: string
  ownership_token: string
  dkim_selector: string
  dkim_public_key: string
  inbound_enabled: boolean
}

const TTL = 300

/** `v=DKIM1` record of a public key in base64 DER (RFC 6376 §3.6.1). */
export const dkimRecord = (publicKey: string): string => `v=DKIM1; k=rsa; p=${publicKey}`

/**
 * The records that a domain publishes. Ownership and DKIM decide whether it is verified; SPF, DMARC and MX make mail arrive
 * and answers come back, but they may be set in many valid ways, so they are checked and shown and never block.
 */
export const recordsFor = (
  domain: DomainFacts,
  hosts: { mail_host: string; relay_host: string | null },
): DnsRecord[] => {
  const txt = (purpose: DnsRecord['purpose'], name: string, value: string, description: string): DnsRecord => ({
    purpose,
    type: 'TXT',
    name,
    value,
    priority: null,
    ttl: TTL,
    description,
  })
  const senders = [
    domain.inbound_enabled ? 'mx' : null,
    isHostName(hosts.relay_host) ? `a:${hosts.relay_host}` : null,
  ].filter(Boolean)
  const records = [
    txt(
      'ownership',
      `_bavlio.${domain.domain}`,
      `bavlio-verify=${domain.ownership_token}`,
      'Proves that the domain is yours. Needed.',
    ),
    txt(
      'dkim',
      `${domain.dkim_selector}._domainkey.${domain.domain}`,
      dkimRecord(domain.dkim_public_key),
      'Public key of the signatures (DKIM). Needed.',
    ),
    txt(
      'spf',
      domain.domain,
      `v=spf1 ${[...senders, '~all'].join(' ')}`,
      'Names the servers that may send (SPF). A domain has one such record: add your relay to the one you have.',
    ),
    txt(
      'dmarc',
      `_dmarc.${domain.domain}`,
      'v=DMARC1; p=none',
      'Says what receivers do with mail that fails the checks (DMARC). Any policy is fine.',
    ),
  ]
  if (!domain.inbound_enabled) return records
  return [
    ...records,
    {
      purpose: 'mx',
      type: 'MX',
      name: domain.domain,
      value: hosts.mail_host,
      priority: 10,
      ttl: TTL,
      description: 'Brings replies and bounces to this instance.',
    },
  ]
}

/** An address literal or a bare word is nothing that a: can name. */
const isHostName = (host: string | null): boolean => host !== null && /[a-z]/i.test(host) && host.includes('.')

/** Whether a published DKIM record carries this key; spaces, order and further tags do not matter (RFC 6376 §3.2). */
const sameDkimKey = (published: string, publicKey: string): boolean => {
  const tags = new Map(
    published.split(';').map((tag) => {
      const at = tag.indexOf('=')
      return [tag.slice(0, at).trim().toLowerCase(), tag.slice(at + 1).replace(/\s+/g, '')] as const
    }),
  )
  return tags.get('p') === publicKey
}

const host = (name: string): string => name.toLowerCase().replace(/\.$/, '')

/** Which of the values found would do; null when none does. */
const matching = (record: DnsRecord, domain: DomainFacts, values: string[]): string | null => {
  const starts = (prefix: string) => values.filter((value) => value.trim().toLowerCase().startsWith(prefix))
  if (record.purpose === 'ownership') return values.find((value) => value.trim() === record.value) ?? null
  if (record.purpose === 'dkim') return values.find((value) => sameDkimKey(value, domain.dkim_public_key)) ?? null
  if (record.purpose === 'dmarc') return starts('v=dmarc1')[0] ?? null
  if (record.purpose === 'mx') return values.find((value) => host(value) === host(record.value)) ?? null
  // Two SPF records are an error of the domain, not twice as good (RFC 7208 §4.5).
  const spf = starts('v=spf1')
  return spf.length === 1 ? (spf[0] as string) : null
}

/** Values at the name that are about something else: a domain's own TXT name holds all sorts of things. */
const related = (record: DnsRecord, values: string[]): string[] =>
  record.purpose === 'spf' ? values.filter((value) => /^\s*v=spf1/i.test(value)) : values

const statusOf = (record: DnsRecord, domain: DomainFacts, answer: DnsAnswer<string>): DnsRecordStatus => {
  if (answer.state === 'error') return { ...record, status: 'error', actual_value: null, error_message: answer.message }
  const values = answer.state === 'found' ? related(record, answer.values) : []
  if (!values.length)
    return {
      ...record,
      status: 'not_configured',
      actual_value: null,
      error_message: `There is no ${record.type} record at ${record.name}.`,
    }
  const match = matching(record, domain, values)
  if (match !== null) return { ...record, status: 'verified', actual_value: match, error_message: null }
  const message =
    record.purpose === 'spf' && values.length > 1
      ? 'There is more than one SPF record; receivers then ignore them all.'
      : 'Another value is published.'
  return {
    ...record,
    status: 'incorrect_value',
    actual_value: values.join(' | ').slice(0, 2000),
    error_message: message,
  }
}

const mxHosts = (answer: DnsAnswer<MxRecord>): DnsAnswer<string> =>
  answer.state === 'found' ? { state: 'found', values: answer.values.map((value) => value.exchange) } : answer

/** Looks every record up, all at once. */
export const checkRecords = (
  records: DnsRecord[],
  domain: DomainFacts,
  resolver: DnsResolver,
): Promise<DnsRecordStatus[]> =>
  Promise.all(
    records.map(async (record) =>
      statusOf(
        record,
        domain,
        record.type === 'MX' ? mxHosts(await resolver.mx(record.name)) : await resolver.txt(record.name),
      ),
    ),
  )

export type Verification = { outcome: 'verified' } | { outcome: 'failed' | 'unreachable'; error: string }

/** A domain is verified by its ownership token and its DKIM key. A look-up that failed says nothing about either. */
export const judgeVerification = (records: DnsRecordStatus[]): Verification => {
  const needed = records.filter((record) => record.purpose === 'ownership' || record.purpose === 'dkim')
  const missing = needed.filter((record) => record.status !== 'verified')
  if (!missing.length) return { outcome: 'verified' }
  const error = missing.map((record) => `${record.name}: ${record.error_message ?? record.status}`).join(' ')
  return { outcome: missing.every((record) => record.status === 'error') ? 'unreachable' : 'failed', error }
}
