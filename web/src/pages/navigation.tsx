import {
  Ban,
  Bell,
  Building2,
  Database,
  FileText,
  Globe,
  House,
  IdCard,
  Inbox,
  Mails,
  Puzzle,
  Send,
  Settings,
  UsersRound,
} from 'lucide-react'
import type { ReactNode } from 'react'

export type NavigationGroup = { title: string | null; entries: { to: string; label: string; icon: ReactNode }[] }

/**
 * The map of the dashboard. A page is listed here once it works, in the group where its place is: the first group for what one
 * does every day, then leads, senders, and settings last.
 */
export const NAVIGATION: NavigationGroup[] = [
  {
    title: null,
    entries: [
      { to: '/', label: 'Home', icon: <House aria-hidden /> },
      { to: '/inbox', label: 'Inbox', icon: <Inbox aria-hidden /> },
      { to: '/campaigns', label: 'Campaigns', icon: <Send aria-hidden /> },
      { to: '/notifications', label: 'Notifications', icon: <Bell aria-hidden /> },
    ],
  },
  {
    title: 'Leads',
    entries: [
      { to: '/leads/datasets', label: 'Datasets', icon: <Database aria-hidden /> },
      { to: '/leads/people', label: 'People', icon: <UsersRound aria-hidden /> },
      { to: '/leads/companies', label: 'Companies', icon: <Building2 aria-hidden /> },
      { to: '/leads/extractions', label: 'Extractions', icon: <Puzzle aria-hidden /> },
    ],
  },
  {
    title: 'Senders',
    entries: [
      { to: '/senders/domains', label: 'Domains', icon: <Globe aria-hidden /> },
      { to: '/senders/mailboxes', label: 'Mailboxes', icon: <Mails aria-hidden /> },
      { to: '/senders/profiles', label: 'Sender profiles', icon: <IdCard aria-hidden /> },
      { to: '/senders/templates', label: 'Templates', icon: <FileText aria-hidden /> },
      { to: '/senders/suppression', label: 'Suppression', icon: <Ban aria-hidden /> },
    ],
  },
  { title: 'Workspace', entries: [{ to: '/settings', label: 'Settings', icon: <Settings aria-hidden /> }] },
]
