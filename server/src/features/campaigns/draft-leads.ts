import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { readRowsAfter } from '../datasets/dataset-rows.ts'
import { recheckApprovals } from '../playground/recheck-approvals.ts'
import type { LeadDraft } from './lead-from-row.ts'
import { checkRows, loadCheckContext } from './preflight.ts'
import { findCampaign, lockCampaign } from './queries.ts'

export type LeadToWrite = { campaign_lead_id: string; variant_label: string }

const BATCH_ROWS = 500
/** So many rows are looked at in one request; a dataset whose first 20,000 rows have no lead for the step is a mistake. */
const MOST_ROWS = 20_000

type Wanted = {
  step: number
  /** Labels of the step's variants that are written. */
  labels: string[]
  count: number
  /** Only these leads, which have to exist. */
  campaign_lead_ids: string[] | null
  /** Passes over leads whose draft is there or under way. */
  only_without_draft: boolean
}

/**
 * The first leads, in the order of their rows, whose text for a step is neither approved nor sent. Before the launch they are
 * made from their rows here, or refreshed from them: once for each campaign and row, whoever else comes meanwhile, and without
 * becoming due. Rows that a launch would skip are skipped. Throws NOT_FOUND, and BAD_REQUEST where the campaign has no leads
 * to write for in its present state.
 */
export const leadsToWrite = (
  deps: Pick<Deps, 'db' | 'secrets'>,
  workspaceId: string,
  campaignId: string,
  wanted: Wanted,
  now: Date,
): Promise<LeadToWrite[]> =>
  transaction(deps.db, async (tx) => {
    if (!(await lockCampaign(tx, workspaceId, campaignId))) throw notFound()
    const campaign = await findCampaign(tx, workspaceId, campaignId)
    if (!campaign) throw notFound()
    if (campaign.status === 'launching' || campaign.status === 'completed')
      throw problem('BAD_REQUEST', `No text is written for a campaign that is ${campaign.status}.`)
    const isDraft = campaign.status === 'draft' || campaign.status === 'failed'
    if (!isDraft || wanted.campaign_lead_ids) return findLeads(tx, campaignId, wanted)
    if (!campaign.alias_ids?.length)
      throw problem('BAD_REQUEST', 'The campaign has no sending alias, which its leads are given when they are made.')
    const context = await loadCheckContext(tx, campaign)
    const seen = new Set<string>()
    const found: LeadToWrite[] = []
    for (let after = -1, looked = 0; found.length < wanted.count && looked < MOST_ROWS; looked += BATCH_ROWS) {
      const rows = await readRowsAfter(tx, campaign.dataset_id, after, BATCH_ROWS)
      const last = rows.at(-1)
      if (!last) break
      after = last.row_index
      const { checked } = await checkRows({ ...deps, db: tx }, context, rows, seen, { render: false })
      const taken = await listTaken(
        tx,
        campaignId,
        rows.map(({ id }) => id),
        wanted,
      )
      const chosen = checked
        .flatMap(({ draft }) => (draft ? [draft] : []))
        .filter(({ dataset_row_id }) => !taken.has(dataset_row_id))
        .filter(({ variant_assignments }) => wanted.labels.includes(variant_assignments[String(wanted.step)] ?? ''))
        .slice(0, wanted.count - found.length)
      found.push(...(await makeLeads(tx, workspaceId, campaignId, chosen, wanted.step, now)))
    }
    await recheckApprovals(tx, deps.secrets, {
      workspace_id: workspaceId,
      campaign_id: campaignId,
      campaign_lead_ids: found.map(({ campaign_lead_id }) => campaign_lead_id),
      now,
    })
    return found
  })

/** A draft of the lead's own variant that is there or under way; one that failed or was cancelled is none. */
const hasDraft = (step: number) => sql`exists (
  select 1 from campaign_drafts d where d.campaign_lead_id = l.campaign_lead_id and d.step = ${step}
    and d.variant_label = l.variant_assignments ->> ${String(step)}::text and d.status in ('pending', 'running', 'completed'))`

/** Rows whose lead has this step approved, or a draft for it where those are passed over. */
const listTaken = async (tx: Tx, campaignId: string, rowIds: string[], wanted: Wanted): Promise<Set<string>> => {
  const found = await sql<{ dataset_row_id: string }>`
    select l.dataset_row_id from campaign_leads l
    where l.campaign_id = ${campaignId} and l.dataset_row_id = any(${rowIds}::uuid[])
      and (l.approvals ? ${String(wanted.step)} ${wanted.only_without_draft ? sql`or ${hasDraft(wanted.step)}` : sql``})`.execute(
    tx,
  )
  return new Set(found.rows.map((row) => row.dataset_row_id))
}

const makeLeads = async (
  tx: Tx,
  workspaceId: string,
  campaignId: string,
  drafts: LeadDraft[],
  step: number,
  now: Date,
): Promise<LeadToWrite[]> => {
  if (!drafts.length) return []
  const rows = drafts.map((draft) => ({ ...draft, campaign_lead_id: newId() }))
  const made = await sql<LeadToWrite>`
    insert into campaign_leads as l (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, email, email_domain,
      receiving_provider, linkedin_url, lead_data, zone, alias_id, variant_assignments, created_at, updated_at)
    select r.campaign_lead_id, ${workspaceId}, ${campaignId}, r.dataset_row_id, r.row_index, 'pending', r.email, r.email_domain,
      r.receiving_provider, r.linkedin_url, r.lead_data, r.zone, r.alias_id, r.variant_assignments, ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (campaign_lead_id uuid, dataset_row_id uuid, row_index int, email text,
      email_domain text, receiving_provider text, linkedin_url text, lead_data jsonb, zone text, alias_id uuid, variant_assignments jsonb)
    on conflict (campaign_id, dataset_row_id) do update set
      row_index = excluded.row_index, email = excluded.email, email_domain = excluded.email_domain, receiving_provider = excluded.receiving_provider,
      linkedin_url = excluded.linkedin_url, lead_data = excluded.lead_data, zone = excluded.zone, alias_id = excluded.alias_id,
      variant_assignments = excluded.variant_assignments, status = case when l.status in ('skipped', 'suppressed') then 'pending' else l.status end,
      updated_at = excluded.updated_at
    where l.current_step = 0
    returning campaign_lead_id, variant_assignments ->> ${String(step)}::text as variant_label`.execute(tx)
  return made.rows
}

const findLeads = async (tx: Tx, campaignId: string, wanted: Wanted): Promise<LeadToWrite[]> => {
  const found = await sql<LeadToWrite>`
    select l.campaign_lead_id, l.variant_assignments ->> ${String(wanted.step)}::text as variant_label from campaign_leads l
    where l.campaign_id = ${campaignId} and (l.status in ('pending', 'active', 'postponed', 'unknown') or l.text_state = 'failed')
      and l.current_step < ${wanted.step}
      and l.variant_assignments ->> ${String(wanted.step)}::text = any(${wanted.labels}::text[])
      ${wanted.campaign_lead_ids ? sql`and l.campaign_lead_id = any(${wanted.campaign_lead_ids}::uuid[])` : sql`and not l.approvals ? ${String(wanted.step)}`}
      ${wanted.only_without_draft ? sql`and not ${hasDraft(wanted.step)}` : sql``}
      and not exists (select 1 from emails e where e.campaign_lead_id = l.campaign_lead_id and e.step = ${wanted.step} and e.status not in ('queued', 'scheduled'))
    order by l.row_index, l.campaign_lead_id limit ${wanted.count}`.execute(tx)
  return found.rows
}
