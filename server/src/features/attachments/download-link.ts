import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Deps } from '../../deps.ts'

/** How long a download address works without a credential. */
const LASTS_MS = 3_600_000
const MAC_OCTETS = 16

export const DOWNLOAD_PATH = '/mail/v1/attachment-downloads/'

const macOf = (key: Buffer, id: string, expires: number): Buffer =>
  createHmac('sha256', key).update(`${id}.${expires}`).digest().subarray(0, MAC_OCTETS)

/**
 * An address that reads one stored file without a credential, for an hour of the system's clock: clients hand it to a
 * browser, or fetch it without sending their key.
 */
export const downloadLink = (
  deps: Pick<Deps, 'secrets' | 'address' | 'clock'>,
  attachmentId: string,
): { download_url: string; expires_at: Date } => {
  // Whole minutes, so that a list that is read twice in a moment shows the same addresses.
  const expires = Math.ceil((deps.clock.now().getTime() + LASTS_MS) / 60_000) * 60_000
  const mac = macOf(deps.secrets.key('attachment-downloads'), attachmentId, expires).toString('base64url')
  return {
    download_url: `${deps.address.base_url}${DOWNLOAD_PATH}${attachmentId}.${expires.toString(36)}.${mac}`,
    expires_at: new Date(expires),
  }
}

/** The id that a download token names; null for one that is forged or over. */
export const readDownloadToken = (deps: Pick<Deps, 'secrets' | 'clock'>, token: string): string | null => {
  const found = /^([0-9a-f-]{36})\.([0-9a-z]{1,11})\.([\w-]{22})$/.exec(token)
  if (!found?.[1] || !found[2] || !found[3]) return null
  const expires = Number.parseInt(found[2], 36)
  const given = Buffer.from(found[3], 'base64url')
  const id = found[1]
  const isOurs = deps.secrets
    .keys('attachment-downloads')
    .some((key) => given.length === MAC_OCTETS && timingSafeEqual(given, macOf(key, id, expires)))
  return isOurs && expires > deps.clock.now().getTime() ? id : null
}
