import { z } from 'zod'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { changeAlias } from './change-alias.ts'
import { createAlias } from './create-alias.ts'
import { deleteAlias } from './delete-alias.ts'
import { getAlias, listAliases } from './read-aliases.ts'
import { Alias, AliasCreate, AliasDeleteQuery, AliasListQuery, AliasParams, AliasUpdate } from './schema.ts'

const tag = 'bavimail-proxy'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const listAliasesOperation = defineOperation({
  id: 'list_aliases',
  method: 'GET',
  path: '/api/v1/bavimail/aliases',
  tag,
  summary: 'List aliases',
  description: 'The whole set or one domain’s, in one answer; or a page of it with limit.',
  access: 'mail:read',
  impact: 'read',
  query: AliasListQuery,
  responses: { 200: z.array(Alias) },
  errors: [...upstream],
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 100, key: [z.uuid()] })
    // Only who asks for a page gets one: known clients read the whole set at once.
    const paged = ['limit', 'offset', 'cursor'].some((name) => request.query_given.has(name))
    const rows = await listAliases(deps.db, request.workspace.workspace_id, request.query.domain_id ?? null, {
      ...page,
      limit: paged ? page.limit : null,
    })
    const cut = paged ? cutPage(rows, page, (row) => [row.id]) : { items: rows, next_cursor: null }
    return answer(200, cut.items, nextLink(request.url, cut.next_cursor))
  },
})

const createAliasOperation = defineOperation({
  id: 'create_alias',
  method: 'POST',
  path: '/api/v1/bavimail/aliases',
  tag,
  summary: 'Create an alias',
  description: 'Makes an address on one of the workspace’s domains. A taken local part gives 409.',
  access: 'mail:write',
  impact: 'write',
  body: AliasCreate,
  responses: { 200: Alias },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'ALREADY_EXISTS', 'RESERVED_NAME', ...upstream],
  handle: (request, deps) =>
    createAlias(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.body,
      request.now,
    ),
})

const getAliasOperation = defineOperation({
  id: 'get_alias',
  method: 'GET',
  path: '/api/v1/bavimail/aliases/{alias_id}',
  tag,
  summary: 'Read one alias',
  access: 'mail:read',
  impact: 'read',
  params: AliasParams,
  responses: { 200: Alias },
  errors: [...upstream],
  handle: (request, deps) => getAlias(deps.db, request.workspace.workspace_id, request.params.alias_id),
})

const updateAliasOperation = defineOperation({
  id: 'update_alias',
  method: 'PUT',
  path: '/api/v1/bavimail/aliases/{alias_id}',
  tag,
  summary: 'Change an alias',
  description:
    'Changes the fields sent; a null signature removes it. With another local part the old address stops sending and receiving at once: answers to what it sent no longer arrive. A taken local part gives 409.',
  access: 'mail:write',
  impact: 'write',
  params: AliasParams,
  body: AliasUpdate,
  responses: { 200: Alias },
  errors: ['BAD_REQUEST', 'ALREADY_EXISTS', 'RESERVED_NAME', 'IN_USE', ...upstream],
  handle: (request, deps) =>
    changeAlias(deps, request.workspace.workspace_id, request.params.alias_id, request.body, request.now),
})

const deleteAliasOperation = defineOperation({
  id: 'delete_alias',
  method: 'DELETE',
  path: '/api/v1/bavimail/aliases/{alias_id}',
  tag,
  summary: 'Remove an alias',
  description:
    'The address stops sending and receiving and can be made anew; its mail stays readable. 409 names the campaigns that would still send from it; with reassign_to another alias takes them over, and their follow-ups begin new threads.',
  access: 'mail:write',
  impact: 'destructive',
  params: AliasParams,
  query: AliasDeleteQuery,
  responses: { 204: null },
  errors: ['IN_USE', ...upstream],
  handle: (request, deps) =>
    deleteAlias(deps, request.workspace.workspace_id, request.params.alias_id, request.query, request.now),
})

export const operations: Operation[] = [
  listAliasesOperation,
  createAliasOperation,
  getAliasOperation,
  updateAliasOperation,
  deleteAliasOperation,
]
