import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { syncSheetJob } from './jobs.ts'
import { claimDueSyncs } from './queries.ts'
import { runSync } from './run-sync.ts'

export const bindings: JobBinding[] = [work(syncSheetJob, runSync)]

const MOST_AT_ONCE = 100

const startDueSyncs = defineTick({
  name: 'start_due_sheet_syncs',
  every_ms: 30_000,
  run: async (deps) => {
    await transaction(deps.db, async (tx) => {
      for (const sync_id of await claimDueSyncs(tx, deps.clock.now(), MOST_AT_ONCE))
        await enqueue(
          tx,
          syncSheetJob,
          { sync_id, job_id: null, allow_mass_removal: false },
          { key: `sync_sheet:${sync_id}` },
        )
    })
    // The jobs speak for themselves, as drain() looks for jobs as well.
    return false
  },
})

const tidy = defineTick({
  name: 'tidy_google_authorizations',
  every_ms: 600_000,
  run: async (deps) => {
    await sql`delete from google_authorizations where expires_at < ${deps.clock.now()}`.execute(deps.db)
    return false
  },
})

export const ticks: Tick[] = [startDueSyncs, tidy]
