import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { readPage } from '../../http/pagination.ts'
import { Email } from '../emails/schema.ts'
import { answerThread } from './answer-thread.ts'
import { loadImages } from './load-images.ts'
import { markThread, markThreads } from './mark-thread.ts'
import { countThreads } from './queries.ts'
import {
  AnswerRequest,
  CountQuery,
  MessageImages,
  MessageParams,
  ThreadCounts,
  ThreadDetail,
  ThreadList,
  ThreadListQuery,
  ThreadParams,
  ThreadsUpdate,
  ThreadsUpdated,
  ThreadUpdate,
} from './schema.ts'
import { showThread, showThreads, THREAD_PAGE } from './show-threads.ts'

const tag = 'inbox'
const source = 'ours' as const
const PATH = '/api/v1/inbox/threads'

const list = defineOperation({
  id: 'list_inbox_threads',
  method: 'GET',
  path: PATH,
  tag,
  source,
  summary: 'List and search the threads of the inbox',
  description:
    'Over all aliases. Newest activity first, a thread that came back from its snooze as if it were new; of the snoozed ones, which comes back first. Threads of nothing but warm-up mail are left out. A cursor stays right while messages arrive.',
  access: 'mail:read',
  impact: 'read',
  query: ThreadListQuery,
  responses: { 200: ThreadList },
  handle: ({ workspace, query, query_given, now }, deps) => {
    const page = readPage(query, query_given, THREAD_PAGE)
    const filter = { ...query, unread: query_given.has('unread') ? query.unread : undefined }
    return showThreads(deps, workspace.workspace_id, filter, page, now)
  },
})

const counts = defineOperation({
  id: 'count_inbox_threads',
  method: 'GET',
  path: `${PATH}/counts`,
  tag,
  source,
  summary: 'Count what is in the inbox',
  access: 'mail:read',
  impact: 'read',
  query: CountQuery,
  responses: { 200: ThreadCounts },
  handle: ({ workspace, query, now }, deps) => countThreads(deps.db, workspace.workspace_id, query, now),
})

const read = defineOperation({
  id: 'get_inbox_thread',
  method: 'GET',
  path: `${PATH}/{thread_id}`,
  tag,
  source,
  summary: 'Read a thread of the inbox with its messages',
  description:
    'Oldest first; of a very long thread the newest 500. Bodies are made safe to show and load nothing from elsewhere. Reading marks nothing.',
  access: 'mail:read',
  impact: 'read',
  params: ThreadParams,
  responses: { 200: ThreadDetail },
  handle: ({ workspace, params }, deps) => showThread(deps, workspace.workspace_id, params.thread_id),
})

const images = defineOperation({
  id: 'load_inbox_message_images',
  method: 'GET',
  path: '/api/v1/inbox/messages/{email_id}/images',
  tag,
  source,
  summary: 'Read a received message with its images from elsewhere',
  description:
    'This instance fetches them, without anything of the reader; whoever serves them still learns that somebody loads them. Up to 40 images of 3 MB each and about 7 MB in all; what cannot be had is left out. In a live workspace only.',
  access: 'mail:read',
  impact: 'read',
  params: MessageParams,
  responses: { 200: MessageImages },
  errors: ['LIVE_WORKSPACE_ONLY'],
  handle: ({ workspace, params }, deps) => loadImages(deps, workspace, params.email_id),
})

const update = defineOperation({
  id: 'update_inbox_thread',
  method: 'PATCH',
  path: `${PATH}/{thread_id}`,
  tag,
  source,
  summary: 'Mark, snooze or move a thread',
  description: 'All that is asked for, or nothing. Done and snoozed exclude each other: the later one holds.',
  access: 'mail:write',
  impact: 'write',
  params: ThreadParams,
  body: ThreadUpdate,
  responses: { 200: ThreadDetail },
  handle: async ({ workspace, principal, params, body, now }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    await markThread(deps, who, params.thread_id, body, now)
    return showThread(deps, workspace.workspace_id, params.thread_id)
  },
})

const updateMany = defineOperation({
  id: 'update_inbox_threads',
  method: 'PATCH',
  path: PATH,
  tag,
  source,
  summary: 'Mark, snooze or move many threads at once',
  description:
    'What update_inbox_thread does, to up to 200 threads alike and all in one. Ids that are no thread here are named in the answer; the others are changed.',
  access: 'mail:write',
  impact: 'write',
  body: ThreadsUpdate,
  responses: { 200: ThreadsUpdated },
  handle: ({ workspace, principal, body: { thread_ids, ...change }, now }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    return markThreads(deps, who, thread_ids, change, now)
  },
})

const answer = defineOperation({
  id: 'answer_inbox_thread',
  method: 'POST',
  path: `${PATH}/{thread_id}/answer`,
  tag,
  source,
  summary: 'Answer a thread',
  description:
    'To whoever wrote last, from the alias they wrote to, in the same thread, without tracking. Marks the thread as read. With delay_seconds it can be cancelled meanwhile (cancel_email).',
  access: 'mail:write',
  impact: 'sends',
  params: ThreadParams,
  body: AnswerRequest,
  responses: { 200: Email },
  errors: [
    'ALIAS_NOT_FOUND',
    'DOMAIN_NOT_VERIFIED',
    'MAIL_NOT_CONFIGURED',
    'SENDING_BLOCKED',
    'INVALID_RECIPIENT',
    'RECIPIENT_SUPPRESSED',
    'ATTACHMENT_NOT_FOUND',
    'MESSAGE_TOO_LARGE',
  ],
  handle: ({ workspace, principal, params, body, now }, deps) =>
    answerThread(deps, { workspace, user_id: principal.user_id }, params.thread_id, body, now),
})

export const operations: Operation[] = [list, counts, read, images, update, updateMany, answer]
