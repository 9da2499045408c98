import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'

export type AliasRow = {
  id: string
  domain_id: string
  user_id: string
  alias: string
  full_email: string
  domain_name: string
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

const columns: RawBuilder<unknown> = sql`a.id, a.domain_id, a.user_id, a.alias, a.full_email, d.domain as domain_name, a.display_name, a.signature_html,
  a.signature_text, a.warmup_token, a.raw_mime_retention_enabled, a.daily_limit, a.ramp_start, a.ramp_step, a.ramp_started_on, a.jitter_ratio,
  a.created_at, a.updated_at`

type AliasPage = { limit: number | null; offset: number; after: CursorKey | null }

export const listAliases = async (
  db: Db,
  workspaceId: string,
  domainId: string | null,
  page: AliasPage,
): Promise<AliasRow[]> => {
  const { rows } = await sql<AliasRow>`
    select ${columns} from aliases a join sending_domains d on d.id = a.domain_id
    where a.workspace_id = ${workspaceId} ${domainId ? sql`and a.domain_id = ${domainId}` : sql``}
      ${page.after ? sql`and a.id > ${page.after[0]}::uuid` : sql``}
    order by a.id limit ${page.limit === null ? null : page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const findAlias = async (db: Db, workspaceId: string, id: string): Promise<AliasRow | undefined> => {
  const { rows } = await sql<AliasRow>`
    select ${columns} from aliases a join sending_domains d on d.id = a.domain_id where a.workspace_id = ${workspaceId} and a.id = ${id}`.execute(
    db,
  )
  return rows[0]
}

export const findDomainName = async (db: Db, workspaceId: string, domainId: string): Promise<string | undefined> => {
  const { rows } = await sql<{
    domain: string
  }>`select domain from sending_domains where workspace_id = ${workspaceId} and id = ${domainId}`.execute(db)
  return rows[0]?.domain
}

export type NewAlias = Omit<AliasRow, 'warmup_token' | 'domain_name' | 'created_at' | 'updated_at'> & {
  workspace_id: string
  now: Date
}

/** False when the address is taken in this workspace. */
export const insertAlias = async (db: Db, a: NewAlias): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, display_name, signature_html, signature_text,
      raw_mime_retention_enabled, daily_limit, ramp_start, ramp_step, ramp_started_on, jitter_ratio, created_at, updated_at)
    values (${a.id}, ${a.workspace_id}, ${a.user_id}, ${a.domain_id}, ${a.alias}, ${a.full_email}, ${a.display_name}, ${a.signature_html},
      ${a.signature_text}, ${a.raw_mime_retention_enabled}, ${a.daily_limit}, ${a.ramp_start}, ${a.ramp_step}, ${a.ramp_started_on}, ${a.jitter_ratio}, ${a.now}, ${a.now})
    on conflict (workspace_id, full_email) do nothing`.execute(db)
  return numAffectedRows === 1n
}
