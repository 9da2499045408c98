import type { CampaignLeadEvent } from '@bavlio/sdk/types'
import {
  Ban,
  CalendarClock,
  CheckCheck,
  CircleX,
  Clock,
  CornerUpLeft,
  Eye,
  MailX,
  MousePointerClick,
  OctagonAlert,
  Send,
  UserMinus,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { formatDateTime, Time } from '../../ui/time.tsx'

type Kind = { words: string; icon: ReactNode; tone: string }
const KINDS: Partial<Record<CampaignLeadEvent['event_type'], Kind>> = {
  scheduled: { words: 'Put in the queue', icon: <CalendarClock />, tone: 'text-ink-faint' },
  sent: { words: 'Sent', icon: <Send />, tone: 'text-info' },
  delivered: { words: 'Delivered', icon: <CheckCheck />, tone: 'text-good' },
  opened: { words: 'Opened', icon: <Eye />, tone: 'text-ink-soft' },
  clicked: { words: 'Clicked', icon: <MousePointerClick />, tone: 'text-accent-strong' },
  replied: { words: 'Replied', icon: <CornerUpLeft />, tone: 'text-good' },
  auto_replied: { words: 'Answered automatically', icon: <CornerUpLeft />, tone: 'text-ink-soft' },
  postponed: { words: 'Away, postponed', icon: <Clock />, tone: 'text-ink-soft' },
  deferred: { words: 'Put off by the receiver', icon: <Clock />, tone: 'text-warn' },
  bounced: { words: 'Bounced', icon: <MailX />, tone: 'text-bad' },
  complained: { words: 'Marked as spam', icon: <OctagonAlert />, tone: 'text-bad' },
  unsubscribed: { words: 'Unsubscribed', icon: <UserMinus />, tone: 'text-warn' },
  failed: { words: 'Failed', icon: <CircleX />, tone: 'text-bad' },
  cancelled: { words: 'Withdrawn', icon: <Ban />, tone: 'text-ink-faint' },
  stopped: { words: 'Stopped', icon: <Ban />, tone: 'text-ink-soft' },
  voided: { words: 'Approval voided', icon: <CircleX />, tone: 'text-warn' },
}

const FALLBACK: Kind = { words: '', icon: <Clock />, tone: 'text-ink-faint' }

/** What the metadata say in words; the rest of them is for machines. */
const detailOf = ({ metadata, event_type }: CampaignLeadEvent): string =>
  ['cause', 'reason', 'diagnostic', 'advice', 'kind', 'return_date']
    .map((name) => metadata[name])
    .filter((value): value is string => typeof value === 'string' && value.trim() !== '' && value !== event_type)
    .join(' · ')

/** Everything that happened to a lead, the last on top. */
export const LeadTimeline = ({ events }: { events: CampaignLeadEvent[] }) => {
  if (!events.length) return <p className="text-sm text-ink-faint">Nothing has happened yet.</p>
  return (
    <ol className="flex flex-col">
      {[...events].reverse().map((event) => {
        const kind = KINDS[event.event_type] ?? { ...FALLBACK, words: event.event_type.replaceAll('_', ' ') }
        const is_machine = event.metadata.is_machine === true || event.metadata.machine === true
        return (
          <li key={event.event_id} className="group relative flex gap-3 pb-4 last:pb-0">
            <span
              aria-hidden
              className={`relative z-10 mt-0.5 flex size-5 shrink-0 items-center justify-center rounded-full bg-sunken [&_svg]:size-3 ${kind.tone}`}
            >
              {kind.icon}
            </span>
            <span
              aria-hidden
              className="absolute top-5 bottom-0 left-2.5 w-px -translate-x-1/2 bg-line group-last:hidden"
            />
            <div className="min-w-0 flex-1 text-sm">
              <p className="flex flex-wrap items-baseline justify-between gap-x-3">
                <span>
                  <span className="font-medium">{kind.words}</span>
                  <span className="text-ink-faint">
                    {event.step_index ? `, step ${event.step_index}` : ''}
                    {event.variant_label ? ` ${event.variant_label}` : ''}
                    {is_machine ? ', by a machine' : ''}
                  </span>
                </span>
                <span className="text-xs text-ink-faint" title={formatDateTime(event.occurred_at)}>
                  <Time at={event.occurred_at} is_exact />
                </span>
              </p>
              {event.subject ? <p className="truncate text-ink-soft">{event.subject}</p> : null}
              {event.url ? <p className="truncate font-mono text-xs text-ink-soft">{event.url}</p> : null}
              {detailOf(event) ? <p className="text-xs break-words text-ink-faint">{detailOf(event)}</p> : null}
            </div>
          </li>
        )
      })}
    </ol>
  )
}
