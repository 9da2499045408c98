import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { htmlToText } from '../../html-text.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import type { MailboxLogin, ServerAddress } from '../../ports/mailbox/port.ts'
import { publishEvents } from '../webhooks/publish-events.ts'
import { checkServers, type ServerCheck } from './check-servers.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { keepBaseline } from './folder-baseline.ts'
import { knownServers, type MailboxProvider, providerOf, serverProblems } from './mail-servers.ts'
import { type Credentials, sealCredentials } from './mailbox-login.ts'
import type { MailboxRow } from './mailbox-row.ts'
import type { MailboxConnect, MailboxReconnect } from './schema.ts'

/** What mailbox providers are known to bear without remark; a new sender begins far below. */
const DAILY_LIMIT = 40
const RAMP = { start: 5, step: 3 }
const SYNC_MS = 120_000

export type MailboxSettings = {
  display_name?: string | null
  signature_html?: string | null
  daily_limit?: number
  ramp_start?: number | null
  ramp_step?: number | null
  sent_copies?: 'auto' | 'always' | 'never'
  reads_junk?: boolean
}

export type NewMailbox = {
  email: string
  provider: MailboxProvider
  auth_kind: 'password' | 'oauth2'
  smtp: ServerAddress & { user: string }
  imap: ServerAddress & { user: string }
  credentials: Credentials
  access: { token: string; expires_at: Date } | null
  settings: MailboxSettings
}

type Reached = Extract<ServerCheck['imap'], { fault: null }>

export const mustBeLive = (workspace: Pick<Workspace, 'mode'>): void => {
  if (workspace.mode !== 'live')
    throw problem(
      'LIVE_WORKSPACE_ONLY',
      'A sandbox reaches no real server, so it cannot connect a mailbox. Its own mail world has senders: add a domain and an alias.',
    )
}

/** Throws MAILBOX_REFUSED that names what is wrong at each server. */
const refuse = (checked: ServerCheck): Reached => {
  const details: Detail[] = []
  if (checked.smtp)
    details.push({ loc: ['body', 'smtp'], msg: checked.smtp.message, type: checked.smtp.code.toLowerCase() })
  if (checked.imap.fault)
    details.push({
      loc: ['body', 'imap'],
      msg: checked.imap.fault.message,
      type: checked.imap.fault.code.toLowerCase(),
    })
  if (details.length)
    throw problem('MAILBOX_REFUSED', `The mailbox cannot be used: ${details.map(({ msg }) => msg).join(' ')}`, {
      details,
    })
  return checked.imap as Reached
}

const refuseServers = (
  servers: Record<'smtp' | 'imap', ServerAddress>,
  config: Pick<Deps['config'], 'egress_allow'>,
): void => {
  const details = (['smtp', 'imap'] as const).flatMap((kind) =>
    serverProblems(kind, servers[kind], config.egress_allow),
  )
  if (details.length) throw problem('MAILBOX_REFUSED', details.map(({ msg }) => msg).join(' '), { details })
}

const logins = (
  mailbox: Pick<NewMailbox, 'smtp' | 'imap' | 'credentials' | 'access'>,
): Record<'smtp' | 'imap', MailboxLogin> => {
  const of = (user: string): MailboxLogin =>
    'password' in mailbox.credentials
      ? { user, password: mailbox.credentials.password }
      : { user, access_token: mailbox.access?.token ?? '' }
  return { smtp: of(mailbox.smtp.user), imap: of(mailbox.imap.user) }
}

/** The domain row that carries an address's caps; it is the workspace's own note and claims nothing (DOMAIN.md §12). */
const domainFor = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  domain: string,
  now: Date,
): Promise<string> => {
  await sql`
    insert into sending_domains (id, workspace_id, user_id, domain, is_sandbox, status, inbound_enabled, ownership_token, verified_at, created_at, updated_at, kind)
    values (${newId()}, ${who.workspace_id}, ${who.user_id}, ${domain}, false, 'verified', false, '', ${now}, ${now}, ${now}, 'mailbox')
    on conflict (workspace_id, domain, kind) do nothing`.execute(tx)
  const { rows } = await sql<{ id: string }>`
    select id from sending_domains where workspace_id = ${who.workspace_id} and domain = ${domain} and kind = 'mailbox'`.execute(
    tx,
  )
  return (rows[0] as { id: string }).id
}

const signatureText = (html: string | null | undefined): string | null => (html ? htmlToText(html).trim() : null)

/** A mailbox that was disconnected earlier comes back with its id, alias and history. Throws ALREADY_EXISTS. */
const save = async (
  tx: Tx,
  deps: Pick<Deps, 'secrets'>,
  who: { workspace_id: string; user_id: string },
  mailbox: NewMailbox,
  reached: Reached,
  now: Date,
): Promise<string> => {
  const { email, settings } = mailbox
  await sql`select pg_advisory_xact_lock(hashtextextended(${`mailbox:${who.workspace_id}:${email}`}, 0))`.execute(tx)
  const taken = await sql<{ mailbox_id: string | null }>`
    select mailbox_id from aliases where workspace_id = ${who.workspace_id} and full_email = ${email} and deleted_at is null`.execute(
    tx,
  )
  if (taken.rows[0])
    throw problem(
      'ALREADY_EXISTS',
      taken.rows[0].mailbox_id
        ? `${email} is connected already.`
        : `${email} is an alias of one of this workspace’s domains already.`,
    )
  const known = await sql<{ id: string; alias_id: string }>`
    select m.id, a.id as alias_id from mailboxes m join aliases a on a.mailbox_id = m.id
    where m.workspace_id = ${who.workspace_id} and m.email = ${email}`.execute(tx)
  const before = known.rows[0]
  const id = before?.id ?? newId()
  const credentials = sealCredentials(deps.secrets, id, mailbox.credentials)
  const access_token = mailbox.access ? deps.secrets.seal(mailbox.access.token, id) : null
  await sql`
    insert into mailboxes (id, workspace_id, user_id, email, provider, auth_kind, smtp_host, smtp_port, smtp_security, smtp_user, imap_host, imap_port,
      imap_security, imap_user, credentials, access_token, access_token_expires_at, status, sent_copies, sent_folder, reads_junk, connected_at,
      next_attempt_at, next_sync_at, created_at, updated_at)
    values (${id}, ${who.workspace_id}, ${who.user_id}, ${email}, ${mailbox.provider}, ${mailbox.auth_kind}, ${mailbox.smtp.host}, ${mailbox.smtp.port},
      ${mailbox.smtp.security}, ${mailbox.smtp.user}, ${mailbox.imap.host}, ${mailbox.imap.port}, ${mailbox.imap.security}, ${mailbox.imap.user}, ${credentials},
      ${access_token}, ${mailbox.access?.expires_at ?? null}, 'active', ${settings.sent_copies ?? 'auto'}, ${reached.sent_folder},
      ${settings.reads_junk ?? true}, ${now}, ${now}, ${new Date(now.getTime() + SYNC_MS)}, ${now}, ${now})
    on conflict (id) do update set user_id = excluded.user_id, provider = excluded.provider, auth_kind = excluded.auth_kind, smtp_host = excluded.smtp_host,
      smtp_port = excluded.smtp_port, smtp_security = excluded.smtp_security, smtp_user = excluded.smtp_user, imap_host = excluded.imap_host,
      imap_port = excluded.imap_port, imap_security = excluded.imap_security, imap_user = excluded.imap_user, credentials = excluded.credentials,
      credentials_version = mailboxes.credentials_version + 1, access_token = excluded.access_token, access_token_expires_at = excluded.access_token_expires_at,
      status = 'active', sent_copies = excluded.sent_copies, sent_folder = excluded.sent_folder, reads_junk = excluded.reads_junk, last_error = null,
      last_error_code = null, last_error_at = null, failures = 0, connected_at = excluded.connected_at, next_attempt_at = excluded.next_attempt_at,
      next_sync_at = excluded.next_sync_at, updated_at = excluded.updated_at`.execute(tx)
  // What came while nobody was connected was not for us: reading begins anew at this moment.
  await sql`delete from mailbox_folders where mailbox_id = ${id}`.execute(tx)
  await keepBaseline(tx, id, reached.folders, now)
  const daily_limit = settings.daily_limit ?? DAILY_LIMIT
  const ramp_start = settings.ramp_start === undefined ? RAMP.start : settings.ramp_start
  const ramp_step = settings.ramp_step === undefined ? RAMP.step : settings.ramp_step
  if (before) {
    await sql`
      update aliases set display_name = coalesce(${settings.display_name?.trim() || null}, display_name), daily_limit = ${daily_limit}, ramp_start = ${ramp_start},
        ramp_step = ${ramp_step}, ramp_started_on = null, deleted_at = null, updated_at = ${now} where id = ${before.alias_id}`.execute(
      tx,
    )
    return id
  }
  const at = email.lastIndexOf('@')
  const domain_id = await domainFor(tx, who, email.slice(at + 1), now)
  await sql`
    insert into aliases (id, workspace_id, user_id, domain_id, mailbox_id, alias, full_email, display_name, signature_html, signature_text, daily_limit,
      ramp_start, ramp_step, created_at, updated_at)
    values (${newId()}, ${who.workspace_id}, ${who.user_id}, ${domain_id}, ${id}, ${email.slice(0, at)}, ${email}, ${settings.display_name?.trim() || null},
      ${settings.signature_html ?? null}, ${signatureText(settings.signature_html)}, ${daily_limit}, ${ramp_start}, ${ramp_step}, ${now}, ${now})`.execute(
    tx,
  )
  return id
}

type ConnectDeps = Pick<Deps, 'db' | 'secrets' | 'config' | 'mailboxes' | 'clock'>

/**
 * Connects a mailbox: both log-ins are tried before anything is stored. Returns its id. Throws LIVE_WORKSPACE_ONLY,
 * ALREADY_EXISTS and MAILBOX_REFUSED, which names every problem.
 */
export const connectMailbox = async (
  deps: ConnectDeps,
  who: { workspace: Workspace; user_id: string },
  mailbox: NewMailbox,
  now: Date,
): Promise<string> => {
  mustBeLive(who.workspace)
  refuseServers(mailbox, deps.config)
  const reached = refuse(await checkServers(deps.mailboxes, mailbox, logins(mailbox)))
  const { workspace_id } = who.workspace
  return transaction(deps.db, (tx) => save(tx, deps, { workspace_id, user_id: who.user_id }, mailbox, reached, now))
}

/** The mailbox that a request with a password describes. Throws MAILBOX_REFUSED where servers are missing. */
export const describedMailbox = (config: Deps['config'], body: MailboxConnect): NewMailbox => {
  const email = body.email.toLowerCase()
  const provider = body.provider ?? providerOf(email)
  const known = knownServers(config, provider)
  const details: Detail[] = (['smtp', 'imap'] as const)
    .filter((kind) => !body[kind] && !known)
    .map((kind) => ({
      loc: ['body', kind],
      msg: `The ${kind.toUpperCase()} server of ${email} is not known and has to be given.`,
      type: 'missing',
    }))
  if (details.length) throw problem('MAILBOX_REFUSED', details.map(({ msg }) => msg).join(' '), { details })
  const server = (kind: 'smtp' | 'imap'): ServerAddress & { user: string } => {
    const { user, ...address } = body[kind] ?? {
      ...(known as Record<'smtp' | 'imap', ServerAddress>)[kind],
      user: undefined,
    }
    return { ...address, host: address.host.toLowerCase(), user: user ?? email }
  }
  const { password, provider: _provider, smtp: _smtp, imap: _imap, email: _email, ...settings } = body
  return {
    email,
    provider,
    auth_kind: 'password',
    smtp: server('smtp'),
    imap: server('imap'),
    credentials: { password },
    access: null,
    settings,
  }
}

/**
 * New credentials, and servers where they moved, for a mailbox that is known. It goes on where it stopped: what came
 * meanwhile is read, what was due is sent, step by step. Throws like connectMailbox.
 */
export const renewCredentials = async (
  deps: ConnectDeps,
  who: { workspace: Workspace },
  row: MailboxRow,
  renewed: Pick<NewMailbox, 'auth_kind' | 'credentials' | 'access' | 'smtp' | 'imap'>,
  now: Date,
): Promise<void> => {
  mustBeLive(who.workspace)
  refuseServers(renewed, deps.config)
  const reached = refuse(await checkServers(deps.mailboxes, renewed, logins(renewed)))
  const { smtp, imap } = renewed
  await transaction(deps.db, async (tx) => {
    const { rows } = await sql<{ status: string; previous_status: string; alias_id: string }>`
      with before as (select id, status from mailboxes where id = ${row.id} and status <> 'disconnected' for update)
      update mailboxes m set auth_kind = ${renewed.auth_kind}, smtp_host = ${smtp.host}, smtp_port = ${smtp.port}, smtp_security = ${smtp.security},
        smtp_user = ${smtp.user}, imap_host = ${imap.host}, imap_port = ${imap.port}, imap_security = ${imap.security}, imap_user = ${imap.user},
        credentials = ${sealCredentials(deps.secrets, row.id, renewed.credentials)}, credentials_version = credentials_version + 1,
        access_token = ${renewed.access ? deps.secrets.seal(renewed.access.token, row.id) : null}, access_token_expires_at = ${renewed.access?.expires_at ?? null},
        status = case when b.status = 'paused' then b.status else 'active' end, sent_folder = ${reached.sent_folder}, last_error = null, last_error_code = null,
        last_error_at = null, failures = 0, next_attempt_at = ${now}, next_sync_at = ${now}, lease_id = null, lease_process = null, leased_until = null,
        updated_at = ${now}
      from before b, aliases a where m.id = b.id and a.mailbox_id = m.id
      returning m.status, b.status as previous_status, a.id as alias_id`.execute(tx)
    const changed = rows[0]
    if (!changed) throw problem('MAILBOX_STATE', 'The mailbox was disconnected meanwhile.')
    if (changed.previous_status === 'needs_attention')
      await publishEvents(tx, [
        {
          workspace_id: who.workspace.workspace_id,
          event_type: 'mailbox.recovered',
          data: { mailbox_id: row.id, email: row.email, ...changed },
          occurred_at: now,
        },
      ])
    await keepBaseline(tx, row.id, reached.folders, now)
  })
}

/** Reconnects with a password. Throws NOT_FOUND through the caller, LIVE_WORKSPACE_ONLY and MAILBOX_REFUSED. */
export const reconnectMailbox = async (
  deps: ConnectDeps,
  who: { workspace: Workspace },
  row: MailboxRow,
  body: MailboxReconnect,
  now: Date,
): Promise<void> => {
  const server = (kind: 'smtp' | 'imap') => {
    const given = body[kind]
    const before = {
      host: row[`${kind}_host`],
      port: row[`${kind}_port`],
      security: row[`${kind}_security`],
      user: row[`${kind}_user`],
    }
    return given ? { ...given, host: given.host.toLowerCase(), user: given.user ?? before.user } : before
  }
  await renewCredentials(
    deps,
    who,
    row,
    {
      auth_kind: 'password',
      credentials: { password: body.password },
      access: null,
      smtp: server('smtp'),
      imap: server('imap'),
    },
    now,
  )
}

export const loadMailbox = async (deps: Pick<Deps, 'db'>, workspaceId: string, id: string): Promise<MailboxRow> => {
  const row = await findMailboxRow(deps.db, id, workspaceId)
  if (!row || row.status === 'disconnected') throw problem('NOT_FOUND', 'There is no such mailbox in this workspace.')
  return row
}
