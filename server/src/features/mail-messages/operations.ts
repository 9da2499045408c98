import { z } from 'zod'
import type { Config } from '../../config.ts'
import { defineOperation, type Operation, type OperationRequest } from '../../http/define-operation.ts'
import type { ErrorCode } from '../../http/errors.ts'
import { notFound } from '../../http/errors.ts'
import { readEmail, readEmails, type ShownEmail } from '../emails/read-emails.ts'
import { Email } from '../emails/schema.ts'
import { cancelMessage } from './cancel-message.ts'
import { listMessageClicks, listMessageEvents, listMessageLinks } from './message-activity.ts'
import {
  AddressRisk,
  BatchRequest,
  BatchResult,
  ClickListQuery,
  EmailClicks,
  EmailEvents,
  EmailParams,
  EventListQuery,
  MailEmailListQuery,
  SendRequest,
  TrackedLink,
  ValidateRequest,
} from './schema.ts'
import { sendBatch } from './send-batch.ts'
import { type MessageAuthor, sendMessage } from './send-message.ts'
import { validateAddress } from './validate-address.ts'

const PAGE = 50

const SEND_ERRORS: ErrorCode[] = [
  'ALIAS_NOT_FOUND',
  'ATTACHMENT_NOT_FOUND',
  'DOMAIN_NOT_VERIFIED',
  'INVALID_RECIPIENT',
  'MAIL_NOT_CONFIGURED',
  'MESSAGE_TOO_LARGE',
  'NOT_FOUND',
  'RECIPIENT_SUPPRESSED',
  'SENDING_BLOCKED',
  'SEND_AT_IN_PAST',
]

const SEND_DESCRIPTION =
  'Accepts the message as queued, or as scheduled when send_at lies ahead; delivery follows. Each recipient gets an envelope of its own and is retried alone. Not idempotent by itself: a repeated call sends again, unless it carries the same Idempotency-Key.'

const CANCEL_DESCRIPTION =
  'Works until the first of its recipients is being sent to; 409 after that. There is no reschedule: cancel and send again.'

const CLICKS_DESCRIPTION = 'Newest first. Clicks judged to be machines are left out unless include_bots is true.'

type Asked = Pick<OperationRequest, 'workspace' | 'principal'>

/** Room for a message whose attachments come inside the request, and for the words around them. */
const bodyBytes = (config: Config): number => config.messages.max_bytes + 4_194_304

const authorOf = ({ workspace, principal }: Asked): MessageAuthor => ({ workspace, user_id: principal.user_id })

const pageOf = (query: { limit?: number; offset?: number }) => ({
  limit: query.limit ?? PAGE,
  offset: query.offset ?? 0,
})

const house = {
  tag: 'bavimail-proxy',
} as const

const mail = { tag: 'mail-service', source: 'ours' } as const

/** The mail service's clients want text where the contract lets null stand. */
const forMailClients = (email: ShownEmail): ShownEmail => ({
  ...email,
  provider_message_id: email.provider_message_id ?? '',
})

const sendEmail = defineOperation({
  ...house,
  id: 'send_email',
  method: 'POST',
  path: '/api/v1/bavimail/emails',
  summary: 'Send or schedule a message',
  description: SEND_DESCRIPTION,
  access: 'mail:write',
  impact: 'sends',
  body: SendRequest,
  body_bytes: bodyBytes,
  responses: { 200: Email },
  errors: [...SEND_ERRORS, 'BAD_REQUEST', 'UPSTREAM_ERROR', 'UNAVAILABLE'],
  handle: (request, deps) => sendMessage(deps, authorOf(request), request.body, request.now),
})

const cancelEmail = defineOperation({
  ...house,
  id: 'cancel_email',
  method: 'POST',
  path: '/api/v1/bavimail/emails/{email_id}/cancel',
  summary: 'Cancel a scheduled message',
  description: CANCEL_DESCRIPTION,
  access: 'mail:write',
  impact: 'write',
  params: EmailParams,
  responses: { 200: Email },
  errors: ['EMAIL_NOT_CANCELLABLE', 'UPSTREAM_ERROR', 'UNAVAILABLE'],
  handle: (request, deps) => cancelMessage(deps, request.workspace.workspace_id, request.params.email_id, request.now),
})

const getEmailClicks = defineOperation({
  ...house,
  id: 'get_email_clicks',
  method: 'GET',
  path: '/api/v1/bavimail/emails/{email_id}/clicks',
  summary: 'List click events of a message',
  description: CLICKS_DESCRIPTION,
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  query: ClickListQuery,
  responses: { 200: EmailClicks },
  errors: ['UPSTREAM_ERROR', 'UNAVAILABLE'],
  handle: (request, deps) =>
    listMessageClicks(deps.db, request.workspace.workspace_id, request.params.email_id, {
      ...request.query,
      ...pageOf(request.query),
    }),
})

const getEmailLinks = defineOperation({
  ...house,
  id: 'get_email_links',
  method: 'GET',
  path: '/api/v1/bavimail/emails/{email_id}/links',
  summary: 'List tracked links of a message',
  description: 'Empty when click tracking was off.',
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  responses: { 200: z.array(TrackedLink) },
  errors: ['UPSTREAM_ERROR', 'UNAVAILABLE'],
  handle: (request, deps) => listMessageLinks(deps.db, request.workspace.workspace_id, request.params.email_id),
})

const mailSendEmail = defineOperation({
  ...mail,
  id: 'mail_send_email',
  method: 'POST',
  path: '/mail/v1/emails',
  summary: 'Send or schedule a message',
  description: SEND_DESCRIPTION,
  access: 'mail:write',
  impact: 'sends',
  body: SendRequest,
  body_bytes: bodyBytes,
  responses: { 200: Email },
  errors: SEND_ERRORS,
  handle: async (request, deps) =>
    forMailClients(await sendMessage(deps, authorOf(request), request.body, request.now)),
})

const mailSendBatch = defineOperation({
  ...mail,
  id: 'mail_send_email_batch',
  method: 'POST',
  path: '/mail/v1/emails/batch',
  summary: 'Send up to 100 messages',
  description: 'Each message is accepted or rejected by itself; results stand in the order of the request.',
  access: 'mail:write',
  impact: 'sends',
  body: BatchRequest,
  body_bytes: bodyBytes,
  responses: { 200: BatchResult },
  handle: async (request, deps) => {
    const outcome = await sendBatch(deps, authorOf(request), request.body.emails, request.now)
    return {
      ...outcome,
      results: outcome.results.map((one) => ({ ...one, email: one.email && forMailClients(one.email) })),
    }
  },
})

const mailListEmails = defineOperation({
  ...mail,
  id: 'mail_list_emails',
  method: 'GET',
  path: '/mail/v1/emails',
  summary: 'List sent messages',
  description: 'Newest first; a page shorter than limit is the last one.',
  access: 'mail:read',
  impact: 'read',
  query: MailEmailListQuery,
  responses: { 200: z.array(Email) },
  handle: async (request, deps) => {
    const page = pageOf(request.query)
    const filter = { alias_id: request.query.alias_id }
    const rows = await readEmails(deps.db, request.workspace.workspace_id, filter, { ...page, after: null })
    return rows.slice(0, page.limit).map(forMailClients)
  },
})

const mailGetEmail = defineOperation({
  ...mail,
  id: 'mail_get_email',
  method: 'GET',
  path: '/mail/v1/emails/{email_id}',
  summary: 'Read one sent message',
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  responses: { 200: Email },
  handle: async (request, deps) => {
    const email = await readEmail(deps.db, request.workspace.workspace_id, request.params.email_id)
    if (!email) throw notFound('There is no such message in this workspace.')
    return forMailClients(email)
  },
})

const mailCancelEmail = defineOperation({
  ...mail,
  id: 'mail_cancel_email',
  method: 'POST',
  path: '/mail/v1/emails/{email_id}/cancel',
  summary: 'Cancel a scheduled message',
  description: CANCEL_DESCRIPTION,
  access: 'mail:write',
  impact: 'write',
  params: EmailParams,
  responses: { 200: Email },
  errors: ['EMAIL_NOT_CANCELLABLE'],
  handle: async (request, deps) =>
    forMailClients(await cancelMessage(deps, request.workspace.workspace_id, request.params.email_id, request.now)),
})

const mailListClicks = defineOperation({
  ...mail,
  id: 'mail_list_email_clicks',
  method: 'GET',
  path: '/mail/v1/emails/{email_id}/clicks',
  summary: 'List click events of a message',
  description: CLICKS_DESCRIPTION,
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  query: ClickListQuery,
  responses: { 200: EmailClicks },
  handle: (request, deps) =>
    listMessageClicks(deps.db, request.workspace.workspace_id, request.params.email_id, {
      ...request.query,
      ...pageOf(request.query),
    }),
})

const mailListLinks = defineOperation({
  ...mail,
  id: 'mail_list_email_links',
  method: 'GET',
  path: '/mail/v1/emails/{email_id}/links',
  summary: 'List tracked links of a message',
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  responses: { 200: z.array(TrackedLink) },
  handle: (request, deps) => listMessageLinks(deps.db, request.workspace.workspace_id, request.params.email_id),
})

const mailListEvents = defineOperation({
  ...mail,
  id: 'mail_list_email_events',
  method: 'GET',
  path: '/mail/v1/emails/{email_id}/events',
  summary: 'List what happened to a message',
  description: 'Oldest first: scheduled, sent, delivered, deferred, bounced, opened, clicked, replied, complained, …',
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  query: EventListQuery,
  responses: { 200: EmailEvents },
  handle: (request, deps) =>
    listMessageEvents(deps.db, request.workspace.workspace_id, request.params.email_id, {
      event_type: request.query.event_type,
      ...pageOf(request.query),
    }),
})

const mailValidateEmail = defineOperation({
  ...mail,
  id: 'mail_validate_email',
  method: 'POST',
  path: '/mail/v1/emails/validate',
  summary: 'Assess an address before writing to it',
  description: 'Spelling, DNS, kind of mailbox and the suppression list; nothing is sent and no mailbox is asked.',
  access: 'mail:read',
  impact: 'read',
  body: ValidateRequest,
  calls_outside: true,
  responses: { 200: AddressRisk },
  handle: (request, deps) => validateAddress(deps, request.workspace, request.body),
})

export const operations: Operation[] = [
  sendEmail,
  cancelEmail,
  getEmailClicks,
  getEmailLinks,
  mailSendEmail,
  mailSendBatch,
  mailListEmails,
  mailGetEmail,
  mailCancelEmail,
  mailListClicks,
  mailListLinks,
  mailListEvents,
  mailValidateEmail,
]
