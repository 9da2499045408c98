import { sql } from 'kysely'
import type { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import { noSuchConversation } from '../conversations/read-conversations.ts'
import type { ShownEmail } from '../emails/read-emails.ts'
import { type MessageAuthor, type SendDeps, sendMessage } from '../mail-messages/send-message.ts'
import { markThread } from './mark-thread.ts'
import type { AnswerRequest } from './schema.ts'

type Answered = {
  alias_id: string
  subject: string
  first_to_email: string | null
  to_email: string | null
  message_id: string | null
  newest_subject: string | null
}

/** Whom an answer goes to: who wrote last, or whom we wrote to where nobody has. Warm-up mail is not for people. */
const findAnswered = async (db: Db, workspaceId: string, id: string): Promise<Answered> => {
  const { rows } = await sql<Answered>`
    select c.alias_id, c.subject, c.first_to_email, coalesce(received.reply_to, received.from_email, sent.to_email) as to_email, received.message_id,
      coalesce(received.subject, sent.subject) as newest_subject
    from conversations c
    left join lateral (
      select i.reply_to, i.from_email, i.message_id, i.subject from inbound_emails i
      where i.conversation_id = c.id and not i.is_warmup order by i.kind = 'auto_reply', i.received_at desc, i.id desc limit 1
    ) received on true
    left join lateral (
      select e.to_email, t.subject from emails e left join email_contents t on t.email_id = e.id
      where e.conversation_id = c.id and e.status <> 'cancelled' order by e.id desc limit 1
    ) sent on true
    where c.workspace_id = ${workspaceId} and c.id = ${id}`.execute(db)
  if (!rows[0]) throw noSuchConversation()
  return rows[0]
}

/** RFC 5322 section 3.6.5: "Re: " stands once. Other languages' prefixes are an answer's, too. */
export const answerSubject = (subject: string): string => {
  const bare = subject.trim()
  return /^(?:re|aw|sv|vs|antw|rif|res|odp|ynt)(?:\[\d+\])?\s*:/i.test(bare) ? bare : `Re: ${bare}`.trim()
}

/**
 * Answers whoever wrote last in the thread, from the alias they wrote to, as a message of its own: no tracking, and whatever
 * sendMessage refuses is refused. Throws NOT_FOUND for the thread and all that sendMessage throws.
 */
export const answerThread = async (
  deps: SendDeps,
  who: MessageAuthor,
  id: string,
  input: z.output<typeof AnswerRequest>,
  now: Date,
): Promise<ShownEmail> => {
  const { workspace_id } = who.workspace
  const answered = await findAnswered(deps.db, workspace_id, id)
  const email = await sendMessage(
    deps,
    who,
    {
      alias_id: input.alias_id ?? answered.alias_id,
      to_email: answered.to_email ?? answered.first_to_email ?? '',
      cc_emails: input.cc_emails ?? null,
      subject: answerSubject(answered.newest_subject ?? answered.subject),
      body: input.body,
      track_opens: false,
      track_clicks: false,
      conversation_id: id,
      in_reply_to: answered.message_id,
      attachments: input.attachment_ids?.map((attachment_id) => ({ attachment_id, is_inline: false })) ?? null,
      send_at: input.delay_seconds ? new Date(now.getTime() + input.delay_seconds * 1000).toISOString() : null,
    },
    now,
  )
  // What is answered has been read.
  await markThread(
    deps,
    { workspace_id, user_id: who.user_id },
    id,
    { is_read: true, ...(input.mark_done ? { is_done: true } : {}) },
    now,
  )
  return email
}
