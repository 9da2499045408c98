import { z } from 'zod'
import type { Integration } from '../../config.ts'
import type { Deps } from '../../deps.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { createEndpoint } from '../webhooks/create-endpoint.ts'
import { MailWebhook, MailWebhookCreate, MailWebhookCreated } from '../webhooks/schema.ts'
import { mailWebhook, mailWebhookCreated } from '../webhooks/show-endpoint.ts'
import { bootstrapKey, findIntegrationUser, type IntegrationUser, revokeIntegrationKey } from './integration-keys.ts'
import { deleteIntegrationWebhook, listIntegrationWebhooks } from './integration-webhooks.ts'
import { userOfAssertion } from './user-assertion.ts'

const tag = 'mail-service'

const userAssertion = z
  .string()
  .min(1)
  .max(8192)
  .describe('JWT that names the user: signed by the integration (HS256, iss its id) or by the outside issuer.')
const UserAssertion = z.object({ user_assertion: userAssertion }).meta({ id: 'MailUserAssertion' })
const IntegrationParams = z.object({ integration_id: z.string().min(1).max(64) })

const getUser = async (
  deps: Deps,
  params: { integration_id: string },
  assertion: string,
  loc: 'body' | 'query',
): Promise<IntegrationUser & { integration: Integration }> => {
  // The request was signed by it, so it is there.
  const integration = deps.config.integrations.find(({ id }) => id === params.integration_id) as Integration
  const userId = await userOfAssertion(deps, integration, assertion, loc)
  return { ...(await findIntegrationUser(deps, integration.id, userId)), integration }
}

const mailListIntegrations = defineOperation({
  id: 'mail_list_integrations',
  method: 'GET',
  path: '/mail/v1/integrations',
  tag,
  summary: 'List integrations',
  description: 'Partner services that the operator of this instance lets make mail keys for their users.',
  access: 'public',
  impact: 'read',
  source: 'ours',
  responses: {
    200: z.array(
      z
        .object({ id: z.string(), display_name: z.string(), auth_mode: z.literal('hmac') })
        .meta({ id: 'MailIntegration' }),
    ),
  },
  handle: async (_request, deps) =>
    deps.config.integrations.map(({ id, display_name }) => ({ id, display_name, auth_mode: 'hmac' })),
})

const mailBootstrapKey = defineOperation({
  id: 'mail_bootstrap_api_key',
  method: 'POST',
  path: '/mail/v1/integrations/{integration_id}/api-keys/bootstrap',
  tag,
  summary: 'Get a user’s key for an integration',
  description:
    'Makes the account and its workspace on first sight, and one key for mail and suppressions. Asked again it answers the same key with created false, unless that was revoked.',
  access: 'integration',
  impact: 'write',
  source: 'ours',
  params: IntegrationParams,
  body: z
    .object({ user_assertion: userAssertion, label: z.string().trim().min(1).max(100).nullable().optional() })
    .meta({ id: 'MailKeyBootstrap' }),
  responses: {
    200: z
      .object({ api_key: z.string(), created: z.boolean(), expires_at: timestamp.nullable() })
      .meta({ id: 'MailBootstrappedKey' }),
  },
  errors: ['PLAN_FORBIDS_KEYS', 'KEY_LIMIT_REACHED'],
  handle: async ({ params, body, now }, deps) => {
    const user = await getUser(deps, params, body.user_assertion, 'body')
    return bootstrapKey(deps, user, body.label ?? user.integration.display_name, now)
  },
})

const mailRevokeKey = defineOperation({
  id: 'mail_revoke_integration_key',
  method: 'DELETE',
  path: '/mail/v1/integrations/{integration_id}/api-key',
  tag,
  summary: 'Revoke a user’s key of an integration',
  description: 'revoked is false when there was none.',
  access: 'integration',
  impact: 'destructive',
  source: 'ours',
  params: IntegrationParams,
  body: UserAssertion,
  responses: { 200: z.object({ revoked: z.boolean() }).meta({ id: 'MailKeyRevoked' }) },
  handle: async ({ params, body, now }, deps) => ({
    revoked: await revokeIntegrationKey(deps, await getUser(deps, params, body.user_assertion, 'body'), now),
  }),
})

const mailCreateIntegrationWebhook = defineOperation({
  id: 'mail_create_integration_webhook',
  method: 'POST',
  path: '/mail/v1/integrations/{integration_id}/webhooks',
  tag,
  summary: 'Register a webhook for a user',
  description:
    'For events of the user’s messages and domains. It is verified and active at once, because the partner signed for it. secret lets all its hooks share one; it is shown only now.',
  access: 'integration',
  impact: 'write',
  source: 'ours',
  params: IntegrationParams,
  body: MailWebhookCreate.extend({
    user_assertion: userAssertion,
    secret: z
      .string()
      .regex(/^(?:[0-9a-fA-F]{2}){32,64}$/, 'must be 64 to 128 hexadecimal characters')
      .nullable()
      .optional(),
  }).meta({ id: 'MailIntegrationWebhookCreate' }),
  responses: { 200: MailWebhookCreated },
  errors: ['WEBHOOK_LIMIT_REACHED'],
  handle: async ({ params, body: { user_assertion, ...input } }, deps) => {
    const user = await getUser(deps, params, user_assertion, 'body')
    const made = await createEndpoint(
      deps,
      { workspace_id: user.workspace_id, user_id: user.user_id },
      { ...input, integration_id: user.integration_id },
      { verified: true },
    )
    return mailWebhookCreated(made)
  },
})

const mailListIntegrationWebhooks = defineOperation({
  id: 'mail_list_integration_webhooks',
  method: 'GET',
  path: '/mail/v1/integrations/{integration_id}/webhooks',
  tag,
  summary: 'List a user’s webhooks of an integration',
  access: 'integration',
  impact: 'read',
  source: 'ours',
  params: IntegrationParams,
  query: z.object({ user_assertion: userAssertion }),
  responses: { 200: z.array(MailWebhook) },
  handle: async ({ params, query }, deps) => {
    const rows = await listIntegrationWebhooks(deps.db, await getUser(deps, params, query.user_assertion, 'query'))
    return rows.map(mailWebhook)
  },
})

const mailDeleteIntegrationWebhook = defineOperation({
  id: 'mail_delete_integration_webhook',
  method: 'DELETE',
  path: '/mail/v1/integrations/{integration_id}/webhooks/{webhook_id}',
  tag,
  summary: 'Delete a user’s webhook of an integration',
  access: 'integration',
  impact: 'destructive',
  source: 'ours',
  params: IntegrationParams.extend({ webhook_id: idParam }),
  body: UserAssertion,
  responses: { 204: null },
  handle: async ({ params, body }, deps) => {
    await deleteIntegrationWebhook(deps, await getUser(deps, params, body.user_assertion, 'body'), params.webhook_id)
  },
})

export const integrationOperations: Operation[] = [
  mailListIntegrations,
  mailBootstrapKey,
  mailRevokeKey,
  mailCreateIntegrationWebhook,
  mailListIntegrationWebhooks,
  mailDeleteIntegrationWebhook,
]
