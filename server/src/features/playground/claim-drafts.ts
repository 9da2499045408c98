import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import type { ApprovedEntry, WrittenEntry } from './approved-entry.ts'

/** A draft that this process writes, with its lead as it is now. */
export type ClaimedDraft = {
  draft_id: string
  claim_id: string
  workspace_id: string
  campaign_id: string
  campaign_lead_id: string
  /** Null for a text that is written to be sent at once. */
  batch_id: string | null
  step: number
  variant_label: string
  prompt_version_hash: string | null
  custom_prompt: string | null
  attempts: number
  dataset_id: string
  dataset_row_id: string
  email: string | null
  lead_data: Record<string, unknown>
  variant_assignments: Record<string, string>
  approvals: Record<string, ApprovedEntry>
  written: Record<string, WrittenEntry>
  /** False where nobody waits for the text any more: the lead was stopped, or has had the step. */
  is_wanted: boolean
}

/** What of a workspace's waiting texts is meant: those to be sent, those of batches, or both. */
export type DraftScope = 'all' | 'sending' | 'batches'

/**
 * Takes up to `want` texts that are due and that nobody writes, the longest waiting first. A text to be sent is taken only
 * while its campaign sends, so that a pause holds here as well. `now` is the workspace's present.
 */
export const claimDrafts = async (
  deps: Pick<Deps, 'db' | 'clock' | 'process_id'>,
  workspaceId: string,
  request: { want: number; scope: DraftScope; now: Date },
): Promise<ClaimedDraft[]> => {
  const claim_id = newId()
  const which =
    request.scope === 'batches'
      ? sql`and d.batch_id is not null`
      : sql`and (${request.scope === 'all' ? sql`d.batch_id is not null or` : sql``} (d.batch_id is null and c.status in ('active', 'draining')))`
  const claimed = await sql<ClaimedDraft>`
    with picked as (
      select d.draft_id from campaign_drafts d join campaigns c on c.campaign_id = d.campaign_id
      where d.workspace_id = ${workspaceId} and d.status = 'pending' and d.due_at <= ${request.now} ${which}
      order by d.due_at, d.draft_id limit ${request.want} for update of d skip locked
    ), taken as (
      update campaign_drafts d set status = 'running', claim_id = ${claim_id}, claimed_process = ${deps.process_id}, claimed_at = ${deps.clock.now()},
        attempts = d.attempts + 1, updated_at = ${request.now}
      from picked p where d.draft_id = p.draft_id returning d.*
    )
    select t.draft_id, t.claim_id, t.workspace_id, t.campaign_id, t.campaign_lead_id, t.batch_id, t.step, t.variant_label, t.prompt_version_hash,
      b.custom_prompt, t.attempts, c.dataset_id, l.dataset_row_id, l.email, l.lead_data, l.variant_assignments, l.approvals, l.written,
      t.batch_id is not null or (l.text_state = 'writing' and l.current_step = t.step - 1 and l.status in ('pending', 'active', 'postponed', 'unknown'))
        as is_wanted
    from taken t join campaigns c on c.campaign_id = t.campaign_id join campaign_leads l on l.campaign_lead_id = t.campaign_lead_id
    left join draft_batches b on b.batch_id = t.batch_id
    order by t.due_at, t.draft_id`.execute(deps.db)
  return claimed.rows
}

/** Longer than any text takes with all its tries; a claim that is older belongs to nobody. */
const CLAIM_MS = 15 * 60_000

/**
 * Texts whose writer died wait again. Whoever still writes one finds that it is not theirs any more, and what they bring counts
 * for nothing. Returns the workspaces concerned.
 */
export const releaseDeadClaims = async (deps: Pick<Deps, 'db' | 'clock' | 'process_id'>): Promise<string[]> => {
  const now = deps.clock.now()
  const released = await sql<{ workspace_id: string }>`
    update campaign_drafts d set status = 'pending', claim_id = null, claimed_process = null, claimed_at = null
    where d.status = 'running' and (d.claimed_at < ${new Date(now.getTime() - CLAIM_MS)}
      or (d.claimed_process <> ${deps.process_id} and not exists (select 1 from processes p where p.id = d.claimed_process)))
    returning d.workspace_id`.execute(deps.db)
  return [...new Set(released.rows.map((row) => row.workspace_id))]
}

/** Gives a claim back without an outcome: the process ends, or the database was away. */
export const releaseClaim = async (deps: Pick<Deps, 'db'>, draft: ClaimedDraft): Promise<void> => {
  await sql`
    update campaign_drafts set status = 'pending', attempts = attempts - 1, claim_id = null, claimed_process = null, claimed_at = null
    where draft_id = ${draft.draft_id} and status = 'running' and claim_id = ${draft.claim_id}`.execute(deps.db)
}
