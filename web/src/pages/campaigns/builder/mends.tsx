import type { LaunchWarning } from '@bavlio/sdk/types'
import { Link, type LinkProps } from '@tanstack/react-router'
import { buttonStyle } from '../../../ui/button.tsx'
import type { SectionId } from './draft-problems.ts'

/** Where a problem is mended: a part of the builder, or another page of the dashboard. */
type Mend =
  | { label: string; anchor: SectionId | `step-${number}` }
  | { label: string; page: Page; params?: PageParams }
  | null

type PageParams = { campaign_id?: string; dataset_id?: string; domain_id?: string }
export type Page =
  | 'senders'
  | 'domain'
  | 'mailboxes'
  | 'dataset'
  | 'suppression'
  | 'workspace'
  | 'playground'
  | 'profiles'
  | 'plan'

const PAGES: Record<Page, { label: string; to: NonNullable<LinkProps['to']> }> = {
  senders: { label: 'Open senders', to: '/senders/domains' },
  domain: { label: 'Open the domain', to: '/senders/domains/$domain_id' },
  mailboxes: { label: 'Open mailboxes', to: '/senders/mailboxes' },
  dataset: { label: 'Open the dataset', to: '/leads/datasets/$dataset_id' },
  suppression: { label: 'Open suppression', to: '/senders/suppression' },
  workspace: { label: 'Set the postal address', to: '/settings/workspace' },
  playground: { label: 'Review the texts', to: '/campaigns/$campaign_id/playground' },
  profiles: { label: 'Open sender profiles', to: '/senders/profiles' },
  plan: { label: 'Look at the plan', to: '/settings/plan' },
}

/** Where the step of a finding stands; of a finding about several, the first of them. */
const stepOf = ({ step_index }: Pick<LaunchWarning, 'step_index'>): 'steps' | `step-${number}` =>
  step_index ? `step-${step_index}` : 'steps'

export const mendOf = (warning: LaunchWarning): Mend => {
  switch (warning.code) {
    case 'no_leads':
    case 'missing_email':
    case 'missing_linkedin_url':
      return { label: 'Look at the columns', anchor: 'audience' }
    case 'invalid_email':
    case 'duplicate_lead':
    case 'risky_email':
      return { label: 'Open the dataset', page: 'dataset' }
    case 'suppressed':
      return { label: 'Open suppression', page: 'suppression' }
    case 'missing_variable':
      return { label: 'Give the text a fallback', anchor: stepOf(warning) }
    case 'missing_opt_out':
      return { label: 'Edit the text', anchor: stepOf(warning) }
    case 'other':
      // What is about no step and no row is the operator's to mend, and its words say how.
      return warning.step_index || warning.affected_rows ? { label: 'Look at the step', anchor: stepOf(warning) } : null
    case 'alias_unverified': {
      const { alias_id, domain_id, mailbox_id } = warning.details ?? {}
      if (typeof mailbox_id === 'string') return { label: 'Open mailboxes', page: 'mailboxes' }
      if (typeof domain_id === 'string') return { label: 'Open the domain', page: 'domain', params: { domain_id } }
      return alias_id ? { label: 'Open senders', page: 'senders' } : { label: 'Choose senders', anchor: 'senders' }
    }
    case 'account_unhealthy':
      return { label: 'Open senders', page: 'senders' }
    case 'insufficient_credits':
      return { label: 'Look at the plan', page: 'plan' }
    case 'unreviewed_drafts':
      return { label: 'Review the texts', page: 'playground' }
    case 'missing_postal_address':
      return { label: 'Set the postal address', page: 'workspace' }
    case 'window_never_opens':
      return { label: 'Look at the schedule', anchor: 'schedule' }
    case 'address_active_elsewhere':
      return { label: 'Allow it in the rules', anchor: 'rules' }
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
  params?: PageParams
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
