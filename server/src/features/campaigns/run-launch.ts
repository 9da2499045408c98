import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { nextSlotAfterDelay, toDate } from '../../time-window.ts'
import { readRowsAfter } from '../datasets/dataset-rows.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { applyPolicy } from '../playground/provide-texts.ts'
import { recheckApprovals } from '../playground/recheck-approvals.ts'
import type { LeadDraft } from './lead-from-row.ts'
import {
  BATCH_ROWS,
  type CheckContext,
  campaignWarnings,
  checkRows,
  loadCheckContext,
  NAMED_ROWS,
  type RowFinding,
} from './preflight.ts'
import { type CampaignRow, findCampaign } from './queries.ts'
import type { LaunchWarning } from './schema.ts'

/** Kinds of row warnings in the order of their summary; the numbers keep the warnings of a resumed launch in one order. */
const ROW_WARNINGS: LaunchWarning['code'][] = [
  'missing_email',
  'invalid_email',
  'duplicate_lead',
  'suppressed',
  'address_active_elsewhere',
  'missing_variable',
  'other',
]
const SEQ_SUMMARY = 1_000
const SEQ_NAMED = 10_000

type LaunchState = {
  status: string
  launch_cursor: number
  launch_job_id: string | null
  launch_requested_at: Date
  start_date: Date | null
  launch_type: string
  clock_offset_ms: number
  clock_frozen_at: Date | null
  timezone: string
  name: string
}

const readState = async (tx: Tx, campaignId: string, lock: boolean): Promise<LaunchState | undefined> => {
  const found = await sql<LaunchState>`
    select c.status, c.launch_cursor, c.launch_job_id, c.launch_requested_at, c.start_date, c.launch_type, w.clock_offset_ms, w.clock_frozen_at, c.timezone, c.name
    from campaigns c join workspaces w on w.id = c.workspace_id where c.campaign_id = ${campaignId} ${lock ? sql`for update of c` : sql``}`.execute(
    tx,
  )
  return found.rows[0]
}

/**
 * Turns the dataset's rows into leads, each batch in a transaction of its own that also moves the cursor, so that a kill at
 * any moment loses and doubles nothing; then starts the campaign, or leaves it scheduled. Leads that the playground made
 * before are refreshed from their row. A campaign that was deleted or relaunched meanwhile ends the job quietly.
 */
export const runLaunch = async (
  { campaign_id, job_id }: { campaign_id: string; job_id: string },
  deps: Deps,
  run: JobRun,
): Promise<void> => {
  const workspace = await sql<{
    workspace_id: string
  }>`select workspace_id from campaigns where campaign_id = ${campaign_id}`.execute(deps.db)
  const workspaceId = workspace.rows[0]?.workspace_id
  const campaign = workspaceId ? await findCampaign(deps.db, workspaceId, campaign_id) : null
  if (campaign?.status !== 'launching' || campaign.launch_job_id !== job_id) return
  const systemNow = (): Date => deps.clock.now()
  await sql`update jobs set status = 'running', started_at = coalesce(started_at, ${systemNow()}), updated_at = ${systemNow()} where id = ${job_id}`.execute(
    deps.db,
  )
  try {
    const context = await loadCheckContext(deps.db, campaign)
    for (let more = true; more; ) {
      run.signal.throwIfAborted()
      more = await launchBatch(deps, context, job_id)
    }
    await finishLaunch(deps, context, job_id)
  } catch (error) {
    // Faults of the infrastructure are tried again by the queue; only the last try gives the campaign up.
    if (run.attempt < 10) throw error
    run.log.error({ err: error }, 'launch failed')
    await failLaunch(deps, campaign, job_id, 'The launch could not be carried out; see the server’s log.')
  }
}

const launchBatch = async (deps: Deps, context: CheckContext, jobId: string): Promise<boolean> => {
  const { campaign, sending } = context
  return transaction(deps.db, async (tx) => {
    const state = await readState(tx, campaign.campaign_id, true)
    if (state?.status !== 'launching' || state.launch_job_id !== jobId) return false
    const rows = await readRowsAfter(tx, campaign.dataset_id, state.launch_cursor, BATCH_ROWS)
    const last = rows.at(-1)
    if (!last) return false
    // Batches of one workspace take turns: of two launches at the same instant the second sees whom the first took.
    if (!campaign.allow_overlap)
      await sql`select pg_advisory_xact_lock(hashtextextended(${`launch:${sending.workspace_id}`}, 0))`.execute(tx)
    const present = await sql<{ email: string }>`
      select l.email from campaign_leads l
      where l.campaign_id = ${campaign.campaign_id} and l.workspace_id = ${sending.workspace_id}
        and l.email = any(${rows.map((row) => row.email).filter((email) => email !== null)}::text[])
        and l.row_index < ${rows[0]?.row_index ?? 0} and l.status <> 'skipped'`.execute(tx)
    const seen = new Set(present.rows.map((row) => row.email))
    const { checked, findings } = await checkRows({ ...deps, db: tx }, context, rows, seen, { render: true })
    const now = workspaceNow(state, deps.clock.now())
    const drafts = checked.flatMap(({ draft }) => (draft ? [draft] : []))
    await insertLeads(tx, context, drafts, startOf(state, now), now)
    await recheckApprovals(tx, deps.secrets, {
      workspace_id: sending.workspace_id,
      campaign_id: campaign.campaign_id,
      campaign_lead_ids: await approvedAmong(tx, campaign.campaign_id, drafts),
      now,
    })
    await sql`
      update campaign_leads l set status = 'skipped', next_action_at = null, updated_at = ${now}
      where l.campaign_id = ${campaign.campaign_id} and l.dataset_row_id = any(${checked.filter(({ draft }) => !draft).map(({ row }) => row.id)}::uuid[]) and l.status = 'pending'`.execute(
      tx,
    )
    await storeFindings(tx, campaign.campaign_id, sending.workspace_id, findings)
    await sql`update campaigns set launch_cursor = ${last.row_index} where campaign_id = ${campaign.campaign_id}`.execute(
      tx,
    )
    await sql`update jobs set progress_done = progress_done + ${rows.length}, updated_at = ${deps.clock.now()} where id = ${jobId}`.execute(
      tx,
    )
    return rows.length === BATCH_ROWS
  })
}

/** Leads of this batch with approvals, which are bound to what the lead was; a changed row voids them. */
const approvedAmong = async (tx: Tx, campaignId: string, drafts: LeadDraft[]): Promise<string[]> => {
  const found = await sql<{ campaign_lead_id: string }>`
    select campaign_lead_id from campaign_leads
    where campaign_id = ${campaignId} and approvals <> '{}' and dataset_row_id = any(${drafts.map((draft) => draft.dataset_row_id)}::uuid[])`.execute(
    tx,
  )
  return found.rows.map((row) => row.campaign_lead_id)
}

/** A scheduled campaign's first steps are due from its start date on, others from now. */
const startOf = (state: LaunchState, now: Date): Date =>
  state.launch_type === 'scheduled' && state.start_date && state.start_date > now ? state.start_date : now

const insertLeads = async (
  tx: Tx,
  { campaign, sending }: CheckContext,
  drafts: LeadDraft[],
  start: Date,
  now: Date,
): Promise<void> => {
  if (!drafts.length) return
  const delay = sending.steps[0]?.delay_days ?? 0
  const rows = drafts.map((draft) => {
    const due = nextSlotAfterDelay(sending.windowIn(draft.zone), start, delay)
    return { ...draft, campaign_lead_id: newId(), next_action_at: due ? toDate(due) : null }
  })
  await sql`
    insert into campaign_leads as l (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, email_domain,
      receiving_provider, linkedin_url, lead_data, zone, alias_id, variant_assignments, next_action_at, created_at, updated_at)
    select r.campaign_lead_id, ${sending.workspace_id}, ${campaign.campaign_id}, r.dataset_row_id, r.row_index, 'pending', r.email, r.email_domain,
      r.receiving_provider, r.linkedin_url, r.lead_data, r.zone, r.alias_id, r.variant_assignments, r.next_action_at, ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (campaign_lead_id uuid, dataset_row_id uuid, row_index int, email text,
      email_domain text, receiving_provider text, linkedin_url text, lead_data jsonb, zone text, alias_id uuid, variant_assignments jsonb, next_action_at timestamptz)
    on conflict (campaign_id, dataset_row_id) do update set
      row_index = excluded.row_index, email = excluded.email, email_domain = excluded.email_domain, receiving_provider = excluded.receiving_provider,
      linkedin_url = excluded.linkedin_url, zone = excluded.zone, alias_id = excluded.alias_id,
      status = case when l.status in ('skipped', 'suppressed') then 'pending' else l.status end, text_state = null, text_due_at = null,
      lead_data = excluded.lead_data, variant_assignments = excluded.variant_assignments, next_action_at = excluded.next_action_at,
      updated_at = excluded.updated_at
    where l.current_step = 0`.execute(tx)
  const zones = [...new Set(rows.map(({ zone }) => zone))]
  await sql`
    insert into campaign_zones (campaign_id, zone) select ${campaign.campaign_id}, zone from unnest(${zones}::text[]) as zone on conflict do nothing`.execute(
    tx,
  )
}

/** Adds to the summaries by kind and names the first rows of each. */
const storeFindings = async (
  tx: Tx,
  campaignId: string,
  workspaceId: string,
  findings: RowFinding[],
): Promise<void> => {
  for (const [kind, code] of ROW_WARNINGS.entries()) {
    const some = findings.filter((finding) => finding.code === code)
    if (!some.length) continue
    const summary = await sql<{ affected_rows: number }>`
      insert into launch_warnings as w (campaign_id, workspace_id, seq, code, message, severity, affected_rows)
      values (${campaignId}, ${workspaceId}, ${SEQ_SUMMARY + kind}, ${code}, ${SUMMARY[code] ?? code}, 'warning', ${some.length})
      on conflict (campaign_id, seq) do update set affected_rows = w.affected_rows + excluded.affected_rows
      returning affected_rows`.execute(tx)
    const before = (summary.rows[0]?.affected_rows ?? some.length) - some.length
    const named = some
      .slice(0, Math.max(0, NAMED_ROWS - before))
      .map((finding, i) => ({ ...finding, seq: SEQ_NAMED * (kind + 1) + before + i }))
    if (!named.length) continue
    await sql`
      insert into launch_warnings (campaign_id, workspace_id, seq, code, message, severity, row_index, step_index, affected_rows, details)
      select ${campaignId}, ${workspaceId}, seq, ${code}, message, 'warning', row_index, step_index, 1, details
      from jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as r (seq int, message text, row_index int, step_index int, details jsonb)
      on conflict do nothing`.execute(tx)
  }
}

const SUMMARY: Partial<Record<LaunchWarning['code'], string>> = {
  missing_email: 'Rows without an e-mail address were skipped.',
  invalid_email: 'Rows with an address that cannot be written to were skipped.',
  duplicate_lead: 'Rows that repeat an address of an earlier row were skipped.',
  suppressed: 'Rows on the suppression list were skipped.',
  address_active_elsewhere: 'Rows that another campaign is writing to were skipped.',
  missing_variable: 'Messages would have a blank where a placeholder has no value.',
  other: 'Messages cannot be rendered.',
}

const finishLaunch = async (deps: Deps, context: CheckContext, jobId: string): Promise<void> => {
  const { campaign, sending } = context
  await transaction(deps.db, async (tx) => {
    const state = await readState(tx, campaign.campaign_id, true)
    if (state?.status !== 'launching' || state.launch_job_id !== jobId) return
    const now = workspaceNow(state, deps.clock.now())
    // Leads of rows that have gone, or of a dataset that an earlier launch was for, cannot be launched.
    await sql`
      update campaign_leads l set status = 'skipped', next_action_at = null, updated_at = ${now}
      where l.campaign_id = ${campaign.campaign_id} and l.status = 'pending'
        and not exists (select 1 from dataset_rows r where r.id = l.dataset_row_id and r.dataset_id = ${campaign.dataset_id} and r.removed_at is null)`.execute(
      tx,
    )
    const counted = await sql<{ launchable: number }>`
      select coalesce(sum(leads), 0)::int as launchable from campaign_lead_counts where campaign_id = ${campaign.campaign_id} and status <> 'skipped'`.execute(
      tx,
    )
    const launchable = counted.rows[0]?.launchable ?? 0
    const total = await sql<{
      n: number
    }>`select row_count as n from datasets where dataset_id = ${campaign.dataset_id}`.execute(tx)
    const fixed = campaignWarnings(context, now)
    for (const [i, one] of fixed.entries())
      await sql`
        insert into launch_warnings (campaign_id, workspace_id, seq, code, message, severity, row_index, step_index, affected_rows, details)
        values (${campaign.campaign_id}, ${sending.workspace_id}, ${i}, ${one.code}, ${one.message}, ${one.severity}, ${one.row_index}, ${one.step_index}, ${one.affected_rows}, ${one.details ? JSON.stringify(one.details) : null})
        on conflict (campaign_id, seq) do nothing`.execute(tx)
    const warned = await sql<{
      n: number
    }>`select count(*)::int as n from launch_warnings where campaign_id = ${campaign.campaign_id}`.execute(tx)
    const summary = {
      total_rows: total.rows[0]?.n ?? 0,
      launchable_rows: launchable,
      warning_count: warned.rows[0]?.n ?? 0,
    }
    const waits = state.launch_type === 'scheduled' && state.start_date !== null && state.start_date > now
    const status = launchable === 0 ? 'failed' : waits ? 'scheduled' : 'active'
    // A campaign with a start date is looked at again when it comes.
    const held =
      status === 'active'
        ? await applyPolicy(tx, {
            workspace_id: sending.workspace_id,
            campaign_id: campaign.campaign_id,
            now,
          })
        : null
    await sql`
      update campaigns set launch_summary = ${JSON.stringify(summary)}, total_leads = ${launchable}, updated_at = ${now}
        ${held ? sql`` : sql`, status = ${status}, launch_error = ${launchable ? null : 'No row of the dataset could become a lead.'}`}
        ${held?.status === 'draft' ? sql`` : sql`, launched_at = ${launchable ? now : null}`}
      where campaign_id = ${campaign.campaign_id}`.execute(tx)
    await sql`
      update jobs set status = 'completed', finished_at = ${deps.clock.now()}, updated_at = ${deps.clock.now()}, result = ${JSON.stringify(summary)}, progress_done = coalesce(progress_total, progress_done)
      where id = ${jobId}`.execute(tx)
  })
}

const failLaunch = (deps: Deps, campaign: CampaignRow, jobId: string, message: string): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const now = deps.clock.now()
    const failed = await sql<{ workspace_id: string; name: string }>`
      update campaigns set status = 'failed', launch_error = ${message}, updated_at = ${now}
      where campaign_id = ${campaign.campaign_id} and status = 'launching' and launch_job_id = ${jobId} returning workspace_id, name`.execute(
      tx,
    )
    await sql`update jobs set status = 'failed', error = ${message}, finished_at = ${now}, updated_at = ${now} where id = ${jobId}`.execute(
      tx,
    )
    const row = failed.rows[0]
    if (row)
      await raiseAlert(tx, {
        workspace_id: row.workspace_id,
        alert_type: 'system',
        severity: 'critical',
        title: `Campaign "${row.name}" could not be launched`,
        message,
        metadata: { campaign_id: campaign.campaign_id },
        now,
      })
  })
