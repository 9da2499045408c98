import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { Conversation, ConversationListQuery, ConversationParams, ConversationSummary } from './schema.ts'
import { readConversation, showConversations } from './show-conversations.ts'

const tag = 'bavimail-proxy'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const listConversationsOperation = defineOperation({
  id: 'list_bavimail_conversations',
  method: 'GET',
  path: '/api/v1/bavimail/conversations',
  tag,
  summary: 'List conversation threads',
  description:
    'Ordered by latest activity, sent and received messages together. Threads of nothing but warm-up mail are left out unless include_warmup is true. The next page stands in the Link header.',
  access: 'mail:read',
  impact: 'read',
  query: ConversationListQuery,
  responses: { 200: z.array(ConversationSummary) },
  errors: [...upstream],
  handle: (request, deps) => showConversations(deps, request),
})

const getConversationOperation = defineOperation({
  id: 'get_bavimail_conversation',
  method: 'GET',
  path: '/api/v1/bavimail/conversations/{conversation_id}',
  tag,
  summary: 'Read a thread with its messages',
  description: 'Messages come oldest first; of a very long thread the newest thousand.',
  access: 'mail:read',
  impact: 'read',
  params: ConversationParams,
  responses: { 200: Conversation },
  errors: [...upstream],
  handle: (request, deps) => readConversation(deps, request.workspace.workspace_id, request.params.conversation_id),
})

export const operations: Operation[] = [listConversationsOperation, getConversationOperation]
