import { createHmac, timingSafeEqual } from 'node:crypto'
import { isUuid } from './ids.ts'

const SUFFIX = '.sandbox.invalid'

/** The EHLO name under which a sandbox workspace sends into the local mail world. */
export const senderGreeting = (workspaceId: string): string => `${workspaceId}${SUFFIX}`

export const readSenderGreeting = (name: string): string | null => {
  const id = name.toLowerCase().endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length).toLowerCase() : ''
  return isUuid(id) ? id : null
}

const proofOf = (key: Uint8Array, workspaceId: string): string =>
  createHmac('sha256', key).update(`mail-world\0${workspaceId}`).digest('hex').slice(0, 32)

/**
 * The EHLO name under which the local mail world brings answers. It proves where the session comes from, because only such
 * a session may write to the addresses of a sandbox (DOMAIN.md §12); a loopback address alone proves nothing behind a proxy.
 */
export const worldGreeting = (key: Uint8Array, workspaceId: string): string =>
  `${proofOf(key, workspaceId)}.${workspaceId}${SUFFIX}`

/** The workspace of a session of the local mail world; null for anybody else. */
export const readWorldGreeting = (keys: readonly Uint8Array[], name: string | null | undefined): string | null => {
  const found = /^([0-9a-f]{32})\.([0-9a-f-]{36})\.sandbox\.invalid$/.exec(name?.toLowerCase() ?? '')
  if (!found?.[1] || !found[2] || !isUuid(found[2])) return null
  const given = Buffer.from(found[1])
  return keys.some((key) => timingSafeEqual(given, Buffer.from(proofOf(key, found[2] as string)))) ? found[2] : null
}
