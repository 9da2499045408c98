import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import { recheckApprovalsUsing } from '../playground/recheck-approvals.ts'
import { isReservedPromptName } from '../sender-profiles/prompt-names.ts'
import { changePrompt, createPrompt, lockProfile } from '../sender-profiles/save-prompt.ts'
import { promptVersionHash } from './default-prompt.ts'
import { noSuchProfile } from './find-sender.ts'
import { keepPromptVersion } from './generation-run.ts'

/** The slot that is used over and over where nobody names one. */
const DEFAULT_SLOT = 'saved'

/**
 * Puts a prompt into a named slot of a profile and makes it the profile's custom_prompt as well, both or neither: the slot is
 * what the playground opens with, custom_prompt what campaigns write with. Throws NOT_FOUND and RESERVED_NAME.
 */
export const saveProfilePrompt = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  request: { workspace_id: string; profile_id: string; name: string | null; prompt: string; now: Date },
) => {
  const { workspace_id, profile_id, prompt, now } = request
  const name = request.name ?? DEFAULT_SLOT
  if (isReservedPromptName(name))
    throw problem('RESERVED_NAME', undefined, {
      details: [{ loc: ['body', 'save_as_name'], msg: 'is a reserved name', type: 'reserved_name' }],
    })
  if (!isUuid(profile_id)) throw noSuchProfile()
  return transaction(deps.db, async (tx) => {
    if (!(await lockProfile(tx, workspace_id, profile_id))) throw noSuchProfile()
    const target = { workspace_id, profile_id, name, prompt, now }
    const saved = (await changePrompt(tx, { ...target, new_name: null })) ?? (await createPrompt(tx, target))
    await sql`
      update sender_profiles set updated_at = ${now}, sender_data = sender_data || jsonb_build_object('custom_prompt', ${prompt}::text)
      where workspace_id = ${workspace_id} and id = ${profile_id}`.execute(tx)
    await recheckApprovalsUsing(tx, deps.secrets, { workspace_id, sender_profile_id: profile_id, now })
    const version_hash = promptVersionHash(prompt)
    await keepPromptVersion(tx, workspace_id, { prompt, version_hash }, now)
    return {
      sender_profile_id: profile_id,
      prompt_name: saved.name,
      prompt: saved.prompt,
      updated_at: saved.updated_at,
      version_hash,
    }
  })
}
