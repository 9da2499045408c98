import type { CampaignLeadStatus, LeadTextState } from '@bavlio/sdk/types'
import { Badge, type Tone } from '../../ui/badge.tsx'

const STATES: Record<CampaignLeadStatus, { tone: Tone; words: string }> = {
  pending: { tone: 'neutral', words: 'Waiting' },
  active: { tone: 'info', words: 'In sequence' },
  postponed: { tone: 'info', words: 'Away' },
  replied: { tone: 'good', words: 'Replied' },
  completed: { tone: 'accent', words: 'Through' },
  bounced: { tone: 'bad', words: 'Bounced' },
  unsubscribed: { tone: 'warn', words: 'Unsubscribed' },
  complained: { tone: 'bad', words: 'Complained' },
  suppressed: { tone: 'warn', words: 'Suppressed' },
  skipped: { tone: 'neutral', words: 'Skipped' },
  stopped: { tone: 'neutral', words: 'Stopped' },
  failed: { tone: 'bad', words: 'Failed' },
  unknown: { tone: 'warn', words: 'Unknown outcome' },
  connection_sent: { tone: 'info', words: 'Invited' },
  connected: { tone: 'info', words: 'Connected' },
  frozen: { tone: 'neutral', words: 'Frozen' },
}

export const LEAD_STATES = Object.entries(STATES).map(([status, state]) => ({
  status: status as CampaignLeadStatus,
  ...state,
}))

export const LeadState = ({ status }: { status: CampaignLeadStatus }) => (
  <Badge tone={STATES[status].tone}>{STATES[status].words}</Badge>
)

export const TEXT_STATES: Record<LeadTextState, string> = {
  writing: 'Text is being written',
  review: 'Text waits for a review',
  rejected: 'Text did not pass its checks',
  failed: 'Text could not be written',
}
