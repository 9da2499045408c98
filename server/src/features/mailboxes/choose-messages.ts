import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { findMessageTokens } from '../../mail-token.ts'
import type { MailboxSession, MessageHead } from '../../ports/mailbox/port.ts'
import { hasNullReturnPath } from '../inbound/bounce-report.ts'
import { headerValue, type ParsedMessage, parseMessage } from '../inbound/parse-message.ts'
import { readMessage } from '../inbound/read-message.ts'
import type { MailboxRow } from './mailbox-row.ts'

/**
 * A mailbox is somebody's own: most of what arrives in it is none of ours and is never stored, not even for a moment. What
 * is kept answers something that was sent from here. That is told from the headers alone; only a report of a mail system,
 * which names the message it is about in its body, is looked into, and forgotten when it names none of ours.
 */
export type ChosenMessage = { uid: number; digest: Buffer; mail_from: string; raw: Buffer }

type Choice = 'keep' | 'look' | 'leave'

type Known = { ids: Set<string>; message_ids: Set<string>; addresses: Set<string> }

type Glance = { head: MessageHead; message: ParsedMessage; named: string[]; token_ids: string[]; from: string }

/** Reports are read this far for the message they return; its headers stand within the first few kilobytes. */
const MOST_OF_REPORT = 512 * 1024

const bare = (id: string): string => id.replace(/^<|>$/g, '')

const tokenIds = (deps: Pick<Deps, 'mail_tokens'>, ids: readonly string[]): string[] =>
  findMessageTokens(ids).flatMap((token) => deps.mail_tokens.verify('message', token)?.email_id ?? [])

const glanceAt = async (deps: Pick<Deps, 'mail_tokens'>, head: MessageHead): Promise<Glance> => {
  const message = await parseMessage(head.headers)
  const named = [...message.references, ...(message.in_reply_to ? [message.in_reply_to] : [])]
  return { head, message, named, token_ids: tokenIds(deps, named), from: message.from?.address.toLowerCase() ?? '' }
}

const findKnown = async (
  deps: Pick<Deps, 'db'>,
  mailbox: Pick<MailboxRow, 'workspace_id' | 'alias_id'>,
  asked: { ids: string[]; message_ids: string[]; addresses: string[] },
): Promise<Known> => {
  const known: Known = { ids: new Set(), message_ids: new Set(), addresses: new Set() }
  const { ids, addresses } = asked
  const message_ids = asked.message_ids.flatMap((id) => [bare(id), `<${bare(id)}>`])
  if (!ids.length && !message_ids.length && !addresses.length) return known
  const { rows } = await sql<{ kind: 'id' | 'message_id' | 'address'; value: string }>`
    select 'id' as kind, id::text as value from emails where id = any(${ids}::uuid[]) and workspace_id = ${mailbox.workspace_id}
    union all
    select 'message_id', message_id from emails where message_id = any(${message_ids}::text[]) and workspace_id = ${mailbox.workspace_id}
    union all
    select distinct 'address', lower(to_email) from emails
    where workspace_id = ${mailbox.workspace_id} and to_email = any(${addresses}::text[]) and alias_id = ${mailbox.alias_id} and sent_at is not null`.execute(
    deps.db,
  )
  for (const { kind, value } of rows)
    (kind === 'id' ? known.ids : kind === 'message_id' ? known.message_ids : known.addresses).add(
      kind === 'message_id' ? bare(value) : value,
    )
  return known
}

/** Whether a mail system wrote it about another message (RFC 3464, RFC 5965), as far as headers tell. */
const isReport = ({ message, from }: Glance): boolean =>
  /^\s*multipart\/report\b/i.test(headerValue(message, 'content-type') ?? '') ||
  hasNullReturnPath(message) ||
  /^(?:mailer-daemon|postmaster|mail delivery (?:sub)?system)\b/i.test(from) ||
  headerValue(message, 'x-failed-recipients') !== null

const judge = (
  glance: Glance,
  mailbox: Pick<MailboxRow, 'email'>,
  deps: Pick<Deps, 'mail_tokens'>,
  known: Known,
): Choice => {
  // What its owner writes, and what was sent from here and came back to them as a copy, is no answer.
  if (glance.from === mailbox.email.toLowerCase()) return 'leave'
  if (glance.message.message_id && tokenIds(deps, [glance.message.message_id]).length) return 'leave'
  if (glance.token_ids.some((id) => known.ids.has(id))) return 'keep'
  if (glance.named.some((id) => known.message_ids.has(bare(id)))) return 'keep'
  if (known.addresses.has(glance.from)) return 'keep'
  return isReport(glance) ? 'look' : 'leave'
}

const namesOurs = async (
  deps: Pick<Deps, 'db' | 'mail_tokens'>,
  mailbox: MailboxRow,
  raw: Buffer,
): Promise<boolean> => {
  const message = await readMessage(raw)
  const texts = [raw.toString('latin1'), message.text ?? '', ...message.report_parts.map(({ content }) => content)]
  const ids = tokenIds(deps, texts)
  return ids.length > 0 && (await findKnown(deps, mailbox, { ids, message_ids: [], addresses: [] })).ids.size > 0
}

/** One message, whatever folder it lies in and whatever number it has there. */
const digestOf = ({ message, head }: Glance): Buffer =>
  createHash('sha256')
    .update(
      message.message_id
        ? `${message.message_id}\0${message.from?.address ?? ''}\0${headerValue(message, 'date') ?? ''}`
        : Buffer.concat([head.headers, Buffer.from(String(head.size))]),
    )
    .digest()

const senderOf = (glance: Glance): string => {
  const path = headerValue(glance.message, 'return-path')
  if (path !== null) return /<\s*([^<>\s]*)\s*>/.exec(path)?.[1] ?? ''
  return isReport(glance) ? '' : glance.from
}

/**
 * Of these messages of the folder that is open, those that answer something of ours, with their text; `on_message` hears of
 * each in the order of UIDs, with null for one that is left alone, so that the caller can note how far it has come.
 */
export const chooseMessages = async (
  deps: Pick<Deps, 'db' | 'mail_tokens'>,
  session: MailboxSession,
  mailbox: MailboxRow,
  heads: MessageHead[],
  max_bytes: number,
  on_message: (uid: number, chosen: ChosenMessage | null) => Promise<void>,
): Promise<void> => {
  const glances = await Promise.all(heads.map((head) => glanceAt(deps, head)))
  const known = await findKnown(deps, mailbox, {
    ids: glances.flatMap(({ token_ids }) => token_ids),
    message_ids: glances.flatMap(({ named }) => named),
    addresses: glances.flatMap(({ from, message }) => (from ? [from, message.from?.address ?? from] : [])),
  })
  for (const glance of glances) {
    const { uid } = glance.head
    const choice = judge(glance, mailbox, deps, known)
    let raw: Buffer | null = null
    if (choice === 'look') {
      const report = await session.source(uid, Math.min(MOST_OF_REPORT, max_bytes))
      if (report && (await namesOurs(deps, mailbox, report))) raw = report
    } else if (choice === 'keep') raw = await session.source(uid, max_bytes)
    await on_message(uid, raw && { uid, digest: digestOf(glance), mail_from: senderOf(glance), raw })
  }
}
