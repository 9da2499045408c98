import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

/**
 * One policy for every outbound socket (DOMAIN.md §11): a name is resolved once, the address is checked, and the caller
 * connects to that very address, so that a name cannot point somewhere else between check and connection.
 */
export type EgressPolicy = {
  /** The address to connect to. Throws EgressRefused, or the resolver's own error. */
  resolve: (host: string, port: number) => Promise<string>
}

export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED'
}

/** Ranges that are not the public internet (IANA special-purpose registries, RFC 6890), and multicast. */
const PRIVATE_4: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
const PRIVATE_6: [string, number][] = [
  // The unspecified and the loopback address, and IPv4 written into the last bits (RFC 4291 §2.5.5.1), which nobody routes.
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
]

const blocked = new BlockList()
for (const [net, prefix] of PRIVATE_4) {
  blocked.addSubnet(net, prefix, 'ipv4')
}
for (const [net, prefix] of PRIVATE_6) blocked.addSubnet(net, prefix, 'ipv6')

/** The IPv4 address inside an IPv6 one: mapped, NAT64 (RFC 6052 §2.1) or 6to4 (RFC 3056 §2). */
const embedded4 = (address: string): string | null => {
  const full = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const halves = full.split('::')
  const left = (halves[0] ?? '').split(':').filter(Boolean)
  const right = halves.length > 1 ? (halves[1] ?? '').split(':').filter(Boolean) : []
  const groups = [...left, ...Array(8 - left.length - right.length).fill('0'), ...right].map((group) =>
    Number.parseInt(group, 16),
  )
  const dotted = (high: number, low: number) => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  const starts = (...head: number[]) => head.every((group, at) => groups[at] === group)
  if (starts(0, 0, 0, 0, 0, 0xffff) || starts(0x64, 0xff9b, 0, 0, 0, 0))
    return dotted(groups[6] as number, groups[7] as number)
  return starts(0x2002) ? dotted(groups[1] as number, groups[2] as number) : null
}

/** Whether an address is on the public internet. Anything that is no address is not. */
export const isPublicAddress = (address: string): boolean => {
  const family = isIP(address)
  if (family === 4) return !blocked.check(address, 'ipv4')
  if (family !== 6 || address.includes('%')) return false
  const inner = embedded4(address)
  return inner ? isPublicAddress(inner) : !blocked.check(address, 'ipv6')
}

const unbracketed = (host: string): string => host.replace(/^\[|\]$/g, '').toLowerCase()

type Lookup = (host: string) => Promise<{ address: string }[]>

const systemLookup: Lookup = (host) => lookup(host, { all: true, verbatim: true })

/** `allow` holds the operator's host:port pairs; a pair names either the host as it was given or the address it leads to. */
export const createEgressPolicy = (allow: readonly string[], find: Lookup = systemLookup): EgressPolicy => {
  const allowed = new Set(
    allow.map((pair) => {
      const at = pair.lastIndexOf(':')
      return `${unbracketed(pair.slice(0, at))} ${pair.slice(at + 1)}`
    }),
  )
  const permits = (host: string, port: number) => allowed.has(`${host} ${port}`)
  return {
    resolve: async (given, port) => {
      const host = unbracketed(given)
      const found = isIP(host) ? [{ address: host }] : await find(host)
      const first = found.find(
        ({ address }) => permits(host, port) || permits(address.toLowerCase(), port) || isPublicAddress(address),
      )
      if (first) return first.address
      throw new EgressRefused(
        `${given}:${port} is not on the public internet; list it in EGRESS_ALLOW if that is intended.`,
      )
    },
  }
}
