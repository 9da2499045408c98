import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { HealthBand } from '../../sending-health.ts'

const WEEK_MS = 7 * 86_400_000

export type MailFigures = {
  domain_id: string
  domain: string
  accepted: number
  hard_bounces: number
  complaints: number
}

/** Figures of the last 7 days up to `now`, by domain; whole hours, so the oldest one counts in full. */
export const listRecentMail = async (db: Db | Tx, workspaceId: string, now: Date): Promise<MailFigures[]> => {
  const found = await sql<MailFigures>`
    select d.id as domain_id, d.domain, coalesce(sum(c.accepted), 0)::int as accepted, coalesce(sum(c.hard_bounced), 0)::int as hard_bounces,
      coalesce(sum(c.complained), 0)::int as complaints
    from sending_domains d
    left join mail_hour_counts c on c.workspace_id = d.workspace_id and c.domain_id = d.id and c.hour > ${new Date(now.getTime() - WEEK_MS - 3_600_000)}
    where d.workspace_id = ${workspaceId}
    group by d.id, d.domain order by d.domain`.execute(db)
  return found.rows
}

export type HealthRow = {
  scope: 'workspace' | 'domain'
  scope_id: string
  band: HealthBand
  reasons: string[]
  since: Date
  checked_at: Date
  lifted_until: Date | null
}

export const listHealth = async (db: Db | Tx, workspaceId: string): Promise<HealthRow[]> => {
  const found = await sql<HealthRow>`
    select scope, scope_id, band, reasons, since, checked_at, lifted_until from sending_health where workspace_id = ${workspaceId}`.execute(
    db,
  )
  return found.rows
}

export const storeHealth = async (
  tx: Tx,
  row: {
    workspace_id: string
    scope: HealthRow['scope']
    scope_id: string
    band: HealthBand
    reasons: string[]
    now: Date
  },
): Promise<void> => {
  await sql`
    insert into sending_health as h (workspace_id, scope, scope_id, band, reasons, since, checked_at)
    values (${row.workspace_id}, ${row.scope}, ${row.scope_id}, ${row.band}, ${row.reasons}, ${row.now}, ${row.now})
    on conflict (workspace_id, scope, scope_id) do update set reasons = excluded.reasons, checked_at = excluded.checked_at,
      since = case when h.band = excluded.band then h.since else excluded.since end, band = excluded.band`.execute(tx)
}

/** Lifts a block until `until`; false where there is none. */
export const liftBlock = async (
  tx: Tx,
  target: { workspace_id: string; scope: HealthRow['scope']; scope_id: string; until: Date },
): Promise<boolean> => {
  const done = await sql`
    update sending_health set lifted_until = ${target.until}
    where workspace_id = ${target.workspace_id} and scope = ${target.scope} and scope_id = ${target.scope_id} and band = 'blocked' returning scope_id`.execute(
    tx,
  )
  return done.rows.length > 0
}

export type DueWorkspace = { workspace_id: string; clock_offset_ms: number; clock_frozen_at: Date | null }

/** Workspaces with something new to judge, and those whose last bad judgement is an hour old, since figures age. */
export const listDue = async (db: Db): Promise<DueWorkspace[]> => {
  const found = await sql<DueWorkspace>`
    select w.id as workspace_id, w.clock_offset_ms, w.clock_frozen_at from workspaces w
    where exists (select 1 from sending_health_due d where d.workspace_id = w.id)
      or exists (select 1 from sending_health h where h.workspace_id = w.id and h.band in ('warning', 'critical', 'blocked'))`.execute(
    db,
  )
  return found.rows
}
