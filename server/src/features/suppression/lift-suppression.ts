import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { insertAudit, lockEntry, releaseEntry } from './queries.ts'
import { SAID_NO } from './suppress.ts'

/**
 * Lifts an entry, which stays in the table with who did it and when. Where the person said no (unsubscribed, complained) it
 * takes a logged-in human and a note, and is audited (DOMAIN.md §6). A hash cannot be lifted: its person asked to be
 * forgotten, so nobody can check whom it would free. Leads that were skipped are not queued again.
 */
export const liftSuppression = (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  entryId: string,
  note: string | null,
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    const entry = await lockEntry(tx, workspace_id, entryId)
    if (!entry) throw notFound('There is no such entry on the list of this workspace.')
    if (entry.kind === 'hash') throw problem('CONFLICT', 'An entry of kind hash cannot be lifted.')
    if (SAID_NO.includes(entry.reason)) {
      if (principal.kind !== 'session')
        throw problem(
          'SESSION_REQUIRED',
          `An entry with the reason ${entry.reason} is lifted by a person who is logged in, not by an API key.`,
        )
      if (!note)
        throw invalid([
          {
            loc: ['query', 'note'],
            msg: `is needed to lift an entry with the reason ${entry.reason}`,
            type: 'missing',
          },
        ])
      await insertAudit(tx, {
        workspace_id,
        user_id: principal.user_id,
        action: 'suppression.lifted',
        subject: `${entry.entry_id} ${entry.email} ${entry.reason}`,
        note,
        now,
      })
    }
    await releaseEntry(tx, entry.entry_id, { by: principal.user_id, note, now })
  })
