import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob } from '../jobs/progress.ts'
import { openRun } from './generation-run.ts'
import { personalizeLeadsJob } from './jobs.ts'
import type { Who } from './preview-lead.ts'
import { resolvePrompt } from './resolve-prompt.ts'
import type { PersonalizeRequest } from './schema.ts'

/** Leads of one job that are written to at the same time; how many calls a model takes is for its adapter to say. */
export const AT_ONCE = 4
/** What a person is told to expect of one message. */
const SECONDS_WITH_MODEL = 8
const SECONDS_BY_RULE = 0.05

/**
 * Queues messages to leads, each with a sender of its own, as one job. The prompt is the custom_prompt of the sender data where
 * all of them have the same, else the stock one: a run has one prompt. Throws INSUFFICIENT_CREDITS.
 */
export const queueDrafts = async (deps: Deps, who: Who, requests: PersonalizeRequest[], now: Date) => {
  const llm = await deps.llm(who.workspace_id)
  const prompts = new Set(requests.map(({ sender_data }) => sender_data.data.custom_prompt ?? null))
  const prompt = await resolvePrompt(deps.db, {
    workspace_id: who.workspace_id,
    sender_data: prompts.size === 1 ? { custom_prompt: [...prompts][0] } : null,
  })
  return transaction(deps.db, async (tx) => {
    const total = requests.length
    const job_id = await createJob(tx, {
      ...who,
      kind: personalizeLeadsJob.name,
      total,
      message: 'Waiting to be written.',
      now: deps.clock.now(),
    })
    const run_id = await openRun(tx, {
      ...who,
      kind: 'job',
      prompt,
      sender_profile_id: null,
      sender_data: null,
      n_leads: total,
      credits_per_draft: llm.credits_per_draft,
      hold: true,
      job_id,
      owner: null,
      now,
    })
    await sql`
      insert into generation_inputs (run_id, workspace_id, lead_index, lead_data, sender_data)
      select ${run_id}, ${who.workspace_id}, u.n - 1, u.lead::jsonb, u.sender::jsonb
      from unnest(${requests.map(({ lead_data }) => JSON.stringify(lead_data.data))}::text[],
        ${requests.map(({ sender_data }) => JSON.stringify(sender_data.data))}::text[]) with ordinality as u (lead, sender, n)`.execute(
      tx,
    )
    await sql`update jobs set subject_id = ${run_id} where id = ${job_id}`.execute(tx)
    await enqueue(tx, personalizeLeadsJob, { run_id })
    const seconds = total * (llm.has_model ? SECONDS_WITH_MODEL : SECONDS_BY_RULE)
    return {
      job_id,
      status: 'queued',
      message: `${total} ${total === 1 ? 'message waits' : 'messages wait'} to be written by ${llm.name}; follow job_id.`,
      estimated_time_seconds: Math.max(1, Math.ceil(seconds / Math.min(AT_ONCE, total))),
      credits_required: total * llm.credits_per_draft,
      priority: 'normal',
    }
  })
}
