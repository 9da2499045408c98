import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'

/** Newest messages of each direction that are read, and how much of each: a tsvector holds a megabyte at most. */
const MESSAGES = 12
const CHARACTERS = 8_000
const WHOLE = 100_000

/** What joins words into one token for PostgreSQL's parser (addresses, hosts, paths) and would hide them from a search. */
const JOINTS = '@._-+/:#=&~%\\'

/**
 * Reads conversations whose text has changed into the search, the newest first, and returns how many. It is done apart from
 * sending and receiving, which only leave a mark, so that nobody who never searches pays for it there.
 */
export const indexConversations = (
  deps: Pick<Deps, 'db'>,
  options: { workspace_id?: string; limit: number },
): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const { rows } = await sql<{ n: number }>`
      with due as (
        select id, workspace_id, subject, first_from_email, first_to_email from conversations
        where search_due ${options.workspace_id ? sql`and workspace_id = ${options.workspace_id}` : sql``}
        order by id desc limit ${options.limit} for no key update skip locked
      ), texts as (
        select d.id, d.workspace_id, concat_ws(' ', d.subject, d.first_from_email, d.first_to_email, received.text, sent.text) as text
        from due d
        left join lateral (
          select string_agg(concat_ws(' ', from_email, from_name, to_email, subject, left(body_text, ${CHARACTERS})), ' ') as text
          from (select * from inbound_emails where conversation_id = d.id order by id desc limit ${MESSAGES}) newest
        ) received on true
        left join lateral (
          select string_agg(concat_ws(' ', to_email, array_to_string(to_emails, ' '), array_to_string(cc_emails, ' '), subject, left(body_text, ${CHARACTERS})), ' ') as text
          from (
            select e.to_email, e.to_emails, e.cc_emails, t.subject, t.body_text from emails e left join email_contents t on t.email_id = e.id
            where e.conversation_id = d.id order by e.id desc limit ${MESSAGES}
          ) newest
        ) sent on true
      ), put as (
        insert into conversation_search (conversation_id, workspace_id, words)
        select id, workspace_id, to_tsvector('simple', left(translate(text, ${JOINTS}, ${' '.repeat(JOINTS.length)}), ${WHOLE}))
        from texts
        on conflict (conversation_id) do update set words = excluded.words
      ), done as (
        update conversations c set search_due = false from due where c.id = due.id returning 1
      )
      select count(*) as n from done`.execute(tx)
    return rows[0]?.n ?? 0
  })
