import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Role } from '../../http/access.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { sha256 } from '../../secrets.ts'

const VALID_MS = 7 * 86_400_000

export type Invitation = { id: string; workspace_id: string | null; role: Role; email: string }

const newToken = (): string => randomBytes(32).toString('base64url')

/**
 * Invites an address into a workspace, or only onto the instance when the workspace is null. An earlier open invitation of
 * the same address into the same workspace is replaced, so that one letter is valid at a time.
 */
export const createInvitation = async (
  tx: Tx,
  invited: { workspace_id: string | null; email: string; role: Role; invited_by: string | null; now: Date },
): Promise<{ id: string; token: string; expires_at: Date }> => {
  await sql`
    delete from invitations
    where workspace_id is not distinct from ${invited.workspace_id} and email = ${invited.email} and accepted_at is null`.execute(
    tx,
  )
  const id = newId()
  const token = newToken()
  const expires_at = new Date(invited.now.getTime() + VALID_MS)
  await tx
    .insertInto('invitations')
    .values({
      id,
      workspace_id: invited.workspace_id,
      email: invited.email,
      role: invited.role,
      token_hash: sha256(token),
      invited_by: invited.invited_by,
      expires_at,
      created_at: invited.now,
    })
    .execute()
  return { id, token, expires_at }
}

/**
 * Gives an open invitation a new token, for the job that writes the letter: the queue holds ids and never a secret, so the
 * token of the letter is made when the letter is. Null when it was accepted, taken back or has expired.
 */
export const renewInvitationToken = async (db: Db, id: string, now: Date): Promise<string | null> => {
  const token = newToken()
  const done = await sql<{ id: string }>`
    update invitations set token_hash = ${sha256(token)}
    where id = ${id} and accepted_at is null and expires_at > ${now} returning id`.execute(db)
  return done.rows.length ? token : null
}

/** Finds an open invitation by its token and locks it until the transaction ends. Throws NOT_FOUND for any other token. */
export const claimInvitation = async (tx: Tx, token: string, now: Date): Promise<Invitation> => {
  const found = await sql<Invitation>`
    select id, workspace_id, role, email from invitations
    where token_hash = ${sha256(token)} and accepted_at is null and expires_at > ${now} for update`.execute(tx)
  const invitation = found.rows[0]
  if (!invitation) throw problem('NOT_FOUND', 'This invitation does not exist, was used, or has expired.')
  return invitation
}

/** Uses a claimed invitation up: the user becomes a member with the invited role; a present membership is left as it is. */
export const acceptInvitation = async (tx: Tx, invitation: Invitation, userId: string, now: Date): Promise<void> => {
  await sql`update invitations set accepted_at = ${now} where id = ${invitation.id}`.execute(tx)
  if (!invitation.workspace_id) return
  await sql`
    insert into workspace_members (workspace_id, user_id, role, created_at)
    values (${invitation.workspace_id}, ${userId}, ${invitation.role}, ${now})
    on conflict (workspace_id, user_id) do nothing`.execute(tx)
}
