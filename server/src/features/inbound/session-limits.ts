import { isIP } from 'node:net'

export type SessionLimits = {
  /** Counts a connection in; whether its address may hold one more. Every call is followed by one of `leave`. */
  enter: (address: string) => boolean
  leave: (address: string) => void
  /** Takes one from what an address may bring in a minute; false when there is nothing left. `now` in milliseconds. */
  take: (address: string, now: number) => boolean
}

const MINUTE_MS = 60_000
/** Addresses that are remembered; the oldest goes first, and somebody who owns more networks than this has other means. */
const MAX_REMEMBERED = 20_000

/**
 * Who counts as one: an IPv4 address, or the /64 that an IPv6 host has to itself (RFC 7136, RFC 6177). Null for this very
 * machine, which is limited by nobody: its own mail world, and a proxy of the operator's that hides everybody's address.
 */
export const strangerOf = (address: string): string | null => {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (plain === '127.0.0.1' || plain === '::1' || !isIP(plain)) return null
  if (isIP(plain) === 4) return plain
  const [head = '', tail = ''] = new URL(`http://[${plain.split('%')[0]}]`).hostname.slice(1, -1).split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = tail.split(':').filter(Boolean)
  const all = [...groups, ...Array.from({ length: 8 - groups.length - rest.length }, () => '0'), ...rest]
  return `${all.slice(0, 4).join(':')}::/64`
}

/** Limits per address of one process. `messages_per_minute` 0 means none; a burst of one minute's worth is let through. */
export const createSessionLimits = (options: {
  connections_per_address: number
  messages_per_minute: number
}): SessionLimits => {
  const open = new Map<string, number>()
  const buckets = new Map<string, { left: number; at: number }>()
  const { connections_per_address: most, messages_per_minute: rate } = options
  return {
    enter: (address) => {
      const who = strangerOf(address)
      if (who === null) return true
      const held = (open.get(who) ?? 0) + 1
      open.set(who, held)
      return held <= most
    },
    leave: (address) => {
      const who = strangerOf(address)
      if (who === null) return
      const held = (open.get(who) ?? 0) - 1
      if (held > 0) open.set(who, held)
      else open.delete(who)
    },
    take: (address, now) => {
      const who = strangerOf(address)
      if (who === null || rate === 0) return true
      const known = buckets.get(who) ?? { left: rate, at: now }
      const left = Math.min(rate, known.left + (Math.max(0, now - known.at) / MINUTE_MS) * rate)
      buckets.delete(who)
      buckets.set(who, { left: Math.max(0, left - 1), at: now })
      if (buckets.size > MAX_REMEMBERED) buckets.delete(buckets.keys().next().value as string)
      return left >= 1
    },
  }
}
