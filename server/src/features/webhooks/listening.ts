import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'

/**
 * Whether a workspace's events are captured at all. Every change of that goes through the listener's row, whose lock also
 * orders the positions of published events. When listening begins anew a position is left out, which tells a stream that comes
 * back from before that it may have missed something.
 */
export const updateListening = async (tx: Tx, workspaceId: string, now: Date, streamUntil?: Date): Promise<void> => {
  await sql`
    insert into event_listeners (workspace_id, stream_until) values (${workspaceId}, ${streamUntil ?? null})
    on conflict (workspace_id) do update set stream_until = greatest(event_listeners.stream_until, excluded.stream_until)`.execute(
    tx,
  )
  // A second statement, so that it sees endpoints committed by whoever held the row before.
  await sql`
    with state as (
      select coalesce(stream_until > ${now}, false)
        or exists (select 1 from webhook_endpoints where workspace_id = ${workspaceId} and is_active and is_verified) as listens
      from event_listeners where workspace_id = ${workspaceId}
    )
    update event_listeners l set is_listening = s.listens, last_position = l.last_position + (s.listens and not l.is_listening)::int
    from state s where l.workspace_id = ${workspaceId} and l.is_listening is distinct from s.listens`.execute(tx)
}

/** How long events are kept coming for a stream that broke off; renewed while it is open. */
export const STREAM_KEPT_MS = 24 * 3_600_000

/** A stream is open, or was just now. */
export const listenForStream = (deps: Pick<Deps, 'db'>, workspaceId: string, now: Date): Promise<void> =>
  transaction(deps.db, (tx) => updateListening(tx, workspaceId, now, new Date(now.getTime() + STREAM_KEPT_MS)))

/** Stops capturing where the last stream is long gone and no endpoint is left. Returns how many workspaces that were. */
export const stopListening = async (deps: Pick<Deps, 'db'>, now: Date): Promise<number> => {
  const { rows } = await sql<{ workspace_id: string }>`
    select workspace_id from event_listeners l where is_listening and coalesce(stream_until <= ${now}, true)
      and not exists (select 1 from webhook_endpoints e where e.workspace_id = l.workspace_id and is_active and is_verified)
    limit 500`.execute(deps.db)
  for (const { workspace_id } of rows) await transaction(deps.db, (tx) => updateListening(tx, workspace_id, now))
  return rows.length
}
