import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { addDomain } from './add-domain.ts'
import { createCheckCache, domainRecords } from './check-domain.ts'
import { verifyDomainJob } from './jobs.ts'
import { type DomainRow, type DomainWithRecords, findDomain, listDomains, markVerifying } from './queries.ts'
import {
  DnsStatus,
  DnsStatusQuery,
  DomainListQuery,
  DomainParams,
  DomainSetup,
  SendingDomain,
  SendingDomainCreate,
  VerifyRequest,
  VerifyResponse,
} from './schema.ts'

/** Headers of received mail that are always kept. */
const RETAINED = [
  'from',
  'to',
  'cc',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'list-*',
  'auto-submitted',
  'x-*',
]

/** Keys that only another provider has are part of the contract's shape and always null here. */
const shown = ({ ownership_token: _token, dkim_public_key: _key, ...row }: DomainRow & Partial<DomainWithRecords>) => ({
  ...row,
  retained_headers: [...RETAINED, ...(row.extra_retained_headers ?? [])],
  ses_verification_token: null,
  ses_dkim_tokens: null,
  ses_mail_from_domain: null,
  ses_mail_from_status: null,
  ses_mail_from_error: null,
})

const load = async (...args: Parameters<typeof findDomain>): Promise<DomainWithRecords> => {
  const domain = await findDomain(...args)
  if (!domain) throw notFound('There is no such domain in this workspace.')
  return domain
}

const tag = 'bavimail-proxy'
const upstream = ['UPSTREAM_ERROR', 'UNAVAILABLE'] as const

const listDomainsOperation = defineOperation({
  id: 'list_domains',
  method: 'GET',
  path: '/api/v1/bavimail/domains',
  tag,
  summary: 'List sending domains',
  description: 'The whole set in one answer, or a page of it with limit.',
  access: 'mail:read',
  impact: 'read',
  query: DomainListQuery,
  responses: { 200: z.array(SendingDomain) },
  errors: [...upstream],
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 100, key: [z.uuid()] })
    // Only who asks for a page gets one: known clients read the whole set at once.
    const paged = request.query_given.size > 0
    const rows = await listDomains(deps.db, request.workspace.workspace_id, {
      ...page,
      limit: paged ? page.limit : null,
    })
    const cut = paged ? cutPage(rows, page, (row) => [row.id]) : { items: rows, next_cursor: null }
    return answer(200, cut.items.map(shown), nextLink(request.url, cut.next_cursor))
  },
})

const addDomainOperation = defineOperation({
  id: 'add_domain',
  method: 'POST',
  path: '/api/v1/bavimail/domains',
  tag,
  summary: 'Register a sending domain',
  description:
    'Makes a signing key for it. Publish the records from the setup route, then verify. A sandbox domain is verified at once.',
  access: 'mail:write',
  impact: 'write',
  body: SendingDomainCreate,
  responses: { 200: SendingDomain },
  errors: ['BAD_REQUEST', 'ALREADY_EXISTS', ...upstream],
  handle: async (request, deps) =>
    shown(
      await addDomain(
        deps,
        { workspace: request.workspace, user_id: request.principal.user_id },
        request.body,
        request.now,
      ),
    ),
})

const getDomainOperation = defineOperation({
  id: 'get_domain',
  method: 'GET',
  path: '/api/v1/bavimail/domains/{domain_id}',
  tag,
  summary: 'Read one domain',
  access: 'mail:read',
  impact: 'read',
  params: DomainParams,
  responses: { 200: SendingDomain },
  errors: [...upstream],
  handle: async (request, deps) => shown(await load(deps.db, request.workspace.workspace_id, request.params.domain_id)),
})

const getDomainSetup = defineOperation({
  id: 'get_domain_setup',
  method: 'GET',
  path: '/api/v1/bavimail/domains/{domain_id}/setup',
  tag,
  summary: 'Get DNS records to publish',
  description: 'Lists ownership, DKIM, SPF, DMARC and inbound records with instructions; no DNS look-up is made.',
  access: 'mail:read',
  impact: 'read',
  params: DomainParams,
  responses: { 200: DomainSetup },
  errors: [...upstream],
  handle: async (request, deps) => {
    const domain = await load(deps.db, request.workspace.workspace_id, request.params.domain_id)
    return {
      domain: domain.domain,
      dns_records: domainRecords(deps, domain).map(({ purpose: _purpose, ...record }) => record),
      verification_instructions: domain.is_sandbox
        ? 'This is a sandbox domain: nothing needs to be published, and its mail never leaves the local mail world.'
        : 'Publish these records where the DNS of the domain is kept, wait until they are visible, then verify. The ownership and DKIM records are needed; the others help your mail to arrive and answers to come back.',
    }
  },
})

const cachedCheck = createCheckCache()

const checkDnsStatus = defineOperation({
  id: 'check_dns_status',
  method: 'GET',
  path: '/api/v1/bavimail/domains/{domain_id}/dns-status',
  tag,
  summary: 'Check DNS record state',
  description:
    'Serves a check of the last five minutes unless force_refresh is true. Does not change the domain’s own status.',
  access: 'mail:read',
  impact: 'read',
  params: DomainParams,
  query: DnsStatusQuery,
  responses: { 200: DnsStatus },
  errors: [...upstream],
  handle: async (request, deps) => {
    const domain = await load(deps.db, request.workspace.workspace_id, request.params.domain_id)
    const { at, records } = await cachedCheck(deps, domain, {
      force: request.query.force_refresh,
      resolver: deps.dns.resolver,
    })
    const count = (status: string) => records.filter((record) => record.status === status).length
    return {
      domain: domain.domain,
      overall_progress: {
        total_records: records.length,
        verified: count('verified'),
        not_configured: count('not_configured'),
        incorrect: count('incorrect_value'),
        errors: count('error'),
      },
      records: records.map(({ purpose: _purpose, ...record }) => ({ ...record, last_checked: at })),
      last_checked: at,
      mail_from_status: null,
    }
  },
})

const verifyDomainOperation = defineOperation({
  id: 'verify_domain',
  method: 'POST',
  path: '/api/v1/bavimail/domains/{domain_id}/verify',
  tag,
  summary: 'Verify a domain now',
  description:
    'Queues a check of the ownership and DKIM records: the status becomes verifying, then verified or failed. force repeats it for a verified domain, which goes on sending meanwhile.',
  access: 'mail:write',
  impact: 'write',
  params: DomainParams,
  body: VerifyRequest,
  body_optional: true,
  responses: { 200: VerifyResponse },
  errors: ['BAD_REQUEST', ...upstream],
  handle: async (request, deps) => {
    const workspaceId = request.workspace.workspace_id
    const domain = await load(deps.db, workspaceId, request.params.domain_id)
    if (domain.is_sandbox || (domain.status === 'verified' && !request.body?.force))
      return { ...shown(domain), queued: false }
    return transaction(deps.db, async (tx) => {
      const marked = await markVerifying(tx, workspaceId, domain.id, request.now)
      await enqueue(
        tx,
        verifyDomainJob,
        { workspace_id: workspaceId, domain_id: domain.id },
        { key: `verify_domain:${domain.id}` },
      )
      return { ...shown(marked ?? domain), queued: true }
    })
  },
})

export const operations: Operation[] = [
  listDomainsOperation,
  addDomainOperation,
  getDomainOperation,
  getDomainSetup,
  checkDnsStatus,
  verifyDomainOperation,
]
