import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { receivingProvider } from '../../email-address.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { subjectLine } from '../../message-text.ts'
import { type Header, type MessageAttachment, MessageInputError } from '../../mime-message.ts'
import { toDate } from '../../time-window.ts'
import { rewriteLinks } from '../../tracking.ts'
import { contentDisposition } from '../attachments/attachment-name.ts'
import { storeContents } from '../attachments/store-attachments.ts'
import { recordEvents } from '../campaigns/record-events.ts'
import { readEmail, type ShownEmail } from '../emails/read-emails.ts'
import { findBlock } from '../sending-health/find-block.ts'
import { findSuppressed } from '../suppression/suppress.ts'
import { isTracked } from './click-patterns.ts'
import { composeBody } from './compose-body.ts'
import { readExtraHeaders } from './extra-headers.ts'
import { findThread, type Thread } from './find-thread.ts'
import { wakeMessageSender } from './jobs.ts'
import { type MessageRecipient, readRecipients } from './read-recipients.ts'
import type { SendInput } from './schema.ts'
import { readSendTime } from './send-time.ts'
import { writeCopy } from './write-copy.ts'

export type SendDeps = Pick<Deps, 'db' | 'mail' | 'storage' | 'secrets' | 'mail_tokens' | 'config' | 'address'>

export type MessageAuthor = { workspace: Workspace; user_id: string }

type Alias = {
  id: string
  domain_id: string
  full_email: string
  display_name: string | null
  signature_html: string | null
  signature_text: string | null
  mailbox_id: string | null
  domain: string
  can_send: boolean
}

type GivenAttachment = NonNullable<SendInput['attachments']>[number]

type AttachmentPlan = {
  is_inline: boolean
  content_id: string | null
  size_bytes: number
  filename: string
  mime_type: string
} & ({ attachment_id: string } | { content: Buffer })

type Draft = {
  id: string
  alias: Alias
  recipients: MessageRecipient[]
  subject: string
  text: string
  html: string | null
  headers: Header[]
  reply_to: string | null
  thread: Thread
  links: { position: number; original_url: string; anchor_text: string }[]
  attachments: AttachmentPlan[]
  due_at: Date
  message_id: string
}

const findAlias = async (db: Deps['db'], workspaceId: string, id: string): Promise<Alias> => {
  const { rows } = await sql<Alias>`
    select a.id, a.domain_id, a.full_email, a.display_name, a.signature_html, a.signature_text, a.mailbox_id, d.domain, d.status = 'verified' and d.is_active as can_send
    from aliases a join sending_domains d on d.id = a.domain_id where a.workspace_id = ${workspaceId} and a.id = ${id} and a.deleted_at is null`.execute(
    db,
  )
  const alias = rows[0]
  if (!alias) throw problem('ALIAS_NOT_FOUND')
  if (!alias.can_send)
    throw problem(
      'DOMAIN_NOT_VERIFIED',
      `${alias.domain} is not verified, so nothing can be sent from ${alias.full_email}.`,
    )
  return alias
}

const readDueAt = (input: SendInput, now: Date): Date => {
  if (!input.send_at) {
    if (input.send_at_timezone)
      throw invalid([{ loc: ['body', 'send_at'], msg: 'is needed with send_at_timezone', type: 'missing' }])
    return now
  }
  const read = readSendTime(input.send_at, input.send_at_timezone ?? null)
  if (!read.ok) throw invalid([{ loc: ['body', read.field], msg: read.message, type: read.problem }])
  const at = toDate(read.at)
  if (at <= now)
    throw problem('SEND_AT_IN_PAST', `It is ${now.toISOString()} and send_at is ${at.toISOString()}.`, {
      details: [{ loc: ['body', 'send_at'], msg: 'has passed already', type: 'send_at_in_past' }],
    })
  return at
}

const readAddressees = (input: SendInput): MessageRecipient[] => {
  const { recipients, problems } = readRecipients(input)
  if (problems.length)
    throw problem('INVALID_RECIPIENT', problems.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join(' '), {
      details: problems,
    })
  if (!recipients.some(({ kind }) => kind === 'to'))
    throw invalid([{ loc: ['body', 'to_email'], msg: 'to_email or to_emails is needed', type: 'missing' }])
  return recipients
}

const refuseSuppressed = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  workspaceId: string,
  recipients: MessageRecipient[],
): Promise<void> => {
  const found = await findSuppressed(
    deps.db,
    workspaceId,
    recipients.map(({ address }) => address),
    deps.secrets,
  )
  if (!found.size) return
  const named = [...found].map(([address, { reason }]) => `${address} (${reason})`)
  throw problem('RECIPIENT_SUPPRESSED', `On the suppression list: ${named.join(', ')}.`, {
    details: [...found].map(([address, { reason }]) => ({
      loc: ['body', 'to_email', address],
      msg: reason,
      type: 'suppressed',
    })),
  })
}

type KnownAttachment = { id: string; filename: string; mime_type: string; size_bytes: number }

/** Reads what is to go along; unknown ids are named all at once. */
const planAttachments = async (
  db: Deps['db'],
  workspaceId: string,
  given: readonly GivenAttachment[],
): Promise<AttachmentPlan[]> => {
  const ids = given.flatMap((one) => ('attachment_id' in one ? [one.attachment_id] : []))
  const known = ids.length
    ? await sql<KnownAttachment>`
        select id, filename, mime_type, size_bytes::int as size_bytes from attachments
        where workspace_id = ${workspaceId} and id = any(${ids}::uuid[])`.execute(db)
    : { rows: [] }
  const byId = new Map(known.rows.map((row) => [row.id, row]))
  const missing = [...new Set(ids.filter((id) => !byId.has(id)))]
  if (missing.length)
    throw problem('ATTACHMENT_NOT_FOUND', `There is no attachment ${missing.join(', ')} in this workspace.`)
  const problems: Detail[] = []
  const plans = given.map((one, index): AttachmentPlan => {
    const content_id =
      one.content_id?.trim().replace(/^<|>$/g, '') || (one.is_inline ? `part${index + 1}.${newId()}` : null)
    if (content_id && !/^[\x21-\x3b\x3d\x3f-\x7e]+$/.test(content_id))
      problems.push({
        loc: ['body', 'attachments', index, 'content_id'],
        msg: 'is visible ASCII without spaces',
        type: 'content_id',
      })
    const shared = { is_inline: one.is_inline, content_id }
    if ('attachment_id' in one) {
      const { id, ...row } = byId.get(one.attachment_id) as KnownAttachment
      return { ...shared, ...row, attachment_id: id }
    }
    const content = Buffer.from(one.content, 'base64')
    return { ...shared, filename: one.filename, mime_type: one.mime_type, size_bytes: content.length, content }
  })
  if (problems.length) throw invalid(problems)
  return plans
}

/** Lines of 76 characters for 57 octets, and what stands before each part. */
const encodedSize = ({ size_bytes, filename, mime_type }: AttachmentPlan): number =>
  Math.ceil(size_bytes / 57) * 78 + 400 + mime_type.length + 2 * contentDisposition('attachment', filename).length

/**
 * Composes the message once, as it would go to its first recipient, without the attachments' content: what no mail server
 * could take is found while the client still listens. Throws VALIDATION_ERROR and MESSAGE_TOO_LARGE.
 */
const tryOut = (deps: SendDeps, who: MessageAuthor, input: SendInput, draft: Draft, now: Date): void => {
  const [first] = draft.recipients
  try {
    const { raw } = writeCopy(
      messageOf(who.workspace.workspace_id, input, draft),
      { position: 0, address: (first as MessageRecipient).address },
      { mail_tokens: deps.mail_tokens, base_url: deps.address.base_url },
      now,
    )
    const size = raw.length + draft.attachments.reduce((sum, one) => sum + encodedSize(one), 0)
    const limit = deps.config.messages.max_bytes
    if (size > limit)
      throw problem(
        'MESSAGE_TOO_LARGE',
        `The message would have ${size} bytes with its attachments encoded; ${limit} are sent at most (MESSAGE_MAX_BYTES).`,
      )
  } catch (error) {
    if (!(error instanceof MessageInputError)) throw error
    throw invalid(
      error.problems.map(({ field, code, message }) => ({
        loc: ['body', field],
        msg: message,
        type: code.toLowerCase(),
      })),
    )
  }
}

const addressesOf = (recipients: MessageRecipient[], kind: MessageRecipient['kind']): string[] =>
  recipients.filter((one) => one.kind === kind).map(({ address }) => address)

const messageOf = (workspaceId: string, input: SendInput, draft: Draft) => ({
  id: draft.id,
  workspace_id: workspaceId,
  alias_id: draft.alias.id,
  mailbox_id: draft.alias.mailbox_id,
  message_id: draft.message_id,
  from: { address: draft.alias.full_email, name: draft.alias.display_name },
  domain: draft.alias.domain,
  envelope_domain: draft.alias.domain,
  tracking_host: null,
  to_emails: addressesOf(draft.recipients, 'to'),
  cc_emails: addressesOf(draft.recipients, 'cc'),
  reply_to: draft.reply_to,
  in_reply_to: draft.thread.in_reply_to,
  thread_references: draft.thread.references,
  subject: draft.subject,
  body_text: draft.text,
  body_html: draft.html,
  headers: draft.headers,
  track_opens: input.track_opens,
  track_clicks: input.track_clicks,
  click_tracking_patterns: input.click_tracking_patterns ?? null,
  attachments: [] as MessageAttachment[],
})

const prepare = async (deps: SendDeps, who: MessageAuthor, input: SendInput, now: Date): Promise<Draft> => {
  const { workspace_id } = who.workspace
  const alias = await findAlias(deps.db, workspace_id, input.alias_id)
  const recipients = readAddressees(input)
  const reply = input.reply_to ? readRecipients({ to_email: input.reply_to }) : null
  if (reply?.problems.length) throw invalid(reply.problems.map((one) => ({ ...one, loc: ['body', 'reply_to'] })))
  const extra = readExtraHeaders(input.headers)
  if (extra.problems.length) throw invalid(extra.problems)
  const due_at = readDueAt(input, now)
  if (!(await deps.mail.transportFor(who.workspace))) throw problem('MAIL_NOT_CONFIGURED')
  const block = await findBlock(deps.db, { workspace_id, alias_ids: [alias.id] }, now)
  if (block) throw problem('SENDING_BLOCKED', block)
  await refuseSuppressed(deps, workspace_id, recipients)
  const attachments = await planAttachments(deps.db, workspace_id, input.attachments ?? [])
  const wantsHtml = input.track_opens || input.track_clicks || attachments.some(({ is_inline }) => is_inline)
  const signature = { html: alias.signature_html, text: alias.signature_text }
  const { text, html } = composeBody(input.body, signature, wantsHtml)
  const id = newId()
  const links =
    html !== null && input.track_clicks
      ? rewriteLinks(html, () => null)
          .links.filter(({ url }) => isTracked(url, input.click_tracking_patterns ?? null))
          .map(({ position, url, text }) => ({ position, original_url: url, anchor_text: text }))
      : []
  const draft: Draft = {
    id,
    alias,
    recipients,
    subject: subjectLine(input.subject),
    text,
    html,
    headers: extra.headers,
    reply_to: reply?.recipients[0]?.address ?? null,
    thread: await findThread(deps.db, workspace_id, input),
    links,
    attachments,
    due_at,
    message_id: deps.mail_tokens.messageId(id, alias.domain),
  }
  tryOut(deps, who, input, draft, now)
  return draft
}

const store = async (
  tx: Tx,
  deps: SendDeps,
  who: MessageAuthor,
  input: SendInput,
  draft: Draft,
  now: Date,
): Promise<void> => {
  const { workspace_id } = who.workspace
  const { id, alias, recipients, due_at, thread } = draft
  const isScheduled = due_at > now
  const [first] = recipients as [MessageRecipient]
  await sql`
    insert into emails (id, workspace_id, user_id, alias_id, domain_id, conversation_id, source, from_email, to_email, to_emails, cc_emails, bcc_emails,
      reply_to, headers, receiving_provider, status, due_at, send_at, send_at_timezone, message_id, in_reply_to, track_opens, track_clicks,
      click_tracking_patterns, created_at, updated_at)
    values (${id}, ${workspace_id}, ${who.user_id}, ${alias.id}, ${alias.domain_id}, ${thread.conversation_id ?? newId()}, 'api', ${alias.full_email},
      ${first.address}, ${addressesOf(recipients, 'to')}::text[], ${addressesOf(recipients, 'cc')}::text[], ${addressesOf(recipients, 'bcc')}::text[],
      ${draft.reply_to}, ${draft.headers.length ? JSON.stringify(Object.fromEntries(draft.headers)) : null}::jsonb, ${receivingProvider(first.domain)},
      ${isScheduled ? 'scheduled' : 'queued'}, ${due_at}, ${input.send_at ?? null}, ${input.send_at ? (input.send_at_timezone ?? null) : null},
      ${draft.message_id}, ${thread.in_reply_to}, ${input.track_opens}, ${input.track_clicks}, ${input.click_tracking_patterns ?? null}::text[], ${now}, ${now})`.execute(
    tx,
  )
  await sql`
    insert into email_contents (email_id, workspace_id, subject, body_text, body_html, thread_references)
    values (${id}, ${workspace_id}, ${draft.subject}, ${draft.text}, ${draft.html}, ${thread.references}::text[])`.execute(
    tx,
  )
  const rows = recipients.map(({ address, kind, domain }, position) => ({
    id: newId(),
    position,
    address,
    kind,
    receiving_provider: receivingProvider(domain),
  }))
  await sql`
    insert into email_recipients (id, workspace_id, email_id, alias_id, position, address, kind, receiving_provider, status, due_at, created_at, updated_at)
    select r.id, ${workspace_id}, ${id}, ${alias.id}, r.position, r.address, r.kind, r.receiving_provider, 'waiting', ${due_at}, ${now}, ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, position smallint, address text, kind text, receiving_provider text)`.execute(
    tx,
  )
  if (draft.links.length)
    await sql`
      insert into email_links (email_id, workspace_id, position, original_url, anchor_text)
      select ${id}, ${workspace_id}, l.position, l.original_url, l.anchor_text
      from jsonb_to_recordset(${JSON.stringify(draft.links)}::jsonb) as l (position smallint, original_url text, anchor_text text)`.execute(
      tx,
    )
  await storeAttachmentRows(tx, deps, who, draft, now)
  if (isScheduled)
    await recordEvents(tx, [
      {
        workspace_id,
        campaign_id: null,
        campaign_lead_id: null,
        email_id: id,
        event_type: 'scheduled',
        subject: draft.subject,
        metadata: {
          send_at_utc: due_at.toISOString(),
          send_at: input.send_at,
          send_at_timezone: input.send_at_timezone ?? null,
        },
        occurred_at: now,
      },
    ])
  else await wakeMessageSender(tx, workspace_id)
}

const storeAttachmentRows = async (
  tx: Tx,
  deps: SendDeps,
  who: MessageAuthor,
  draft: Draft,
  now: Date,
): Promise<void> => {
  if (!draft.attachments.length) return
  const { workspace_id } = who.workspace
  const contents = draft.attachments.flatMap((one) => ('content' in one ? [one] : []))
  const stored = await storeContents({ ...deps, db: tx }, { workspace_id, user_id: who.user_id }, contents, now)
  const idOf = new Map(contents.map((one, index) => [one, stored[index]?.id]))
  const rows = draft.attachments.map((one, position) => ({
    position,
    attachment_id: 'content' in one ? idOf.get(one) : one.attachment_id,
    is_inline: one.is_inline,
    content_id: one.content_id,
  }))
  await sql`
    insert into email_attachments (email_id, workspace_id, position, attachment_id, is_inline, content_id)
    select ${draft.id}, ${workspace_id}, a.position, a.attachment_id, a.is_inline, a.content_id
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as a (position smallint, attachment_id uuid, is_inline boolean, content_id text)`.execute(
    tx,
  )
}

/**
 * Accepts one message: it is checked as far as it can be without sending, stored with a row for each recipient, and sent by
 * a job, now or at `send_at`. Repeating a call sends again. Throws ALIAS_NOT_FOUND, DOMAIN_NOT_VERIFIED, MAIL_NOT_CONFIGURED,
 * SENDING_BLOCKED, INVALID_RECIPIENT, RECIPIENT_SUPPRESSED, SEND_AT_IN_PAST, ATTACHMENT_NOT_FOUND, MESSAGE_TOO_LARGE,
 * PAYLOAD_TOO_LARGE, NOT_FOUND (the conversation) and VALIDATION_ERROR; nothing is stored then.
 */
export const sendMessage = async (
  deps: SendDeps,
  who: MessageAuthor,
  input: SendInput,
  now: Date,
): Promise<ShownEmail> => {
  const draft = await prepare(deps, who, input, now)
  await transaction(deps.db, (tx) => store(tx, deps, who, input, draft, now))
  return (await readEmail(deps.db, who.workspace.workspace_id, draft.id)) as ShownEmail
}
