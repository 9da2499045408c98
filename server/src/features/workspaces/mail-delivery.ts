import { sql } from 'kysely'
import type { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import type { DeliveryReply } from '../../ports/mail/port.ts'
import type { MailDeliverySettings, MailDeliveryTest, MailDeliveryUpdate } from './schema.ts'

export type MailDelivery = z.output<typeof MailDeliverySettings>
export type MailDeliveryChange = z.output<typeof MailDeliveryUpdate>
type RelayGiven = MailDeliveryChange['relay']

type Row = {
  delivery: MailDelivery['delivery']
  relay_host: string | null
  relay_port: number | null
  relay_security: 'tls' | 'starttls' | 'opportunistic' | null
  relay_user: string | null
  relay_password: string | null
}

/** A relay as it stands or would stand; the password still or already sealed, or as it was given. */
type Relay = {
  host: string
  port: number
  security: NonNullable<Row['relay_security']>
  user: string | null
  password: { given: string } | { sealed: string } | null
}

const findRow = async (db: Db | Tx, workspaceId: string): Promise<Row | undefined> => {
  const { rows } = await sql<Row>`
    select delivery, relay_host, relay_port, relay_security, relay_user, relay_password from workspace_delivery where workspace_id = ${workspaceId}`.execute(
    db,
  )
  return rows[0]
}

const relayOf = (row: Row | undefined): Relay | null =>
  row && row.relay_host !== null && row.relay_port !== null && row.relay_security !== null
    ? {
        host: row.relay_host,
        port: row.relay_port,
        security: row.relay_security,
        user: row.relay_user,
        password: row.relay_password === null ? null : { sealed: row.relay_password },
      }
    : null

/**
 * What a relay in a request means beside the one there is: left out keeps it, null removes it. A password that is left out
 * is kept only for the same host, port and user, so that it is never handed to another.
 */
const relayAfter = (known: Relay | null, given: RelayGiven): Relay | null => {
  if (given === undefined) return known
  if (given === null) return null
  const { host, port, security } = given
  const user = given.user ?? null
  const isSame = known?.host === host && known.port === port && known.user === user
  const kept = isSame && given.password === undefined ? known.password : null
  return { host, port, security, user, password: given.password ? { given: given.password } : kept }
}

/** How mail of a workspace leaves. The password never stands in it. */
export const getMailDelivery = async (
  deps: Pick<Deps, 'db' | 'config'>,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
): Promise<MailDelivery> => {
  const row = await findRow(deps.db, workspace.workspace_id)
  const delivery = row?.delivery ?? 'instance'
  const relay = relayOf(row)
  const way = delivery === 'instance' ? deps.config.mail_delivery : delivery
  return {
    delivery,
    relay: relay && {
      host: relay.host,
      port: relay.port,
      security: relay.security,
      user: relay.user,
      has_password: relay.password !== null,
    },
    effective: workspace.mode === 'sandbox' ? 'sandbox' : way,
  }
}

/** A relay that a user names: these ports only, unless the operator lists host and port (DOMAIN.md §11). */
const PORTS = [25, 465, 587, 2525]

type Where = readonly (string | number)[]

/** Everything about a relay that can be told without asking it. */
const relayProblems = async (deps: Pick<Deps, 'config' | 'egress'>, relay: Relay, where: Where): Promise<Detail[]> => {
  const { host, port, security, user, password } = relay
  const details: Detail[] = []
  const add = (field: string, type: string, msg: string) => details.push({ loc: [...where, field], msg, type })
  const isListed = deps.config.egress_allow.includes(`${host}:${port}`)
  if (!PORTS.includes(port) && !isListed) add('port', 'port', `Port ${port} is none of ${PORTS.join(', ')}.`)
  if (password && user === null) add('user', 'missing', 'A password needs a user.')
  if (!password && user !== null) add('password', 'missing', 'This user needs a password.')
  if (security === 'opportunistic' && user !== null)
    add('security', 'security', 'A password leaves only over tls or starttls.')
  try {
    await deps.egress.resolve(host, port)
  } catch (error) {
    const isRefused = (error as { code?: string }).code === 'EGRESS_REFUSED'
    if (isRefused) add('host', 'egress', (error as Error).message)
    else add('host', 'host', `The host ${host} was not found.`)
  }
  return details
}

/** What keeps a relay from being used: by field, a stable name, and a sentence for whoever entered it. */
type RelayFault = { field: string; type: 'auth' | 'refused' | 'tls' | 'network' | 'log_in'; message: string }

const relayFault = ({ host, port, user }: Relay, reply: DeliveryReply): RelayFault => {
  const place = `${host}:${port}`
  const { reply_code: code, error_name: name } = reply
  const words = reply.text?.replace(/\s+/g, ' ').trim().slice(0, 300)
  const said = words ? ` It says: ${words}` : ''
  if (code === 530 || code === 534 || code === 535 || code === 525)
    return user === null
      ? { field: 'user', type: 'auth', message: `${place} wants a log-in (${code}).${said}` }
      : { field: 'password', type: 'auth', message: `${place} refused the log-in of ${user} (${code}).${said}` }
  if (code !== undefined) return { field: 'host', type: 'refused', message: `${place} answered with ${code}.${said}` }
  if (name === 'ETLS') return { field: 'security', type: 'tls', message: `No encrypted session with ${place}.${said}` }
  if (name === 'EAUTH') return { field: 'user', type: 'log_in', message: `${place} offers no log-in for a password.` }
  return { field: 'host', type: 'network', message: `${place} cannot be reached (${name ?? 'ECLOSED'}).` }
}

type CheckDeps = Pick<Deps, 'check_relay' | 'config' | 'db' | 'egress' | 'secrets'>

/** Opens a real session with it, log-in included. */
const tryRelay = async (
  deps: Pick<Deps, 'check_relay' | 'secrets'>,
  workspaceId: string,
  relay: Relay,
): Promise<{ reply: DeliveryReply; fault: RelayFault } | null> => {
  const { host, port, security, user, password } = relay
  const pass =
    password === null
      ? ''
      : 'given' in password
        ? password.given
        : deps.secrets.open(password.sealed, workspaceId).toString('utf8')
  const secure = security === 'starttls' ? 'required' : security
  const reply = await deps.check_relay({ host, port, secure, auth: user === null ? null : { user, pass } })
  return reply && { reply, fault: relayFault(relay, reply) }
}

/**
 * Looks at a change before it is written: this asks the name service and logs in at the relay, so it happens outside the
 * transaction. Throws LIVE_WORKSPACE_ONLY, MAIL_NOT_CONFIGURED for direct delivery that the operator has not prepared, and
 * VALIDATION_ERROR that names everything wrong with a relay.
 */
export const checkMailDelivery = async (
  deps: CheckDeps,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
  change: MailDeliveryChange,
): Promise<void> => {
  if (workspace.mode === 'sandbox') throw problem('LIVE_WORKSPACE_ONLY')
  if (change.delivery === 'direct' && !deps.config.direct_mail)
    throw problem('MAIL_NOT_CONFIGURED', 'This instance is not prepared for direct delivery (MAIL_HOST_NAME).')
  const where = ['body', 'mail_delivery', 'relay']
  const relay = relayAfter(relayOf(await findRow(deps.db, workspace.workspace_id)), change.relay)
  if (change.delivery === 'relay' && !relay) throw invalid([{ loc: where, msg: 'No relay is set.', type: 'missing' }])
  if (!relay || (!change.relay && change.delivery !== 'relay')) return
  const details = await relayProblems(deps, relay, where)
  if (details.length) throw invalid(details)
  const failed = await tryRelay(deps, workspace.workspace_id, relay)
  if (failed)
    throw invalid([{ loc: [...where, failed.fault.field], msg: failed.fault.message, type: failed.fault.type }])
}

/** Writes how mail leaves, as it was checked. Throws VALIDATION_ERROR where the relay went away meanwhile. */
export const saveMailDelivery = async (
  tx: Tx,
  deps: Pick<Deps, 'secrets'>,
  workspaceId: string,
  change: MailDeliveryChange,
  now: Date,
): Promise<void> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const relay = relayAfter(relayOf(await findRow(tx, workspaceId)), change.relay)
  if (change.delivery === 'relay' && (!relay || (relay.user !== null && !relay.password)))
    throw invalid([{ loc: ['body', 'mail_delivery', 'relay'], msg: 'No relay is set.', type: 'missing' }])
  const password = relay?.password ?? null
  const sealed = password && ('sealed' in password ? password.sealed : deps.secrets.seal(password.given, workspaceId))
  const values = {
    delivery: change.delivery,
    relay_host: relay?.host ?? null,
    relay_port: relay?.port ?? null,
    relay_security: relay?.security ?? null,
    relay_user: relay?.user ?? null,
    relay_password: sealed,
    updated_at: now,
  }
  await tx
    .insertInto('workspace_delivery')
    .values({ workspace_id: workspaceId, ...values })
    .onConflict((on) => on.column('workspace_id').doUpdateSet(values))
    .execute()
}

/**
 * Logs in at the relay of a request, or else at the stored one, and tells how it went; nothing is written and no message
 * sent. Throws LIVE_WORKSPACE_ONLY, MAIL_NOT_CONFIGURED where there is no relay, VALIDATION_ERROR for one that may not be asked.
 */
export const testMailDelivery = async (
  deps: CheckDeps,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
  given: RelayGiven,
): Promise<z.output<typeof MailDeliveryTest>> => {
  if (workspace.mode === 'sandbox') throw problem('LIVE_WORKSPACE_ONLY')
  const relay = relayAfter(relayOf(await findRow(deps.db, workspace.workspace_id)), given)
  if (!relay) throw problem('MAIL_NOT_CONFIGURED', 'This workspace has no relay of its own to test.')
  const details = await relayProblems(deps, relay, ['body', 'relay'])
  if (details.length) throw invalid(details)
  const failed = await tryRelay(deps, workspace.workspace_id, relay)
  const { host, port } = relay
  return {
    ok: failed === null,
    host,
    port,
    problem: failed && {
      type: failed.fault.type,
      message: failed.fault.message,
      smtp_code: failed.reply.reply_code ?? null,
      smtp_enhanced: failed.reply.enhanced_code ?? null,
      smtp_text: failed.reply.text ?? null,
    },
  }
}
