import type { z } from 'zod'
import type { Deps } from '../deps.ts'
import type { Logger } from '../log.ts'

/**
 * A job's name, input and limits, without its handler, so that any feature may enqueue it without importing what it does.
 * `attempts` counts infrastructure faults only; waiting for a time is a `due_at` column that a tick compares with the right
 * clock (DOMAIN.md §2), never a queue delay. Payloads are ids.
 */
export type JobDefinition<Input = unknown> = {
  name: string
  input: z.ZodType<Input>
  attempts: number
  timeout_ms: number
  /** Lower runs first; 0 when absent. */
  priority?: number
}

export const defineJob = <Input>(definition: JobDefinition<Input>): JobDefinition<Input> => definition

export type JobRun = { job_id: string; attempt: number; signal: AbortSignal; log: Logger }

export type JobBinding = {
  job: JobDefinition
  handle: (input: never, deps: Deps, run: JobRun) => Promise<void>
}

/** Binds a handler to a job. Handlers are written to be run again from the start after a crash. */
export const work = <Input>(
  job: JobDefinition<Input>,
  handle: (input: Input, deps: Deps, run: JobRun) => Promise<void>,
): JobBinding => ({ job: job as JobDefinition, handle: handle as JobBinding['handle'] })

/** What the worker repeats: due work found by looking at tables. `every_ms` is system time. */
export type Tick = {
  name: string
  every_ms: number
  /** Returns true when it found something to do, so that drain() knows to look again. */
  run: (deps: Deps) => Promise<boolean>
}

export const defineTick = (tick: Tick): Tick => tick
