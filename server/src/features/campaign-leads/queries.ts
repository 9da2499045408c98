import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import type { LeadStatus } from '../campaigns/lead-state.ts'

export type LeadRow = {
  campaign_lead_id: string
  campaign_id: string
  row_index: number
  status: LeadStatus
  email: string | null
  linkedin_url: string | null
  lead_data: Record<string, unknown>
  current_step: number
  variant_assignments: Record<string, string>
  approved_steps: number[]
  next_action_at: Date | null
  last_action_at: Date | null
  last_event: string | null
  error: string | null
  created_at: Date
  updated_at: Date
  alias_id: string | null
  stop_reason: string | null
  text_state: 'writing' | 'review' | 'rejected' | 'failed' | null
}

const COLUMNS = sql`
  l.campaign_lead_id, l.campaign_id, l.row_index, l.status, l.email, l.linkedin_url, l.lead_data, l.current_step, l.variant_assignments,
  coalesce((select array_agg(key::int order by key::int) from jsonb_object_keys(l.approvals) key), '{}') as approved_steps,
  l.next_action_at, l.last_action_at, l.last_event, l.error, l.created_at, l.updated_at, l.alias_id, l.stop_reason, l.text_state`

const COUNTED_EXACTLY = 10_000

/** One page in the order of their making, and the total: from the counters, except where a search asks for an exact look. */
export const listLeads = async (
  db: Db,
  filter: { workspace_id: string; campaign_id: string; status?: string | null; text_state?: string; search?: string },
  page: PageRequest,
): Promise<{ rows: LeadRow[]; total: number } | null> => {
  const known =
    await sql`select 1 from campaigns where workspace_id = ${filter.workspace_id} and campaign_id = ${filter.campaign_id}`.execute(
      db,
    )
  if (!known.rows.length) return null
  const where = sql`l.campaign_id = ${filter.campaign_id}
    ${filter.status ? sql`and l.status = ${filter.status}` : sql``}
    ${filter.text_state ? sql`and l.text_state = ${filter.text_state}` : sql``}
    ${filter.search ? sql`and l.email ilike ${`%${filter.search.replace(/[\\%_]/g, '\\$&')}%`}` : sql``}`
  // The page is cut on the index first, so that the wide columns of skipped rows are never read.
  const rows = await sql<LeadRow>`
    select ${COLUMNS} from (
      select l.campaign_lead_id from campaign_leads l
      where ${where} ${page.after ? sql`and l.campaign_lead_id > ${page.after[0]}::uuid` : sql``}
      order by l.campaign_lead_id limit ${page.limit + 1} offset ${page.offset}
    ) p join campaign_leads l on l.campaign_lead_id = p.campaign_lead_id order by l.campaign_lead_id`.execute(db)
  const total =
    filter.search || filter.text_state
      ? await sql<{
          n: number
        }>`select count(*)::int as n from (select 1 from campaign_leads l where ${where} limit ${COUNTED_EXACTLY}) found_rows`.execute(
          db,
        )
      : await sql<{ n: number }>`
        select coalesce(sum(leads), 0)::int as n from campaign_lead_counts
        where campaign_id = ${filter.campaign_id} ${filter.status ? sql`and status = ${filter.status}` : sql``}`.execute(
          db,
        )
  return { rows: rows.rows, total: total.rows[0]?.n ?? 0 }
}

export const findLead = async (
  db: Db,
  workspaceId: string,
  campaignId: string,
  leadId: string,
): Promise<LeadRow | null> => {
  const found = await sql<LeadRow>`
    select ${COLUMNS} from campaign_leads l
    where l.workspace_id = ${workspaceId} and l.campaign_id = ${campaignId} and l.campaign_lead_id = ${leadId}`.execute(
    db,
  )
  return found.rows[0] ?? null
}

export type EventRow = {
  event_id: string
  event_type: string
  occurred_at: Date
  channel: string
  step_index: number | null
  variant_label: string | null
  email_id: string | null
  subject: string | null
  url: string | null
  metadata: Record<string, unknown>
}

export const listEvents = async (
  db: Db,
  leadId: string,
  page: PageRequest,
): Promise<{ rows: EventRow[]; total: number }> => {
  const rows = await sql<EventRow>`
    select event_id, event_type, occurred_at, channel, step_index, variant_label, email_id, subject, url, metadata from events
    where campaign_lead_id = ${leadId} ${page.after ? sql`and (occurred_at, event_id) > (${page.after[0]}::timestamptz, ${page.after[1]}::uuid)` : sql``}
    order by occurred_at, event_id limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  const total = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from events where campaign_lead_id = ${leadId} limit ${COUNTED_EXACTLY}) found_rows`.execute(
    db,
  )
  return { rows: rows.rows, total: total.rows[0]?.n ?? 0 }
}
