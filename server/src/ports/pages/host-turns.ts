import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { newId } from '../../ids.ts'
import { systemNowMs } from '../clock.ts'

/** Longer than any request may take, so that only a process that died leaves a turn to run out. */
const TURN_MS = 20_000
const LOOK_AGAIN_MS = 50

export type HostTurns = {
  /**
   * Waits until nobody else of this instance asks a host (`https://name:port`) and its pause is over; the result ends the turn
   * and begins a pause. Throws the signal's reason.
   */
  take: (origin: string, signal: AbortSignal) => Promise<(pauseMs: number) => Promise<void>>
}

/**
 * Turns are rows, because processes and workspaces do not know of each other and a host feels them all. These times are the
 * machine's own and not a steered clock's: they keep real requests apart.
 */
export const createHostTurns = (db: Db): HostTurns => ({
  take: async (origin, signal) => {
    const turn = newId()
    for (;;) {
      signal.throwIfAborted()
      const nowMs = systemNowMs()
      const now = new Date(nowMs)
      const until = new Date(nowMs + TURN_MS)
      const taken = await sql`
        insert into web_hosts (origin, busy_by, busy_until, next_at, seen_at) values (${origin}, ${turn}, ${until}, ${now}, ${now})
        on conflict (origin) do update set busy_by = excluded.busy_by, busy_until = excluded.busy_until, seen_at = excluded.seen_at
          where (web_hosts.busy_until is null or web_hosts.busy_until <= ${now}) and web_hosts.next_at <= ${now}
        returning origin`.execute(db)
      if (taken.rows.length) break
      const { rows } = await sql<{ busy_until: Date | null; next_at: Date }>`
        select busy_until, next_at from web_hosts where origin = ${origin}`.execute(db)
      const waits = (rows[0]?.next_at.getTime() ?? 0) - nowMs
      await sleep(Math.max(LOOK_AGAIN_MS, Math.min(waits, 1_000)), undefined, { signal }).catch(() => {
        throw signal.reason
      })
    }
    return async (pauseMs) => {
      const next = new Date(systemNowMs() + pauseMs)
      await sql`update web_hosts set busy_by = null, busy_until = null, next_at = ${next} where origin = ${origin} and busy_by = ${turn}`.execute(
        db,
      )
    }
  },
})
