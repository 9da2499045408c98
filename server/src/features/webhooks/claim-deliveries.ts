import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { newId } from '../../ids.ts'

/** A delivery that this process holds until its lease ends. */
export type ClaimedDelivery = {
  id: string
  claim_id: string
  workspace_id: string
  endpoint_id: string
  event_id: string
  event_type: string
  kind: 'event' | 'test' | 'verification' | 'replay'
  attempts: number
  created_at: Date
  body: string | null
  mode: 'sandbox' | 'live'
  url: string
  is_internal: boolean
  secret: string
  previous_secret: string | null
  previous_secret_until: Date | null
  verification_code: string | null
  verification_sent_at: Date | null
  consecutive_failures: number
}

export type Claimable = { id: string; endpoint_id: string; is_failing: boolean }

/** Longer than the longest try and its record take; after it another process may take the delivery. */
export const LEASE_MS = 30_000

/**
 * What is due, the oldest of each endpoint first and no more of one than it has room for: one at a time where it is failing.
 * The endpoints are found without walking through anybody's backlog. `busy` says how many each has in hand here.
 */
export const findDue = async (
  db: Db,
  options: { now: Date; limit: number; per_endpoint: number; busy: ReadonlyMap<string, number> },
): Promise<Claimable[]> => {
  const { rows } = await sql<Claimable>`
    with recursive waiting as (
      (select endpoint_id from webhook_deliveries where status = 'waiting' order by endpoint_id limit 1)
      union all
      select (select d.endpoint_id from webhook_deliveries d where d.status = 'waiting' and d.endpoint_id > w.endpoint_id order by d.endpoint_id limit 1)
      from waiting w where w.endpoint_id is not null
    ), busy as (
      select * from unnest(${[...options.busy.keys()]}::uuid[], ${[...options.busy.values()]}::int[]) as b (endpoint_id, n)
    )
    select d.id, d.endpoint_id, e.consecutive_failures > 0 as is_failing
    from waiting w
    join webhook_endpoints e on e.id = w.endpoint_id
    left join busy b on b.endpoint_id = w.endpoint_id
    cross join lateral (
      select d.id, d.endpoint_id, row_number() over (order by d.due_at, d.id) as turn from (
        select id, endpoint_id, due_at from webhook_deliveries
        where endpoint_id = w.endpoint_id and status = 'waiting' and due_at <= ${options.now} and ((e.is_active and e.is_verified) or kind = 'verification')
        order by due_at, id
        limit greatest(0, (case when e.consecutive_failures > 0 then 1 else ${options.per_endpoint}::int end) - coalesce(b.n, 0))
      ) d
    ) d
    order by d.turn, d.endpoint_id limit ${options.limit}`.execute(db)
  return rows
}

/** Takes those that nobody else has taken meanwhile. */
export const claimDeliveries = async (db: Db, ids: string[], now: Date): Promise<ClaimedDelivery[]> => {
  if (!ids.length) return []
  const claimId = newId()
  const { rows } = await sql<ClaimedDelivery>`
    with taken as (
      select id from webhook_deliveries where id = any(${ids}::uuid[]) and status = 'waiting' and due_at <= ${now} for update skip locked
    ), claimed as (
      update webhook_deliveries d set due_at = ${new Date(now.getTime() + LEASE_MS)}, claim_id = ${claimId} from taken t where d.id = t.id
      returning d.id, d.claim_id, d.workspace_id, d.endpoint_id, d.event_id, d.event_type, d.kind, d.attempts, d.created_at, d.body
    )
    select c.id, c.claim_id, c.workspace_id, c.endpoint_id, c.event_id, c.event_type, c.kind, c.attempts, c.created_at, coalesce(c.body, p.body) as body,
      w.mode, e.url, e.is_internal, e.secret, e.previous_secret, e.previous_secret_until, e.verification_code, e.verification_sent_at, e.consecutive_failures
    from claimed c join webhook_endpoints e on e.id = c.endpoint_id join workspaces w on w.id = c.workspace_id left join published_events p on p.event_id = c.event_id`.execute(
    db,
  )
  return rows
}
