import { isTransientDatabaseError } from '../../db/connect.ts'
import { findMailboxRow } from './find-mailbox.ts'
import { findUnheld, releaseLease, renewLeases, takeLease } from './mailbox-lease.ts'
import { lookInto, type OpenMailbox, openMailbox, type SyncDeps, settleBroken } from './sync-mailbox.ts'

/** How often leases are renewed and free mailboxes are looked for, in real time. */
const ROUND_MS = 5_000
/** Even a quiet mailbox is looked into this often: IDLE says nothing of the junk folder, and connections die in silence. */
const LOOK_MS = 240_000

type Held = { mailbox_id: string; lease: string; stop: AbortController; wake: AbortController; done: Promise<void> }

export type MailboxWatcher = { stop: () => Promise<void> }

/**
 * Holds the IMAP sessions of this process: each mailbox that is in use is held by one process at a time, which hears of new
 * mail by IDLE. A session that breaks is opened again when its back-off is over; one whose process died is taken over by
 * another. Everything a session knows stands in the database, so nothing is lost whichever way it ends.
 */
export const watchMailboxes = (deps: SyncDeps, options: { round_ms?: number } = {}): MailboxWatcher => {
  const most = deps.config.mailbox_sessions
  const held = new Map<string, Held>()
  let stopping = false
  let timer: NodeJS.Timeout | null = null
  let round: Promise<void> = Promise.resolve()

  const hold = async (one: Held): Promise<void> => {
    const mailbox = await findMailboxRow(deps.db, one.mailbox_id)
    if (!mailbox) return
    let open: OpenMailbox | null = null
    // A session that hangs in a read is cut off when its lease is lost.
    const cut = (): void => void open?.session.close()
    one.stop.signal.addEventListener('abort', cut, { once: true })
    try {
      open = await openMailbox(deps, mailbox)
      while (!one.stop.signal.aborted) {
        one.wake = new AbortController()
        await lookInto(deps, open, one.stop.signal)
        await open.session.wait(LOOK_MS, AbortSignal.any([one.wake.signal, one.stop.signal]))
      }
    } catch (error) {
      if (!one.stop.signal.aborted) await settleBroken(deps, mailbox, error)
    } finally {
      one.stop.signal.removeEventListener('abort', cut)
      await open?.session.close()
    }
  }

  const begin = (mailbox_id: string, lease: string): void => {
    const one: Held = {
      mailbox_id,
      lease,
      stop: new AbortController(),
      wake: new AbortController(),
      done: Promise.resolve(),
    }
    held.set(lease, one)
    one.done = hold(one)
      .catch((error) => deps.log.error({ err: error, mailbox_id }, 'a mailbox session ended unexpectedly'))
      .then(() => releaseLease(deps, lease))
      .catch((error) => deps.log.warn({ message: (error as Error).message }, 'a mailbox lease was not given back'))
      .finally(() => held.delete(lease))
  }

  const once = async (): Promise<void> => {
    if (held.size) {
      const kept = new Map((await renewLeases(deps, [...held.keys()])).map((row) => [row.lease_id, row]))
      for (const [lease, one] of held) {
        const row = kept.get(lease)
        if (!row) one.stop.abort()
        else if (row.has_copies) one.wake.abort()
      }
    }
    if (stopping || held.size >= most) return
    for (const id of await findUnheld(deps, Math.min(20, most - held.size))) {
      const lease = await takeLease(deps, id)
      if (lease) begin(id, lease)
    }
  }

  const again = (): void => {
    round = once().catch((error) => {
      const message = (error as Error).message
      if (isTransientDatabaseError(error)) deps.log.warn({ message }, 'database not reachable')
      else deps.log.error({ err: error }, 'mailboxes could not be watched')
    })
    void round.then(() => {
      if (!stopping) timer = setTimeout(again, options.round_ms ?? ROUND_MS)
    })
  }
  again()

  return {
    stop: async () => {
      stopping = true
      if (timer) clearTimeout(timer)
      await round
      const left = [...held.values()]
      for (const { stop } of left) stop.abort()
      await Promise.all(left.map(({ done }) => done))
    },
  }
}
