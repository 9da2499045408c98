import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { deleteConversation, markConversation } from '../conversations/change-conversation.ts'
import {
  Conversation,
  ConversationListQuery,
  ConversationParams,
  ConversationSummary,
  ThreadDetail,
  ThreadList,
  ThreadListQuery,
} from '../conversations/schema.ts'
import { readConversation, readThread, showConversations, showThreads } from '../conversations/show-conversations.ts'

const tag = 'mail-service'

const mailListConversations = defineOperation({
  id: 'mail_list_conversations',
  method: 'GET',
  path: '/mail/v1/conversations',
  tag,
  summary: 'List conversations',
  description:
    'Newest activity first, sent and received messages together. Conversations of nothing but warm-up mail are left out unless include_warmup is true.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: ConversationListQuery,
  responses: { 200: z.array(ConversationSummary) },
  handle: (request, deps) => showConversations(deps, request),
})

const mailGetConversation = defineOperation({
  id: 'mail_get_conversation',
  method: 'GET',
  path: '/mail/v1/conversations/{conversation_id}',
  tag,
  summary: 'Read a conversation with its messages',
  description: 'Messages come oldest first; of a very long conversation the newest thousand.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: ConversationParams,
  responses: { 200: Conversation },
  handle: (request, deps) => readConversation(deps, request.workspace.workspace_id, request.params.conversation_id),
})

const mark = (as: 'read' | 'unread'): Operation =>
  defineOperation({
    id: `mail_mark_conversation_${as}`,
    method: 'POST',
    path: `/mail/v1/conversations/{conversation_id}/mark-${as}`,
    tag,
    summary: `Mark a conversation as ${as}`,
    description: `Marks every received message in it as ${as}.`,
    access: 'mail:write',
    impact: 'write',
    source: 'ours',
    params: ConversationParams,
    responses: { 204: null },
    handle: (request, deps) =>
      markConversation(deps, request.workspace.workspace_id, request.params.conversation_id, as, request.now),
  })

const mailDeleteConversation = defineOperation({
  id: 'mail_delete_conversation',
  method: 'DELETE',
  path: '/mail/v1/conversations/{conversation_id}',
  tag,
  summary: 'Delete a conversation',
  description:
    'What was received in it is deleted for good, with its attachments. Sent messages stay in the list of e-mails, without a conversation, until retention. A later answer begins a new conversation.',
  access: 'mail:write',
  impact: 'destructive',
  source: 'ours',
  params: ConversationParams,
  responses: { 204: null },
  handle: (request, deps) => deleteConversation(deps, request.workspace.workspace_id, request.params.conversation_id),
})

const mailListInboxThreads = defineOperation({
  id: 'mail_list_inbox_threads',
  method: 'GET',
  path: '/mail/v1/inbox/threads',
  tag,
  summary: 'List and search threads',
  description:
    'Newest activity first, with participants and the beginning of the newest message. q finds words or their beginnings in subject, addresses, names and text. A cursor stays right while messages arrive: a thread that moves to the top hides no other.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: ThreadListQuery,
  responses: { 200: ThreadList },
  handle: (request, deps) => showThreads(deps, request),
})

const mailGetInboxThread = defineOperation({
  id: 'mail_get_inbox_thread',
  method: 'GET',
  path: '/mail/v1/inbox/threads/{conversation_id}',
  tag,
  summary: 'Read one thread',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: ConversationParams,
  responses: { 200: ThreadDetail },
  handle: (request, deps) => readThread(deps, request.workspace.workspace_id, request.params.conversation_id),
})

export const conversationOperations: Operation[] = [
  mailListConversations,
  mailGetConversation,
  mark('read'),
  mark('unread'),
  mailDeleteConversation,
  mailListInboxThreads,
  mailGetInboxThread,
]
