import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { PageRequest } from '../../http/pagination.ts'
import { PROFILE_COLUMNS, type SenderProfileRow } from './find-profile.ts'
import type { PromptRow } from './save-prompt.ts'

export const listProfiles = async (
  db: Db,
  filter: { workspace_id: string; search: string | null },
  page: PageRequest,
): Promise<SenderProfileRow[]> => {
  const { rows } = await sql<SenderProfileRow>`
    select ${PROFILE_COLUMNS} from sender_profiles p
    where p.workspace_id = ${filter.workspace_id}
      ${filter.search === null ? sql`` : sql`and p.profile_name ilike ${`%${filter.search.replace(/[\\%_]/g, '\\$&')}%`}`}
      ${page.after ? sql`and p.id < ${page.after[0]}::uuid` : sql``}
    order by p.id desc limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const findDefaultProfile = async (
  db: Db,
  workspaceId: string,
  userId: string,
): Promise<SenderProfileRow | null> => {
  const { rows } = await sql<SenderProfileRow>`
    select ${PROFILE_COLUMNS} from sender_profiles p
    where p.workspace_id = ${workspaceId} and p.user_id = ${userId} and p.is_default`.execute(db)
  return rows[0] ?? null
}

export const deleteProfile = async (db: Db, workspaceId: string, profileId: string): Promise<boolean> => {
  const { rows } = await sql`
    delete from sender_profiles where workspace_id = ${workspaceId} and id = ${profileId} returning 1`.execute(db)
  return rows.length > 0
}

/** The most recently saved first. */
export const listPrompts = async (db: Db, profileId: string, page: PageRequest): Promise<PromptRow[]> => {
  const { rows } = await sql<PromptRow>`
    select name, prompt, created_at, updated_at from named_prompts
    where profile_id = ${profileId}
      ${page.after ? sql`and (updated_at < ${page.after[0]}::timestamptz or (updated_at = ${page.after[0]}::timestamptz and name > ${page.after[1]}::text))` : sql``}
    order by updated_at desc, name limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const countPrompts = async (db: Db, profileId: string): Promise<number> => {
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from named_prompts where profile_id = ${profileId}`.execute(db)
  return rows[0]?.n ?? 0
}

export const deletePrompt = async (db: Db, workspaceId: string, profileId: string, name: string): Promise<boolean> => {
  const { rows } = await sql`
    delete from named_prompts
    where workspace_id = ${workspaceId} and profile_id = ${profileId} and name = ${name} returning 1`.execute(db)
  return rows.length > 0
}
