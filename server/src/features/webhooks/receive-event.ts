import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { isUuid } from '../../ids.ts'
import { verifyMailSignature } from '../../webhook-signature.ts'
import { openSecrets, type SealedSecrets } from './endpoint-secret.ts'
import { MAIL_EVENT_TYPES } from './event-types.ts'
import { ReceivedEnvelope } from './schema.ts'

export type ReceiveDeps = Pick<Deps, 'db' | 'clock' | 'secrets' | 'log'>

export type Received = { status: 200; body: { status: 'ok' } } | { status: 400 | 403; body: { error: string } }

type Hook = SealedSecrets & { id: string; workspace_id: string }

const refuse = (status: 400 | 403, error: string): Received => ({ status, body: { error } })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Columns by which an event's data names its workspace, for a sender that does not name the hook. */
const OWNERS: [key: string, table: string][] = [
  ['alias_id', 'aliases'],
  ['domain_id', 'sending_domains'],
  ['email_id', 'emails'],
  ['email_id', 'inbound_emails'],
]

const findHook = async (
  db: Deps['db'],
  named: string | undefined,
  data: Record<string, unknown>,
): Promise<Hook | undefined> => {
  const hook = async (where: ReturnType<typeof sql>): Promise<Hook | undefined> =>
    (
      await sql<Hook>`
        select id, workspace_id, secret, previous_secret, previous_secret_until from webhook_endpoints where is_internal and ${where}`.execute(
        db,
      )
    ).rows[0]
  const id = named ?? data.webhook_id
  if (isUuid(id)) return hook(sql`id = ${id}`)
  for (const [key, table] of OWNERS) {
    const value = data[key]
    if (!isUuid(value)) continue
    const found = await hook(sql`workspace_id = (select workspace_id from ${sql.table(table)} where id = ${value})`)
    if (found) return found
  }
  return undefined
}

const first = (value: string | string[] | undefined): string =>
  Array.isArray(value) ? (value[0] ?? '') : (value ?? '')

/**
 * The product's own receiver of mail events. Nothing is believed before the signature over the raw body is checked with the
 * secret of the workspace's hook; what is then wrong with the content is a 400. An event that came before is answered alike and
 * changes nothing, and one of a type that is not known is taken and left alone. The instance is its own mail service, so all there is to do is to keep the receipt.
 */
export const receiveMailEvent = async (
  deps: ReceiveDeps,
  request: { headers: Record<string, string | string[] | undefined>; body: string },
): Promise<Received> => {
  const now = deps.clock.now()
  const content = parse(request.body)
  const data = (content as { data?: unknown } | undefined)?.data
  const hook = await findHook(
    deps.db,
    first(request.headers['x-webhook-endpoint-id']) || undefined,
    typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {},
  )
  const verdict = hook
    ? verifyMailSignature(
        openSecrets(deps.secrets, hook.id, hook, now),
        {
          signature: first(request.headers['x-webhook-signature']),
          timestamp: first(request.headers['x-webhook-timestamp']),
          body: request.body,
        },
        now,
      )
    : 'mismatch'
  if (!hook || verdict !== 'ok')
    return refuse(
      403,
      verdict === 'too_old'
        ? 'The timestamp is more than 300 seconds off.'
        : verdict === 'bad_timestamp'
          ? 'The timestamp is not a number of seconds.'
          : 'The signature is not right.',
    )
  if (content === undefined) return refuse(400, 'The body is not valid JSON.')
  const event = ReceivedEnvelope.safeParse(content)
  if (!event.success) {
    const problems = event.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`)
    return refuse(400, `The event cannot be read: ${problems.join('; ')}`.slice(0, 500))
  }
  const { event_id, event_type } = event.data
  // A newer sender knows more types. A no would have it try for a day and then give the hook up.
  if (!MAIL_EVENT_TYPES.some((known) => known === event_type)) return { status: 200, body: { status: 'ok' } }
  if (event_id.includes('\0')) return refuse(400, 'The event cannot be read: event_id holds a NUL.')
  const { numAffectedRows } = await sql`
    insert into mail_event_receipts (workspace_id, event_id, event_type, received_at)
    values (${hook.workspace_id}, ${event_id}, ${event_type}, ${now}) on conflict do nothing`.execute(deps.db)
  if (numAffectedRows) deps.log.debug({ event_type }, 'a mail event was received')
  return { status: 200, body: { status: 'ok' } }
}
