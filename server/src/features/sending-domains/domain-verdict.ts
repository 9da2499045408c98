import type { DnsRecordStatus } from './check-records.ts'

export type DomainStatus = 'provisioning' | 'pending' | 'verifying' | 'verified' | 'failed'

export type Verification = { outcome: 'verified' } | { outcome: 'failed' | 'unreachable'; error: string }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** A verified domain that lacks a needed record still sends for so long, and a new one is waited for as long. */
export const GRACE_MS = 72 * HOUR_MS

/**
 * A domain is verified by its ownership token and its RSA key; a key that waits to take over counts in place of the one it
 * replaces. A look-up that failed says nothing: only when nothing is known to be missing is the outcome `unreachable`.
 */
export const judgeVerification = (records: readonly DnsRecordStatus[]): Verification => {
  const hasNext = records.some(
    ({ purpose, status, value }) => purpose === 'dkim_next' && status === 'verified' && value.includes('k=rsa'),
  )
  const missing = records.filter(
    ({ required, status, purpose }) => required && status !== 'verified' && !(purpose === 'dkim' && hasNext),
  )
  if (!missing.length) return { outcome: 'verified' }
  const known = missing.filter(({ status }) => status !== 'error')
  const error = (known.length ? known : missing)
    .map((record) => `${record.name}: ${record.error_message ?? record.status}`)
    .join(' ')
  return { outcome: known.length ? 'failed' : 'unreachable', error }
}

export type DomainState = {
  status: DomainStatus
  failing_since: Date | null
  verified_at: Date | null
  created_at: Date
}

export type DomainAlert = 'verified' | 'failing' | 'failed' | 'recovered' | 'timed_out'

export type DomainChange = {
  status: DomainStatus
  failing_since: Date | null
  verified_at: Date | null
  verification_error: string | null
  /** What customers are told of. */
  event: 'verified' | 'failed' | null
  /** What the people of the workspace are told of. */
  alert: DomainAlert | null
}

/**
 * What a check makes of a domain. A verified one that lacks a needed record warns first and stops sending after 72 hours; one
 * that somebody asked to verify fails at once; one that waits for its records to appear does so after 72 hours. An error of
 * the way changes nothing.
 */
export const judgeDomain = (domain: DomainState, check: Verification, now: Date): DomainChange => {
  const { status, failing_since, verified_at } = domain
  const unchanged = { status, failing_since, verified_at, event: null, alert: null }
  if (check.outcome === 'unreachable')
    return { ...unchanged, status: status === 'verifying' ? 'pending' : status, verification_error: check.error }
  if (check.outcome === 'verified') {
    const fresh = status !== 'verified'
    return {
      status: 'verified',
      failing_since: null,
      verified_at: fresh ? now : (verified_at ?? now),
      verification_error: null,
      event: fresh ? 'verified' : null,
      alert: fresh ? 'verified' : failing_since ? 'recovered' : null,
    }
  }
  const { error } = check
  const ended = (alert: DomainAlert | null): DomainChange => ({
    status: 'failed',
    failing_since: null,
    verified_at: null,
    verification_error: error,
    event: 'failed',
    alert,
  })
  const isOver = (since: Date): boolean => now.getTime() - since.getTime() >= GRACE_MS
  if (status === 'verified') {
    if (failing_since && isOver(failing_since)) return ended('failed')
    return {
      ...unchanged,
      failing_since: failing_since ?? now,
      verification_error: error,
      alert: failing_since ? null : 'failing',
    }
  }
  // Who asked sees the outcome; nobody else has to be told.
  if (status === 'verifying') return ended(null)
  if (status !== 'failed' && isOver(domain.created_at)) return ended('timed_out')
  return { ...unchanged, verification_error: error }
}

/**
 * When a live domain is looked at again. A new one every 15 minutes for a day, then hourly for a week, then daily; a verified
 * one every six hours, hourly while it lacks a record, and soon while a key waits to be published. `spread` (0 to 1) moves the
 * moment by up to a tenth either way, so that domains made together are not checked together.
 */
export const nextCheckAt = (
  domain: Pick<DomainState, 'status' | 'failing_since' | 'created_at'> & { waiting_since: Date | null },
  now: Date,
  spread: number,
): Date => {
  const after = (since: Date): number => {
    const age = now.getTime() - since.getTime()
    return age < DAY_MS ? 15 * MINUTE_MS : age < 7 * DAY_MS ? HOUR_MS : DAY_MS
  }
  const later = (ms: number): Date => new Date(now.getTime() + Math.round(ms * (0.9 + 0.2 * spread)))
  if (domain.status !== 'verified') return later(after(domain.created_at))
  if (domain.failing_since) {
    const end = domain.failing_since.getTime() + GRACE_MS
    const next = later(HOUR_MS)
    return end > now.getTime() && end < next.getTime() ? new Date(end) : next
  }
  return later(domain.waiting_since ? Math.min(after(domain.waiting_since), 6 * HOUR_MS) : 6 * HOUR_MS)
}

/** What a check says of the MAIL FROM records; null when it could not find out, or there are none to find. */
export const judgePair = (records: readonly DnsRecordStatus[], purposes: readonly string[]): Verification | null => {
  const looked = records.filter(({ purpose }) => purposes.includes(purpose))
  if (!looked.length) return null
  const bad = looked.filter(({ status }) => status !== 'verified')
  if (!bad.length) return { outcome: 'verified' }
  const known = bad.filter(({ status }) => status !== 'error')
  if (!known.length) return null
  return { outcome: 'failed', error: known.map((record) => `${record.name}: ${record.error_message}`).join(' ') }
}
