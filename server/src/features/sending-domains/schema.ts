import { z } from 'zod'
import { listParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

const DOMAIN_NAME = /^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/
const HEADER_NAME = /^[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$/

export const DomainStatus = z
  .enum(['provisioning', 'pending', 'verifying', 'verified', 'failed'])
  .meta({ id: 'BavimailDomainStatus' })

const mtaStsMode = z.enum(['none', 'testing', 'enforce'])
const subdomain = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, 'is no name below the domain')
  .nullable()
  .optional()
const dailyLimit = z.int().min(1).max(1_000_000).nullable().optional()
const named = {
  mail_from_subdomain: subdomain.describe(
    'Label of the MAIL FROM name, bounce by default; null: the domain itself. Ours.',
  ),
  tracking_subdomain: subdomain.describe('Label of the tracking name, track by default; null: none. Ours.'),
  dkim_ed25519: z.boolean().optional().describe('Sign with an Ed25519 key beside the RSA one; ours.'),
}
const retainedHeaders = z.array(z.string().min(1).max(76).regex(HEADER_NAME)).max(10)
const providerConfig = z.record(z.string(), z.unknown())

export const SendingDomain = z
  .looseObject({
    id: z.uuid(),
    domain: z.string(),
    status: DomainStatus,
    inbound_enabled: z.boolean(),
    strip_tracking_on_read: z.boolean().describe('Remove tracking pixels from inbound bodies when they are read.'),
    extra_retained_headers: retainedHeaders
      .nullable()
      .optional()
      .describe('Extra inbound headers kept beyond the default set.'),
    retained_headers: z.array(z.string()).nullable().optional().describe('Header patterns that are kept in effect.'),
    verified_at: timestamp.nullable().optional(),
    last_verification_attempt: timestamp.nullable().optional(),
    verification_error: z.string().nullable().optional().describe('Reason of the last failed check.'),
    provider_key: z.string().optional(),
    user_id: z.uuid().optional(),
    is_active: z.boolean().optional(),
    provider_config: providerConfig.nullable().optional(),
    ses_verification_token: z.string().nullable().optional(),
    ses_dkim_tokens: z.array(z.string()).nullable().optional(),
    ses_mail_from_domain: z.string().nullable().optional(),
    ses_mail_from_status: z.string().nullable().optional(),
    ses_mail_from_error: z.string().nullable().optional(),
    is_sandbox: z.boolean().optional().describe('Belongs to the local mail world; ours.'),
    dkim_selector: z.string().nullable().optional().describe('Of the RSA key that signs; ours.'),
    dkim_ed25519: z.boolean().optional().describe('An Ed25519 key signs beside the RSA one (RFC 8463); ours.'),
    mail_from_host: z
      .string()
      .nullable()
      .optional()
      .describe('Where envelope senders are once its records are found; ours.'),
    mail_from_verified_at: timestamp.nullable().optional().describe('Ours.'),
    mail_from_error: z.string().nullable().optional().describe('Ours.'),
    tracking_host: z.string().nullable().optional().describe('Name of tracked links once its record is found; ours.'),
    tracking_verified_at: timestamp.nullable().optional().describe('Ours.'),
    mta_sts_mode: mtaStsMode.optional().describe('What the policy file at mta-sts.<domain> says; ours.'),
    failing_since: timestamp
      .nullable()
      .optional()
      .describe('Since when a verified domain lacks a needed record; it stops sending 72 hours later. Ours.'),
    daily_limit: z.int().nullable().optional().describe('Most messages per calendar day of the workspace; ours.'),
    activation_generation: z
      .int()
      .optional()
      .describe('Rises when the domain is registered anew, and with each rotation of its keys.'),
    created_at: timestamp.nullable().optional(),
    updated_at: timestamp.nullable().optional(),
  })
  .meta({ id: 'BavimailDomain', description: 'A sending domain of the workspace.' })

export const SendingDomainCreate = z
  .object({
    // The contract's pattern holds for the ASCII form; names in other scripts are turned into it before the check.
    domain: z
      .string()
      .min(1)
      .max(253)
      .overwrite((name) => toAsciiDomain(name))
      .regex(DOMAIN_NAME)
      .describe('Fully qualified DNS name; other scripts are accepted and turned into ASCII.'),
    provider_key: z
      .enum(['AWS'])
      .default('AWS')
      .describe('Kept for compatibility; mail leaves through this instance’s own transport.'),
    inbound_enabled: z.boolean().default(true),
    extra_retained_headers: retainedHeaders.nullable().optional(),
    provider_config: providerConfig.nullable().optional().describe('Provider-specific settings.'),
    daily_limit: dailyLimit.describe('Most messages per calendar day of the workspace; ours.'),
    ...named,
  })
  .meta({ id: 'BavimailDomainCreate' })

export const DomainUpdate = z
  .object({
    inbound_enabled: z.boolean().optional(),
    strip_tracking_on_read: z.boolean().optional(),
    extra_retained_headers: retainedHeaders.nullable().optional(),
    provider_config: providerConfig.nullable().optional().describe('Provider-specific settings.'),
    is_active: z.boolean().optional().describe('false: nothing is sent from the domain; ours.'),
    daily_limit: dailyLimit.describe('Most messages per calendar day of the workspace; ours.'),
    mta_sts_mode: mtaStsMode.optional().describe('Ours.'),
    ...named,
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'BavimailDomainUpdate', description: 'Only the fields sent are changed.' })
export type DomainUpdate = z.output<typeof DomainUpdate>

export const DomainDeleteQuery = z.object({
  reassign_to: z
    .uuid()
    .optional()
    .describe(
      'Another domain or an alias, which takes over campaigns and leads; their next messages begin new threads. Ours.',
    ),
})

/** Lower case and ASCII (UTS 46, as a browser's address bar does it). A name that cannot be converted stays and fails the pattern. */
export function toAsciiDomain(name: string): string {
  const trimmed = name.trim().replace(/\.$/, '')
  if (/^[A-Za-z0-9.-]*$/.test(trimmed)) return trimmed.toLowerCase()
  // Only the host of a URL is converted; anything that would end the host stays as it is and is refused.
  if (/[/\\?#@:\s[\]]/.test(trimmed) || !URL.canParse(`http://${trimmed}`)) return trimmed
  return new URL(`http://${trimmed}`).hostname
}

export const DomainParams = z.object({ domain_id: idParam })

export const DomainListQuery = z.object(listParams(100))

const recordFields = {
  type: z.string().describe('TXT, CNAME or MX.'),
  name: z.string(),
  value: z.string().describe('Value that must be published.'),
  priority: z.int().min(0).nullable().optional(),
  ttl: z.int().min(0).nullable().optional(),
  description: z.string().nullable().optional(),
  purpose: z
    .string()
    .optional()
    .describe(
      'What the record is for: ownership, dkim, dkim_next, dkim_retired, spf, dmarc, mx, mail_from_mx, mail_from_spf, tracking, mta_sts, mta_sts_host, tls_rpt. Ours.',
    ),
  required: z.boolean().optional().describe('The domain cannot send without it; ours.'),
}

export const DomainSetup = z
  .object({
    domain: z.string(),
    dns_records: z.array(z.object(recordFields).meta({ id: 'BavimailDnsRecord' })),
    verification_instructions: z.string(),
  })
  .meta({ id: 'BavimailDomainSetup' })

const count = z.int().min(0)

export const DnsStatus = z
  .object({
    domain: z.string(),
    overall_progress: z.object({
      total_records: count,
      verified: count,
      not_configured: count,
      incorrect: count,
      errors: count,
    }),
    records: z.array(
      z
        .object({
          ...recordFields,
          status: z.enum(['verified', 'not_configured', 'incorrect_value', 'checking', 'error']),
          actual_value: z.string().nullable().optional().describe('Value found in DNS.'),
          error_message: z.string().nullable().optional(),
          last_checked: timestamp.nullable().optional(),
          note: z.string().nullable().optional().describe('Worth knowing about a record that does; ours.'),
        })
        .meta({ id: 'BavimailDnsRecordStatus' }),
    ),
    last_checked: timestamp.nullable().optional(),
    mail_from_status: z
      .union([
        z.object({
          status: z.string(),
          message: z.string(),
          mail_from_domain: z.string().nullable().optional(),
          error: z.string().nullable().optional(),
        }),
        z.null(),
      ])
      .optional(),
  })
  .meta({ id: 'BavimailDnsStatus', description: 'Per-record DNS check with a count per outcome.' })

export const DnsStatusQuery = z.object({
  force_refresh: booleanParam(false).describe('Query DNS instead of using the cached check.'),
})

export const VerifyRequest = z.object({ force: z.boolean().default(false) })

export const VerifyResponse = z
  .looseObject({
    status: DomainStatus,
    queued: z.boolean().optional().describe('The check runs in the background.'),
    verified_at: timestamp.nullable().optional(),
    last_verification_attempt: timestamp.nullable().optional(),
    verification_error: z.string().nullable().optional(),
  })
  .meta({ id: 'BavimailDomainVerifyResponse' })
