/** Counts of one campaign over the last 7 days of the workspace's clock; all of them are about accepted messages. */
export type RecentDelivery = {
  /** Messages that a receiving server took over with a 250. */
  accepted: number
  /** Bounces of any kind, hard ones included. */
  bounces: number
  hard_bounces: number
  complaints: number
}

export type AutoPause = {
  reason: 'bounce_rate' | 'complaint_rate'
  /** For `paused_reason` and the alert. */
  message: string
  /** Shares of the accepted messages, 0 to 1; null when none was accepted in those days. */
  rates: { bounce_rate: number | null; complaint_rate: number | null }
}

const percent = (count: number, of: number): string => `${((count / of) * 100).toFixed(2).replace(/\.?0+$/, '')}%`

/**
 * Whether a campaign has to be paused (DOMAIN.md §3): bounces at 5 % or more with at least 50 messages and 5 hard
 * bounces, or complaints at 0.1 % or more with at least 3. Compared in whole numbers, so that exactly 5 % is over the
 * line. Complaints come first when both hold: they cost more. Three complaints about older mail with nothing accepted
 * since do pause.
 */
export const autoPauseReason = ({ accepted, bounces, hard_bounces, complaints }: RecentDelivery): AutoPause | null => {
  const tooManyBounces = accepted >= 50 && hard_bounces >= 5 && bounces * 20 >= accepted
  const tooManyComplaints = complaints >= 3 && complaints * 1000 >= accepted
  if (!tooManyBounces && !tooManyComplaints) return null
  const rate = (count: number) => (accepted > 0 ? count / accepted : null)
  const parts: string[] = []
  const share = (count: number) => (accepted > 0 ? ` (${percent(count, accepted)})` : '')
  if (tooManyComplaints) {
    parts.push(`${complaints} complaints on ${accepted} messages${share(complaints)}, the line is 0.1%`)
  }
  if (tooManyBounces) parts.push(`${bounces} bounces on ${accepted} messages${share(bounces)}, the line is 5%`)
  return {
    reason: tooManyComplaints ? 'complaint_rate' : 'bounce_rate',
    message: `Paused to protect the sending reputation: in the last 7 days ${parts.join('; ')}.`,
    rates: { bounce_rate: rate(bounces), complaint_rate: rate(complaints) },
  }
}
