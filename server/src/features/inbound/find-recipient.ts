import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { findAddressToken } from '../../mail-token.ts'

/** The world in which a session takes place: one sandbox workspace, or the real network (null). */
export type SessionWorld = string | null

export type KnownRecipient =
  | { kind: 'bounce' | 'unsubscribe'; email_id: string; extra?: string }
  | { kind: 'alias'; alias_id: string; workspace_id: string }

const splitAddress = (address: string): { local: string; domain: string } | null => {
  const at = address.lastIndexOf('@')
  if (at < 1 || at === address.length - 1 || address.length > 320) return null
  return {
    local: address.slice(0, at).toLowerCase(),
    domain: address
      .slice(at + 1)
      .toLowerCase()
      .replace(/\.$/, ''),
  }
}

/** Which sending domains a session may write to: a sandbox's own, or the verified ones of the real world. */
const reachable = (world: SessionWorld) =>
  world === null
    ? sql`not d.is_sandbox and d.status = 'verified' and d.inbound_enabled and d.kind = 'owned'`
    : sql`d.is_sandbox and d.workspace_id = ${world}`

/** The MAIL FROM name of a domain takes what its envelope senders get back, whether or not the domain takes replies. */
const bouncesReach = (world: SessionWorld) =>
  world === null
    ? sql`not d.is_sandbox and d.status = 'verified' and d.kind = 'owned'`
    : sql`d.is_sandbox and d.workspace_id = ${world}`

/**
 * Who an address belongs to, or null for one that is not known here. The token of a bounce or unsubscribe address has to
 * verify and its domain has to be one that the session may write to; what follows a + in an alias is the writer's own.
 */
export const findRecipient = async (
  deps: Pick<Deps, 'mail_tokens'> & { db: Db },
  address: string,
  world: SessionWorld,
): Promise<KnownRecipient | null> => {
  const parts = splitAddress(address)
  if (!parts) return null
  const named = findAddressToken(address)
  const proof = named && deps.mail_tokens.verify(named.purpose, named.token)
  if (named && proof) {
    const { rows } = await sql`
      select 1 from sending_domains d where d.domain = ${parts.domain} and ${reachable(world)}
      union all select 1 from sending_domains d where d.mail_from_host = ${parts.domain} and ${bouncesReach(world)} limit 1`.execute(
      deps.db,
    )
    return rows.length ? { kind: named.purpose, ...proof } : null
  }
  const plain = parts.local.split('+')[0] as string
  const { rows } = await sql<{ id: string; workspace_id: string }>`
    select a.id, a.workspace_id from aliases a join sending_domains d on d.id = a.domain_id
    where a.deleted_at is null and a.full_email = any(${[`${parts.local}@${parts.domain}`, `${plain}@${parts.domain}`]}) and ${reachable(world)}
    order by length(a.full_email) desc limit 1`.execute(deps.db)
  return rows[0] ? { kind: 'alias', alias_id: rows[0].id, workspace_id: rows[0].workspace_id } : null
}
