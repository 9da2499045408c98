import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pool } from 'pg'
import { to } from 'pg-copy-streams'
import { readConfig } from '../src/config.ts'
import { copyTransaction } from '../src/db/copy-transaction.ts'
import { writeDemoCsv } from '../src/demo/demo-leads.ts'
import { createDeps, type Deps } from '../src/deps.ts'
import { importCsvFile } from '../src/features/uploads/import-csv.ts'
import { createLogger } from '../src/log.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, createBenchDatabase, createBenchTenant } from './bench-database.ts'

const ROWS = 200_000

/**
 * The import of a messy file of 200,000 rows × 13 columns, from the open file to the commit (storing it, reading it, judging every
 * row, writing rows and issues), against COPY of the very rows that the import made into the same table with the same indexes.
 * Each is measured twice, in turns, and the better time counts, because the first of anything finds cold files.
 */
export const measureImport = async (context: BenchContext): Promise<Measurement> => {
  const path = join(context.folder, 'leads.csv')
  const csv = writeDemoCsv(ROWS, 'bench')
  await writeFile(path, csv)
  const database = await createBenchDatabase(context.database_url)
  const config = readConfig({ DATABASE_URL: database.url, SECRET_KEY: BENCH_SECRET, DATA_DIR: context.folder })
  const deps = await createDeps({
    config,
    database_url: database.url,
    secret_key: BENCH_SECRET,
    log: createLogger('error'),
  })
  try {
    const who = await createBenchTenant(database.client, { aliases: 1 })
    let ours = 0
    let limit = 0
    for (let round = 1; round <= 2; round++) {
      const started = performance.now()
      const made = await importCsvFile(deps, {
        ...who,
        path,
        filename: 'leads.csv',
        dataset_name: 'bench',
        now: deps.clock.now(),
      })
      const imported = made.rows_imported / ((performance.now() - started) / 1000)
      const pieces = await readBack(deps.pool, made.dataset_id)
      // Both find the table and its indexes empty, and the workspace without other datasets.
      await database.client.query('truncate dataset_rows, import_issues cascade')
      const copied = await copyAlone(deps, pieces, made.rows_imported)
      await database.client.query('truncate dataset_rows cascade')
      await database.client.query('delete from datasets where dataset_id = $1', [made.dataset_id])
      context.note(
        `${(Buffer.byteLength(csv) / 1e6).toFixed(0)} MB, round ${round}: import ${imported.toFixed(0)}, COPY ${copied.toFixed(0)} rows/s; ${made.rows_imported} imported, ${made.rows_rejected} rejected, ${made.rows_duplicate} duplicates`,
      )
      ours = Math.max(ours, imported)
      limit = Math.max(limit, copied)
    }
    return { ours, limit, unit: 'rows/s' }
  } finally {
    await deps.close()
    await database.drop()
    await rm(path, { force: true })
  }
}

/** The imported rows as COPY's own text, so that the limit writes the same bytes. */
const readBack = async (pool: Pool, datasetId: string): Promise<string[]> => {
  const client = await pool.connect()
  try {
    const stream = client.query(
      to(
        `copy (select id, workspace_id, dataset_id, import_id, row_index, source_row, email, linkedin_url, data from dataset_rows where dataset_id = '${datasetId}' order by row_index) to stdout`,
      ),
    )
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

const copyAlone = async (deps: Pick<Deps, 'pool'>, pieces: string[], rows: number): Promise<number> => {
  const started = performance.now()
  await copyTransaction(deps.pool, async ({ copyInto }) => {
    const copy = copyInto(
      'copy dataset_rows (id, workspace_id, dataset_id, import_id, row_index, source_row, email, linkedin_url, data) from stdin',
    )
    for (const piece of pieces) await copy.write(piece)
    await copy.end()
  })
  return rows / ((performance.now() - started) / 1000)
}
