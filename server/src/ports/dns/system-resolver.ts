import { Resolver } from 'node:dns/promises'
import type { DnsAnswer, DnsResolver } from './port.ts'

const ABSENT = new Set(['ENODATA', 'ENOTFOUND'])

const ask = async <T>(look: () => Promise<T[]>): Promise<DnsAnswer<T>> => {
  try {
    const values = await look()
    return values.length ? { state: 'found', values } : { state: 'absent' }
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'EUNKNOWN'
    return ABSENT.has(code) ? { state: 'absent' } : { state: 'error', message: `the look-up failed (${code})` }
  }
}

/** The DNS that the machine is configured with, or `servers` (address or address:port). */
export const systemResolver = (options: { timeout_ms?: number; servers?: readonly string[] } = {}): DnsResolver => {
  const resolver = new Resolver({ timeout: options.timeout_ms ?? 3_000, tries: 2 })
  if (options.servers?.length) resolver.setServers(options.servers)
  return {
    // A TXT record is a list of strings of at most 255 octets that belong together (RFC 7208 §3.3, RFC 6376 §3.6.2.2).
    txt: (name) => ask(async () => (await resolver.resolveTxt(name)).map((parts) => parts.join(''))),
    mx: (name) =>
      ask(async () => (await resolver.resolveMx(name)).map(({ exchange, priority }) => ({ exchange, priority }))),
    a: (name) => ask(() => resolver.resolve4(name)),
    aaaa: (name) => ask(() => resolver.resolve6(name)),
    cname: (name) => ask(() => resolver.resolveCname(name)),
    ptr: (address) => ask(() => resolver.reverse(address)),
  }
}
