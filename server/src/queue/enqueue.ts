import { sql } from 'kysely'
import { QUEUE_SCHEMA } from '../db/migrate.ts'
import type { Tx } from '../db/transaction.ts'
import type { JobDefinition } from './define-job.ts'

/**
 * Adds a job in the caller's transaction: the row that needs the work and the work itself appear together or not at all.
 * `key` keeps one waiting job of that key; a running one does not count, so new work is never lost to a finishing job.
 */
export const enqueue = async <Input>(
  tx: Tx,
  job: JobDefinition<Input>,
  input: Input,
  options: { key?: string /** Instead of the definition's; lower runs first. */; priority?: number } = {},
): Promise<void> => {
  await sql`select ${sql.ref(QUEUE_SCHEMA)}.add_job(
    ${job.name}::text, payload := ${JSON.stringify(input)}::json, max_attempts := ${job.attempts}::int,
    job_key := ${options.key ?? null}::text, priority := ${options.priority ?? job.priority ?? 0}::int)`.execute(tx)
}
