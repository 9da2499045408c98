import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { showSignature } from './signature.ts'

export type AliasRow = {
  id: string
  domain_id: string
  user_id: string
  alias: string
  full_email: string
  domain_name: string
  domain_status: string
  display_name: string | null
  signature_html: string | null
  signature_text: string | null
  warmup_token: string | null
  raw_mime_retention_enabled: boolean
  daily_limit: number
  ramp_start: number | null
  ramp_step: number | null
  ramp_started_on: string | null
  jitter_ratio: number
  created_at: Date
  updated_at: Date
}

const columns: RawBuilder<unknown> = sql`a.id, a.domain_id, a.user_id, a.alias, a.full_email, d.domain as domain_name, d.status as domain_status, a.display_name, a.signature_html,
  a.signature_text, a.warmup_token, a.raw_mime_retention_enabled, a.daily_limit, a.ramp_start, a.ramp_step, a.ramp_started_on, a.jitter_ratio,
  a.created_at, a.updated_at`

const sources: RawBuilder<unknown> = sql`aliases a join sending_domains d on d.id = a.domain_id`

const shown = (row: AliasRow): AliasRow => ({ ...row, signature_html: showSignature(row.signature_html) })

export type AliasPage = { limit: number | null; offset: number; after: CursorKey | null }

/** The workspace's aliases as they are shown, deleted ones left out, in the order they were made; one more than `limit`. */
export const listAliases = async (
  db: Db,
  workspaceId: string,
  domainId: string | null,
  page: AliasPage = { limit: null, offset: 0, after: null },
): Promise<AliasRow[]> => {
  const { rows } = await sql<AliasRow>`
    select ${columns} from ${sources}
    where a.workspace_id = ${workspaceId} and a.deleted_at is null ${domainId ? sql`and a.domain_id = ${domainId}` : sql``}
      ${page.after ? sql`and a.id > ${page.after[0]}::uuid` : sql``}
    order by a.id limit ${page.limit === null ? null : page.limit + 1} offset ${page.offset}`.execute(db)
  return rows.map(shown)
}

export const findAlias = async (db: Db, workspaceId: string, id: string): Promise<AliasRow | undefined> => {
  const { rows } = await sql<AliasRow>`
    select ${columns} from ${sources} where a.workspace_id = ${workspaceId} and a.id = ${id} and a.deleted_at is null`.execute(
    db,
  )
  return rows[0] && shown(rows[0])
}

/** Throws NOT_FOUND, also for an alias of another workspace and for a deleted one. */
export const getAlias = async (db: Db, workspaceId: string, id: string): Promise<AliasRow> => {
  const alias = await findAlias(db, workspaceId, id)
  if (!alias) throw notFound('There is no such alias in this workspace.')
  return alias
}
