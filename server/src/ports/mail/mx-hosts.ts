import type { DnsResolver, MxRecord } from '../dns/port.ts'

/**
 * Where the mail of a domain goes (RFC 5321 §5.1): its MX hosts in the order to try them, or the domain itself where it has
 * none. `null_mx` says that it takes no mail at all (RFC 7505); `absent` that there is neither MX nor address.
 */
export type MailHosts =
  | { state: 'found'; hosts: string[] }
  | { state: 'null_mx' }
  | { state: 'absent' }
  | { state: 'error'; message: string }

/** No domain needs more to be reached, and a hostile one may list thousands. */
const MOST_HOSTS = 8
const MOST_ADDRESSES = 6

export const findMailHosts = async (
  resolver: Pick<DnsResolver, 'mx' | 'a' | 'aaaa'>,
  domain: string,
  random: () => number = Math.random,
): Promise<MailHosts> => {
  const mx = await resolver.mx(domain)
  if (mx.state === 'error') return mx
  if (mx.state === 'found') {
    const named = mx.values.filter(({ exchange }) => exchange !== '' && exchange !== '.')
    if (named.length === 0) return { state: 'null_mx' }
    return { state: 'found', hosts: inOrder(named, random).slice(0, MOST_HOSTS) }
  }
  const own = await findAddresses(resolver, domain)
  if (own.state === 'error') return own
  return own.state === 'found' ? { state: 'found', hosts: [domain] } : { state: 'absent' }
}

/** Lowest preference first; equals in any order, so that they share the load (RFC 5321 §5.1). Each host once. */
const inOrder = (records: MxRecord[], random: () => number): string[] => {
  const drawn = records.map(({ exchange, priority }) => ({
    host: exchange.toLowerCase().replace(/\.$/, ''),
    priority,
    lot: random(),
  }))
  drawn.sort((a, b) => a.priority - b.priority || a.lot - b.lot)
  return [...new Set(drawn.map(({ host }) => host))]
}

export type HostAddresses =
  | { state: 'found'; addresses: string[] }
  | { state: 'absent' }
  | { state: 'error'; message: string }

/**
 * The addresses of a host, family by family. IPv4 goes first by default: large receivers refuse IPv6
 * senders without a reverse name, which most machines lack.
 */
export const findAddresses = async (
  resolver: Pick<DnsResolver, 'a' | 'aaaa'>,
  host: string,
  families: readonly (4 | 6)[] = [4, 6],
): Promise<HostAddresses> => {
  const answers = await Promise.all(families.map((family) => (family === 4 ? resolver.a(host) : resolver.aaaa(host))))
  const addresses = answers.flatMap((answer) => (answer.state === 'found' ? answer.values : []))
  if (addresses.length > 0) return { state: 'found', addresses: [...new Set(addresses)].slice(0, MOST_ADDRESSES) }
  return answers.find((answer) => answer.state === 'error') ?? { state: 'absent' }
}
