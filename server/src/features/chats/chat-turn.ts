import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type ApiError, notFound, problem } from '../../http/errors.ts'
import { isUuid, newId } from '../../ids.ts'

/** Conversations whose state stands in the database alone: any process goes on with them, also after a restart. */
export type ChatKind = 'sender_profile' | 'enrichment'

export type Chat<State> = {
  chat_id: string
  workspace_id: string
  user_id: string
  kind: ChatKind
  status: 'open' | 'completed'
  state: State
  message_count: number
}

export type ChatMessage = {
  id: string
  role: 'user' | 'assistant' | 'system'
  content: string
  metadata: Record<string, unknown> | null
  timestamp: Date
}

export type NewMessage = Pick<ChatMessage, 'role' | 'content'> & { metadata?: Record<string, unknown> | null }

export const noChat = () => notFound('There is no such conversation in this workspace.')

const COLUMNS = sql`chat_id, workspace_id, user_id, kind, status, state, message_count`

/** Ids that are no UUID are unknown ids. */
export const findChat = async <State>(
  db: Db,
  workspaceId: string,
  kind: ChatKind,
  chatId: string,
  lock = false,
): Promise<Chat<State> | null> => {
  if (!isUuid(chatId)) return null
  const found = await sql<Chat<State>>`
    select ${COLUMNS} from chats where workspace_id = ${workspaceId} and chat_id = ${chatId} and kind = ${kind}
    ${lock ? sql`for no key update` : sql``}`.execute(db)
  return found.rows[0] ?? null
}

/** Oldest first. */
export const listMessages = async (db: Db, workspaceId: string, chatId: string): Promise<ChatMessage[]> => {
  const found = await sql<ChatMessage>`
    select message_id as id, role, content, metadata, created_at as timestamp from chat_messages
    where workspace_id = ${workspaceId} and chat_id = ${chatId} order by position`.execute(db)
  return found.rows
}

/** Opens a conversation with what the assistant says first. */
export const openChat = async <State>(
  deps: Pick<Deps, 'db' | 'clock'>,
  chat: { workspace_id: string; user_id: string; kind: ChatKind; state: State },
  first: NewMessage,
  now: Date,
): Promise<{ chat: Chat<State>; message: ChatMessage }> =>
  transaction(deps.db, async (tx) => {
    const made: Chat<State> = { ...chat, chat_id: newId(), status: 'open', message_count: 0 }
    const system = deps.clock.now()
    await sql`
      insert into chats (chat_id, workspace_id, user_id, kind, status, state, created_at, touched_at)
      values (${made.chat_id}, ${chat.workspace_id}, ${chat.user_id}, ${chat.kind}, 'open', ${JSON.stringify(chat.state)}, ${now}, ${system})`.execute(
      tx,
    )
    const [message] = await addMessages(tx, made, [first], now)
    return { chat: made, message: message as ChatMessage }
  })

/** Appends messages to a conversation that the caller holds. */
export const addMessages = async (
  tx: Tx,
  chat: Pick<Chat<unknown>, 'chat_id' | 'workspace_id' | 'message_count'>,
  messages: NewMessage[],
  now: Date,
): Promise<ChatMessage[]> => {
  const added = messages.map((message) => ({
    id: newId(),
    role: message.role,
    content: message.content,
    metadata: message.metadata ?? null,
    timestamp: now,
  }))
  for (const [index, message] of added.entries())
    await sql`
      insert into chat_messages (message_id, workspace_id, chat_id, position, role, content, metadata, created_at)
      values (${message.id}, ${chat.workspace_id}, ${chat.chat_id}, ${chat.message_count + index}, ${message.role}, ${message.content},
        ${message.metadata ? JSON.stringify(message.metadata) : null}, ${now})`.execute(tx)
  await sql`
    update chats set message_count = message_count + ${added.length} where chat_id = ${chat.chat_id} and workspace_id = ${chat.workspace_id}`.execute(
    tx,
  )
  return added
}

export type Turn<State, Extra> = {
  state: State
  status?: 'open' | 'completed'
  reply: NewMessage
  extra: Extra
}

/**
 * One turn: what the user says and what is answered appear in one commit, or nothing does. Only one turn of a conversation is
 * under way at a time; another message meanwhile is a CONFLICT, because it was written without knowing the answer and would
 * be taken for one to the next question. `think` runs outside of any transaction and may ask a model; what it gives back runs
 * in the transaction that stores the turn, over the state as it is then. Whatever is thrown leaves the conversation as it was. The turn of a process that
 * died is taken over.
 */
export const takeTurn = async <State, Extra>(
  deps: Pick<Deps, 'db' | 'clock' | 'process_id'>,
  which: { workspace_id: string; kind: ChatKind; chat_id: string },
  said: string,
  now: Date,
  think: (
    chat: Chat<State>,
    messages: ChatMessage[],
  ) => Promise<(tx: Tx, present: Chat<State>) => Promise<Turn<State, Extra>>>,
): Promise<{ chat: Chat<State>; message: ChatMessage; extra: Extra }> => {
  const turnId = newId()
  const chat = await claimTurn<State>(deps, which, turnId)
  try {
    const settle = await think(chat, await listMessages(deps.db, chat.workspace_id, chat.chat_id))
    return await transaction(deps.db, async (tx) => {
      const held = await sql<Chat<State>>`
        select ${COLUMNS} from chats where chat_id = ${chat.chat_id} and workspace_id = ${chat.workspace_id} and turn_id = ${turnId} for update`.execute(
        tx,
      )
      const present = held.rows[0]
      // It was cancelled meanwhile, or this process was taken for dead and somebody else answered.
      if (!present) throw await whyNot(tx, which)
      const turn = await settle(tx, present)
      const added = await addMessages(tx, present, [{ role: 'user', content: said }, turn.reply], now)
      await sql`
        update chats set state = ${JSON.stringify(turn.state)}, status = ${turn.status ?? chat.status}, turn_id = null, turn_owner = null,
          touched_at = ${deps.clock.now()}
        where chat_id = ${chat.chat_id} and workspace_id = ${chat.workspace_id}`.execute(tx)
      return {
        chat: { ...chat, state: turn.state, status: turn.status ?? chat.status },
        message: added[1] as ChatMessage,
        extra: turn.extra,
      }
    })
  } catch (error) {
    await sql`
      update chats set turn_id = null, turn_owner = null where chat_id = ${chat.chat_id} and turn_id = ${turnId}`.execute(
      deps.db,
    )
    throw error
  }
}

const claimTurn = async <State>(
  deps: Pick<Deps, 'db' | 'process_id'>,
  which: { workspace_id: string; kind: ChatKind; chat_id: string },
  turnId: string,
): Promise<Chat<State>> => {
  if (!isUuid(which.chat_id)) throw noChat()
  const claimed = await sql<Chat<State>>`
    update chats c set turn_id = ${turnId}, turn_owner = ${deps.process_id}
    where workspace_id = ${which.workspace_id} and chat_id = ${which.chat_id} and kind = ${which.kind}
      and (turn_id is null or (turn_owner <> ${deps.process_id} and not exists (select 1 from processes p where p.id = c.turn_owner)))
    returning ${COLUMNS}`.execute(deps.db)
  const chat = claimed.rows[0]
  if (chat) return chat
  throw await whyNot(deps.db, which)
}

const whyNot = async (db: Db, which: { workspace_id: string; kind: ChatKind; chat_id: string }): Promise<ApiError> =>
  (await findChat(db, which.workspace_id, which.kind, which.chat_id))
    ? problem('CONFLICT', 'Another message of this conversation is being answered; wait for its answer.')
    : noChat()

/** Something else than a turn happened to a conversation that the caller holds: its state changes, and a message says so. */
export const noteInChat = async <State>(
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  chat: Chat<State>,
  state: State,
  message: NewMessage,
  now: Date,
): Promise<void> => {
  await addMessages(tx, chat, [message], now)
  await sql`
    update chats set state = ${JSON.stringify(state)}, touched_at = ${deps.clock.now()}
    where chat_id = ${chat.chat_id} and workspace_id = ${chat.workspace_id}`.execute(tx)
}

/** Drops a conversation with its messages, also while a message is being answered. False where there is none. */
export const dropChat = async (db: Db, workspaceId: string, kind: ChatKind, chatId: string): Promise<boolean> => {
  if (!isUuid(chatId)) return false
  const { numAffectedRows } = await sql`
    delete from chats where workspace_id = ${workspaceId} and chat_id = ${chatId} and kind = ${kind}`.execute(db)
  return Number(numAffectedRows ?? 0n) > 0
}
