import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { CursorKey } from '../../http/pagination.ts'
import type { DnsRecordStatus } from './check-records.ts'
import type { DomainKey } from './dns-records.ts'
import type { DomainChange, DomainStatus } from './domain-verdict.ts'
import type { MtaStsMode } from './mta-sts.ts'

export type DomainRow = {
  id: string
  user_id: string
  domain: string
  is_sandbox: boolean
  status: DomainStatus
  inbound_enabled: boolean
  strip_tracking_on_read: boolean
  extra_retained_headers: string[] | null
  provider_key: string
  provider_config: Record<string, unknown> | null
  is_active: boolean
  dkim_selector: string | null
  dkim_ed25519: boolean
  daily_limit: number | null
  mail_from_host: string | null
  mail_from_verified_at: Date | null
  mail_from_error: string | null
  tracking_host: string | null
  tracking_verified_at: Date | null
  mta_sts_mode: MtaStsMode
  verified_at: Date | null
  failing_since: Date | null
  last_verification_attempt: Date | null
  verification_error: string | null
  activation_generation: number
  created_at: Date
  updated_at: Date
}

/** A domain with all that its records follow from. */
export type DomainWithRecords = DomainRow & {
  workspace_id: string
  ownership_token: string
  keys: DomainKey[]
  /** How the workspace's mail leaves, where it is not the instance's way. */
  delivery: string | null
  relay_host: string | null
  dns_records: DnsRecordStatus[] | null
  dns_checked_at: Date | null
}

const columns: RawBuilder<unknown> = sql`d.id, d.user_id, d.domain, d.is_sandbox, d.status, d.inbound_enabled, d.strip_tracking_on_read, d.extra_retained_headers,
  d.provider_key, d.provider_config, d.is_active, d.dkim_ed25519, d.daily_limit, d.mail_from_host, d.mail_from_verified_at, d.mail_from_error, d.tracking_host,
  d.tracking_verified_at, d.mta_sts_mode, d.verified_at, d.failing_since, d.last_verification_attempt, d.verification_error, d.created_at, d.updated_at,
  d.dkim_generation as activation_generation,
  (select k.selector from domain_keys k where k.domain_id = d.id and k.state = 'active' and k.algorithm = 'rsa') as dkim_selector`

const inUse = sql`d.kind = 'owned' and d.deleted_at is null`

export const selectDomains = async (
  db: Db,
  workspaceId: string,
  page: { limit: number | null; offset: number; after: CursorKey | null },
): Promise<DomainRow[]> => {
  const { rows } = await sql<DomainRow>`
    select ${columns} from sending_domains d
    where d.workspace_id = ${workspaceId} and ${inUse} ${page.after ? sql`and d.id > ${page.after[0]}::uuid` : sql``}
    order by d.id limit ${page.limit === null ? null : page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

type StoredKey = Omit<DomainKey, 'created_at' | 'activated_at' | 'retired_at'> & {
  created_at: string
  activated_at: string | null
  retired_at: string | null
}

const at = (text: string | null): Date | null => (text === null ? null : new Date(text))

export const findDomain = async (db: Db, workspaceId: string, id: string): Promise<DomainWithRecords | undefined> => {
  const { rows } = await sql<Omit<DomainWithRecords, 'keys'> & { keys: StoredKey[] }>`
    select ${columns}, d.workspace_id, d.ownership_token, w.delivery, w.relay_host, d.dns_records, d.dns_checked_at,
      coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'selector', k.selector, 'algorithm', k.algorithm, 'public_key', k.public_key, 'state', k.state,
        'created_at', k.created_at, 'activated_at', k.activated_at, 'retired_at', k.retired_at) order by k.id) from domain_keys k where k.domain_id = d.id), '[]') as keys
    from sending_domains d left join workspace_delivery w on w.workspace_id = d.workspace_id
    where d.workspace_id = ${workspaceId} and d.id = ${id} and ${inUse}`.execute(db)
  const row = rows[0]
  return (
    row && {
      ...row,
      keys: row.keys.map((key) => ({
        ...key,
        created_at: new Date(key.created_at),
        activated_at: at(key.activated_at),
        retired_at: at(key.retired_at),
      })),
    }
  )
}

/** Whether a live workspace has proved that the name is its own. `except` is the domain that asks. */
export const hasLiveOwner = async (db: Db, domain: string, except?: string): Promise<boolean> => {
  const { rows } = await sql<{ n: number }>`
    select 1 as n from sending_domains d where d.domain = ${domain} and d.status = 'verified' and not d.is_sandbox and ${inUse}
      ${except ? sql`and d.id <> ${except}` : sql``} limit 1`.execute(db)
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
  daily_limit: number | null
  dkim_ed25519: boolean
  mail_from_host: string | null
  tracking_host: string | null
  next_check_at: Date | null
  now: Date
}

/**
 * The id of the new domain; undefined when the workspace has the name already. One that was deleted comes back under its old
 * id, so that what it sent, and how its mail was received, still belongs to it.
 */
export const insertDomain = async (tx: Tx, d: NewDomain): Promise<string | undefined> => {
  const verified_at = d.status === 'verified' ? d.now : null
  const { rows } = await sql<{ id: string }>`
    insert into sending_domains as d (id, workspace_id, user_id, domain, is_sandbox, status, inbound_enabled, extra_retained_headers, provider_key, provider_config,
      ownership_token, daily_limit, dkim_ed25519, mail_from_host, mail_from_verified_at, tracking_host, tracking_verified_at, next_check_at, verified_at,
      last_verification_attempt, created_at, updated_at)
    values (${d.id}, ${d.workspace_id}, ${d.user_id}, ${d.domain}, ${d.is_sandbox}, ${d.status}, ${d.inbound_enabled},
      ${d.extra_retained_headers && JSON.stringify(d.extra_retained_headers)}, ${d.provider_key}, ${d.provider_config && JSON.stringify(d.provider_config)},
      ${d.ownership_token}, ${d.daily_limit}, ${d.dkim_ed25519}, ${d.mail_from_host}, ${d.mail_from_host && verified_at}, ${d.tracking_host}, ${d.tracking_host && verified_at},
      ${d.next_check_at}, ${verified_at}, ${verified_at}, ${d.now}, ${d.now})
    on conflict (workspace_id, domain, kind) do update set user_id = excluded.user_id, is_sandbox = excluded.is_sandbox, status = excluded.status,
      inbound_enabled = excluded.inbound_enabled, strip_tracking_on_read = false, extra_retained_headers = excluded.extra_retained_headers,
      provider_key = excluded.provider_key, provider_config = excluded.provider_config, is_active = true, ownership_token = excluded.ownership_token,
      daily_limit = excluded.daily_limit, dkim_ed25519 = excluded.dkim_ed25519, dkim_generation = d.dkim_generation + 1, mail_from_host = excluded.mail_from_host,
      mail_from_verified_at = excluded.mail_from_verified_at, mail_from_error = null, tracking_host = excluded.tracking_host,
      tracking_verified_at = excluded.tracking_verified_at, mta_sts_mode = 'testing', failing_since = null, next_check_at = excluded.next_check_at,
      dns_records = null, dns_checked_at = null, verified_at = excluded.verified_at, last_verification_attempt = excluded.last_verification_attempt,
      verification_error = null, deleted_at = null, created_at = excluded.created_at, updated_at = excluded.updated_at
    where d.deleted_at is not null
    returning d.id`.execute(tx)
  return rows[0]?.id
}

export const markVerifying = async (db: Db, workspaceId: string, id: string, now: Date): Promise<void> => {
  await sql`
    update sending_domains set status = 'verifying', verification_error = null, updated_at = ${now}
    where workspace_id = ${workspaceId} and id = ${id} and status <> 'verified' and deleted_at is null`.execute(db)
}

/** The domain's row, locked until the transaction ends, so that two checks never tell of the same change. */
export const lockDomain = async (
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<
  | {
      id: string
      domain: string
      status: DomainStatus
      failing_since: Date | null
      verified_at: Date | null
      created_at: Date
      is_sandbox: boolean
      mail_from_host: string | null
      tracking_host: string | null
      dkim_ed25519: boolean
      dkim_generation: number
    }
  | undefined
> => {
  const { rows } = await sql<never>`
    select d.id, d.domain, d.status, d.failing_since, d.verified_at, d.created_at, d.is_sandbox, d.mail_from_host, d.tracking_host, d.dkim_ed25519, d.dkim_generation
    from sending_domains d where d.workspace_id = ${workspaceId} and d.id = ${id} and ${inUse} for update`.execute(tx)
  return rows[0]
}

export type CheckedFacts = DomainChange & {
  mail_from: { verified_at: Date | null; error: string | null } | null
  tracking: { verified_at: Date | null } | null
  next_check_at: Date | null
  dns_records: DnsRecordStatus[]
  checked_at: Date
}

/** Writes what a check found. Throws on the index that lets only one live workspace own a name. */
export const writeCheck = async (tx: Tx, id: string, facts: CheckedFacts, now: Date): Promise<void> => {
  await sql`
    update sending_domains set status = ${facts.status}, failing_since = ${facts.failing_since}, verified_at = ${facts.verified_at},
      verification_error = ${facts.verification_error}, last_verification_attempt = ${now}, next_check_at = ${facts.next_check_at},
      dns_records = ${JSON.stringify(facts.dns_records)}, dns_checked_at = ${facts.checked_at},
      ${facts.mail_from ? sql`mail_from_verified_at = case when ${facts.mail_from.verified_at}::timestamptz is null then null else coalesce(mail_from_verified_at, ${facts.mail_from.verified_at}) end, mail_from_error = ${facts.mail_from.error},` : sql``}
      ${facts.tracking ? sql`tracking_verified_at = case when ${facts.tracking.verified_at}::timestamptz is null then null else coalesce(tracking_verified_at, ${facts.tracking.verified_at}) end,` : sql``}
      updated_at = ${now}
    where id = ${id}`.execute(tx)
}

/** Keeps what was found for those who ask soon. Not touched by it: the domain's own status. */
export const keepRecords = async (
  db: Db,
  workspaceId: string,
  id: string,
  records: DnsRecordStatus[],
  at: Date,
): Promise<void> => {
  await sql`update sending_domains set dns_records = ${JSON.stringify(records)}, dns_checked_at = ${at} where workspace_id = ${workspaceId} and id = ${id}`.execute(
    db,
  )
}

/** Others that wait for a name which has become free are looked at without delay. */
export const wakeRivals = async (tx: Tx, domain: string, id: string, now: Date): Promise<void> => {
  await sql`
    update sending_domains d set next_check_at = ${now}
    where d.domain = ${domain} and d.id <> ${id} and not d.is_sandbox and d.status <> 'verified' and ${inUse}`.execute(
    tx,
  )
}

/**
 * Takes live domains whose check is due. Their next one is moved by the length of a lease, so no other process looks at them
 * meanwhile, and a process that dies delays one check and loses none.
 */
export const claimDueDomains = async (
  db: Db,
  options: { now: Date; lease_until: Date; limit: number },
): Promise<{ id: string; workspace_id: string }[]> => {
  const { rows } = await sql<{ id: string; workspace_id: string }>`
    update sending_domains set next_check_at = ${options.lease_until} where id in (
      select d.id from sending_domains d where d.next_check_at <= ${options.now} and not d.is_sandbox and ${inUse}
      order by d.next_check_at limit ${options.limit} for update of d skip locked)
    returning id, workspace_id`.execute(db)
  return rows
}

/** Live domains whose signing key is older than `before` and has no successor yet. */
export const findOldKeys = async (
  db: Db,
  before: Date,
  limit: number,
): Promise<{ id: string; workspace_id: string }[]> => {
  const { rows } = await sql<{ id: string; workspace_id: string }>`
    select d.id, d.workspace_id from domain_keys k join sending_domains d on d.id = k.domain_id
    where k.state = 'active' and k.algorithm = 'rsa' and k.activated_at < ${before} and d.status = 'verified' and not d.is_sandbox and ${inUse}
      and not exists (select 1 from domain_keys n where n.domain_id = d.id and n.algorithm = 'rsa' and n.state = 'next')
    order by k.activated_at limit ${limit}`.execute(db)
  return rows
}

export type NewKey = Pick<DomainKey, 'id' | 'selector' | 'algorithm' | 'public_key'> & {
  state: 'active' | 'next'
  private_key: string
}

export const insertKey = async (
  tx: Tx,
  domain: { id: string; workspace_id: string },
  key: NewKey,
  now: Date,
): Promise<void> => {
  await sql`
    insert into domain_keys (id, workspace_id, domain_id, selector, algorithm, public_key, private_key, state, created_at, activated_at)
    values (${key.id}, ${domain.workspace_id}, ${domain.id}, ${key.selector}, ${key.algorithm}, ${key.public_key}, ${key.private_key}, ${key.state}, ${now},
      ${key.state === 'active' ? now : null})`.execute(tx)
}

export type SigningKeyRow = { domain: string; id: string | null; selector: string; private_key: string }

/** The keys that sign for a domain, RSA first, since every receiver can check it. No row: there is no such domain. */
export const listSigningKeys = async (db: Db, domainId: string): Promise<SigningKeyRow[]> => {
  const { rows } = await sql<SigningKeyRow>`
    select d.domain, k.id, k.selector, k.private_key from sending_domains d left join domain_keys k on k.domain_id = d.id and k.state = 'active'
    where d.id = ${domainId} order by k.algorithm desc`.execute(db)
  return rows
}

/** The keys named become the signing ones, and those that they replace are retired and their private halves forgotten. */
export const activateKeys = async (tx: Tx, domainId: string, ids: string[], now: Date): Promise<void> => {
  if (!ids.length) return
  await sql`
    update domain_keys set state = 'retired', retired_at = ${now}, private_key = null
    where domain_id = ${domainId} and state = 'active'
      and algorithm in (select algorithm from domain_keys where domain_id = ${domainId} and id = any(${ids}::uuid[]) and state = 'next')`.execute(
    tx,
  )
  await sql`
    update domain_keys set state = 'active', activated_at = ${now}
    where domain_id = ${domainId} and id = any(${ids}::uuid[]) and state = 'next'`.execute(tx)
}

/** An Ed25519 key whose record went away signs no more, and waits for its record again. */
export const suspendKey = async (tx: Tx, domainId: string, ids: string[]): Promise<void> => {
  if (!ids.length) return
  await sql`
    update domain_keys k set state = 'next', activated_at = null
    where k.domain_id = ${domainId} and k.id = any(${ids}::uuid[]) and k.state = 'active' and k.algorithm = 'ed25519'
      and not exists (select 1 from domain_keys n where n.domain_id = ${domainId} and n.algorithm = 'ed25519' and n.state = 'next')`.execute(
    tx,
  )
}

export const forgetKeys = async (tx: Tx, domainId: string, ids: string[]): Promise<void> => {
  if (ids.length)
    await sql`delete from domain_keys where domain_id = ${domainId} and id = any(${ids}::uuid[]) and state = 'retired'`.execute(
      tx,
    )
}
