import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { idParam } from '../../http/params.ts'
import { EmailTag, MessageTags } from '../tags/schema.ts'
import { listMessageTags, tagMessage, untagMessage } from '../tags/tag-message.ts'

const tag = 'mail-service'
const MessageParams = z.object({ email_id: idParam })

const mailGetInboundTags = defineOperation({
  id: 'mail_get_inbound_tags',
  method: 'GET',
  path: '/mail/v1/inbound-emails/{email_id}/tags',
  tag,
  summary: 'List a received message’s tags',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: MessageParams,
  responses: { 200: z.array(EmailTag) },
  handle: (request, deps) => listMessageTags(deps.db, request.workspace.workspace_id, request.params.email_id),
})

const put = (method: 'POST' | 'PUT', id: string, texts: { summary: string; description: string }): Operation =>
  defineOperation({
    id,
    method,
    path: '/mail/v1/inbound-emails/{email_id}/tags',
    tag,
    ...texts,
    access: 'mail:write',
    impact: 'write',
    source: 'ours',
    params: MessageParams,
    body: MessageTags,
    responses: { 200: z.array(EmailTag) },
    errors: ['CONFLICT'],
    handle: ({ workspace, principal, params, body, now }, deps) =>
      tagMessage(deps, { workspace_id: workspace.workspace_id, user_id: principal.user_id }, params.email_id, body, {
        replace: method === 'PUT',
        now,
      }),
  })

const mailRemoveInboundTag = defineOperation({
  id: 'mail_remove_inbound_tag',
  method: 'DELETE',
  path: '/mail/v1/inbound-emails/{email_id}/tags/{tag_id}',
  tag,
  summary: 'Take a tag off a received message',
  description: 'Safe to repeat.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: z.object({ email_id: idParam, tag_id: idParam }),
  responses: { 204: null },
  handle: (request, deps) =>
    untagMessage(deps, request.workspace.workspace_id, request.params.email_id, request.params.tag_id),
})

export const inboundTagOperations: Operation[] = [
  mailGetInboundTags,
  put('POST', 'mail_add_inbound_tags', {
    summary: 'Put tags on a received message',
    description: 'Answers all tags of the message. A tag that is there already keeps its time.',
  }),
  put('PUT', 'mail_replace_inbound_tags', {
    summary: 'Replace a received message’s tags',
    description: 'The message has exactly these tags afterwards. Safe to repeat.',
  }),
  mailRemoveInboundTag,
]
