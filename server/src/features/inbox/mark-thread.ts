import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid } from '../../http/errors.ts'
import { changeThread } from '../conversations/change-thread.ts'
import type { Update } from './schema.ts'

/**
 * Marks a thread, all that is asked for or nothing. Done and asleep exclude each other: what was asked for last holds, and of
 * both at once done does. Throws NOT_FOUND, and VALIDATION_ERROR for a snooze that would be over already.
 */
export const markThread = (
  deps: Pick<Deps, 'db'>,
  who: { workspace_id: string; user_id: string },
  id: string,
  change: Update,
  now: Date,
): Promise<void> => {
  const until = change.snoozed_until ? new Date(change.snoozed_until) : change.snoozed_until
  if (until && until <= now)
    throw invalid([
      { loc: ['body', 'snoozed_until'], msg: `must be later than now, ${now.toISOString()}`, type: 'value_error' },
    ])
  return transaction(deps.db, async (tx) => {
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
          snoozed_until = ${change.is_done ? null : sql`snoozed_until`}, updated_at = ${now} where id = ${id}`.execute(
        tx,
      )
    if (change.outcome !== undefined)
      await sql`update conversations set outcome = ${change.outcome}, updated_at = ${now} where id = ${id}`.execute(tx)
  })
}
