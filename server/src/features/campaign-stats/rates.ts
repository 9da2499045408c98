export type Figures = {
  sent: number
  delivered: number
  opened: number
  clicked: number
  replied: number
  bounced: number
  complained: number
  unsubscribed: number
  failed: number
}

const share = (part: number, whole: number): number =>
  whole > 0 ? Math.min(1, Math.round((part / whole) * 10_000) / 10_000) : 0

/**
 * Shares from 0 to 1, to four places (DOMAIN.md §4): opens, clicks and replies of what was delivered, bounces of what was
 * sent. Nothing sent is 0, not undefined. A message that bounced after its open can push a share past 1; it is held there.
 */
export const ratesOf = ({ sent, delivered, opened, clicked, replied, bounced }: Figures) => ({
  open_rate: share(opened, delivered),
  click_rate: share(clicked, delivered),
  reply_rate: share(replied, delivered),
  bounce_rate: share(bounced, sent),
})
