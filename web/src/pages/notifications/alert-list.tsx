import { getAlerts, markAlertRead } from '@bavlio/sdk/operations'
import type { UserAlert } from '@bavlio/sdk/types'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { Bell, Check, CheckCheck, CircleAlert, Info, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../api/call.ts'
import { keyOf, queryClient, useWrite } from '../../api/query.ts'
import { usePages } from '../../api/use-pages.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { cn } from '../../ui/class-names.ts'
import { Page } from '../../ui/page.tsx'
import { Empty, ErrorPanel, LoadingRows } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Time } from '../../ui/time.tsx'
import { showError } from '../../ui/toast.tsx'

const ICONS = {
  info: { icon: <Info aria-hidden />, tone: 'bg-info-soft text-info' },
  warning: { icon: <TriangleAlert aria-hidden />, tone: 'bg-warn-soft text-warn' },
  critical: { icon: <CircleAlert aria-hidden />, tone: 'bg-bad-soft text-bad' },
}

/** Where what an alert is about can be looked at. */
const placeOf = ({ metadata }: UserAlert): { to: string; words: string } | null => {
  if (typeof metadata.campaign_id === 'string')
    return { to: `/campaigns/${metadata.campaign_id}`, words: 'The campaign' }
  if (typeof metadata.domain_id === 'string') return { to: '/senders/domains', words: 'The domains' }
  if (typeof metadata.mailbox_id === 'string') return { to: '/senders/mailboxes', words: 'The mailboxes' }
  return null
}

export const AlertListPage = () => {
  const { all } = useSearch({ strict: false }) as { all?: boolean }
  const navigate = useNavigate()
  const list = usePages(getAlerts, { unread_only: !all, limit: 30 }, { refetch_ms: 15_000 })
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  const unread = list.data?.pages[0]?.unread_count ?? 0
  const [is_marking, setMarking] = useState(false)
  const mark = useWrite(markAlertRead, { refreshes: [getAlerts] })
  const markAll = async (): Promise<void> => {
    setMarking(true)
    try {
      await Promise.all(
        items.filter(({ is_read }) => !is_read).map(({ alert_id }) => markAlertRead(call, { alert_id })),
      )
    } catch (error) {
      showError(error)
    }
    await queryClient.invalidateQueries({ queryKey: keyOf(getAlerts) })
    setMarking(false)
  }
  return (
    <Page
      title="Notifications"
      actions={
        items.some(({ is_read }) => !is_read) ? (
          <Button icon={<CheckCheck aria-hidden />} is_busy={is_marking} onClick={() => void markAll()}>
            Mark these as read
          </Button>
        ) : null
      }
    >
      <Tabs
        label="Which notifications"
        current={all ? 'all' : 'unread'}
        onChange={(id) =>
          void navigate({ to: '/notifications', search: (id === 'all' ? { all: true } : {}) as never, replace: true })
        }
        tabs={[
          { id: 'unread', label: 'Unread', count: unread },
          { id: 'all', label: 'All' },
        ]}
      />
      <Card>
        {list.data === undefined ? (
          list.error ? (
            <ErrorPanel error={list.error} retry={() => void list.refetch()} />
          ) : (
            <LoadingRows />
          )
        ) : items.length ? (
          <>
            <ul>
              {items.map((alert) => (
                <Alert key={alert.alert_id} alert={alert} onRead={() => mark.mutate({ alert_id: alert.alert_id })} />
              ))}
            </ul>
            {list.hasNextPage ? (
              <div className="border-t border-line p-2 text-center">
                <Button
                  look="quiet"
                  size="sm"
                  is_busy={list.isFetchingNextPage}
                  onClick={() => void list.fetchNextPage()}
                >
                  Older ones
                </Button>
              </div>
            ) : null}
          </>
        ) : (
          <Empty icon={<Bell aria-hidden />} title={all ? 'No notifications yet' : 'Nothing is unread'}>
            Campaigns that pause or end, domains that fail and mail that is refused are told here.
          </Empty>
        )}
      </Card>
    </Page>
  )
}

const Alert = ({ alert, onRead }: { alert: UserAlert; onRead: () => void }) => {
  const look = ICONS[alert.severity]
  const place = placeOf(alert)
  return (
    <li className="flex items-start gap-3 border-b border-line px-4 py-3 last:border-0">
      <span className={cn('flex size-8 shrink-0 items-center justify-center rounded-lg [&_svg]:size-4', look.tone)}>
        {look.icon}
      </span>
      <div className="min-w-0 flex-1">
        <p className={cn('text-sm text-ink', alert.is_read ? 'font-medium' : 'font-semibold')}>
          {alert.title}
          {alert.is_read ? null : <span className="sr-only"> (unread)</span>}
        </p>
        <p className="text-sm text-ink-soft">{alert.message}</p>
        <p className="flex flex-wrap gap-x-3 pt-0.5 text-xs text-ink-faint">
          <Time at={alert.created_at} />
          {place ? (
            <Link to={place.to as never} className="text-accent-strong underline underline-offset-2">
              {place.words}
            </Link>
          ) : null}
        </p>
      </div>
      {alert.is_read ? null : (
        <Button
          look="quiet"
          size="icon"
          aria-label={`Mark as read: ${alert.title}`}
          title="Mark as read"
          onClick={onRead}
          icon={<Check aria-hidden />}
        />
      )}
    </li>
  )
}
