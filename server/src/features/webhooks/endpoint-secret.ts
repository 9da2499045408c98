import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../secrets.ts'

/** 32 random bytes as hexadecimal, the one form in which a secret is stored (sealed) and signed with. */
export const newSecret = (): string => randomBytes(32).toString('hex')

/** For how long what a rotation replaced goes on signing beside the new one. */
export const OVERLAP_MS = 24 * 3_600_000

export type SealedSecrets = { secret: string; previous_secret: string | null; previous_secret_until: Date | null }

/** The secrets to sign with, the present one first; the one before only until its time is over. Throws where a key is missing. */
export const openSecrets = (secrets: Secrets, endpointId: string, sealed: SealedSecrets, now: Date): string[] => {
  const open = (value: string): string => secrets.open(value, endpointId).toString('utf8')
  const overlaps = sealed.previous_secret && sealed.previous_secret_until && sealed.previous_secret_until > now
  return [open(sealed.secret), ...(overlaps ? [open(sealed.previous_secret as string)] : [])]
}
