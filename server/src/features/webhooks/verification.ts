import { randomInt } from 'node:crypto'
import type { Secrets } from '../../secrets.ts'

/** Eight signs that a person can read out, without those that look alike: 32^8 possibilities against a few tries. */
const SIGNS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
export const newVerificationCode = (): string =>
  Array.from({ length: 8 }, () => SIGNS[randomInt(SIGNS.length)]).join('')

/** How long a code can be given back. */
export const CODE_LIVES_MS = 24 * 3_600_000

const rowOf = (endpointId: string): string => `${endpointId}:code`

export const sealCode = (secrets: Secrets, endpointId: string, code: string): string =>
  secrets.seal(code, rowOf(endpointId))

export const openCode = (secrets: Secrets, endpointId: string, sealed: string): string =>
  secrets.open(sealed, rowOf(endpointId)).toString('utf8')

/**
 * What is posted to an address to learn whether its owner wants events. The code stands nowhere else in readable form, so
 * that only who reads that address can give it back; the bytes are the same at each try.
 */
export const verificationText = (
  secrets: Secrets,
  delivery: {
    endpoint_id: string
    event_id: string
    verification_code: string | null
    verification_sent_at: Date | null
  },
): string | null =>
  delivery.verification_code && delivery.verification_sent_at
    ? JSON.stringify({
        event_id: delivery.event_id,
        event_type: 'webhook.verification',
        // Where clients from 1.0 on look for what this is.
        type: 'webhook.verification',
        timestamp: delivery.verification_sent_at.toISOString(),
        data: { webhook_id: delivery.endpoint_id },
        verification_code: openCode(secrets, delivery.endpoint_id, delivery.verification_code),
      })
    : null
