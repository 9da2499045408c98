/**
 * The states of a processing session and everything that may change them. This is the only table: what is not in it is a 409.
 *
 * A session is opened empty (`created`), has leads that wait (`ready`), is busy because a file is being read into it or its
 * leads are being worked through (`processing`), and is through with all of them (`completed`). `failed` is a session whose
 * file or processing came to nothing; both may be tried again. Deleting is possible in every state but `processing` and is
 * not a state.
 */
export const SESSION_STATUSES = ['created', 'ready', 'processing', 'completed', 'failed'] as const

export type SessionStatus = (typeof SESSION_STATUSES)[number]

export const SESSION_EVENTS = [
  /** A file was taken and a job will read it. */
  'fill_begins',
  /** The rows of a file, a sheet or an extraction are there. */
  'filled',
  /** The file could not be read. */
  'fill_failed',
  /** Leads were sent one by one. */
  'leads_added',
  /** The session was opened over a dataset that has rows. */
  'dataset_given',
  /** The import was undone and no row is left. */
  'emptied',
  /** Someone asks for the work. From `completed` it is for leads that came or came back since. */
  'process',
  /** Every lead that waited has its outcome, be it that it could not be worked on. */
  'processed',
  /** The leads that were chosen have their outcome; others still wait. */
  'part_processed',
  /** The work itself broke off; leads that were done stay done. */
  'process_failed',
  /** Someone stopped the work; leads that were done stay done and the others wait. */
  'cancelled',
] as const

export type SessionEvent = (typeof SESSION_EVENTS)[number]

const TRANSITIONS: Record<SessionStatus, Partial<Record<SessionEvent, SessionStatus>>> = {
  created: { fill_begins: 'processing', filled: 'ready', leads_added: 'ready', dataset_given: 'ready' },
  // A session whose rows were all removed is `ready` without leads, and may take a file.
  ready: {
    fill_begins: 'processing',
    filled: 'ready',
    leads_added: 'ready',
    process: 'processing',
    emptied: 'created',
  },
  processing: {
    filled: 'ready',
    fill_failed: 'failed',
    processed: 'completed',
    part_processed: 'ready',
    process_failed: 'failed',
    cancelled: 'ready',
  },
  completed: { process: 'processing', emptied: 'created' },
  failed: {
    fill_begins: 'processing',
    filled: 'ready',
    leads_added: 'ready',
    process: 'processing',
    emptied: 'created',
  },
}

/** The state after an event, or null when the event may not happen in this state (409). */
export const nextState = (state: SessionStatus, event: SessionEvent): SessionStatus | null =>
  TRANSITIONS[state][event] ?? null

/** The states in which an event may happen. */
export const statesThatAllow = (event: SessionEvent): SessionStatus[] =>
  SESSION_STATUSES.filter((state) => nextState(state, event) !== null)

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

const WHAT: Partial<Record<SessionEvent, string>> = {
  fill_begins: 'take a file',
  filled: 'take a file',
  leads_added: 'take more leads',
  process: 'be processed',
  cancelled: 'be cancelled',
}

/** The text of the 409 for what a person asked for. */
export const transitionRefusal = (state: SessionStatus, event: SessionEvent): string =>
  event === 'process' && state === 'processing'
    ? 'The session is being worked on already.'
    : `Only a session that is ${listed(statesThatAllow(event))} can ${WHAT[event] ?? 'do this'}; this one is ${state}.`

/**
 * How far a session is, 0 to 100, with one digit. Without leads it is 0 until it is completed; a completed one is 100 only
 * while no lead waits again.
 */
export const progressOf = (session: {
  status: SessionStatus
  leads_count: number
  processed_count: number
  failed_count: number
}): number => {
  const done = session.processed_count + session.failed_count
  if (session.leads_count === 0) return session.status === 'completed' ? 100 : 0
  return Math.min(100, Math.floor((done / session.leads_count) * 1000) / 10)
}
