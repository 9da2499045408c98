import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { isMessageId } from '../../mime-message.ts'

export type Thread = {
  /** Null where a new conversation begins. */
  conversation_id: string | null
  in_reply_to: string | null
  /** Oldest first, the answered message last. */
  references: string[]
}

type Answered = { message_id: string; conversation_id: string | null; thread_references: string[] | null }

const bracketed = (id: string): string => {
  const bare = id.trim()
  return bare.startsWith('<') ? bare : `<${bare}>`
}

/** The message of the workspace, received or sent, that carries this Message-ID, written with or without its brackets. */
const findByMessageId = async (db: Db, workspaceId: string, id: string): Promise<Answered | undefined> => {
  const spellings = [id, id.slice(1, -1)]
  const { rows } = await sql<Answered>`
    (select message_id, conversation_id, thread_references from inbound_emails
      where workspace_id = ${workspaceId} and message_id = any(${spellings}::text[]) order by id desc limit 1)
    union all
    (select e.message_id, e.conversation_id, c.thread_references from emails e left join email_contents c on c.email_id = e.id
      where e.workspace_id = ${workspaceId} and e.message_id = any(${spellings}::text[]) order by e.id desc limit 1)
    limit 1`.execute(db)
  return rows[0]
}

/** The newest message of a conversation that has an id of its own; undefined for a conversation without one. */
const findLast = async (db: Db, workspaceId: string, conversationId: string): Promise<Answered | undefined> => {
  const { rows } = await sql<Answered>`
    select message_id, conversation_id, thread_references from (
      (select message_id, conversation_id, thread_references, received_at as at from inbound_emails
        where workspace_id = ${workspaceId} and conversation_id = ${conversationId} and message_id is not null order by received_at desc limit 1)
      union all
      (select e.message_id, e.conversation_id, c.thread_references, coalesce(e.sent_at, e.created_at) as at
        from emails e left join email_contents c on c.email_id = e.id
        where e.workspace_id = ${workspaceId} and e.conversation_id = ${conversationId} and e.message_id is not null and e.status <> 'cancelled'
        order by e.id desc limit 1)
    ) known order by at desc limit 1`.execute(db)
  return rows[0]
}

const isKnown = async (db: Db, workspaceId: string, conversationId: string): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from conversations where workspace_id = ${workspaceId} and id = ${conversationId}
    union all
    select 1 from emails where workspace_id = ${workspaceId} and conversation_id = ${conversationId} limit 1`.execute(
    db,
  )
  return rows.length > 0
}

/**
 * Where a message belongs and which headers say so (RFC 5322 section 3.6.4). An answered message that we know brings its
 * conversation and its References along; a conversation alone is continued after its newest message; an id that nobody here
 * has seen is still answered. Throws NOT_FOUND for a conversation of another workspace, VALIDATION_ERROR for what is no id.
 */
export const findThread = async (
  db: Db,
  workspaceId: string,
  given: { conversation_id?: string | null; in_reply_to?: string | null },
): Promise<Thread> => {
  const conversationId = given.conversation_id ?? null
  if (conversationId && !(await isKnown(db, workspaceId, conversationId)))
    throw notFound('There is no such conversation in this workspace.')
  const id = given.in_reply_to ? bracketed(given.in_reply_to) : null
  if (id !== null && !isMessageId(id))
    throw invalid([{ loc: ['body', 'in_reply_to'], msg: 'is not a Message-ID', type: 'message_id' }])
  const answered = id
    ? await findByMessageId(db, workspaceId, id)
    : conversationId
      ? await findLast(db, workspaceId, conversationId)
      : undefined
  const answeredId = id ?? (answered ? bracketed(answered.message_id) : null)
  // What strangers wrote into References may be no id at all; the thread is kept without it.
  const before = (answered?.thread_references ?? []).map(bracketed).filter(isMessageId)
  const isUsable = answeredId !== null && isMessageId(answeredId)
  return {
    conversation_id: conversationId ?? answered?.conversation_id ?? null,
    in_reply_to: isUsable ? answeredId : null,
    references: isUsable ? [...before.filter((one) => one !== answeredId), answeredId] : before,
  }
}
