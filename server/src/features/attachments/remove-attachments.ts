import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { lockContents } from './store-attachments.ts'

export type Removal = { deleted: string[]; in_use: string[]; not_found: string[] }

type Found = { id: string; file_id: string; sha256: Buffer; is_used: boolean }

/**
 * Removes stored attachments that no message carries, and their content where nothing else refers to it. What a message
 * carries is kept, because the message shows it; the ids say which is which.
 */
export const removeAttachments = (
  deps: Pick<Deps, 'db' | 'storage'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<Removal> =>
  transaction(deps.db, async (tx) => {
    const asked = [...new Set(ids)]
    const { rows } = await sql<Found>`
      select a.id, a.file_id, a.sha256,
        exists (select 1 from email_attachments e where e.workspace_id = a.workspace_id and e.attachment_id = a.id) as is_used
      from attachments a where a.workspace_id = ${workspaceId} and a.id = any(${asked}::uuid[])
      order by a.id for update of a`.execute(tx)
    const free = rows.filter(({ is_used }) => !is_used)
    await lockContents(
      tx,
      free.map(({ sha256 }) => sha256),
    )
    const deleted = free.map(({ id }) => id)
    await sql`delete from attachments where id = any(${deleted}::uuid[])`.execute(tx)
    await sql`delete from stored_files where id = any(${free.map(({ file_id }) => file_id)}::uuid[])`.execute(tx)
    const kept = await sql<{ sha256: Buffer }>`
      select distinct sha256 from stored_files where sha256 = any(${free.map(({ sha256 }) => sha256)}::bytea[])`.execute(
      tx,
    )
    const gone = new Map(free.map(({ sha256 }) => [sha256.toString('hex'), sha256]))
    for (const { sha256 } of kept.rows) gone.delete(sha256.toString('hex'))
    for (const sha256 of gone.values()) await deps.storage.remove(sha256)
    const known = new Set(rows.map(({ id }) => id))
    return {
      deleted,
      in_use: rows.filter(({ is_used }) => is_used).map(({ id }) => id),
      not_found: asked.filter((id) => !known.has(id)),
    }
  })
