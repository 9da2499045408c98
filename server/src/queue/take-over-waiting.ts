import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { QUEUE_SCHEMA } from '../db/migrate.ts'
import type { JobDefinition } from './define-job.ts'

/**
 * Lets a running job take over what other jobs of its kind wait to do, where their inputs are one list under `field`: in one
 * statement they leave the queue and their items stand in this one's payload, so that a crash at any moment leaves every item
 * with exactly one job. Whole jobs are taken, the longest waiting first, while the list stays within `max` items; those
 * that failed before keep to themselves. Returns all items, this job's own first.
 */
export const takeOverWaiting = async <Field extends string>(
  db: Db,
  job: JobDefinition<Record<Field, string[]>>,
  running: { job_id: string; input: Record<Field, string[]> },
  field: Field,
  max: number,
): Promise<string[]> => {
  const own = running.input[field]
  const room = max - own.length
  if (room <= 0) return own
  const jobs = sql.ref(`${QUEUE_SCHEMA}._private_jobs`)
  const { rows } = await sql<{ items: string[] }>`
    with own as (
      select id from ${jobs} where id = ${running.job_id}::bigint for update
    ), waiting as (
      select j.id, j.priority, j.run_at, j.payload -> ${field}::text as items from ${jobs} j
      where j.task_id = (select id from ${sql.ref(`${QUEUE_SCHEMA}._private_tasks`)} where identifier = ${job.name})
        and j.is_available and j.attempts = 0 and j.key is null and exists (select from own)
      order by j.priority, j.run_at, j.id limit ${room} for update skip locked
    ), fitting as (
      select id, items from (select *, sum(json_array_length(items)) over (order by priority, run_at, id) as so_far from waiting) w
      where so_far <= ${room}
    ), taken as (
      delete from ${jobs} j using fitting f where j.id = f.id returning f.items
    ), merged as (
      select jsonb_agg(item) as items from taken, jsonb_array_elements(items::jsonb) as item
    )
    update ${jobs} j set payload = jsonb_set(j.payload::jsonb, array[${field}::text], (j.payload::jsonb -> ${field}::text) || m.items)::json
    from merged m where j.id = ${running.job_id}::bigint and m.items is not null
    returning j.payload -> ${field}::text as items`.execute(db)
  return rows[0]?.items ?? own
}
