import { EventEmitter } from 'node:events'
import { Logger as QueueLogger, run, runOnce, type TaskList, type WorkerEvents } from 'graphile-worker'
import { sql } from 'kysely'
import { isTransientDatabaseError } from '../db/connect.ts'
import { QUEUE_SCHEMA } from '../db/migrate.ts'
import type { Deps } from '../deps.ts'
import type { JobBinding, Tick } from './define-job.ts'
import type { ProcessRegistry } from './process-registry.ts'

export type Runner = { drain: () => Promise<void>; start: () => Promise<void>; stop: () => Promise<void> }

const queueLogger = (deps: Deps): QueueLogger =>
  new QueueLogger((scope) => (level, message) => {
    if (level === 'error' || level === 'warning') deps.log.warn({ queue: scope, message }, 'queue')
  })

const taskList = (deps: Deps, bindings: JobBinding[]): TaskList =>
  Object.fromEntries(
    bindings.map(({ job, handle }) => [
      job.name,
      async (payload: unknown, helpers) => {
        const log = deps.log.child({ job: job.name, job_id: helpers.job.id, attempt: helpers.job.attempts })
        const input = job.input.parse(payload)
        const signal = AbortSignal.any([AbortSignal.timeout(job.timeout_ms), helpers.abortSignal])
        const started = performance.now()
        try {
          await handle(input as never, deps, {
            job_id: String(helpers.job.id),
            attempt: helpers.job.attempts,
            signal,
            log,
          })
          deps.metrics.jobs.inc({ job: job.name, outcome: 'done' })
        } catch (error) {
          deps.metrics.jobs.inc({ job: job.name, outcome: 'failed' })
          log.error({ err: error }, 'job failed')
          throw error
        } finally {
          deps.metrics.job_seconds.observe({ job: job.name }, (performance.now() - started) / 1000)
        }
      },
    ]),
  )

/** Every job has one name and one handler, and every name that waits in the table is known. Throws a sentence otherwise. */
export const checkBindings = async (deps: Deps, bindings: JobBinding[]): Promise<void> => {
  const names = bindings.map(({ job }) => job.name)
  const twice = names.filter((name, i) => names.indexOf(name) !== i)
  if (twice.length) throw new Error(`Jobs bound more than once: ${twice.join(', ')}.`)
  const waiting = await sql<{ identifier: string }>`
    select distinct t.identifier from ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)} j
    join ${sql.ref(`${QUEUE_SCHEMA}._private_tasks`)} t on t.id = j.task_id`.execute(deps.db)
  const unknown = waiting.rows.map((row) => row.identifier).filter((name) => !names.includes(name))
  if (unknown.length)
    throw new Error(
      `Jobs wait in the queue that nothing handles: ${unknown.join(', ')}. Run the program that made them.`,
    )
}

/**
 * Runs jobs and ticks. `drain` runs all that is due until nothing is left, which is how tests and the sandbox's clock get
 * by without sleeping.
 */
export const createRunner = (deps: Deps, bindings: JobBinding[], ticks: Tick[], registry: ProcessRegistry): Runner => {
  const tasks = taskList(deps, bindings)
  const logger = queueLogger(deps)
  const shared = { pgPool: deps.pool, schema: QUEUE_SCHEMA, logger, noHandleSignals: true } as const
  const { workerIds } = registry
  let stopping = false
  let stopRunner: (() => Promise<void>) | null = null
  const timers = new Set<NodeJS.Timeout>()
  const running = new Set<Promise<unknown>>()

  /** Repeats `work` with a pause of `every` after each run; a fault is logged and never ends the repetition. */
  const repeat = (name: string, every: number, action: () => Promise<unknown>): void => {
    const once = (): void => {
      if (stopping) return
      const run = action()
        .catch((error) => {
          if (isTransientDatabaseError(error))
            deps.log.warn({ tick: name, message: (error as Error).message }, 'database not reachable')
          else deps.log.error({ err: error, tick: name }, 'tick failed')
        })
        .finally(() => {
          running.delete(run)
          if (stopping) return
          const timer = setTimeout(() => {
            timers.delete(timer)
            once()
          }, every)
          timers.add(timer)
        })
      running.add(run)
    }
    once()
  }

  /** graphile-worker ends its runner when PostgreSQL goes away; we start a new one until we are told to stop. */
  const keepRunning = async (): Promise<void> => {
    for (let pause = 200; !stopping; pause = Math.min(pause * 2, 5_000)) {
      try {
        const events: WorkerEvents = new EventEmitter()
        // Jobs are locked in the name of the pool, not of the worker that runs them.
        events.on('pool:create', ({ workerPool }) => {
          workerIds.add(workerPool.id)
          registry.announce()
        })
        events.on('pool:release', ({ workerPool }) => workerIds.delete(workerPool.id))
        const concurrency = deps.config.cpu_count + 2
        const runner = await run({ ...shared, concurrency, pollInterval: 1_000, taskList: tasks, events })
        stopRunner = () => runner.stop().catch(() => {})
        pause = 200
        await runner.promise
      } catch (error) {
        if (!stopping) deps.log.warn({ message: (error as Error).message }, 'queue runner ended; starting again')
      }
      stopRunner = null
      if (!stopping) await new Promise((done) => setTimeout(done, pause))
    }
  }

  return {
    drain: async () => {
      for (;;) {
        await runOnce({ ...shared, taskList: tasks })
        let found = false
        for (const tick of ticks) if (await tick.run(deps)) found = true
        const due = await sql<{ n: number }>`
          select count(*)::int as n from ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)}
          where locked_at is null and attempts < max_attempts and run_at <= now()`.execute(deps.db)
        if (!found && !due.rows[0]?.n) return
      }
    },
    start: async () => {
      await checkBindings(deps, bindings)
      for (const tick of ticks) repeat(tick.name, tick.every_ms, () => tick.run(deps))
      const loop = keepRunning()
      running.add(loop)
    },
    stop: async () => {
      stopping = true
      for (const timer of timers) clearTimeout(timer)
      await stopRunner?.()
      await Promise.allSettled(running)
    },
  }
}
