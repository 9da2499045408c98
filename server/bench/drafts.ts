import type { BenchContext, Measurement } from './bench.ts'
import { createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { startProgram } from './child-process.ts'
import { giveTurn, type Turn } from './turns.ts'

const LEADS = 100
/** A worker has several jobs in hand, so that one writes while another stores. */
const JOBS_AT_ONCE = 4
/** Requests at a time, on both sides. */
const AT_ONCE = 8
/** Drafts in front of the clock: the rules of the gates are many, and compiled while they are used first. */
const WARM_UP = 2_000
const TURNS = 8
const DRAFTS = 1_600

/**
 * Drafts a second of a worker whose model answers at once: facts gathered, message and second look asked for, text held
 * against the gates, draft stored with its counters and progress, fsync on. Against the bare AI SDK, which asks the same
 * server the same two things and keeps nothing, in a process of its own, turn and turn about.
 */
export const measureDrafts = async (context: BenchContext): Promise<Measurement> => {
  const sink = await startProgram('./model-sink.ts')
  const port = Number(sink.line)
  const database = await createBenchDatabase(context.database_url)
  const { workspace_id, user_id } = await createBenchTenant(database.client, { aliases: 1 })
  const worker = {
    database_url: database.url,
    folder: context.folder,
    port,
    workspace_id,
    user_id,
    jobs_at_once: JOBS_AT_ONCE,
    at_once: AT_ONCE,
    leads: LEADS,
  }
  const ours = await startProgram('./drafts-ours.ts', [JSON.stringify(worker)])
  const bare = await startProgram('./drafts-bare.ts', [JSON.stringify({ port, at_once: AT_ONCE })])
  try {
    for (const { child } of [ours, bare]) await giveTurn(child, WARM_UP)
    const turns: { ours: Turn; bare: Turn }[] = []
    for (let turn = 0; turn < TURNS; turn++)
      turns.push({ ours: await giveTurn(ours.child, DRAFTS), bare: await giveTurn(bare.child, DRAFTS) })
    const ratios = turns.map((turn) => turn.bare.seconds / turn.ours.seconds).sort((one, other) => one - other)
    context.note(`turn by turn ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`)
    const speedOf = (side: 'ours' | 'bare'): number => {
      const seconds = turns.reduce((sum, turn) => sum + turn[side].seconds, 0)
      const cpu = turns.reduce((sum, turn) => sum + turn[side].cpu_seconds, 0) / (TURNS * DRAFTS)
      const per_second = (TURNS * DRAFTS) / seconds
      context.note(`${side}: ${Math.round(per_second)} drafts/s, ${(cpu * 1000).toFixed(2)} ms of the processor each`)
      return per_second
    }
    return { ours: speedOf('ours'), limit: speedOf('bare'), unit: 'drafts/s' }
  } finally {
    for (const program of [ours, bare, sink]) await program.stop()
    await database.drop()
  }
}
