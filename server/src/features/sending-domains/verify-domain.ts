import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { checkDomain } from './check-domain.ts'
import { judgeVerification } from './dns-records.ts'
import { findDomain, recordUnreachable, recordVerification } from './queries.ts'

/**
 * Checks a domain's needed records and writes what follows. The look-ups happen outside any transaction. Where DNS cannot be
 * reached nothing is concluded: a verified domain stays verified and goes on sending.
 */
export const verifyDomain = async (
  deps: Pick<Deps, 'db' | 'config' | 'address' | 'clock' | 'dns'>,
  resolver: DnsResolver,
  input: { workspace_id: string; domain_id: string },
): Promise<void> => {
  const domain = await findDomain(deps.db, input.workspace_id, input.domain_id)
  if (!domain) return
  const verdict = judgeVerification(await checkDomain(deps, domain, resolver))
  const clock = await deps.db
    .selectFrom('workspaces')
    .select(['clock_offset_ms', 'clock_frozen_at'])
    .where('id', '=', input.workspace_id)
    .executeTakeFirstOrThrow()
  const now = workspaceNow(clock, deps.clock.now())
  const { db } = deps
  if (verdict.outcome === 'unreachable') return recordUnreachable(db, input.workspace_id, domain.id, verdict.error, now)
  const result =
    verdict.outcome === 'verified'
      ? { status: 'verified' as const, error: null }
      : { status: 'failed' as const, error: verdict.error }
  if (await recordVerification(db, input.workspace_id, domain.id, result, now)) return
  await recordVerification(
    db,
    input.workspace_id,
    domain.id,
    { status: 'failed', error: 'Another workspace of this instance has verified this domain.' },
    now,
  )
}
