import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Clock } from '../clock.ts'
import type { DnsResolver } from '../dns/port.ts'
import type { OutboundHttp } from '../outbound-http.ts'

/** What a domain asks of whoever sends to it (RFC 8461). `mx` holds host names, or `*.` and a name. */
export type StsPolicy = { mode: 'enforce' | 'testing' | 'none'; mx: string[]; max_age_s: number }

const MOST_BYTES = 65_536
const MOST_AGE_S = 31_557_600 // RFC 8461 §3.2
const FETCH_MS = 20_000
/** How long a decision is not looked up again. */
const KNOWN_MS = 300_000
const MOST_KNOWN = 20_000
/** Policies are fetched anew this often although their id is the same, so that they do not run out (RFC 8461 §3.3). */
const FRESH_MS = 86_400_000

/**
 * Reads a policy file (RFC 8461 §3.2). Null where it is none: another version, a mode that does not exist, no max_age, or no
 * mx although the mode needs one. Fields that are not known are ignored, and of repeated ones the first counts.
 */
export const readStsPolicy = (text: string): StsPolicy | null => {
  const fields = new Map<string, string>()
  const mx: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const found = /^\s*([A-Za-z0-9][A-Za-z0-9_.-]{0,31})\s*:\s*(.*?)\s*$/.exec(line)
    if (!found) continue
    const [, name = '', value = ''] = found
    if (name === 'mx') mx.push(value.toLowerCase().replace(/\.$/, ''))
    else if (!fields.has(name)) fields.set(name, value)
  }
  const mode = fields.get('mode')
  const age = fields.get('max_age') ?? ''
  if (fields.get('version') !== 'STSv1' || !/^\d{1,10}$/.test(age)) return null
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none') return null
  if (mode !== 'none' && mx.length === 0) return null
  return { mode, mx, max_age_s: Math.min(Number(age), MOST_AGE_S) }
}

/** The id in the TXT record at `_mta-sts` (RFC 8461 §3.1); null unless exactly one record speaks of STSv1. */
export const readStsId = (records: readonly string[]): string | null => {
  const ours = records.filter((text) => /^v=STSv1\s*(;|$)/.test(text))
  if (ours.length !== 1) return null
  return /(?:^|;)\s*id=([A-Za-z0-9]{1,32})\s*(?:;|$)/.exec(ours[0] as string)?.[1] ?? null
}

/** Whether a host is one of the policy's. A wildcard stands for exactly one label (RFC 8461 §4.1). */
export const isStsHost = (patterns: readonly string[], host: string): boolean => {
  const name = host.toLowerCase()
  const rest = name.slice(name.indexOf('.') + 1)
  return patterns.some((pattern) => (pattern.startsWith('*.') ? pattern.slice(2) === rest : pattern === name))
}

type Row = { policy_id: string; mode: StsPolicy['mode']; mx: string[]; fetched_at: Date }

export type StsPolicies = {
  /** The policy in force for a domain; null where there is none. Never throws for what the domain does. */
  of: (domain: string) => Promise<Pick<StsPolicy, 'mode' | 'mx'> | null>
}

/**
 * Policies are kept in the database as long as they ask for, so that one who suppresses the TXT record or blocks the fetch
 * gains nothing against a domain that we have met before (RFC 8461 §3.3 and §10.2).
 */
export const createStsPolicies = (deps: {
  db: Db
  clock: Clock
  http: Pick<OutboundHttp, 'request'>
  resolver: Pick<DnsResolver, 'txt'>
}): StsPolicies => {
  const known = new Map<string, { policy: Promise<Pick<StsPolicy, 'mode' | 'mx'> | null>; until: number }>()

  const fetchPolicy = async (domain: string): Promise<StsPolicy | null> => {
    try {
      const answer = await deps.http.request(`https://mta-sts.${domain}/.well-known/mta-sts.txt`, {
        timeout_ms: FETCH_MS,
        max_response_bytes: MOST_BYTES,
        max_redirects: 0, // RFC 8461 §3.3: a redirect must not be followed
      })
      if (answer.status !== 200 || answer.truncated) return null
      if (!/^text\/plain\s*(;|$)/i.test(answer.headers['content-type'] ?? '')) return null
      return readStsPolicy(answer.body.toString('utf8'))
    } catch {
      // Unreachable, a bad certificate, a private address: there is no policy to be had now.
      return null
    }
  }

  const look = async (domain: string, now: Date): Promise<Pick<StsPolicy, 'mode' | 'mx'> | null> => {
    const [txt, stored] = await Promise.all([
      deps.resolver.txt(`_mta-sts.${domain}`),
      sql<Row>`select policy_id, mode, mx, fetched_at from mta_sts_policies where domain = ${domain} and expires_at > ${now}`.execute(
        deps.db,
      ),
    ])
    const row = stored.rows[0] ?? null
    const id = txt.state === 'found' ? readStsId(txt.values) : null
    if (id === null) return row
    if (row === null || id !== row.policy_id) return (await renew(domain, id, now)) ?? row
    // The one we have is still in force, so nobody waits for its successor.
    if (now.getTime() - row.fetched_at.getTime() > FRESH_MS) renew(domain, id, now).catch(() => {})
    return row
  }

  const renew = async (domain: string, id: string, now: Date): Promise<StsPolicy | null> => {
    const policy = await fetchPolicy(domain)
    if (!policy) return null
    const expires = new Date(now.getTime() + policy.max_age_s * 1000)
    await sql`
      insert into mta_sts_policies (domain, policy_id, mode, mx, fetched_at, expires_at)
      values (${domain}, ${id}, ${policy.mode}, ${policy.mx}, ${now}, ${expires})
      on conflict (domain) do update set policy_id = excluded.policy_id, mode = excluded.mode, mx = excluded.mx,
        fetched_at = excluded.fetched_at, expires_at = excluded.expires_at`.execute(deps.db)
    return policy
  }

  return {
    of: (domain) => {
      const now = deps.clock.now()
      const found = known.get(domain)
      if (found && found.until > now.getTime()) return found.policy
      if (known.size >= MOST_KNOWN) known.clear()
      const policy = look(domain, now)
      known.set(domain, { policy, until: now.getTime() + KNOWN_MS })
      // A fault of the database is not remembered as an answer.
      policy.catch(() => known.delete(domain))
      return policy
    },
  }
}
