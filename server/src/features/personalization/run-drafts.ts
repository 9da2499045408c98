import { sql } from 'kysely'
import { createBatcher } from '../../batcher.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { type WorkspaceClockRow, workspaceNow } from '../../ports/clock.ts'
import type { JobRun } from '../../queue/define-job.ts'
import { failJob, finishJob, reportProgress, startJob } from '../jobs/progress.ts'
import { type ReadAhead, type ResearchDeps, readAhead } from '../research/research-lead.ts'
import {
  closeRun,
  earlierDrafts,
  type Generation,
  type Outcome,
  promptOfRun,
  recordGenerations,
  rememberDraft,
} from './generation-run.ts'
import { personalizeLeadsJob } from './jobs.ts'
import { leadFields } from './lead-fields.ts'
import { failureAmongMany } from './model-problem.ts'
import { seedOf } from './preview-lead.ts'
import { AT_ONCE } from './queue-drafts.ts'
import type { ResolvedPrompt } from './resolve-prompt.ts'
import { writeDraft } from './write-draft.ts'

type Open = { run_id: string; job_id: string; workspace_id: string } & WorkspaceClockRow

type Input = { lead_index: number; lead_data: Record<string, unknown>; sender_data: Record<string, unknown> }

type Prepared = Input & { lead: Record<string, string>; ahead: ReadAhead | undefined }

/** Leads whose earlier correspondence is read together: few, so that it is minutes old at most when it is written of. */
const READ_AHEAD = 50

/** Texts that are written and not yet stored, at most: so many are written again after a kill. */
const MOST_UNSTORED = 64
/** A model that answers at once would otherwise have each text stored by itself. */
const STORED_TOGETHER = { enough: MOST_UNSTORED / 2, ms: 200 }

/**
 * Writes what waits of a run, a few leads at the same time, by the writer that there is when the work begins. Outcomes that
 * come together are stored together, in one transaction with the counters, so after a kill only what has none is done; a text
 * that was written but not stored is written again and paid for once. A lead that cannot be written to is an outcome too, and
 * the others go on.
 */
export const runDrafts = async ({ run_id }: { run_id: string }, deps: Deps, run: JobRun): Promise<void> => {
  const [open, made] = await Promise.all([findOpen(deps, run_id), promptOfRun(deps.db, run_id)])
  if (!open || !made) return
  try {
    await writeAll(deps, open, made.prompt, run)
    // One that was killed behind its last text has nothing left to store, and is to be ended all the same.
    await end(deps, open, null)
  } catch (error) {
    if (run.attempt < personalizeLeadsJob.attempts) throw error
    run.log.error({ err: error }, 'messages could not be written')
    await end(deps, open, 'The messages could not be written; those that were stay. See the server’s log.')
  }
}

const findOpen = async (deps: Deps, runId: string): Promise<Open | null> => {
  const { rows } = await sql<Open>`
    select r.run_id, r.job_id, r.workspace_id, w.clock_offset_ms, w.clock_frozen_at
    from generation_runs r join workspaces w on w.id = r.workspace_id
    where r.run_id = ${runId} and r.status = 'in_progress' and r.job_id is not null`.execute(deps.db)
  return rows[0] ?? null
}

/** A hundred at most, and no larger than the request that they came in. */
const findInputs = async ({ db }: Pick<Deps, 'db'>, runId: string): Promise<Input[]> => {
  const { rows } = await sql<Input>`
    select lead_index, lead_data, sender_data from generation_inputs where run_id = ${runId} order by lead_index`.execute(
    db,
  )
  return rows
}

const writeAll = async (deps: Deps, open: Open, prompt: ResolvedPrompt, run: JobRun): Promise<void> => {
  const [llm, earlier, inputs] = await Promise.all([
    deps.llm(open.workspace_id),
    earlierDrafts(deps.db, open.run_id),
    findInputs(deps, open.run_id),
    startJob(deps.db, open.job_id, deps.clock.now()),
  ])
  const writing = { ...deps, llm: async () => llm }
  const store = createBatcher<Generation, undefined>((outcomes) => storeOutcomes(deps, open, outcomes), {
    max: MOST_UNSTORED,
    gather: STORED_TOGETHER,
  })
  const prepared = new Map<number, Promise<Prepared[]>>()
  const prepareChunk = (chunk: number): Promise<Prepared[]> => {
    const ready = prepared.get(chunk) ?? prepareSome(deps, open, inputs.slice(chunk * READ_AHEAD).slice(0, READ_AHEAD))
    prepared.set(chunk, ready)
    return ready
  }
  const prepare = async (at: number): Promise<Prepared> => {
    const chunk = Math.floor(at / READ_AHEAD)
    const place = at % READ_AHEAD
    // The next leads are read while the last of these are written to; a fault is met by whoever waits for them.
    if (place === READ_AHEAD - AT_ONCE && at + AT_ONCE < inputs.length) prepareChunk(chunk + 1).catch(() => {})
    return (await prepareChunk(chunk))[place] as Prepared
  }
  const unstored = new Set<Promise<unknown>>()
  const faults: unknown[] = []
  let next = 0
  const writeSome = async (): Promise<void> => {
    while (faults.length === 0 && next < inputs.length) {
      run.signal.throwIfAborted()
      const input = await prepare(next++)
      const generation = await writeOne(writing, open, prompt, input, earlier, run)
      const storing = store
        .add(generation)
        .catch((error) => void faults.push(error))
        .finally(() => unstored.delete(storing))
      unstored.add(storing)
      if (unstored.size >= MOST_UNSTORED) await Promise.race(unstored)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, () => writeSome().catch((error) => void faults.push(error))))
  // What is left need not wait for company.
  await store.idle()
  await Promise.all(unstored)
  if (faults.length) throw faults[0]
}

const prepareSome = async (deps: Deps, open: Open, inputs: Input[]): Promise<Prepared[]> => {
  const leads = inputs.map(({ lead_data }) => leadFields(lead_data))
  const now = workspaceNow(open, deps.clock.now())
  const read = await readAhead(deps, { workspace_id: open.workspace_id, leads, now })
  return inputs.map((input, at) => ({ ...input, lead: leads[at] ?? {}, ahead: read[at] }))
}

const writeOne = async (
  deps: ResearchDeps & Pick<Deps, 'llm'>,
  open: Open,
  prompt: ResolvedPrompt,
  { lead_index, lead_data, sender_data, lead, ahead }: Prepared,
  earlier: { subject: string; body: string }[],
  run: JobRun,
): Promise<Generation> => {
  const { workspace_id, run_id } = open
  const now = workspaceNow(open, deps.clock.now())
  const outcome = await writeDraft(
    deps,
    {
      workspace_id,
      purpose: 'job',
      reference: run_id,
      lead,
      lead_ref: null,
      ...(ahead ? { ahead } : {}),
      sender: sender_data,
      prompt,
      earlier,
      seed: seedOf(lead, null),
    },
    { now, signal: run.signal },
  ).then(
    (draft): Outcome => ({ draft }),
    (error): Outcome => failureAmongMany(error, run),
  )
  if ('draft' in outcome) rememberDraft(earlier, outcome.draft)
  return { workspace_id, run_id, lead_index, lead_data, lead_ref: null, outcome, now }
}

/** Stores outcomes together; those that are the run's last end it. */
const storeOutcomes = (deps: Deps, open: Open, generations: Generation[]): Promise<undefined[]> =>
  transaction(deps.db, async (tx) => {
    const { run_id, job_id } = open
    // Outcomes of one run are stored one after the other, so that the progress never goes back.
    const { rows } = await sql<{ n_leads: number; n_completed: number; n_failed: number }>`
      select n_leads, n_completed, n_failed from generation_runs
      where run_id = ${run_id} and status = 'in_progress' for no key update`.execute(tx)
    const counted = rows[0]
    if (counted) {
      const isNew = await recordGenerations(tx, generations)
      const stored = generations.filter((_, at) => isNew[at])
      const written = stored.filter(({ outcome }) => 'draft' in outcome).length
      await sql`
        delete from generation_inputs
        where run_id = ${run_id} and lead_index = any(${generations.map(({ lead_index }) => lead_index)}::integer[])`.execute(
        tx,
      )
      const processed = counted.n_completed + written
      const failed = counted.n_failed + stored.length - written
      const done = processed + failed
      const message = `${done} of ${counted.n_leads} leads are done.`
      if (done >= counted.n_leads) await close(tx, deps, open, null)
      else await reportProgress(tx, job_id, done, counted.n_leads, message, deps.clock.now(), { processed, failed })
    }
    return generations.map(() => undefined)
  })

const end = (deps: Deps, open: Open, error: string | null): Promise<void> =>
  transaction(deps.db, (tx) => close(tx, deps, open, error))

/** Ends the run and its job; one that is over stays as it ended. */
const close = async (tx: Tx, deps: Deps, open: Open, error: string | null): Promise<void> => {
  const systemNow = deps.clock.now()
  const closed = await closeRun(tx, { run_id: open.run_id, error, now: workspaceNow(open, systemNow) })
  if (!closed) return
  if (closed.status === 'failed')
    return failJob(tx, open.job_id, { error: closed.error ?? 'No message was written.', now: systemNow })
  const { n_completed: processed, n_failed: failed, credits_used } = closed
  await finishJob(tx, open.job_id, {
    result: { run_id: open.run_id, processed, failed, credits_used },
    counts: { processed, failed },
    message: `${processed} messages were written, ${failed} could not be.`,
    now: systemNow,
  })
}
