import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { readStoredLeads } from './stored-leads.ts'

/**
 * Ids of the workspace's extractions with a lead for whose JSON text `names` says yes. Reads every stored file to its end or to
 * the first such lead, one after another, so memory is that of a batch of leads. Not for use inside a transaction.
 */
export const findExtractions = async (
  { db, storage }: Pick<Deps, 'db' | 'storage'>,
  workspaceId: string,
  names: (text: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> => {
  const { rows } = await sql<{ extraction_id: string; sha256: Buffer }>`
    select extraction_id, sha256 from user_extractions where workspace_id = ${workspaceId} order by extraction_id`.execute(
    db,
  )
  const found: string[] = []
  for (const { extraction_id, sha256 } of rows) {
    signal.throwIfAborted()
    if (await hasLead(storage, sha256, names)) found.push(extraction_id)
  }
  return found
}

const hasLead = async (
  storage: Deps['storage'],
  sha256: Buffer,
  names: (text: string) => boolean,
): Promise<boolean> => {
  try {
    for await (const leads of readStoredLeads(await storage.read(sha256)))
      if (leads.some((lead) => names(JSON.stringify(lead)))) return true
    return false
  } catch (error) {
    // Deleted since it was listed: then nobody stands in it any more.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
