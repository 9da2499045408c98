import type { Deps } from '../../deps.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { checkRecords, type DnsRecord, type DnsRecordStatus, recordsFor } from './dns-records.ts'
import type { DomainWithRecords } from './queries.ts'

const hostOf = (url: string | null): string | null => (url ? new URL(url).hostname : null)

export const domainRecords = (deps: Pick<Deps, 'config' | 'address'>, domain: DomainWithRecords): DnsRecord[] =>
  recordsFor(domain, {
    mail_host: hostOf(deps.address.base_url) ?? 'localhost',
    relay_host: hostOf(deps.config.smtp_relay?.url ?? null),
  })

/** In the sandbox everything is published as it should be. */
const sandboxZone = (deps: Pick<Deps, 'dns'>, records: DnsRecord[]): DnsResolver => {
  const of = (type: DnsRecord['type']) => records.filter((record) => record.type === type)
  return deps.dns.zone({
    txt: Object.fromEntries(of('TXT').map((record) => [record.name, [record.value]])),
    mx: Object.fromEntries(
      of('MX').map((record) => [record.name, [{ exchange: record.value, priority: record.priority ?? 10 }]]),
    ),
  })
}

/** Looks the domain's records up: a live domain's with `resolver`, a sandbox domain's in a zone where all is right. */
export const checkDomain = (
  deps: Pick<Deps, 'config' | 'address' | 'dns'>,
  domain: DomainWithRecords,
  resolver: DnsResolver,
): Promise<DnsRecordStatus[]> => {
  const records = domainRecords(deps, domain)
  return checkRecords(records, domain, domain.is_sandbox ? sandboxZone(deps, records) : resolver)
}

type CachedCheck = { at: Date; records: DnsRecordStatus[] }

const CACHE_MS = 300_000
const CACHE_SIZE = 1_000

/** Remembers checks for a few minutes, so that a page that polls does not ask the DNS each time. */
export const createCheckCache = () => {
  const cache = new Map<string, CachedCheck>()
  return async (
    deps: Pick<Deps, 'config' | 'address' | 'clock' | 'dns'>,
    domain: DomainWithRecords,
    options: { force: boolean; resolver: DnsResolver },
  ): Promise<CachedCheck> => {
    const now = deps.clock.now()
    const known = cache.get(domain.id)
    if (known && !options.force && now.getTime() - known.at.getTime() < CACHE_MS) return known
    const fresh = { at: now, records: await checkDomain(deps, domain, options.resolver) }
    cache.delete(domain.id)
    cache.set(domain.id, fresh)
    const oldest = cache.keys().next().value
    if (cache.size > CACHE_SIZE && oldest !== undefined) cache.delete(oldest)
    return fresh
  }
}
