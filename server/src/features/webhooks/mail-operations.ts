import { z } from 'zod'
import { answer, defineOperation, type Operation, type OperationRequest } from '../../http/define-operation.ts'
import { readClientLine, VARY } from '../mail-service/client-line.ts'
import {
  changeEndpoint,
  deleteEndpoint,
  type EndpointRef,
  resendVerification,
  rotateSecret,
  testEndpoint,
  verifyEndpoint,
} from './change-endpoint.ts'
import { createEndpoint } from './create-endpoint.ts'
import { getEndpoint } from './endpoint-row.ts'
import { listEndpoints } from './queries.ts'
import {
  MailWebhook,
  MailWebhookCreate,
  MailWebhookCreated,
  MailWebhookPage,
  MailWebhookParams,
  MailWebhookPut,
  MailWebhookSecret,
  MailWebhookUpdate,
  TestEnqueued,
  VerifyRequest,
} from './schema.ts'
import { mailWebhook, mailWebhookCreated } from './show-endpoint.ts'

const tag = 'mail-service'
const PATH = '/mail/v1/webhooks'
const source = 'ours' as const

const refOf = (request: { workspace: OperationRequest['workspace']; params: { webhook_id: string } }): EndpointRef => ({
  workspace_id: request.workspace.workspace_id,
  endpoint_id: request.params.webhook_id,
  face: 'mail',
})

const createMailWebhook = defineOperation({
  id: 'mail_create_webhook',
  method: 'POST',
  path: PATH,
  tag,
  summary: 'Register a webhook',
  description:
    'For events of messages and domains. It begins unverified and inactive: a signed webhook.verification event with a code is posted to the address, and verify takes that code. The secret is shown only now.',
  access: 'mail:write',
  impact: 'write',
  source,
  secret: true,
  calls_outside: true,
  body: MailWebhookCreate,
  responses: { 200: MailWebhookCreated },
  errors: ['WEBHOOK_LIMIT_REACHED'],
  handle: async ({ workspace, principal, body }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    return mailWebhookCreated(await createEndpoint(deps, who, body, { verified: false }))
  },
})

const listMailWebhooks = defineOperation({
  id: 'mail_list_webhooks',
  method: 'GET',
  path: PATH,
  tag,
  summary: 'List webhooks',
  description:
    'Those for events of messages and domains, oldest first. Clients of the 0.x line get the bare array, those from 1.0 on (by User-Agent or Bavimail-Version) an object with it.',
  access: 'mail:read',
  impact: 'read',
  source,
  responses: { 200: z.union([z.array(MailWebhook), MailWebhookPage]) },
  handle: async ({ workspace, headers }, deps) => {
    const webhooks = (await listEndpoints(deps.db, workspace.workspace_id, true)).map(mailWebhook)
    return answer(200, readClientLine(headers) === 1 ? { webhooks } : webhooks, VARY)
  },
})

const getMailWebhook = defineOperation({
  id: 'mail_get_webhook',
  method: 'GET',
  path: `${PATH}/{webhook_id}`,
  tag,
  summary: 'Get one webhook',
  access: 'mail:read',
  impact: 'read',
  source,
  params: MailWebhookParams,
  responses: { 200: MailWebhook },
  handle: async (request, deps) =>
    mailWebhook(await getEndpoint(deps.db, request.workspace.workspace_id, request.params.webhook_id, 'mail')),
})

const updateMailWebhook = defineOperation({
  id: 'mail_update_webhook',
  method: 'PATCH',
  path: `${PATH}/{webhook_id}`,
  tag,
  summary: 'Change a webhook',
  description: 'Another address has to be verified anew.',
  access: 'mail:write',
  impact: 'write',
  source,
  calls_outside: true,
  params: MailWebhookParams,
  body: MailWebhookUpdate,
  responses: { 200: MailWebhook },
  errors: ['CONFLICT'],
  handle: async (request, deps) => mailWebhook(await changeEndpoint(deps, refOf(request), request.body)),
})

const putMailWebhook = defineOperation({
  id: 'mail_put_webhook',
  method: 'PUT',
  path: `${PATH}/{webhook_id}`,
  tag,
  summary: 'Change a webhook by its status',
  description: 'As PATCH, where clients from 1.0 on ask: only the fields sent are changed.',
  access: 'mail:write',
  impact: 'write',
  source,
  calls_outside: true,
  params: MailWebhookParams,
  body: MailWebhookPut,
  responses: { 200: MailWebhook },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    const { status, ...change } = request.body
    const is_active = status === undefined ? undefined : status === 'active'
    return mailWebhook(await changeEndpoint(deps, refOf(request), { ...change, is_active }))
  },
})

const deleteMailWebhook = defineOperation({
  id: 'mail_delete_webhook',
  method: 'DELETE',
  path: `${PATH}/{webhook_id}`,
  tag,
  summary: 'Delete a webhook',
  access: 'mail:write',
  impact: 'destructive',
  source,
  params: MailWebhookParams,
  responses: { 204: null },
  handle: (request, deps) => deleteEndpoint(deps, refOf(request)),
})

const verifyMailWebhook = defineOperation({
  id: 'mail_verify_webhook',
  method: 'POST',
  path: `${PATH}/{webhook_id}/verify`,
  tag,
  summary: 'Give back the code that was posted to the address',
  description: 'Verified and active from then on.',
  access: 'mail:write',
  impact: 'write',
  source,
  params: MailWebhookParams,
  body: VerifyRequest,
  responses: { 200: MailWebhook },
  errors: ['VERIFICATION_FAILED'],
  handle: async (request, deps) =>
    mailWebhook(await verifyEndpoint(deps, refOf(request), request.body.verification_code)),
})

const resendMailVerification = defineOperation({
  id: 'mail_resend_webhook_verification',
  method: 'POST',
  path: `${PATH}/{webhook_id}/resend-verification`,
  tag,
  summary: 'Post a new code to the address',
  access: 'mail:write',
  impact: 'write',
  source,
  params: MailWebhookParams,
  responses: { 200: MailWebhook },
  errors: ['CONFLICT'],
  handle: async (request, deps) => mailWebhook(await resendVerification(deps, refOf(request))),
})

const testMailWebhook = defineOperation({
  id: 'mail_test_webhook',
  method: 'POST',
  path: `${PATH}/{webhook_id}/test`,
  tag,
  summary: 'Send a test event',
  description:
    'Needs a verified and active webhook. Its type is webhook.test; asked for by a client from 1.0 on it has none, since their listeners know it by that.',
  access: 'mail:write',
  impact: 'write',
  source,
  params: MailWebhookParams,
  responses: { 200: TestEnqueued },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    await testEndpoint(deps, refOf(request), request.now, { untyped: readClientLine(request.headers) === 1 })
    return { status: 'test_event_enqueued' }
  },
})

const rotateMailSecret = defineOperation({
  id: 'mail_rotate_webhook_secret',
  method: 'POST',
  path: `${PATH}/{webhook_id}/rotate-secret`,
  tag,
  summary: 'Replace the signing secret',
  description: 'x-webhook-signature is by the new one at once; webhook-signature carries both for 24 hours.',
  access: 'mail:write',
  impact: 'write',
  source,
  secret: true,
  params: MailWebhookParams,
  responses: { 200: MailWebhookSecret },
  errors: ['CONFLICT'],
  handle: async (request, deps) => ({ secret: (await rotateSecret(deps, refOf(request))).secret }),
})

export const mailOperations: Operation[] = [
  createMailWebhook,
  listMailWebhooks,
  getMailWebhook,
  updateMailWebhook,
  putMailWebhook,
  deleteMailWebhook,
  verifyMailWebhook,
  resendMailVerification,
  testMailWebhook,
  rotateMailSecret,
]
