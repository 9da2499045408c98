import { rm } from 'node:fs/promises'
import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { lockContents } from '../attachments/store-attachments.ts'
import type { RawLead, ReadUpload, UploadLimits } from './read-upload.ts'
import { spoolLeads } from './stored-leads.ts'

/** Different columns of all leads together; a sheet program has not more. */
const MOST_COLUMNS = 16_384
const LEAD_BYTES = 1_048_576
const ARCHIVE_FILES = 1_000

export type NewExtraction = {
  workspace_id: string
  user_id: string
  title: string
  source: string
  metadata: Record<string, unknown>
  now: Date
}

export const uploadLimits = (config: Deps['config']): UploadLimits => ({
  unpacked_bytes: config.extractions.unpacked_max_bytes,
  lead_bytes: LEAD_BYTES,
  files: ARCHIVE_FILES,
})

/**
 * Stores leads as an extraction of the workspace and answers its id. They are written to a file as they come, so their number
 * costs no memory; the file is durable in the storage before the row that lists it exists. Throws VALIDATION_ERROR naming leads
 * that are none, and PAYLOAD_TOO_LARGE beyond EXTRACTION_MAX_LEADS; then nothing is left behind.
 *
 * `left_out` is looked at once all leads have come. Must not be called inside a transaction: the storage may be far away.
 */
export const storeExtraction = async (
  deps: Pick<Deps, 'db' | 'storage' | 'config'>,
  made: NewExtraction,
  leads: AsyncIterable<RawLead>,
  left_out?: ReadUpload['left_out'],
): Promise<string> => {
  const { config, db, storage } = deps
  const spooled = await spoolLeads(config.data_dir, leads, {
    leads: config.extractions.max_leads,
    columns: MOST_COLUMNS,
  })
  const file_id = newId()
  const extraction_id = newId()
  const metadata = {
    ...made.metadata,
    ...(left_out?.files.length ? { files_left_out: left_out.files.slice(0, 100) } : {}),
    ...(left_out?.rows ? { rows_unreadable: left_out.rows } : {}),
    ...(spooled.empty_leads ? { leads_empty: spooled.empty_leads } : {}),
  }
  try {
    // The row comes first, under the lock of its content: whoever removes contents that nothing refers to either has done so
    // before, and the content is then stored anew, or finds this row.
    await transaction(db, async (tx) => {
      await lockContents(tx, [spooled.sha256])
      await sql`
        insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
        values (${file_id}, ${made.workspace_id}, ${`${made.title.slice(0, 250).toWellFormed()}.json`}, ${spooled.sha256}, ${spooled.size_bytes}, ${made.now})`.execute(
        tx,
      )
    })
    try {
      await storage.adopt(spooled.path, spooled.sha256)
      await sql`
        insert into user_extractions (extraction_id, workspace_id, user_id, title, source, leads_count, columns, sheets, sample, metadata,
          file_id, sha256, file_size_bytes, created_at, updated_at)
        values (${extraction_id}, ${made.workspace_id}, ${made.user_id}, ${made.title}, ${made.source}, ${spooled.leads_count},
          ${JSON.stringify(spooled.columns)}, ${spooled.sheets ? JSON.stringify(spooled.sheets) : null}, ${JSON.stringify(spooled.sample)},
          ${JSON.stringify(metadata)}, ${file_id}, ${spooled.sha256}, ${spooled.size_bytes}, ${made.now}, ${made.now})`.execute(
        db,
      )
    } catch (error) {
      await releaseFile(deps, file_id)
      throw error
    }
  } finally {
    await rm(spooled.path, { force: true })
  }
  return extraction_id
}

/** Takes a file's row back, and leaves its content to be removed if nothing else refers to it. */
const releaseFile = async ({ db }: Pick<Deps, 'db'>, fileId: string): Promise<void> => {
  await sql`
    with gone as (delete from stored_files where id = ${fileId} returning sha256)
    insert into released_files (sha256) select sha256 from gone on conflict do nothing`.execute(db)
}
