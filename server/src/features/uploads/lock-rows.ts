import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'

const rowsKey = (datasetId: string) => sql`hashtextextended(${`rows of ${datasetId}`}, 0)`

/** Longer than any import, undoing or change of a dataset takes. */
const LONGEST_WAIT = '2h'

/** For jobs, which may wait as long as what is before them takes; a request gives up on a lock after 30 seconds. */
export const waitForOthers = async (tx: Tx): Promise<void> => {
  await sql`select set_config('lock_timeout', ${LONGEST_WAIT}, true)`.execute(tx)
}

/** Whoever edits single rows holds it with others who do, and is refused while rows are added or columns change. */
export const shareRowsOfDataset = async (tx: Tx, datasetId: string): Promise<void> => {
  const { rows } = await sql<{
    held: boolean
  }>`select pg_try_advisory_xact_lock_shared(${rowsKey(datasetId)}) as held`.execute(tx)
  if (!rows[0]?.held) throw problem('DATASET_BUSY')
}

/**
 * Whoever adds rows to a dataset or moves their positions holds this until the transaction ends, so that positions are given
 * once. It is no row lock: a dataset that a long import fills can still be renamed.
 */
export const lockRowsOfDataset = async (tx: Tx, datasetId: string, wait: boolean): Promise<void> => {
  const key = rowsKey(datasetId)
  if (wait) {
    await sql`select pg_advisory_xact_lock(${key})`.execute(tx)
    return
  }
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${key}) as held`.execute(tx)
  if (!rows[0]?.held)
    throw problem('IMPORT_STATE', 'Rows are being added to this dataset; try again when that is over.')
}

/** Imports that look for people in the whole workspace go one after the other, or each would miss whom the other adds. */
export const lockRowsOfWorkspace = async (tx: Tx, workspaceId: string, wait: boolean): Promise<void> => {
  const key = sql`hashtextextended(${`rows of workspace ${workspaceId}`}, 0)`
  if (wait) {
    await sql`select pg_advisory_xact_lock(${key})`.execute(tx)
    return
  }
  const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_xact_lock(${key}) as held`.execute(tx)
  if (!rows[0]?.held)
    throw problem('IMPORT_STATE', 'Another import is looking through the whole workspace; try again when that is over.')
}

/** What a request answers when it has given up on rows that something else holds: IMPORT_STATE. Other errors stay as they are. */
export const orBusy = (error: unknown): unknown =>
  (error as { code?: string } | null)?.code === '55P03'
    ? problem('IMPORT_STATE', 'Rows that this would change are being changed already; try again when that is over.')
    : error
