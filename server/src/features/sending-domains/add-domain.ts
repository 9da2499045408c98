import { randomBytes } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { FIRST_SELECTOR, generateDkimKey } from './dkim-key.ts'
import { type DomainRow, hasLiveOwner, insertDomain } from './queries.ts'

export type DomainInput = {
  domain: string
  provider_key: string
  inbound_enabled: boolean
  extra_retained_headers?: string[] | null
  provider_config?: Record<string, unknown> | null
  daily_limit?: number | null
}

/**
 * Registers a domain with a signing key of its own. A sandbox domain is verified at once, since it lives in a namespace of
 * its own and never meets the real world; a live one waits for its DNS records.
 */
export const addDomain = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  who: { workspace: Workspace; user_id: string },
  input: DomainInput,
  now: Date,
): Promise<DomainRow> => {
  const sandbox = who.workspace.mode === 'sandbox'
  if (!sandbox && (await hasLiveOwner(deps.db, input.domain)))
    throw problem('ALREADY_EXISTS', `${input.domain} is registered and verified in this or another workspace.`)
  const key = await generateDkimKey()
  const id = newId()
  const made = await insertDomain(deps.db, {
    id,
    workspace_id: who.workspace.workspace_id,
    user_id: who.user_id,
    domain: input.domain,
    is_sandbox: sandbox,
    status: sandbox ? 'verified' : 'pending',
    inbound_enabled: input.inbound_enabled,
    extra_retained_headers: input.extra_retained_headers ?? null,
    provider_key: input.provider_key,
    provider_config: input.provider_config ?? null,
    ownership_token: randomBytes(20).toString('hex'),
    dkim_selector: FIRST_SELECTOR,
    dkim_public_key: key.public_key,
    dkim_private_key: deps.secrets.seal(key.private_key, id),
    daily_limit: input.daily_limit ?? null,
    now,
  })
  if (!made) throw problem('ALREADY_EXISTS', `This workspace has ${input.domain} already.`)
  return made
}
