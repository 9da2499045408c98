import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Both signatures of a webhook (DOMAIN.md §13), over one secret: 64 hexadecimal characters, whose bytes are the key. Standard
 * Webhooks (standardwebhooks.com, specification 1.0) writes the same bytes as whsec_ and base64.
 */
export const SECRET_PATTERN = /^(?:[0-9a-f]{2}){32,64}$/i

/** How far the clocks of sender and receiver may be apart, in seconds, in either direction. */
export const TOLERANCE_SECONDS = 300

/** The secret as libraries for Standard Webhooks take it. `secret` is hexadecimal. */
export const standardSecret = (secret: string): string => `whsec_${Buffer.from(secret, 'hex').toString('base64')}`

const hmac = (secret: string, ...parts: (string | Uint8Array)[]): Buffer => {
  const mac = createHmac('sha256', Buffer.from(secret, 'hex'))
  for (const part of parts) mac.update(part)
  return mac.digest()
}

/** The x-webhook-signature of the mail service: over seconds, a dot and the raw body; lower-case hexadecimal. */
export const mailSignature = (secret: string, seconds: number, body: string | Uint8Array): string =>
  hmac(secret, `${seconds}.`, body).toString('hex')

/** One entry of webhook-signature: over id, seconds and raw body, joined by dots. */
export const standardSignature = (secret: string, id: string, seconds: number, body: string | Uint8Array): string =>
  `v1,${hmac(secret, `${id}.${seconds}.`, body).toString('base64')}`

/**
 * The headers of one try. `secrets` holds the present one first; while a rotation overlaps, webhook-signature carries one
 * entry for each, which the specification allows, and x-webhook-signature, which can hold only one, the present one's.
 */
export const signedHeaders = (
  secrets: readonly string[],
  id: string,
  seconds: number,
  body: string,
): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(seconds),
  'webhook-signature': secrets.map((secret) => standardSignature(secret, id, seconds, body)).join(' '),
  'x-webhook-timestamp': String(seconds),
  'x-webhook-signature': mailSignature(secrets[0] ?? '', seconds, body),
})

export type SignatureVerdict = 'ok' | 'bad_timestamp' | 'too_old' | 'mismatch'

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

/**
 * Checks a signature of the mail service. `timestamp` is the header's text; one that is no whole number of Unix seconds is a
 * bad_timestamp. A `sha256=` before the digest is allowed. Any of `secrets` may have made it.
 */
export const verifyMailSignature = (
  secrets: readonly string[],
  given: { signature: string; timestamp: string; body: string | Uint8Array },
  now: Date,
): SignatureVerdict => {
  if (!/^\d{1,12}$/.test(given.timestamp)) return 'bad_timestamp'
  const seconds = Number(given.timestamp)
  if (Math.abs(Math.floor(now.getTime() / 1000) - seconds) > TOLERANCE_SECONDS) return 'too_old'
  const hex = given.signature.trim().replace(/^sha256=/, '')
  if (!/^[0-9a-f]{64}$/i.test(hex)) return 'mismatch'
  const claimed = Buffer.from(hex, 'hex')
  return secrets.some((secret) => equal(hmac(secret, `${given.timestamp}.`, given.body), claimed)) ? 'ok' : 'mismatch'
}
