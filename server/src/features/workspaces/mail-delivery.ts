import { sql } from 'kysely'
import type { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import type { MailDeliverySettings, MailDeliveryUpdate } from './schema.ts'

export type MailDelivery = z.output<typeof MailDeliverySettings>
export type MailDeliveryChange = z.output<typeof MailDeliveryUpdate>

type Row = {
  delivery: MailDelivery['delivery']
  relay_host: string | null
  relay_port: number | null
  relay_security: 'tls' | 'starttls' | 'opportunistic' | null
  relay_user: string | null
  relay_password: string | null
}

const findRow = async (db: Db | Tx, workspaceId: string): Promise<Row | undefined> => {
  const { rows } = await sql<Row>`
    select delivery, relay_host, relay_port, relay_security, relay_user, relay_password from workspace_delivery where workspace_id = ${workspaceId}`.execute(
    db,
  )
  return rows[0]
}

/** How mail of a workspace leaves. The password never stands in it. */
export const getMailDelivery = async (
  deps: Pick<Deps, 'db' | 'config'>,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
): Promise<MailDelivery> => {
  const row = await findRow(deps.db, workspace.workspace_id)
  const delivery = row?.delivery ?? 'instance'
  const relay =
    row && row.relay_host !== null && row.relay_port !== null && row.relay_security !== null
      ? {
          host: row.relay_host,
          port: row.relay_port,
          security: row.relay_security,
          user: row.relay_user,
          has_password: row.relay_password !== null,
        }
      : null
  const way = delivery === 'instance' ? deps.config.mail_delivery : delivery
  return { delivery, relay, effective: workspace.mode === 'sandbox' ? 'sandbox' : way }
}

/** A relay that a user names: these ports only, unless the operator lists host and port (DOMAIN.md §11). */
const PORTS = [25, 465, 587, 2525]

const relayProblems = async (
  deps: Pick<Deps, 'config' | 'egress'>,
  relay: NonNullable<MailDeliveryChange['relay']>,
): Promise<Detail[]> => {
  const at = (field: string): Detail['loc'] => ['body', 'mail_delivery', 'relay', field]
  const { host, port, security } = relay
  const details: Detail[] = []
  const isListed = deps.config.egress_allow.includes(`${host}:${port}`)
  if (!PORTS.includes(port) && !isListed)
    details.push({ loc: at('port'), msg: `Port ${port} is none of ${PORTS.join(', ')}.`, type: 'port' })
  if (relay.password !== undefined && relay.password !== null && !relay.user)
    details.push({ loc: at('user'), msg: 'A password needs a user.', type: 'missing' })
  if (security === 'opportunistic' && relay.user)
    details.push({ loc: at('security'), msg: 'A password leaves only over tls or starttls.', type: 'security' })
  try {
    await deps.egress.resolve(host, port)
  } catch (error) {
    const isRefused = (error as { code?: string }).code === 'EGRESS_REFUSED'
    const msg = isRefused ? (error as Error).message : `The host ${host} was not found.`
    details.push({ loc: at('host'), msg, type: isRefused ? 'egress' : 'host' })
  }
  return details
}

/**
 * Looks at a change before it is written: this asks the name service, so it happens outside the transaction. Throws
 * LIVE_WORKSPACE_ONLY, MAIL_NOT_CONFIGURED for direct delivery that the operator has not prepared, and VALIDATION_ERROR
 * that names everything wrong with a relay.
 */
export const checkMailDelivery = async (
  deps: Pick<Deps, 'config' | 'egress'>,
  workspace: Pick<Workspace, 'mode'>,
  change: MailDeliveryChange,
): Promise<void> => {
  if (workspace.mode === 'sandbox') throw problem('LIVE_WORKSPACE_ONLY')
  if (change.delivery === 'direct' && !deps.config.direct_mail)
    throw problem('MAIL_NOT_CONFIGURED', 'This instance is not prepared for direct delivery (MAIL_HOST_NAME).')
  const details = change.relay ? await relayProblems(deps, change.relay) : []
  if (details.length) throw invalid(details)
}

/**
 * Writes how mail leaves. A relay that is left out keeps the one there is; a password that is left out is kept only for the
 * same host, port and user, so that it is never handed to another. Throws VALIDATION_ERROR where no relay is known.
 */
export const saveMailDelivery = async (
  tx: Tx,
  deps: Pick<Deps, 'secrets'>,
  workspaceId: string,
  change: MailDeliveryChange,
  now: Date,
): Promise<void> => {
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const before = await findRow(tx, workspaceId)
  const { relay } = change
  if (change.delivery === 'relay' && !relay && !before?.relay_host)
    throw invalid([{ loc: ['body', 'mail_delivery', 'relay'], msg: 'No relay is set yet.', type: 'missing' }])
  const isSame =
    relay !== undefined &&
    before?.relay_host === relay.host &&
    before.relay_port === relay.port &&
    before.relay_user === (relay.user ?? null)
  const password =
    relay === undefined || (relay.password === undefined && isSame)
      ? (before?.relay_password ?? null)
      : relay.password
        ? deps.secrets.seal(relay.password, workspaceId)
        : null
  const values = {
    delivery: change.delivery,
    relay_host: relay ? relay.host : (before?.relay_host ?? null),
    relay_port: relay ? relay.port : (before?.relay_port ?? null),
    relay_security: relay ? relay.security : (before?.relay_security ?? null),
    relay_user: relay ? (relay.user ?? null) : (before?.relay_user ?? null),
    relay_password: password,
    updated_at: now,
  }
  if (change.delivery === 'relay' && values.relay_user !== null && values.relay_password === null)
    throw invalid([
      { loc: ['body', 'mail_delivery', 'relay', 'password'], msg: 'This user needs a password.', type: 'missing' },
    ])
  await tx
    .insertInto('workspace_delivery')
    .values({ workspace_id: workspaceId, ...values })
    .onConflict((on) => on.column('workspace_id').doUpdateSet(values))
    .execute()
}
