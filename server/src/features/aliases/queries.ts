import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { AliasRow } from './read-aliases.ts'

export const findDomainName = async (db: Db, workspaceId: string, domainId: string): Promise<string | undefined> => {
  const { rows } = await sql<{ domain: string }>`
    select domain from sending_domains where workspace_id = ${workspaceId} and id = ${domainId} and kind = 'owned' and deleted_at is null`.execute(
    db,
  )
  return rows[0]?.domain
}

export type NewAlias = Omit<
  AliasRow,
  'warmup_token' | 'domain_name' | 'domain_status' | 'created_at' | 'updated_at'
> & {
  workspace_id: string
  now: Date
}

/** False when the address is taken in this workspace. */
export const insertAlias = async (db: Db, a: NewAlias): Promise<boolean> => {
  const { numAffectedRows } = await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, alias, full_email, display_name, signature_html, signature_text,
      raw_mime_retention_enabled, daily_limit, ramp_start, ramp_step, ramp_started_on, jitter_ratio, created_at, updated_at)
    values (${a.id}, ${a.workspace_id}, ${a.user_id}, ${a.domain_id}, ${a.alias}, ${a.full_email}, ${a.display_name}, ${a.signature_html},
      ${a.signature_text}, ${a.raw_mime_retention_enabled}, ${a.daily_limit}, ${a.ramp_start}, ${a.ramp_step}, ${a.ramp_started_on}, ${a.jitter_ratio}, ${a.now}, ${a.now})
    on conflict (workspace_id, full_email) where deleted_at is null do nothing`.execute(db)
  return numAffectedRows === 1n
}

export type LockedAlias = {
  id: string
  domain_id: string
  domain: string
  alias: string
  full_email: string
  mailbox_id: string | null
  ramp_start: number | null
  ramp_step: number | null
}

/** The alias with its row locked, so that nothing begins to use it meanwhile; undefined when it is deleted or not there. */
export const lockAlias = async (tx: Tx, workspaceId: string, id: string): Promise<LockedAlias | undefined> => {
  const { rows } = await sql<LockedAlias>`
    select a.id, a.domain_id, d.domain, a.alias, a.full_email, a.mailbox_id, a.ramp_start, a.ramp_step
    from aliases a join sending_domains d on d.id = a.domain_id
    where a.workspace_id = ${workspaceId} and a.id = ${id} and a.deleted_at is null for update of a`.execute(tx)
  return rows[0]
}

export type CampaignOfAlias = { campaign_id: string; name: string; status: string }

/** Campaigns that would still send from the alias: it is one of theirs, or a lead of theirs waits for its turn with it. */
export const listUsingCampaigns = async (tx: Tx, workspaceId: string, aliasId: string): Promise<CampaignOfAlias[]> => {
  const { rows } = await sql<CampaignOfAlias>`
    select c.campaign_id, c.name, c.status from campaigns c
    where c.workspace_id = ${workspaceId} and c.status in ('launching', 'scheduled', 'active', 'draining', 'paused')
      and (${aliasId} = any(c.alias_ids) or exists (
        select 1 from campaign_leads l where l.campaign_id = c.campaign_id and l.alias_id = ${aliasId} and l.next_action_at is not null))
    order by c.campaign_id`.execute(tx)
  return rows
}

export const countScheduledMessages = async (tx: Tx, workspaceId: string, aliasId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from emails
    where workspace_id = ${workspaceId} and alias_id = ${aliasId} and campaign_id is null and source = 'api' and status = 'scheduled'`.execute(
    tx,
  )
  return rows[0]?.n ?? 0
}
