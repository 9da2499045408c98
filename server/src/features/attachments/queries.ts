import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { safeFilename, safeMediaType } from './attachment-name.ts'
import type { AttachmentSort } from './schema.ts'
import type { StoredAttachment } from './store-attachments.ts'

const columns: RawBuilder<unknown> = sql`id, user_id, filename, size_bytes::int as size_bytes, mime_type, sha256, created_at, updated_at`

const ORDERS: Record<AttachmentSort, RawBuilder<unknown>> = {
  created_desc: sql`id desc`,
  created_asc: sql`id`,
  size_desc: sql`size_bytes desc, id desc`,
  size_asc: sql`size_bytes, id`,
}

export const listAttachments = async (
  db: Db,
  workspaceId: string,
  page: { limit: number; offset: number; sort: AttachmentSort },
): Promise<StoredAttachment[]> => {
  const { rows } = await sql<StoredAttachment>`
    select ${columns} from attachments where workspace_id = ${workspaceId}
    order by ${ORDERS[page.sort]} limit ${page.limit} offset ${page.offset}`.execute(db)
  return rows
}

export const countAttachments = async (db: Db, workspaceId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from (select 1 from attachments where workspace_id = ${workspaceId} limit 10000) found`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

export const findAttachment = async (
  db: Db,
  workspaceId: string,
  id: string,
): Promise<StoredAttachment | undefined> => {
  const { rows } = await sql<StoredAttachment>`
    select ${columns} from attachments where workspace_id = ${workspaceId} and id = ${id}`.execute(db)
  return rows[0]
}

/** For whoever shows a signed address, which stands for the workspace as well. */
export const findAttachmentAnywhere = async (db: Db, id: string): Promise<StoredAttachment | undefined> => {
  const { rows } = await sql<StoredAttachment>`select ${columns} from attachments where id = ${id}`.execute(db)
  return rows[0]
}

/** The same for a file of a received message. */
export const findReceivedFileAnywhere = async (
  db: Db,
  id: string,
): Promise<Pick<StoredAttachment, 'filename' | 'mime_type' | 'size_bytes' | 'sha256'> | undefined> => {
  const { rows } = await sql<{ filename: string | null; mime_type: string; size_bytes: number; sha256: Buffer }>`
    select filename, mime_type, size_bytes::int as size_bytes, sha256 from inbound_attachments where id = ${id}`.execute(
    db,
  )
  const [row] = rows
  return (
    row && { ...row, filename: safeFilename(row.filename ?? 'attachment'), mime_type: safeMediaType(row.mime_type) }
  )
}
