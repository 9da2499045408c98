import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { invalid, problem } from '../../http/errors.ts'
import { isUuid, newId } from '../../ids.ts'
import { replacePrompts } from './save-prompt.ts'
import { readSenderData } from './sender-data.ts'

export type SenderProfileRow = {
  id: string
  user_id: string
  profile_name: string
  /** The facts, and under `prompts` the named prompts, the most recently saved first, where there are any. */
  sender_data: { data: Record<string, unknown> }
  description: string | null
  created_at: Date
  updated_at: Date
  usage_count: number
  is_default: boolean
}

const PROFILES_OF_A_USER = 5

/** What answers carry of a profile `p`. */
export const PROFILE_COLUMNS: RawBuilder<unknown> = sql`p.id, p.user_id, p.profile_name,
  jsonb_build_object('data', p.sender_data || coalesce((
    select jsonb_build_object('prompts', jsonb_agg(jsonb_build_object('name', n.name, 'prompt', n.prompt,
      'created_at', to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'updated_at', to_char(n.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by n.updated_at desc, n.name))
    from named_prompts n where n.profile_id = p.id having count(*) > 0), '{}')) as sender_data,
  p.description, p.created_at, p.updated_at, p.usage_count, p.is_default`

/** The profile, or null. What is no UUID names no profile: the id is a plain string in the contract. */
export const findSenderProfile = async (
  db: Db,
  workspaceId: string,
  profileId: string,
): Promise<SenderProfileRow | null> => {
  if (!isUuid(profileId)) return null
  const { rows } = await sql<SenderProfileRow>`
    select ${PROFILE_COLUMNS} from sender_profiles p where p.workspace_id = ${workspaceId} and p.id = ${profileId}`.execute(
    db,
  )
  return rows[0] ?? null
}

/** Profiles of one user are made and marked one after the other, so that the limit and the one default hold in a race. */
export const lockProfilesOf = async (tx: Tx, workspaceId: string, userId: string): Promise<void> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`sender_profiles:${workspaceId}:${userId}`}, 0))`.execute(
    tx,
  )
}

/** Takes the mark off the user's default; the caller holds the lock. */
export const clearDefault = async (tx: Tx, workspaceId: string, userId: string): Promise<void> => {
  await sql`
    update sender_profiles set is_default = false
    where workspace_id = ${workspaceId} and user_id = ${userId} and is_default`.execute(tx)
}

export type SaveSenderProfileRequest = {
  workspace_id: string
  user_id: string
  profile_name: string
  /** As a client sends it: not wrapped, `prompts` allowed. */
  sender_data: Record<string, unknown>
  description?: string | null
  is_default?: boolean
  now: Date
}

/**
 * Stores a new profile. Throws PROFILE_LIMIT_REACHED for the user's sixth in this workspace, and VALIDATION_ERROR where a
 * reserved key of sender_data holds what it must not.
 */
export const saveSenderProfile = async (tx: Tx, request: SaveSenderProfileRequest): Promise<SenderProfileRow> => {
  const { workspace_id, user_id, now } = request
  const read = readSenderData(request.sender_data)
  if ('details' in read) throw invalid(read.details)
  await lockProfilesOf(tx, workspace_id, user_id)
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from sender_profiles where workspace_id = ${workspace_id} and user_id = ${user_id}`.execute(
    tx,
  )
  if ((rows[0]?.n ?? 0) >= PROFILES_OF_A_USER) throw problem('PROFILE_LIMIT_REACHED')
  if (request.is_default) await clearDefault(tx, workspace_id, user_id)
  const id = newId()
  await sql`
    insert into sender_profiles (id, workspace_id, user_id, profile_name, sender_data, description, is_default, created_at, updated_at)
    values (${id}, ${workspace_id}, ${user_id}, ${request.profile_name}, ${JSON.stringify(read.facts)}, ${request.description ?? null},
      ${request.is_default ?? false}, ${now}, ${now})`.execute(tx)
  if (read.prompts) await replacePrompts(tx, { workspace_id, profile_id: id, prompts: read.prompts, now })
  return (await findSenderProfile(tx, workspace_id, id)) as SenderProfileRow
}
