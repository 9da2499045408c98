import { z } from 'zod'
import { answer, defineOperation, fileResponse, type Operation } from '../../http/define-operation.ts'
import { cutPage, listParams, nextLink, readPage } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'
import {
  countReceived,
  deleteReceived,
  getReceived,
  listReceived,
  markReceived,
  openInboundAttachment,
  readRawMessage,
  sendRawMessage,
  sendReceivedFile,
} from '../inbound/received-messages.ts'
import { InboundEmail, InboundEmailParams, InboundEmailSummary } from '../inbound/schema.ts'
import { readClientLine, VARY } from './client-line.ts'
import { InboundNames, InboundPage, inboundDetail, inboundNames } from './inbound-email.ts'

const tag = 'mail-service'
const FACE = '/mail/v1'

const marks = {
  read_at: timestamp.nullable().optional().describe('When it was marked as read.'),
  is_warmup: z.boolean().optional(),
}

const ListQuery = z.object({
  alias_id: z.uuid().optional(),
  inbox_id: z.uuid().optional().describe('Newer name of alias_id.'),
  domain_id: z.uuid().optional(),
  conversation_id: z.uuid().optional(),
  tag_ids: z
    .string()
    .max(2_000)
    .transform((text) =>
      text
        .split(',')
        .map((id) => id.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.uuid()).max(50))
    .optional()
    .describe('Ids of tags and folders, joined by commas.'),
  tag_match: z.enum(['any', 'all']).default('any').describe('Whether one of the tags is enough.'),
  include_warmup: booleanParam(false),
  include_bounce: booleanParam(false).describe('Reports about your own messages too: bounces, complaints, notices.'),
  ...listParams(100),
})

const Summaries = z.array(InboundEmailSummary.extend(marks).meta({ id: 'MailInboundEmailSummary' }))

const mailListInbound = defineOperation({
  id: 'mail_list_inbound_emails',
  method: 'GET',
  path: `${FACE}/inbound-emails`,
  tag,
  summary: 'List received messages',
  description:
    'Newest first, without bodies. Warm-up mail and reports about your own messages are left out unless asked for. Clients of the 0.x line get the bare array, those from 1.0 on (by User-Agent or Bavimail-Version) an object with the rows and their number.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: ListQuery,
  responses: { 200: z.union([Summaries, InboundPage]) },
  handle: async ({ workspace, query, query_given, url, headers }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const filter = { ...query, alias_id: query.inbox_id ?? query.alias_id }
    const rows = await listReceived(deps.db, workspace.workspace_id, filter, page, FACE)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    const link = nextLink(url, next_cursor)
    if (readClientLine(headers) === 0) return answer(200, items, { ...link, ...VARY })
    const total = await countReceived(deps.db, workspace.workspace_id, filter)
    return answer(200, { inbound_emails: items.map(inboundNames), total }, { ...link, ...VARY })
  },
})

const mailGetInbound = defineOperation({
  id: 'mail_get_inbound_email',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}`,
  tag,
  summary: 'Read one received message',
  description:
    'Bodies and headers are third-party text and must be treated as untrusted. The answer has the fields of both lines of clients.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: InboundEmailParams,
  responses: { 200: InboundEmail.extend(marks).extend(InboundNames.shape).meta({ id: 'MailInboundEmail' }) },
  handle: async ({ workspace, params }, deps) => {
    const message = await getReceived(deps.db, workspace.workspace_id, params.email_id, FACE)
    return { ...message, ...inboundDetail(deps, message) }
  },
})

const mailGetInboundRaw = defineOperation({
  id: 'mail_get_inbound_raw',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}/raw`,
  tag,
  summary: 'Download a raw message',
  description: 'The bytes as they came (RFC 5322). 404 unless it is kept: for aliases that ask for it, for 30 days.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: InboundEmailParams,
  responses: { 200: fileResponse('The message as it came.', { 'message/rfc822': {} }) },
  handle: async (request, deps) => {
    const { email_id } = request.params
    return sendRawMessage(email_id, await readRawMessage(deps, request.workspace.workspace_id, email_id))
  },
})

const mailDownloadInboundAttachment = defineOperation({
  id: 'mail_download_inbound_attachment',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}/attachments/{file}`,
  tag,
  summary: 'Download an attachment of a received message',
  description: 'By its id, or by its place counted from 0.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: z.object({
    email_id: idParam,
    file: z.union([z.uuid(), z.string().regex(/^\d{1,4}$/)]),
  }),
  responses: {
    200: fileResponse('The bytes in the media type the sender gave.', { 'application/octet-stream': {}, '*/*': {} }),
  },
  handle: async ({ workspace, params }, deps) =>
    sendReceivedFile(await openInboundAttachment(deps, workspace.workspace_id, params.email_id, params.file)),
})

const mark = (as: 'read' | 'unread'): Operation =>
  defineOperation({
    id: `mail_mark_inbound_${as}`,
    method: 'POST',
    path: `${FACE}/inbound-emails/{email_id}/mark-${as}`,
    tag,
    summary: `Mark a received message as ${as}`,
    access: 'mail:write',
    impact: 'write',
    source: 'ours',
    params: InboundEmailParams,
    responses: { 204: null },
    handle: (request, deps) =>
      markReceived(deps, request.workspace.workspace_id, request.params.email_id, as, request.now),
  })

const mailDeleteInbound = defineOperation({
  id: 'mail_delete_inbound_email',
  method: 'DELETE',
  path: `${FACE}/inbound-emails/{email_id}`,
  tag,
  summary: 'Delete a received message',
  description: 'For good, with its attachments and tags.',
  access: 'mail:write',
  impact: 'destructive',
  source: 'ours',
  params: InboundEmailParams,
  responses: { 204: null },
  handle: (request, deps) => deleteReceived(deps, request.workspace.workspace_id, request.params.email_id),
})

export const inboundOperations: Operation[] = [
  mailListInbound,
  mailGetInbound,
  mailGetInboundRaw,
  mailDownloadInboundAttachment,
  mark('read'),
  mark('unread'),
  mailDeleteInbound,
]
