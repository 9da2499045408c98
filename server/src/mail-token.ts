import type { KeyObject } from 'node:crypto'
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

/** What a token is good for. A token signed for one purpose never verifies for another. */
export type TokenPurpose = 'bounce' | 'message' | 'unsubscribe' | 'open' | 'click'

export type MailTokens = {
  sign: (purpose: TokenPurpose, emailId: string, extra?: string) => string
  verify: (purpose: TokenPurpose, token: string) => { email_id: string; extra?: string } | null
  /** `b+<token>@domain`: the envelope sender that names its message (VERP), and with `extra` which of its recipients. */
  bounceAddress: (emailId: string, domain: string, extra?: string) => string
  /** `<token@domain>`, angle brackets included. The same row always gets the same Message-ID. */
  messageId: (emailId: string, domain: string) => string
  /** `u+<token>@domain`: where the mailto form of List-Unsubscribe points. */
  unsubscribeAddress: (emailId: string, domain: string, extra?: string) => string
}

const MAC_OCTETS = 10
const ID_OCTETS = 16
const BARE_OCTETS = MAC_OCTETS + ID_OCTETS
// 42 base32 characters carry the 26 octets of a token without extra; the prefix `b+` leaves 62 of the 64 octets that a
// local part may have (RFC 5321 section 4.5.3.1.1).
const BARE_CHARACTERS = 42
const LONGEST_IN_LOCAL_PART = 62
// A longer token is refused before any work is done on it; tracked links are far below this.
const LONGEST_TOKEN = 8192

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const digitOf = new Int8Array(128).fill(-1)
for (let index = 0; index < 32; index++) {
  const letter = alphabet[index] as string
  digitOf[letter.charCodeAt(0)] = index
  digitOf[letter.toUpperCase().charCodeAt(0)] = index
}

// Open and click tokens live in URLs only, where case is kept, and click tokens carry a whole address to go to.
const livesInUrl: Readonly<Record<TokenPurpose, boolean>> = {
  bounce: false,
  message: false,
  unsubscribe: false,
  open: true,
  click: true,
}

/**
 * Signs and reads the tokens that tie a message to whatever comes back for it. A token is an 80-bit HMAC-SHA256
 * (RFC 2104, truncated) over purpose, email id and extra, followed by id and extra; it never expires (DOMAIN.md
 * section 5), so an unsubscribe link works for ever. Bounce, message and unsubscribe tokens are base32 in lower case
 * (RFC 4648 section 6), because mail systems fold the case of local parts; open and click tokens are base64url.
 * `keys`: the newest first; it signs, all of them verify, so a rotated key keeps old links alive.
 */
export function mailTokens(keys: Uint8Array | readonly Uint8Array[]): MailTokens {
  const secrets = (keys instanceof Uint8Array ? [keys] : keys).map((key) => {
    if (key.length < 16) throw new Error('A key for mail tokens needs at least 16 bytes.')
    return createSecretKey(key)
  })
  const newest = secrets[0]
  if (!newest) throw new Error('Mail tokens need at least one key.')

  const sign: MailTokens['sign'] = (purpose, emailId, extra) => {
    const payload = tokenPayload(emailId, extra)
    const bytes = Buffer.concat([macOf(newest, purpose, payload), payload])
    return livesInUrl[purpose] ? bytes.toString('base64url') : encodeBase32(bytes)
  }

  const verify: MailTokens['verify'] = (purpose, token) => {
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) return null
    const bytes = livesInUrl[purpose] ? decodeBase64Url(token) : decodeBase32(token)
    if (!bytes || bytes.length < BARE_OCTETS) return null
    const mac = bytes.subarray(0, MAC_OCTETS)
    const payload = bytes.subarray(MAC_OCTETS)
    let valid = false
    // Every key is tried, so the time taken does not tell which one signed.
    for (const secret of secrets) valid = timingSafeEqual(mac, macOf(secret, purpose, payload)) || valid
    if (!valid) return null
    const emailId = formatUuid(payload)
    if (payload.length === ID_OCTETS) return { email_id: emailId }
    return { email_id: emailId, extra: payload.toString('utf8', ID_OCTETS) }
  }

  return {
    sign,
    verify,
    bounceAddress: (emailId, domain, extra) => `b+${sign('bounce', emailId, extra)}@${domain}`,
    messageId: (emailId, domain) => `<${sign('message', emailId)}@${domain}>`,
    unsubscribeAddress: (emailId, domain, extra) => `u+${sign('unsubscribe', emailId, extra)}@${domain}`,
  }
}

const addressPattern = new RegExp(
  `(?:^|[<=:\\s"])([bu])\\+([a-z2-7]{${BARE_CHARACTERS},${LONGEST_IN_LOCAL_PART}})"?(?:@|$)`,
  'i',
)

/**
 * The token in a bounce or unsubscribe address, not yet verified. It is also found behind what forwarders put before
 * the local part: `SRS0=hash=tt=domain=b+token@forwarder` and `prvs=tag=b+token@domain` (BATV).
 */
export function findAddressToken(address: string): { purpose: 'bounce' | 'unsubscribe'; token: string } | null {
  const found = addressPattern.exec(address)
  if (!found?.[1] || !found[2]) return null
  return { purpose: found[1].toLowerCase() === 'b' ? 'bounce' : 'unsubscribe', token: found[2].toLowerCase() }
}

const messageIdPattern = new RegExp(`(?:^|[<\\s,])([a-z2-7]{${BARE_CHARACTERS},${LONGEST_IN_LOCAL_PART}})@`, 'gi')

/**
 * The tokens in Message-IDs, not yet verified, each once, newest first: In-Reply-To and the end of References name the
 * message that was answered (RFC 5322 section 3.6.4). Each string may be one id or a whole header of them.
 */
export function findMessageTokens(references: readonly string[]): string[] {
  const found: string[] = []
  for (const reference of references) {
    for (const match of reference.matchAll(messageIdPattern)) {
      if (match[1]) found.push(match[1].toLowerCase())
    }
  }
  return [...new Set(found.reverse())]
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function tokenPayload(emailId: string, extra: string | undefined): Buffer {
  if (!uuidPattern.test(emailId)) throw new Error(`A mail token names an email by its UUID; "${emailId}" is none.`)
  const id = Buffer.from(emailId.replaceAll('-', ''), 'hex')
  return extra ? Buffer.concat([id, Buffer.from(extra)]) : id
}

function macOf(key: KeyObject, purpose: TokenPurpose, payload: Uint8Array): Buffer {
  // No purpose holds a NUL, so purpose and payload cannot be shifted into each other.
  return createHmac('sha256', key).update(`${purpose}\0`).update(payload).digest().subarray(0, MAC_OCTETS)
}

function formatUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex', 0, ID_OCTETS)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held & 31) << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += alphabet[(held >> bits) & 31]
    }
  }
  return bits > 0 ? text + alphabet[(held << (5 - bits)) & 31] : text
}

/** Undefined for anything that this alphabet would not have produced, spare bits included: one token, one spelling. */
function decodeBase32(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(Math.floor((text.length * 5) / 8))
  let held = 0
  let bits = 0
  let length = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    const digit = code < 128 ? (digitOf[code] as number) : -1
    if (digit < 0) return undefined
    held = ((held << 5) | digit) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = (held >> bits) & 255
    }
  }
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) return undefined
  return bytes
}

function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
