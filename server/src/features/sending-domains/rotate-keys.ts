import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { raiseAlert } from '../notifications/raise-alert.ts'
import { generateKey, selectorOf } from './dkim-key.ts'
import type { DomainKey } from './dns-records.ts'
import { domainAlert } from './domain-alert.ts'
import { activateKeys, findDomain, findOldKeys, insertKey, lockDomain } from './queries.ts'

const DAY_MS = 86_400_000

/**
 * Makes the next signing keys of a domain: one for each algorithm that it uses and that has no successor yet, so asking twice
 * makes one. They sign once their records are found in DNS; a sandbox's at once, where all is published as it should be.
 * Returns false where there was nothing to make.
 */
export const startRotation = async (
  deps: Pick<Deps, 'db' | 'secrets'>,
  input: { workspace_id: string; domain_id: string },
  options: { now: Date; algorithms?: DomainKey['algorithm'][]; is_automatic?: boolean },
): Promise<boolean> => {
  const { workspace_id, domain_id } = input
  const { now } = options
  const domain = await findDomain(deps.db, workspace_id, domain_id)
  if (!domain) return false
  const used: DomainKey['algorithm'][] = domain.dkim_ed25519 ? ['rsa', 'ed25519'] : ['rsa']
  const wanted = used.filter(
    (algorithm) =>
      (options.algorithms ?? used).includes(algorithm) &&
      !domain.keys.some((key) => key.state === 'next' && key.algorithm === algorithm),
  )
  if (!wanted.length) return false
  // Made before the transaction begins: an RSA key takes its time.
  const keys = await Promise.all(
    wanted.map(async (algorithm) => {
      const id = newId()
      return { id, algorithm, ...(await generateKey(deps.secrets, id, algorithm)) }
    }),
  )
  return transaction(deps.db, async (tx) => {
    const locked = await lockDomain(tx, workspace_id, domain_id)
    if (!locked) return false
    const waiting = await sql<{ algorithm: string }>`
      select algorithm from domain_keys where domain_id = ${domain_id} and state = 'next'`.execute(tx)
    const missing = keys.filter(({ algorithm }) => !waiting.rows.some((row) => row.algorithm === algorithm))
    if (!missing.length) return false
    const generation = locked.dkim_generation + 1
    for (const { algorithm, ...key } of missing)
      await insertKey(
        tx,
        { id: domain_id, workspace_id },
        { ...key, algorithm, selector: selectorOf(generation, algorithm), state: 'next' },
        now,
      )
    // The new record is looked for soon, and what was found before is no longer the whole list.
    await sql`
      update sending_domains set dkim_generation = ${generation}, dns_records = null, dns_checked_at = null, updated_at = ${now},
        next_check_at = case when is_sandbox then null else least(next_check_at, ${new Date(now.getTime() + 900_000)}) end
      where id = ${domain_id}`.execute(tx)
    if (locked.is_sandbox)
      await activateKeys(
        tx,
        domain_id,
        missing.map(({ id }) => id),
        now,
      )
    else if (options.is_automatic)
      await raiseAlert(
        tx,
        domainAlert(
          { id: domain_id, workspace_id, domain: locked.domain },
          'new_key',
          { verification_error: null, failing_since: null },
          now,
        ),
      )
    return true
  })
}

/** Keys of one run: making one is a tenth of a second of work. */
const AT_ONCE = 5

/** Starts the rotation of keys that are older than the setting allows. True when there may be more. */
export const rotateOldKeys = async (deps: Deps): Promise<boolean> => {
  const days = deps.config.dkim_rotation_days
  if (days === 0) return false
  const now = deps.clock.now()
  const old = await findOldKeys(deps.db, new Date(now.getTime() - days * DAY_MS), AT_ONCE)
  let started = false
  for (const { id, workspace_id } of old)
    if (await startRotation(deps, { workspace_id, domain_id: id }, { now, is_automatic: true })) started = true
  return started
}
