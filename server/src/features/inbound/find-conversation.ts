import { sql } from 'kysely'
import { givenRows } from '../../db/given-rows.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Match } from './match-message.ts'
import type { ParsedMessage } from './parse-message.ts'
import { isStorable, storableJson } from './storable-text.ts'
import { subjectKey } from './subject-key.ts'

/** A thread that has been silent for longer is not taken up by subject alone. */
const SAME_SUBJECT_MS = 90 * 86_400_000
/** Threads with the same people that are looked through for the subject. */
const CANDIDATES = 50
const MAX_IDS = 50
const MAX_PEOPLE = 50

export type ThreadQuestion = {
  workspace_id: string
  alias_id: string
  full_email: string
  match: Match | null
  message: ParsedMessage
  now: Date
}

/** The people of a message besides ourselves; whoever is in copy may answer in its thread. */
const participantsOf = ({ message, full_email }: ThreadQuestion): string[] => {
  const everybody = [message.from, ...message.reply_to, ...message.to, ...message.cc].flatMap((person) =>
    person ? [person.address.toLowerCase()] : [],
  )
  return [...new Set(everybody)].filter((address) => address !== full_email.toLowerCase()).slice(0, MAX_PEOPLE)
}

/** Message-IDs as they may stand in a column: received ones with their brackets, and ours with or without. */
const bare = (id: string): string => id.replace(/^<|>$/g, '')

/** The messages that this one names, the last named first (RFC 5322 §3.6.4). */
const namedBy = ({ message }: ThreadQuestion): string[] => {
  const ids = [...message.references, ...(message.in_reply_to ? [message.in_reply_to] : [])]
  return [...new Set(ids.slice(-MAX_IDS).reverse())].filter(isStorable)
}

/** The message that is answered, where that is more than a guess by address. */
export const answeredBy = ({ match }: Pick<ThreadQuestion, 'match'>): string | null =>
  match && match.by !== 'address' ? match.email.id : null

/** Conversations of the messages that are answered. Their rows stay locked, so that two answers to one message meet in one thread. */
const findAnswered = async (tx: Tx, questions: readonly ThreadQuestion[]): Promise<Map<string, string>> => {
  const ids = questions.flatMap((question) => answeredBy(question) ?? [])
  if (!ids.length) return new Map()
  const { rows } = await sql<{ id: string; conversation_id: string | null }>`
    select id, conversation_id from emails where id = any(${ids}::uuid[]) order by id for no key update`.execute(tx)
  return new Map(rows.flatMap(({ id, conversation_id }) => (conversation_id ? [[id, conversation_id]] : [])))
}

type Named = { workspace_id: string; message_id: string; conversation_id: string }

/** Messages, ours or received, that any of these name. */
const findNamed = async (tx: Tx, questions: readonly ThreadQuestion[]): Promise<Named[]> => {
  const asked = questions.flatMap((question) =>
    namedBy(question).flatMap((id) => [id, bare(id)].map((message_id) => ({ ...question, message_id }))),
  )
  if (!asked.length) return []
  const { rows } = await sql<Named>`
    with asked as (
      select distinct workspace_id, message_id
      from unnest(${asked.map(({ workspace_id }) => workspace_id)}::uuid[], ${asked.map(({ message_id }) => message_id)}::text[]) as g (workspace_id, message_id)
    )
    select i.workspace_id, i.message_id, i.conversation_id from asked join inbound_emails i using (workspace_id, message_id) where i.conversation_id is not null
    union all
    select e.workspace_id, e.message_id, e.conversation_id from asked join emails e using (workspace_id, message_id) where e.conversation_id is not null`.execute(
    tx,
  )
  return rows
}

type Alike = { conversation_id: string; subject: string; at: Date }

/** Messages of the last 90 days between an alias and the people of each of these, by the question's number. */
const findOfPeople = async (tx: Tx, questions: readonly ThreadQuestion[]): Promise<Map<ThreadQuestion, Alike[]>> => {
  const asked = questions.flatMap((question, n) => {
    const people = participantsOf(question)
    if (!people.length || !subjectKey(question.message.subject)) return []
    const { workspace_id, alias_id, now } = question
    return { n, workspace_id, alias_id, people, since: new Date(now.getTime() - SAME_SUBJECT_MS) }
  })
  if (!asked.length) return new Map()
  const { rows } = await sql<Alike & { n: number }>`
    with asked as (${givenRows(asked, 'n integer, workspace_id uuid, alias_id uuid, people text[], since timestamptz', storableJson)})
    select g.n, known.conversation_id, known.subject, known.at from asked g cross join lateral (
      (select i.conversation_id, i.subject, i.received_at as at from inbound_emails i
        where i.workspace_id = g.workspace_id and lower(i.from_email) = any(g.people) and i.alias_id = g.alias_id
          and i.conversation_id is not null and i.received_at >= g.since
        order by i.id desc limit ${CANDIDATES})
      union all
      (select e.conversation_id, t.subject, e.sent_at as at from emails e join email_contents t on t.email_id = e.id
        where e.workspace_id = g.workspace_id and e.to_email = any(g.people) and e.alias_id = g.alias_id
          and e.conversation_id is not null and e.sent_at >= g.since
        order by e.id desc limit ${CANDIDATES})
    ) known`.execute(tx)
  return Map.groupBy(rows, ({ n }) => questions[n] as ThreadQuestion)
}

/** A message that was given to a conversation in this same transaction. */
type Given = Named & Alike & { alias_id: string; from_email: string }

export type ThreadFinder = {
  /**
   * The conversation that a received message continues: that of the message it answers, then that of any message it names,
   * then the latest with one of the same people under the same subject within 90 days; null where it begins its own.
   */
  find: (question: ThreadQuestion) => string | null
  /** Lets the messages that come after this one find it. */
  remember: (question: ThreadQuestion, conversationId: string) => void
}

/**
 * Finds the threads of messages that are filed together, with one query for each way of finding them; they are then told
 * in their order, because one may continue what another has just begun. Asked inside the transaction that files them.
 */
export const findThreads = async (tx: Tx, questions: readonly ThreadQuestion[]): Promise<ThreadFinder> => {
  const answered = await findAnswered(tx, questions)
  const isOpen = (question: ThreadQuestion): boolean => !answered.has(answeredBy(question) ?? '')
  const named = await findNamed(tx, questions.filter(isOpen))
  const given: Given[] = []

  const byName = (question: ThreadQuestion): string | null => {
    const known = [...named, ...given]
    for (const id of namedBy(question))
      for (const one of known)
        if (one.workspace_id === question.workspace_id && (one.message_id === id || one.message_id === bare(id)))
          return one.conversation_id
    return null
  }
  const ofPeople = await findOfPeople(
    tx,
    questions.filter((question) => isOpen(question) && !byName(question)),
  )
  const bySubject = (question: ThreadQuestion): string | null => {
    const key = subjectKey(question.message.subject)
    const people = new Set(participantsOf(question))
    if (!key || !people.size) return null
    const justGiven = given.filter(
      (one) =>
        one.workspace_id === question.workspace_id &&
        one.alias_id === question.alias_id &&
        people.has(one.from_email) &&
        question.now.getTime() - one.at.getTime() <= SAME_SUBJECT_MS,
    )
    const alike = [...justGiven.reverse(), ...(ofPeople.get(question) ?? [])].sort(
      (a, b) => b.at.getTime() - a.at.getTime(),
    )
    return alike.find(({ subject }) => subjectKey(subject) === key)?.conversation_id ?? null
  }

  return {
    find: (question) => answered.get(answeredBy(question) ?? '') ?? byName(question) ?? bySubject(question),
    remember: (question, conversation_id) => {
      const { workspace_id, alias_id, message, now } = question
      const answers = answeredBy(question)
      if (answers !== null && !answered.has(answers)) answered.set(answers, conversation_id)
      given.push({
        workspace_id,
        alias_id,
        conversation_id,
        message_id: message.message_id ?? '',
        subject: message.subject,
        from_email: message.from?.address.toLowerCase() ?? '',
        at: now,
      })
    },
  }
}
