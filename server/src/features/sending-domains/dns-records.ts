import { type MtaStsMode, mtaStsHost, mtaStsId, mtaStsPolicy } from './mta-sts.ts'

export type RecordPurpose =
  | 'ownership'
  | 'dkim'
  | 'dkim_next'
  | 'dkim_retired'
  | 'spf'
  | 'dmarc'
  | 'mx'
  | 'mail_from_mx'
  | 'mail_from_spf'
  | 'tracking'
  | 'mta_sts'
  | 'mta_sts_host'
  | 'tls_rpt'

export type DnsRecord = {
  purpose: RecordPurpose
  type: 'TXT' | 'MX' | 'CNAME'
  name: string
  value: string
  priority: number | null
  ttl: number
  /** The domain cannot send without it. */
  required: boolean
  description: string
  /** The signing key it publishes. */
  key_id: string | null
}

export type DomainKey = {
  id: string
  selector: string
  algorithm: 'rsa' | 'ed25519'
  /** As it stands in p=: base64 of the SPKI form for RSA, of the 32 octets for Ed25519 (RFC 8463 §4). */
  public_key: string
  state: 'active' | 'next' | 'retired'
  created_at: Date
  activated_at: Date | null
  retired_at: Date | null
}

export type DomainFacts = {
  domain: string
  /** Values of the ownership record; the first is the one to publish, the others still count. */
  ownership: readonly string[]
  keys: readonly DomainKey[]
  inbound_enabled: boolean
  mail_from_host: string | null
  tracking_host: string | null
  mta_sts_mode: MtaStsMode
}

/** What this instance calls itself in other people's DNS. A name is null where it has none that could stand there. */
export type InstanceNames = {
  /** Receives mail. */
  mail_host: string | null
  /** Serves tracking links and policy files. */
  web_host: string | null
  /** SPF terms for the servers that its mail leaves from. */
  spf_terms: readonly string[]
}

const TTL = 300
/** One character-string of a TXT record holds no more octets (RFC 1035 §3.3). */
const STRING_OCTETS = 255
/** A signature may be checked days after the message was sent, so a retired key stays published (RFC 6376 §3.6.1). */
export const KEPT_DAYS = 7
const DAY_MS = 86_400_000

export const OWNERSHIP_LABEL = '_bavlio'
export const ownershipName = (domain: string): string => `${OWNERSHIP_LABEL}.${domain}`
export const ownershipValue = (token: string): string => `bavlio-verify=${token}`

/** `v=DKIM1` record of a public key (RFC 6376 §3.6.1, RFC 8463 §4). */
export const dkimRecord = (key: Pick<DomainKey, 'algorithm' | 'public_key'>): string =>
  `v=DKIM1; k=${key.algorithm}; p=${key.public_key}`

export const removableAt = (key: Pick<DomainKey, 'retired_at'>): Date | null =>
  key.retired_at && new Date(key.retired_at.getTime() + KEPT_DAYS * DAY_MS)

/** A value that is too long for one string is shown whole and cut, since DNS pages want the one or the other. */
const withParts = (value: string, description: string): string =>
  value.length <= STRING_OCTETS
    ? description
    : `${description} The value is longer than one string of a TXT record; where your DNS page does not cut it by itself, enter: ${(
        value.match(new RegExp(`.{1,${STRING_OCTETS}}`, 'g')) ?? []
      )
        .map((part) => `"${part}"`)
        .join(' ')}`

const day = (at: Date): string => at.toISOString().slice(0, 10)

const keyRecord = (domain: string, key: DomainKey, now: Date): DnsRecord => {
  const algorithm = key.algorithm === 'rsa' ? 'RSA, 2048 bits' : 'Ed25519'
  const removable = removableAt(key)
  const [purpose, description]: [RecordPurpose, string] =
    key.state === 'active'
      ? ['dkim', `Public key of the signatures (DKIM, ${algorithm}).${key.algorithm === 'rsa' ? ' Needed.' : ''}`]
      : key.state === 'next'
        ? [
            'dkim_next',
            `A new key (DKIM, ${algorithm}): publish it beside what is there. It signs as soon as it is found in DNS; until then nothing changes.`,
          ]
        : removable && removable > now
          ? [
              'dkim_retired',
              `Replaced key (DKIM, ${algorithm}): keep until ${day(removable)}, since mail signed with it is still being checked.`,
            ]
          : ['dkim_retired', `Replaced key (DKIM, ${algorithm}): can be removed.`]
  const value = dkimRecord(key)
  return {
    purpose,
    type: 'TXT',
    name: `${key.selector}._domainkey.${domain}`,
    value,
    priority: null,
    ttl: TTL,
    required: key.state === 'active' && key.algorithm === 'rsa',
    description: withParts(value, description),
    key_id: key.id,
  }
}

export const spfValue = (terms: readonly string[]): string => ['v=spf1', ...terms, '~all'].join(' ')

const RANK = { active: 0, next: 1, retired: 2 }

/**
 * The records that a domain publishes. Ownership and the RSA key decide whether it may send; the others make mail arrive and
 * answers come back, but can be set in many valid ways, so they are checked and shown and never block. A record that would
 * have to name this instance is left out while it has no name that others could look up.
 */
export const recordsFor = (domain: DomainFacts, names: InstanceNames, now: Date): DnsRecord[] => {
  const name = domain.domain
  const base = { priority: null, ttl: TTL, required: false, key_id: null }
  const txt = (purpose: RecordPurpose, at: string, value: string, description: string): DnsRecord => ({
    ...base,
    purpose,
    type: 'TXT',
    name: at,
    value,
    description: withParts(value, description),
  })
  const cname = (purpose: RecordPurpose, at: string, value: string, description: string): DnsRecord => ({
    ...base,
    purpose,
    type: 'CNAME',
    name: at,
    value,
    description,
  })
  const mx = (purpose: RecordPurpose, at: string, value: string, description: string): DnsRecord => ({
    ...base,
    purpose,
    type: 'MX',
    name: at,
    value,
    priority: 10,
    description,
  })
  const { mail_host, web_host, spf_terms } = names
  const keys = [...domain.keys].sort((a, b) => RANK[a.state] - RANK[b.state])
  const records: DnsRecord[] = [
    {
      ...txt(
        'ownership',
        ownershipName(name),
        ownershipValue(domain.ownership[0] as string),
        'Proves that the domain is yours. Needed, and has to stay.',
      ),
      required: true,
    },
    ...keys.map((key) => keyRecord(name, key, now)),
    ...(spf_terms.length
      ? [
          txt(
            'spf',
            name,
            spfValue(spf_terms),
            'Names the servers that may send (SPF). A domain has one such record: if there is one already, put these words into it.',
          ),
        ]
      : []),
    txt(
      'dmarc',
      `_dmarc.${name}`,
      'v=DMARC1; p=none',
      'Says what receivers do with mail that fails the checks (DMARC, RFC 9989). Large providers ask bulk senders for one; any policy is fine.',
    ),
  ]
  if (domain.mail_from_host && mail_host && spf_terms.length)
    records.push(
      mx(
        'mail_from_mx',
        domain.mail_from_host,
        mail_host,
        'Brings bounces to this instance (MAIL FROM). While both MAIL FROM records are there, envelope senders use this name; otherwise the domain itself.',
      ),
      txt(
        'mail_from_spf',
        domain.mail_from_host,
        spfValue(spf_terms),
        'Names the servers that may send with this envelope sender (SPF of MAIL FROM); receivers check this one.',
      ),
    )
  if (domain.inbound_enabled && mail_host) records.push(mx('mx', name, mail_host, 'Brings replies to this instance.'))
  if (domain.tracking_host && web_host)
    records.push(
      cname(
        'tracking',
        domain.tracking_host,
        web_host,
        'Optional: links and pixels in your mail carry your own name. Your web server or proxy needs a certificate for it.',
      ),
    )
  if (domain.inbound_enabled && mail_host && web_host && domain.mta_sts_mode !== 'none')
    records.push(
      txt(
        'mta_sts',
        `_mta-sts.${name}`,
        `v=STSv1; id=${mtaStsId(mtaStsPolicy(mail_host, domain.mta_sts_mode))}`,
        `Optional: tells senders to reach you over checked TLS only (MTA-STS, RFC 8461). The policy itself is served at https://${mtaStsHost(name)}/.well-known/mta-sts.txt.`,
      ),
      cname(
        'mta_sts_host',
        mtaStsHost(name),
        web_host,
        'Optional, with the record above: where the policy file is read. Your web server or proxy needs a certificate for this name.',
      ),
    )
  if (domain.inbound_enabled)
    records.push(
      txt(
        'tls_rpt',
        `_smtp._tls.${name}`,
        `v=TLSRPTv1; rua=mailto:postmaster@${name}`,
        'Optional: where senders report TLS failures to (TLS-RPT, RFC 8460). Any address of yours is fine.',
      ),
    )
  return records
}
