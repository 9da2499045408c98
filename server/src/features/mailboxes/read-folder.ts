import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { FolderState, MailboxSession } from '../../ports/mailbox/port.ts'
import { type ChosenMessage, chooseMessages } from './choose-messages.ts'
import type { ReadRole } from './folder-baseline.ts'
import type { MailboxRow } from './mailbox-row.ts'
import { takeMessages } from './take-messages.ts'

export type ReadDeps = Pick<Deps, 'db' | 'mail_tokens' | 'clock' | 'config' | 'log'>

type Cursor = {
  role: ReadRole
  path: string
  uid_validity: number
  last_uid: number
  highest_modseq: number | null
  seen_until: Date
}

const HEADS_AT_ONCE = 100
/** Messages of one commit; together they must not hold much memory. */
const MOST_BYTES_AT_ONCE = 30_000_000
/** A folder that was numbered anew is searched from this long before the last look: servers count days by their own clock. */
const LOOK_BACK_MS = 2 * 86_400_000

/** Somebody else has read further meanwhile: this reader's lease is over, and what it holds is taken already. */
export class Overtaken extends Error {}

const findCursor = async (deps: ReadDeps, mailboxId: string, role: ReadRole): Promise<Cursor | undefined> => {
  const { rows } = await sql<Cursor>`
    select role, path, uid_validity, last_uid, highest_modseq, seen_until from mailbox_folders where mailbox_id = ${mailboxId} and role = ${role}`.execute(
    deps.db,
  )
  return rows[0]
}

/** Moves the cursor from where this reader found it; if it is not there any more, nothing of this transaction happens. */
const move = async (tx: Tx, mailboxId: string, from: Cursor, to: Omit<Cursor, 'role'>): Promise<void> => {
  const { numAffectedRows } = await sql`
    update mailbox_folders set path = ${to.path}, uid_validity = ${to.uid_validity}, last_uid = ${to.last_uid}, highest_modseq = ${to.highest_modseq},
      seen_until = ${to.seen_until}
    where mailbox_id = ${mailboxId} and role = ${from.role} and uid_validity = ${from.uid_validity} and last_uid = ${from.last_uid}`.execute(
    tx,
  )
  if (!numAffectedRows) throw new Overtaken()
}

const stateChanged = (cursor: Cursor, state: FolderState): boolean =>
  state.uid_next - 1 > cursor.last_uid || state.highest_modseq !== cursor.highest_modseq

/**
 * Reads what a folder got since it was last looked into. A message and the place of the cursor behind it are stored in one
 * transaction, so that whatever ends this process, each message comes into our store once. Where UIDVALIDITY changed, the
 * numbers mean nothing any more (RFC 3501 §2.3.1.1): the folder is searched by date and what is known already is left out.
 * Returns how many messages were taken. Throws Overtaken and MailboxFault.
 */
export const readFolder = async (
  deps: ReadDeps,
  session: MailboxSession,
  mailbox: MailboxRow,
  role: ReadRole,
  path: string,
  signal: AbortSignal,
): Promise<number> => {
  const state = await session.open(path)
  const now = deps.clock.now()
  let cursor = await findCursor(deps, mailbox.id, role)
  if (!cursor) {
    // The folder is younger than the connection, so all that lies in it came since.
    cursor = { role, path, uid_validity: state.uid_validity, last_uid: 0, highest_modseq: null, seen_until: now }
    await sql`
      insert into mailbox_folders (mailbox_id, role, path, uid_validity, last_uid, highest_modseq, seen_until)
      values (${mailbox.id}, ${role}, ${path}, ${state.uid_validity}, 0, null, ${now}) on conflict (mailbox_id, role) do nothing`.execute(
      deps.db,
    )
  }
  const renumbered = cursor.uid_validity !== state.uid_validity || cursor.path !== path
  // With CONDSTORE an unchanged mod-sequence says that nothing at all happened (RFC 7162 §3.1.2.1).
  if (!renumbered && !stateChanged(cursor, state)) return 0
  if (renumbered) deps.log.info({ mailbox_id: mailbox.id, role }, 'a folder was numbered anew; it is searched by date')
  const uids = renumbered
    ? await session.uidsSince(
        new Date(Math.max(cursor.seen_until.getTime(), mailbox.connected_at.getTime()) - LOOK_BACK_MS),
      )
    : state.uid_next - 1 > cursor.last_uid
      ? await session.uidsAfter(cursor.last_uid)
      : []

  let taken = 0
  let held: ChosenMessage[] = []
  let bytes = 0
  const flush = async (reached: Omit<Cursor, 'role'> | null): Promise<void> => {
    const from = cursor as Cursor
    const chosen = held
    held = []
    bytes = 0
    if (!reached && !chosen.length) return
    taken += await transaction(deps.db, async (tx) => {
      if (reached) await move(tx, mailbox.id, from, reached)
      return takeMessages(tx, mailbox, chosen, now)
    })
    if (reached) cursor = { role: from.role, ...reached }
  }
  // While a renumbered folder is being searched its cursor stays: after a kill the search begins again, and the digests of
  // what was taken keep it from coming twice.
  const reachedAt = (last_uid: number): Omit<Cursor, 'role'> | null =>
    renumbered ? null : { ...(cursor as Cursor), path, last_uid, uid_validity: state.uid_validity }

  for (let at = 0; at < uids.length && !signal.aborted; at += HEADS_AT_ONCE) {
    const heads = await session.heads(uids.slice(at, at + HEADS_AT_ONCE))
    let last = 0
    await chooseMessages(deps, session, mailbox, heads, deps.config.inbound_smtp.max_bytes, async (uid, chosen) => {
      last = uid
      if (!chosen) return
      held.push(chosen)
      bytes += chosen.raw.length
      if (bytes >= MOST_BYTES_AT_ONCE) await flush(reachedAt(uid))
    })
    if (last) await flush(reachedAt(Math.max(last, cursor.last_uid)))
  }
  if (signal.aborted) return taken
  const end = Math.max(state.uid_next - 1, uids.at(-1) ?? 0, renumbered ? 0 : cursor.last_uid)
  await flush({
    path,
    uid_validity: state.uid_validity,
    last_uid: end,
    highest_modseq: state.highest_modseq,
    seen_until: now,
  })
  return taken
}
