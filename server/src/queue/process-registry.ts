import { hostname } from 'node:os'
import { makeWorkerUtils, Logger as QueueLogger } from 'graphile-worker'
import { sql } from 'kysely'
import { QUEUE_SCHEMA } from '../db/migrate.ts'
import type { Deps } from '../deps.ts'

const HEARTBEAT_MS = 2_000
/** A process that has not been heard of for this long is taken for dead; its jobs go back to the queue. */
const DEAD_AFTER_MS = 12_000
/** A job held this long by somebody whom no process knows was taken by one that died before it could say who works for it. */
const NOBODYS_AFTER_MS = 60_000

export type ProcessRegistry = {
  workerIds: Set<string>
  /** Says at once who works for this process; otherwise the next heartbeat does. */
  announce: () => void
  start: () => Promise<void>
  stop: () => Promise<void>
}

/**
 * Announces this process with a heartbeat, by the system's clock, and puts the jobs of processes that died back into the
 * queue, so that nobody waits for the queue's own time-out of hours.
 */
export const createProcessRegistry = (deps: Deps, role: string): ProcessRegistry => {
  const workerIds = new Set<string>()
  const quiet = new QueueLogger(() => () => {})
  let timer: NodeJS.Timeout | null = null
  let beating: Promise<void> = Promise.resolve()
  let isBeating = false
  /** Workers came while a heartbeat was under way, which may not have known them. */
  let isStale = false
  let searched = 0

  const heartbeat = async (): Promise<void> => {
    const now = deps.clock.now()
    const ids = [...workerIds]
    await sql`
      insert into processes (id, role, hostname, pid, data_dir, queue_worker_ids, started_at, heartbeat_at)
      values (${deps.process_id}, ${role}, ${hostname()}, ${process.pid}, ${deps.config.data_dir}, ${ids}, ${now}, ${now})
      on conflict (id) do update set heartbeat_at = ${now}, queue_worker_ids = ${ids}`.execute(deps.db)
    const dead = await sql<{ queue_worker_ids: string[] }>`
      delete from processes where heartbeat_at < ${new Date(now.getTime() - DEAD_AFTER_MS)} returning queue_worker_ids`.execute(
      deps.db,
    )
    const orphaned = dead.rows.flatMap((row) => row.queue_worker_ids)
    if (now.getTime() - searched >= NOBODYS_AFTER_MS) {
      searched = now.getTime()
      orphaned.push(...(await nobodys(now)))
    }
    if (!orphaned.length) return
    const utils = await makeWorkerUtils({ pgPool: deps.pool, schema: QUEUE_SCHEMA, logger: quiet })
    try {
      await utils.forceUnlockWorkers(orphaned)
    } finally {
      await utils.release()
    }
    deps.log.warn({ workers: orphaned.length }, 'jobs of a dead process went back to the queue')
  }

  /** Rare, because it reads the whole queue. */
  const nobodys = async (now: Date): Promise<string[]> => {
    const found = await sql<{ locked_by: string }>`
      select distinct locked_by from ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)}
      where locked_at < ${new Date(now.getTime() - NOBODYS_AFTER_MS)}
        and locked_by not in (select unnest(queue_worker_ids) from processes)`.execute(deps.db)
    return found.rows.map((row) => row.locked_by)
  }

  const again = (after_ms = HEARTBEAT_MS): void => {
    timer = setTimeout(() => {
      isBeating = true
      beating = heartbeat()
        .catch((error) => deps.log.warn({ message: (error as Error).message }, 'heartbeat failed'))
        .finally(() => {
          isBeating = false
          if (timer) again(isStale ? 0 : HEARTBEAT_MS)
          isStale = false
        })
    }, after_ms)
  }

  return {
    workerIds,
    announce: () => {
      if (!timer) return
      isStale = isBeating
      if (isBeating) return
      clearTimeout(timer)
      again(0)
    },
    start: async () => {
      await heartbeat()
      again()
    },
    stop: async () => {
      if (timer) clearTimeout(timer)
      timer = null
      await beating
      await sql`delete from processes where id = ${deps.process_id}`.execute(deps.db).catch(() => {})
    },
  }
}
