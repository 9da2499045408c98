import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { PageRequest } from '../../http/pagination.ts'

type Server = { host: string; port: number; security: 'tls' | 'starttls'; user: string }

/** A mailbox as it is shown: nothing in it opens anything. */
export type ShownMailbox = {
  id: string
  alias_id: string
  email: string
  display_name: string | null
  signature_html: string | null
  provider: 'google' | 'microsoft' | 'other'
  auth_kind: 'password' | 'oauth2'
  smtp: Server
  imap: Server
  status: 'connecting' | 'active' | 'needs_attention' | 'paused' | 'disconnected'
  last_error: string | null
  last_error_at: Date | null
  sent_copies: 'auto' | 'always' | 'never'
  sent_folder: string | null
  reads_junk: boolean
  daily_limit: number
  ramp_start: number | null
  ramp_step: number | null
  ramp_started_on: string | null
  sent_today: number
  connected_at: Date
  last_synced_at: Date | null
  created_at: Date
  updated_at: Date
}

const shown = (today: string): RawBuilder<unknown> => sql`
  m.id, a.id as alias_id, m.email, a.display_name, a.signature_html, m.provider, m.auth_kind,
  jsonb_build_object('host', m.smtp_host, 'port', m.smtp_port, 'security', m.smtp_security, 'user', m.smtp_user) as smtp,
  jsonb_build_object('host', m.imap_host, 'port', m.imap_port, 'security', m.imap_security, 'user', m.imap_user) as imap,
  m.status, m.last_error, m.last_error_at, m.sent_copies, m.sent_folder, m.reads_junk, a.daily_limit, a.ramp_start, a.ramp_step, a.ramp_started_on,
  coalesce((select used from send_counts s where s.workspace_id = m.workspace_id and s.scope = 'alias' and s.scope_key = a.id::text and s.day = ${today}::date), 0) as sent_today,
  m.connected_at, m.last_synced_at, m.created_at, m.updated_at`

export const listMailboxes = async (
  db: Db,
  workspaceId: string,
  page: PageRequest,
  today: string,
): Promise<ShownMailbox[]> => {
  const { rows } = await sql<ShownMailbox>`
    select ${shown(today)} from mailboxes m join aliases a on a.mailbox_id = m.id
    where m.workspace_id = ${workspaceId} and m.status <> 'disconnected' ${page.after ? sql`and m.id > ${page.after[0]}::uuid` : sql``}
    order by m.id limit ${page.limit + 1} offset ${page.offset}`.execute(db)
  return rows
}

export const countMailboxes = async (db: Db, workspaceId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from mailboxes where workspace_id = ${workspaceId} and status <> 'disconnected'`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}

export const findShownMailbox = async (
  db: Db,
  workspaceId: string,
  id: string,
  today: string,
): Promise<ShownMailbox | undefined> => {
  const { rows } = await sql<ShownMailbox>`
    select ${shown(today)} from mailboxes m join aliases a on a.mailbox_id = m.id
    where m.workspace_id = ${workspaceId} and m.id = ${id} and m.status <> 'disconnected'`.execute(db)
  return rows[0]
}

/** Campaigns that still write, or may go on to write, from the mailbox's alias. */
export const findCampaignsUsing = async (
  db: Db | Tx,
  workspaceId: string,
  aliasId: string,
): Promise<{ campaign_id: string; name: string }[]> => {
  const { rows } = await sql<{ campaign_id: string; name: string }>`
    select campaign_id, name from campaigns
    where workspace_id = ${workspaceId} and ${aliasId}::uuid = any(alias_ids) and status in ('launching', 'scheduled', 'active', 'draining', 'paused')
    order by name limit 20`.execute(db)
  return rows
}

/** Messages that a client composed and that have not left yet. */
export const countWaiting = async (db: Db | Tx, workspaceId: string, aliasId: string): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from emails
    where workspace_id = ${workspaceId} and alias_id = ${aliasId} and campaign_id is null and status in ('queued', 'scheduled', 'sending')`.execute(
    db,
  )
  return rows[0]?.n ?? 0
}
