import type { Deps } from '../../deps.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { GREETING_PATH, isTrackingGreeting } from '../../tracking-greeting.ts'
import { checkRecords, type DnsRecordStatus } from './check-records.ts'
import { type DnsRecord, type DomainFacts, recordsFor } from './dns-records.ts'
import { instanceNames } from './instance-names.ts'
import { ownershipTokens } from './ownership.ts'
import type { DomainWithRecords } from './queries.ts'

type Checking = Pick<Deps, 'config' | 'address' | 'dns' | 'secrets' | 'http'>

const factsOf = (deps: Pick<Deps, 'secrets'>, domain: DomainWithRecords): DomainFacts => ({
  ...domain,
  ownership: [domain.ownership_token, ...ownershipTokens(deps.secrets, domain.workspace_id, domain.domain)],
})

export const domainRecords = (
  deps: Pick<Deps, 'config' | 'address' | 'secrets'>,
  domain: DomainWithRecords,
  now: Date,
): DnsRecord[] => recordsFor(factsOf(deps, domain), instanceNames(deps, domain), now)

/** In the sandbox everything is published as it should be. */
const sandboxZone = (deps: Pick<Deps, 'dns'>, records: DnsRecord[]): DnsResolver => {
  const values = (type: DnsRecord['type']) =>
    Object.fromEntries(records.filter((record) => record.type === type).map((record) => [record.name, [record.value]]))
  return deps.dns.zone({
    txt: values('TXT'),
    cname: values('CNAME'),
    mx: Object.fromEntries(
      records
        .filter(({ type }) => type === 'MX')
        .map(({ name, value, priority }) => [name, [{ exchange: value, priority: priority ?? 10 }]]),
    ),
  })
}

const PROBE_MS = 5_000

/**
 * A name that leads here is not enough for tracked links: without a certificate for it in front of this instance every link
 * would end in a warning. So the instance calls itself under the name, as a reader's browser would.
 */
const probeTracking = async (deps: Checking, record: DnsRecordStatus): Promise<DnsRecordStatus> => {
  if (record.purpose !== 'tracking' || record.status !== 'verified') return record
  const url = new URL(GREETING_PATH, deps.address.base_url)
  url.hostname = record.name
  const problem = await deps.http.request(url.href, { timeout_ms: PROBE_MS, max_response_bytes: 1_000 }).then(
    ({ status, body }) =>
      status === 200 &&
      isTrackingGreeting(deps.secrets.keys('mail-tokens'), record.name, body.toString('latin1').trim())
        ? null
        : `${url.origin} is answered by something else (status ${status}).`,
    (error: Error & { code?: string }) => `${url.origin} cannot be reached (${error.code ?? error.name}).`,
  )
  if (!problem) return record
  return {
    ...record,
    status: 'incorrect_value',
    error_message: `The record is right, but ${problem} Give the name a certificate in the proxy in front of this instance; until then links use the instance’s own address.`,
  }
}

/** Looks the domain's records up: a live domain's with `resolver`, a sandbox domain's in a zone where all is right. */
export const checkDomain = async (
  deps: Checking,
  domain: DomainWithRecords,
  resolver: DnsResolver,
  now: Date,
): Promise<DnsRecordStatus[]> => {
  const records = domainRecords(deps, domain, now)
  const from = domain.is_sandbox ? sandboxZone(deps, records) : resolver
  const found = await checkRecords(records, factsOf(deps, domain), instanceNames(deps, domain), from)
  return domain.is_sandbox ? found : Promise.all(found.map((record) => probeTracking(deps, record)))
}
