import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError, type Detail, invalid, problem } from '../../http/errors.ts'
import { cancelMessage } from '../mail-messages/cancel-message.ts'
import { deleteConversation, markConversation } from './change-conversation.ts'
import { noSuchConversation } from './read-conversations.ts'

export type ThreadChange = {
  unread?: boolean
  starred?: boolean
  /** inbox, spam, trash, or the id of a folder. */
  folder_id?: string
  add_label_ids?: string[]
  remove_label_ids?: string[]
}

type Who = { workspace_id: string; user_id: string }

const PLACES = ['inbox', 'spam', 'trash']

type TagRow = { id: string; type: 'tag' | 'folder'; system_name: string | null }

/** Every id has to be of the workspace and of the right kind; what is not is named, all of it at once. */
const checkTargets = async (tx: Tx, workspaceId: string, change: ThreadChange): Promise<void> => {
  const folder = change.folder_id !== undefined && !PLACES.includes(change.folder_id) ? change.folder_id : null
  const labels = (['add_label_ids', 'remove_label_ids'] as const).flatMap((field) =>
    (change[field] ?? []).map((id, at) => ({ field, at, id: id.toLowerCase() })),
  )
  const ids = [...labels.map(({ id }) => id), ...(folder ? [folder] : [])]
  if (!ids.length) return
  const { rows } = await sql<TagRow>`
    select id, type, system_name from tags where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) order by id for key share`.execute(
    tx,
  )
  const known = new Map(rows.map((row) => [row.id, row]))
  const is = (id: string, type: TagRow['type']): boolean => {
    const row = known.get(id)
    return row !== undefined && row.type === type && row.system_name === null
  }
  const problems: Detail[] = labels.flatMap(({ field, at, id }) =>
    is(id, 'tag') ? [] : [{ loc: ['body', field, at], msg: 'is no label of this workspace', type: 'label_not_found' }],
  )
  if (folder && !is(folder.toLowerCase(), 'folder'))
    problems.push({ loc: ['body', 'folder_id'], msg: 'is no folder of this workspace', type: 'folder_not_found' })
  if (problems.length) throw invalid(problems)
}

/** What waits for its time in a thread that goes to the trash is not sent. What is on its way already goes. */
const cancelScheduled = async (tx: Tx, workspaceId: string, id: string, now: Date): Promise<void> => {
  const { rows } = await sql<{ id: string }>`
    select id from emails where workspace_id = ${workspaceId} and conversation_id = ${id} and source = 'api' and status = 'scheduled' order by id`.execute(
    tx,
  )
  for (const message of rows)
    try {
      await cancelMessage({ db: tx }, workspaceId, message.id, now)
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'EMAIL_NOT_CANCELLABLE') throw error
    }
}

const label = async (tx: Tx, who: Who, id: string, given: readonly string[], now: Date): Promise<void> => {
  await sql`
    insert into conversation_tags (workspace_id, conversation_id, tag_id, tagged_at)
    select ${who.workspace_id}, ${id}, t, ${now} from unnest(${[...given]}::uuid[]) as t on conflict do nothing`.execute(
    tx,
  )
  // Readers of single messages see it too.
  await sql`
    insert into inbound_email_tags (workspace_id, inbound_email_id, tag_id, tagged_by, tagged_by_user, tagged_at)
    select ${who.workspace_id}, i.id, t, 'user', ${who.user_id}, ${now}
    from inbound_emails i cross join unnest(${[...given]}::uuid[]) as t
    where i.workspace_id = ${who.workspace_id} and i.conversation_id = ${id} on conflict do nothing`.execute(tx)
}

const unlabel = async (tx: Tx, workspaceId: string, id: string, given: readonly string[]): Promise<void> => {
  await sql`delete from conversation_tags where conversation_id = ${id} and tag_id = any(${[...given]}::uuid[])`.execute(
    tx,
  )
  await sql`
    delete from inbound_email_tags m using inbound_emails i
    where i.id = m.inbound_email_id and i.workspace_id = ${workspaceId} and i.conversation_id = ${id} and m.tag_id = any(${[...given]}::uuid[])`.execute(
    tx,
  )
}

/**
 * Marks, stars, moves and labels a thread, all or nothing. What goes to the trash takes its scheduled messages out of the
 * queue; an answer that comes later brings the thread back. A label in both lists is taken off. Throws NOT_FOUND, and
 * VALIDATION_ERROR naming each id that is no label or folder here.
 */
export const changeThread = (
  deps: Pick<Deps, 'db'>,
  who: Who,
  id: string,
  change: ThreadChange,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = who
    // Before the thread is held, since senders take a message first and its thread after it.
    if (change.folder_id === 'trash') await cancelScheduled(tx, workspace_id, id, now)
    const known = await sql`
      select 1 from conversations where workspace_id = ${workspace_id} and id = ${id} for no key update`.execute(tx)
    if (!known.rows.length) throw noSuchConversation()
    await checkTargets(tx, workspace_id, change)
    if (change.starred !== undefined)
      await sql`
        update conversations set starred_at = ${change.starred ? sql`coalesce(starred_at, ${now})` : null}, updated_at = ${now}
        where id = ${id}`.execute(tx)
    if (change.folder_id !== undefined) {
      const place = PLACES.includes(change.folder_id) ? change.folder_id : null
      await sql`
        update conversations set place = ${place}, folder_id = ${place ? null : change.folder_id}, updated_at = ${now} where id = ${id}`.execute(
        tx,
      )
    }
    if (change.add_label_ids?.length) await label(tx, who, id, change.add_label_ids, now)
    if (change.remove_label_ids?.length) await unlabel(tx, workspace_id, id, change.remove_label_ids)
    if (change.unread !== undefined)
      await markConversation({ db: tx }, workspace_id, id, change.unread ? 'unread' : 'read', now)
  })

/** Deletes a thread for good, as deleteConversation does, but only out of the trash. Throws NOT_FOUND and CONFLICT. */
export const deleteThread = (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { rows } = await sql<{ place: string | null }>`
      select place from conversations where workspace_id = ${workspaceId} and id = ${id} for update`.execute(tx)
    if (!rows[0]) throw noSuchConversation()
    if (rows[0].place !== 'trash')
      throw problem('CONFLICT', 'Only a thread in the trash is deleted; move it there first.')
    await deleteConversation({ db: tx }, workspaceId, id)
  })
