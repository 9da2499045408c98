import { countInboxThreads, getAlerts, listWorkspaces } from '@bavlio/sdk/operations'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Menu, Moon, Sun, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useRead } from '../api/query.ts'
import { chooseWorkspace, useSession } from '../api/session.ts'
import { cn } from '../ui/class-names.ts'
import { AccountMenu } from './account/account-menu.tsx'
import { NAVIGATION } from './navigation.tsx'

/** The frame around every page of somebody who is logged in: navigation left, or behind a button on a phone. */
export const Shell = () => {
  const [is_open, setOpen] = useState(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes.
  useEffect(() => setOpen(false), [path])
  return (
    <div className="flex h-full">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
      >
        Skip to the page
      </a>
      <aside
        className={cn(
          'fixed inset-y-0 left-0 z-30 flex w-60 flex-col border-r border-line bg-page transition-transform md:static md:translate-x-0',
          is_open ? 'translate-x-0 shadow-raised' : '-translate-x-full max-md:invisible',
        )}
      >
        <WorkspaceChoice />
        <Navigation />
        <div className="flex items-center justify-between gap-1 border-t border-line p-2">
          <AccountMenu />
          <ThemeButton />
        </div>
      </aside>
      {is_open ? (
        <button
          type="button"
          aria-label="Close the menu"
          onClick={() => setOpen(false)}
          className="fixed inset-0 z-20 bg-black/40 md:hidden"
        />
      ) : null}
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-12 items-center gap-2 border-b border-line px-3 md:hidden">
          <button
            type="button"
            aria-label={is_open ? 'Close the menu' : 'Open the menu'}
            aria-expanded={is_open}
            onClick={() => setOpen(!is_open)}
            className="rounded-md p-2 text-ink-soft hover:bg-sunken [&_svg]:size-5"
          >
            {is_open ? <X aria-hidden /> : <Menu aria-hidden />}
          </button>
          <span className="font-semibold">Bavlio</span>
        </header>
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto bg-page focus:outline-none">
          <Outlet />
        </main>
      </div>
    </div>
  )
}

const Navigation = () => {
  const alerts = useRead(getAlerts, {}, { refetch_ms: 30_000 })
  const inbox = useRead(countInboxThreads, {}, { refetch_ms: 30_000 })
  const counts: Record<string, { count: number; words: string } | undefined> = {
    '/notifications': { count: alerts.data?.unread_count ?? 0, words: 'unread' },
    '/inbox': { count: inbox.data?.needs_answer ?? 0, words: 'to answer' },
  }
  return (
    <nav aria-label="Pages" className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-2">
      {NAVIGATION.map((group) => (
        <div key={group.title ?? 'first'}>
          {group.title ? (
            <h2 className="px-2 pb-1 text-2xs font-medium tracking-wide text-ink-faint uppercase">{group.title}</h2>
          ) : null}
          <ul className="flex flex-col gap-px">
            {group.entries.map((entry) => (
              <li key={entry.to}>
                <NavigationLink to={entry.to} icon={entry.icon}>
                  {entry.label}
                  <Count of={counts[entry.to]} />
                </NavigationLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

const Count = ({ of }: { of: { count: number; words: string } | undefined }) =>
  of?.count ? (
    <span className="ml-auto rounded-full bg-accent px-1.5 text-2xs font-semibold text-on-accent tabular-nums">
      {of.count.toLocaleString()}
      <span className="sr-only"> {of.words}</span>
    </span>
  ) : null

const NavigationLink = ({ to, icon, children }: { to: string; icon: ReactNode; children: ReactNode }) => (
  <Link
    to={to}
    activeOptions={{ exact: to === '/' }}
    className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium text-ink-soft hover:bg-sunken hover:text-ink [&_svg]:size-4"
    activeProps={{ className: 'bg-sunken !text-ink', 'aria-current': 'page' }}
  >
    {icon}
    {children}
  </Link>
)

const WorkspaceChoice = () => {
  const { workspace_id } = useSession()
  const workspaces = useRead(listWorkspaces, {})
  const items = workspaces.data?.items ?? []
  const current = items.find((item) => item.workspace_id === workspace_id) ?? items.find((item) => item.is_personal)
  return (
    <div className="flex items-center gap-2 border-b border-line px-3 py-2">
      <img src="/favicon.svg" alt="" className="size-7" />
      <div className="min-w-0 flex-1">
        {items.length > 1 ? (
          <select
            aria-label="Workspace"
            value={current?.workspace_id ?? ''}
            onChange={(event) => chooseWorkspace(event.target.value)}
            className="block h-6 w-full truncate rounded bg-transparent text-sm font-semibold"
          >
            {items.map((item) => (
              <option key={item.workspace_id} value={item.workspace_id}>
                {item.name}
              </option>
            ))}
          </select>
        ) : (
          <p className="truncate text-sm font-semibold">{current?.name ?? 'Bavlio'}</p>
        )}
        {current?.mode === 'sandbox' ? (
          <Link
            to="/settings/clock"
            title="The sandbox’s clock"
            className="block h-6 truncate rounded text-2xs leading-6 font-medium text-warn underline-offset-2 hover:underline"
          >
            Sandbox: no mail leaves it
          </Link>
        ) : null}
      </div>
    </div>
  )
}

const ThemeButton = () => {
  const [is_dark, setDark] = useState(() => document.documentElement.classList.contains('dark'))
  return (
    <button
      type="button"
      aria-label={is_dark ? 'Use the light theme' : 'Use the dark theme'}
      onClick={() => {
        document.documentElement.classList.toggle('dark', !is_dark)
        localStorage.setItem('theme', is_dark ? 'light' : 'dark')
        setDark(!is_dark)
      }}
      className="rounded-md p-2 text-ink-faint hover:bg-sunken hover:text-ink [&_svg]:size-4"
    >
      {is_dark ? <Sun aria-hidden /> : <Moon aria-hidden />}
    </button>
  )
}
