import { domainToASCII } from 'node:url'

/** What a domain owner asks of receivers for mail that fails. */
export type DmarcPolicy = 'none' | 'quarantine' | 'reject'

/** One DMARC record, read tolerantly: what cannot be read takes its default and is named in `problems`. */
export type DmarcRecord = {
  text: string
  /** Null when the tag is missing or holds no known policy. */
  p: DmarcPolicy | null
  sp: DmarcPolicy | null
  np: DmarcPolicy | null
  adkim: 'relaxed' | 'strict'
  aspf: 'relaxed' | 'strict'
  /** `t=y`: the owner is testing and expects the policy one level below. */
  testing: boolean
  psd: 'y' | 'n' | 'u'
  rua: string[]
  ruf: string[]
  /** A policy tag is there and holds no known policy; a record without a report address is then not applied at all. */
  has_bad_policy: boolean
  /** Syntax faults in plain words, for the person who published the record. */
  problems: string[]
  /** Tags that RFC 9989 took out; receivers ignore them. */
  removed_tags: string[]
}

const VERSION = /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/
const TAG = /^[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(.*?)[ \t]*$/s
const POLICIES = new Set<string>(['none', 'quarantine', 'reject'])
const REMOVED = new Set(['pct', 'rf', 'ri'])
const KNOWN = new Set(['v', 'p', 'sp', 'np', 'adkim', 'aspf', 't', 'psd', 'rua', 'ruf', 'fo', ...REMOVED])

/**
 * Reads the text of a TXT record; null when it is not a DMARC record at all, which is so unless its first tag is exactly
 * `v=DMARC1` (RFC 9989 §4.7: the version is case-sensitive and must come first). Unknown tags are ignored.
 */
export const readDmarcRecord = (text: string): DmarcRecord | null => {
  if (!VERSION.test(text)) return null
  const problems: string[] = []
  const tags = new Map<string, string>()
  for (const part of text.split(';')) {
    if (part.trim() === '') continue
    const found = TAG.exec(part)
    if (!found) {
      problems.push(`"${part.trim().slice(0, 60)}" is not a tag of the form name=value.`)
      continue
    }
    const name = (found[1] as string).toLowerCase()
    if (tags.has(name)) problems.push(`The tag ${name} stands twice; only the first counts here.`)
    else tags.set(name, found[2] as string)
  }
  let hasBadPolicy = false
  const policy = (name: 'p' | 'sp' | 'np'): DmarcPolicy | null => {
    const value = tags.get(name)
    if (value === undefined) return null
    const lower = value.toLowerCase()
    if (POLICIES.has(lower)) return lower as DmarcPolicy
    hasBadPolicy = true
    problems.push(`${name}=${value.slice(0, 40)} is no policy; it must be none, quarantine or reject.`)
    return null
  }
  const choice = <T extends string>(name: string, values: readonly T[], fallback: T): T => {
    const value = tags.get(name)?.toLowerCase()
    if (value === undefined) return fallback
    if ((values as readonly string[]).includes(value)) return value as T
    problems.push(`${name}=${value.slice(0, 40)} must be ${values.join(' or ')}.`)
    return fallback
  }
  const addresses = (name: 'rua' | 'ruf'): string[] => {
    const given = (tags.get(name) ?? '').split(',').map((uri) => uri.trim())
    const wanted = given.filter(Boolean)
    const valid = wanted.filter((uri) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(uri))
    if (wanted.length > valid.length)
      problems.push(`${name} holds something that is no address of the form mailto:name@example.com.`)
    return valid
  }
  const p = policy('p')
  if (!tags.has('p')) problems.push('The tag p is missing; it says what to do with mail that fails: p=none at least.')
  const record = {
    text,
    p,
    sp: policy('sp'),
    np: policy('np'),
    adkim: choice('adkim', ['r', 's'], 'r') === 's' ? ('strict' as const) : ('relaxed' as const),
    aspf: choice('aspf', ['r', 's'], 'r') === 's' ? ('strict' as const) : ('relaxed' as const),
    testing: choice('t', ['y', 'n'], 'n') === 'y',
    psd: choice('psd', ['y', 'n', 'u'], 'u'),
    rua: addresses('rua'),
    ruf: addresses('ruf'),
    removed_tags: [...tags.keys()].filter((name) => REMOVED.has(name)),
  }
  const unknown = [...tags.keys()].filter((name) => !KNOWN.has(name))
  if (unknown.length) problems.push(`Unknown tags are ignored: ${unknown.join(', ').slice(0, 200)}.`)
  return { ...record, has_bad_policy: hasBadPolicy, problems }
}

/** The one DMARC record among the texts at a name; null for none, and for several, which are all discarded (§4.10 step 2). */
export const pickDmarcRecord = (texts: readonly string[]): DmarcRecord | null => {
  const records = texts.map(readDmarcRecord).filter((record) => record !== null)
  return records.length === 1 ? (records[0] as DmarcRecord) : null
}

/** Lower case, ASCII and without a trailing dot: the form in which domains are compared. Empty when it is no domain. */
export const comparableDomain = (domain: string): string => {
  const trimmed = domain.trim().replace(/\.$/, '').toLowerCase()
  return /^[a-z0-9._-]+$/.test(trimmed) ? trimmed : domainToASCII(trimmed)
}

/** Most names that a walk asks, however long the domain is. */
const MAX_QUERIES = 8

/**
 * The domains of a DNS tree walk from `domain` up to its top-level label, longest first; the record of each is asked at
 * `_dmarc.` below it. A domain of more than eight labels is cut to seven after the first, so there are never more than eight
 * (RFC 9989 §4.10).
 */
export const walkedDomains = (domain: string): string[] => {
  const labels = domain.split('.').filter(Boolean)
  const above = Math.min(labels.length - 1, MAX_QUERIES - 1)
  return labels.length
    ? [labels.join('.'), ...Array.from({ length: Math.max(above, 0) }, (_, i) => labels.slice(i - above).join('.'))]
    : []
}

/** A record that a walk found, and the domain it is for. */
export type WalkedRecord = { domain: string; record: DmarcRecord }

/** Whether a walk ends at this record: it says whether its domain is a public suffix. */
export const endsWalk = (record: DmarcRecord): boolean => record.psd !== 'u'

/**
 * The organizational domain of `start`, from the records that the walk from it found, longest domain first: the one with
 * psd=n; else the domain one label below a psd=y that is not the start itself; else the shortest domain with a record; else
 * the start (RFC 9989 §4.10.2).
 */
export const organizationalDomain = (start: string, found: readonly WalkedRecord[]): string => {
  const own = found.find(({ record }) => record.psd === 'n')
  if (own) return own.domain
  const suffix = found.find(({ domain, record }) => record.psd === 'y' && domain !== start)
  if (suffix) {
    const below = start.slice(0, -(suffix.domain.length + 1)).split('.')
    return `${below.at(-1)}.${suffix.domain}`
  }
  return found.at(-1)?.domain ?? start
}

/**
 * The record that applies to mail from `author`: its own, else that of its organizational domain, else that of the public
 * suffix above it (RFC 9989 §4.10.1). A record in between does not apply.
 */
export const applicableRecord = (author: string, found: readonly WalkedRecord[]): WalkedRecord | null => {
  const at = (domain: string) => found.find((one) => one.domain === domain)
  return (
    at(author) ??
    at(organizationalDomain(author, found)) ??
    found.find(({ record, domain }) => record.psd === 'y' && domain !== author) ??
    null
  )
}

export type AppliedPolicy =
  | { state: 'applies'; policy: DmarcPolicy; published: DmarcPolicy; tag: 'p' | 'sp' | 'np' | 'missing' }
  /** The record cannot be used and nobody could be told of it: no DMARC processing at all (RFC 9989 §4.10.1). */
  | { state: 'unusable' }

const lower: Record<DmarcPolicy, DmarcPolicy> = { none: 'none', quarantine: 'none', reject: 'quarantine' }

/**
 * What a record asks for mail from `author`. Its owner's own mail follows `p`; a subdomain follows `sp`, and one that does
 * not exist `np`, each falling back to the next. A record without a valid `p`, or with a broken `sp` or `np`, counts as
 * p=none if it names a report address. `t=y` lowers what is asked by one level (§4.7).
 */
export const policyFor = (record: DmarcRecord, relation: 'own' | 'subdomain' | 'missing_subdomain'): AppliedPolicy => {
  if (record.p === null || record.has_bad_policy)
    return record.rua.length
      ? { state: 'applies', policy: 'none', published: 'none', tag: 'missing' }
      : { state: 'unusable' }
  const [published, tag] =
    relation === 'missing_subdomain' && record.np
      ? ([record.np, 'np'] as const)
      : relation !== 'own' && record.sp
        ? ([record.sp, 'sp'] as const)
        : ([record.p, 'p'] as const)
  return { state: 'applies', policy: record.testing ? lower[published] : published, published, tag }
}

/** Whether `domain` is `above` or lies below it. */
export const isWithin = (domain: string, above: string): boolean => domain === above || domain.endsWith(`.${above}`)
