import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { likePattern } from './row-conditions.ts'

export type DatasetRow = {
  dataset_id: string
  dataset_name: string
  pipeline_type: string
  source_type: string
  session_id: string | null
  status: string
  row_count: number
  columns: string[]
  column_mapping: Record<string, string>
  download_count: number
  last_downloaded_at: Date | null
  archived_at: Date | null
  created_at: Date
  updated_at: Date
}

const COLUMNS: RawBuilder<unknown> = sql`dataset_id, dataset_name, pipeline_type, source_type, session_id, status, row_count, columns, column_mapping,
  download_count, last_downloaded_at, archived_at, created_at, updated_at`

export type DatasetFilter = {
  workspace_id: string
  pipeline_type: string | null
  source_type: string | null
  status: string | null
  created_from: Date | null
  created_to: Date | null
  search: string | null
  archived: 'without' | 'with' | 'only'
}

const COUNT_LIMIT = 10_001

/** One page, newest first, and how many there are. Reads limit + 1 rows so that the caller knows whether more follow. */
export const listDatasets = async (
  db: Db,
  filter: DatasetFilter,
  page: PageRequest,
): Promise<{ rows: DatasetRow[]; total: number }> => {
  const archived = { without: sql`and archived_at is null`, with: sql``, only: sql`and archived_at is not null` }
  const where = sql`workspace_id = ${filter.workspace_id} ${archived[filter.archived]}
    ${filter.pipeline_type ? sql`and pipeline_type = ${filter.pipeline_type}` : sql``}
    ${filter.source_type ? sql`and source_type = ${filter.source_type}` : sql``}
    ${filter.status ? sql`and status = ${filter.status}` : sql``}
    ${filter.created_from ? sql`and created_at >= ${filter.created_from}` : sql``}
    ${filter.created_to ? sql`and created_at < ${filter.created_to}` : sql``}
    ${filter.search ? sql`and dataset_name ilike ${`%${likePattern(filter.search)}%`}` : sql``}`
  const counted = await sql<{
    n: number
  }>`select count(*)::int as n from (select 1 from datasets where ${where} limit ${COUNT_LIMIT}) counted`.execute(db)
  const found = await sql<DatasetRow>`
    select ${COLUMNS} from datasets where ${where} ${page.after ? sql`and dataset_id < ${page.after[0]}::uuid` : sql``}
    order by dataset_id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return { rows: found.rows, total: counted.rows[0]?.n ?? 0 }
}

export const findDataset = async (db: Db, workspaceId: string, datasetId: string): Promise<DatasetRow | null> => {
  const found = await sql<DatasetRow>`
    select ${COLUMNS} from datasets where workspace_id = ${workspaceId} and dataset_id = ${datasetId}`.execute(db)
  return found.rows[0] ?? null
}

export const renameDataset = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
  name: string,
  now: Date,
): Promise<DatasetRow | null> => {
  const found = await sql<DatasetRow>`
    update datasets set dataset_name = ${name}, updated_at = ${now} where workspace_id = ${workspaceId} and dataset_id = ${datasetId}
    returning ${COLUMNS}`.execute(db)
  return found.rows[0] ?? null
}

/** Archives or restores. What is so already keeps its timestamps. */
export const setArchived = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
  archived: boolean,
  now: Date,
): Promise<{ archived_at: Date | null } | null> => {
  const found = await sql<{ archived_at: Date | null }>`
    update datasets set
      archived_at = ${archived ? sql`coalesce(archived_at, ${now})` : sql`null`},
      updated_at = case when ${archived ? sql`archived_at is null` : sql`archived_at is not null`} then ${now} else updated_at end
    where workspace_id = ${workspaceId} and dataset_id = ${datasetId} returning archived_at`.execute(db)
  return found.rows[0] ?? null
}

/** Counts an export and answers what is exported. */
export const countDownload = async (
  db: Db,
  workspaceId: string,
  datasetId: string,
  now: Date,
): Promise<{ dataset_name: string; columns: string[] } | null> => {
  const found = await sql<{ dataset_name: string; columns: string[] }>`
    update datasets set download_count = download_count + 1, last_downloaded_at = ${now}
    where workspace_id = ${workspaceId} and dataset_id = ${datasetId} returning dataset_name, columns`.execute(db)
  return found.rows[0] ?? null
}
