import {
  type AppliedPolicy,
  applicableRecord,
  comparableDomain,
  type DmarcPolicy,
  type DmarcRecord,
  endsWalk,
  isWithin,
  organizationalDomain,
  pickDmarcRecord,
  policyFor,
  type WalkedRecord,
  walkedDomains,
} from './dmarc.ts'
import type { DnsResolver } from './ports/dns/port.ts'

type Walk = { found: WalkedRecord[]; error: string | null }

/** Walks from `domain` up. A name that cannot be asked ends the walk, since what it holds could change the outcome. */
const walk = async (resolver: Pick<DnsResolver, 'txt'>, domain: string): Promise<Walk> => {
  const found: WalkedRecord[] = []
  for (const at of walkedDomains(domain)) {
    const answer = await resolver.txt(`_dmarc.${at}`)
    if (answer.state === 'error') return { found, error: `_dmarc.${at}: ${answer.message}` }
    const record = answer.state === 'found' ? pickDmarcRecord(answer.values) : null
    if (!record) continue
    found.push({ domain: at, record })
    if (endsWalk(record)) break
  }
  return { found, error: null }
}

export type DmarcDiscovery =
  | {
      state: 'found'
      record: DmarcRecord
      /** Where the record stands: the author's domain, its organizational domain, or the public suffix above it. */
      policy_domain: string
      /** Null when the author's own record is known and a name above it could not be asked. */
      organizational_domain: string | null
      /** What is asked of receivers, `t=y` taken into account; null when the record cannot be used. */
      policy: DmarcPolicy | null
      published_policy: DmarcPolicy | null
    }
  | { state: 'absent'; organizational_domain: string }
  | { state: 'error'; message: string }

/** A name that holds neither address nor MX does not exist for DMARC (RFC 9989 §3.2); an error of the way proves nothing. */
const isMissing = async (resolver: Pick<DnsResolver, 'a' | 'aaaa' | 'mx'>, domain: string): Promise<boolean> => {
  const answers = await Promise.all([resolver.a(domain), resolver.aaaa(domain), resolver.mx(domain)])
  return answers.every(({ state }) => state === 'absent')
}

/**
 * The DMARC record that applies to mail whose From is in `authorDomain`, by the DNS tree walk of RFC 9989 §4.10, without any
 * public suffix list. Several records at one name count as none. An error of the way is `error`, never `absent`.
 */
export const findDmarcPolicy = async (resolver: DnsResolver, authorDomain: string): Promise<DmarcDiscovery> => {
  const author = comparableDomain(authorDomain)
  if (!author) return { state: 'absent', organizational_domain: authorDomain }
  const { found, error } = await walk(resolver, author)
  const own = found[0]?.domain === author
  if (error && !own) return { state: 'error', message: error }
  const organizational = organizationalDomain(author, found)
  const applicable = applicableRecord(author, found)
  if (!applicable) return { state: 'absent', organizational_domain: organizational }
  const { record, domain } = applicable
  const relation =
    domain === author ? 'own' : record.np && (await isMissing(resolver, author)) ? 'missing_subdomain' : 'subdomain'
  const applied: AppliedPolicy = policyFor(record, relation)
  return {
    state: 'found',
    record,
    policy_domain: domain,
    organizational_domain: error ? null : organizational,
    policy: applied.state === 'applies' ? applied.policy : null,
    published_policy: applied.state === 'applies' ? applied.published : null,
  }
}

/** How an authentication ended, in the words of RFC 8601. */
export type AuthenticationResult =
  | 'pass'
  | 'fail'
  | 'softfail'
  | 'neutral'
  | 'none'
  | 'policy'
  | 'temperror'
  | 'permerror'

export type DmarcInput = {
  /** Domain of the From header. */
  author_domain: string
  /** SPF of the envelope sender (MAIL FROM) alone; what SPF says of HELO counts for nothing (RFC 9989 §4.4.2). */
  spf: { result: AuthenticationResult; domain: string | null } | null
  /** One entry for each signature, with its d=. */
  dkim: readonly { result: AuthenticationResult; domain: string }[]
}

export type DmarcVerdict = {
  result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror'
  /** What the domain owner asks for this message if it fails; null without a usable record. */
  policy: DmarcPolicy | null
  published_policy: DmarcPolicy | null
  policy_domain: string | null
  organizational_domain: string | null
  record: string | null
  /** The identifiers that passed and are aligned. */
  alignment: { spf: boolean; dkim: boolean; dkim_domains: string[] }
  /** Why, in plain words. */
  reason: string
}

/** A message may carry any number of signatures; the tree is walked for this many of their domains. */
const MAX_WALKED_IDENTIFIERS = 10

/**
 * Evaluates DMARC for one message (RFC 9989 §4 and §5.3): passes when SPF or a signature passed for a domain that is aligned
 * with the From's. With neither and a temporary error of an aligned one nothing is concluded: `temperror`.
 */
export const evaluateDmarc = async (input: DmarcInput, resolver: DnsResolver): Promise<DmarcVerdict> => {
  const author = comparableDomain(input.author_domain)
  const nothing = { spf: false, dkim: false, dkim_domains: [] }
  const discovery = await findDmarcPolicy(resolver, input.author_domain)
  if (discovery.state === 'error')
    return {
      result: 'temperror',
      policy: null,
      published_policy: null,
      policy_domain: null,
      organizational_domain: null,
      record: null,
      alignment: nothing,
      reason: discovery.message,
    }
  const { organizational_domain } = discovery
  if (discovery.state === 'absent')
    return {
      result: 'none',
      policy: null,
      published_policy: null,
      policy_domain: null,
      organizational_domain,
      record: null,
      alignment: nothing,
      reason: `${author} and the domains above it publish no DMARC record.`,
    }
  const { record, policy, published_policy, policy_domain } = discovery
  const base = { policy, published_policy, policy_domain, organizational_domain, record: record.text }
  if (policy === null)
    return {
      ...base,
      result: 'permerror',
      alignment: nothing,
      reason: `The DMARC record of ${policy_domain} cannot be used: ${record.problems.join(' ')}`,
    }

  const organizations = new Map<string, Promise<string | null>>([[author, Promise.resolve(organizational_domain)]])
  const organizationOf = (domain: string): Promise<string | null> => {
    const known = organizations.get(domain)
    if (known) return known
    if (organizations.size > MAX_WALKED_IDENTIFIERS) return Promise.resolve(null)
    const asked = walk(resolver, domain).then(({ found, error }) =>
      error ? null : organizationalDomain(domain, found),
    )
    organizations.set(domain, asked)
    return asked
  }
  let unknown = false
  /** Equal domains are aligned either way; otherwise relaxed alignment compares organizational domains (§4.4). */
  const isAligned = async (given: string, mode: 'relaxed' | 'strict'): Promise<boolean> => {
    const domain = comparableDomain(given)
    if (domain === author) return true
    // Nothing outside the author's organization can have the same organizational domain, so it need not be walked.
    if (mode === 'strict' || !domain) return false
    if (organizational_domain === null) {
      unknown = true
      return false
    }
    if (!isWithin(domain, organizational_domain)) return false
    const organization = await organizationOf(domain)
    if (organization === null) unknown = true
    return organization === organizational_domain
  }

  const spf = input.spf?.domain ? input.spf : null
  const spfAligned = spf?.result === 'pass' && (await isAligned(spf.domain as string, record.aspf))
  const dkim_domains: string[] = []
  const passed = new Set(
    input.dkim.filter(({ result }) => result === 'pass').map(({ domain }) => comparableDomain(domain)),
  )
  for (const domain of passed) if (await isAligned(domain, record.adkim)) dkim_domains.push(domain)
  const alignment = { spf: spfAligned, dkim: dkim_domains.length > 0, dkim_domains }
  if (alignment.spf || alignment.dkim)
    return {
      ...base,
      result: 'pass',
      alignment,
      reason: `Aligned with ${author}: ${alignment.dkim ? `DKIM (${dkim_domains.join(', ')})` : `SPF (${spf?.domain})`}.`,
    }

  let undecided = unknown
  if (spf?.result === 'temperror' && (await isAligned(spf.domain as string, record.aspf))) undecided = true
  for (const { result, domain } of input.dkim)
    if (result === 'temperror' && (await isAligned(domain, record.adkim))) undecided = true
  if (undecided || unknown)
    return { ...base, result: 'temperror', alignment, reason: 'An aligned check could not be finished.' }
  const tried = [
    spf ? `SPF ${spf.result} for ${spf.domain}` : 'no SPF',
    input.dkim.length
      ? input.dkim
          .slice(0, 5)
          .map(({ result, domain }) => `DKIM ${result} for ${domain}`)
          .join(', ')
      : 'no DKIM signature',
  ]
  return {
    ...base,
    result: 'fail',
    alignment,
    reason: `Nothing that passed is aligned with ${author}: ${tried.join('; ')}.`,
  }
}
