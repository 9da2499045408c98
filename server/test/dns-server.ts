import DNS from 'dns2'
import type { DnsResolver, MemoryZone } from '../src/ports/dns/port.ts'
import { systemResolver } from '../src/ports/dns/system-resolver.ts'

export type TestDns = {
  /** address:port, as DNS_SERVERS takes it. */
  server: string
  /** Asks this server, through the product's own adapter. */
  resolver: DnsResolver
  /** The records; changed in place, the next answer shows it. */
  zone: Required<MemoryZone>
  /** Names (lower case) that are answered with SERVFAIL. */
  broken: Set<string>
  /** Every question so far, `TYPE name`. */
  asked: string[]
  close: () => Promise<void>
}

const { Packet } = DNS
const SERVFAIL = 2
const NXDOMAIN = 3
/** Longest string of a TXT record (RFC 1035 §3.3.14). */
const TXT_PART = 255

const reverseName = (address: string): string =>
  address.includes(':') ? address : `${address.split('.').reverse().join('.')}.in-addr.arpa`

/** A name server on loopback over UDP and TCP that answers from `zone`. Names are without a trailing dot; `ptr` is keyed by IPv4 address. */
export const startDnsServer = async (records: MemoryZone = {}): Promise<TestDns> => {
  const zone: Required<MemoryZone> = { txt: {}, mx: {}, a: {}, aaaa: {}, cname: {}, ptr: {}, ...records }
  const broken = new Set<string>()
  const asked: string[] = []
  const make = () =>
    DNS.createServer({
      udp: true,
      tcp: true,
      handle: (request, send) => {
        const response = Packet.createResponseFromRequest(request)
        const question = request.questions[0]
        const name = (question?.name ?? '').toLowerCase()
        const type = question?.type
        const kind = Object.entries(Packet.TYPE).find(([, number]) => number === type)?.[0] ?? String(type)
        asked.push(`${kind} ${name}`)
        if (broken.has(name)) {
          response.header.rcode = SERVFAIL
          return send(response)
        }
        const add = (answerType: number, fields: object): void => {
          response.answers.push({ name, type: answerType, class: Packet.CLASS.IN, ttl: 60, ...fields } as never)
        }
        const alias = zone.cname[name]?.[0]
        const at = alias && kind !== 'CNAME' ? alias.toLowerCase() : name
        if (alias) add(Packet.TYPE.CNAME, { domain: alias })
        if (kind === 'A') for (const address of zone.a[at] ?? []) add(Packet.TYPE.A, { name: at, address })
        if (kind === 'AAAA') for (const address of zone.aaaa[at] ?? []) add(Packet.TYPE.AAAA, { name: at, address })
        if (kind === 'MX')
          for (const { exchange, priority } of zone.mx[at] ?? []) add(Packet.TYPE.MX, { name: at, exchange, priority })
        if (kind === 'TXT')
          for (const text of zone.txt[at] ?? [])
            add(Packet.TYPE.TXT, { name: at, data: text.match(new RegExp(`[^]{1,${TXT_PART}}`, 'g')) ?? [''] })
        if (kind === 'PTR')
          for (const [address, names] of Object.entries(zone.ptr))
            if (reverseName(address) === name) for (const domain of names) add(Packet.TYPE.PTR, { domain })
        const known = [zone.a, zone.aaaa, zone.mx, zone.txt, zone.cname].some((some) => at in some)
        if (!response.answers.length && !known) response.header.rcode = NXDOMAIN
        // Resolvers take a negative answer for one only with the zone's SOA beside it (RFC 2308 §2).
        if (!response.answers.length)
          response.authorities.push({
            name: name.split('.').slice(-1)[0] ?? '',
            type: Packet.TYPE.SOA,
            class: Packet.CLASS.IN,
            ttl: 1,
            primary: 'ns.example',
            admin: 'admin.example',
            serial: 1,
            refresh: 60,
            retry: 60,
            expiration: 60,
            minimum: 1,
          } as never)
        send(response)
      },
    })
  // UDP and TCP must share a number; a free one for TCP may be taken for UDP, so a few are tried, below those that the system deals out.
  for (let tries = 0; ; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = make()
    // What fails to listen says so as an event alone.
    const failed = new Promise<never>((_resolve, reject) => server.on('error', reject))
    try {
      const listening = server.listen({ udp: { port, address: '127.0.0.1' }, tcp: { port, address: '127.0.0.1' } })
      await Promise.race([listening, failed])
      failed.catch(() => {})
      const address = `127.0.0.1:${port}`
      return {
        server: address,
        resolver: systemResolver({ servers: [address], timeout_ms: 500 }),
        zone,
        broken,
        asked,
        close: async () => void (await server.close()),
      }
    } catch (error) {
      await Promise.resolve(server.close()).catch(() => {})
      if (tries > 20) throw error
    }
  }
}
