import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'

/**
 * Integer credits in packages. A hold lowers what is available, before the work; capture turns it into use, release gives it
 * back. Every change locks the workspace's packages first and always in the same order, so that two holds at the same
 * instant cannot both spend the last credit.
 */
export type PackageType = 'subscription' | 'top_up' | 'referral' | 'trial' | 'adjustment'

type PackageRow = { package_id: string; total_credits: number; used_credits: number }

/** What stands for "as much as you like" in an integer field. */
export const UNLIMITED = 2_147_483_647

const wholeNumber = (credits: number): number => {
  if (!Number.isSafeInteger(credits) || credits < 0 || credits > UNLIMITED)
    throw new Error(`Credits are whole numbers from 0 to ${UNLIMITED}; ${credits} is not.`)
  return credits
}

/** Packages that may be spent at an instant, locked, the one that expires first in front and those without an end last. */
const lockPackages = async (tx: Tx, workspaceId: string, at: Date): Promise<PackageRow[]> => {
  // The workspace first: without it, a workspace with no package at all would have nothing to lock.
  await sql`select 1 from workspaces where id = ${workspaceId} for no key update`.execute(tx)
  const found = await sql<PackageRow>`
    select package_id, total_credits, used_credits from credit_packages
    where workspace_id = ${workspaceId} and is_active and starts_at <= ${at} and (expires_at is null or expires_at > ${at})
    order by expires_at nulls last, package_id for update`.execute(tx)
  return found.rows
}

const heldCredits = async (db: Db | Tx, workspaceId: string): Promise<number> => {
  const found = await sql<{ held: number }>`
    select coalesce(sum(credits), 0) as held from credit_holds where workspace_id = ${workspaceId} and state = 'held'`.execute(
    db,
  )
  return found.rows[0]?.held ?? 0
}

const isUnlimited = async (db: Db | Tx, workspaceId: string): Promise<{ unlimited: boolean; plan: string }> => {
  const found = await sql<{ unlimited: boolean; plan: string }>`
    select p.unlimited_credits as unlimited, p.id as plan
    from workspaces w join plans p on p.id = w.plan where w.id = ${workspaceId}`.execute(db)
  const row = found.rows[0]
  if (!row) throw new Error(`There is no workspace ${workspaceId}.`)
  return row
}

type Entry = {
  workspace_id: string
  package_id: string | null
  hold_id?: string | null
  kind: 'consumption' | 'refund' | 'purchase' | 'adjustment'
  operation_type?: string | null
  credits: number
  description: string
  now: Date
}

/** `credits` is negative for what was used and positive for what came in. */
const writeEntry = async (tx: Tx, { now, ...entry }: Entry): Promise<void> => {
  await tx
    .insertInto('credit_entries')
    .values({ id: newId(), ...entry, created_at: now })
    .execute()
}

/** Adds a package of credits. Returns its id. */
export const grantCredits = async (
  tx: Tx,
  grant: {
    workspace_id: string
    name: string
    package_type: PackageType
    credits: number
    starts_at?: Date
    expires_at?: Date | null
    description?: string
    now: Date
  },
): Promise<string> => {
  const package_id = newId()
  const credits = wholeNumber(grant.credits)
  await tx
    .insertInto('credit_packages')
    .values({
      package_id,
      workspace_id: grant.workspace_id,
      name: grant.name,
      package_type: grant.package_type,
      total_credits: credits,
      starts_at: grant.starts_at ?? grant.now,
      expires_at: grant.expires_at ?? null,
    })
    .execute()
  await writeEntry(tx, {
    workspace_id: grant.workspace_id,
    package_id,
    kind: grant.package_type === 'subscription' || grant.package_type === 'top_up' ? 'purchase' : 'adjustment',
    credits,
    description: grant.description ?? grant.name,
    now: grant.now,
  })
  return package_id
}

/**
 * Sets credits aside for work that is about to begin. Throws INSUFFICIENT_CREDITS when fewer are available, and never on a
 * plan with unlimited credits. Returns the hold's id.
 */
export const holdCredits = async (
  tx: Tx,
  hold: { workspace_id: string; operation_type: string; credits: number; reference?: string | null; now: Date },
): Promise<string> => {
  const credits = wholeNumber(hold.credits)
  const { unlimited } = await isUnlimited(tx, hold.workspace_id)
  if (!unlimited) {
    const packages = await lockPackages(tx, hold.workspace_id, hold.now)
    const left = packages.reduce((sum, row) => sum + row.total_credits - row.used_credits, 0)
    const available = Math.max(0, left - (await heldCredits(tx, hold.workspace_id)))
    if (credits > available)
      throw problem('INSUFFICIENT_CREDITS', `This needs ${credits} credits; ${available} are available.`)
  }
  const id = newId()
  await tx
    .insertInto('credit_holds')
    .values({
      id,
      workspace_id: hold.workspace_id,
      operation_type: hold.operation_type,
      credits,
      state: 'held',
      reference: hold.reference ?? null,
      created_at: hold.now,
    })
    .execute()
  return id
}

type HoldRow = { workspace_id: string; operation_type: string; credits: number; state: string; created_at: Date }

/** The hold, if it is still open. The workspace is locked before the row, in the order that holdCredits uses. */
const openHold = async (tx: Tx, holdId: string): Promise<HoldRow | null> => {
  await sql`
    select 1 from workspaces where id = (select workspace_id from credit_holds where id = ${holdId}) for no key update`.execute(
    tx,
  )
  const found = await sql<HoldRow>`
    select workspace_id, operation_type, credits, state, created_at from credit_holds where id = ${holdId} for update`.execute(
    tx,
  )
  const row = found.rows[0]
  if (!row) throw new Error(`There is no hold ${holdId}.`)
  return row.state === 'held' ? row : null
}

/**
 * Turns a hold into use, of all its credits or of fewer; the rest is available again. Credits come from the package that
 * expires first, among those that could be spent when the hold was made: one that has run out meanwhile still honours it.
 * Doing it again changes nothing, so a job may be repeated. Returns what was used.
 */
export const captureCredits = async (
  tx: Tx,
  capture: { hold_id: string; credits?: number; description: string; now: Date },
): Promise<number> => {
  const hold = await openHold(tx, capture.hold_id)
  if (!hold) return 0
  const credits = wholeNumber(capture.credits ?? hold.credits)
  if (credits > hold.credits) throw new Error(`A hold of ${hold.credits} credits cannot pay ${credits}.`)
  const entry = {
    workspace_id: hold.workspace_id,
    hold_id: capture.hold_id,
    kind: 'consumption' as const,
    operation_type: hold.operation_type,
    description: capture.description,
    now: capture.now,
  }
  let owed = credits
  const { unlimited } = await isUnlimited(tx, hold.workspace_id)
  if (!unlimited)
    for (const row of await lockPackages(tx, hold.workspace_id, hold.created_at)) {
      const taken = Math.min(owed, row.total_credits - row.used_credits)
      if (taken <= 0) continue
      await sql`update credit_packages set used_credits = used_credits + ${taken} where package_id = ${row.package_id}`.execute(
        tx,
      )
      await writeEntry(tx, { ...entry, package_id: row.package_id, credits: -taken })
      owed -= taken
    }
  // On a plan without limits, or when packages were taken away after the hold: used all the same, and written down.
  if (owed > 0) await writeEntry(tx, { ...entry, package_id: null, credits: -owed })
  await sql`
    update credit_holds set state = 'captured', captured_credits = ${credits}, settled_at = ${capture.now} where id = ${capture.hold_id}`.execute(
    tx,
  )
  return credits
}

/** Gives a hold back. A hold that was settled before stays as it is. */
export const releaseCredits = async (tx: Tx, release: { hold_id: string; now: Date }): Promise<void> => {
  if (!(await openHold(tx, release.hold_id))) return
  await sql`
    update credit_holds set state = 'released', captured_credits = 0, settled_at = ${release.now} where id = ${release.hold_id}`.execute(
    tx,
  )
}

export type Balance = {
  plan: string
  unlimited: boolean
  total_credits: number
  used_credits: number
  reserved_credits: number
  available_credits: number
  packages: PackageInfo[]
}

export type PackageInfo = {
  package_id: string
  name: string
  package_type: PackageType
  total_credits: number
  used_credits: number
  remaining_credits: number
  is_active: boolean
  starts_at: Date
  expires_at: Date | null
}

export const readBalance = async (db: Db, workspaceId: string, now: Date): Promise<Balance> => {
  const { unlimited, plan } = await isUnlimited(db, workspaceId)
  const found = await sql<PackageInfo>`
    select package_id, name, package_type, total_credits, used_credits, total_credits - used_credits as remaining_credits,
      is_active, starts_at, expires_at
    from credit_packages
    where workspace_id = ${workspaceId} and is_active and starts_at <= ${now} and (expires_at is null or expires_at > ${now})
    order by expires_at nulls last, package_id`.execute(db)
  const reserved_credits = await heldCredits(db, workspaceId)
  const sum = (key: 'total_credits' | 'used_credits'): number => found.rows.reduce((total, row) => total + row[key], 0)
  if (!unlimited) {
    const [total_credits, used_credits] = [sum('total_credits'), sum('used_credits')]
    const available_credits = Math.max(0, total_credits - used_credits - reserved_credits)
    return { plan, unlimited, total_credits, used_credits, reserved_credits, available_credits, packages: found.rows }
  }
  const used = await sql<{ used: number }>`
    select coalesce(-sum(credits), 0) as used from credit_entries
    where workspace_id = ${workspaceId} and kind = 'consumption'`.execute(db)
  return {
    plan,
    unlimited,
    total_credits: UNLIMITED,
    used_credits: Math.max(0, used.rows[0]?.used ?? 0),
    reserved_credits,
    available_credits: UNLIMITED,
    packages: found.rows,
  }
}
