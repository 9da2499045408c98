import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'
import type { EndpointRow } from './endpoint-row.ts'
import { endpointColumns } from './endpoint-row.ts'

export const listEndpoints = async (db: Db, workspaceId: string, onlyMail: boolean): Promise<EndpointRow[]> => {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from webhook_endpoints where workspace_id = ${workspaceId}
      ${onlyMail ? sql`and not is_internal and not exists (select 1 from unnest(event_types) t where t !~ '^(email|domain|webhook)\\.')` : sql``}
    order by id`.execute(db)
  return rows
}

export type DeliveryRow = {
  id: string
  endpoint_id: string
  event_id: string
  kind: string
  status: string
  created_at: Date
}

const deliveryColumns = sql`d.id, d.endpoint_id, d.event_id, d.event_type, d.kind, d.replay_of, d.status, d.attempts,
  case d.status when 'waiting' then d.due_at end as next_attempt_at, d.last_attempt_at, d.response_status, d.duration_ms, d.error, d.finished_at, d.created_at`

export type DeliveryFilter = { endpoint_id: string; status?: string; event_type?: string; event_id?: string }

const whereOf = (filter: DeliveryFilter) => sql`d.endpoint_id = ${filter.endpoint_id}
  ${filter.status === 'dead' ? sql`and d.status = 'dead'` : filter.status ? sql`and d.status = ${filter.status}` : sql``}
  ${filter.event_type ? sql`and d.event_type = ${filter.event_type}` : sql``} ${filter.event_id ? sql`and d.event_id = ${filter.event_id}` : sql``}`

/** Newest first; one row more than asked for. */
export const listDeliveries = async (
  db: Db,
  filter: DeliveryFilter,
  page: { limit: number; offset: number; after: CursorKey | null },
): Promise<DeliveryRow[]> => {
  const { rows } = await sql<DeliveryRow>`
    select ${deliveryColumns} from webhook_deliveries d where ${whereOf(filter)} ${page.after ? sql`and d.id < ${page.after[0]}::uuid` : sql``}
    order by d.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

/** At most 10,000: beyond that a number says nothing that a person needs. */
export const countDeliveries = async (db: Db, filter: DeliveryFilter): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from webhook_deliveries d where ${whereOf(filter)} limit 10000) found`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

export const findDelivery = async (db: Db, endpointId: string, id: string) => {
  const { rows } = await sql<DeliveryRow & { body: string | null }>`
    select ${deliveryColumns}, coalesce(d.body, p.body) as body from webhook_deliveries d left join published_events p on p.event_id = d.event_id
    where d.endpoint_id = ${endpointId} and d.id = ${id}`.execute(db)
  const row = rows[0]
  if (!row) return undefined
  const tries = await sql<Record<string, unknown>>`
    select attempt, attempted_at, duration_ms, response_status, response_body, error from webhook_attempts where delivery_id = ${id} order by attempt`.execute(
    db,
  )
  return { ...row, tries: tries.rows }
}

type DayRow = {
  day: string
  attempts: number
  delivered: number
  failed_attempts: number
  dead: number
  duration_ms: number
}

/** What an endpoint's deliveries of the last `days` days came to. */
export const countEndpoint = async (db: Db, endpointId: string, since: string) => {
  const { rows } = await sql<DayRow>`
    select day, attempts, delivered, failed_attempts, dead, duration_ms from webhook_day_counts
    where endpoint_id = ${endpointId} and day >= ${since} order by day`.execute(db)
  const waiting = await sql<{ n: number; oldest: Date | null }>`
    select count(*)::int as n, min(created_at) as oldest from (
      select created_at from webhook_deliveries where endpoint_id = ${endpointId} and status = 'waiting' order by due_at, id limit 10000) w`.execute(
    db,
  )
  const shown = ({ duration_ms, ...row }: Omit<DayRow, 'day'>) => ({
    ...row,
    average_ms: row.attempts ? Math.round(duration_ms / row.attempts) : null,
  })
  const sum = (key: keyof Omit<DayRow, 'day'>): number => rows.reduce((total, row) => total + row[key], 0)
  return {
    ...shown({
      attempts: sum('attempts'),
      delivered: sum('delivered'),
      failed_attempts: sum('failed_attempts'),
      dead: sum('dead'),
      duration_ms: sum('duration_ms'),
    }),
    waiting: waiting.rows[0]?.n ?? 0,
    oldest_waiting_at: waiting.rows[0]?.oldest ?? null,
    days: rows.map(({ day, ...row }) => ({ day, ...shown(row) })),
  }
}
