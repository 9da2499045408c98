import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { isOpen, needsAnswer } from '../inbox/thread-views.ts'

/** Answers of people by the calendar day of `zone` on which they came. */
export const countReplies = async (
  db: Db,
  workspaceId: string,
  span: { from: Date; to: Date; zone: string },
): Promise<Map<string, number>> => {
  const { rows } = await sql<{ day: string; n: number }>`
    select to_char(received_at at time zone ${span.zone}, 'YYYY-MM-DD') as day, count(*)::int as n from inbound_emails
    where workspace_id = ${workspaceId} and received_at > ${span.from} and received_at <= ${span.to} and kind = 'human_reply'
    group by 1`.execute(db)
  return new Map(rows.map(({ day, n }) => [day, n]))
}

export const countToAnswer = async (db: Db, workspaceId: string, now: Date): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from conversations c
    where c.workspace_id = ${workspaceId} and c.inbound_count > 0 and c.kind = 'human_reply' and ${isOpen(now)} and ${needsAnswer}`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

type CampaignRow = { campaign_id: string; name: string; status: string }

/** More than these are looked at in the list of campaigns. */
const MOST = 10

/** Texts for people to look at; what is written right before it is sent waits for nobody. */
export const listUnapproved = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<CampaignRow & { drafts: number }>`
    select c.campaign_id, c.name, c.status, n.drafts from campaigns c
    cross join lateral (
      select count(distinct (d.campaign_lead_id, d.step))::int as drafts from campaign_drafts d join campaign_leads l on l.campaign_lead_id = d.campaign_lead_id
      where d.campaign_id = c.campaign_id and d.status = 'completed' and d.batch_id is not null and d.step > l.current_step
        and not l.approvals ? d.step::text and (l.next_action_at is not null or l.status = 'pending')
    ) n
    where c.workspace_id = ${workspaceId} and c.status not in ('completed', 'failed') and n.drafts > 0
    order by n.drafts desc, c.campaign_id desc limit ${MOST}`.execute(db)
  return rows
}

export const listPaused = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<CampaignRow & { reason: string | null; since: Date }>`
    select campaign_id, name, status, coalesce(paused_reason, launch_error) as reason, updated_at as since from campaigns
    where workspace_id = ${workspaceId} and status in ('paused', 'failed') order by updated_at desc, campaign_id desc limit ${MOST}`.execute(
    db,
  )
  return rows
}

export const listFailingDomains = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<{
    domain_id: string
    domain: string
    status: string
    problem: string | null
    failing_since: Date | null
  }>`
    select id as domain_id, domain, status, verification_error as problem, failing_since from sending_domains
    where workspace_id = ${workspaceId} and kind = 'owned' and deleted_at is null and is_active and (failing_since is not null or status <> 'verified')
    order by failing_since nulls last, domain limit ${MOST}`.execute(db)
  return rows
}

export const listFailingMailboxes = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<{ mailbox_id: string; email: string; problem: string | null }>`
    select id as mailbox_id, email, last_error as problem from mailboxes
    where workspace_id = ${workspaceId} and status = 'needs_attention' order by email limit ${MOST}`.execute(db)
  return rows
}

export const countCampaigns = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*)::int as count from campaigns where workspace_id = ${workspaceId} group by status order by status`.execute(
    db,
  )
  return rows
}

export const readFirstRun = async (db: Db, workspaceId: string) => {
  const { rows } = await sql<{
    has_sender: boolean
    has_leads: boolean
    has_campaign: boolean
    has_launched: boolean
    alerts: number
  }>`
    select
      exists (select 1 from aliases a join sending_domains d on d.id = a.domain_id
        where a.workspace_id = ${workspaceId} and a.deleted_at is null and d.status = 'verified' and d.deleted_at is null) as has_sender,
      exists (select 1 from datasets where workspace_id = ${workspaceId} and archived_at is null and row_count > 0) as has_leads,
      exists (select 1 from campaigns where workspace_id = ${workspaceId}) as has_campaign,
      exists (select 1 from campaigns where workspace_id = ${workspaceId} and status not in ('draft', 'failed')) as has_launched,
      (select count(*)::int from alerts where workspace_id = ${workspaceId} and read_at is null) as alerts`.execute(db)
  return rows[0] as (typeof rows)[number]
}
