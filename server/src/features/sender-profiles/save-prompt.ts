import { sql } from 'kysely'
import { violatedConstraint } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import { isReservedPromptName } from './prompt-names.ts'
import type { PromptInput } from './sender-data.ts'

export type PromptRow = { name: string; prompt: string; created_at: Date; updated_at: Date }

type Target = { workspace_id: string; profile_id: string; now: Date }

const refuseReserved = (name: string): void => {
  if (isReservedPromptName(name))
    throw problem('RESERVED_NAME', undefined, {
      details: [{ loc: ['body', 'name'], msg: 'is a reserved name', type: 'reserved_name' }],
    })
}

const taken = (name: string) => problem('ALREADY_EXISTS', `This profile has a prompt named "${name}" already.`)

/** Locks the profile, so that saves of one profile follow each other; false when there is none. */
export const lockProfile = async (tx: Tx, workspaceId: string, profileId: string): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from sender_profiles where workspace_id = ${workspaceId} and id = ${profileId} for no key update`.execute(
    tx,
  )
  return rows.length > 0
}

/**
 * When this save counts as made: later than every other of the profile, even under a clock that stands still, since the
 * order of saving decides which prompt is in effect. The caller holds the profile's lock.
 */
const savedAt = (target: Target) => sql`greatest(${target.now}::timestamptz, (
  select max(updated_at) + interval '1 millisecond' from named_prompts where profile_id = ${target.profile_id}))`

/** Adds a prompt. Throws RESERVED_NAME or ALREADY_EXISTS. The caller holds the profile's lock. */
export const createPrompt = async (tx: Tx, target: Target & PromptInput): Promise<PromptRow> => {
  refuseReserved(target.name)
  const { rows } = await sql<PromptRow>`
    insert into named_prompts (workspace_id, profile_id, name, prompt, created_at, updated_at)
    select ${target.workspace_id}::uuid, ${target.profile_id}::uuid, ${target.name}, ${target.prompt}, at, at
    from (select ${savedAt(target)} as at) saved
    on conflict (profile_id, name) do nothing
    returning name, prompt, created_at, updated_at`.execute(tx)
  if (!rows[0]) throw taken(target.name)
  return rows[0]
}

/** Renames a prompt, rewrites it, or both. Null when there is none of that name. The caller holds the profile's lock. */
export const changePrompt = async (
  tx: Tx,
  target: Target & { name: string; new_name: string | null; prompt: string | null },
): Promise<PromptRow | null> => {
  // A prompt saved under its own name again is no renaming.
  if (target.new_name !== null && target.new_name !== target.name) refuseReserved(target.new_name)
  try {
    const { rows } = await sql<PromptRow>`
      update named_prompts set name = coalesce(${target.new_name}::text, name), prompt = coalesce(${target.prompt}::text, prompt),
        updated_at = ${savedAt(target)}
      where workspace_id = ${target.workspace_id} and profile_id = ${target.profile_id} and name = ${target.name}
      returning name, prompt, created_at, updated_at`.execute(tx)
    return rows[0] ?? null
  } catch (error) {
    if (violatedConstraint(error) === 'named_prompts_pkey') throw taken(target.new_name ?? target.name)
    throw error
  }
}

/**
 * Makes the profile's prompts the given ones. A prompt that did not change keeps its dates, so writing back what was read
 * changes nothing; changed and new ones move to the front, the first of the list foremost.
 */
export const replacePrompts = async (tx: Tx, target: Target & { prompts: PromptInput[] }): Promise<void> => {
  const { workspace_id, profile_id } = target
  const names = target.prompts.map(({ name }) => name)
  await sql`delete from named_prompts where profile_id = ${profile_id} and workspace_id = ${workspace_id} and not (name = any(${names}::text[]))`.execute(
    tx,
  )
  await sql`
    insert into named_prompts as p (workspace_id, profile_id, name, prompt, created_at, updated_at)
    select ${workspace_id}::uuid, ${profile_id}::uuid, g.name, g.prompt, ${target.now},
      saved.at + (${names.length} - g.position) * interval '1 millisecond'
    from unnest(${names}::text[], ${target.prompts.map(({ prompt }) => prompt)}::text[]) with ordinality as g (name, prompt, position),
      (select ${savedAt(target)} as at) saved
    on conflict (profile_id, name) do update set prompt = excluded.prompt, updated_at = excluded.updated_at
      where p.prompt <> excluded.prompt`.execute(tx)
}
