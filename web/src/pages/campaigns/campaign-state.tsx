import type { CampaignStatus } from '@bavlio/sdk/types'
import { Badge, type Tone } from '../../ui/badge.tsx'

const STATES: Record<CampaignStatus, { tone: Tone; words: string }> = {
  draft: { tone: 'neutral', words: 'Draft' },
  launching: { tone: 'info', words: 'Launching' },
  scheduled: { tone: 'info', words: 'Scheduled' },
  active: { tone: 'good', words: 'Active' },
  draining: { tone: 'good', words: 'Following up' },
  paused: { tone: 'warn', words: 'Paused' },
  completed: { tone: 'accent', words: 'Completed' },
  failed: { tone: 'bad', words: 'Failed' },
}

export const CampaignState = ({ status }: { status: CampaignStatus }) => (
  <Badge tone={STATES[status].tone}>{STATES[status].words}</Badge>
)

export const CAMPAIGN_STATES = Object.entries(STATES).map(([status, { words }]) => ({
  status: status as CampaignStatus,
  words,
}))
