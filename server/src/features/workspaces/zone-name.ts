import { z } from 'zod'

/** The name of a time zone that this runtime knows (IANA, such as Europe/Oslo). Offsets like +02:00 are refused: they know no summer. */
export const zoneName = z
  .string()
  .max(64)
  .refine((zone) => {
    if (/^[+-]/.test(zone)) return false
    try {
      return Boolean(Intl.DateTimeFormat('en', { timeZone: zone }))
    } catch {
      return false
    }
  }, 'is not the name of a time zone')
  .describe('IANA time zone.')

export const workspaceMode = z
  .enum(['sandbox', 'live'])
  .describe('Set once: a sandbox mails only the local mail world.')
