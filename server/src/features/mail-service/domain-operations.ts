import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { booleanParam } from '../../http/params.ts'
import { addDomain } from '../sending-domains/add-domain.ts'
import { deleteDomain } from '../sending-domains/delete-domain.ts'
import { lookUpOwnership } from '../sending-domains/ownership.ts'
import { domainDnsStatus, domainSetup, getDomain, listDomains, showDomain } from '../sending-domains/read-domains.ts'
import { requestVerification } from '../sending-domains/request-verification.ts'
import {
  DnsStatus,
  DnsStatusQuery,
  DomainDeleteQuery,
  DomainParams,
  DomainSetup,
  DomainUpdate,
  SendingDomainCreate,
  VerifyRequest,
  VerifyResponse,
} from '../sending-domains/schema.ts'
import { updateDomain } from '../sending-domains/update-domain.ts'
import { MailDomain, mailDomain, Ownership, SetupRecords, SetupStatus, setupStatus } from './domain-setup.ts'

const tag = 'mail-service'

const mailListDomains = defineOperation({
  id: 'mail_list_domains',
  method: 'GET',
  path: '/mail/v1/domains',
  tag,
  summary: 'List domains',
  description: 'All of them in one answer.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({
    include_transferred: booleanParam(false).describe(
      'Taken for known clients: domains are not transferred between accounts here, so it finds nothing more.',
    ),
  }),
  responses: { 200: z.array(MailDomain) },
  handle: async (request, deps) =>
    (await listDomains(deps, request.workspace, { limit: null, offset: 0, after: null })).map(mailDomain),
})

const mailCreateDomain = defineOperation({
  id: 'mail_create_domain',
  method: 'POST',
  path: '/mail/v1/domains',
  tag,
  summary: 'Register a domain',
  description:
    'Makes a signing key for it. Publish the records from the setup route, then verify. provider_key is a label that known clients send; mail leaves through this instance’s own transport.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  body: SendingDomainCreate,
  responses: { 200: MailDomain },
  errors: ['ALREADY_EXISTS'],
  handle: async ({ workspace, principal, body, now }, deps) =>
    mailDomain(showDomain(await addDomain(deps, { workspace, user_id: principal.user_id }, body, now))),
})

const mailGetDomain = defineOperation({
  id: 'mail_get_domain',
  method: 'GET',
  path: '/mail/v1/domains/{domain_id}',
  tag,
  summary: 'Read one domain',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: DomainParams,
  responses: { 200: MailDomain },
  handle: async (request, deps) => mailDomain(await getDomain(deps, request.workspace, request.params.domain_id)),
})

const mailGetDomainSetup = defineOperation({
  id: 'mail_get_domain_setup',
  method: 'GET',
  path: '/mail/v1/domains/{domain_id}/setup',
  tag,
  summary: 'Get the DNS records to publish',
  description: 'Every record with its exact value; no DNS look-up is made.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: DomainParams,
  responses: { 200: DomainSetup },
  handle: async (request, deps) => {
    const setup = await domainSetup(deps, request.workspace, request.params.domain_id)
    return { ...setup, domain: setup.domain.domain }
  },
})

const mailGetDomainDnsStatus = defineOperation({
  id: 'mail_get_domain_dns_status',
  method: 'GET',
  path: '/mail/v1/domains/{domain_id}/dns-status',
  tag,
  summary: 'Check the DNS records',
  description:
    'A check of the last five minutes, or with force_refresh a fresh one. Does not change the domain’s own status.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: DomainParams,
  query: DnsStatusQuery,
  responses: { 200: DnsStatus },
  handle: async (request, deps) => {
    const status = await domainDnsStatus(deps, request.workspace, request.params.domain_id, {
      force: request.query.force_refresh,
    })
    return { ...status, domain: status.domain.domain }
  },
})

const mailVerifyDomain = defineOperation({
  id: 'mail_verify_domain',
  method: 'POST',
  path: '/mail/v1/domains/{domain_id}/verify',
  tag,
  summary: 'Verify a domain now',
  description:
    'Queues a check: the status becomes verifying, then verified or failed. force repeats it for a verified domain, which goes on sending meanwhile. The answer is the domain with queued, so that clients of every age find what they read.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: DomainParams,
  body: VerifyRequest,
  body_optional: true,
  responses: { 200: VerifyResponse },
  handle: (request, deps) =>
    requestVerification(deps, request.workspace, request.params.domain_id, {
      force: request.body?.force ?? false,
      now: request.now,
    }),
})

const mailUpdateDomain = defineOperation({
  id: 'mail_update_domain',
  method: 'PUT',
  path: '/mail/v1/domains/{domain_id}',
  tag,
  summary: 'Change a domain',
  description: 'Changes the fields sent and leaves the rest.',
  access: 'mail:write',
  impact: 'write',
  source: 'ours',
  params: DomainParams,
  body: DomainUpdate,
  responses: { 200: MailDomain },
  handle: async ({ workspace, params, body, now }, deps) =>
    mailDomain(await updateDomain(deps, workspace, params.domain_id, body, now)),
})

const mailDeleteDomain = defineOperation({
  id: 'mail_delete_domain',
  method: 'DELETE',
  path: '/mail/v1/domains/{domain_id}',
  tag,
  summary: 'Delete a domain',
  description:
    'Its aliases stop working; what was sent and received stays readable. 409 names the campaigns that would still send from it, unless reassign_to names who takes over.',
  access: 'mail:write',
  impact: 'destructive',
  source: 'ours',
  params: DomainParams,
  query: DomainDeleteQuery,
  responses: { 204: null },
  errors: ['IN_USE'],
  handle: async (request, deps) => {
    await deleteDomain(deps, request.workspace, request.params.domain_id, request.query, request.now)
  },
})

const mailGetOwnership = defineOperation({
  id: 'mail_get_domain_ownership',
  method: 'GET',
  path: '/mail/v1/domains/ownership/{domain}',
  tag,
  summary: 'Get the ownership record of a name before adding it',
  description:
    'The TXT record by which this workspace proves that the name is its own. It follows from workspace and name, so it can be published before the domain is added; verified says whether it is published now. It has to stay.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: z.object({ domain: SendingDomainCreate.shape.domain }),
  responses: { 200: Ownership },
  handle: ({ workspace, params }, deps) => lookUpOwnership(deps, workspace, params.domain),
})

const mailGetSetupRecords = defineOperation({
  id: 'mail_get_domain_setup_records',
  method: 'GET',
  path: '/mail/v1/domains/{domain_id}/setup/records',
  tag,
  summary: 'Get the DNS records to publish, with the domain',
  description: 'As the setup route, where clients from 1.0 on ask; no DNS look-up is made.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: DomainParams,
  responses: { 200: SetupRecords },
  handle: async ({ workspace, params }, deps) => {
    const setup = await domainSetup(deps, workspace, params.domain_id)
    return { ...setup, domain: mailDomain(setup.domain) }
  },
})

const mailGetSetupStatus = defineOperation({
  id: 'mail_get_domain_setup_status',
  method: 'GET',
  path: '/mail/v1/domains/{domain_id}/setup/status',
  tag,
  summary: 'See how far the setup of a domain is',
  description:
    'Ownership, DKIM and MAIL FROM by a check of the last five minutes, and whether the domain can send. Every record by itself stands at dns-status.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  params: DomainParams,
  responses: { 200: SetupStatus },
  handle: async ({ workspace, params }, deps) =>
    setupStatus(await domainDnsStatus(deps, workspace, params.domain_id, { force: false })),
})

export const domainOperations: Operation[] = [
  mailGetOwnership,
  mailGetSetupRecords,
  mailGetSetupStatus,
  mailListDomains,
  mailCreateDomain,
  mailGetDomain,
  mailGetDomainSetup,
  mailGetDomainDnsStatus,
  mailVerifyDomain,
  mailUpdateDomain,
  mailDeleteDomain,
]
