import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { MailboxRow } from './mailbox-row.ts'
import type { OAuthProvider } from './oauth-client.ts'

/** One mailbox with all that is needed to log in; of any workspace when none is named, which only workers do. */
export const findMailboxRow = async (db: Db, id: string, workspaceId?: string): Promise<MailboxRow | undefined> => {
  const { rows } = await sql<MailboxRow>`
    select m.id, w.mode, m.workspace_id, m.user_id, a.id as alias_id, m.email, m.provider, m.auth_kind, m.smtp_host, m.smtp_port, m.smtp_security,
      m.smtp_user, m.imap_host, m.imap_port, m.imap_security, m.imap_user, m.credentials, m.credentials_version, m.access_token,
      m.access_token_expires_at, m.status, m.sent_copies, m.sent_folder, m.reads_junk, m.failures, m.connected_at
    from mailboxes m join aliases a on a.mailbox_id = m.id join workspaces w on w.id = m.workspace_id
    where m.id = ${id} ${workspaceId ? sql`and m.workspace_id = ${workspaceId}` : sql``}`.execute(db)
  return rows[0]
}

/**
 * Whether a mailbox of any workspace, or a person's sheets, live on this account's consent. Google ends all tokens of an
 * account when one of them is given back, so a consent that is in use elsewhere is left alone.
 */
export const isConsentInUse = async (db: Db, provider: OAuthProvider, email: string): Promise<boolean> => {
  const { rows } = await sql`
    select 1 from mailboxes where email = ${email} and provider = ${provider} and auth_kind = 'oauth2' and credentials is not null
    union all
    select 1 from google_accounts where ${provider} = 'google' and google_email = ${email} and refresh_token is not null
    limit 1`.execute(db)
  return rows.length > 0
}
