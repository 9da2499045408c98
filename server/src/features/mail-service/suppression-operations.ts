import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, listParams, nextLink, readPage } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { liftSuppression } from '../suppression/lift-suppression.ts'
import { LiftQuery, SuppressionReason } from '../suppression/schema.ts'
import {
  addServiceEntry,
  countServiceEntries,
  type EntryReader,
  getServiceEntry,
  listServiceEntries,
  type ServiceEntryRow,
} from '../suppression/service-entries.ts'
import { readClientLine, VARY } from './client-line.ts'

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

const entry = z.string().min(1).max(320)

const ServiceSuppressionCreate = z
  .object({
    email: entry.optional().describe('An address, or @acme.com for everybody there.'),
    address: entry.optional().describe('Newer name of email.'),
    reason: reason.default('manual'),
    source: z.string().max(100).nullable().optional(),
    note: z.string().max(500).nullable().optional(),
    metadata: z
      .record(z.string().max(100), z.unknown())
      .refine((value) => JSON.stringify(value).length <= 10_000, 'is longer than 10,000 characters')
      .nullable()
      .optional(),
  })
  .refine((body) => (body.email === undefined) !== (body.address === undefined), {
    error: 'exactly one of email and address is needed',
    path: ['email'],
    // Beside whatever else is wrong, so that every problem is named at once.
    when: ({ value }) => typeof value === 'object' && value !== null,
  })
  .meta({ id: 'MailSuppressionCreate' })

/** The list in the words of the clients from 1.0 on, which know neither kinds nor released entries. */
const NewerSuppression = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    address: z.string().describe('@domain for a whole domain, empty where only a hash is kept.'),
    reason: z.string().describe('bounce, complaint or manual; unsubscribed and imported are ours.'),
    note: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailSuppressedAddress' })

const NewerPage = z
  .object({ suppressions: z.array(NewerSuppression), total: z.int().min(0).describe('Exact to 10,000.') })
  .meta({ id: 'MailSuppressionPage' })

const NEWER_REASONS: Partial<Record<string, string>> = { bounced: 'bounce', complained: 'complaint' }

const newer = (row: ServiceEntryRow) => ({
  id: row.id,
  user_id: row.user_id,
  address: row.email ?? '',
  reason: NEWER_REASONS[row.reason] ?? row.reason,
  note: row.note,
  metadata: row.metadata,
  created_at: row.created_at,
  updated_at: row.updated_at,
})

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
    'The workspace’s one do-not-contact list, newest first, released entries too unless status says otherwise. Clients from 1.0 on (by User-Agent or Bavimail-Version) get an object with the entries that are in force and their number.',
  access: 'suppression:read',
  impact: 'read',
  source: 'ours',
  query: ListQuery,
  responses: { 200: z.union([z.array(ServiceSuppression), NewerPage]) },
  handle: async ({ workspace, principal, query, query_given, url, headers }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const line = readClientLine(headers)
    const filter = line === 0 || query.status ? query : { ...query, status: 'active' as const }
    const rows = await listServiceEntries(deps.db, who, filter, page)
    const { items, next_cursor } = cutPage(rows, page, (row) => [row.id])
    const link = { ...nextLink(url, next_cursor), ...VARY }
    if (line === 0) return answer(200, items, link)
    return answer(200, { suppressions: items.map(newer), total: await countServiceEntries(deps.db, who, filter) }, link)
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
  responses: { 200: z.union([ServiceSuppression, NewerSuppression]) },
  handle: async ({ workspace, principal, body: { address, ...body }, headers, now }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const field = body.email === undefined ? 'address' : 'email'
    const made = await addServiceEntry(deps, who, { ...body, email: body.email ?? address ?? '' }, now, field)
    // A body that says address is the newer client's own, whoever it says it is.
    return answer(200, field === 'address' || readClientLine(headers) === 1 ? newer(made) : made, VARY)
  },
})

const params = z.object({ suppression_id: idParam })

const mailGetSuppression = defineOperation({
  id: 'mail_get_suppression',
  method: 'GET',
  path: '/mail/v1/suppressions/{suppression_id}',
  tag,
  summary: 'Read one suppression',
  description: 'In the words of the clients from 1.0 on. A released entry is not there for them.',
  access: 'suppression:read',
  impact: 'read',
  source: 'ours',
  params,
  responses: { 200: NewerSuppression },
  handle: async ({ workspace, principal, params }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    return newer(await getActive(deps.db, who, params.suppression_id))
  },
})

const mailDeleteSuppression = defineOperation({
  id: 'mail_delete_suppression',
  method: 'DELETE',
  path: '/mail/v1/suppressions/{suppression_id}',
  tag,
  summary: 'Take an address off the list',
  description:
    'Releases the entry, as the release route does, where clients from 1.0 on ask: what a person asked for (unsubscribed, complained) needs a log-in session and a note.',
  access: 'suppression:write',
  impact: 'destructive',
  source: 'ours',
  params,
  query: LiftQuery,
  responses: { 204: null },
  errors: ['SESSION_REQUIRED', 'CONFLICT'],
  handle: async ({ workspace, principal, params, query, now }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const entry = await getActive(deps.db, who, params.suppression_id)
    await liftSuppression(deps, principal, entry.id, query.note ?? null, now)
  },
})

/** Throws NOT_FOUND, also for an entry that was released. */
const getActive = async (db: Deps['db'], who: EntryReader, id: string): Promise<ServiceEntryRow> => {
  const entry = await getServiceEntry(db, who, id)
  if (entry.status === 'released') throw notFound('There is no such entry on the list of this workspace.')
  return entry
}

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
  params,
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

export const suppressionOperations: Operation[] = [
  mailListSuppressions,
  mailCreateSuppression,
  mailGetSuppression,
  mailDeleteSuppression,
  mailReleaseSuppression,
]
