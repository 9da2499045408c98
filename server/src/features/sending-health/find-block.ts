import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'

/**
 * Why these aliases must not begin or go on sending: the workspace, or one of their domains, is blocked and nobody has
 * lifted it. Null when nothing stands in the way.
 */
export const findBlock = async (
  db: Db | Tx,
  who: { workspace_id: string; alias_ids: readonly string[] },
  now: Date,
): Promise<string | null> => {
  const found = await sql<{ name: string; reasons: string[] }>`
    select coalesce(d.domain, 'this workspace') as name, h.reasons from sending_health h left join sending_domains d on d.id = h.scope_id
    where h.workspace_id = ${who.workspace_id} and h.band = 'blocked' and (h.lifted_until is null or h.lifted_until <= ${now})
      and (h.scope = 'workspace' or h.scope_id in (select domain_id from aliases where id = any(${[...who.alias_ids]}::uuid[])))
    order by h.scope limit 1`.execute(db)
  const block = found.rows[0]
  return block ? `Sending is blocked for ${block.name}: ${block.reasons.join(' ')}` : null
}
