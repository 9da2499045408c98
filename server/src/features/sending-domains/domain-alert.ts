import type { NewAlert } from '../notifications/raise-alert.ts'
import { type DomainAlert, GRACE_MS } from './domain-verdict.ts'

/** What the people of a workspace read about one of their domains. */
export const domainAlert = (
  domain: { id: string; workspace_id: string; domain: string },
  kind: DomainAlert | 'new_key',
  facts: { verification_error: string | null; failing_since: Date | null },
  now: Date,
): NewAlert => {
  const name = domain.domain
  const why = facts.verification_error ?? ''
  const ends = new Date((facts.failing_since ?? now).getTime() + GRACE_MS).toISOString().slice(0, 16).replace('T', ' ')
  const texts: Record<typeof kind, Pick<NewAlert, 'alert_type' | 'severity' | 'title' | 'message'>> = {
    verified: {
      alert_type: 'domain_verified',
      severity: 'info',
      title: `${name} is verified`,
      message: `${name} can send now.`,
    },
    recovered: {
      alert_type: 'domain_verified',
      severity: 'info',
      title: `${name} is complete again`,
      message: `The records of ${name} are back, and it goes on sending.`,
    },
    failing: {
      alert_type: 'domain_failed',
      severity: 'warning',
      title: `${name} lacks a DNS record`,
      message: `${name} still sends, and stops on ${ends} UTC unless its records are back. ${why}`,
    },
    failed: {
      alert_type: 'domain_failed',
      severity: 'critical',
      title: `${name} has stopped sending`,
      message: `${name} lacked a needed DNS record for 72 hours. Its campaigns wait until it is verified again. ${why}`,
    },
    timed_out: {
      alert_type: 'domain_failed',
      severity: 'warning',
      title: `${name} could not be verified`,
      message: `The records of ${name} were not found within 72 hours. It is still looked at once a day. ${why}`,
    },
    new_key: {
      alert_type: 'system',
      severity: 'info',
      title: `A new signing key for ${name}`,
      message: `Publish its record from the domain's setup page. The present key signs until the new one is found in DNS.`,
    },
  }
  return {
    ...texts[kind],
    workspace_id: domain.workspace_id,
    metadata: { domain_id: domain.id, domain: name, kind },
    now,
  }
}
