import type { Deps } from '../../deps.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { checkRecords, type DnsRecordStatus } from './check-records.ts'
import { type DnsRecord, type DomainFacts, recordsFor } from './dns-records.ts'
import { instanceNames } from './instance-names.ts'
import { ownershipTokens } from './ownership.ts'
import type { DomainWithRecords } from './queries.ts'

type Checking = Pick<Deps, 'config' | 'address' | 'dns' | 'secrets'>

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

/** Looks the domain's records up: a live domain's with `resolver`, a sandbox domain's in a zone where all is right. */
export const checkDomain = (
  deps: Checking,
  domain: DomainWithRecords,
  resolver: DnsResolver,
  now: Date,
): Promise<DnsRecordStatus[]> => {
  const records = domainRecords(deps, domain, now)
  const from = domain.is_sandbox ? sandboxZone(deps, records) : resolver
  return checkRecords(records, factsOf(deps, domain), instanceNames(deps, domain), from)
}
