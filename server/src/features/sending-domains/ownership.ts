import { createHmac } from 'node:crypto'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import type { Secrets } from '../../secrets.ts'
import { ownershipName, ownershipValue } from './dns-records.ts'

const tokenOf = (key: Buffer, workspaceId: string, domain: string): string =>
  createHmac('sha256', key).update(`${workspaceId}\0${domain}`).digest('hex').slice(0, 40)

/** The workspace's tokens for a name: the newest first, then those of earlier secret keys, which people have published. */
export const ownershipTokens = (secrets: Secrets, workspaceId: string, domain: string): string[] =>
  secrets.keys('domain-ownership').map((key) => tokenOf(key, workspaceId, domain))

/**
 * The TXT record by which a workspace proves that a name is its own. It follows from the two, so it can be asked for and
 * published before the domain is added; no other workspace has the same. `domain` is lower case and ASCII.
 */
export const ownershipRecordFor = (
  deps: { secrets: Secrets },
  workspaceId: string,
  domain: string,
): { type: 'TXT'; name: string; value: string; ttl: number; description: string } => ({
  type: 'TXT',
  name: ownershipName(domain),
  value: ownershipValue(ownershipTokens(deps.secrets, workspaceId, domain)[0] as string),
  ttl: 300,
  description: 'Proves that the domain is yours. Needed, and has to stay.',
})

/**
 * The same record, and whether it is published now. In a sandbox, which lives in a namespace of its own, it always is; an
 * error of the way is a no, since it proves nothing.
 */
export const lookUpOwnership = async (
  deps: Pick<Deps, 'secrets' | 'dns'>,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
  domain: string,
): Promise<{ domain: string; record: ReturnType<typeof ownershipRecordFor>; verified: boolean }> => {
  const record = ownershipRecordFor(deps, workspace.workspace_id, domain)
  if (workspace.mode === 'sandbox') return { domain, record, verified: true }
  const accepted = ownershipTokens(deps.secrets, workspace.workspace_id, domain).map(ownershipValue)
  const answer = await deps.dns.resolver.txt(record.name)
  const verified = answer.state === 'found' && answer.values.some((value) => accepted.includes(value.trim()))
  return { domain, record, verified }
}
