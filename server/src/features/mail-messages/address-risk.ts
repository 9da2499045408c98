import { isDisposableDomain } from '../../disposable-domains.ts'
import { isRoleAddress, normalizeEmailAddress, receivingProvider } from '../../email-address.ts'

export type CheckName = 'syntax' | 'mx_records' | 'role_based' | 'disposable' | 'free_provider' | 'typo' | 'suppressed'

export type AddressCheck = {
  name: CheckName
  passed: boolean
  result: 'passed' | 'failed' | 'skipped' | 'unknown'
  /** What a failure adds to the risk, of 100. */
  weight: number
  detail: string
}

/** What the DNS says of a domain: it takes mail, it takes none, nobody could be asked, or nobody was. */
export type MailHosts = {
  state: 'found' | 'implicit' | 'null_mx' | 'absent' | 'unknown' | 'skipped'
  detail: string
}

export type AddressRisk = {
  email: string
  normalized_email: string | null
  suggestion: string | null
  risk_score: number
  risk_level: 'safe' | 'low' | 'medium' | 'high' | 'critical'
  is_risky: boolean
  checks: AddressCheck[]
}

const WEIGHTS: Record<CheckName, number> = {
  syntax: 100,
  mx_records: 90,
  suppressed: 100,
  disposable: 70,
  typo: 50,
  role_based: 20,
  free_provider: 5,
}

const RISKY = 50

const check = (name: CheckName, result: AddressCheck['result'], detail: string): AddressCheck => ({
  name,
  passed: result !== 'failed',
  result,
  weight: WEIGHTS[name],
  detail,
})

/** Where most private people have their mail; a name one slip away from one of these is nearly always that slip. */
const COMMON_DOMAINS = [
  'gmail.com',
  'googlemail.com',
  'yahoo.com',
  'yahoo.co.uk',
  'yahoo.fr',
  'hotmail.com',
  'hotmail.co.uk',
  'hotmail.fr',
  'outlook.com',
  'live.com',
  'icloud.com',
  'protonmail.com',
  'gmx.de',
  'gmx.net',
  'web.de',
  't-online.de',
  'comcast.net',
]

/** One letter away from a common name and the names of other providers all the same. */
const REAL_NEIGHBOURS = new Set([
  'mail.com',
  'ymail.com',
  'email.com',
  'fmail.com',
  'hotmail.it',
  'yahoo.ca',
  'yahoo.cn',
])

/** Endings that exist nowhere, as far as mail goes, or belong to somebody else when `.com` was meant. */
const SLIPPED_ENDINGS = /\.(?:con|cmo|ocm|comm|vom|xom|cpm|coom|conm)$/

/** The domain that was probably meant; null where nothing suggests another. */
export const meantDomain = (domain: string): string | null => {
  if (COMMON_DOMAINS.includes(domain) || REAL_NEIGHBOURS.has(domain)) return null
  const near = COMMON_DOMAINS.find((common) => isOneSlipAway(domain, common))
  if (near) return near
  return SLIPPED_ENDINGS.test(domain) ? domain.replace(SLIPPED_ENDINGS, '.com') : null
}

/** One letter more, less, other, or two changed round. Names under five letters are not compared: too many like them are real. */
const isOneSlipAway = (given: string, meant: string): boolean => {
  if (meant.indexOf('.') < 5 || Math.abs(given.length - meant.length) > 1 || given === meant) return false
  let start = 0
  while (start < given.length && given[start] === meant[start]) start++
  let end = 0
  while (
    end < Math.min(given.length, meant.length) - start &&
    given[given.length - 1 - end] === meant[meant.length - 1 - end]
  )
    end++
  const left = given.length - start - end
  const right = meant.length - start - end
  if (left <= 1 && right <= 1) return true
  return left === 2 && right === 2 && given[start] === meant[start + 1] && given[start + 1] === meant[start]
}

const mxCheck = (hosts: MailHosts): AddressCheck => {
  if (hosts.state === 'skipped' || hosts.state === 'unknown') return check('mx_records', hosts.state, hosts.detail)
  return check('mx_records', hosts.state === 'null_mx' || hosts.state === 'absent' ? 'failed' : 'passed', hosts.detail)
}

const levelOf = (score: number): AddressRisk['risk_level'] =>
  score >= 90 ? 'critical' : score >= RISKY ? 'high' : score >= 20 ? 'medium' : score > 0 ? 'low' : 'safe'

/**
 * How risky it is to write to an address, from 0 to 100: the weights of the failed checks combined so that several small
 * doubts never make a certainty (1 − ∏(1 − weight)). Nothing is sent, and no mailbox is asked. `suppression` is the reason
 * for which the workspace may not write to it, or null.
 */
export const assessAddress = (email: string, hosts: MailHosts, suppression: string | null): AddressRisk => {
  const read = normalizeEmailAddress(email)
  const checks: AddressCheck[] = []
  let suggestion: string | null = null
  if (!read.ok) checks.push(check('syntax', 'failed', read.message))
  else {
    const { local, domain } = read
    const meant = meantDomain(domain)
    suggestion = meant ? `${local}@${meant}` : null
    const isFree = receivingProvider(domain) !== domain
    const isRole = isRoleAddress(read.email)
    const isThrowAway = isDisposableDomain(domain)
    checks.push(
      check('syntax', 'passed', 'It is one plain address.'),
      mxCheck(hosts),
      check(
        'typo',
        meant ? 'failed' : 'passed',
        meant ? `${meant} was probably meant.` : 'No slip of the hand to see.',
      ),
      check(
        'disposable',
        isThrowAway ? 'failed' : 'passed',
        isThrowAway ? `${domain} gives throw-away addresses.` : 'Not a known provider of throw-away addresses.',
      ),
      check(
        'role_based',
        isRole ? 'failed' : 'passed',
        isRole ? 'It belongs to a function and not to a person.' : 'Not the address of a function.',
      ),
      check(
        'free_provider',
        isFree ? 'failed' : 'passed',
        isFree ? 'A mailbox of a free provider.' : 'A domain of its own.',
      ),
      check(
        'suppressed',
        suppression ? 'failed' : 'passed',
        suppression ? `On the suppression list (${suppression}).` : 'Not on the suppression list.',
      ),
    )
  }
  const safe = checks.reduce((rest, { passed, weight }) => (passed ? rest : rest * (1 - weight / 100)), 1)
  const risk_score = Math.round((1 - safe) * 100)
  return {
    email,
    normalized_email: read.ok ? read.email : null,
    suggestion,
    risk_score,
    risk_level: levelOf(risk_score),
    is_risky: risk_score >= RISKY,
    checks,
  }
}
