import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { createJob } from '../jobs/progress.ts'
import { suppressionHash } from '../suppression/suppress.ts'
import type { Subject } from './erase-person.ts'
import { erasePersonJob } from './jobs.ts'

/**
 * Takes a person's request to be forgotten. The answer does not tell whether anybody of that address is known. Who is meant is
 * sealed in the request's row until the work is done.
 */
export const requestErasure = (
  deps: Pick<Deps, 'db' | 'secrets' | 'clock'>,
  principal: Principal,
  subject: Subject,
  note: string | null,
  now: Date,
): Promise<string> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    const erasure_id = newId()
    const job_id = await createJob(tx, {
      workspace_id,
      user_id: principal.user_id,
      kind: erasePersonJob.name,
      subject_id: erasure_id,
      now: deps.clock.now(),
    })
    await sql`
      insert into erasures (erasure_id, workspace_id, requested_by, job_id, subject, subject_hash, status, note, created_at)
      values (${erasure_id}, ${workspace_id}, ${principal.user_id}, ${job_id}, ${deps.secrets.seal(JSON.stringify(subject), erasure_id)},
        ${subject.email ? suppressionHash(deps.secrets, subject.email) : null}, 'queued', ${note}, ${now})`.execute(tx)
    await enqueue(tx, erasePersonJob, { erasure_id, job_id })
    return erasure_id
  })
