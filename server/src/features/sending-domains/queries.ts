import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { violatedConstraint } from '../../db/connect.ts'
import type { CursorKey } from '../../http/pagination.ts'

export type DomainRow = {
  id: string
  user_id: string
  domain: string
  is_sandbox: boolean
  status: 'provisioning' | 'pending' | 'verifying' | 'verified' | 'failed'
  inbound_enabled: boolean
  strip_tracking_on_read: boolean
  extra_retained_headers: string[] | null
  provider_key: string
  provider_config: Record<string, unknown> | null
  is_active: boolean
  dkim_selector: string
  daily_limit: number | null
  verified_at: Date | null
  last_verification_attempt: Date | null
  verification_error: string | null
  created_at: Date
  updated_at: Date
}

export type DomainWithRecords = DomainRow & { ownership_token: string; dkim_public_key: string }

const columns: RawBuilder<unknown> = sql`id, user_id, domain, is_sandbox, status, inbound_enabled, strip_tracking_on_read, extra_retained_headers,
  provider_key, provider_config, is_active, dkim_selector, daily_limit, verified_at, last_verification_attempt, verification_error, created_at, updated_at`

export const listDomains = async (
  db: Db,
  workspaceId: string,
  page: { limit: number | null; offset: number; after: CursorKey | null },
): Promise<DomainRow[]> => {
  const { rows } = await sql<DomainRow>`
    select ${columns} from sending_domains
    where workspace_id = ${workspaceId} ${page.after ? sql`and id > ${page.after[0]}::uuid` : sql``}
    order by id limit ${page.limit === null ? null : page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const findDomain = async (db: Db, workspaceId: string, id: string): Promise<DomainWithRecords | undefined> => {
  const { rows } = await sql<DomainWithRecords>`
    select ${columns}, ownership_token, dkim_public_key from sending_domains where workspace_id = ${workspaceId} and id = ${id}`.execute(
    db,
  )
  return rows[0]
}

/** Whether a live workspace has proved that the name is its own. */
export const hasLiveOwner = async (db: Db, domain: string): Promise<boolean> => {
  const { rows } = await sql<{ n: number }>`
    select 1 as n from sending_domains where domain = ${domain} and status = 'verified' and not is_sandbox limit 1`.execute(
    db,
  )
  return rows.length > 0
}

export type NewDomain = {
  id: string
  workspace_id: string
  user_id: string
  domain: string
  is_sandbox: boolean
  status: 'pending' | 'verified'
  inbound_enabled: boolean
  extra_retained_headers: string[] | null
  provider_key: string
  provider_config: Record<string, unknown> | null
  ownership_token: string
  dkim_selector: string
  dkim_public_key: string
  dkim_private_key: string
  daily_limit: number | null
  now: Date
}

/** Undefined when the workspace has the domain already. */
export const insertDomain = async (db: Db, d: NewDomain): Promise<DomainRow | undefined> => {
  const { rows } = await sql<DomainRow>`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, inbound_enabled, extra_retained_headers, provider_key,
      provider_config, ownership_token, dkim_selector, dkim_public_key, dkim_private_key, daily_limit, verified_at, last_verification_attempt, created_at, updated_at)
    values (${d.id}, ${d.workspace_id}, ${d.user_id}, ${d.domain}, ${d.is_sandbox}, ${d.status}, ${d.inbound_enabled},
      ${d.extra_retained_headers && JSON.stringify(d.extra_retained_headers)}, ${d.provider_key}, ${d.provider_config && JSON.stringify(d.provider_config)},
      ${d.ownership_token}, ${d.dkim_selector}, ${d.dkim_public_key}, ${d.dkim_private_key}, ${d.daily_limit},
      ${d.status === 'verified' ? d.now : null}, ${d.status === 'verified' ? d.now : null}, ${d.now}, ${d.now})
    on conflict (workspace_id, domain) do nothing
    returning ${columns}`.execute(db)
  return rows[0]
}

export const markVerifying = async (
  db: Db,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<DomainRow | undefined> => {
  const { rows } = await sql<DomainRow>`
    update sending_domains set status = 'verifying', verification_error = null, updated_at = ${now}
    where workspace_id = ${workspaceId} and id = ${id} and status <> 'verified' returning ${columns}`.execute(db)
  return rows[0]
}

export type VerificationResult = { status: 'verified' | 'failed' | 'pending'; error: string | null }

/** Writes a check's outcome. False when another live workspace owns the name already, which the unique index decides. */
export const recordVerification = async (
  db: Db,
  workspaceId: string,
  id: string,
  result: VerificationResult,
  now: Date,
): Promise<boolean> => {
  try {
    await sql`
      update sending_domains set status = ${result.status}, verification_error = ${result.error}, last_verification_attempt = ${now},
        verified_at = case when ${result.status} = 'verified' then coalesce(verified_at, ${now}) end, updated_at = ${now}
      where workspace_id = ${workspaceId} and id = ${id}`.execute(db)
    return true
  } catch (error) {
    if (violatedConstraint(error) === 'sending_domains_owner') return false
    throw error
  }
}

/** A check that could not reach DNS leaves a verified domain as it is. */
export const recordUnreachable = async (
  db: Db,
  workspaceId: string,
  id: string,
  error: string,
  now: Date,
): Promise<void> => {
  await sql`
    update sending_domains set status = case when status = 'verified' then status else 'pending' end,
      verification_error = ${error}, last_verification_attempt = ${now}, updated_at = ${now}
    where workspace_id = ${workspaceId} and id = ${id}`.execute(db)
}

export type DomainKeyRow = { id: string; domain: string; dkim_selector: string; dkim_private_key: string }

export const findDomainKey = async (db: Db, id: string): Promise<DomainKeyRow | undefined> => {
  const { rows } =
    await sql<DomainKeyRow>`select id, domain, dkim_selector, dkim_private_key from sending_domains where id = ${id}`.execute(
      db,
    )
  return rows[0]
}
