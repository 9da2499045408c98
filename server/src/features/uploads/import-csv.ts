import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { createDataset } from '../datasets/create-dataset.ts'
import type { ImportCounts } from './append-rows.ts'
import { carryOut } from './carry-out.ts'
import { findImportToRun } from './queries.ts'
import { DEFAULT_POLICY } from './row-policy.ts'
import { columnsWithNames } from './split-names.ts'
import { countsOf } from './start-upload.ts'
import { insertImport } from './store-import.ts'
import { readCsvTable } from './uploaded-table.ts'

export type CsvImport = {
  workspace_id: string
  user_id: string
  path: string
  filename: string
  dataset_name: string
  /** The workspace's present. */
  now: Date
  on_progress?: (bytesRead: number, rowsRead: number) => void
}

export type CsvImportResult = ImportCounts & {
  dataset_id: string
  import_id: string
  columns: string[]
  column_mapping: Record<string, string>
}

/**
 * Imports a file of this machine, whatever its size, before it returns: for the demo and for commands of an operator. The
 * file stays where it is; the product keeps a copy. Throws the same errors as the upload.
 */
export const importCsvFile = async (
  deps: Pick<Deps, 'pool' | 'storage' | 'config'>,
  options: CsvImport,
): Promise<CsvImportResult> => {
  const folder = join(deps.config.data_dir, 'incoming')
  await mkdir(folder, { recursive: true })
  const copy = join(folder, randomUUID())
  try {
    const hash = createHash('sha256')
    let size_bytes = 0
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size_bytes += chunk.length
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(createReadStream(options.path), meter, createWriteStream(copy, { mode: 0o600 }))
    const sha256 = hash.digest()
    const table = await readCsvTable(copy, { given: null, dataset: null })
    if (table.row_count === 0) throw problem('UNREADABLE_FILE', 'The file has a header and no rows.')
    await deps.storage.adopt(copy, sha256)
    return await copyTransaction(deps.pool, async (copying) => {
      const { tx } = copying
      const import_id = newId()
      const dataset_id = newId()
      await createDataset(tx, {
        ...options,
        ...table,
        columns: columnsWithNames(table.columns, table.column_mapping),
        dataset_id,
        pipeline_type: 'enrichment',
        session_id: null,
      })
      await insertImport(tx, {
        ...options,
        import_id,
        dataset_id,
        session_id: null,
        file: { filename: options.filename, sha256, size_bytes },
        table,
        policy: DEFAULT_POLICY,
        is_append: false,
        is_plan: false,
        request: null,
        job_id: null,
      })
      const run = await findImportToRun(tx, import_id)
      if (!run) throw new Error('The import was not stored.')
      const counts = await carryOut(copying, deps, run, {
        now: options.now,
        wait: true,
        onBatch: (bytes, { rows_read }) => options.on_progress?.(bytes, rows_read),
      })
      const { columns, column_mapping } = table
      return { dataset_id, import_id, columns, column_mapping, ...countsOf(counts) }
    })
  } finally {
    await rm(copy, { force: true })
  }
}
