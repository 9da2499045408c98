import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { domainSetup, getDomain, listDomains, type ShownDomain } from '../sending-domains/read-domains.ts'
import { requestVerification } from '../sending-domains/request-verification.ts'
import { DomainUpdate, SendingDomainCreate } from '../sending-domains/schema.ts'
import { updateDomain } from '../sending-domains/update-domain.ts'

const tag = 'mail-service'
const PATH = '/mail/v1/tracking-domains'
const source = 'ours' as const
const text = z.string().nullable()
const instant = timestamp.nullable()

const TrackingDomain = z
  .object({
    id: z.uuid().describe('That of the domain it is below: each domain has at most one.'),
    user_id: z.uuid(),
    domain_id: z.uuid(),
    hostname: z.string(),
    status: z.enum(['pending', 'active']),
    target: z.string().describe('What its CNAME leads to; empty while this instance has no public name.'),
    dns_records: z.array(
      z.object({
        type: z.string(),
        name: z.string(),
        value: z.string(),
        ttl: z.int(),
        description: z.string(),
        priority: z.int().nullable(),
      }),
    ),
    checks: z.array(
      z.object({ check: z.enum(['cname', 'ownership']), status: z.enum(['pending', 'verified']), detail: text }),
    ),
    dns_checked_at: instant,
    activated_at: instant,
    last_error: text,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({
    id: 'MailTrackingDomain',
    description:
      'The name under which a domain’s links and pixels are: its tracking_host, as clients from 1.0 on see it.',
  })

const Params = z.object({ tracking_domain_id: idParam })

const missing = () => notFound('There is no such tracking domain in this workspace.')

type ReadDeps = Pick<Deps, 'db' | 'config' | 'address' | 'secrets' | 'clock'>

const show = async (deps: ReadDeps, workspace: Workspace, domain: ShownDomain) => {
  const { dns_records } = await domainSetup(deps, workspace, domain.id)
  const records = dns_records.filter(({ purpose }) => purpose === 'tracking')
  const check = (name: 'cname' | 'ownership', at: Date | null) => ({
    check: name,
    status: at ? ('verified' as const) : ('pending' as const),
    detail: null,
  })
  return {
    id: domain.id,
    user_id: domain.user_id,
    domain_id: domain.id,
    hostname: domain.tracking_host,
    status: domain.tracking_verified_at ? 'active' : 'pending',
    target: records[0]?.value ?? '',
    dns_records: records.map(({ type, name, value, ttl, description, priority }) => ({
      type,
      name,
      value,
      ttl,
      description,
      priority,
    })),
    checks: [check('cname', domain.tracking_verified_at), check('ownership', domain.verified_at)],
    dns_checked_at: domain.last_verification_attempt,
    activated_at: domain.tracking_verified_at,
    last_error: null,
    created_at: domain.created_at,
    updated_at: domain.updated_at,
  }
}

/** Throws NOT_FOUND, also for a domain without a tracking name. */
const findTracked = async (deps: Pick<Deps, 'db'>, workspace: Workspace, id: string): Promise<ShownDomain> => {
  const domain = (await listDomains(deps, workspace, { limit: null, offset: 0, after: null })).find(
    (one) => one.id === id,
  )
  if (!domain?.tracking_host) throw missing()
  return domain
}

const mailListTrackingDomains = defineOperation({
  id: 'mail_list_tracking_domains',
  method: 'GET',
  path: PATH,
  tag,
  source,
  summary: 'List tracking domains',
  description: 'The tracking name of each domain that has one.',
  access: 'mail:read',
  impact: 'read',
  responses: { 200: z.array(TrackingDomain) },
  handle: async ({ workspace }, deps) => {
    const domains = await listDomains(deps, workspace, { limit: null, offset: 0, after: null })
    return Promise.all(domains.filter((one) => one.tracking_host).map((one) => show(deps, workspace, one)))
  },
})

const mailCreateTrackingDomain = defineOperation({
  id: 'mail_create_tracking_domain',
  method: 'POST',
  path: PATH,
  tag,
  source,
  summary: 'Track under a name of your own',
  description:
    'Gives a domain of the workspace this name for its links and pixels, in place of one that was never found in DNS. 409 where another one is in use: delete that first.',
  access: 'mail:write',
  impact: 'write',
  body: z.object({ hostname: SendingDomainCreate.shape.domain }).meta({ id: 'MailTrackingDomainCreate' }),
  responses: { 200: TrackingDomain },
  errors: ['ALREADY_EXISTS', 'CONFLICT'],
  handle: async ({ workspace, body: { hostname }, now }, deps) => {
    const refuse = (msg: string) => invalid([{ loc: ['body', 'hostname'], msg, type: 'value_error' }])
    const domains = await listDomains(deps, workspace, { limit: null, offset: 0, after: null })
    const [domain] = domains
      .filter((one) => hostname.endsWith(`.${one.domain}`))
      .sort((a, b) => b.domain.length - a.domain.length)
    if (!domain) throw refuse('is below no domain of this workspace')
    if (domain.tracking_host === hostname) throw problem('ALREADY_EXISTS', `${hostname} is a tracking domain already.`)
    if (domain.tracking_host && domain.tracking_verified_at)
      throw problem('CONFLICT', `${domain.domain} is tracked under ${domain.tracking_host}; delete that first.`)
    const change = DomainUpdate.safeParse({ tracking_subdomain: hostname.slice(0, -domain.domain.length - 1) })
    if (!change.success) throw refuse(change.error.issues[0]?.message ?? 'is no name below the domain')
    return show(deps, workspace, await updateDomain(deps, workspace, domain.id, change.data, now))
  },
})

const mailGetTrackingDomain = defineOperation({
  id: 'mail_get_tracking_domain',
  method: 'GET',
  path: `${PATH}/{tracking_domain_id}`,
  tag,
  source,
  summary: 'Read one tracking domain',
  description: 'With the record to publish. 404 for a domain that has no tracking name.',
  access: 'mail:read',
  impact: 'read',
  params: Params,
  responses: { 200: TrackingDomain },
  handle: async ({ workspace, params }, deps) =>
    show(deps, workspace, await findTracked(deps, workspace, params.tracking_domain_id)),
})

const mailDeleteTrackingDomain = defineOperation({
  id: 'mail_delete_tracking_domain',
  method: 'DELETE',
  path: `${PATH}/{tracking_domain_id}`,
  tag,
  source,
  summary: 'Track under the instance’s name again',
  description: 'Links in messages that are out already keep their name and lead on while its record stands.',
  access: 'mail:write',
  impact: 'destructive',
  params: Params,
  responses: { 204: null },
  handle: async ({ workspace, params, now }, deps) => {
    const domain = await findTracked(deps, workspace, params.tracking_domain_id)
    await updateDomain(deps, workspace, domain.id, DomainUpdate.parse({ tracking_subdomain: null }), now)
  },
})

const mailVerifyTrackingDomain = defineOperation({
  id: 'mail_verify_tracking_domain',
  method: 'POST',
  path: `${PATH}/{tracking_domain_id}/verify`,
  tag,
  source,
  summary: 'Look for a tracking domain’s records now',
  description: 'Queues a check of the domain, in which its tracking name is looked for too; read it again to see.',
  access: 'mail:write',
  impact: 'write',
  params: Params,
  responses: { 200: TrackingDomain },
  handle: async ({ workspace, params, now }, deps) => {
    const domain = await findTracked(deps, workspace, params.tracking_domain_id)
    await requestVerification(deps, workspace, domain.id, { force: true, now })
    return show(deps, workspace, await getDomain(deps, workspace, domain.id))
  },
})

export const trackingDomainOperations: Operation[] = [
  mailListTrackingDomains,
  mailCreateTrackingDomain,
  mailGetTrackingDomain,
  mailDeleteTrackingDomain,
  mailVerifyTrackingDomain,
]
