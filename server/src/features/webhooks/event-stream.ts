import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import type { Subscription } from './event-hub.ts'
import { wantsEvent } from './event-pattern.ts'
import { listenForStream, STREAM_KEPT_MS } from './listening.ts'

type Row = { position: number; event_type: string; body: string }

const PAGE = 200
export type StreamPace = {
  /** A notification says that something is new; this is for those that get lost with a connection. */
  look_again_ms: number
  /** Proxies cut connections that are silent for a minute. */
  keep_alive_ms: number
}
const PACE: StreamPace = { look_again_ms: 2_000, keep_alive_ms: 15_000 }

/** Where a new stream begins: after what is published by now. */
export const currentPosition = async (db: Deps['db'], workspaceId: string): Promise<number> => {
  const { rows } = await sql<{
    last_position: number
  }>`select last_position from event_listeners where workspace_id = ${workspaceId}`.execute(db)
  return rows[0]?.last_position ?? 0
}

const gap = (after: number, next: number): string =>
  `event: stream.gap\ndata: ${JSON.stringify({ after_id: String(after), next_id: String(next) })}\n\n`

/**
 * The published events of a workspace from a position on, for as long as somebody reads: what is written waits for a slow
 * reader, so a stream never holds more than a page. Positions follow each other without a hole; where one is missing, events
 * were not kept or not captured, and the stream says so. Events that the reader did not ask for still move its id along.
 */
export async function* followEvents(
  deps: Pick<Deps, 'db' | 'clock'>,
  workspaceId: string,
  options: { from: number; resumes: boolean; types: string[] | null },
  subscription: Subscription,
  signal: AbortSignal,
  pace = PACE,
): AsyncGenerator<string> {
  let at = options.from
  let told = at
  let renewed = deps.clock.now().getTime()
  let spoken = performance.now()
  yield `retry: 3000\nid: ${at}\n\n`
  while (!signal.aborted) {
    const { rows } = await sql<Row>`
      select position, event_type, body from published_events where workspace_id = ${workspaceId} and position > ${at} order by position limit ${PAGE}`.execute(
      deps.db,
    )
    for (const row of rows) {
      // A stream that has just begun has missed nothing, whatever was left out before it.
      if (row.position !== at + 1 && (options.resumes || at !== options.from)) yield gap(at, row.position)
      at = row.position
      if (options.types && !wantsEvent(options.types, row.event_type)) continue
      told = at
      yield `event: ${row.event_type}\nid: ${at}\ndata: ${row.body}\n\n`
    }
    if (rows.length) {
      if (told !== at) yield `id: ${at}\n\n`
      told = at
      spoken = performance.now()
    } else if (performance.now() - spoken >= pace.keep_alive_ms) {
      yield ': still here\n\n'
      spoken = performance.now()
    }
    const now = deps.clock.now().getTime()
    if (now - renewed > STREAM_KEPT_MS / 24) {
      await listenForStream(deps, workspaceId, deps.clock.now())
      renewed = now
    }
    if (rows.length < PAGE) await subscription.wait(pace.look_again_ms, signal)
  }
}
