import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid } from '../../http/errors.ts'
import { recheckApprovalsUsing } from '../playground/recheck-approvals.ts'
import { clearDefault, findSenderProfile, lockProfilesOf, type SenderProfileRow } from './find-profile.ts'
import { lockProfile, replacePrompts } from './save-prompt.ts'
import type { SenderProfileUpdateRequest } from './schema.ts'
import { readSenderData } from './sender-data.ts'

/** Changes the fields that were sent; a null name, sender_data or mark counts as not sent. Null when there is no such profile. */
export const updateProfile = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  workspaceId: string,
  profileId: string,
  changes: SenderProfileUpdateRequest,
  now: Date,
): Promise<SenderProfileRow | null> => {
  const read = changes.sender_data ? readSenderData(changes.sender_data) : null
  if (read && 'details' in read) throw invalid(read.details)
  return transaction(deps.db, async (tx) => {
    const profile = await findSenderProfile(tx, workspaceId, profileId)
    if (!profile) return null
    // The user's lock comes before the row's everywhere, so that two changes never wait for each other.
    await lockProfilesOf(tx, workspaceId, profile.user_id)
    if (!(await lockProfile(tx, workspaceId, profileId))) return null
    if (changes.is_default) await clearDefault(tx, workspaceId, profile.user_id)
    await sql`
      update sender_profiles set updated_at = ${now},
        profile_name = coalesce(${changes.profile_name ?? null}::text, profile_name),
        sender_data = coalesce(${read ? JSON.stringify(read.facts) : null}::jsonb, sender_data),
        is_default = coalesce(${changes.is_default ?? null}::boolean, is_default)
        ${changes.description === undefined ? sql`` : sql`, description = ${changes.description}`}
      where workspace_id = ${workspaceId} and id = ${profileId}`.execute(tx)
    if (read?.prompts)
      await replacePrompts(tx, { workspace_id: workspaceId, profile_id: profileId, prompts: read.prompts, now })
    if (read)
      await recheckApprovalsUsing(tx, deps.secrets, { workspace_id: workspaceId, sender_profile_id: profileId, now })
    return findSenderProfile(tx, workspaceId, profileId)
  })
}
