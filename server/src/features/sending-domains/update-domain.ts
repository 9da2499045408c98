import { type RawBuilder, sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { checkHosts, hostBelow, MAIL_FROM_LABEL, TRACKING_LABEL } from './add-domain.ts'
import { loadDomain, type ShownDomain, showDomain } from './read-domains.ts'
import { startRotation } from './rotate-keys.ts'
import type { DomainUpdate } from './schema.ts'

/**
 * Changes what is given and leaves the rest. Another MAIL FROM or tracking name is not used until its records are found; an
 * Ed25519 key that is switched on waits for its record, and one that is switched off signs no more.
 */
export const updateDomain = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
  body: DomainUpdate,
  now: Date,
): Promise<ShownDomain> => {
  const { workspace_id } = workspace
  const before = await loadDomain(deps, workspace, id)
  const { mail_from_subdomain, tracking_subdomain, ...rest } = body
  const changes: Record<string, unknown> = { ...rest, dns_records: null, dns_checked_at: null, updated_at: now }
  for (const name of ['extra_retained_headers', 'provider_config'] as const)
    if (rest[name] !== undefined) changes[name] = rest[name] && JSON.stringify(rest[name])
  // In the sandbox every record is there at once.
  const found = before.is_sandbox ? now : null
  const hosts = {
    mail_from:
      mail_from_subdomain === undefined
        ? before.mail_from_host
        : hostBelow(mail_from_subdomain, MAIL_FROM_LABEL, before.domain),
    tracking:
      tracking_subdomain === undefined
        ? before.tracking_host
        : hostBelow(tracking_subdomain, TRACKING_LABEL, before.domain),
  }
  checkHosts(before.domain, hosts)
  if (hosts.mail_from !== before.mail_from_host)
    Object.assign(changes, {
      mail_from_host: hosts.mail_from,
      mail_from_verified_at: hosts.mail_from && found,
      mail_from_error: null,
    })
  if (hosts.tracking !== before.tracking_host)
    Object.assign(changes, { tracking_host: hosts.tracking, tracking_verified_at: hosts.tracking && found })
  if (!before.is_sandbox) changes.next_check_at = sql`least(next_check_at, ${new Date(now.getTime() + 900_000)})`
  const columns: RawBuilder<unknown>[] = Object.entries(changes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => sql`${sql.ref(name)} = ${value}`)
  await transaction(deps.db, async (tx) => {
    await sql`
      update sending_domains set ${sql.join(columns)}
      where workspace_id = ${workspace_id} and id = ${id} and kind = 'owned' and deleted_at is null`.execute(tx)
    if (body.dkim_ed25519 !== false) return
    await sql`delete from domain_keys where domain_id = ${id} and algorithm = 'ed25519' and state = 'next'`.execute(tx)
    await sql`
      update domain_keys set state = 'retired', retired_at = ${now}, private_key = null
      where domain_id = ${id} and algorithm = 'ed25519' and state = 'active'`.execute(tx)
  })
  if (body.dkim_ed25519 && !before.keys.some(({ algorithm, state }) => algorithm === 'ed25519' && state !== 'retired'))
    await startRotation(deps, { workspace_id, domain_id: id }, { now, algorithms: ['ed25519'] })
  return showDomain(await loadDomain(deps, workspace, id))
}
