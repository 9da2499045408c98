import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Role, Workspace } from '../../http/access.ts'

export type WorkspaceRow = {
  workspace_id: string
  name: string
  mode: Workspace['mode']
  plan: string
  timezone: string
  role: Role
  is_personal: boolean
  created_at: Date
}

const COLUMNS = sql.raw(
  'w.id as workspace_id, w.name, w.mode, w.plan, w.timezone, m.role, w.personal_of is not distinct from m.user_id as is_personal, w.created_at',
)

/** Workspaces of a user, the personal one first; only `onlyId` for a key, which knows no other. */
export const listWorkspaces = async (db: Db, userId: string, onlyId: string | null): Promise<WorkspaceRow[]> => {
  const found = await sql<WorkspaceRow>`
    select ${COLUMNS} from workspace_members m join workspaces w on w.id = m.workspace_id
    where m.user_id = ${userId} and (${onlyId}::uuid is null or w.id = ${onlyId})
    order by is_personal desc, w.id`.execute(db)
  return found.rows
}

export const findWorkspace = async (db: Db | Tx, userId: string, id: string): Promise<WorkspaceRow | undefined> => {
  const found = await sql<WorkspaceRow>`
    select ${COLUMNS} from workspace_members m join workspaces w on w.id = m.workspace_id
    where m.user_id = ${userId} and w.id = ${id}`.execute(db)
  return found.rows[0]
}

export type SettingsRow = {
  workspace_id: string
  name: string
  mode: Workspace['mode']
  timezone: string
  postal_address: string | null
  provider_daily_limits: Record<string, number>
  updated_at: Date
}

export const getSettings = async (db: Db, id: string): Promise<SettingsRow> => {
  const found = await sql<SettingsRow>`
    select id as workspace_id, name, mode, timezone, postal_address, provider_daily_limits, updated_at
    from workspaces where id = ${id}`.execute(db)
  return found.rows[0] as SettingsRow
}

export type SettingsChange = Partial<
  Pick<SettingsRow, 'name' | 'timezone' | 'postal_address' | 'provider_daily_limits'>
>

export const updateSettings = async (db: Db | Tx, id: string, change: SettingsChange, now: Date): Promise<void> => {
  const { provider_daily_limits, ...plain } = change
  await db
    .updateTable('workspaces')
    .set({
      ...plain,
      ...(provider_daily_limits ? { provider_daily_limits: JSON.stringify(provider_daily_limits) } : {}),
      updated_at: now,
    })
    .where('id', '=', id)
    .execute()
}

export type MemberRow = { user_id: string; name: string; email: string; role: Role; joined_at: Date }

export const listMembers = async (db: Db, workspaceId: string, userId: string | null = null): Promise<MemberRow[]> => {
  const found = await sql<MemberRow>`
    select u.id as user_id, u.name, u.email, m.role, m.created_at as joined_at
    from workspace_members m join users u on u.id = m.user_id
    where m.workspace_id = ${workspaceId} and (${userId}::uuid is null or u.id = ${userId})
    order by m.created_at, u.id`.execute(db)
  return found.rows
}

/** The member's role and whether it is the only owner, with the workspace locked against other changes of members. */
export const findMemberLocked = async (
  tx: Tx,
  workspaceId: string,
  userId: string,
): Promise<{ role: Role; only_owner: boolean; is_personal: boolean } | undefined> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const found = await sql<{ role: Role; only_owner: boolean; is_personal: boolean }>`
    select m.role, w.personal_of is not distinct from m.user_id as is_personal, m.role = 'owner' and not exists (
      select 1 from workspace_members o where o.workspace_id = m.workspace_id and o.role = 'owner' and o.user_id <> m.user_id) as only_owner
    from workspace_members m join workspaces w on w.id = m.workspace_id
    where m.workspace_id = ${workspaceId} and m.user_id = ${userId}`.execute(tx)
  return found.rows[0]
}

export const setMemberRole = async (tx: Tx, workspaceId: string, userId: string, role: Role): Promise<void> => {
  await sql`update workspace_members set role = ${role} where workspace_id = ${workspaceId} and user_id = ${userId}`.execute(
    tx,
  )
}

export const removeMember = async (tx: Tx, workspaceId: string, userId: string): Promise<void> => {
  await sql`delete from workspace_members where workspace_id = ${workspaceId} and user_id = ${userId}`.execute(tx)
}

export type InvitationRow = { id: string; email: string; role: Role; expires_at: Date; created_at: Date }

export const listInvitations = async (db: Db, workspaceId: string, now: Date): Promise<InvitationRow[]> => {
  const found = await sql<InvitationRow>`
    select id, email, role, expires_at, created_at from invitations
    where workspace_id = ${workspaceId} and accepted_at is null and expires_at > ${now} order by id desc`.execute(db)
  return found.rows
}

export const deleteInvitation = async (db: Db, workspaceId: string, id: string): Promise<boolean> => {
  const done = await sql`
    delete from invitations where id = ${id} and workspace_id = ${workspaceId} and accepted_at is null returning id`.execute(
    db,
  )
  return done.rows.length > 0
}
