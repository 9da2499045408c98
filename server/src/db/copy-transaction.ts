import { once } from 'node:events'
import { Kysely, PostgresDialect } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { from } from 'pg-copy-streams'
import type { Tx } from './transaction.ts'
import type { Tables } from './types.ts'

export type CopyIn = {
  /** Waits while the server is more than one piece behind, so that memory does not grow. `text` is complete lines of COPY's text format. */
  write: (text: string) => Promise<void>
  /** Ends the COPY and answers how many rows it took. */
  end: () => Promise<number>
}

export type CopyTransaction = { tx: Tx; copyInto: (statement: string) => CopyIn }

/**
 * A transaction that can COPY: `tx` and `copyInto` share one connection of the pool. While a COPY is open no other
 * statement may run. What is thrown, or an abort of `signal`, rolls everything back; an aborted connection is closed, not
 * reused, because the server may still be reading.
 */
export const copyTransaction = async <T>(
  pool: Pool,
  work: (transaction: CopyTransaction) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  signal?.throwIfAborted()
  const client: PoolClient = await pool.connect()
  let broken: Error | null = null
  let open: { stream: ReturnType<typeof from>; failed: Error | null } | null = null
  const abort = (): void => {
    broken = signal?.reason instanceof Error ? signal.reason : new Error('aborted')
    ;(client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy()
  }
  signal?.addEventListener('abort', abort, { once: true })
  const onError = (error: Error): void => {
    broken ??= error
  }
  client.on('error', onError)

  const copyInto = (statement: string): CopyIn => {
    const stream = client.query(from(statement))
    const copy = { stream, failed: null as Error | null }
    open = copy
    stream.on('error', (error) => {
      copy.failed ??= error
    })
    // The caller makes the next piece while the last one leaves; only then it waits, so that one piece is held at most.
    let leaving: Promise<void> | null = null
    const left = async (): Promise<void> => {
      const waiting = leaving
      leaving = null
      await waiting
      if (copy.failed) throw copy.failed
    }
    return {
      write: async (text) => {
        await left()
        if (stream.write(Buffer.from(text))) return
        leaving = raceWithError(stream, 'drain')
        leaving.catch(() => {})
      },
      end: async () => {
        await left()
        const finished = raceWithError(stream, 'finish')
        stream.end()
        await finished
        open = null
        return stream.rowCount
      },
    }
  }

  // Kysely runs begin and commit on the connection we already hold; its "pool" hands out nothing else.
  const one = { connect: async () => ({ query: client.query.bind(client), release: () => {} }), end: async () => {} }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: one as never }) })
  try {
    return await db.transaction().execute(async (tx) => {
      try {
        return await work({ tx, copyInto })
      } catch (error) {
        const left = open as { stream: ReturnType<typeof from>; failed: Error | null } | null
        if (left && !left.failed) {
          // A COPY that is left open would take the rollback for data.
          const closed = new Promise<void>((done) => left.stream.once('close', () => done()))
          left.stream.destroy(new Error('the work was given up'))
          await closed
        }
        throw error
      }
    })
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  } finally {
    signal?.removeEventListener('abort', abort)
    client.off('error', onError)
    client.release(broken ?? undefined)
  }
}

/** Waits for `event`; rejects with the stream's error, or when it closes without the event. */
const raceWithError = async (stream: NodeJS.WritableStream, event: 'drain' | 'finish'): Promise<void> => {
  const waiting = new AbortController()
  try {
    await Promise.race([
      once(stream, event, { signal: waiting.signal }),
      once(stream, 'close', { signal: waiting.signal }).then(() => {
        throw new Error('The connection to the database was closed during COPY.')
      }),
    ])
  } finally {
    waiting.abort()
  }
}
