import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { isUuid } from '../../ids.ts'
import { DEFAULT_PROMPT, promptVersionHash } from './default-prompt.ts'

/** Who won: the request itself, the campaign, a named prompt of the profile, the profile's custom_prompt, or nobody. */
export type PromptSource = 'override' | 'campaign' | 'named' | 'custom_prompt' | 'default'

export type ResolvedPrompt = {
  prompt: string
  source: PromptSource
  /** Set where the source is `named`. */
  name: string | null
  /** SHA-256 of the text, in hex. */
  version_hash: string
}

export type PromptRequest = {
  workspace_id: string
  /** For this one time; beats everything. */
  custom_prompt?: string | null
  /** The campaign's. */
  system_prompt?: string | null
  /** A profile of the workspace; one that is not there has no prompts. */
  profile_id?: string | null
  /**
   * `{ name }`: this named prompt of the profile, where there is one of that name; `'latest'`: the one that was saved last.
   * Absent: named prompts do not count. Campaigns leave it out, because saving a prompt mirrors it to custom_prompt.
   */
  named?: { name: string } | 'latest' | null
  /** Of a sender that is no saved profile, or beside one that has no prompt: its custom_prompt counts as a profile's. */
  sender_data?: Record<string, unknown> | null
}

type ProfilePrompts = { custom_prompt: string | null; name: string | null; prompt: string | null }

/**
 * Decides which prompt a text is written with. The order: the request's own, the campaign's, the wanted named prompt of the
 * profile, the profile's custom_prompt, the stock one. Blank ones do not count. An unknown name is no error: the next in the
 * order takes its place.
 */
export const resolvePrompt = async (db: Db, request: PromptRequest): Promise<ResolvedPrompt> => {
  if (isWritten(request.custom_prompt)) return resolved(request.custom_prompt, 'override')
  if (isWritten(request.system_prompt)) return resolved(request.system_prompt, 'campaign')
  const profile = request.profile_id ? await readPrompts(db, request, request.profile_id) : null
  if (isWritten(profile?.prompt)) return resolved(profile.prompt, 'named', profile.name)
  if (isWritten(profile?.custom_prompt)) return resolved(profile.custom_prompt, 'custom_prompt')
  const own = request.sender_data?.custom_prompt
  if (isWritten(own)) return resolved(own, 'custom_prompt')
  return resolved(DEFAULT_PROMPT, 'default')
}

const isWritten = (prompt: unknown): prompt is string => typeof prompt === 'string' && prompt.trim() !== ''

const resolved = (prompt: string, source: PromptSource, name: string | null = null): ResolvedPrompt => ({
  prompt,
  source,
  name,
  version_hash: promptVersionHash(prompt),
})

const readPrompts = async (db: Db, request: PromptRequest, profileId: string): Promise<ProfilePrompts | null> => {
  if (!isUuid(profileId)) return null
  const { named } = request
  const wanted = !named
    ? sql`false`
    : named === 'latest'
      ? sql`n.profile_id = p.id`
      : sql`n.profile_id = p.id and n.name = ${named.name}`
  const { rows } = await sql<ProfilePrompts>`
    select p.sender_data->>'custom_prompt' as custom_prompt, n.name, n.prompt
    from sender_profiles p left join lateral (
      select n.name, n.prompt from named_prompts n where ${wanted} order by n.updated_at desc, n.name limit 1) n on true
    where p.workspace_id = ${request.workspace_id} and p.id = ${profileId}`.execute(db)
  return rows[0] ?? null
}
