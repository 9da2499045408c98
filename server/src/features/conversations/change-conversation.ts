import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { noSuchConversation } from './read-conversations.ts'

/** Marks every received message of the conversation; one that is read keeps the time at which it was. Throws NOT_FOUND. */
export const markConversation = (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  id: string,
  mark: 'read' | 'unread',
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const known = await sql`
      select 1 from conversations where workspace_id = ${workspaceId} and id = ${id} for no key update`.execute(tx)
    if (!known.rows.length) throw noSuchConversation()
    await sql`
      update inbound_emails set read_at = ${mark === 'read' ? now : null}, updated_at = ${now}
      where workspace_id = ${workspaceId} and conversation_id = ${id} and (read_at is null) = ${mark === 'read'}`.execute(
      tx,
    )
  })

/**
 * Deletes the conversation with what was received in it. Sent mail is the proof of what was sent and stays until retention
 * (DOMAIN.md §4), without a conversation; what is still to be sent begins it anew. Throws NOT_FOUND.
 */
export const deleteConversation = (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const known = await sql`
      select 1 from conversations where workspace_id = ${workspaceId} and id = ${id} for update`.execute(tx)
    if (!known.rows.length) throw noSuchConversation()
    await sql`
      update emails set conversation_id = null
      where workspace_id = ${workspaceId} and conversation_id = ${id} and status not in ('queued', 'scheduled', 'sending')`.execute(
      tx,
    )
    await sql`delete from inbound_emails where workspace_id = ${workspaceId} and conversation_id = ${id}`.execute(tx)
    await sql`delete from conversations where workspace_id = ${workspaceId} and id = ${id}`.execute(tx)
  })
