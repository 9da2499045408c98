import { createReadStream, createWriteStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from, to } from 'pg-copy-streams'
import { writeDemoCsv } from '../src/demo/demo-leads.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { runProgram } from './child-process.ts'

const PIECE = 100_000
/** What the importing process may need beyond its idle memory: batches under way and 12 bytes for each person of the file. */
const MOST_MORE_MB = 400
const COLUMNS = 'id, workspace_id, dataset_id, import_id, row_index, source_row, email, linkedin_url, data'

type Made = {
  rows_read: number
  rows_imported: number
  seconds: number
  idle_mb: number
  peak_mb: number
  dataset_id: string
}

/**
 * The import of a messy file of a million rows × 13 columns, from the open file to the commit (storing it, reading it, judging
 * every row, writing rows and issues), against COPY of the very rows that the import made, from a file, into the same table
 * with the same indexes. One process of its own for the import, whose memory at most is noted and held to a bound.
 */
export const measureImportMillion = async (context: BenchContext, rows = 1_000_000): Promise<Measurement> => {
  const path = join(context.folder, 'million.csv')
  const copied = join(context.folder, 'million.copy')
  const file = await open(path, 'w')
  for (let made = 0; made < rows; made += PIECE) {
    const text = writeDemoCsv(Math.min(PIECE, rows - made), `bench ${made}`)
    await file.write(made ? text.slice(text.indexOf('\n') + 1) : text)
  }
  await file.close()
  const database = await createBenchDatabase(context.database_url)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { workspace_id, user_id, dataset_id } = await createBenchTenant(database.client, { aliases: 1 })
    await client.query('delete from datasets where dataset_id = $1', [dataset_id])
    const args = { database_url: database.url, folder: context.folder, path, workspace_id, user_id }
    const made = await runProgram<Made>('./import-million-ours.ts', [JSON.stringify(args)])
    const ours = made.rows_imported / made.seconds
    await pipeline(
      client.query(to(`copy (select ${COLUMNS} from dataset_rows order by row_index) to stdout`)),
      createWriteStream(copied),
    )
    // Both find the table and its indexes empty.
    await client.query('truncate dataset_rows, import_issues cascade')
    await client.query('checkpoint')
    const started = performance.now()
    await pipeline(createReadStream(copied), client.query(from(`copy dataset_rows (${COLUMNS}) from stdin`)))
    const limit = made.rows_imported / ((performance.now() - started) / 1000)
    context.note(
      `${((await stat(path)).size / 1e6).toFixed(0)} MB, ${made.rows_read} rows read, ${made.rows_imported} imported in ${made.seconds.toFixed(1)} s; memory of the importing process: ${made.peak_mb.toFixed(0)} MB at most, ${made.idle_mb.toFixed(0)} MB before`,
    )
    const more_mb = made.peak_mb - made.idle_mb
    const broken =
      more_mb > MOST_MORE_MB ? `the import needed ${more_mb.toFixed(0)} MB more memory, not ${MOST_MORE_MB} MB` : null
    return { ours, limit, unit: 'rows/s', broken }
  } finally {
    await client.end()
    await database.drop()
    await rm(path, { force: true })
    await rm(copied, { force: true })
  }
}
