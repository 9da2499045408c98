import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'

/**
 * Keeps the dispatcher of campaigns out of a workspace until the transaction ends (campaigns/dispatch-due.ts tries the same
 * lock and leaves when it is held), so that nothing is queued from an alias that is being renamed or deleted.
 */
export const lockDispatch = async (tx: Tx, workspaceId: string): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`dispatch:${workspaceId}`}, 0))`.execute(tx)
}
