import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { splitReply } from '../inbound/reply-text.ts'
import { type Gathered, gatherFindings } from './finding.ts'

const MOST_REPLIES = 3
const MOST_SENT = 3
const REPLY_SENTENCES = 3
const SENTENCE_CHARS = 300

export type Correspondent = {
  /** In lower case. */
  email: string
  /** Where the lead is one of a campaign. */
  campaign_lead_id: string | null
}

type Received = {
  at: number
  subject: string
  reply_text: string | null
  body_text: string | null
  body_html: string | null
  received_at: Date
}
type Sent = { at: number; subject: string; sent_at: Date }

/**
 * What the workspace and each of these addresses wrote to each other before, by position: the last three messages of the person, only what they newly
 * wrote and no automatic answers, and the subjects of the last three to them. Messages of the lead that is being written to
 * are left out: the writer has those as earlier steps. A message stands with its day in the workspace's past.
 */
export const findCorrespondence = async (
  db: Db,
  { workspace_id, people, now }: { workspace_id: string; people: readonly Correspondent[]; now: Date },
): Promise<Gathered[]> => {
  const asked = people.map(({ email, campaign_lead_id }, at) => ({ at, email, campaign_lead_id }))
  const [received, sent] = await Promise.all([
    sql<Received>`
      select p.at, m.* from json_to_recordset(${JSON.stringify(asked)}::json) as p (at integer, email text)
      cross join lateral (
        select id, subject, reply_text, body_text, body_html, received_at from inbound_emails
        where workspace_id = ${workspace_id} and lower(from_email) = p.email and kind in ('human_reply', 'unmatched') and not is_warmup
          and received_at <= ${now}
        order by id desc limit ${MOST_REPLIES}) m
      order by p.at, m.id desc`.execute(db),
    sql<Sent>`
      select p.at, m.* from json_to_recordset(${JSON.stringify(asked)}::json) as p (at integer, email text, campaign_lead_id uuid)
      cross join lateral (
        select e.id, c.subject, e.sent_at from emails e join email_contents c on c.email_id = e.id
        where e.workspace_id = ${workspace_id} and e.to_email = p.email and e.sent_at <= ${now} and c.subject <> ''
          and (p.campaign_lead_id is null or e.campaign_lead_id is distinct from p.campaign_lead_id)
        order by e.id desc limit ${MOST_SENT}) m
      order by p.at, m.id desc`.execute(db),
  ])
  const receivedBy = Map.groupBy(received.rows, ({ at }) => at)
  const sentTo = Map.groupBy(sent.rows, ({ at }) => at)
  return people.map((_, at) => gather(receivedBy.get(at) ?? [], sentTo.get(at) ?? [], now))
}

const gather = (received: readonly Received[], sent: readonly Sent[], now: Date): Gathered => {
  const gathering = gatherFindings('correspondence', 'correspondence', now.toISOString())
  for (const [index, { subject, received_at, ...message }] of received.entries()) {
    const words = message.reply_text ?? splitReply(message.body_text, message.body_html).reply
    for (const sentence of sentencesOf(words).slice(0, REPLY_SENTENCES))
      gathering.add(`They wrote on ${dayOf(received_at)}: “${sentence}”`, {
        weight: 10 - index,
        name: subject || 'A message from them',
        place: `message of ${dayOf(received_at)}`,
      })
  }
  for (const { subject, sent_at } of sent)
    gathering.add(`We wrote to them on ${dayOf(sent_at)} under the subject “${subject}”.`, {
      weight: 7,
      name: subject,
      place: `message of ${dayOf(sent_at)}`,
    })
  return gathering.gathered()
}

const dayOf = (at: Date): string => at.toISOString().slice(0, 10)

const sentencesOf = (text: string): string[] =>
  text
    .slice(0, 10_000)
    .split(/\n+|(?<=[.!?])\s+(?=[\p{Lu}\d])/u)
    .map((sentence) => sentence.trim().slice(0, SENTENCE_CHARS))
    // Greetings and names alone say nothing.
    .filter(
      (sentence) =>
        sentence.split(/\s+/).length >= 3 &&
        !/^(?:hi|hello|dear|hallo|liebe[rs]?|sehr geehrte|bonjour|hola|best|kind|viele|mit freundlichen|cordialement|saludos)\b.{0,40}$/i.test(
          sentence,
        ),
    )
