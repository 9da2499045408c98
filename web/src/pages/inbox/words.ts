import type { InboxOutcome, InboxThreadKind, InboxView } from '@bavlio/sdk/types'
import type { Tone } from '../../ui/badge.tsx'

export const KINDS: Record<InboxThreadKind, { words: string; tone: Tone }> = {
  human_reply: { words: 'Reply', tone: 'accent' },
  auto_reply: { words: 'Automatic', tone: 'neutral' },
  unsubscribe: { words: 'Unsubscribed', tone: 'warn' },
  unmatched: { words: 'Other mail', tone: 'info' },
  bounce: { words: 'Bounce', tone: 'bad' },
  complaint: { words: 'Complaint', tone: 'bad' },
  delivery_notice: { words: 'Delivery notice', tone: 'neutral' },
}

/** What is sorted apart, in the order of how soon a person should look. */
export const KIND_FILTERS: { kind: InboxThreadKind; words: string }[] = [
  { kind: 'human_reply', words: 'Replies' },
  { kind: 'unmatched', words: 'Other mail' },
  { kind: 'unsubscribe', words: 'Unsubscribes' },
  { kind: 'auto_reply', words: 'Automatic' },
]

export const OUTCOMES: Record<InboxOutcome, { words: string; tone: Tone }> = {
  interested: { words: 'Interested', tone: 'good' },
  meeting: { words: 'Meeting booked', tone: 'good' },
  later: { words: 'Not now', tone: 'warn' },
  not_interested: { words: 'Not interested', tone: 'neutral' },
}

export const VIEWS: { view: InboxView; words: string; empty: string; note: string }[] = [
  {
    view: 'open',
    words: 'Inbox',
    empty: 'Nothing is left to do',
    note: 'Answers to your campaigns arrive here, from all aliases.',
  },
  { view: 'snoozed', words: 'Snoozed', empty: 'Nothing is snoozed', note: 'A snoozed thread comes back at its time.' },
  {
    view: 'done',
    words: 'Done',
    empty: 'Nothing is done yet',
    note: 'Press E on a thread to mark it done. Whoever writes again brings it back.',
  },
  { view: 'sent', words: 'Sent', empty: 'Nothing was sent', note: 'Threads that nobody has answered yet.' },
  { view: 'spam', words: 'Spam', empty: 'No spam', note: 'What you move to spam stays here.' },
  { view: 'trash', words: 'Trash', empty: 'The trash is empty', note: 'An answer brings a thread back out of it.' },
  { view: 'all', words: 'All mail', empty: 'No mail yet', note: 'Everything but spam and trash.' },
]

export type InboxSearch = {
  view?: InboxView
  kind?: InboxThreadKind
  starred?: boolean
  q?: string
  thread?: string
}

/** "One thread", "3 threads". */
export const threadsInWords = (count: number): string =>
  count === 1 ? 'One thread' : `${count.toLocaleString()} threads`
