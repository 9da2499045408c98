import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { answerEvents } from '../../http/answer-events.ts'
import type { Answer } from '../../http/define-operation.ts'
import type { Logger } from '../../log.ts'
import { ModelError } from '../../ports/llm/port.ts'
import { findLeadPlace } from './find-sender.ts'
import { closeRun, type Outcome, openRun, recordGeneration, rememberDraft } from './generation-run.ts'
import { failureOf } from './model-problem.ts'
import {
  INLINE_MS,
  type PreviewLead,
  prepareWriting,
  previewAnswer,
  previewLeadOf,
  seedOf,
  type Who,
  type Writing,
} from './preview-lead.ts'
import type { BatchPreviewRequest } from './schema.ts'
import { writeDraft } from './write-draft.ts'

/** Proxies cut connections that are silent for a minute; a comment line keeps them open. */
const KEEP_ALIVE_MS = 15_000
/** What waits for a slow reader at most. Beyond it no further lead is begun until the reader has read. */
const BUFFERED_BYTES = 65_536

/**
 * Writes to up to 25 leads one after another and tells of each as it is done. What can be wrong with the request as a whole is
 * thrown before the stream begins: NOT_FOUND, VALIDATION_ERROR, INSUFFICIENT_CREDITS. A lead that fails is an event like any
 * other. A reader who leaves ends the work: the call under way is broken off, and only what was written is paid for.
 */
export const streamPreviews = async (
  deps: Deps,
  who: Who,
  request: BatchPreviewRequest,
  now: Date,
  log: Logger,
): Promise<Answer> => {
  const { active_prompt_name } = request
  const writing = await prepareWriting(deps, who, request, active_prompt_name ? { name: active_prompt_name } : 'latest')
  const leads: PreviewLead[] = []
  for (const given of request.leads)
    leads.push(previewLeadOf(given, await findLeadPlace(deps.db, who.workspace_id, given)))
  const run_id = await transaction(deps.db, (tx) =>
    openRun(tx, {
      ...who,
      kind: 'batch',
      prompt: writing.prompt,
      sender_profile_id: writing.sender.profile_id,
      sender_data: writing.sender.data,
      n_leads: leads.length,
      credits_per_draft: writing.llm.credits_per_draft,
      hold: true,
      job_id: null,
      owner: deps.process_id,
      client_run_id: request.client_run_id,
      now,
    }),
  )
  const leaving = new AbortController()
  const batch: Batch = { run_id, batch_id: request.client_run_id, leads, writing, now, log, has_begun: false }
  const events = previewAll(deps, who, batch, leaving.signal)
  const leave = (): void => {
    leaving.abort()
    // A generator that was never asked for anything does not run its end either.
    if (!batch.has_begun) void breakOff(deps, batch, 0)
  }
  return answerEvents(events, { leave, buffered_bytes: BUFFERED_BYTES })
}

type Batch = {
  run_id: string
  batch_id: string
  leads: PreviewLead[]
  writing: Writing
  now: Date
  log: Logger
  has_begun: boolean
}

/** Does nothing to a run that is closed. What this does not reach, the tick for runs of dead processes closes. */
const breakOff = async (deps: Deps, { run_id, leads, now, log }: Batch, done: number): Promise<void> => {
  const error = `Broken off after ${done} of ${leads.length} leads.`
  await transaction(deps.db, (tx) => closeRun(tx, { run_id, error, now })).catch((fault) =>
    log.warn({ err: fault }, 'a run that was broken off waits to be closed'),
  )
}

async function* previewAll(deps: Deps, who: Who, batch: Batch, leaving: AbortSignal): AsyncGenerator<string> {
  const { run_id, batch_id, leads, writing, now } = batch
  const earlier: { subject: string; body: string }[] = []
  let done = 0
  batch.has_begun = true
  try {
    yield ': one lead after another\n\n'
    for (const [index, lead] of leads.entries()) {
      const working = previewOne(deps, who, batch, lead, index, earlier, leaving)
      // It is awaited below, also where the reader leaves while a comment line is on its way.
      working.catch(() => {})
      while (await isSilent(working, leaving)) yield ': still here\n\n'
      const outcome = await working
      done++
      const isWritten = 'draft' in outcome
      yield frame('lead_result', {
        batch_id,
        index,
        status: isWritten ? 'ok' : 'error',
        result: isWritten ? previewAnswer(outcome.draft, run_id, writing.llm.credits_per_draft) : null,
        error: isWritten ? null : outcome.error,
        error_code: isWritten ? null : outcome.failure,
      })
    }
    const closed = await transaction(deps.db, (tx) => closeRun(tx, { run_id, now }))
    yield frame('done', {
      batch_id,
      total: leads.length,
      succeeded: closed?.n_completed ?? 0,
      failed: closed?.n_failed ?? 0,
      run_id,
      credits_used: closed?.credits_used ?? 0,
    })
  } catch (error) {
    if (!(error instanceof ModelError)) batch.log.error({ err: error }, 'a batch of previews broke off')
    throw error
  } finally {
    await breakOff(deps, batch, done)
  }
}

/** Resolves to true when nothing has come of the work for a while, to false when it is over. Ends at once when the reader leaves. */
const isSilent = (working: Promise<unknown>, leaving: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => resolve(!leaving.aborted), KEEP_ALIVE_MS)
    const over = () => {
      clearTimeout(timer)
      resolve(false)
    }
    working.then(over, over)
  })

const frame = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

/** Writes to one lead and stores what came of it. Throws where the reader has left: that is no outcome of the lead. */
const previewOne = async (
  deps: Deps,
  who: Who,
  { run_id, writing, now, log }: Batch,
  lead: PreviewLead,
  lead_index: number,
  earlier: { subject: string; body: string }[],
  leaving: AbortSignal,
): Promise<Outcome> => {
  const outcome = await writeDraft(
    deps,
    {
      workspace_id: who.workspace_id,
      purpose: 'preview',
      reference: run_id,
      ...lead,
      sender: writing.sender.data,
      prompt: writing.prompt,
      earlier,
      seed: seedOf(lead.lead, lead.lead_ref),
    },
    { now, signal: AbortSignal.any([leaving, AbortSignal.timeout(INLINE_MS)]) },
  ).then(
    (draft): Outcome => ({ draft }),
    (error): Outcome => {
      if (leaving.aborted) throw error
      if (!(error instanceof ModelError)) log.error({ err: error }, 'a preview failed')
      return failureOf(error)
    },
  )
  if ('draft' in outcome) rememberDraft(earlier, outcome.draft)
  await transaction(deps.db, (tx) => recordGeneration(tx, { ...who, ...lead, run_id, lead_index, outcome, now }))
  return outcome
}
