import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { notFound } from '../../http/errors.ts'
import type { CursorKey } from '../../http/pagination.ts'
import { checkDomain, domainRecords } from './check-domain.ts'
import type { DnsRecordStatus } from './check-records.ts'
import { type DomainRow, type DomainWithRecords, findDomain, keepRecords, selectDomains } from './queries.ts'

/** Headers of received mail that are always kept. */
const RETAINED = [
  'from',
  'to',
  'cc',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
  'list-*',
  'auto-submitted',
  'x-*',
]

const mailFromStatus = (row: DomainRow): 'verified' | 'pending' | 'failed' | null =>
  row.mail_from_host === null
    ? null
    : row.mail_from_verified_at
      ? 'verified'
      : row.mail_from_error
        ? 'failed'
        : 'pending'

/** A domain as clients see it. Keys that only another provider has are part of the contract's shape and null here. */
export type ShownDomain = DomainRow & {
  retained_headers: string[]
  ses_verification_token: null
  ses_dkim_tokens: null
  ses_mail_from_domain: string | null
  ses_mail_from_status: 'verified' | 'pending' | 'failed' | null
  ses_mail_from_error: string | null
}

export const showDomain = (row: DomainRow & Partial<DomainWithRecords>): ShownDomain => {
  const {
    ownership_token: _token,
    keys: _keys,
    delivery: _delivery,
    relay_host: _relay,
    dns_records: _records,
    dns_checked_at: _checked,
    workspace_id: _workspace,
    ...shown
  } = row
  return {
    ...shown,
    retained_headers: [...RETAINED, ...(row.extra_retained_headers ?? [])],
    ses_verification_token: null,
    ses_dkim_tokens: null,
    ses_mail_from_domain: row.mail_from_host,
    ses_mail_from_status: mailFromStatus(row),
    ses_mail_from_error: row.mail_from_error,
  }
}

/** Throws NOT_FOUND, also for a domain of another workspace. */
export const loadDomain = async (
  deps: Pick<Deps, 'db'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
): Promise<DomainWithRecords> => {
  const domain = await findDomain(deps.db, workspace.workspace_id, id)
  if (!domain) throw notFound('There is no such domain in this workspace.')
  return domain
}

export const listDomains = async (
  deps: Pick<Deps, 'db'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  page: { limit: number | null; offset: number; after: CursorKey | null },
): Promise<ShownDomain[]> => (await selectDomains(deps.db, workspace.workspace_id, page)).map(showDomain)

export const getDomain = async (
  deps: Pick<Deps, 'db'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
): Promise<ShownDomain> => showDomain(await loadDomain(deps, workspace, id))

type ShownRecord = Omit<DnsRecordStatus, 'key_id' | 'status' | 'actual_value' | 'error_message' | 'note'>

const INSTRUCTIONS = {
  sandbox: 'This is a sandbox domain: nothing needs to be published, and its mail never leaves the local mail world.',
  live: 'Publish these records where the DNS of the domain is kept. They are looked for every 15 minutes at first, and at once when you ask for verification. The ownership and DKIM records are needed; the others help your mail to arrive and answers to come back.',
  unnamed:
    ' This instance has no public name yet (BASE_URL, MAIL_HOST_NAME), so the records that lead to it cannot be named: replies, bounces and tracking under your own name need them.',
}

/** The records to publish, with their exact values. Asks no DNS. */
export const domainSetup = async (
  deps: Pick<Deps, 'db' | 'config' | 'address' | 'secrets' | 'clock'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
): Promise<{ domain: ShownDomain; dns_records: ShownRecord[]; verification_instructions: string }> => {
  const domain = await loadDomain(deps, workspace, id)
  const records = domainRecords(deps, domain, deps.clock.now())
  const named = records.some(({ type }) => type !== 'TXT')
  return {
    domain: showDomain(domain),
    dns_records: records.map(({ key_id: _key, ...record }) => record),
    verification_instructions: domain.is_sandbox
      ? INSTRUCTIONS.sandbox
      : INSTRUCTIONS.live + (named || !domain.inbound_enabled ? '' : INSTRUCTIONS.unnamed),
  }
}

/** A page that polls does not ask the DNS each time. */
const CACHE_MS = 300_000

export type DomainDnsStatus = {
  domain: ShownDomain
  records: (Omit<DnsRecordStatus, 'key_id'> & { last_checked: Date })[]
  overall_progress: {
    total_records: number
    verified: number
    not_configured: number
    incorrect: number
    errors: number
  }
  last_checked: Date
  mail_from_status: { status: string; message: string; mail_from_domain: string | null; error: string | null } | null
}

const mailFromOf = (domain: DomainWithRecords, records: DnsRecordStatus[]): DomainDnsStatus['mail_from_status'] => {
  const looked = records.filter(({ purpose }) => purpose === 'mail_from_mx' || purpose === 'mail_from_spf')
  if (domain.mail_from_host === null || !looked.length) return null
  const bad = looked.filter(({ status }) => status !== 'verified')
  const error = bad.map((record) => `${record.name}: ${record.error_message}`).join(' ') || null
  const base = { mail_from_domain: domain.mail_from_host, error }
  if (!bad.length)
    return {
      ...base,
      status: 'verified',
      message: `Envelope senders are at ${domain.mail_from_host}; bounces come back there.`,
    }
  const message = `Envelope senders are at ${domain.mail_from_verified_at ? domain.mail_from_host : domain.domain} for now.`
  if (bad.every(({ status }) => status === 'error')) return { ...base, status: 'error', message }
  return { ...base, status: bad.some(({ status }) => status === 'incorrect_value') ? 'failed' : 'pending', message }
}

/**
 * What DNS holds of each record: a check of the last five minutes, or a fresh one with `force`. Changes nothing about the
 * domain's own status.
 */
export const domainDnsStatus = async (
  deps: Pick<Deps, 'db' | 'config' | 'address' | 'secrets' | 'clock' | 'dns' | 'http'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
  options: { force: boolean },
): Promise<DomainDnsStatus> => {
  const domain = await loadDomain(deps, workspace, id)
  const now = deps.clock.now()
  let records = domain.dns_records
  let at = domain.dns_checked_at
  if (options.force || !records || !at || now.getTime() - at.getTime() >= CACHE_MS) {
    records = await checkDomain(deps, domain, deps.dns.resolver, now)
    at = now
    await keepRecords(deps.db, workspace.workspace_id, id, records, at)
  }
  const checked = at
  const count = (status: string) => (records as DnsRecordStatus[]).filter((record) => record.status === status).length
  return {
    domain: showDomain(domain),
    overall_progress: {
      total_records: records.length,
      verified: count('verified'),
      not_configured: count('not_configured'),
      incorrect: count('incorrect_value'),
      errors: count('error'),
    },
    records: records.map(({ key_id: _key, ...record }) => ({ ...record, last_checked: checked })),
    last_checked: checked,
    mail_from_status: mailFromOf(domain, records),
  }
}
