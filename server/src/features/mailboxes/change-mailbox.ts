import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { htmlToText } from '../../html-text.ts'
import { notFound, problem } from '../../http/errors.ts'
import { lockDispatch } from '../aliases/lock-dispatch.ts'
import { isConsentInUse } from './find-mailbox.ts'
import { openCredentials } from './mailbox-login.ts'
import type { MailboxRow } from './mailbox-row.ts'
import { oauthOf, revokeToken } from './oauth-client.ts'
import { countWaiting, findCampaignsUsing } from './queries.ts'
import type { MailboxUpdate } from './schema.ts'

/**
 * Changes what is given and nothing else. A mailbox that needs attention cannot be resumed: its credentials have to be
 * renewed first. Throws MAILBOX_STATE and NOT_FOUND.
 */
export const updateMailbox = (deps: Pick<Deps, 'db'>, row: MailboxRow, body: MailboxUpdate, now: Date): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const locked = await sql<{ status: MailboxRow['status'] }>`
      select status from mailboxes where id = ${row.id} and status <> 'disconnected' for update`.execute(tx)
    const status = locked.rows[0]?.status
    if (!status) throw notFound('There is no such mailbox in this workspace.')
    if (body.paused === false && status === 'needs_attention')
      throw problem('MAILBOX_STATE', 'This mailbox needs new credentials; reconnect it and it goes on by itself.')
    const next =
      body.paused === true && status === 'active'
        ? 'paused'
        : body.paused === false && status === 'paused'
          ? 'active'
          : status
    // Whoever holds a session open lets go of it and reads these settings anew.
    await sql`
      update mailboxes set status = ${next}, sent_copies = coalesce(${body.sent_copies ?? null}, sent_copies),
        reads_junk = coalesce(${body.reads_junk ?? null}::boolean, reads_junk), lease_id = null, lease_process = null, leased_until = null,
        next_attempt_at = case when ${next !== status} then ${now}::timestamptz else next_attempt_at end,
        next_sync_at = case when ${next !== status} then ${now}::timestamptz else next_sync_at end, updated_at = ${now}
      where id = ${row.id}`.execute(tx)
    const given = <T>(value: T | undefined, column: string) => (value === undefined ? sql.ref(column) : sql`${value}`)
    const signature = body.signature_html
    await sql`
      update aliases set display_name = ${given(body.display_name === undefined ? undefined : body.display_name?.trim() || null, 'display_name')},
        signature_html = ${given(signature, 'signature_html')},
        signature_text = ${given(signature === undefined ? undefined : signature && htmlToText(signature).trim(), 'signature_text')},
        daily_limit = ${given(body.daily_limit, 'daily_limit')}, ramp_start = ${given(body.ramp_start, 'ramp_start')},
        ramp_step = ${given(body.ramp_step, 'ramp_step')}, updated_at = ${now}
      where id = ${row.alias_id}`.execute(tx)
  })

type DisconnectDeps = Pick<Deps, 'db' | 'secrets' | 'config' | 'http' | 'log'>

/**
 * Disconnects: the credentials are erased at once and the consent is given back where the provider takes it. What was sent
 * and received stays, with its alias, which sends no more. Throws IN_USE that names the campaigns.
 */
export const disconnectMailbox = async (deps: DisconnectDeps, row: MailboxRow, now: Date): Promise<void> => {
  await transaction(deps.db, async (tx) => {
    await lockDispatch(tx, row.workspace_id)
    const using = await findCampaignsUsing(tx, row.workspace_id, row.alias_id)
    if (using.length)
      throw problem(
        'IN_USE',
        `${row.email} sends for ${using.map(({ name, campaign_id }) => `“${name}” (${campaign_id})`).join(', ')}. Stop or finish ${using.length === 1 ? 'it' : 'them'} first.`,
      )
    const scheduled = await countWaiting(tx, row.workspace_id, row.alias_id)
    if (scheduled)
      throw problem(
        'IN_USE',
        `${scheduled} message${scheduled === 1 ? ' waits' : 's wait'} to leave from ${row.email}; cancel ${scheduled === 1 ? 'it' : 'them'} first.`,
      )
    // Drafts and finished campaigns just lose it; its address is free again.
    await sql`
      update campaigns set alias_ids = array_remove(alias_ids, ${row.alias_id}::uuid), updated_at = ${now}
      where workspace_id = ${row.workspace_id} and ${row.alias_id}::uuid = any(alias_ids)`.execute(tx)
    await sql`update aliases set deleted_at = ${now}, updated_at = ${now} where id = ${row.alias_id}`.execute(tx)
    await sql`
      update mailboxes set status = 'disconnected', credentials = null, access_token = null, access_token_expires_at = null,
        credentials_version = credentials_version + 1, last_error = null, last_error_code = null, last_error_at = null, lease_id = null,
        lease_process = null, leased_until = null, updated_at = ${now}
      where id = ${row.id}`.execute(tx)
    await sql`delete from mailbox_sent_copies where mailbox_id = ${row.id}`.execute(tx)
    await sql`delete from mailbox_folders where mailbox_id = ${row.id}`.execute(tx)
  })
  if (row.auth_kind !== 'oauth2' || row.provider === 'other' || row.credentials === null) return
  const credentials = openCredentials(deps.secrets, row)
  const { config } = deps
  if (!('refresh_token' in credentials) || !config.mailbox_oauth[row.provider]) return
  if (await isConsentInUse(deps.db, row.provider, row.email)) return
  if (!(await revokeToken(deps, oauthOf(config, row.provider), credentials.refresh_token)))
    deps.log.info(
      { mailbox_id: row.id, provider: row.provider },
      'the consent could not be given back; it ends in the account’s settings',
    )
}
