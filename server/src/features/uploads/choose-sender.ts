import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { notFound } from '../../http/errors.ts'
import { findSenderProfile, saveSenderProfile } from '../sender-profiles/find-profile.ts'
import type { SessionSender } from '../sessions/session-dataset.ts'

export type SenderChoice = {
  sender_profile_id: string | null
  sender_data: Record<string, unknown> | null
  save: boolean
  profile_name: string | null
}

export const noProfile = () => notFound('There is no such sender profile in this workspace.')

/**
 * The sender of an upload: a saved profile, else the data given, which becomes a profile when asked. Throws NOT_FOUND for a
 * profile of nobody here and PROFILE_LIMIT_REACHED for the user's sixth.
 */
export const chooseSender = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  choice: SenderChoice,
  now: Date,
): Promise<SessionSender> => {
  const profile = choice.sender_profile_id
    ? await findSenderProfile(tx, who.workspace_id, choice.sender_profile_id)
    : choice.sender_data && choice.save
      ? await saveSenderProfile(tx, { ...who, profile_name: profileName(choice), sender_data: choice.sender_data, now })
      : null
  if (choice.sender_profile_id && !profile) throw noProfile()
  if (!profile) return { sender_profile_id: null, sender_data: choice.sender_data }
  await sql`update sender_profiles set usage_count = usage_count + 1 where workspace_id = ${who.workspace_id} and id = ${profile.id}`.execute(
    tx,
  )
  return { sender_profile_id: profile.id, sender_data: profile.sender_data.data }
}

/** The name that was given, else the first thing in the data that names somebody. */
const profileName = (choice: SenderChoice): string => {
  if (choice.profile_name?.trim()) return choice.profile_name.trim()
  for (const field of ['name', 'sender_name', 'full_name', 'email', 'company', 'company_name']) {
    const value = choice.sender_data?.[field]
    if (typeof value === 'string' && value.trim()) return value.trim().slice(0, 100).toWellFormed()
  }
  return 'Sender profile'
}
