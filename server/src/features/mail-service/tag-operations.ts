import { z } from 'zod'
import { defineOperation, type Operation, type OperationRequest } from '../../http/define-operation.ts'
import { changeTag, createTag, deleteTag } from '../tags/change-tags.ts'
import { getTag, listTags, type TagReader } from '../tags/read-tags.ts'
import { Tag, TagCreate, TagListQuery, TagParams, TagUpdate } from '../tags/schema.ts'

const tag = 'mail-service'

const reader = ({ workspace, principal }: Pick<OperationRequest, 'workspace' | 'principal'>): TagReader => ({
  workspace_id: workspace.workspace_id,
  user_id: principal.user_id,
})

const mailListTags = defineOperation({
  id: 'mail_list_tags',
  method: 'GET',
  path: '/mail/v1/tags',
  tag,
  summary: 'List tags and folders',
  description: 'All of them in one answer, pinned ones first; Inbox and Sent are always among them.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: TagListQuery,
  responses: { 200: z.array(Tag) },
  handle: (request, deps) => listTags(deps.db, reader(request), request.query),
})

const mailCreateTag = defineOperation({
  id: 'mail_create_tag',
  method: 'POST',
  path: '/mail/v1/tags',
  tag,
  summary: 'Create a tag or folder',
  description: 'A name that is taken, in whatever case, gives 409.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  body: TagCreate,
  responses: { 200: Tag },
  errors: ['ALREADY_EXISTS'],
  handle: (request, deps) => createTag(deps, reader(request), request.body, request.now),
})

const mailGetTag = defineOperation({
  id: 'mail_get_tag',
  method: 'GET',
  path: '/mail/v1/tags/{tag_id}',
  tag,
  summary: 'Read one tag',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: TagParams,
  responses: { 200: Tag },
  handle: (request, deps) => getTag(deps.db, reader(request), request.params.tag_id),
})

/** Clients of different age use PUT and PATCH for the same thing. */
const update = (method: 'PUT' | 'PATCH', id: string): Operation =>
  defineOperation({
    id,
    method,
    path: '/mail/v1/tags/{tag_id}',
    tag,
    summary: 'Change a tag',
    description:
      'Changes the fields sent; null clears. Inbox and Sent keep their name and type. PUT and PATCH do the same.',
    access: 'mail:write',
    impact: 'write',
    source: 'ours',
    params: TagParams,
    body: TagUpdate,
    responses: { 200: Tag },
    errors: ['ALREADY_EXISTS', 'CONFLICT'],
    handle: (request, deps) => changeTag(deps, reader(request), request.params.tag_id, request.body, request.now),
  })

const mailDeleteTag = defineOperation({
  id: 'mail_delete_tag',
  method: 'DELETE',
  path: '/mail/v1/tags/{tag_id}',
  tag,
  summary: 'Delete a tag',
  description: 'It is taken off every message with it; the messages stay. Inbox and Sent cannot be deleted.',
  access: 'mail:write',
  impact: 'destructive',
  source: 'ours',
  params: TagParams,
  responses: { 204: null },
  errors: ['CONFLICT'],
  handle: (request, deps) => deleteTag(deps, request.workspace.workspace_id, request.params.tag_id),
})

export const tagOperations: Operation[] = [
  mailListTags,
  mailCreateTag,
  mailGetTag,
  update('PUT', 'mail_replace_tag'),
  update('PATCH', 'mail_update_tag'),
  mailDeleteTag,
]
