/**
 * How healthy the mail of a workspace, or of one of its domains, is. The lines lie below those of the large receivers:
 * Google's complaint line is 0.3 % and its advice 0.1 %; Amazon SES reviews an account at 5 % hard bounces and pauses it at 10 %.
 */

/** Messages of the last 7 days of the workspace's clock. */
export type RecentMail = {
  /** Taken by a receiving server. */
  accepted: number
  hard_bounces: number
  complaints: number
}

export type HealthBand = 'unknown' | 'healthy' | 'warning' | 'critical' | 'blocked'

export type HealthVerdict = {
  band: HealthBand
  /** Shares of the accepted messages, 0 to 1; null when nothing was accepted. */
  hard_bounce_rate: number | null
  complaint_rate: number | null
  /** Sentences for people, the gravest first. */
  reasons: string[]
}

/** Nothing is concluded from fewer messages: one unlucky bounce among ten says nothing. */
export const SMALLEST_SAMPLE = 50

type Line = { band: HealthBand; rate: number; least: number }

/** `least` is how many events it takes besides the rate, so that a single complaint on 300 messages stops nobody. */
export const COMPLAINT_LINES: readonly Line[] = [
  { band: 'blocked', rate: 0.003, least: 5 },
  { band: 'critical', rate: 0.001, least: 3 },
  { band: 'warning', rate: 0.0005, least: 2 },
]
export const HARD_BOUNCE_LINES: readonly Line[] = [
  { band: 'blocked', rate: 0.1, least: 10 },
  { band: 'critical', rate: 0.05, least: 5 },
  { band: 'warning', rate: 0.03, least: 3 },
]

const ORDER: readonly HealthBand[] = ['unknown', 'healthy', 'warning', 'critical', 'blocked']

export const isWorse = (one: HealthBand, other: HealthBand): boolean => ORDER.indexOf(one) > ORDER.indexOf(other)

const percent = (rate: number): string => `${(rate * 100).toFixed(2).replace(/\.?0+$/, '')}%`

/** The band of recent mail: a rate exactly on a line is over it. Below the smallest sample it is unknown, whatever the rates. */
export const judgeHealth = (mail: RecentMail): HealthVerdict => {
  const { accepted, hard_bounces, complaints } = mail
  const rates = {
    hard_bounce_rate: accepted > 0 ? hard_bounces / accepted : null,
    complaint_rate: accepted > 0 ? complaints / accepted : null,
  }
  if (accepted < SMALLEST_SAMPLE) return { band: 'unknown', ...rates, reasons: [] }
  const found = [
    { what: 'complaints', count: complaints, lines: COMPLAINT_LINES },
    { what: 'hard bounces', count: hard_bounces, lines: HARD_BOUNCE_LINES },
  ].flatMap(({ what, count, lines }) => {
    const line = lines.find(({ rate, least }) => count >= least && count >= rate * accepted)
    if (!line) return []
    const reason = `${count} ${what} on ${accepted} messages of the last 7 days (${percent(count / accepted)}; the line is ${percent(line.rate)}).`
    return [{ band: line.band, reason }]
  })
  found.sort((a, b) => ORDER.indexOf(b.band) - ORDER.indexOf(a.band))
  return { band: found[0]?.band ?? 'healthy', ...rates, reasons: found.map(({ reason }) => reason) }
}
