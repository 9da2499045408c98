import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { ApiError, invalid } from '../../http/errors.ts'
import { changeThread } from '../conversations/change-thread.ts'
import type { Update } from './schema.ts'

type Who = { workspace_id: string; user_id: string }

/** When a thread is to come back; undefined where that is not asked for. Throws VALIDATION_ERROR for what is over already. */
const wakingTime = (change: Update, now: Date): Date | null | undefined => {
  if (!change.snoozed_until) return change.snoozed_until as null | undefined
  const until = new Date(change.snoozed_until)
  if (until <= now)
    throw invalid([
      { loc: ['body', 'snoozed_until'], msg: `must be later than now, ${now.toISOString()}`, type: 'value_error' },
    ])
  return until
}

const mark = async (
  tx: Tx,
  who: Who,
  id: string,
  change: Update,
  until: Date | null | undefined,
  now: Date,
): Promise<void> => {
  const { is_read, is_starred, place } = change
  await changeThread(
    { db: tx },
    who,
    id,
    {
      ...(is_read === undefined ? {} : { unread: !is_read }),
      ...(is_starred === undefined ? {} : { starred: is_starred }),
      ...(place === undefined ? {} : { folder_id: place }),
    },
    now,
  )
  if (until !== undefined)
    await sql`
      update conversations set snoozed_until = ${until}, done_at = ${until ? null : sql`done_at`}, updated_at = ${now} where id = ${id}`.execute(
      tx,
    )
  if (change.is_done !== undefined)
    await sql`
      update conversations set done_at = ${change.is_done ? sql`coalesce(done_at, ${now})` : null},
        snoozed_until = ${change.is_done ? null : sql`snoozed_until`}, updated_at = ${now} where id = ${id}`.execute(tx)
  if (change.outcome !== undefined)
    await sql`update conversations set outcome = ${change.outcome}, updated_at = ${now} where id = ${id}`.execute(tx)
}

/**
 * Marks a thread, all that is asked for or nothing. Done and asleep exclude each other: what was asked for last holds, and of
 * both at once done does. Throws NOT_FOUND, and VALIDATION_ERROR for a snooze that would be over already.
 */
export const markThread = (deps: Pick<Deps, 'db'>, who: Who, id: string, change: Update, now: Date): Promise<void> => {
  const until = wakingTime(change, now)
  return transaction(deps.db, (tx) => mark(tx, who, id, change, until, now))
}

/**
 * Marks many threads alike. What is gone meanwhile is no reason to leave the others as they are, so it is told and not thrown.
 * Each thread is held from its turn on, in the order of the ids, so that two of these wait for each other and never both.
 */
export const markThreads = (
  deps: Pick<Deps, 'db'>,
  who: Who,
  ids: readonly string[],
  change: Update,
  now: Date,
): Promise<{ updated: number; missing_ids: string[] }> => {
  const until = wakingTime(change, now)
  const wanted = [...new Set(ids.map((id) => id.toLowerCase()))].sort()
  return transaction(deps.db, async (tx) => {
    const missing_ids: string[] = []
    for (const id of wanted)
      try {
        await mark(tx, who, id, change, until, now)
      } catch (error) {
        // Thrown before anything of this thread was written.
        if (!(error instanceof ApiError) || error.code !== 'NOT_FOUND') throw error
        missing_ids.push(id)
      }
    return { updated: wanted.length - missing_ids.length, missing_ids }
  })
}
