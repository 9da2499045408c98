import { z } from 'zod'
import type { Config } from '../../config.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { defineOperation, type Operation, type OperationRequest } from '../../http/define-operation.ts'
import { type ErrorCode, invalid } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { countMessages, type EmailFilter, readEmails } from '../emails/read-emails.ts'
import { cancelMessage } from '../mail-messages/cancel-message.ts'
import { lastOpenOf, listEventFeed, listMessageOpens } from '../mail-messages/event-feed.ts'
import { listMessageClicks, listMessageEvents, listMessageLinks } from '../mail-messages/message-activity.ts'
import { AddressRisk, EmailEvents, EventListQuery, ValidateRequest } from '../mail-messages/schema.ts'
import { sendBatch } from '../mail-messages/send-batch.ts'
import { type MessageAuthor, sendMessage } from '../mail-messages/send-message.ts'
import { validateAddress } from '../mail-messages/validate-address.ts'
import { inNewWords } from './new-words.ts'
import {
  filterOfStatus,
  getMessage,
  readBatchItem,
  sendInputOf,
  showOneOutbound,
  showOutbound,
} from './outbound-email.ts'
import {
  EventFeed,
  EventFeedQuery,
  Outbound,
  OutboundBatchRequest,
  OutboundBatchResult,
  OutboundListQuery,
  OutboundPage,
  OutboundParams,
  OutboundRequest,
  PageQuery,
  Tracking,
} from './outbound-schema.ts'

const tag = 'mail-service'
const PATH = '/mail/v1/outbound-emails'
const source = 'ours' as const
const PAGE = 50

const SEND_ERRORS: ErrorCode[] = [
  'ALIAS_NOT_FOUND',
  'ATTACHMENT_NOT_FOUND',
  'DOMAIN_NOT_VERIFIED',
  'INVALID_RECIPIENT',
  'LIVE_WORKSPACE_ONLY',
  'MAIL_NOT_CONFIGURED',
  'MESSAGE_TOO_LARGE',
  'NOT_FOUND',
  'RECIPIENT_SUPPRESSED',
  'SENDING_BLOCKED',
  'SEND_AT_IN_PAST',
]

const bodyBytes = (config: Config): number => config.messages.max_bytes + 4_194_304

const authorOf = ({ workspace, principal }: Pick<OperationRequest, 'workspace' | 'principal'>): MessageAuthor => ({
  workspace,
  user_id: principal.user_id,
})

const pageOf = (query: { limit?: number; offset?: number }) => ({
  limit: query.limit ?? PAGE,
  offset: query.offset ?? 0,
})

const mailSendOutbound = defineOperation({
  id: 'mail_send_outbound_email',
  method: 'POST',
  path: PATH,
  tag,
  source,
  summary: 'Send or schedule a message from an inbox',
  description:
    'As POST /mail/v1/emails, in the words of the clients from 1.0 on; opens and clicks are tracked only where asked for. A file may be named by an https address, which is read once, through the egress policy and within ATTACHMENT_MAX_BYTES; not in a sandbox, which reaches no real server.',
  access: 'mail:write',
  impact: 'sends',
  calls_outside: true,
  body: OutboundRequest,
  body_bytes: bodyBytes,
  responses: { 200: Outbound },
  errors: SEND_ERRORS,
  handle: (request, deps) =>
    inNewWords(async () => {
      const input = await sendInputOf(deps, request.workspace, request.body)
      return showOneOutbound(deps, await sendMessage(deps, authorOf(request), input, request.now))
    }),
})

const mailSendOutboundBatch = defineOperation({
  id: 'mail_send_outbound_batch',
  method: 'POST',
  path: `${PATH}/batch`,
  tag,
  source,
  summary: 'Send up to 100 messages from inboxes',
  description: 'Each message is accepted or rejected by itself; results stand in the order of the request.',
  access: 'mail:write',
  impact: 'sends',
  calls_outside: true,
  body: OutboundBatchRequest,
  body_bytes: bodyBytes,
  responses: { 200: OutboundBatchResult },
  handle: async (request, deps) => {
    const { results, ...counts } = await sendBatch(deps, authorOf(request), request.body.emails, request.now, {
      read: (item) => readBatchItem(deps, request.workspace, item),
      inWords: inNewWords,
    })
    const sent = await showOutbound(
      deps,
      results.flatMap(({ email }) => (email ? [email] : [])),
    )
    const byId = new Map(sent.map((one) => [one.id, one]))
    return {
      ...counts,
      results: results.map(({ email, ...one }) => ({ ...one, outbound_email: (email && byId.get(email.id)) ?? null })),
    }
  },
})

const mailListOutbound = defineOperation({
  id: 'mail_list_outbound_emails',
  method: 'GET',
  path: PATH,
  tag,
  source,
  summary: 'List sent messages with their number',
  description: 'Newest first, campaigns’ messages too.',
  access: 'mail:read',
  impact: 'read',
  query: OutboundListQuery,
  responses: { 200: OutboundPage },
  handle: async ({ workspace, query }, deps) => {
    const { status, inbox_id, thread_id, recipient, sent_after, sent_before, limit, offset, ...rest } = query
    const address = recipient === undefined ? null : normalizeEmailAddress(recipient)
    if (address && !address.ok)
      throw invalid([{ loc: ['query', 'recipient'], msg: address.message, type: address.reason }])
    const filter: EmailFilter = {
      ...rest,
      ...filterOfStatus(status),
      alias_id: inbox_id,
      conversation_id: thread_id,
      recipient: address?.ok ? address.email : null,
      sent_after: sent_after ? new Date(sent_after) : null,
      sent_before: sent_before ? new Date(sent_before) : null,
    }
    const page = pageOf({ limit, offset })
    const rows = await readEmails(deps.db, workspace.workspace_id, filter, { ...page, after: null })
    return {
      outbound_emails: await showOutbound(deps, rows.slice(0, page.limit)),
      total: await countMessages(deps.db, workspace.workspace_id, filter),
    }
  },
})

const mailGetOutbound = defineOperation({
  id: 'mail_get_outbound_email',
  method: 'GET',
  path: `${PATH}/{email_id}`,
  tag,
  source,
  summary: 'Read one sent message from an inbox',
  description: 'With what became of it by now; attachments come with signed addresses that work for an hour.',
  access: 'mail:read',
  impact: 'read',
  params: OutboundParams,
  responses: { 200: Outbound },
  handle: async ({ workspace, params }, deps) =>
    showOneOutbound(deps, await getMessage(deps.db, workspace.workspace_id, params.email_id)),
})

const mailCancelOutbound = defineOperation({
  id: 'mail_cancel_outbound_email',
  method: 'POST',
  path: `${PATH}/{email_id}/cancel`,
  tag,
  source,
  summary: 'Cancel a message that waits for its time',
  description: 'Works until the first of its recipients is being sent to; 409 after that.',
  access: 'mail:write',
  impact: 'write',
  params: OutboundParams,
  responses: { 200: Outbound },
  errors: ['EMAIL_NOT_CANCELLABLE'],
  handle: async ({ workspace, params, now }, deps) =>
    showOneOutbound(deps, await cancelMessage(deps, workspace.workspace_id, params.email_id, now)),
})

const mailListOutboundEvents = defineOperation({
  id: 'mail_list_outbound_events',
  method: 'GET',
  path: `${PATH}/{email_id}/events`,
  tag,
  source,
  summary: 'List what happened to one message',
  description: 'Oldest first, with their number.',
  access: 'mail:read',
  impact: 'read',
  params: OutboundParams,
  query: EventListQuery,
  responses: { 200: EmailEvents },
  handle: ({ workspace, params, query }, deps) =>
    listMessageEvents(deps.db, workspace.workspace_id, params.email_id, {
      event_type: query.event_type,
      ...pageOf(query),
    }),
})

const mailListEventFeed = defineOperation({
  id: 'mail_list_outbound_event_feed',
  method: 'GET',
  path: `${PATH}/events`,
  tag,
  source,
  summary: 'List what happened to all messages',
  description: 'Newest first. A cursor stays right while events arrive.',
  access: 'mail:read',
  impact: 'read',
  query: EventFeedQuery,
  responses: { 200: EventFeed },
  handle: async ({ workspace, query, query_given }, deps) => {
    const page = readPage(query, query_given, { size: PAGE, key: [z.iso.datetime(), z.uuid()] })
    const filter = {
      event_type: query.event_type,
      email_id: query.email_id,
      start_at: query.start_at ? new Date(query.start_at) : undefined,
      end_at: query.end_at ? new Date(query.end_at) : undefined,
    }
    const rows = await listEventFeed(deps.db, workspace.workspace_id, filter, page)
    const { items, next_cursor } = cutPage(rows, page, ({ position, event }) => [position, event.id])
    return { events: items.map(({ event }) => event), next_cursor }
  },
})

const mailGetTracking = defineOperation({
  id: 'mail_get_outbound_tracking',
  method: 'GET',
  path: `${PATH}/{email_id}/tracking`,
  tag,
  source,
  summary: 'Get a message’s links, opens and clicks',
  description:
    'Opens and clicks are listed newest first, limit and offset for each, those of machines marked as such; counts and times are those of people.',
  access: 'mail:read',
  impact: 'read',
  params: OutboundParams,
  query: PageQuery,
  responses: { 200: Tracking },
  handle: async ({ workspace, params, query }, deps) => {
    const { workspace_id } = workspace
    const email = await getMessage(deps.db, workspace_id, params.email_id)
    const page = pageOf(query)
    const [links, opens, { clicks }, last_opened_at] = await Promise.all([
      listMessageLinks(deps.db, workspace_id, email.id),
      listMessageOpens(deps.db, workspace_id, email.id, page),
      listMessageClicks(deps.db, workspace_id, email.id, { ...page, include_bots: true }),
      lastOpenOf(deps.db, workspace_id, email.id),
    ])
    return {
      email_id: email.id,
      track_opens: email.track_opens,
      track_clicks: email.track_clicks,
      open_count: email.open_count,
      click_count: email.click_count,
      first_opened_at: email.first_opened_at,
      last_opened_at,
      first_clicked_at: email.first_clicked_at,
      last_clicked_at: email.last_clicked_at,
      links,
      opens,
      clicks,
    }
  },
})

const mailValidateAddress = defineOperation({
  id: 'mail_validate_address',
  method: 'POST',
  path: '/mail/v1/email-validation',
  tag,
  source,
  summary: 'Assess an address',
  description: 'As POST /mail/v1/emails/validate, where clients from 1.0 on ask.',
  access: 'mail:read',
  impact: 'read',
  body: ValidateRequest,
  calls_outside: true,
  responses: { 200: AddressRisk },
  handle: (request, deps) => validateAddress(deps, request.workspace, request.body),
})

export const outboundOperations: Operation[] = [
  mailSendOutbound,
  mailSendOutboundBatch,
  mailListOutbound,
  mailGetOutbound,
  mailCancelOutbound,
  mailListOutboundEvents,
  mailListEventFeed,
  mailGetTracking,
  mailValidateAddress,
]
