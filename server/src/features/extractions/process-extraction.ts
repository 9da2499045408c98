import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { csvPieces } from '../../csv-writer.ts'
import type { Deps } from '../../deps.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { invalid } from '../../http/errors.ts'
import { UploadFields } from '../uploads/schema.ts'
import { startUpload } from '../uploads/start-upload.ts'
import { readCsvTable } from '../uploads/uploaded-table.ts'
import { noExtraction } from './create-session.ts'
import { findExtraction, type StoredExtraction } from './queries.ts'
import { leadRows } from './write-download.ts'

export type SheetConfig = Record<string, { enabled?: boolean }> | null

/**
 * Hands an extraction to the ordinary upload of a session, as the table that a person would have uploaded: the same mapping,
 * the same rules about rows, an import with its counts and rejected rows, a job beyond 10,000 rows. Throws what an upload
 * throws, and VALIDATION_ERROR for a sheet that the extraction does not have.
 */
export const processExtraction = async (
  deps: Pick<Deps, 'db' | 'pool' | 'storage' | 'config' | 'clock'>,
  who: { workspace_id: string; user_id: string },
  extractionId: string,
  request: { session_id: string; sheets: SheetConfig },
  now: Date,
) => {
  const extraction = await findExtraction(deps.db, who.workspace_id, extractionId)
  if (!extraction) throw noExtraction()
  const left_out = sheetsLeftOut(extraction, request.sheets)
  const table = await writeTable(deps, extraction, left_out)
  try {
    const made = await startUpload(deps, who, request.session_id, table, UploadFields.parse({}), now, (choice) =>
      readCsvTable(table.path, choice),
    )
    return {
      session_id: made.session_id,
      status: made.status,
      leads_queued: made.leads_queued,
      file_info: {
        ...made.file_info,
        extraction_id: extraction.extraction_id,
        sheets: extraction.sheets?.filter((name) => !left_out.has(name)) ?? null,
      },
      message: made.message,
      import_id: made.import_id,
      job_id: made.job_id,
    }
  } finally {
    await rm(table.path, { force: true })
  }
}

const sheetsLeftOut = (extraction: StoredExtraction, config: SheetConfig): Set<string> => {
  const sheets = new Set(extraction.sheets ?? [])
  const unknown = Object.keys(config ?? {}).filter((name) => !sheets.has(name))
  if (unknown.length)
    throw invalid(
      unknown.map((name) => ({
        loc: ['body', 'sheet_config', name],
        msg: sheets.size
          ? `the extraction has no such sheet; it has ${[...sheets].map((sheet) => `"${sheet}"`).join(', ')}`
          : 'the extraction has no sheets to choose from',
        type: 'unknown_sheet',
      })),
    )
  const left_out = new Set(Object.keys(config ?? {}).filter((name) => config?.[name]?.enabled === false))
  if (sheets.size && left_out.size === sheets.size)
    throw invalid([{ loc: ['body', 'sheet_config'], msg: 'leaves no sheet to load', type: 'no_sheet' }])
  return left_out
}

/** The leads as a CSV file on the local disk, which the caller removes. */
const writeTable = async (
  deps: Pick<Deps, 'storage' | 'config'>,
  extraction: StoredExtraction,
  left_out: Set<string>,
): Promise<UploadedFile> => {
  const folder = join(deps.config.data_dir, 'incoming')
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const hash = createHash('sha256')
  let size_bytes = 0
  const { columns } = extraction
  const source = await deps.storage.read(extraction.sha256)
  const rows = leadRows(source, columns, ({ sheet }) => !(typeof sheet === 'string' && left_out.has(sheet)))
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const piece of csvPieces(columns, rows)) {
      const chunk = Buffer.from(piece)
      hash.update(chunk)
      size_bytes += chunk.length
      yield chunk
    }
  }
  try {
    await pipeline(Readable.from(bytes()), createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  const filename = `${extraction.title.replaceAll(/[/\\]/g, '_')}.csv`
  return { path, filename, mime_type: 'text/csv', size_bytes, sha256: hash.digest() }
}
