import { Send } from 'lucide-react'
import type { ReactNode } from 'react'

export type NavigationGroup = { title: string | null; entries: { to: string; label: string; icon: ReactNode }[] }

/**
 * The map of the dashboard. A page is listed here once it works, in the group where its place is: the first group for what one
 * does every day, then leads, senders, and settings last.
 */
export const NAVIGATION: NavigationGroup[] = [
  { title: null, entries: [{ to: '/campaigns', label: 'Campaigns', icon: <Send aria-hidden /> }] },
]
