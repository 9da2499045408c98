import { Link, Outlet } from '@tanstack/react-router'
import { useWorkspace } from '../../api/use-workspace.ts'
import { Page } from '../../ui/page.tsx'

type Section = { to: string; label: string; sandbox_only?: boolean }

const SECTIONS: Section[] = [
  { to: '/settings/workspace', label: 'Workspace' },
  { to: '/settings/members', label: 'Members' },
  { to: '/settings/api-keys', label: 'API keys' },
  { to: '/settings/webhooks', label: 'Webhooks' },
  { to: '/settings/mail', label: 'Mail' },
  { to: '/settings/models', label: 'Language models' },
  { to: '/settings/plan', label: 'Plan and limits' },
  { to: '/settings/clock', label: 'Sandbox clock', sandbox_only: true },
]

/** The sections beside the one that is open; above it on a phone. */
export const SettingsFrame = () => {
  const workspace = useWorkspace()
  const shown = SECTIONS.filter(({ sandbox_only }) => !sandbox_only || workspace?.mode === 'sandbox')
  return (
    <Page title="Settings">
      <div className="flex flex-col gap-5 lg:flex-row lg:gap-8">
        <nav aria-label="Settings" className="-mx-4 overflow-x-auto px-4 lg:mx-0 lg:w-44 lg:shrink-0 lg:px-0">
          <ul className="flex gap-px lg:flex-col">
            {shown.map((section) => (
              <li key={section.to}>
                <Link
                  to={section.to as never}
                  className="flex h-8 items-center rounded-md px-2.5 text-sm font-medium whitespace-nowrap text-ink-soft hover:bg-sunken hover:text-ink focus-visible:-outline-offset-2"
                  activeProps={{ className: 'bg-sunken !text-ink', 'aria-current': 'page' }}
                >
                  {section.label}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="flex min-w-0 flex-1 flex-col gap-5">
          <Outlet />
        </div>
      </div>
    </Page>
  )
}
