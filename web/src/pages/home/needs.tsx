import type { Overview } from '@bavlio/sdk/types'
import { Link } from '@tanstack/react-router'
import {
  Bell,
  ChevronRight,
  CircleCheck,
  Globe,
  Mailbox,
  MessageSquareReply,
  PauseCircle,
  PencilLine,
} from 'lucide-react'
import type { ReactNode } from 'react'
import { Card, CardHeader } from '../../ui/card.tsx'
import { cn } from '../../ui/class-names.ts'

type Need = {
  key: string
  icon: ReactNode
  tone: string
  title: string
  note?: string | null
  to: string
  search?: object
}

const many = (count: number, one: string, more: string): string =>
  count === 1 ? `One ${one}` : `${count.toLocaleString()} ${more}`

/** In the order of what it costs to leave it: people who wait first, then what has stopped, then what could be looked at. */
const needsOf = ({ needs }: Overview): Need[] => [
  ...(needs.answers
    ? [
        {
          key: 'answers',
          icon: <MessageSquareReply aria-hidden />,
          tone: 'bg-accent-soft text-accent-strong',
          title: many(needs.answers, 'reply waits for an answer', 'replies wait for an answer'),
          note: null,
          to: '/inbox',
          search: { kind: 'human_reply' },
        },
      ]
    : []),
  ...needs.domains.map((domain) => ({
    key: domain.domain_id,
    icon: <Globe aria-hidden />,
    tone: domain.failing_since ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn',
    title: domain.failing_since ? `The DNS records of ${domain.domain} fail` : `${domain.domain} is not verified yet`,
    note: domain.problem ?? (domain.failing_since ? null : 'Nothing can be sent from it before its records are found.'),
    to: '/senders/domains',
  })),
  ...needs.mailboxes.map((mailbox) => ({
    key: mailbox.mailbox_id,
    icon: <Mailbox aria-hidden />,
    tone: 'bg-bad-soft text-bad',
    title: `The mailbox ${mailbox.email} cannot be reached`,
    note: mailbox.problem,
    to: '/senders/mailboxes',
  })),
  ...needs.drafts.map((one) => ({
    key: `drafts ${one.campaign_id}`,
    icon: <PencilLine aria-hidden />,
    tone: 'bg-info-soft text-info',
    title: `${many(one.drafts, 'draft', 'drafts')} to approve in ${one.name}`,
    note: null,
    to: `/campaigns/${one.campaign_id}/playground`,
  })),
  ...needs.paused.map((one) => ({
    key: one.campaign_id,
    icon: <PauseCircle aria-hidden />,
    tone: one.status === 'failed' ? 'bg-bad-soft text-bad' : 'bg-warn-soft text-warn',
    title: `${one.name} ${one.status === 'failed' ? 'could not be launched' : 'is paused'}`,
    note: one.reason,
    to: `/campaigns/${one.campaign_id}`,
  })),
  ...(needs.alerts
    ? [
        {
          key: 'alerts',
          icon: <Bell aria-hidden />,
          tone: 'bg-sunken text-ink-soft',
          title: many(needs.alerts, 'unread notification', 'unread notifications'),
          note: null,
          to: '/notifications',
        },
      ]
    : []),
]

export const Needs = ({ overview }: { overview: Overview }) => {
  const needs = needsOf(overview)
  return (
    <Card>
      <CardHeader title="Needs you" />
      {needs.length ? (
        <ul>
          {needs.map((need) => (
            <li key={need.key} className="border-b border-line last:border-0">
              <Link
                to={need.to as never}
                search={(need.search ?? {}) as never}
                className="flex items-center gap-3 px-4 py-2.5 hover:bg-sunken/60 focus-visible:-outline-offset-2"
              >
                <span
                  className={cn(
                    'flex size-8 shrink-0 items-center justify-center rounded-lg [&_svg]:size-4',
                    need.tone,
                  )}
                >
                  {need.icon}
                </span>
                <span className="min-w-0 flex-1">
                  <span className="block text-sm font-medium text-ink">{need.title}</span>
                  {need.note ? <span className="line-clamp-2 text-xs text-ink-faint">{need.note}</span> : null}
                </span>
                <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-faint" />
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <p className="flex items-center gap-2.5 px-4 py-5 text-sm text-ink-soft [&_svg]:size-5 [&_svg]:text-good">
          <CircleCheck aria-hidden />
          Nothing waits for you.
        </p>
      )}
    </Card>
  )
}
