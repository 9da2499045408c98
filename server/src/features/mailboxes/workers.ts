import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { syncMailboxJob } from './jobs.ts'
import { findDueMailboxes } from './mailbox-lease.ts'
import { dropStaleCopies } from './sent-copies.ts'
import { syncMailbox } from './sync-mailbox.ts'

export const bindings: JobBinding[] = [
  work(syncMailboxJob, async ({ mailbox_id }, deps, run) => void (await syncMailbox(deps, mailbox_id, run.signal))),
]

const MOST_AT_ONCE = 200

/** Mailboxes without a live session: those beyond MAILBOX_SESSIONS, and those whose session broke. */
const lookIntoUnheld = defineTick({
  name: 'look_into_unheld_mailboxes',
  every_ms: 10_000,
  run: async (deps) => {
    const due = await findDueMailboxes(deps, MOST_AT_ONCE)
    if (due.length)
      await transaction(deps.db, async (tx) => {
        for (const mailbox_id of due)
          await enqueue(tx, syncMailboxJob, { mailbox_id }, { key: `sync_mailbox:${mailbox_id}` })
      })
    // The jobs speak for themselves, as drain() looks for jobs as well.
    return false
  },
})

const tidy = defineTick({
  name: 'tidy_mailboxes',
  every_ms: 600_000,
  run: async (deps) => {
    await dropStaleCopies(deps)
    await sql`delete from mailbox_authorizations where expires_at < ${deps.clock.now()}`.execute(deps.db)
    return false
  },
})

export const ticks: Tick[] = [lookIntoUnheld, tidy]
