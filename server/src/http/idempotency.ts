import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { type Tx, transaction } from '../db/transaction.ts'
import { problem } from './errors.ts'

/**
 * Idempotency-Key (DOMAIN.md §8). The answer is stored in the transaction that holds the handler's effects: either both
 * exist or neither does, so a crash cannot make a replay lie. Only successes are stored; an error leaves no trace and the
 * request may simply be sent again. A handler that writes outside that transaction reserves its key first; a reservation
 * whose process died is answered with OUTCOME_UNKNOWN and never runs a second time.
 */
const KEPT_MS = 24 * 3_600_000

export type Stored = { status: number; headers: Record<string, string>; body: string | null }

export type KeyedRequest = { scope: string; key: string; hash: Buffer; now: Date; process_id: string; secret: boolean }

type Row = {
  state: 'running' | 'done' | 'secret'
  request_hash: Buffer
  owner: string
  status: number
  headers: Record<string, string>
  body: string | null
  resource_id: string | null
  owner_alive: boolean
}

export const hashRequest = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest()
}

export const keyProblem = (key: string): string | null =>
  /^[\x21-\x7e]{1,255}$/.test(key) ? null : 'must be 1 to 255 visible ASCII characters'

const find = async (db: Db, request: KeyedRequest): Promise<Row | undefined> => {
  const found = await sql<Row>`
    select state, request_hash, owner, status, headers, body, resource_id,
      exists (select 1 from processes p where p.id = k.owner) as owner_alive
    from idempotency_keys k where scope = ${request.scope} and key = ${request.key} and expires_at > ${request.now}`.execute(
    db,
  )
  return found.rows[0]
}

const replay = (row: Row, request: KeyedRequest): Stored => {
  if (!row.request_hash.equals(request.hash)) throw problem('IDEMPOTENCY_KEY_REUSED')
  if (row.state === 'secret') throw problem('SECRET_NOT_REPLAYED')
  if (row.state === 'running') {
    if (row.owner_alive || row.owner === request.process_id)
      throw problem('IDEMPOTENCY_IN_PROGRESS', undefined, { headers: { 'retry-after': '1' } })
    throw problem(
      'OUTCOME_UNKNOWN',
      row.resource_id
        ? `The first request ended without an answer; look at ${row.resource_id} before you repeat it.`
        : undefined,
    )
  }
  return { status: row.status, headers: { ...row.headers, 'idempotency-replayed': 'true' }, body: row.body }
}

const store = async (db: Db, request: KeyedRequest, answer: Stored): Promise<void> => {
  await sql`
    insert into idempotency_keys (scope, key, request_hash, state, owner, status, headers, body, created_at, expires_at)
    values (${request.scope}, ${request.key}, ${request.hash}, ${request.secret ? 'secret' : 'done'}, ${request.process_id},
      ${answer.status}, ${JSON.stringify(answer.headers)}, ${request.secret ? null : answer.body}, ${request.now}, ${new Date(request.now.getTime() + KEPT_MS)})
    on conflict (scope, key) do update set state = excluded.state, request_hash = excluded.request_hash, owner = excluded.owner,
      status = excluded.status, headers = excluded.headers, body = excluded.body, created_at = excluded.created_at,
      expires_at = excluded.expires_at`.execute(db)
}

/** Two requests with one key at the same instant: the second does not get this lock and is told to come back. */
const lock = async (tx: Tx, request: KeyedRequest): Promise<void> => {
  const number = hashRequest(request.scope, request.key).readBigInt64BE(0)
  const locked = await sql<{
    locked: boolean
  }>`select pg_try_advisory_xact_lock(${number.toString()}::bigint) as locked`.execute(tx)
  if (!locked.rows[0]?.locked) throw problem('IDEMPOTENCY_IN_PROGRESS', undefined, { headers: { 'retry-after': '1' } })
}

/** Runs `handle` in one transaction with the stored answer, or replays what is stored. */
export const runOnceInside = (db: Db, request: KeyedRequest, handle: (tx: Tx) => Promise<Stored>): Promise<Stored> =>
  transaction(db, async (tx) => {
    await lock(tx, request)
    const row = await find(tx, request)
    if (row) return replay(row, request)
    const answer = await handle(tx)
    await store(tx, request, answer)
    return answer
  })

/** For handlers that write outside the transaction: reserve, run, finish; an error frees the reservation. */
export const runOnceReserved = async (
  db: Db,
  request: KeyedRequest,
  handle: () => Promise<Stored>,
): Promise<Stored> => {
  const stored = await transaction(db, async (tx) => {
    await lock(tx, request)
    const row = await find(tx, request)
    if (row) return replay(row, request)
    await sql`
      insert into idempotency_keys (scope, key, request_hash, state, owner, created_at, expires_at)
      values (${request.scope}, ${request.key}, ${request.hash}, 'running', ${request.process_id}, ${request.now}, ${new Date(request.now.getTime() + KEPT_MS)})
      on conflict (scope, key) do update set state = 'running', request_hash = excluded.request_hash, owner = excluded.owner,
        created_at = excluded.created_at, expires_at = excluded.expires_at`.execute(tx)
    return null
  })
  if (stored) return stored
  try {
    const answer = await handle()
    await store(db, request, answer)
    return answer
  } catch (error) {
    await sql`delete from idempotency_keys where scope = ${request.scope} and key = ${request.key} and state = 'running' and owner = ${request.process_id}`.execute(
      db,
    )
    throw error
  }
}

export const deleteExpiredKeys = async (db: Db, now: Date): Promise<void> => {
  await sql`delete from idempotency_keys where expires_at <= ${now}`.execute(db)
}
