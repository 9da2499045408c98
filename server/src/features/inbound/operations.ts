import { z } from 'zod'
import { answer, defineOperation, fileResponse, type Operation } from '../../http/define-operation.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import {
  deleteReceived,
  getReceived,
  listReceived,
  openInboundAttachment,
  readRawMessage,
  sendRawMessage,
  sendReceivedFile,
} from './received-messages.ts'
import {
  InboundAttachmentParams,
  InboundEmail,
  InboundEmailListQuery,
  InboundEmailParams,
  InboundEmailSummary,
} from './schema.ts'

const tag = 'bavimail-proxy'
const FACE = '/api/v1/bavimail'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const listInboundEmails = defineOperation({
  id: 'list_inbound_emails',
  method: 'GET',
  path: `${FACE}/inbound-emails`,
  tag,
  summary: 'List received messages',
  description:
    'Newest first, without bodies. Warm-up traffic is hidden unless include_warmup is true. The next page stands in the Link header.',
  access: 'mail:read',
  impact: 'read',
  query: InboundEmailListQuery,
  responses: { 200: z.array(InboundEmailSummary) },
  errors: [...upstream],
  handle: async ({ workspace, query, query_given, url }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    // This face has always listed reports about our own messages, too.
    const rows = await listReceived(deps.db, workspace.workspace_id, { ...query, include_bounce: true }, page, FACE)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(200, items, nextLink(url, next_cursor))
  },
})

const getInboundEmail = defineOperation({
  id: 'get_inbound_email',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}`,
  tag,
  summary: 'Read one received message',
  description:
    'The HTML body comes back without anything that runs or loads besides images, and without tracking pixels where the domain asks for it.',
  access: 'mail:read',
  impact: 'read',
  params: InboundEmailParams,
  responses: { 200: InboundEmail },
  errors: [...upstream],
  handle: (request, deps) => getReceived(deps.db, request.workspace.workspace_id, request.params.email_id, FACE),
})

const getInboundEmailRaw = defineOperation({
  id: 'get_inbound_email_raw',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}/raw`,
  tag,
  summary: 'Download a raw message',
  description:
    'The bytes as they came (RFC 5322). 404 unless they are kept: where the alias asks for it or the message could not be read, for 30 days.',
  access: 'mail:read',
  impact: 'read',
  params: InboundEmailParams,
  responses: { 200: fileResponse('The message as it came.', { 'message/rfc822': {} }) },
  errors: [...upstream],
  handle: async ({ workspace, params }, deps) =>
    sendRawMessage(params.email_id, await readRawMessage(deps, workspace.workspace_id, params.email_id)),
})

const downloadInboundAttachment = defineOperation({
  id: 'download_inbound_attachment',
  method: 'GET',
  path: `${FACE}/inbound-emails/{email_id}/attachments/{index}`,
  tag,
  summary: 'Download an attachment of a received message',
  description: 'By its place counted from 0, or by its id. It is never scanned and always saved, not shown.',
  access: 'mail:read',
  impact: 'read',
  params: InboundAttachmentParams,
  responses: {
    200: fileResponse('The bytes in the media type the sender gave.', { 'application/octet-stream': {}, '*/*': {} }),
  },
  errors: [...upstream],
  handle: async ({ workspace, params }, deps) =>
    sendReceivedFile(await openInboundAttachment(deps, workspace.workspace_id, params.email_id, params.index)),
})

const deleteInboundEmail = defineOperation({
  id: 'delete_inbound_email',
  method: 'DELETE',
  path: `${FACE}/inbound-emails/{email_id}`,
  tag,
  summary: 'Delete a received message',
  description: 'For good, with its attachments and what is kept of it raw.',
  access: 'mail:write',
  impact: 'destructive',
  params: InboundEmailParams,
  responses: { 204: null },
  errors: [...upstream],
  handle: (request, deps) => deleteReceived(deps, request.workspace.workspace_id, request.params.email_id),
})

export const operations: Operation[] = [
  listInboundEmails,
  getInboundEmail,
  getInboundEmailRaw,
  downloadInboundAttachment,
  deleteInboundEmail,
]
