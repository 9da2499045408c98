import { sql } from 'kysely'
import { QUEUE_SCHEMA } from '../../db/migrate.ts'
import type { Deps } from '../../deps.ts'

export type ServiceState = {
  status: 'healthy' | 'degraded' | 'unhealthy'
  latency_ms: number | null
  detail: string | null
}

export type SystemState = { database: ServiceState; queue: ServiceState; mail: ServiceState }

const PATIENCE_MS = 3_000
/** A worker beats every two seconds; this many missed beats and it is taken for gone. */
const WORKER_SILENT_MS = 12_000
/** A job that nobody took up for this long, while workers are there, says that they cannot keep up or are stuck. */
const WAITING_LONG_MS = 300_000

type QueueRow = { waiting: number; oldest_ms: number | null; workers: number }

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), PATIENCE_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Runs a probe. What went wrong goes to the log; the answer is read by anybody and says only that it did. */
const probe = async (
  deps: Deps,
  name: string,
  look: () => Promise<Omit<ServiceState, 'latency_ms'>>,
): Promise<ServiceState> => {
  const began = performance.now()
  try {
    const state = await inTime(look())
    return { ...state, latency_ms: Math.round((performance.now() - began) * 10) / 10 }
  } catch (error) {
    deps.log.warn({ service: name, message: (error as Error).message }, 'a service is not well')
    return { status: 'unhealthy', latency_ms: null, detail: 'does not answer' }
  }
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`

const queueState = async (deps: Deps): Promise<Omit<ServiceState, 'latency_ms'>> => {
  const now = deps.clock.now()
  const found = await sql<QueueRow>`
    select count(*) as waiting,
      extract(epoch from clock_timestamp() - min(run_at)) * 1000 as oldest_ms,
      (select count(*) from processes where role in ('worker', 'all') and heartbeat_at > ${new Date(now.getTime() - WORKER_SILENT_MS)}) as workers
    from ${sql.ref(`${QUEUE_SCHEMA}._private_jobs`)}
    where locked_at is null and attempts < max_attempts`.execute(deps.db)
  const { waiting, oldest_ms, workers } = found.rows[0] as QueueRow
  const detail = `${plural(waiting, 'job')} waiting, ${plural(workers, 'worker')}`
  if (!workers) return { status: 'degraded', detail: `${detail}: nothing is sent until one runs` }
  if (oldest_ms !== null && oldest_ms > WAITING_LONG_MS)
    return { status: 'degraded', detail: `${detail}; the oldest waits for ${Math.round(oldest_ms / 60_000)} minutes` }
  return { status: 'healthy', detail }
}

/** How mail stands, from the settings: no message is sent to find out. */
const mailState = async (deps: Deps): Promise<ServiceState> => {
  const live = await deps.mail.transportFor({ workspace_id: '00000000-0000-0000-0000-000000000000', mode: 'live' })
  const parts = [
    'sandbox: local mail world',
    live ? `live: ${live.name}` : 'live: not configured',
    deps.system_mail ? 'letters of the product: on' : 'letters of the product: not configured',
  ]
  return { status: 'healthy', latency_ms: null, detail: parts.join('; ') }
}

export const readSystemState = async (deps: Deps): Promise<SystemState> => {
  const [database, queue, mail] = await Promise.all([
    probe(deps, 'database', async () => {
      await sql`select 1`.execute(deps.db)
      return { status: 'healthy', detail: null }
    }),
    probe(deps, 'queue', () => queueState(deps)),
    mailState(deps),
  ])
  return { database, queue, mail }
}

/** The whole is unhealthy when a critical part is; a degraded part degrades it. */
export const overall = (state: SystemState): ServiceState['status'] => {
  const statuses = Object.values(state).map(({ status }) => status)
  return statuses.includes('unhealthy') ? 'unhealthy' : statuses.includes('degraded') ? 'degraded' : 'healthy'
}
