import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'

export type ExtractionRow = {
  extraction_id: string
  title: string
  source: string
  leads_count: number
  columns: string[]
  session_id: string | null
  file_size_bytes: number
  metadata: Record<string, unknown>
  created_at: Date
  updated_at: Date
}

export type StoredExtraction = ExtractionRow & {
  sheets: string[] | null
  sample: Record<string, unknown>[]
  sha256: Buffer
}

// The title is one of the metadata, as clients of the extension know it.
const COLUMNS: RawBuilder<unknown> = sql`extraction_id, title, source, leads_count, columns, session_id, file_size_bytes::float8 as file_size_bytes,
  metadata || jsonb_build_object('title', title) as metadata, created_at, updated_at`

const COUNT_LIMIT = 10_001

/** One page, newest first, and how many there are. Reads limit + 1 rows so that the caller knows whether more follow. */
export const listExtractions = async (
  db: Db,
  filter: { workspace_id: string; source: string | null },
  page: PageRequest,
): Promise<{ rows: ExtractionRow[]; total: number }> => {
  const where = sql`workspace_id = ${filter.workspace_id} ${filter.source ? sql`and lower(source) = lower(${filter.source})` : sql``}`
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from user_extractions where ${where} limit ${COUNT_LIMIT}) counted`.execute(
    db,
  )
  const found = await sql<ExtractionRow>`
    select ${COLUMNS} from user_extractions where ${where} ${page.after ? sql`and extraction_id < ${page.after[0]}::uuid` : sql``}
    order by extraction_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const findExtraction = async (
  db: Db,
  workspaceId: string,
  extractionId: string,
): Promise<StoredExtraction | null> => {
  const found = await sql<StoredExtraction>`
    select ${COLUMNS}, sheets, sample, sha256 from user_extractions
    where workspace_id = ${workspaceId} and extraction_id = ${extractionId}`.execute(db)
  return found.rows[0] ?? null
}

export const renameExtraction = async (
  db: Db,
  workspaceId: string,
  extractionId: string,
  title: string,
  now: Date,
): Promise<boolean> => {
  const changed = await sql`
    update user_extractions set title = ${title}, updated_at = ${now}
    where workspace_id = ${workspaceId} and extraction_id = ${extractionId} returning 1`.execute(db)
  return changed.rows.length > 0
}

/** Deletes those that are there and answers their ids. A trigger lets go of their files. */
export const deleteExtractions = async (db: Db, workspaceId: string, ids: string[]): Promise<string[]> => {
  const gone = await sql<{ extraction_id: string }>`
    delete from user_extractions where workspace_id = ${workspaceId} and extraction_id = any(${ids}::uuid[])
    returning extraction_id`.execute(db)
  return gone.rows.map(({ extraction_id }) => extraction_id)
}

/** Moves the link to a new session; false when the extraction is gone. */
export const linkSession = async (
  tx: Tx,
  workspaceId: string,
  extractionId: string,
  sessionId: string,
  now: Date,
): Promise<boolean> => {
  const changed = await sql`
    update user_extractions set session_id = ${sessionId}, updated_at = ${now}
    where workspace_id = ${workspaceId} and extraction_id = ${extractionId} returning 1`.execute(tx)
  return changed.rows.length > 0
}
