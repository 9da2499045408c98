import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { copyTransaction } from '../../db/copy-transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { chooseMapping } from './choose-mapping.ts'
import { type ImportCounts, importRows } from './import-rows.ts'
import { inspectCsv } from './inspect-csv.ts'
import { completeImport, insertImport } from './store-import.ts'

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
    const inspection = await inspectCsv(copy, 1_000)
    if (inspection.row_count === 0) throw problem('UNREADABLE_FILE', 'The file has a header and no rows.')
    const { mapping, problems } = chooseMapping(inspection.columns, inspection.guessed, null)
    if (problems.length) throw invalid(problems)
    await deps.storage.adopt(copy, sha256)
    const source = await deps.storage.read(sha256)
    try {
      return await copyTransaction(deps.pool, async (copying) => {
        const made = await insertImport(copying.tx, {
          import_id: newId(),
          workspace_id: options.workspace_id,
          user_id: options.user_id,
          session_id: null,
          pipeline_type: 'enrichment',
          dataset_name: options.dataset_name,
          column_mapping: mapping,
          file: { filename: options.filename, sha256, size_bytes },
          inspection,
          job_id: null,
          now: options.now,
        })
        const plan = {
          ...made,
          workspace_id: options.workspace_id,
          column_mapping: mapping,
          max_rows: deps.config.uploads.max_rows,
        }
        const counts = await importRows(copying, plan, source, options.on_progress)
        await completeImport(copying.tx, { ...made, session_id: null }, counts, options.now)
        return { ...made, ...counts, columns: inspection.columns.map(({ name }) => name), column_mapping: mapping }
      })
    } finally {
      source.destroy()
    }
  } finally {
    await rm(copy, { force: true })
  }
}
