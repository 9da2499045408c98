import type { Pool } from 'pg'
import type { ApprovedEntry, WrittenEntry } from '../playground/approved-entry.ts'
import { isSuppressedSql } from '../suppression/suppress.ts'

/** A message that this process has claimed and nobody else will send: all that is needed to write and send it. */
export type ClaimedEmail = {
  id: string
  workspace_id: string
  user_id: string
  campaign_id: string
  campaign_lead_id: string
  step: number
  variant_label: string
  alias_id: string
  domain_id: string
  /** Set for an alias that is a connected mailbox: the message leaves through that mailbox’s own server. */
  mailbox_id: string | null
  from_email: string
  to_email: string
  attempts: number
  created_at: Date
  track_opens: boolean
  track_clicks: boolean
  lead_data: Record<string, unknown>
  zone: string
  dataset_row_id: string
  /** By the number of the step; both come with the lead, so that an approved text costs no question of its own. */
  approvals: Record<string, ApprovedEntry>
  written: Record<string, WrittenEntry>
  display_name: string | null
  signature_html: string | null
  signature_text: string | null
  domain: string
  /** Where the envelope sender is: the MAIL FROM name while its records are there, else the domain. */
  envelope_domain: string
  /** Name of tracked links; null for the instance's own. */
  tracking_host: string | null
  /** The message of the step before, for the thread. */
  previous: {
    message_id: string
    references: string[] | null
    subject: string
    conversation_id: string | null
    alias_id: string
  } | null
  /** Why it must not be sent after all; such a row is left queued for the caller to settle. */
  refusal: 'suppressed' | 'stopped' | null
}

/** The record of one accepted message, applied in the same statement that claims the next ones. */
export type AcceptedRecord = {
  id: string
  at: Date
  message_id: string
  in_reply_to: string | null
  conversation_id: string
  is_new_conversation: boolean
  subject: string
  body_text: string
  body_html: string | null
  thread_references: string[]
  links: { position: number; original_url: string; anchor_text: string }[]
  next_action_at: Date | null
  is_last: boolean
  smtp_code: number | null
  smtp_enhanced: string | null
  smtp_text: string | null
  /** What the timeline says of the delivery. */
  facts: Record<string, unknown>
  event_ids: [string, string]
}

/**
 * One statement, one commit: writes down what was accepted (message, text, timeline, lead) and claims as many queued
 * messages as there are idle connections. Only a row that is still `sending` under our claim is written, so the statement can
 * be repeated after a fault without doing anything twice. The suppression list and the campaign's state are read here, at
 * the last moment before a message leaves.
 */
const STATEMENT = `
with accepted as (
  select * from json_to_recordset($1::json) as r (id uuid, at timestamptz, message_id text, in_reply_to text, conversation_id uuid,
    is_new_conversation boolean, subject text, body_text text, body_html text, thread_references text[], links jsonb, next_action_at timestamptz,
    is_last boolean, smtp_code smallint, smtp_enhanced text, smtp_text text, facts jsonb, event_ids uuid[])
), written as (
  update emails e set status = 'delivered', verdict = 'accepted', sent_at = a.at, delivered_at = a.at, message_id = a.message_id,
    in_reply_to = a.in_reply_to, conversation_id = a.conversation_id, attempts = e.attempts + 1, smtp_code = a.smtp_code,
    smtp_enhanced = a.smtp_enhanced, smtp_text = a.smtp_text, error_message = null, cause = null, advice = null, updated_at = a.at
  -- Workspace and campaign say nothing new; they lead to the index of the few rows in hand.
  from accepted a where e.id = a.id and e.status = 'sending' and e.claimed_by = $2::uuid and e.workspace_id = $3::uuid and e.campaign_id is not null
  returning e.id, e.workspace_id, e.user_id, e.campaign_id, e.campaign_lead_id, e.step, e.variant_label, e.alias_id, e.domain_id, e.from_email, e.to_email
), contents as (
  insert into email_contents (email_id, workspace_id, subject, body_text, body_html, thread_references)
  select a.id, w.workspace_id, a.subject, a.body_text, a.body_html, a.thread_references from accepted a join written w on w.id = a.id
), links as (
  insert into email_links (email_id, workspace_id, position, original_url, anchor_text)
  select a.id, w.workspace_id, (l->>'position')::smallint, l->>'original_url', l->>'anchor_text'
  from accepted a join written w on w.id = a.id, jsonb_array_elements(a.links) l
), opened as (
  insert into conversations (id, workspace_id, user_id, alias_id, domain_id, campaign_lead_id, subject, first_from_email, first_to_email, message_count,
    first_message_at, last_message_at, created_at, updated_at)
  select a.conversation_id, w.workspace_id, w.user_id, w.alias_id, w.domain_id, w.campaign_lead_id, a.subject, w.from_email, w.to_email, 1, a.at, a.at, a.at, a.at
  from accepted a join written w on w.id = a.id where a.is_new_conversation
), continued as (
  update conversations c set message_count = c.message_count + 1, last_message_at = a.at, updated_at = a.at
  from accepted a join written w on w.id = a.id where not a.is_new_conversation and c.id = a.conversation_id
), timeline as (
  insert into events (event_id, workspace_id, campaign_id, campaign_lead_id, email_id, event_type, step_index, variant_label, subject, metadata, occurred_at)
  select a.event_ids[k.n], w.workspace_id, w.campaign_id, w.campaign_lead_id, w.id, k.kind, w.step, w.variant_label, a.subject,
    case k.n when 2 then a.facts else '{}'::jsonb end, a.at
  from accepted a join written w on w.id = a.id, (values (1, 'sent'), (2, 'delivered')) as k (n, kind)
), moved as (
  update campaign_leads l set
    current_step = greatest(l.current_step, w.step), last_action_at = a.at, last_event = 'delivered', updated_at = a.at,
    -- A lead that was stopped while its message was on the wire stays stopped.
    status = case when l.status in ('pending', 'active', 'postponed', 'unknown') then case when a.is_last then 'completed' when l.status = 'postponed' and l.next_action_at is not null then 'postponed' else 'active' end else l.status end,
    -- One that was postponed meanwhile has a date already; one that was sent because its date had come has none.
    next_action_at = case when l.status in ('pending', 'active', 'postponed', 'unknown') and not a.is_last then greatest(a.next_action_at, l.next_action_at) end
  from accepted a join written w on w.id = a.id where l.campaign_lead_id = w.campaign_lead_id
), picked as (
  select e.id from emails e join campaigns c on c.campaign_id = e.campaign_id
  where e.workspace_id = $3::uuid and e.campaign_id is not null and e.status = 'queued' and e.due_at <= $4::timestamptz and c.status in ('active', 'draining')
    -- What a mailbox out of use would send waits for its owner. Found once and held against each row: as an anti-join it makes the
    -- planner expect one row, and then every claim reads and sorts the whole queue instead of the few rows at its head.
    and e.alias_id <> all (array(select x.id from aliases x join mailboxes m on m.id = x.mailbox_id where x.workspace_id = $3::uuid and m.status <> 'active'))
  order by e.due_at, e.id limit $5::int for update of e skip locked
), looked_at as (
  select e.id, case
      when l.campaign_lead_id is null or l.status not in ('pending', 'active', 'postponed', 'unknown') then 'stopped'
      when ${isSuppressedSql('e.workspace_id', 'e.to_email', 'l.email_domain')} then 'suppressed'
    end as refusal
  from picked p join emails e on e.id = p.id left join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id
), claimed as (
  update emails e set status = 'sending', claimed_at = $4::timestamptz, claimed_by = $2::uuid, claimed_process = $6::uuid,
    updated_at = $4::timestamptz
  from looked_at p where e.id = p.id and p.refusal is null
  returning e.id
)
select e.id, e.workspace_id, e.user_id, e.campaign_id, e.campaign_lead_id, e.step, e.variant_label, e.alias_id, e.domain_id, e.from_email, e.to_email,
  e.attempts, e.created_at, e.track_opens, e.track_clicks, l.lead_data, coalesce(l.zone, '') as zone, l.dataset_row_id, l.approvals, l.written, a.display_name, a.signature_html,
  a.signature_text, a.mailbox_id, d.domain,
  case when d.mail_from_verified_at is null then d.domain else coalesce(d.mail_from_host, d.domain) end as envelope_domain,
  case when d.tracking_verified_at is not null and not d.is_sandbox then d.tracking_host end as tracking_host, p.refusal,
  case when e.step > 1 then (
    select jsonb_build_object('message_id', b.message_id, 'references', bc.thread_references, 'subject', bc.subject, 'conversation_id', b.conversation_id, 'alias_id', b.alias_id)
    from emails b join email_contents bc on bc.email_id = b.id
    where b.campaign_lead_id = e.campaign_lead_id and b.step < e.step and b.message_id is not null order by b.step desc limit 1
  ) end as previous
from looked_at p
join emails e on e.id = p.id
join aliases a on a.id = e.alias_id
join sending_domains d on d.id = e.domain_id
left join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id
left join claimed on claimed.id = e.id`

export type ClaimRequest = {
  claim_id: string
  process_id: string
  workspace_id: string
  now: Date
  want: number
  accepted: AcceptedRecord[]
}

/** Records and claims. Throws what the database throws; see STATEMENT for why it may simply be called again. */
export const recordAndClaim = async (pool: Pool, request: ClaimRequest): Promise<ClaimedEmail[]> => {
  const result = await pool.query<ClaimedEmail>({
    name: 'record-and-claim',
    text: STATEMENT,
    values: [
      JSON.stringify(request.accepted),
      request.claim_id,
      request.workspace_id,
      request.now,
      request.want,
      request.process_id,
    ],
  })
  return result.rows
}

/**
 * What a broken connection hid: rows that the last, unanswered statement did claim after all. Nobody has begun to send them,
 * so they go back to the queue.
 */
export const releaseUnseenClaims = async (pool: Pool, claimId: string, inHand: string[]): Promise<void> => {
  await pool.query(
    `update emails set status = 'queued', claimed_at = null, claimed_by = null
     where claimed_by = $1 and status = 'sending' and id <> all($2::uuid[])`,
    [claimId, inHand],
  )
}
