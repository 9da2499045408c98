import { z } from 'zod'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { findInbound, type InboundSummaryRow, listInbound } from './queries.ts'
import { InboundEmail, InboundEmailListQuery, InboundEmailParams, InboundEmailSummary } from './schema.ts'

const tag = 'bavimail-proxy'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const summary = ({ raw_kept, ...row }: InboundSummaryRow) => ({
  ...row,
  // A message without an id of its own is known by ours.
  provider_message_id: row.message_id ?? row.id,
  raw_email_uri: raw_kept ? `/api/v1/bavimail/inbound-emails/${row.id}/raw` : null,
  provider_metadata: null,
  tags: [],
})

/** Takes images of at most one pixel out of a body; such an image shows nothing and only tells that it was loaded. */
const withoutPixels = (html: string): string =>
  html.replace(/<img\b[^>]*>/gi, (tag) =>
    /\b(?:width|height)\s*=\s*["']?[01](?:px)?["'\s/>]|(?:width|height)\s*:\s*[01]px/i.test(tag) ? '' : tag,
  )

const listInboundEmails = defineOperation({
  id: 'list_inbound_emails',
  method: 'GET',
  path: '/api/v1/bavimail/inbound-emails',
  tag,
  summary: 'List received messages',
  description:
    'Newest first, without bodies. Warm-up traffic is hidden unless include_warmup is true. The next page stands in the Link header.',
  access: 'mail:read',
  impact: 'read',
  query: InboundEmailListQuery,
  responses: { 200: z.array(InboundEmailSummary) },
  errors: [...upstream],
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const rows = await listInbound(deps.db, request.workspace.workspace_id, request.query, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(
      200,
      items.map((row) => {
        const { message_id: _message_id, ...shown } = summary(row)
        return shown
      }),
      nextLink(request.url, next_cursor),
    )
  },
})

const getInboundEmail = defineOperation({
  id: 'get_inbound_email',
  method: 'GET',
  path: '/api/v1/bavimail/inbound-emails/{email_id}',
  tag,
  summary: 'Read one received message',
  description: 'Bodies come back with tracking pixels removed where the domain asks for it.',
  access: 'mail:read',
  impact: 'read',
  params: InboundEmailParams,
  responses: { 200: InboundEmail },
  errors: [...upstream],
  handle: async (request, deps) => {
    const row = await findInbound(deps.db, request.workspace.workspace_id, request.params.email_id)
    if (!row) throw notFound('There is no such message in this workspace.')
    const { strip_tracking_on_read: strip, verdicts, ...shown } = row
    return {
      ...summary(shown),
      body_html: strip && row.body_html ? withoutPixels(row.body_html) : row.body_html,
      bcc_emails: [],
      spam_verdict: verdicts.spam ?? null,
      virus_verdict: verdicts.virus ?? null,
      spf_verdict: verdicts.spf ?? null,
      dkim_verdict: verdicts.dkim ?? null,
      dmarc_verdict: verdicts.dmarc ?? null,
    }
  },
})

export const operations: Operation[] = [listInboundEmails, getInboundEmail]
