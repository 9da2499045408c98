import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { changeAlias, setWarmupToken } from '../aliases/change-alias.ts'
import { createAlias } from '../aliases/create-alias.ts'
import { deleteAlias } from '../aliases/delete-alias.ts'
import { getAlias, listAliases } from '../aliases/read-aliases.ts'
import { Alias, AliasCreate, AliasDeleteQuery, AliasParams, AliasUpdate, WarmupToken } from '../aliases/schema.ts'

const tag = 'mail-service'

const mailListAliases = defineOperation({
  id: 'mail_list_aliases',
  method: 'GET',
  path: '/mail/v1/aliases',
  tag,
  summary: 'List aliases',
  description: 'All of them, or one domain’s, in one answer.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ domain_id: z.uuid().optional() }),
  responses: { 200: z.array(Alias) },
  handle: (request, deps) => listAliases(deps.db, request.workspace.workspace_id, request.query.domain_id ?? null),
})

const mailCreateAlias = defineOperation({
  id: 'mail_create_alias',
  method: 'POST',
  path: '/mail/v1/aliases',
  tag,
  summary: 'Create an alias',
  description: 'Makes an address on one of the workspace’s domains. A taken local part gives 409.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  body: AliasCreate,
  responses: { 200: Alias },
  errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'RESERVED_NAME'],
  handle: (request, deps) =>
    createAlias(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.body,
      request.now,
    ),
})

const mailGetAlias = defineOperation({
  id: 'mail_get_alias',
  method: 'GET',
  path: '/mail/v1/aliases/{alias_id}',
  tag,
  summary: 'Read one alias',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: AliasParams,
  responses: { 200: Alias },
  handle: (request, deps) => getAlias(deps.db, request.workspace.workspace_id, request.params.alias_id),
})

const mailUpdateAlias = defineOperation({
  id: 'mail_update_alias',
  method: 'PUT',
  path: '/mail/v1/aliases/{alias_id}',
  tag,
  summary: 'Change an alias',
  description:
    'Changes the fields sent; a null signature removes it. With another local part the old address stops sending and receiving at once: answers to what it sent no longer arrive. A taken local part gives 409.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: AliasParams,
  body: AliasUpdate,
  responses: { 200: Alias },
  errors: ['ALREADY_EXISTS', 'RESERVED_NAME', 'IN_USE'],
  handle: (request, deps) =>
    changeAlias(deps, request.workspace.workspace_id, request.params.alias_id, request.body, request.now),
})

const mailDeleteAlias = defineOperation({
  id: 'mail_delete_alias',
  method: 'DELETE',
  path: '/mail/v1/aliases/{alias_id}',
  tag,
  summary: 'Delete an alias',
  description:
    'The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another alias takes them over, and their follow-ups begin new threads.',
  access: 'mail:write',
  impact: 'destructive',
  source: 'ours',
  params: AliasParams,
  query: AliasDeleteQuery,
  responses: { 204: null },
  errors: ['IN_USE'],
  handle: (request, deps) =>
    deleteAlias(deps, request.workspace.workspace_id, request.params.alias_id, request.query, request.now),
})

const mailSetWarmupToken = defineOperation({
  id: 'mail_set_warmup_token',
  method: 'PUT',
  path: '/mail/v1/aliases/{alias_id}/warmup-token',
  tag,
  summary: 'Name an alias’s warm-up mail',
  description: 'Received mail that carries this token is kept out of lists unless include_warmup is true.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: AliasParams,
  body: WarmupToken,
  responses: { 200: Alias },
  handle: (request, deps) =>
    setWarmupToken(deps, request.workspace.workspace_id, request.params.alias_id, request.body.token, request.now),
})

const mailClearWarmupToken = defineOperation({
  id: 'mail_clear_warmup_token',
  method: 'DELETE',
  path: '/mail/v1/aliases/{alias_id}/warmup-token',
  tag,
  summary: 'Take an alias’s warm-up token away',
  description: 'Answers the alias. What was hidden so far stays hidden.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: AliasParams,
  responses: { 200: Alias },
  handle: (request, deps) =>
    setWarmupToken(deps, request.workspace.workspace_id, request.params.alias_id, null, request.now),
})

export const aliasOperations: Operation[] = [
  mailListAliases,
  mailCreateAlias,
  mailGetAlias,
  mailUpdateAlias,
  mailDeleteAlias,
  mailSetWarmupToken,
  mailClearWarmupToken,
]
