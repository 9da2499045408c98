import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import type { Match } from './match-message.ts'
import type { ParsedMessage } from './parse-message.ts'
import { subjectKey } from './subject-key.ts'

/** A thread that has been silent for longer is not taken up by subject alone. */
const SAME_SUBJECT_MS = 90 * 86_400_000
/** Threads with the same people that are looked through for the subject. */
const CANDIDATES = 50
const MAX_IDS = 50
const MAX_PEOPLE = 50

type Asked = {
  workspace_id: string
  alias_id: string
  full_email: string
  match: Match | null
  message: ParsedMessage
  now: Date
}

/** The people of a message besides ourselves; whoever is in copy may answer in its thread. */
const participantsOf = ({ message, full_email }: Asked): string[] => {
  const everybody = [message.from, ...message.reply_to, ...message.to, ...message.cc].flatMap((person) =>
    person ? [person.address.toLowerCase()] : [],
  )
  return [...new Set(everybody)].filter((address) => address !== full_email.toLowerCase()).slice(0, MAX_PEOPLE)
}

const spellings = (ids: readonly string[]): string[] => ids.flatMap((id) => [id, id.replace(/^<|>$/g, '')])

/** The thread of any message, ours or received, that this one names; the last named first (RFC 5322 §3.6.4). */
const byReferences = async (tx: Tx, { workspace_id, message }: Asked): Promise<string | null> => {
  const named = [...message.references, ...(message.in_reply_to ? [message.in_reply_to] : [])].slice(-MAX_IDS).reverse()
  const ids = [...new Set(named)]
  if (!ids.length) return null
  const { rows } = await sql<{ message_id: string; conversation_id: string }>`
    select i.message_id, i.conversation_id from inbound_emails i
    where i.workspace_id = ${workspace_id} and i.message_id = any(${spellings(ids)}::text[]) and i.conversation_id is not null
    union all
    select e.message_id, e.conversation_id from emails e
    where e.workspace_id = ${workspace_id} and e.message_id = any(${spellings(ids)}::text[]) and e.conversation_id is not null`.execute(
    tx,
  )
  for (const id of ids) {
    const found = rows.find(({ message_id }) => message_id === id || `<${message_id}>` === id)
    if (found) return found.conversation_id
  }
  return null
}

/** The latest thread of this alias with one of these people under the same subject, within 90 days. */
const bySubject = async (tx: Tx, asked: Asked): Promise<string | null> => {
  const key = subjectKey(asked.message.subject)
  const people = participantsOf(asked)
  if (!key || !people.length) return null
  const since = new Date(asked.now.getTime() - SAME_SUBJECT_MS)
  const { rows } = await sql<{ conversation_id: string; subject: string }>`
    select conversation_id, subject from (
      (select i.conversation_id, i.subject, i.received_at as at from inbound_emails i
        where i.workspace_id = ${asked.workspace_id} and lower(i.from_email) = any(${people}::text[]) and i.alias_id = ${asked.alias_id}
          and i.conversation_id is not null and i.received_at >= ${since}
        order by i.id desc limit ${CANDIDATES})
      union all
      (select e.conversation_id, t.subject, e.sent_at as at from emails e join email_contents t on t.email_id = e.id
        where e.workspace_id = ${asked.workspace_id} and e.to_email = any(${people}::text[]) and e.alias_id = ${asked.alias_id}
          and e.conversation_id is not null and e.sent_at >= ${since}
        order by e.id desc limit ${CANDIDATES})
    ) known order by at desc`.execute(tx)
  return rows.find(({ subject }) => subjectKey(subject) === key)?.conversation_id ?? null
}

/**
 * The conversation that a received message continues: that of the message it answers, then that of any message it names,
 * then one with the same people under the same subject; null where it begins its own. Asked inside the transaction that
 * files it, so that two answers to one message meet in one thread.
 */
export const findConversation = async (tx: Tx, asked: Asked): Promise<string | null> => {
  const { match } = asked
  if (match && match.by !== 'address') {
    const { rows } = await sql<{ conversation_id: string | null }>`
      select conversation_id from emails where id = ${match.email.id} for no key update`.execute(tx)
    if (rows[0]?.conversation_id) return rows[0].conversation_id
  }
  return (await byReferences(tx, asked)) ?? (await bySubject(tx, asked))
}
