import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { verifyDomainJob } from './jobs.ts'
import { markVerifying } from './queries.ts'
import { loadDomain, type ShownDomain, showDomain } from './read-domains.ts'

/**
 * Queues a check. A domain that is not verified becomes `verifying`, then verified or failed; a verified one is only checked
 * with `force` and goes on sending meanwhile. A sandbox domain has nothing to check.
 */
export const requestVerification = async (
  deps: Pick<Deps, 'db'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
  options: { force: boolean; now: Date },
): Promise<ShownDomain & { queued: boolean }> => {
  const { workspace_id } = workspace
  const domain = await loadDomain(deps, workspace, id)
  if (domain.is_sandbox || (domain.status === 'verified' && !options.force))
    return { ...showDomain(domain), queued: false }
  return transaction(deps.db, async (tx) => {
    await markVerifying(tx, workspace_id, id, options.now)
    await enqueue(tx, verifyDomainJob, { workspace_id, domain_id: id }, { key: `verify_domain:${id}` })
    return { ...showDomain(await loadDomain({ db: tx }, workspace, id)), queued: true }
  })
}
