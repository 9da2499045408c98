import { z } from 'zod'
import { timestamp } from '../../http/params.ts'
import type { DomainDnsStatus, ShownDomain } from '../sending-domains/read-domains.ts'
import { SendingDomain } from '../sending-domains/schema.ts'

const text = z.string().nullable()
const count = z.int().min(0)

/** A domain with the fields of both lines of clients. */
export const MailDomain = SendingDomain.extend({
  is_active: z.boolean(),
  inactivity_reason: text.describe('Always null: a deleted domain is not shown.'),
  revoked_at: timestamp.nullable().describe('Always null, likewise.'),
  activation_generation: z
    .int()
    .describe('Rises when the domain is registered anew, and with each rotation of its keys.'),
  mail_from_subdomain: z.string().describe('Empty where envelope senders are at the domain itself.'),
  mail_from_domain: z.string(),
  mail_from_status: z.enum(['not_started', 'pending', 'success', 'failed']),
}).meta({ id: 'MailDomain' })

const MAIL_FROM = { verified: 'success', pending: 'pending', failed: 'failed' } as const

export const mailDomain = (domain: ShownDomain) => ({
  ...domain,
  extra_retained_headers: domain.extra_retained_headers ?? [],
  inactivity_reason: null,
  revoked_at: null,
  mail_from_subdomain: domain.mail_from_host?.slice(0, -domain.domain.length - 1) ?? '',
  mail_from_domain: domain.mail_from_host ?? domain.domain,
  mail_from_status: domain.ses_mail_from_status ? MAIL_FROM[domain.ses_mail_from_status] : ('not_started' as const),
})

const Record = z
  .object({
    type: z.string(),
    name: z.string(),
    value: z.string(),
    ttl: count,
    description: z.string(),
    priority: count.nullable().optional(),
  })
  .meta({ id: 'MailSetupRecord' })

export const Ownership = z
  .object({ domain: z.string(), record: Record, verified: z.boolean().describe('It is published now.') })
  .meta({ id: 'MailDomainOwnership' })

export const SetupRecords = z
  .object({ domain: MailDomain, dns_records: z.array(Record), verification_instructions: z.string() })
  .meta({ id: 'MailDomainSetupRecords' })

export const SetupStatus = z
  .object({
    domain: MailDomain,
    records: z.array(
      z.object({
        check: z.enum(['ownership', 'dkim', 'mail_from']),
        status: z.enum(['pending', 'verified', 'failed']),
        provider_status: text.describe('Status of the first record that is not right.'),
        detail: text,
      }),
    ),
    dns_checked_at: timestamp,
    progress: z.object({ total: count, verified: count }),
    mail_from_status: z.enum(['not_started', 'pending', 'success', 'failed']),
    mail_from_error: text,
    ready: z.boolean().describe('The domain can send.'),
    setup_blocked_reason: text,
  })
  .meta({ id: 'MailDomainSetupStatus' })

const CHECKS = { ownership: ['ownership'], dkim: ['dkim'], mail_from: ['mail_from_mx', 'mail_from_spf'] } as const

/** What was found of each record, summed up in the three checks that the clients from 1.0 on know. */
export const setupStatus = ({ domain, records, last_checked }: DomainDnsStatus): z.input<typeof SetupStatus> => {
  const checks = Object.entries(CHECKS).flatMap(([check, purposes]) => {
    const own = records.filter(({ purpose }) => (purposes as readonly string[]).includes(purpose))
    if (!own.length) return []
    const wrong = own.filter(({ status }) => status !== 'verified')
    const isFailed = wrong.some(({ status }) => status === 'incorrect_value')
    return [
      {
        check: check as keyof typeof CHECKS,
        status: wrong.length ? (isFailed ? ('failed' as const) : ('pending' as const)) : ('verified' as const),
        provider_status: wrong[0]?.status ?? null,
        detail: wrong.map((record) => `${record.name}: ${record.error_message ?? record.status}`).join(' ') || null,
      },
    ]
  })
  const shown = mailDomain(domain)
  return {
    domain: shown as unknown as z.input<typeof MailDomain>,
    records: checks,
    dns_checked_at: last_checked.toISOString(),
    progress: { total: checks.length, verified: checks.filter(({ status }) => status === 'verified').length },
    mail_from_status: shown.mail_from_status,
    mail_from_error: domain.mail_from_error,
    ready: domain.status === 'verified' && domain.is_active,
    setup_blocked_reason: domain.is_active ? null : 'The domain is switched off: set is_active to true.',
  }
}
