import { z } from 'zod'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { readEmail, readEmails } from './read-emails.ts'
import { Email, EmailListQuery, EmailParams } from './schema.ts'

const tag = 'bavimail-proxy'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const listEmailsOperation = defineOperation({
  id: 'list_emails',
  method: 'GET',
  path: '/api/v1/bavimail/emails',
  tag,
  summary: 'List sent messages',
  description: 'Newest first; a page shorter than limit is the last one. The next page stands in the Link header.',
  access: 'mail:read',
  impact: 'read',
  query: EmailListQuery,
  responses: { 200: z.array(Email) },
  errors: [...upstream],
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const rows = await readEmails(deps.db, request.workspace.workspace_id, { alias_id: request.query.alias_id }, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(200, items, nextLink(request.url, next_cursor))
  },
})

const getEmailOperation = defineOperation({
  id: 'get_email',
  method: 'GET',
  path: '/api/v1/bavimail/emails/{email_id}',
  tag,
  summary: 'Read one sent message',
  description: 'Includes bodies, delivery state and tracking counters.',
  access: 'mail:read',
  impact: 'read',
  params: EmailParams,
  responses: { 200: Email },
  errors: [...upstream],
  handle: async (request, deps) => {
    const email = await readEmail(deps.db, request.workspace.workspace_id, request.params.email_id)
    if (!email) throw notFound('There is no such message in this workspace.')
    return email
  },
})

export const operations: Operation[] = [listEmailsOperation, getEmailOperation]
