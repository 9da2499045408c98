import type { LaunchWarning } from '@bavlio/sdk/types'
import { Link, type LinkProps } from '@tanstack/react-router'
import { buttonStyle } from '../../../ui/button.tsx'
import type { SectionId } from './draft-problems.ts'

/** Where a problem is mended: a part of the builder, or another page of the dashboard. */
type Mend = { label: string; section: SectionId } | { label: string; page: Page } | null

export type Page = 'senders' | 'dataset' | 'suppression' | 'workspace' | 'playground' | 'profiles'

const PAGES: Record<Page, { label: string; to: NonNullable<LinkProps['to']> }> = {
  senders: { label: 'Open senders', to: '/senders/domains' },
  dataset: { label: 'Open the dataset', to: '/leads/datasets/$dataset_id' },
  suppression: { label: 'Open suppression', to: '/senders/suppression' },
  workspace: { label: 'Set the postal address', to: '/settings/workspace' },
  playground: { label: 'Review the texts', to: '/campaigns/$campaign_id/playground' },
  profiles: { label: 'Open sender profiles', to: '/senders/profiles' },
}

export const mendOf = (warning: LaunchWarning): Mend => {
  switch (warning.code) {
    case 'no_leads':
    case 'missing_email':
      return { label: 'Look at the columns', section: 'audience' }
    case 'invalid_email':
    case 'duplicate_lead':
    case 'risky_email':
      return { label: 'Open the dataset', page: 'dataset' }
    case 'suppressed':
      return { label: 'Open suppression', page: 'suppression' }
    case 'missing_variable':
      return { label: 'Give the text a fallback', section: 'steps' }
    case 'missing_opt_out':
      return { label: 'Edit the text', section: 'steps' }
    case 'other':
      return warning.step_index ? { label: 'Look at the step', section: 'steps' } : null
    case 'alias_unverified':
      return warning.details?.alias_id
        ? { label: 'Open senders', page: 'senders' }
        : { label: 'Choose senders', section: 'senders' }
    case 'unreviewed_drafts':
      return { label: 'Review the texts', page: 'playground' }
    case 'missing_postal_address':
      return { label: 'Set the postal address', page: 'workspace' }
    case 'window_never_opens':
      return { label: 'Look at the schedule', section: 'schedule' }
    case 'address_active_elsewhere':
      return { label: 'Allow it in the rules', section: 'rules' }
    default:
      return null
  }
}

/** The way to another page of the dashboard where something is mended. */
export const MendLink = ({
  to,
  params = {},
  label,
  look = 'plain',
}: {
  to: Page
  params?: { campaign_id?: string; dataset_id?: string }
  label?: string
  look?: 'plain' | 'link'
}) => (
  <Link
    to={PAGES[to].to}
    params={params as never}
    className={
      look === 'plain' ? buttonStyle({ look: 'plain', size: 'sm' }) : 'font-medium text-accent-strong hover:underline'
    }
  >
    {label ?? PAGES[to].label}
  </Link>
)
