import type { Db } from '../../db/connect.ts'
import {
  countEmails,
  type EmailFilter,
  type EmailPage,
  type EmailRow,
  findEmail,
  listEmails,
  type RecipientJson,
} from './queries.ts'

export type { EmailFilter } from './queries.ts'

/** A message as every face of the product shows it; times are written as JSON writes them. */
export type ShownEmail = Record<string, unknown> & { id: string; status: string; conversation_id: string | null }

const instant = (text: string | null): Date | null => (text === null ? null : new Date(text))

/** Waiting for its turn and admitted to it are one thing to who reads it; what was tried before is deferred. */
const recipientStatus = ({ status, attempts }: RecipientJson): string =>
  status === 'waiting' || status === 'ready' ? (attempts > 0 ? 'deferred' : 'queued') : status

const shownRecipient = ({ due_at, ...row }: RecipientJson) => {
  const status = recipientStatus({ due_at, ...row })
  return {
    ...row,
    status,
    delivered_at: instant(row.delivered_at),
    bounced_at: instant(row.bounced_at),
    next_attempt_at: status === 'deferred' ? instant(due_at) : null,
  }
}

/** The wall clock of the zone that was asked for, with its offset, so that it can be read as an instant as well. */
export const wallClock = (at: Date, zone: string | null): string => {
  if (zone === null) return at.toISOString()
  const shown = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
  return `${shown.toPlainDateTime().toString({ smallestUnit: 'second' })}${shown.offset}`
}

const shown = ({ due_at, ...row }: EmailRow): ShownEmail => ({
  ...row,
  attachment_count: row.attachments.length,
  recipients: row.recipients?.map(shownRecipient) ?? null,
  provider_metadata: null,
  warmup_suspicious: false,
  warmup_suspicious_tokens: [],
  send_at: row.send_at === null ? null : wallClock(due_at, row.send_at_timezone),
  send_at_utc: row.send_at === null ? null : due_at,
  tracking_id: row.id,
})

/** A message of the workspace, or undefined. */
export const readEmail = async (db: Db, workspaceId: string, id: string): Promise<ShownEmail | undefined> => {
  const row = await findEmail(db, workspaceId, id)
  return row && shown(row)
}

/** Newest first; one more than asked for, to know whether others follow. */
export const readEmails = async (
  db: Db,
  workspaceId: string,
  filter: EmailFilter,
  page: EmailPage,
): Promise<ShownEmail[]> => (await listEmails(db, workspaceId, filter, page)).map(shown)

/** How many messages a filter finds; exact to 10,000. */
export const countMessages = (db: Db, workspaceId: string, filter: EmailFilter): Promise<number> =>
  countEmails(db, workspaceId, filter)
