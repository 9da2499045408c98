import type { BenchContext, Measurement } from './bench.ts'
import { createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { runProgram, startProgram } from './child-process.ts'
import { median } from './median.ts'

const JOBS = 24
const LEADS = 100
/** A worker has several jobs in hand, so that one writes while another stores. */
const JOBS_AT_ONCE = 4
/** Requests at a time, on both sides. */
const AT_ONCE = 8
/** Drafts in front of the clock: the rules of the gates are many, and compiled while they are used first. */
const WARM_UP = 1_500
const ROUNDS = 3

type Speed = { per_second: number; cpu_ms: number }

/**
 * Drafts a second of a worker whose model answers at once: facts gathered, message and second look asked for, text held
 * against the gates, draft stored with its counters and progress, fsync on. Against the bare AI SDK, which asks the same
 * server the same two things and keeps nothing, in a process of its own, turn and turn about.
 */
export const measureDrafts = async (context: BenchContext): Promise<Measurement> => {
  const sink = await startProgram('./model-sink.ts')
  const port = Number(sink.line)
  const ours: number[] = []
  const limit: number[] = []
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const database = await createBenchDatabase(context.database_url)
      try {
        const { workspace_id, user_id } = await createBenchTenant(database.client, { aliases: 1 })
        const args = {
          database_url: database.url,
          folder: context.folder,
          port,
          workspace_id,
          user_id,
          jobs: JOBS,
          jobs_at_once: JOBS_AT_ONCE,
          at_once: AT_ONCE,
          warm_up: WARM_UP,
          leads: LEADS,
        }
        const mine = await runProgram<Speed>('./drafts-ours.ts', [JSON.stringify(args)])
        const bare = { port, drafts: JOBS * LEADS, at_once: AT_ONCE, warm_up: WARM_UP }
        const least = await runProgram<Speed>('./drafts-bare.ts', [JSON.stringify(bare)])
        ours.push(mine.per_second)
        limit.push(least.per_second)
        const told = ({ per_second, cpu_ms }: Speed): string =>
          `${Math.round(per_second)} drafts/s, ${cpu_ms.toFixed(2)} ms of the processor each`
        context.note(`round ${round + 1}: ours ${told(mine)}; bare ${told(least)}`)
      } finally {
        await database.drop()
      }
    }
    return { ours: median(ours), limit: median(limit), unit: 'drafts/s' }
  } finally {
    await sink.stop()
  }
}
