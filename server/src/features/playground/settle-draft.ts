import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError } from '../../http/errors.ts'
import { keptQuality } from '../../kept-quality.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { withdrawCampaignQueue } from '../campaigns/withdraw-queue.ts'
import { captureCredits } from '../credits/ledger.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import type { Draft } from '../personalization/write-draft.ts'
import type { WrittenEntry } from './approved-entry.ts'
import type { ClaimedDraft } from './claim-drafts.ts'
import { releaseHold, releaseUnwanted, settleBatch } from './draft-credits.ts'

const PREVIEW_CHARS = 120

type Fingerprints = { lead_identity_fingerprint: string; step_config_fingerprint: string }

/** The claim's outcome, if the claim still stands; false where the draft was cancelled, or is somebody else's by now. */
const settle = async (tx: Tx, draft: ClaimedDraft, values: Record<string, unknown>): Promise<boolean> => {
  const assignments = Object.entries(values).map(([column, value]) => sql`${sql.ref(column)} = ${value}`)
  const done = await sql`
    update campaign_drafts set ${sql.join(assignments)} where draft_id = ${draft.draft_id} and status = 'running' and claim_id = ${draft.claim_id}
    returning draft_id`.execute(tx)
  return done.rows.length > 0
}

/**
 * Writes down a text under its claim. One for sending goes to its lead, who is due again at once; one that did not pass waits
 * for a person instead. Credits are taken in the same transaction, so that a repeated job cannot charge twice.
 */
export const completeDraft = (
  deps: Pick<Deps, 'db'>,
  draft: ClaimedDraft,
  text: Draft,
  prints: Fingerprints,
  holdId: string | null,
  now: Date,
): Promise<boolean> =>
  transaction(deps.db, async (tx) => {
    const kept = await settle(tx, draft, {
      status: 'completed',
      prompt_version_hash: text.prompt_version_hash,
      subject_preview: text.subject.slice(0, PREVIEW_CHARS).toWellFormed(),
      passed: text.quality.passed,
      failure: null,
      error: null,
      completed_at: now,
      updated_at: now,
    })
    if (!kept) {
      // A hold goes with its text: whoever writes the text now pays with it, and it ends where the text was given up.
      await releaseUnwanted(tx, now, draft.campaign_id)
      return false
    }
    const { facts: _facts, ...research } = { facts: null, ...text.research }
    const json = (value: unknown) => sql`${JSON.stringify(value ?? null)}::json`
    await sql`delete from draft_contents where draft_id = ${draft.draft_id}`.execute(tx)
    await sql`
      insert into draft_contents (draft_id, workspace_id, subject, body, facts, used_facts, commonality, quality, research, research_fingerprint, model,
        provider, latency_ms, use, prompt_source, prompt_name, prompt_snapshot, lead_identity_fingerprint, step_config_fingerprint)
      values (${draft.draft_id}, ${draft.workspace_id}, ${text.subject}, ${text.body}, ${json(text.facts)}, ${json(text.used_facts)},
        ${json(text.commonality)}, ${json(keptQuality(text.quality))}, ${json(research)}, ${text.research.fingerprint}, ${text.model}, ${text.provider},
        ${Math.round(text.latency_ms)}, ${json(text.use)}, ${text.prompt_source}, ${text.prompt_name}, ${text.prompt_snapshot},
        ${prints.lead_identity_fingerprint}, ${prints.step_config_fingerprint})`.execute(tx)
    if (draft.batch_id) await settleBatch(tx, draft.batch_id, now)
    else {
      if (holdId)
        await captureCredits(tx, { hold_id: holdId, description: `Text for step ${draft.step} of a campaign`, now })
      if (text.quality.passed) await handToLead(tx, draft, text, prints, now)
      else await rejectText(tx, draft, text, now)
    }
    return true
  })

const handToLead = async (tx: Tx, draft: ClaimedDraft, text: Draft, prints: Fingerprints, now: Date): Promise<void> => {
  const entry: WrittenEntry = {
    draft_id: draft.draft_id,
    subject: text.subject,
    body: text.body,
    model: text.model,
    prompt_version_hash: text.prompt_version_hash,
    ...prints,
  }
  // Whoever was stopped or approved meanwhile is left as they are. A millisecond earlier than it was due, the lead goes before
  // those that came due with it and still lack their words, so that texts are written no further ahead than they are sent.
  await sql`
    update campaign_leads set written = written || ${JSON.stringify({ [String(draft.step)]: entry })}::jsonb, next_action_at = text_due_at - interval '1 millisecond',
      text_state = null, text_due_at = null, updated_at = ${now}
    where campaign_lead_id = ${draft.campaign_lead_id} and text_state = 'writing' and current_step = ${draft.step - 1}
      and status in ('pending', 'active', 'postponed', 'unknown')`.execute(tx)
}

const rejectText = async (tx: Tx, draft: ClaimedDraft, text: Draft, now: Date): Promise<void> => {
  const problems = text.quality.checks.filter(({ passed }) => !passed).map(({ message }) => message)
  const error = `The text for step ${draft.step} did not pass and waits for a person: ${problems.join(' ')}`.slice(
    0,
    1_000,
  )
  const set = await sql`
    update campaign_leads set text_state = 'rejected', error = ${error}, updated_at = ${now}
    where campaign_lead_id = ${draft.campaign_lead_id} and text_state = 'writing' returning 1`.execute(tx)
  if (set.rows.length)
    await tellOnce(tx, draft, now, {
      reason: 'texts_rejected',
      title: (name) => `Texts of "${name}" need a person`,
      message:
        'Texts that did not pass their checks are not sent. Look at them in the playground; the other leads go on.',
    })
}

export type DraftFailure = { failure: string; message: string }

/** A text that cannot be had: a clear state for this lead, and the others go on. */
export const failDraft = (deps: Pick<Deps, 'db'>, draft: ClaimedDraft, why: DraftFailure, now: Date): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { failure } = why
    const error = why.message.slice(0, 1_000)
    if (!(await settle(tx, draft, { status: 'failed', failure, error, completed_at: now, updated_at: now }))) return
    await releaseHold(tx, draft, now)
    if (draft.batch_id) {
      await settleBatch(tx, draft.batch_id, now)
      return
    }
    const message = `The text for step ${draft.step} could not be written: ${error}`
    const failed = await sql`
      update campaign_leads set status = 'failed', text_state = 'failed', error = ${message}, last_event = 'failed', last_action_at = ${now}, updated_at = ${now}
      where campaign_lead_id = ${draft.campaign_lead_id} and text_state = 'writing' and status in ('pending', 'active', 'postponed', 'unknown') returning 1`.execute(
      tx,
    )
    if (!failed.rows.length) return
    const { workspace_id, campaign_id, campaign_lead_id, step, variant_label } = draft
    await recordEvents(tx, [
      {
        workspace_id,
        campaign_id,
        campaign_lead_id,
        event_type: 'failed',
        step_index: step,
        variant_label,
        metadata: { reason: 'text_not_written', failure, detail: error },
        occurred_at: now,
      },
    ])
    await tellOnce(tx, draft, now, {
      reason: 'texts_failed',
      title: (name) => `Texts of "${name}" could not be written`,
      message: `${message} The other leads go on. An approved text brings such a lead back.`,
    })
  })

/** A fault that passes: the same text is tried again later, by the workspace's clock. */
export const postponeDraft = (
  deps: Pick<Deps, 'db'>,
  draft: ClaimedDraft,
  why: DraftFailure,
  until: Date,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const isOurs = await settle(tx, draft, {
      status: 'pending',
      due_at: until,
      claim_id: null,
      claimed_process: null,
      claimed_at: null,
      failure: why.failure,
      error: why.message.slice(0, 1_000),
      updated_at: now,
    })
    if (isOurs) await releaseHold(tx, draft, now)
  })

/** Nobody waits for the text any more. */
export const dropDraft = (deps: Pick<Deps, 'db'>, draft: ClaimedDraft, now: Date): Promise<void> =>
  transaction(deps.db, async (tx) => {
    if (await settle(tx, draft, { status: 'cancelled', completed_at: now, updated_at: now }))
      await releaseHold(tx, draft, now)
  })

/**
 * What would fail for every further lead as well (no credits, a wrong key) pauses the campaign with the reason. The lead is
 * due again when somebody resumes.
 */
export const pauseForTexts = (
  deps: Pick<Deps, 'db'>,
  draft: ClaimedDraft,
  why: DraftFailure,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const reason = `Paused because no text could be written: ${why.message}`.slice(0, 1_000)
    const paused = await sql<{ name: string }>`
      update campaigns set paused_from = status, status = 'paused', paused_reason = ${reason}, updated_at = ${now}
      where campaign_id = ${draft.campaign_id} and status in ('active', 'draining') returning name`.execute(tx)
    const isOurs = await settle(tx, draft, {
      status: 'cancelled',
      failure: why.failure,
      error: why.message.slice(0, 1_000),
      completed_at: now,
      updated_at: now,
    })
    if (isOurs) await releaseHold(tx, draft, now)
    await sql`
      update campaign_leads set next_action_at = text_due_at, text_state = null, text_due_at = null, updated_at = ${now}
      where campaign_lead_id = ${draft.campaign_lead_id} and text_state = 'writing' and status in ('pending', 'active', 'postponed', 'unknown')`.execute(
      tx,
    )
    const campaign = paused.rows[0]
    if (!campaign) return
    await withdrawCampaignQueue(tx, draft.campaign_id, now)
    await raiseAlert(tx, {
      workspace_id: draft.workspace_id,
      alert_type: why.failure === 'credits' ? 'credits_exhausted' : 'campaign_paused',
      severity: 'critical',
      title: `Campaign "${campaign.name}" was paused`,
      message: reason,
      metadata: { campaign_id: draft.campaign_id, reason: why.failure },
      now,
    })
  })

/** So many texts of a campaign that fail one after the other say more about the writer or the prompt than about the leads. */
const FAILED_IN_A_ROW = 5

/** Whether the last texts for sending all failed: then each further lead would be lost to the same cause. */
export const failsEveryTime = async (deps: Pick<Deps, 'db'>, campaignId: string): Promise<boolean> => {
  const found = await sql<{ failed: number }>`
    select count(*) filter (where status = 'failed')::int as failed from (
      select status from campaign_drafts where campaign_id = ${campaignId} and batch_id is null and status in ('completed', 'failed')
      order by completed_at desc limit ${FAILED_IN_A_ROW}) last`.execute(deps.db)
  return found.rows[0]?.failed === FAILED_IN_A_ROW
}

/** Whether the campaign had a text written lately: then what goes wrong is not the writer as a whole. */
export const hasWrittenLately = async (deps: Pick<Deps, 'db'>, campaignId: string, now: Date): Promise<boolean> => {
  const found = await sql`
    select 1 from campaign_drafts where campaign_id = ${campaignId} and status = 'completed' and completed_at > ${new Date(now.getTime() - LATELY_MS)} limit 1`.execute(
    deps.db,
  )
  return found.rows.length > 0
}

const LATELY_MS = 4 * 3_600_000

/** Gives up what a campaign still has to write, and settles the credits of all of it: its steps change, or it is deleted. */
export const abandonDrafts = async (tx: Tx, campaignId: string, now: Date): Promise<void> => {
  await sql`
    update campaign_drafts set status = 'cancelled', completed_at = ${now}, updated_at = ${now}
    where campaign_id = ${campaignId} and status in ('pending', 'running')`.execute(tx)
  const open = await sql<{ batch_id: string }>`
    select batch_id from draft_batches where campaign_id = ${campaignId} and settled_at is null order by batch_id`.execute(
    tx,
  )
  for (const { batch_id } of open.rows) await settleBatch(tx, batch_id, now)
  await releaseUnwanted(tx, now, campaignId)
}

const tellOnce = async (
  tx: Tx,
  { workspace_id, campaign_id }: ClaimedDraft,
  now: Date,
  alert: { reason: string; title: (name: string) => string; message: string },
): Promise<void> => {
  const found = await sql<{ name: string }>`
    select name from campaigns c where campaign_id = ${campaign_id} and not exists (
      select 1 from alerts a where a.workspace_id = ${workspace_id} and a.read_at is null
        and a.metadata->>'campaign_id' = ${campaign_id} and a.metadata->>'reason' = ${alert.reason})`.execute(tx)
  const name = found.rows[0]?.name
  if (name === undefined) return
  await raiseAlert(tx, {
    workspace_id,
    alert_type: 'system',
    severity: 'warning',
    title: alert.title(name),
    message: alert.message,
    metadata: { campaign_id, reason: alert.reason },
    now,
  })
}

export const isOutOfCredits = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.code === 'INSUFFICIENT_CREDITS'
