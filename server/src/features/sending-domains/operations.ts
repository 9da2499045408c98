import { z } from 'zod'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { cutPage, nextLink, readPage } from '../../http/pagination.ts'
import { addDomain } from './add-domain.ts'
import { deleteDomain } from './delete-domain.ts'
import { domainDnsStatus, domainSetup, getDomain, listDomains, loadDomain, showDomain } from './read-domains.ts'
import { requestVerification } from './request-verification.ts'
import { startRotation } from './rotate-keys.ts'
import {
  DnsStatus,
  DnsStatusQuery,
  DomainDeleteQuery,
  DomainListQuery,
  DomainParams,
  DomainSetup,
  DomainUpdate,
  SendingDomain,
  SendingDomainCreate,
  VerifyRequest,
  VerifyResponse,
} from './schema.ts'
import { updateDomain } from './update-domain.ts'

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
    const rows = await listDomains(deps, request.workspace, { ...page, limit: paged ? page.limit : null })
    const cut = paged ? cutPage(rows, page, (row) => [row.id]) : { items: rows, next_cursor: null }
    return answer(200, cut.items, nextLink(request.url, cut.next_cursor))
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
    showDomain(
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
  handle: (request, deps) => getDomain(deps, request.workspace, request.params.domain_id),
})

const getDomainSetup = defineOperation({
  id: 'get_domain_setup',
  method: 'GET',
  path: '/api/v1/bavimail/domains/{domain_id}/setup',
  tag,
  summary: 'Get DNS records to publish',
  description:
    'Lists every record with its exact value, which of them are needed, and what each is for; no DNS look-up is made.',
  access: 'mail:read',
  impact: 'read',
  params: DomainParams,
  responses: { 200: DomainSetup },
  errors: [...upstream],
  handle: async (request, deps) => {
    const setup = await domainSetup(deps, request.workspace, request.params.domain_id)
    return { ...setup, domain: setup.domain.domain }
  },
})

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
    const status = await domainDnsStatus(deps, request.workspace, request.params.domain_id, {
      force: request.query.force_refresh,
    })
    return { ...status, domain: status.domain.domain }
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
  handle: (request, deps) =>
    requestVerification(deps, request.workspace, request.params.domain_id, {
      force: request.body?.force ?? false,
      now: request.now,
    }),
})

const updateDomainOperation = defineOperation({
  id: 'update_domain',
  method: 'PUT',
  path: '/api/v1/bavimail/domains/{domain_id}',
  tag,
  summary: 'Change domain settings',
  description: 'Partial update despite the verb: absent fields stay as they are.',
  access: 'mail:write',
  impact: 'write',
  params: DomainParams,
  body: DomainUpdate,
  responses: { 200: SendingDomain },
  errors: ['BAD_REQUEST', ...upstream],
  handle: (request, deps) => updateDomain(deps, request.workspace, request.params.domain_id, request.body, request.now),
})

const deleteDomainOperation = defineOperation({
  id: 'delete_domain',
  method: 'DELETE',
  path: '/api/v1/bavimail/domains/{domain_id}',
  tag,
  summary: 'Remove a domain',
  description:
    'Its aliases stop working; what was sent and received stays readable. A domain that active campaigns use is refused, unless reassign_to names who takes over.',
  access: 'mail:write',
  impact: 'destructive',
  params: DomainParams,
  query: DomainDeleteQuery,
  responses: { 204: null },
  errors: ['IN_USE', ...upstream],
  handle: async (request, deps) => {
    await deleteDomain(deps, request.workspace, request.params.domain_id, request.query, request.now)
    return undefined
  },
})

const rotateDkim = defineOperation({
  id: 'rotate_domain_dkim',
  method: 'POST',
  path: '/api/v1/bavimail/domains/{domain_id}/rotate-dkim',
  tag,
  summary: 'Make the next signing key',
  description:
    'Answers the records to publish, the new key’s among them. The present key signs until the new one is found in DNS, and its record stays needed for 7 days after that. Asking again makes no further key.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: DomainParams,
  responses: { 200: DomainSetup },
  errors: [...upstream],
  handle: async (request, deps) => {
    const domain = await loadDomain(deps, request.workspace, request.params.domain_id)
    await startRotation(
      deps,
      { workspace_id: request.workspace.workspace_id, domain_id: domain.id },
      { now: request.now },
    )
    const setup = await domainSetup(deps, request.workspace, domain.id)
    return { ...setup, domain: setup.domain.domain }
  },
})

export const operations: Operation[] = [
  listDomainsOperation,
  addDomainOperation,
  getDomainOperation,
  updateDomainOperation,
  deleteDomainOperation,
  getDomainSetup,
  checkDnsStatus,
  verifyDomainOperation,
  rotateDkim,
]
