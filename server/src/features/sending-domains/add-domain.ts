import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { type Detail, invalid, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { generateKey, selectorOf } from './dkim-key.ts'
import { nextCheckAt } from './domain-verdict.ts'
import { mtaStsHost } from './mta-sts.ts'
import { ownershipTokens } from './ownership.ts'
import { type DomainWithRecords, findDomain, hasLiveOwner, insertDomain, insertKey, lockDomain } from './queries.ts'

export type DomainInput = {
  domain: string
  provider_key: string
  inbound_enabled: boolean
  extra_retained_headers?: string[] | null
  provider_config?: Record<string, unknown> | null
  daily_limit?: number | null
  mail_from_subdomain?: string | null
  tracking_subdomain?: string | null
  dkim_ed25519?: boolean
}

export const MAIL_FROM_LABEL = 'bounce'
export const TRACKING_LABEL = 'track'

/** Null takes the name away; nothing leaves the usual one. */
export const hostBelow = (label: string | null | undefined, usual: string, domain: string): string | null =>
  label === null ? null : `${label ?? usual}.${domain}`

/**
 * Refuses names that cannot hold the records asked for: a CNAME bears nothing beside it (RFC 1034 §3.6.2), and mta-sts is
 * where a policy file is read. Throws VALIDATION_ERROR naming each.
 */
export const checkHosts = (domain: string, hosts: { mail_from: string | null; tracking: string | null }): void => {
  const details: Detail[] = []
  const refuse = (field: string, msg: string): void =>
    void details.push({ loc: ['body', field], msg, type: 'value_error' })
  if (hosts.mail_from !== null && hosts.mail_from === hosts.tracking)
    refuse(
      'tracking_subdomain',
      'must be another name than mail_from_subdomain: a CNAME cannot stand beside other records',
    )
  if (hosts.mail_from === mtaStsHost(domain)) refuse('mail_from_subdomain', 'mta-sts is taken by the policy file')
  if (hosts.tracking === mtaStsHost(domain)) refuse('tracking_subdomain', 'mta-sts is taken by the policy file')
  for (const [field, host] of [
    ['mail_from_subdomain', hosts.mail_from],
    ['tracking_subdomain', hosts.tracking],
  ] as const)
    if (host !== null && host.length > LONGEST_NAME) refuse(field, 'makes a name of more than 253 characters')
  if (details.length) throw invalid(details)
}

/** RFC 1035 §2.3.4, as text. */
const LONGEST_NAME = 253

/**
 * Registers a domain with a signing key of its own. A sandbox domain is verified at once, since it lives in a namespace of
 * its own and never meets the real world; a live one waits for its DNS records. Throws ALREADY_EXISTS.
 */
export const addDomain = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  who: { workspace: Workspace; user_id: string },
  input: DomainInput,
  now: Date,
): Promise<DomainWithRecords> => {
  const { workspace_id, mode } = who.workspace
  const sandbox = mode === 'sandbox'
  const { domain } = input
  if (!sandbox && (await hasLiveOwner(deps.db, domain)))
    throw problem('ALREADY_EXISTS', `${domain} is registered and verified in this or another workspace.`)
  const mail_from_host = hostBelow(input.mail_from_subdomain, MAIL_FROM_LABEL, domain)
  const tracking_host = hostBelow(input.tracking_subdomain, TRACKING_LABEL, domain)
  checkHosts(domain, { mail_from: mail_from_host, tracking: tracking_host })
  const algorithms = input.dkim_ed25519 ? (['rsa', 'ed25519'] as const) : (['rsa'] as const)
  const keys = await Promise.all(
    algorithms.map(async (algorithm) => {
      const id = newId()
      return { id, algorithm, ...(await generateKey(deps.secrets, id, algorithm)) }
    }),
  )
  return transaction(deps.db, async (tx) => {
    const id = await insertDomain(tx, {
      id: newId(),
      workspace_id,
      user_id: who.user_id,
      domain,
      is_sandbox: sandbox,
      status: sandbox ? 'verified' : 'pending',
      inbound_enabled: input.inbound_enabled,
      extra_retained_headers: input.extra_retained_headers ?? null,
      provider_key: input.provider_key,
      provider_config: input.provider_config ?? null,
      ownership_token: ownershipTokens(deps.secrets, workspace_id, domain)[0] as string,
      daily_limit: input.daily_limit ?? null,
      dkim_ed25519: input.dkim_ed25519 ?? false,
      mail_from_host,
      tracking_host,
      next_check_at: sandbox
        ? null
        : nextCheckAt(
            { status: 'pending', failing_since: null, created_at: now, waiting_since: null },
            now,
            Math.random(),
          ),
      now,
    })
    if (id === undefined) throw problem('ALREADY_EXISTS', `This workspace has ${domain} already.`)
    const { dkim_generation } = (await lockDomain(tx, workspace_id, id)) as { dkim_generation: number }
    for (const { algorithm, ...key } of keys)
      await insertKey(
        tx,
        { id, workspace_id },
        {
          ...key,
          algorithm,
          selector: selectorOf(dkim_generation, algorithm),
          // An Ed25519 key never keeps a domain from being verified, so it waits for its record as a later one would.
          state: algorithm === 'rsa' || sandbox ? 'active' : 'next',
        },
        now,
      )
    return (await findDomain(tx, workspace_id, id)) as DomainWithRecords
  })
}
