import type { WebhookDelivery, WebhookEndpoint } from '@bavlio/sdk/types'
import { Badge, type Tone } from '../../../ui/badge.tsx'

type State = Pick<WebhookEndpoint, 'is_active' | 'is_verified' | 'disabled_at' | 'failing_since'>

const stateOf = (endpoint: State): { tone: Tone; words: string } => {
  if (endpoint.disabled_at) return { tone: 'bad', words: 'Disabled' }
  if (!endpoint.is_verified) return { tone: 'warn', words: 'To be verified' }
  if (!endpoint.is_active) return { tone: 'neutral', words: 'Paused' }
  if (endpoint.failing_since) return { tone: 'warn', words: 'Failing' }
  return { tone: 'good', words: 'Active' }
}

export const EndpointState = ({ endpoint }: { endpoint: State }) => {
  const { tone, words } = stateOf(endpoint)
  return <Badge tone={tone}>{words}</Badge>
}

export const DELIVERY_STATES: Record<WebhookDelivery['status'], { tone: Tone; words: string }> = {
  waiting: { tone: 'info', words: 'Waiting' },
  delivered: { tone: 'good', words: 'Delivered' },
  dead: { tone: 'bad', words: 'Given up' },
  cancelled: { tone: 'neutral', words: 'Cancelled' },
}

export const DeliveryState = ({ status }: { status: WebhookDelivery['status'] }) => (
  <Badge tone={DELIVERY_STATES[status].tone}>{DELIVERY_STATES[status].words}</Badge>
)

/** "*" and groups as a person says them. */
export const eventsInWords = (patterns: string[]): string =>
  patterns.includes('*') ? 'Everything' : patterns.map((one) => one.replace(/\.\*$/, ': all')).join(', ')
