import { sql } from 'kysely'
import type { Pool } from 'pg'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { DraftQuality } from '../../draft-quality.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { type KeptQuality, keptQuality, shownQuality } from '../../kept-quality.ts'
import type { Fact } from '../../ports/llm/port.ts'

export const hasCampaign = async (db: Db, workspaceId: string, campaignId: string): Promise<boolean> => {
  const found =
    await sql`select 1 from campaigns where workspace_id = ${workspaceId} and campaign_id = ${campaignId}`.execute(db)
  return found.rows.length > 0
}

export type LeadState = {
  campaign_lead_id: string
  status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled'
  batch_id: string | null
  error: string | null
  completed_at: Date | null
  has_draft: boolean
  subject_preview: string | null
}

const OF_BATCH = `
  select d.campaign_lead_id, d.status, d.batch_id, d.error, d.completed_at, d.status = 'completed' as has_draft, d.subject_preview
  from draft_batches b left join campaign_drafts d on d.batch_id = b.batch_id
  where b.batch_id = $3 and b.workspace_id = $1 and b.campaign_id = $2 order by d.draft_id`

/** Left joins without a match say that the batch is there and its drafts are not. */
const withLead = (rows: (LeadState | { campaign_lead_id: null })[]): LeadState[] =>
  rows.filter((row): row is LeadState => row.campaign_lead_id !== null)

/**
 * The states of one batch. One prepared statement over narrow rows, since it is asked every two seconds. Null where the
 * workspace has no such campaign, or the campaign no such batch.
 */
export const readBatchStates = async (
  pool: Pool,
  workspaceId: string,
  campaignId: string,
  batchId: string,
): Promise<LeadState[] | null> => {
  const { rows } = await pool.query<LeadState>({
    name: 'playground-status',
    text: OF_BATCH,
    values: [workspaceId, campaignId, batchId],
  })
  return rows.length ? withLead(rows) : null
}

/** The last draft of each lead and step over all batches; null where the workspace has no such campaign. */
export const readStates = async (db: Db, workspaceId: string, campaignId: string): Promise<LeadState[] | null> => {
  const found = await sql<LeadState>`
    select d.campaign_lead_id, d.status, d.batch_id, d.error, d.completed_at, d.status = 'completed' as has_draft, d.subject_preview
    from campaigns c left join (
      select distinct on (campaign_lead_id, step) * from campaign_drafts
      where campaign_id = ${campaignId} and batch_id is not null order by campaign_lead_id, step, draft_id desc) d on d.campaign_id = c.campaign_id
    where c.workspace_id = ${workspaceId} and c.campaign_id = ${campaignId} order by d.draft_id`.execute(db)
  return found.rows.length ? withLead(found.rows) : null
}

/** Jobs by state over all batches of a campaign. */
export const countStates = async (db: Db, campaignId: string): Promise<Record<string, number>> => {
  const found = await sql<{ status: string; n: number }>`
    select status, count(*)::int as n from campaign_drafts where campaign_id = ${campaignId} and batch_id is not null group by status`.execute(
    db,
  )
  return Object.fromEntries(found.rows.map((row) => [row.status, row.n]))
}

export type DraftRow = {
  draft_id: string
  campaign_lead_id: string
  batch_id: string | null
  step: number
  variant_label: string
  status: LeadState['status']
  error: string | null
  completed_at: Date | null
  prompt_version_hash: string | null
  is_approved: boolean
  /** All below is null until there is a text. */
  subject: string | null
  body: string | null
  facts: Fact[] | null
  used_facts: string[] | null
  commonality: unknown
  quality: DraftQuality | null
  model: string | null
  provider: string | null
  latency_ms: number | null
  prompt_source: string | null
  prompt_name: string | null
  prompt_snapshot: string | null
  research_fingerprint: string | null
  lead_identity_fingerprint: string | null
  step_config_fingerprint: string | null
  edited_subject: string | null
  edited_body: string | null
  edited_quality: DraftQuality | null
  edited_by: string | null
  edited_at: Date | null
}

type StoredDraft = Omit<DraftRow, 'quality' | 'edited_quality'> & {
  quality: KeptQuality | null
  edited_quality: KeptQuality | null
}

const readDraft = (row: StoredDraft): DraftRow => ({
  ...row,
  quality: shownQuality(row.quality),
  edited_quality: shownQuality(row.edited_quality),
})

const DRAFT_COLUMNS = sql`d.draft_id, d.campaign_lead_id, d.batch_id, d.step, d.variant_label, d.status, d.error, d.completed_at, d.prompt_version_hash,
  l.approvals ? d.step::text as is_approved, t.subject, t.body, t.facts, t.used_facts, t.commonality, t.quality, t.model, t.provider, t.latency_ms,
  t.prompt_source, t.prompt_name, t.prompt_snapshot, t.research_fingerprint, t.lead_identity_fingerprint, t.step_config_fingerprint,
  t.edited_subject, t.edited_body, t.edited_quality, t.edited_by, t.edited_at`

const DRAFT_TABLES = sql`campaign_drafts d join campaign_leads l on l.campaign_lead_id = d.campaign_lead_id
  left join draft_contents t on t.draft_id = d.draft_id and d.status = 'completed'`

/** The step that a batch is for, and its leads; null where the campaign of this workspace has no such batch. */
export const findBatch = async (
  db: Db,
  workspaceId: string,
  campaignId: string,
  batchId: string,
): Promise<{ step: number; lead_ids: string[] } | null> => {
  const found = await sql<{ step: number; lead_ids: string[] }>`
    select step, array(select campaign_lead_id from campaign_drafts d where d.batch_id = b.batch_id) as lead_ids from draft_batches b
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and batch_id = ${batchId}`.execute(db)
  return found.rows[0] ?? null
}

/** Every draft of a batch with its text; null where the campaign of this workspace has no such batch. */
export const listDrafts = async (
  db: Db,
  workspaceId: string,
  campaignId: string,
  batchId: string,
): Promise<DraftRow[] | null> => {
  if (!(await findBatch(db, workspaceId, campaignId, batchId))) return null
  const found = await sql<StoredDraft>`
    select ${DRAFT_COLUMNS} from ${DRAFT_TABLES} where d.batch_id = ${batchId} order by d.draft_id`.execute(db)
  return found.rows.map(readDraft)
}

export const findDraft = async (
  db: Db,
  workspaceId: string,
  campaignId: string,
  draftId: string,
): Promise<DraftRow | null> => {
  const found = await sql<StoredDraft>`
    select ${DRAFT_COLUMNS} from ${DRAFT_TABLES}
    where d.workspace_id = ${workspaceId} and d.campaign_id = ${campaignId} and d.draft_id = ${draftId}`.execute(db)
  return found.rows.map(readDraft)[0] ?? null
}

/** The last texts that were written for a lead's step, the newest first. */
export const listTextsOf = async (db: Db, leadId: string, step: number): Promise<DraftRow[]> => {
  const found = await sql<StoredDraft>`
    select ${DRAFT_COLUMNS} from ${DRAFT_TABLES}
    where d.campaign_lead_id = ${leadId} and d.step = ${step} and d.status = 'completed' order by d.draft_id desc limit 20`.execute(
    db,
  )
  return found.rows.map(readDraft)
}

export const storeEdit = async (
  tx: Tx,
  draftId: string,
  edit: { subject: string; body: string; quality: DraftQuality; user_id: string } | null,
  now: Date,
): Promise<void> => {
  await sql`
    update draft_contents set edited_subject = ${edit?.subject ?? null}, edited_body = ${edit?.body ?? null},
      edited_quality = ${edit ? JSON.stringify(keptQuality(edit.quality)) : null}::json, edited_by = ${edit?.user_id ?? null}::uuid, edited_at = ${edit ? now : null}
    where draft_id = ${draftId}`.execute(tx)
}

export type BatchRow = {
  batch_id: string
  step_index: number
  user_id: string | null
  custom_prompt: string | null
  prompt_version_hash: string
  counts: Record<LeadState['status'], number>
  approved: number
  total: number
  is_over: boolean
  created_at: Date
  cancelled_at: Date | null
}

/**
 * One page of a campaign's batches, the newest first, with how far each is, and how many there are. Reads limit + 1 rows. Null
 * where the workspace has no such campaign.
 */
export const listBatches = async (
  db: Db,
  filter: { workspace_id: string; campaign_id: string; step?: number | undefined },
  page: PageRequest,
): Promise<{ rows: BatchRow[]; total: number } | null> => {
  if (!(await hasCampaign(db, filter.workspace_id, filter.campaign_id))) return null
  const where = sql`b.campaign_id = ${filter.campaign_id} ${filter.step ? sql`and b.step = ${filter.step}` : sql``}`
  const counts = sql.raw(
    ['pending', 'running', 'completed', 'failed', 'cancelled']
      .map((status) => `'${status}', count(*) filter (where d.status = '${status}')`)
      .join(', '),
  )
  const found = await sql<BatchRow>`
    select b.batch_id, b.step as step_index, b.user_id, b.custom_prompt, b.prompt_version_hash, b.created_at, b.cancelled_at, n.*
    from (
      select * from draft_batches b where ${where} ${page.after ? sql`and b.batch_id < ${page.after[0]}::uuid` : sql``}
      order by b.batch_id desc limit ${page.limit + 1} offset ${page.offset}
    ) b cross join lateral (
      select jsonb_build_object(${counts}) as counts, (count(*) filter (where l.approvals ? b.step::text))::int as approved,
        count(*)::int as total, coalesce(bool_and(d.status not in ('pending', 'running')), true) as is_over
      from campaign_drafts d join campaign_leads l on l.campaign_lead_id = d.campaign_lead_id where d.batch_id = b.batch_id
    ) n order by b.batch_id desc`.execute(db)
  const total = await sql<{ n: number }>`select count(*)::int as n from draft_batches b where ${where}`.execute(db)
  return { rows: found.rows, total: total.rows[0]?.n ?? 0 }
}

/** Marks what is unfinished in a batch; whoever writes one of them finds the mark before anything is kept. Null for no such batch. */
export const cancelBatch = async (
  tx: Tx,
  workspaceId: string,
  campaignId: string,
  batchId: string,
  now: Date,
): Promise<number | null> => {
  const batch = await sql`
    update draft_batches set cancelled_at = coalesce(cancelled_at, ${now})
    where workspace_id = ${workspaceId} and campaign_id = ${campaignId} and batch_id = ${batchId} returning 1`.execute(
    tx,
  )
  if (!batch.rows.length) return null
  const cancelled = await sql`
    update campaign_drafts set status = 'cancelled', completed_at = ${now}, updated_at = ${now}
    where batch_id = ${batchId} and status in ('pending', 'running') returning 1`.execute(tx)
  return cancelled.rows.length
}

export type ApprovalRecordRow = {
  record_id: string
  kind: 'approved' | 'withdrawn' | 'voided'
  approval_id: string
  campaign_id: string
  campaign_lead_id: string
  step_index: number
  reason: string | null
  detail: string | null
  statement: string | null
  signature: string | null
  contents: Record<string, unknown> | null
  user_id: string | null
  recorded_at: Date
  erased_at: Date | null
}

const RECORD_COLUMNS = sql`record_id, kind, approval_id, campaign_id, campaign_lead_id, step as step_index, reason, detail, statement, signature,
  contents, user_id, recorded_at, erased_at`

/** Everything that was recorded of one approval, oldest first; empty for none of this workspace. */
export const readApproval = async (db: Db, workspaceId: string, approvalId: string): Promise<ApprovalRecordRow[]> => {
  const found = await sql<ApprovalRecordRow>`
    select ${RECORD_COLUMNS} from approval_records where workspace_id = ${workspaceId} and approval_id = ${approvalId} order by record_id`.execute(
    db,
  )
  return found.rows
}

export type ShownRecord = Omit<ApprovalRecordRow, 'statement' | 'signature' | 'contents'>

/**
 * What was approved, withdrawn and voided for a lead, the newest first, without the texts, and how many there are. Reads
 * limit + 1 rows. Null where the campaign of this workspace has no such lead.
 */
export const listApprovalRecords = async (
  db: Db,
  scope: { workspace_id: string; campaign_id: string; campaign_lead_id: string },
  page: PageRequest,
): Promise<{ rows: ShownRecord[]; total: number } | null> => {
  const where = sql`workspace_id = ${scope.workspace_id} and campaign_id = ${scope.campaign_id} and campaign_lead_id = ${scope.campaign_lead_id}`
  const known = await sql`select 1 from campaign_leads where ${where}`.execute(db)
  if (!known.rows.length) return null
  const found = await sql<ShownRecord>`
    select record_id, kind, approval_id, campaign_id, campaign_lead_id, step as step_index, reason, detail, user_id, recorded_at, erased_at
    from approval_records where ${where} ${page.after ? sql`and record_id < ${page.after[0]}::uuid` : sql``}
    order by record_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  const total = await sql<{ n: number }>`select count(*)::int as n from approval_records where ${where}`.execute(db)
  return { rows: found.rows, total: total.rows[0]?.n ?? 0 }
}

/** Messages that left under an approval, by what their timeline says of them. */
export const findSentUnder = async (db: Db, workspaceId: string, leadId: string, approvalId: string) => {
  const found = await sql<{
    email_id: string
    sent_at: Date
    to_email: string
    message_id: string | null
    subject: string | null
    body_text: string | null
    body_html: string | null
  }>`
    select e.id as email_id, e.sent_at, e.to_email, e.message_id, t.subject, t.body_text, t.body_html
    from events v join emails e on e.id = v.email_id left join email_contents t on t.email_id = e.id
    where v.campaign_lead_id = ${leadId} and v.workspace_id = ${workspaceId} and v.event_type = 'delivered' and v.metadata->>'approval_id' = ${approvalId}
    order by e.sent_at limit 1`.execute(db)
  return found.rows[0] ?? null
}
