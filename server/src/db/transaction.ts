import type { Transaction } from 'kysely'
import type { Db } from './connect.ts'
import type { Tables } from './types.ts'

export type Tx = Transaction<Tables>

/** Several reads that tell of one moment, whatever is written between them. Nothing can be written. */
export const readOnce = <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> =>
  db.isTransaction
    ? work(db as Tx)
    : db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work)

/**
 * Runs `work` in one transaction and tries again, up to three times, after a deadlock or serialization failure. No network
 * call belongs inside: locks would be held for as long as a stranger's server pleases. Inside a transaction it joins the one
 * that is open, which is how a request with an Idempotency-Key commits its effects and its stored answer together.
 */
export const transaction = async <T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> => {
  if (db.isTransaction) return work(db as Tx)
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      const code = (error as { code?: string }).code
      if (attempt >= 3 || !(code === '40001' || code === '40P01')) throw error
    }
  }
}
