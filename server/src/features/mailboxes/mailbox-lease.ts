import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { hasCopiesDue } from './sent-copies.ts'

type LeaseDeps = Pick<Deps, 'db' | 'clock' | 'process_id'>

/** How long a holder may be silent; it renews three times as often. A process that is known to be dead holds nothing. */
const LEASE_MS = 45_000
/** A mailbox that nobody holds open is looked into this often. */
const SYNC_EVERY_MS = 120_000

/** A mailbox that nobody holds, for a `where` over mailboxes m: no lease, one that ran out, or one of a process that died. */
const isFree = (deps: LeaseDeps, now: Date) => sql<boolean>`(m.leased_until is null or m.leased_until < ${now}
  or (m.lease_process <> ${deps.process_id} and not exists (select 1 from processes p where p.id = m.lease_process)))`

/** Takes the right to hold a mailbox's one IMAP session. Null when somebody has it, or the mailbox is not in use. */
export const takeLease = async (deps: LeaseDeps, mailboxId: string): Promise<string | null> => {
  const now = deps.clock.now()
  const lease = newId()
  const { rows } = await sql`
    update mailboxes m set lease_id = ${lease}, lease_process = ${deps.process_id}, leased_until = ${new Date(now.getTime() + LEASE_MS)}
    where m.id = ${mailboxId} and m.status = 'active' and m.next_attempt_at <= ${now} and ${isFree(deps, now)} returning m.id`.execute(
    deps.db,
  )
  return rows.length ? lease : null
}

/** What a live process asks every few seconds, for all the mailboxes it holds at once. Those not answered are lost. */
export const renewLeases = async (
  deps: LeaseDeps,
  leases: string[],
): Promise<{ lease_id: string; has_copies: boolean }[]> => {
  const now = deps.clock.now()
  const { rows } = await sql<{ lease_id: string; has_copies: boolean }>`
    update mailboxes m set leased_until = ${new Date(now.getTime() + LEASE_MS)}, next_sync_at = ${new Date(now.getTime() + SYNC_EVERY_MS)}
    where m.lease_id = any(${leases}::uuid[]) and m.status = 'active' returning m.lease_id, ${hasCopiesDue(now)} as has_copies`.execute(
    deps.db,
  )
  return rows
}

export const releaseLease = async (deps: LeaseDeps, lease: string): Promise<void> => {
  await sql`
    update mailboxes set lease_id = null, lease_process = null, leased_until = null,
      next_sync_at = greatest(next_attempt_at, ${new Date(deps.clock.now().getTime() + SYNC_EVERY_MS)})
    where lease_id = ${lease}`.execute(deps.db)
}

/** Mailboxes that a process may hold open, the longest waiting first. */
export const findUnheld = async (deps: LeaseDeps, limit: number): Promise<string[]> => {
  const now = deps.clock.now()
  const { rows } = await sql<{ id: string }>`
    select m.id from mailboxes m where m.status = 'active' and m.next_attempt_at <= ${now} and ${isFree(deps, now)} order by m.next_sync_at limit ${limit}`.execute(
    deps.db,
  )
  return rows.map(({ id }) => id)
}

/** Mailboxes that nobody holds and that are due to be looked into, or have something to file. */
export const findDueMailboxes = async (deps: LeaseDeps, limit: number): Promise<string[]> => {
  const now = deps.clock.now()
  const { rows } = await sql<{ id: string }>`
    select m.id from mailboxes m
    where m.status = 'active' and m.next_attempt_at <= ${now} and ${isFree(deps, now)} and (m.next_sync_at <= ${now} or ${hasCopiesDue(now)})
    order by m.next_sync_at limit ${limit}`.execute(deps.db)
  return rows.map(({ id }) => id)
}
