import type { Deps } from '../../deps.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import type { Workspace } from '../../http/access.ts'
import type { DnsResolver } from '../../ports/dns/port.ts'
import { findSuppressed } from '../suppression/suppress.ts'
import { type AddressRisk, assessAddress, type MailHosts } from './address-risk.ts'

/** Who takes the mail of a domain (RFC 5321 section 5.1), or says that nobody does (null MX, RFC 7505). */
export const findMailHosts = async (resolver: DnsResolver, domain: string): Promise<MailHosts> => {
  const mx = await resolver.mx(domain)
  if (mx.state === 'error') return { state: 'unknown', detail: `The DNS gave no answer: ${mx.message}` }
  if (mx.state === 'found' && mx.values.length) {
    const hosts = [...mx.values].sort((a, b) => a.priority - b.priority).map(({ exchange }) => exchange)
    if (hosts.every((host) => host === '' || host === '.'))
      return { state: 'null_mx', detail: `${domain} says that it takes no mail (null MX).` }
    return { state: 'found', detail: `${hosts[0]} takes its mail.` }
  }
  const [a, aaaa] = await Promise.all([resolver.a(domain), resolver.aaaa(domain)])
  if (a.state === 'found' || aaaa.state === 'found')
    return { state: 'implicit', detail: `${domain} has no MX record; mail goes to its address record.` }
  const failed = a.state === 'error' ? a : aaaa.state === 'error' ? aaaa : null
  if (failed) return { state: 'unknown', detail: `The DNS gave no answer: ${failed.message}` }
  return { state: 'absent', detail: `${domain} has neither an MX nor an address record.` }
}

/** A sandbox asks nobody: its local mail world takes mail for every domain. */
const hostsOf = async (
  deps: Pick<Deps, 'dns'>,
  workspace: Pick<Workspace, 'mode'>,
  domain: string,
  checkMx: boolean,
): Promise<MailHosts> => {
  if (!checkMx) return { state: 'skipped', detail: 'Not asked for.' }
  if (workspace.mode === 'sandbox')
    return { state: 'found', detail: 'The local mail world takes mail for every domain.' }
  return findMailHosts(deps.dns.resolver, domain)
}

/** Assesses an address before it is written to. Nothing is sent and nobody's mailbox is asked; the DNS is, unless told not to. */
export const validateAddress = async (
  deps: Pick<Deps, 'db' | 'dns' | 'secrets'>,
  workspace: Pick<Workspace, 'workspace_id' | 'mode'>,
  request: { email: string; check_mx: boolean },
): Promise<AddressRisk> => {
  const read = normalizeEmailAddress(request.email)
  if (!read.ok)
    return assessAddress(request.email, { state: 'skipped', detail: 'There is no domain to ask for.' }, null)
  const hosts = await hostsOf(deps, workspace, read.domain, request.check_mx)
  const suppressed = await findSuppressed(deps.db, workspace.workspace_id, [read.email], deps.secrets)
  return assessAddress(request.email, hosts, suppressed.get(read.email)?.reason ?? null)
}
