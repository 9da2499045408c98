import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Pool } from 'pg'
import { to } from 'pg-copy-streams'
import { copyTransaction } from '../src/db/copy-transaction.ts'
import type { Deps } from '../src/deps.ts'
import { writeDemoCsv } from '../src/demo/demo-leads.ts'
import { importCsvFile } from '../src/features/uploads/import-csv.ts'
import { newId } from '../src/ids.ts'

export const name = 'import_csv'
export const goal = 0.3

const ROWS = 200_000

type Context = { database_url: string; deps: Deps; log: (message: string) => void }

/**
 * The import of a messy file of 200,000 rows × 13 columns, from the open file to the commit (storing it, reading it, judging every
 * row, writing rows and issues), against COPY of the very rows that the import made into the same table with the same indexes.
 * Each is measured twice, in turns, and the better time counts, because the first of anything finds cold files.
 */
export const measure = async ({ deps, log }: Context): Promise<{ ours: number; limit: number; unit: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-bench-'))
  try {
    const path = join(folder, 'leads.csv')
    const csv = writeDemoCsv(ROWS, 'bench')
    await writeFile(path, csv)
    log(`a file of ${ROWS} rows, ${(Buffer.byteLength(csv) / 1e6).toFixed(0)} MB, sha256 ${createHash('sha256').update(csv).digest('hex').slice(0, 12)}`)
    let ours = 0
    let limit = 0
    for (let round = 1; round <= 2; round++) {
      const who = await makeWorkspace(deps)
      const started = performance.now()
      const made = await importCsvFile(deps, { ...who, path, filename: 'leads.csv', dataset_name: 'bench', now: deps.clock.now() })
      const imported = ROWS / ((performance.now() - started) / 1000)
      const pieces = await readBack(deps.pool, made.dataset_id)
      await remove(deps, who)
      const copied = await copyAlone(deps, pieces, made.rows_imported)
      log(`round ${round}: import ${imported.toFixed(0)}, COPY ${copied.toFixed(0)} rows/s; ${made.rows_imported} imported, ${made.rows_rejected} rejected, ${made.rows_duplicate} duplicates`)
      ours = Math.max(ours, imported)
      limit = Math.max(limit, copied)
    }
    return { ours, limit, unit: 'rows/s' }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const makeWorkspace = async (deps: Deps): Promise<{ workspace_id: string; user_id: string }> => {
  const user_id = newId()
  const workspace_id = newId()
  const now = deps.clock.now()
  await sql`insert into users (id, name, email, email_verified, created_at, updated_at) values (${user_id}, 'Bench', ${`bench-${user_id}@example.com`}, true, ${now}, ${now})`.execute(deps.db)
  await sql`insert into workspaces (id, name, mode, created_by, created_at, updated_at) values (${workspace_id}, 'Bench', 'sandbox', ${user_id}, ${now}, ${now})`.execute(deps.db)
  return { workspace_id, user_id }
}

/** The imported rows as COPY's own text, so that the limit writes the same bytes. */
const readBack = async (pool: Pool, datasetId: string): Promise<string[]> => {
  const client = await pool.connect()
  try {
    const stream = client.query(to(`copy (select id, workspace_id, dataset_id, import_id, row_index, source_row, email, data from dataset_rows where dataset_id = '${datasetId}' order by row_index) to stdout`))
    const pieces: string[] = []
    let held: Buffer[] = []
    let size = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      held.push(chunk)
      size += chunk.length
      if (size < 256 * 1024) continue
      pieces.push(Buffer.concat(held).toString())
      held = []
      size = 0
    }
    pieces.push(Buffer.concat(held).toString())
    return pieces
  } finally {
    client.release()
  }
}

const copyAlone = async (deps: Deps, pieces: string[], rows: number): Promise<number> => {
  const started = performance.now()
  await copyTransaction(deps.pool, async ({ copyInto }) => {
    const copy = copyInto('copy dataset_rows (id, workspace_id, dataset_id, import_id, row_index, source_row, email, data) from stdin')
    for (const piece of pieces) await copy.write(piece)
    await copy.end()
  })
  const rate = rows / ((performance.now() - started) / 1000)
  await sql`truncate dataset_rows`.execute(deps.db)
  return rate
}

/** Leaves the table as empty as the import found it. */
const remove = async (deps: Deps, who: { workspace_id: string; user_id: string }): Promise<void> => {
  await sql`truncate dataset_rows`.execute(deps.db)
  await sql`delete from workspaces where id = ${who.workspace_id}`.execute(deps.db)
  await sql`delete from users where id = ${who.user_id}`.execute(deps.db)
}
