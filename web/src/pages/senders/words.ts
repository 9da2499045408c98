import type {
  BavimailDnsRecordStatus,
  BavimailDomainStatus,
  HealthBand,
  MailboxStatus,
  SuppressionEntry,
} from '@bavlio/sdk/types'
import type { Tone } from '../../ui/badge.tsx'

type Word = { words: string; tone: Tone }

export const DOMAIN_STATES: Record<BavimailDomainStatus, Word> = {
  provisioning: { words: 'Being set up', tone: 'info' },
  pending: { words: 'Waiting for DNS', tone: 'warn' },
  verifying: { words: 'Being checked', tone: 'info' },
  verified: { words: 'Verified', tone: 'good' },
  failed: { words: 'Failed', tone: 'bad' },
}

export const BANDS: Record<HealthBand, Word> = {
  unknown: { words: 'Too few messages', tone: 'neutral' },
  healthy: { words: 'Healthy', tone: 'good' },
  warning: { words: 'Warning', tone: 'warn' },
  critical: { words: 'Critical', tone: 'bad' },
  blocked: { words: 'Blocked', tone: 'bad' },
}

export const RECORD_STATES: Record<BavimailDnsRecordStatus['status'], Word> = {
  verified: { words: 'Found', tone: 'good' },
  not_configured: { words: 'Not found', tone: 'warn' },
  incorrect_value: { words: 'Another value', tone: 'bad' },
  checking: { words: 'Being looked for', tone: 'info' },
  error: { words: 'No answer', tone: 'bad' },
}

/** What a record is for, in the words of those who publish it. */
export const PURPOSES: Record<string, string> = {
  ownership: 'Ownership',
  dkim: 'Signature (DKIM)',
  dkim_next: 'Next signature (DKIM)',
  dkim_retired: 'Former signature (DKIM)',
  spf: 'Sender (SPF)',
  dmarc: 'Policy (DMARC)',
  mx: 'Incoming mail (MX)',
  mail_from_mx: 'Bounces (MX)',
  mail_from_spf: 'Bounces (SPF)',
  tracking: 'Tracking',
  mta_sts: 'Encryption (MTA-STS)',
  mta_sts_host: 'Encryption (host)',
  tls_rpt: 'Encryption reports',
}

export const MAILBOX_STATES: Record<MailboxStatus, Word> = {
  connecting: { words: 'Connecting', tone: 'info' },
  active: { words: 'Active', tone: 'good' },
  needs_attention: { words: 'Needs attention', tone: 'bad' },
  paused: { words: 'Paused', tone: 'warn' },
  disconnected: { words: 'Disconnected', tone: 'neutral' },
}

export const REASONS: Record<SuppressionEntry['reason'], Word> = {
  manual: { words: 'Added by hand', tone: 'neutral' },
  unsubscribed: { words: 'Unsubscribed', tone: 'warn' },
  bounced: { words: 'Bounced', tone: 'bad' },
  complained: { words: 'Complained', tone: 'bad' },
  imported: { words: 'Imported', tone: 'neutral' },
}

export const percent = (rate: number | null | undefined): string =>
  rate === null || rate === undefined
    ? '–'
    : rate.toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 2 })

/** The cap of a day of a ramp-up; the first day is 0. */
export const rampCap = (start: number, step: number, limit: number, day: number): number =>
  Math.min(limit, start + step * day)
