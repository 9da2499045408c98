import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { type DerivedEvent, deriveEvents, type OutboxRow } from './derive-events.ts'
import { wantsEvent } from './event-pattern.ts'
import { EVENT_TYPES, envelopeText } from './event-types.ts'

export type PublishDeps = Pick<Deps, 'db' | 'clock' | 'check_responses'>

/** Says in which workspace there is something new; a payload is the workspace's id and nothing else. */
export const EVENTS_CHANNEL = 'bavlio_events'

const BATCH = 500

/** The workspaces with captured events, without reading more than one row of each. */
const findWaiting = async (db: Deps['db']): Promise<string[]> => {
  const { rows } = await sql<{ workspace_id: string }>`
    with recursive found as (
      (select workspace_id from event_outbox order by workspace_id limit 1)
      union all
      select (select o.workspace_id from event_outbox o where o.workspace_id > f.workspace_id order by o.workspace_id limit 1)
      from found f where f.workspace_id is not null
    )
    select workspace_id from found where workspace_id is not null`.execute(db)
  return rows.map((row) => row.workspace_id)
}

/** Held against their schemas where answers are: an event that says something else than it promises must not pass a test. */
const checkEvents = (events: DerivedEvent[]): void => {
  for (const { event_type, data } of events) {
    const result = EVENT_TYPES[event_type].data.strict().safeParse(JSON.parse(JSON.stringify(data)))
    if (!result.success)
      throw new Error(`${event_type} holds what its schema does not describe: ${JSON.stringify(result.error.issues)}`)
  }
}

const store = async (tx: Tx, workspaceId: string, events: DerivedEvent[], from: number, now: Date): Promise<void> => {
  const rows = events.map((event, at) => ({
    event_id: event.event_id,
    event_type: event.event_type,
    occurred_at: event.occurred_at,
    position: from + 1 + at,
    body: envelopeText(event),
  }))
  await sql`
    insert into published_events (event_id, workspace_id, position, event_type, occurred_at, published_at, body)
    select r.event_id, ${workspaceId}, r.position, r.event_type, r.occurred_at, ${now}, r.body
    from json_to_recordset(${JSON.stringify(rows)}::json) as r (event_id uuid, event_type text, occurred_at timestamptz, position bigint, body text)`.execute(
    tx,
  )
  await sql`update event_listeners set last_position = ${from + events.length} where workspace_id = ${workspaceId}`.execute(
    tx,
  )
  const endpoints = await sql<{ id: string; event_types: string[] }>`
    select id, event_types from webhook_endpoints where workspace_id = ${workspaceId} and is_active and is_verified for key share`.execute(
    tx,
  )
  const deliveries = endpoints.rows.flatMap((endpoint) =>
    events
      .filter(({ event_type }) => wantsEvent(endpoint.event_types, event_type))
      .map(({ event_id, event_type }) => ({ id: newId(), endpoint_id: endpoint.id, event_id, event_type })),
  )
  if (deliveries.length)
    await sql`
      insert into webhook_deliveries (id, workspace_id, endpoint_id, event_id, event_type, kind, due_at, created_at)
      select d.id, ${workspaceId}, d.endpoint_id, d.event_id, d.event_type, 'event', ${now}, ${now}
      from json_to_recordset(${JSON.stringify(deliveries)}::json) as d (id uuid, endpoint_id uuid, event_id uuid, event_type text)`.execute(
      tx,
    )
  await sql`select pg_notify(${EVENTS_CHANNEL}, ${workspaceId})`.execute(tx)
}

/** One batch of one workspace: captured rows go, and events and deliveries appear, in one commit. Returns how many rows. */
const publishBatch = (deps: PublishDeps, workspaceId: string): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const listener = await sql<{ last_position: number }>`
      select last_position from event_listeners where workspace_id = ${workspaceId} for update skip locked`.execute(tx)
    const from = listener.rows[0]?.last_position
    if (from === undefined) return 0
    const taken = await sql<OutboxRow>`
      delete from event_outbox where workspace_id = ${workspaceId} and id in (
        select id from event_outbox where workspace_id = ${workspaceId} order by id limit ${BATCH})
      returning id, workspace_id, source, event_type, subject_id, occurred_at, occurred_at::text as occurred_at_text, details`.execute(
      tx,
    )
    const rows = taken.rows.sort((a, b) => a.id - b.id)
    const events = await deriveEvents(tx, rows)
    if (deps.check_responses) checkEvents(events)
    if (events.length) await store(tx, workspaceId, events, from, deps.clock.now())
    return rows.length
  })

/**
 * Publishes what was captured, workspace by workspace; several processes share the work, each workspace being one's at a time.
 * Nothing is lost: a row goes only with the commit that publishes it. Nothing is told twice for the same reason. The order of
 * capture is that of insertion, and changes that commit late come late. Returns whether it found anything.
 */
export const publishWaiting = async (deps: PublishDeps): Promise<boolean> => {
  let found = false
  let failure: unknown
  for (const workspaceId of await findWaiting(deps.db))
    try {
      // A crowded workspace lets the others through before it goes on in the next round.
      for (let rounds = 0; rounds < 4; rounds++) {
        const rows = await publishBatch(deps, workspaceId)
        if (rows) found = true
        if (rows < BATCH) break
      }
    } catch (error) {
      // What goes wrong in one workspace is no reason for the others to wait.
      failure ??= error
    }
  if (failure) throw failure
  return found
}

/** What was captured for workspaces that are gone. */
export const dropOrphans = (db: Deps['db']) =>
  sql`delete from event_outbox o where not exists (select 1 from event_listeners l where l.workspace_id = o.workspace_id)`.execute(
    db,
  )
