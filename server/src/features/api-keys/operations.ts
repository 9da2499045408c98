import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { idParam } from '../../http/params.ts'
import { mintApiKey } from './mint-api-key.ts'
import { countKeysLocked, getKeyPlan, listActiveKeys, revokeKey } from './queries.ts'
import { ApiKeyCreated, ApiKeyCreateRequest, ApiKeyList } from './schema.ts'

const TAG = 'api-keys'

const listApiKeys = defineOperation({
  id: 'list_api_keys',
  method: 'GET',
  path: '/api/v1/api-keys',
  tag: TAG,
  summary: 'List API keys',
  description: 'Active keys of the workspace with the visible prefix only; secrets never come back.',
  access: 'account:read',
  impact: 'read',
  responses: { 200: ApiKeyList },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const [keys, plan] = await Promise.all([
      listActiveKeys(deps.db, workspace_id, deps.clock.now()),
      getKeyPlan(deps.db, workspace_id),
    ])
    return { keys, count: keys.length, tier_limit: plan.key_limit }
  },
})

const createApiKey = defineOperation({
  id: 'create_api_key',
  method: 'POST',
  path: '/api/v1/api-keys',
  tag: TAG,
  summary: 'Create an API key',
  description:
    'Mints a key and returns the secret once. Only a log-in session may call it, so a leaked key cannot clone itself. 403 when the plan has no keys or no place for another.',
  access: 'session:workspace:write',
  impact: 'write',
  secret: true,
  body: ApiKeyCreateRequest,
  responses: { 201: ApiKeyCreated },
  errors: ['PLAN_FORBIDS_KEYS', 'KEY_LIMIT_REACHED', 'FORBIDDEN'],
  handle: async (request, deps) => {
    const { name, scopes, expires_at } = request.body
    const { workspace_id } = request.workspace
    const now = deps.clock.now()
    const expires = expires_at ? new Date(expires_at) : null
    if (expires && expires <= now)
      throw invalid([{ loc: ['body', 'expires_at'], msg: 'must be in the future', type: 'value_error' }])
    return transaction(deps.db, async (tx) => {
      const plan = await getKeyPlan(tx, workspace_id)
      if (!plan.keys_allowed) throw problem('PLAN_FORBIDS_KEYS')
      if ((await countKeysLocked(tx, workspace_id, now)) >= plan.key_limit) throw problem('KEY_LIMIT_REACHED')
      const unique = scopes ? [...new Set(scopes)] : null
      return mintApiKey(tx, {
        workspace_id,
        user_id: request.principal.user_id,
        name,
        scopes: unique,
        expires_at: expires,
        now,
      })
    })
  },
})

const revokeApiKey = defineOperation({
  id: 'revoke_api_key',
  method: 'DELETE',
  path: '/api/v1/api-keys/{key_id}',
  tag: TAG,
  summary: 'Revoke an API key',
  description: 'Requests with it answer 401 within a second, in every process. Cannot be undone.',
  access: 'session:workspace:write',
  impact: 'destructive',
  params: z.object({ key_id: idParam }),
  responses: { 204: null },
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  handle: async (request, deps) => {
    if (!(await revokeKey(deps.db, request.workspace.workspace_id, request.params.key_id, deps.clock.now())))
      throw notFound()
  },
})

export const operations: Operation[] = [listApiKeys, createApiKey, revokeApiKey]
