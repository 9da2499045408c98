import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'

/**
 * What a long piece of work tells of itself. The row is for people who wait; the queue has its own. Times are the system's,
 * also for the work of a sandbox: somebody is looking at a real clock meanwhile.
 */
export type NewJob = {
  workspace_id: string
  user_id?: string | null
  kind: string
  subject_id?: string | null
  total?: number | null
  message?: string | null
  now: Date
}

/** Announces work in the transaction that enqueues it. Returns the job's id. */
export const createJob = async (tx: Tx, job: NewJob): Promise<string> => {
  const id = newId()
  await tx
    .insertInto('jobs')
    .values({
      id,
      workspace_id: job.workspace_id,
      user_id: job.user_id ?? null,
      kind: job.kind,
      subject_id: job.subject_id ?? null,
      progress_total: job.total ?? null,
      message: job.message ?? null,
      created_at: job.now,
      updated_at: job.now,
    })
    .execute()
  return id
}

/** Marks the work as running; after a crash it may be running again, and keeps its first start. */
export const startJob = async (db: Db | Tx, jobId: string, now: Date): Promise<void> => {
  await sql`
    update jobs set status = 'running', started_at = coalesce(started_at, ${now}), error = null, updated_at = ${now}
    where id = ${jobId} and status in ('queued', 'running')`.execute(db)
}

/**
 * Says how far it is. Each call is a write: the caller makes it a few times a second at most. A job that is over does not
 * move any more. `message` and `counts` undefined keep the last ones.
 */
export const reportProgress = async (
  db: Db | Tx,
  jobId: string,
  done: number,
  total: number | null,
  message: string | null | undefined,
  now: Date,
  counts?: Record<string, number>,
): Promise<void> => {
  await sql`
    update jobs set progress_done = ${done}, progress_total = ${total}, updated_at = ${now}
      ${counts === undefined ? sql`` : sql`, counts = ${JSON.stringify(counts)}::jsonb`}
      ${message === undefined ? sql`` : sql`, message = ${message}`}
    where id = ${jobId} and status in ('queued', 'running')`.execute(db)
}

/** The work is done: the bar is full, and `result` says what came of it. */
export const finishJob = async (
  db: Db | Tx,
  jobId: string,
  options: {
    result?: Record<string, unknown> | null
    message?: string | null
    counts?: Record<string, number>
    now: Date
  },
): Promise<void> => {
  await sql`
    update jobs set status = 'completed', progress_done = coalesce(progress_total, progress_done),
      ${options.counts === undefined ? sql`` : sql`counts = ${JSON.stringify(options.counts)}::jsonb,`}
      message = ${options.message ?? null}, result = ${options.result ? JSON.stringify(options.result) : null}::jsonb,
      finished_at = ${options.now}, updated_at = ${options.now}
    where id = ${jobId} and status in ('queued', 'running')`.execute(db)
}

/** The work ended without success. `error` is a sentence for a person, never the text of an unexpected error. */
export const failJob = async (db: Db | Tx, jobId: string, options: { error: string; now: Date }): Promise<void> => {
  await sql`
    update jobs set status = 'failed', error = ${options.error}, finished_at = ${options.now}, updated_at = ${options.now}
    where id = ${jobId} and status in ('queued', 'running')`.execute(db)
}

/** Somebody stopped the work. What runs looks here and ends; a job that is over stays as it ended. */
export const cancelJob = async (tx: Tx, jobId: string, now: Date): Promise<void> => {
  await sql`
    update jobs set status = 'cancelled', message = 'Cancelled.', finished_at = ${now}, updated_at = ${now}
    where id = ${jobId} and status in ('queued', 'running')`.execute(tx)
}
