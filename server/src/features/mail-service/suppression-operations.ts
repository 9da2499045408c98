import { z } from 'zod'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { cutPage, listParams, nextLink, readPage } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { liftSuppression } from '../suppression/lift-suppression.ts'
import { SuppressionReason } from '../suppression/schema.ts'
import { addServiceEntry, getServiceEntry, listServiceEntries } from '../suppression/service-entries.ts'

const tag = 'mail-service'

/** Clients write reasons the way their provider does; one word is kept for each. */
const SPELLINGS: Record<string, z.output<typeof SuppressionReason>> = {
  bounce: 'bounced',
  hard_bounce: 'bounced',
  complaint: 'complained',
  spam: 'complained',
  unsubscribe: 'unsubscribed',
  import: 'imported',
}
const reason = z
  .preprocess(
    (value) => (typeof value === 'string' ? (SPELLINGS[value.toLowerCase()] ?? value) : value),
    SuppressionReason,
  )
  .describe('manual, unsubscribed, bounced, complained or imported; bounce, complaint and unsubscribe mean the same.')

const ServiceSuppression = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    email: z.string().nullable().describe('The address, @domain for a whole domain, null where only its hash is kept.'),
    kind: z.enum(['address', 'domain', 'hash']),
    reason: SuppressionReason,
    source: z.string(),
    status: z.enum(['active', 'released']),
    note: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    suppressed_at: timestamp,
    released_at: timestamp.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailSuppression' })

const ServiceSuppressionCreate = z
  .object({
    email: z.string().min(1).max(320).describe('An address, or @acme.com for everybody there.'),
    reason,
    source: z.string().max(100).nullable().optional(),
    note: z.string().max(500).nullable().optional(),
    metadata: z
      .record(z.string().max(100), z.unknown())
      .refine((value) => JSON.stringify(value).length <= 10_000, 'is longer than 10,000 characters')
      .nullable()
      .optional(),
  })
  .meta({ id: 'MailSuppressionCreate' })

const ListQuery = z.object({
  status: z.enum(['active', 'released']).optional(),
  reason: reason.optional(),
  search: z.string().max(320).optional().describe('Part of the address.'),
  ...listParams(100),
})

const ReleaseRequest = z
  .object({ note: z.string().trim().min(1).max(500).nullable().optional() })
  .meta({ id: 'MailSuppressionRelease' })

const mailListSuppressions = defineOperation({
  id: 'mail_list_suppressions',
  method: 'GET',
  path: '/mail/v1/suppressions',
  tag,
  summary: 'List suppressions',
  description:
    'The workspace’s one do-not-contact list, newest first, released entries too unless status says otherwise.',
  access: 'suppression:read',
  impact: 'read',
  source: 'ours',
  query: ListQuery,
  responses: { 200: z.array(ServiceSuppression) },
  handle: async ({ workspace, principal, query, query_given, url }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const rows = await listServiceEntries(deps.db, who, query, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    return answer(200, items, nextLink(url, next_cursor))
  },
})

const mailCreateSuppression = defineOperation({
  id: 'mail_create_suppression',
  method: 'POST',
  path: '/mail/v1/suppressions',
  tag,
  summary: 'Suppress an address',
  description:
    'Nothing of this workspace is sent to it any more, no campaign and no single message. One that stands on the list already is answered as it is.',
  access: 'suppression:write',
  impact: 'write',
  source: 'ours',
  body: ServiceSuppressionCreate,
  responses: { 200: ServiceSuppression },
  handle: async ({ workspace, principal, body, now }, deps) =>
    addServiceEntry(deps, { workspace_id: workspace.workspace_id, user_id: principal.user_id }, body, now),
})

const mailReleaseSuppression = defineOperation({
  id: 'mail_release_suppression',
  method: 'POST',
  path: '/mail/v1/suppressions/{suppression_id}/release',
  tag,
  summary: 'Release a suppression',
  description:
    'The address may be written to again. What a person asked for (unsubscribed, complained) is released in a log-in session with a note only: a key gets SESSION_REQUIRED. A released entry is answered as it is.',
  access: 'suppression:write',
  impact: 'destructive',
  source: 'ours',
  params: z.object({ suppression_id: idParam }),
  body: ReleaseRequest,
  body_optional: true,
  responses: { 200: ServiceSuppression },
  errors: ['SESSION_REQUIRED', 'CONFLICT'],
  handle: async ({ workspace, principal, params, body, now }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const entry = await getServiceEntry(deps.db, who, params.suppression_id)
    if (entry.status === 'released') return entry
    await liftSuppression(deps, principal, entry.id, body?.note ?? null, now)
    return getServiceEntry(deps.db, who, entry.id)
  },
})

export const suppressionOperations: Operation[] = [mailListSuppressions, mailCreateSuppression, mailReleaseSuppression]
