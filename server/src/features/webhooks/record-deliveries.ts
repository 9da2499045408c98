import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import type { ClaimedDelivery } from './claim-deliveries.ts'
import { isGivenUp, judgeStatus, nextTryAt } from './delivery-schedule.ts'
import { updateListening } from './listening.ts'

/** How one try ended. */
export type TryOutcome = {
  delivery: ClaimedDelivery
  at: Date
  duration_ms: number
  response_status: number | null
  response_body: string | null
  error: string | null
  retry_after_ms: number | null
  random: number
}

type EndpointState = {
  id: string
  workspace_id: string
  url: string
  is_active: boolean
  consecutive_failures: number
  failing_since: Date | null
  last_success_at: Date | null
}

type Settled = TryOutcome & { status: 'delivered' | 'dead' | 'waiting'; due_at: Date; is_gone: boolean }

const settle = (outcome: TryOutcome): Settled => {
  const { delivery } = outcome
  const verdict = outcome.response_status === null ? 'failed' : judgeStatus(outcome.response_status)
  const at = new Date(outcome.at.getTime() + outcome.duration_ms)
  const base = { ...outcome, is_gone: verdict === 'gone', due_at: at }
  if (verdict === 'delivered') return { ...base, status: 'delivered' }
  const next =
    verdict === 'gone'
      ? null
      : nextTryAt(
          {
            attempts: delivery.attempts + 1,
            kind: delivery.kind,
            retry_after_ms: outcome.retry_after_ms,
            random: outcome.random,
          },
          at,
        )
  return next ? { ...base, status: 'waiting', due_at: next } : { ...base, status: 'dead' }
}

/**
 * Writes down tries that ended, many in one commit. Only who still holds the claim may record: a try that outlived its lease
 * was made again by somebody else, and theirs counts.
 */
export const recordTries = (deps: Pick<Deps, 'db' | 'log'>, outcomes: TryOutcome[]): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const settled = outcomes.map(settle)
    // Endpoints first and in one order, as everybody else takes them.
    const ids = [...new Set(settled.map(({ delivery }) => delivery.endpoint_id))].sort()
    const before = await sql<EndpointState>`
      select id, workspace_id, url, is_active, consecutive_failures, failing_since, last_success_at from webhook_endpoints
      where id = any(${ids}::uuid[]) order by id for no key update`.execute(tx)
    const rows = settled.map((one) => ({
      id: one.delivery.id,
      endpoint_id: one.delivery.endpoint_id,
      day: one.at.toISOString().slice(0, 10),
      claim_id: one.delivery.claim_id,
      status: one.status,
      due_at: one.due_at,
      attempted_at: one.at,
      finished_at: one.status === 'waiting' ? null : new Date(one.at.getTime() + one.duration_ms),
      duration_ms: one.duration_ms,
      response_status: one.response_status,
      response_body: one.response_body,
      error: one.error,
    }))
    const recorded = await sql<{ id: string }>`
      with given as (
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as g (id uuid, endpoint_id uuid, day date, claim_id uuid, status text, due_at timestamptz, attempted_at timestamptz,
          finished_at timestamptz, duration_ms int, response_status smallint, response_body text, error text)
      ), written as (
        update webhook_deliveries d set status = g.status, due_at = g.due_at, claim_id = null, attempts = d.attempts + 1, last_attempt_at = g.attempted_at,
          finished_at = g.finished_at, duration_ms = g.duration_ms, response_status = g.response_status, error = g.error
        from given g where d.id = g.id and d.claim_id = g.claim_id and d.status = 'waiting'
        returning d.id, d.attempts
      ), logged as (
        insert into webhook_attempts (delivery_id, attempt, attempted_at, duration_ms, response_status, response_body, error)
        select w.id, w.attempts, g.attempted_at, g.duration_ms, g.response_status, g.response_body, g.error from written w join given g using (id)
      ), counted as (
        insert into webhook_day_counts as c (endpoint_id, day, attempts, delivered, failed_attempts, dead, duration_ms)
        select g.endpoint_id, g.day, count(*), count(*) filter (where g.status = 'delivered'), count(*) filter (where g.status <> 'delivered'),
          count(*) filter (where g.status = 'dead'), sum(g.duration_ms)
        from written w join given g using (id) group by g.endpoint_id, g.day order by g.endpoint_id, g.day
        on conflict (endpoint_id, day) do update set attempts = c.attempts + excluded.attempts, delivered = c.delivered + excluded.delivered,
          failed_attempts = c.failed_attempts + excluded.failed_attempts, dead = c.dead + excluded.dead, duration_ms = c.duration_ms + excluded.duration_ms
      )
      select id from written`.execute(tx)
    const known = new Set(recorded.rows.map(({ id }) => id))
    const ours = settled.filter(({ delivery }) => known.has(delivery.id))
    const states = before.rows.flatMap((endpoint) => {
      const tries = ours.filter(
        ({ delivery }) => delivery.endpoint_id === endpoint.id && delivery.kind !== 'verification',
      )
      return tries.length ? [judgeEndpoint(endpoint, tries)] : []
    })
    await writeStates(tx, states)
    for (const { endpoint, reason, last } of states) {
      if (!reason || !endpoint.is_active) continue
      await disableEndpoint(tx, endpoint, reason, last)
      deps.log.warn({ endpoint_id: endpoint.id, reason }, 'a webhook endpoint was disabled')
    }
  })

type NewState = Pick<EndpointState, 'consecutive_failures' | 'failing_since'> & {
  endpoint: EndpointState
  /** When the last of the tries ended. */
  last: Date
  has_yes: boolean
  has_no: boolean
  /** Why it is given up, or null. */
  reason: string | null
}

/** What the tries of a batch say of their endpoint, in the order in which they ended. */
const judgeEndpoint = (endpoint: EndpointState, tries: Settled[]): NewState => {
  const endOf = (one: Settled): number => one.at.getTime() + one.duration_ms
  const ordered = [...tries].sort((a, b) => endOf(a) - endOf(b))
  let { consecutive_failures, failing_since } = endpoint
  for (const one of ordered) {
    const isYes = one.status === 'delivered'
    consecutive_failures = isYes ? 0 : consecutive_failures + 1
    failing_since = isYes ? null : (failing_since ?? new Date(endOf(one)))
  }
  const last = new Date(endOf(ordered.at(-1) as Settled))
  const gone = ordered.some(({ is_gone }) => is_gone)
  return {
    endpoint,
    consecutive_failures,
    failing_since,
    last,
    has_yes: ordered.some(({ status }) => status === 'delivered'),
    has_no: ordered.some(({ status }) => status !== 'delivered'),
    reason: gone
      ? 'It answered 410: nobody listens there any more.'
      : isGivenUp({ consecutive_failures, failing_since }, last)
        ? `Nothing has arrived since ${failing_since?.toISOString()}, in ${consecutive_failures} tries.`
        : null,
  }
}

/** A healthy endpoint's row is written once a minute, however many deliveries it takes. */
const SUCCESS_NOTED_MS = 60_000

const writeStates = async (tx: Tx, states: NewState[]): Promise<void> => {
  const rows = states
    .filter(
      ({ endpoint, has_no, last }) =>
        has_no ||
        endpoint.consecutive_failures > 0 ||
        !endpoint.last_success_at ||
        last.getTime() - endpoint.last_success_at.getTime() > SUCCESS_NOTED_MS,
    )
    .map(({ endpoint, consecutive_failures, failing_since, last, has_yes, has_no }) => ({
      id: endpoint.id,
      consecutive_failures,
      failing_since,
      last_success_at: has_yes ? last : null,
      last_failure_at: has_no ? last : null,
    }))
  if (!rows.length) return
  await sql`
    update webhook_endpoints e set consecutive_failures = g.consecutive_failures, failing_since = g.failing_since,
      last_success_at = coalesce(g.last_success_at, e.last_success_at), last_failure_at = coalesce(g.last_failure_at, e.last_failure_at)
    from json_to_recordset(${JSON.stringify(rows)}::json)
      as g (id uuid, consecutive_failures int, failing_since timestamptz, last_success_at timestamptz, last_failure_at timestamptz)
    where e.id = g.id`.execute(tx)
}

const disableEndpoint = async (tx: Tx, endpoint: EndpointState, reason: string, now: Date): Promise<void> => {
  await sql`
    update webhook_endpoints set is_active = false, disabled_at = ${now}, disabled_reason = ${reason}, updated_at = ${now} where id = ${endpoint.id}`.execute(
    tx,
  )
  // What still waits can be replayed once somebody has mended it.
  await sql`
    with ended as (
      update webhook_deliveries set status = 'dead', finished_at = ${now}, claim_id = null, error = coalesce(error, 'The endpoint was disabled.')
      where endpoint_id = ${endpoint.id} and status = 'waiting' and kind <> 'verification' returning 1
    )
    update webhook_day_counts set dead = dead + (select count(*) from ended) where endpoint_id = ${endpoint.id} and day = ${now.toISOString().slice(0, 10)}`.execute(
    tx,
  )
  await updateListening(tx, endpoint.workspace_id, now)
  const { rows } = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
    select clock_offset_ms, clock_frozen_at from workspaces where id = ${endpoint.workspace_id}`.execute(tx)
  if (rows[0])
    await raiseAlert(tx, {
      workspace_id: endpoint.workspace_id,
      alert_type: 'system',
      severity: 'warning',
      title: `A webhook was disabled: ${endpoint.url}`.slice(0, 300),
      message: `${reason} What was not delivered is in its dead letters and can be sent again.`,
      metadata: { cause: 'webhook_disabled', endpoint_id: endpoint.id },
      now: workspaceNow(rows[0], now),
    })
}
