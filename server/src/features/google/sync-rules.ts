import { hash } from 'node:crypto'
import type { LeadField } from '../../column-mapping.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'

const KEY_OCTETS = 16
const NAME_OCTETS = 6
const CELL_OCTETS = 8
const ENTRY_OCTETS = NAME_OCTETS + CELL_OCTETS

export type KeyPlan = { key_at: number; email_at: number; linkedin_at: number }

/** Where in a row its key stands; -1 where it does not. Null for a key column that the tab does not have. */
export const planKeys = (
  columns: readonly string[],
  mapping: Readonly<Record<string, LeadField>>,
  keyColumn: string | null,
): KeyPlan | null => {
  const wanted = keyColumn?.trim().toLowerCase()
  const key_at = wanted === undefined ? -1 : columns.findIndex((column) => column.toLowerCase() === wanted)
  if (wanted !== undefined && key_at === -1) return null
  const at = (field: LeadField): number => columns.findIndex((column) => mapping[column] === field)
  return { key_at, email_at: at('email'), linkedin_at: at('linkedin_url') }
}

/**
 * What a row is known by from one reading to the next: the cell of the chosen column, else its e-mail address, else its
 * LinkedIn profile, else the row's number. Letter case and space around do not count.
 */
export const keyOf = (values: readonly string[], row: number, plan: KeyPlan): string => {
  const chosen = plan.key_at === -1 ? '' : (values[plan.key_at] ?? '').trim().toLowerCase()
  if (chosen) return `k ${chosen}`
  const email = plan.email_at === -1 ? null : emailOf(values[plan.email_at] ?? '')
  if (email) return `e ${email}`
  const profile = plan.linkedin_at === -1 ? null : profileOf(values[plan.linkedin_at] ?? '')
  return profile ? `l ${profile}` : `r ${row}`
}

/** Tells the rows of one key apart, in their order: the second of a key has another one than the first. */
export const createKeyCounter = (): ((key: string) => string) => {
  const seen = new Map<string, number>()
  return (key) => {
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return count === 1 ? key : `${key}\u0000${count}`
  }
}

/** Salted, in one call: a sheet has many cells, and an HMAC for each takes four times as long. */
const digest = (salt: Uint8Array, text: string): Buffer =>
  hash('sha256', `${Buffer.from(salt.buffer, salt.byteOffset, salt.length).toString('base64')} ${text}`, 'buffer')

export const keyDigest = (salt: Uint8Array, key: string): Buffer => digest(salt, `key ${key}`).subarray(0, KEY_OCTETS)

/** A column as digests of cells name it, so that moving a column changes nothing. */
export const columnDigests = (salt: Uint8Array, columns: readonly string[]): Buffer[] =>
  columns.map((name) => digest(salt, `column ${name}`).subarray(0, NAME_OCTETS))

/** Of each filled cell its column and its value. */
export const cellDigests = (salt: Uint8Array, values: readonly string[], columns: readonly Buffer[]): Buffer =>
  Buffer.concat(
    values.flatMap((value, at) => {
      const column = columns[at]
      return value === '' || !column ? [] : [column, digest(salt, `cell ${value}`).subarray(0, CELL_OCTETS)]
    }),
  )

/**
 * Which cells of a row are not what they were, as places in `columns`. A column that is new counts where it is filled, one
 * that is gone not at all.
 */
export const changedCells = (before: Buffer, now: Buffer, columns: readonly Buffer[]): number[] => {
  if (before.equals(now)) return []
  const [was, is] = [entriesOf(before), entriesOf(now)]
  return columns.flatMap((column, at) => {
    const name = column.toString('latin1')
    return was.get(name) === is.get(name) ? [] : [at]
  })
}

const entriesOf = (cells: Buffer): Map<string, string> => {
  const entries = new Map<string, string>()
  for (let at = 0; at + ENTRY_OCTETS <= cells.length; at += ENTRY_OCTETS)
    entries.set(
      cells.toString('latin1', at, at + NAME_OCTETS),
      cells.toString('latin1', at + NAME_OCTETS, at + ENTRY_OCTETS),
    )
  return entries
}

/**
 * Whether so many rows are gone from a sheet that it looks like an accident: more than half of at least twenty. A sheet that
 * was emptied or sorted into another file should not empty a dataset.
 */
export const isMassRemoval = (missing: number, known: number): boolean => known >= 20 && missing * 2 > known
