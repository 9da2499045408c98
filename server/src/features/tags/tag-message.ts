import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { noSuchTag, type TagReader, type TagSummaryRow } from './read-tags.ts'
import type { MessageTags } from './schema.ts'

export type EmailTagRow = { tag: TagSummaryRow; tagged_by: string; tagged_at: Date; note: string | null }

const noSuchMessage = () => notFound('There is no such message in this workspace.')

const findMessage = async (db: Db, workspaceId: string, id: string, lock: boolean): Promise<void> => {
  const { rows } = await sql`
    select 1 from inbound_emails where workspace_id = ${workspaceId} and id = ${id} ${lock ? sql`for key share` : sql``}`.execute(
    db,
  )
  if (!rows.length) throw noSuchMessage()
}

const read = async (db: Db, id: string): Promise<EmailTagRow[]> => {
  const { rows } = await sql<EmailTagRow>`
    select jsonb_build_object('id', t.id, 'name', t.name, 'type', t.type, 'color', t.color, 'icon', t.icon) as tag, m.tagged_by, m.tagged_at, m.note
    from inbound_email_tags m join tags t on t.id = m.tag_id
    where m.inbound_email_id = ${id} order by t.is_pinned desc, t.sort_order, lower(t.name), t.id`.execute(db)
  return rows
}

/** What people put on a received message; Inbox, where every message is, is not among it. Throws NOT_FOUND. */
export const listMessageTags = async (db: Db, workspaceId: string, messageId: string): Promise<EmailTagRow[]> => {
  await findMessage(db, workspaceId, messageId, false)
  return read(db, messageId)
}

/** Every id has to be a tag of the workspace that can be put on a message. */
const checkTags = async (tx: Tx, workspaceId: string, ids: string[]): Promise<void> => {
  const { rows } = await sql<{ id: string; name: string; system_name: string | null }>`
    select id, name, system_name from tags where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) order by id for key share`.execute(
    tx,
  )
  const known = new Set(rows.map((row) => row.id))
  const missing = ids.flatMap((id, at) => (known.has(id) ? [] : [at]))
  if (missing.length)
    throw invalid(
      missing.map((at) => ({
        loc: ['body', 'tag_ids', at],
        msg: 'is no tag of this workspace',
        type: 'tag_not_found',
      })),
    )
  const system = rows.find((row) => row.system_name)
  if (system) throw problem('CONFLICT', `${system.name} holds messages by itself; nobody puts them there.`)
}

/** Puts tags on a message, or with `replace` exactly these. A tag that is there keeps its time; a note given replaces its note. */
export const tagMessage = (
  deps: Pick<Deps, 'db'>,
  who: TagReader,
  messageId: string,
  wanted: MessageTags,
  options: { replace: boolean; now: Date },
): Promise<EmailTagRow[]> =>
  transaction(deps.db, async (tx) => {
    const ids = [...new Set(wanted.tag_ids.map((id) => id.toLowerCase()))]
    await findMessage(tx, who.workspace_id, messageId, true)
    await checkTags(tx, who.workspace_id, ids)
    if (options.replace)
      await sql`
        delete from inbound_email_tags where inbound_email_id = ${messageId} and tag_id <> all(${ids}::uuid[])`.execute(
        tx,
      )
    await sql`
      insert into inbound_email_tags as m (workspace_id, inbound_email_id, tag_id, tagged_by, tagged_by_user, tagged_at, note)
      select ${who.workspace_id}, ${messageId}, id, 'user', ${who.user_id}, ${options.now}, ${wanted.note ?? null}
      from unnest(${ids}::uuid[]) as t (id)
      on conflict (inbound_email_id, tag_id) do update set note = excluded.note where excluded.note is not null`.execute(
      tx,
    )
    return read(tx, messageId)
  })

/** Safe to repeat: a tag that is not on the message is left alone. Throws NOT_FOUND for a message or tag that is not there. */
export const untagMessage = async (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  messageId: string,
  tagId: string,
): Promise<void> => {
  await findMessage(deps.db, workspaceId, messageId, false)
  const { rows } = await sql`select 1 from tags where workspace_id = ${workspaceId} and id = ${tagId}`.execute(deps.db)
  if (!rows.length) throw noSuchTag()
  await sql`delete from inbound_email_tags where inbound_email_id = ${messageId} and tag_id = ${tagId}`.execute(deps.db)
}
