import { createHash } from 'node:crypto'

/**
 * The id under which clients know a link: made of the message's id and the link's position, so that none has to be stored
 * for the millions of links that nobody ever asks about. A UUID of version 8 (RFC 9562 section 5.8).
 */
export const linkId = (emailId: string, position: number): string => {
  const bytes = createHash('sha256').update(`${emailId}:${position}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
