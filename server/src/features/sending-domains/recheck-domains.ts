import type { Deps } from '../../deps.ts'
import { claimDueDomains } from './queries.ts'
import { verifyDomain } from './verify-domain.ts'

/** Look-ups of one domain take seconds at worst; whoever has not written its outcome by then is taken for dead. */
const LEASE_MS = 300_000
const AT_ONCE = 10

/**
 * Looks at live domains whose check is due. Each is leased to one process, so several workers share the work. True when there
 * was something to do. The system's clock is every live workspace's.
 */
export const recheckDomains = async (deps: Deps): Promise<boolean> => {
  const now = deps.clock.now()
  const due = await claimDueDomains(deps.db, {
    now,
    lease_until: new Date(now.getTime() + LEASE_MS),
    limit: AT_ONCE,
  })
  const outcomes = await Promise.allSettled(
    due.map(({ id, workspace_id }) => verifyDomain(deps, deps.dns.resolver, { workspace_id, domain_id: id })),
  )
  for (const [i, outcome] of outcomes.entries())
    if (outcome.status === 'rejected')
      deps.log.error({ err: outcome.reason, domain_id: due[i]?.id }, 'a domain could not be checked')
  return due.length > 0
}
