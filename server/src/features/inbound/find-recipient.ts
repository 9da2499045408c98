import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { findAddressToken } from '../../mail-token.ts'
import { isStorable } from './storable-text.ts'

/** The world in which a session takes place: one sandbox workspace, or the real network (null). */
export type SessionWorld = string | null

export type KnownRecipient =
  | { kind: 'bounce' | 'unsubscribe'; email_id: string; extra?: string }
  | { kind: 'alias'; alias_id: string; workspace_id: string }

const splitAddress = (address: string): { local: string; domain: string } | null => {
  const at = address.lastIndexOf('@')
  if (at < 1 || at === address.length - 1 || address.length > 320) return null
  // No column holds such an address, and asking for it would fail for everybody who is asked for together with it.
  if (!isStorable(address)) return null
  return {
    local: address.slice(0, at).toLowerCase(),
    domain: address
      .slice(at + 1)
      .toLowerCase()
      .replace(/\.$/, ''),
  }
}

/** Which sending domains a session may write to: a sandbox's own, or the verified ones of the real world (`g.world` null). */
const reachable = sql`case when g.world is null then not d.is_sandbox and d.status = 'verified' and d.inbound_enabled and d.kind = 'owned'
  else d.is_sandbox and d.workspace_id = g.world end`

/** The MAIL FROM name of a domain takes what its envelope senders get back, whether or not the domain takes replies. */
const bouncesReach = sql`case when g.world is null then not d.is_sandbox and d.status = 'verified' and d.kind = 'owned'
  else d.is_sandbox and d.workspace_id = g.world end`

export type AskedRecipient = { address: string; world: SessionWorld }

type Named = {
  n: number
  domain: string
  world: SessionWorld
  kind: 'bounce' | 'unsubscribe'
  email_id: string
  extra?: string
}
type Plain = { n: number; full: string; untagged: string; world: SessionWorld }

/**
 * Who addresses belong to, each null for one that is not known here; at most one query for each kind of address. The token
 * of a bounce or unsubscribe address has to verify and its domain has to be one that the session may write to; what follows
 * a + in an alias is the writer's own.
 */
export const findRecipients = async (
  deps: Pick<Deps, 'mail_tokens'> & { db: Db },
  asked: readonly AskedRecipient[],
): Promise<(KnownRecipient | null)[]> => {
  const known: (KnownRecipient | null)[] = asked.map(() => null)
  const named: Named[] = []
  const plain: Plain[] = []
  for (const [n, { address, world }] of asked.entries()) {
    const parts = splitAddress(address)
    if (!parts) continue
    const token = findAddressToken(address)
    const proof = token && deps.mail_tokens.verify(token.purpose, token.token)
    if (token && proof) named.push({ n, domain: parts.domain, world, kind: token.purpose, ...proof })
    else
      plain.push({
        n,
        full: `${parts.local}@${parts.domain}`,
        untagged: `${parts.local.split('+')[0]}@${parts.domain}`,
        world,
      })
  }
  if (named.length) {
    const { rows } = await sql<{ n: number }>`
      select g.n from unnest(${named.map(({ n }) => n)}::integer[], ${named.map(({ domain }) => domain)}::text[], ${named.map(({ world }) => world)}::uuid[])
        as g (n, domain, world)
      where exists (select from sending_domains d where d.domain = g.domain and ${reachable})
        or exists (select from sending_domains d where d.mail_from_host = g.domain and ${bouncesReach})`.execute(
      deps.db,
    )
    const reached = new Set(rows.map(({ n }) => n))
    for (const { n, kind, email_id, extra } of named)
      if (reached.has(n)) known[n] = { kind, email_id, ...(extra === undefined ? {} : { extra }) }
  }
  if (plain.length) {
    const { rows } = await sql<{ n: number; id: string; workspace_id: string }>`
      select g.n, found.id, found.workspace_id
      from unnest(${plain.map(({ n }) => n)}::integer[], ${plain.map(({ full }) => full)}::text[], ${plain.map(({ untagged }) => untagged)}::text[],
        ${plain.map(({ world }) => world)}::uuid[]) as g (n, full_address, untagged, world)
      cross join lateral (
        select a.id, a.workspace_id from aliases a join sending_domains d on d.id = a.domain_id
        where a.deleted_at is null and a.full_email in (g.full_address, g.untagged) and ${reachable}
        order by length(a.full_email) desc limit 1
      ) found`.execute(deps.db)
    for (const { n, id, workspace_id } of rows) known[n] = { kind: 'alias', alias_id: id, workspace_id }
  }
  return known
}

/** The same for one address. */
export const findRecipient = async (
  deps: Pick<Deps, 'mail_tokens'> & { db: Db },
  address: string,
  world: SessionWorld,
): Promise<KnownRecipient | null> => (await findRecipients(deps, [{ address, world }]))[0] ?? null
