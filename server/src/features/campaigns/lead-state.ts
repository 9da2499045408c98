/**
 * Where one lead stands. The first twelve are the contract's; the others are ours (DOMAIN.md §4). `postponed` waits
 * for the return from an out-of-office reply, `unknown` had a message whose fate a crash hid (DOMAIN.md §5) and goes
 * on all the same.
 */
export const LEAD_STATUSES = [
  'pending',
  'active',
  'connection_sent',
  'connected',
  'frozen',
  'replied',
  'completed',
  'bounced',
  'unsubscribed',
  'suppressed',
  'skipped',
  'failed',
  'complained',
  'stopped',
  'unknown',
  'postponed',
] as const

export type LeadStatus = (typeof LEAD_STATUSES)[number]

export type LeadEvent =
  /** A step was accepted by the receiving server. */
  | { type: 'sent'; is_last_step: boolean }
  /** A crash hid whether the step was accepted; it counts as sent and is never sent again. */
  | { type: 'outcome_unknown'; is_last_step: boolean }
  /** A person answered. Automatic replies are `postponed` or nothing. */
  | { type: 'replied' }
  | { type: 'bounced_hard' }
  | { type: 'complained' }
  | { type: 'unsubscribed' }
  /** The address or domain is on the suppression list. */
  | { type: 'suppressed' }
  /** By a person, or because someone else of the company answered. */
  | { type: 'stopped' }
  | { type: 'failed' }
  /** Out of office with a return date. */
  | { type: 'postponed' }
  /** A failed launch is run again before anything was sent. */
  | { type: 'relaunched' }

/**
 * How much an ending says about the person. A lead that has ended moves up only: a late reply to a finished sequence
 * makes it `replied`, an unsubscribe after a reply makes it `unsubscribed`, but nothing makes someone who complained
 * merely `replied`. A reply outranks a bounce, because whoever answers is alive (calling a live address dead is the
 * worse mistake).
 */
const RANK: Partial<Record<LeadStatus, number>> = {
  skipped: 1,
  completed: 1,
  stopped: 1,
  failed: 1,
  suppressed: 2,
  bounced: 3,
  replied: 4,
  unsubscribed: 5,
  complained: 6,
}

/** Whether the lead gets nothing more. It may still move to a status that says more about the person. */
export const isTerminalLeadStatus = (status: LeadStatus): boolean => RANK[status] !== undefined

/** The statuses in which a lead still has something ahead of it, for SQL. */
export const LIVE_LEAD_STATUSES: readonly LeadStatus[] = LEAD_STATUSES.filter((status) => !isTerminalLeadStatus(status))

/**
 * The status after an event; the same one when the event changes nothing. Events come from outside in any order, so
 * none is an error: a step recorded as sent after the reply came in leaves the lead `replied`.
 */
export const nextLeadStatus = (status: LeadStatus, event: LeadEvent): LeadStatus => {
  switch (event.type) {
    case 'sent':
      return isTerminalLeadStatus(status) ? status : event.is_last_step ? 'completed' : 'active'
    case 'outcome_unknown':
      return isTerminalLeadStatus(status) ? status : event.is_last_step ? 'completed' : 'unknown'
    case 'postponed':
      return isTerminalLeadStatus(status) ? status : 'postponed'
    case 'relaunched':
      // Only what the launch itself decided is open again, so that rows mended or released in between come in.
      return status === 'skipped' || status === 'suppressed' ? 'pending' : status
    case 'bounced_hard':
      return ended(status, 'bounced')
    default:
      return ended(status, event.type)
  }
}

const ended = (status: LeadStatus, ending: LeadStatus): LeadStatus =>
  (RANK[ending] ?? 0) > (RANK[status] ?? 0) ? ending : status

/** The statuses that an ending takes a lead out of, for `where status in (…)`. */
export const statusesEndedBy = (ending: LeadStatus): LeadStatus[] =>
  LEAD_STATUSES.filter((status) => status !== ending && ended(status, ending) === ending)
