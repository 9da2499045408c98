/**
 * The states of a campaign and everything that may change them. This is the only table: what is not in it is a 409.
 *
 * A draft is launched by a job (`launching`), waits for its start date if it has one (`scheduled`), sends (`active`),
 * has only follow-ups and replies left (`draining`) and is over (`completed`). Deleting is possible in every state
 * and is not a state.
 */
export const CAMPAIGN_STATUSES = [
  'draft',
  'launching',
  'scheduled',
  'active',
  'draining',
  'paused',
  'completed',
  'failed',
] as const

export type CampaignStatus = (typeof CAMPAIGN_STATUSES)[number]

export type CampaignEvent =
  /** Someone asks for the launch; from `failed` it is a relaunch. */
  | 'launch'
  /** The launch job is through and sending begins. */
  | 'launched'
  /** The launch job is through and the start date is still to come. */
  | 'launched_for_later'
  | 'schedule_reached'
  /** Policy `cancel`: the start came, by date or at once, and AI texts were not reviewed; nothing has been sent. Leads and approvals stay. */
  | 'schedule_cancelled'
  /** Policy `hold`, or `cancel` where something has been sent: AI texts were not reviewed when their turn came. */
  | 'held_for_review'
  /** No lead has its first step ahead of it any more. */
  | 'first_steps_done'
  /** No lead can act again. */
  | 'all_done'
  /** By a person or by the thresholds of auto-pause. */
  | 'pause'
  | 'resume'
  | 'resume_draining'
  | 'resume_scheduled'
  /** The launch, or the start of a scheduled campaign, did not work out. */
  | 'fail'
  /** A PATCH to a failed campaign. */
  | 'edit_failed'

const TRANSITIONS: Record<CampaignStatus, Partial<Record<CampaignEvent, CampaignStatus>>> = {
  draft: { launch: 'launching' },
  launching: {
    launched: 'active',
    launched_for_later: 'scheduled',
    schedule_cancelled: 'draft',
    held_for_review: 'paused',
    fail: 'failed',
  },
  scheduled: {
    schedule_reached: 'active',
    schedule_cancelled: 'draft',
    held_for_review: 'paused',
    pause: 'paused',
    fail: 'failed',
  },
  active: {
    first_steps_done: 'draining',
    all_done: 'completed',
    pause: 'paused',
    held_for_review: 'paused',
    schedule_cancelled: 'draft',
  },
  draining: { all_done: 'completed', pause: 'paused', held_for_review: 'paused', schedule_cancelled: 'draft' },
  // Nothing completes while it is paused: whoever paused it finds it paused, and resuming completes it if nothing is
  // left.
  paused: { resume: 'active', resume_draining: 'draining', resume_scheduled: 'scheduled' },
  completed: {},
  failed: { edit_failed: 'draft', launch: 'launching' },
}

/** The state after an event, or null when the event may not happen in this state (409). */
export const nextState = (state: CampaignStatus, event: CampaignEvent): CampaignStatus | null =>
  TRANSITIONS[state][event] ?? null

/** Whether any event leads straight from one state to the other; staying where one is, is no transition. */
export const canTransition = (from: CampaignStatus, to: CampaignStatus): boolean =>
  Object.values(TRANSITIONS[from]).includes(to)

/** The states in which an event may happen, for `where status in (…)` and for messages. */
export const statesThatAllow = (event: CampaignEvent): CampaignStatus[] =>
  CAMPAIGN_STATUSES.filter((state) => nextState(state, event) !== null)

/** A campaign in one of these sends; in all others the dispatcher passes over it. */
export const isSending = (status: CampaignStatus): boolean => status === 'active' || status === 'draining'

/**
 * Which resume a paused campaign needs: it goes back to waiting for its start date if it never started, to `draining`
 * when no first step is left, else to `active`. `starts_later` compares the start date with the workspace's clock; a
 * date that passed during the pause does not count, so such a campaign begins at once.
 */
export const resumeEvent = (campaign: {
  starts_later: boolean
  first_steps_left: boolean
}): 'resume' | 'resume_draining' | 'resume_scheduled' =>
  campaign.starts_later ? 'resume_scheduled' : campaign.first_steps_left ? 'resume' : 'resume_draining'

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

const WHAT: Record<'launch' | 'pause' | 'resume', string> = {
  launch: 'be launched',
  pause: 'be paused',
  resume: 'be resumed',
}

/** The text of the 409 for what a person asked for, or null when it may be done. */
export const transitionRefusal = (state: CampaignStatus, event: 'launch' | 'pause' | 'resume'): string | null =>
  nextState(state, event)
    ? null
    : `Only a campaign that is ${listed(statesThatAllow(event))} can ${WHAT[event]}; this one is ${state}.`

/** What a PATCH may carry, in the names of the request, and the fields that a create sets for good. */
export type CampaignField =
  | 'name'
  | 'description'
  | 'daily_limit'
  | 'sending_window_start'
  | 'sending_window_end'
  | 'min_interval_seconds'
  | 'timezone'
  | 'send_days'
  | 'holiday_countries'
  | 'launch_type'
  | 'start_date'
  | 'alias_ids'
  | 'connected_account_id'
  | 'steps'
  | 'dataset_id'
  | 'type'
  | 'system_prompt'
  | 'unreviewed_launch_policy'
  | 'use_lead_timezone'
  | 'allow_overlap'
  | 'stop_company_on_reply'
  | 'playground_discovery_dismissed_at'

/**
 * When a field may change. `always`: never locked. `until_over`: pacing and rules that are read at each send.
 * `until_start`: has its effect when sending begins. `before_launch`: the launch builds the leads from it.
 */
type Lock = 'always' | 'until_over' | 'until_start' | 'before_launch'

const LOCKS: Record<CampaignField, { lock: Lock; because: string }> = {
  name: { lock: 'always', because: '' },
  description: { lock: 'always', because: '' },
  playground_discovery_dismissed_at: { lock: 'always', because: '' },
  daily_limit: { lock: 'until_over', because: '' },
  sending_window_start: { lock: 'until_over', because: '' },
  sending_window_end: { lock: 'until_over', because: '' },
  min_interval_seconds: { lock: 'until_over', because: '' },
  timezone: { lock: 'until_over', because: '' },
  send_days: { lock: 'until_over', because: '' },
  holiday_countries: { lock: 'until_over', because: '' },
  stop_company_on_reply: { lock: 'until_over', because: '' },
  unreviewed_launch_policy: { lock: 'until_over', because: '' },
  alias_ids: { lock: 'until_over', because: '' },
  start_date: { lock: 'until_start', because: 'it has started' },
  launch_type: { lock: 'before_launch', because: 'it decides how the launch goes' },
  steps: { lock: 'before_launch', because: 'leads already have their variants and may have had some of the steps' },
  dataset_id: { lock: 'before_launch', because: 'its leads were made from that dataset' },
  type: { lock: 'before_launch', because: 'its steps and leads were made for that channel' },
  connected_account_id: { lock: 'before_launch', because: 'its conversations belong to that account' },
  system_prompt: { lock: 'before_launch', because: 'approved texts were written with that prompt' },
  use_lead_timezone: { lock: 'before_launch', because: 'each lead was given its time zone at launch' },
  allow_overlap: { lock: 'before_launch', because: 'leads were chosen by it at launch' },
}

const lockReason = (status: CampaignStatus, field: CampaignField): string | null => {
  const { lock, because } = LOCKS[field]
  if (status === 'draft' || status === 'failed' || lock === 'always') return null
  if (status === 'completed') return `${field} cannot change any more: the campaign is completed and sends nothing.`
  if (status === 'launching' && (lock !== 'until_over' || field === 'alias_ids')) {
    return `${field} cannot change while the launch is making the leads; try again when it is through.`
  }
  if (lock === 'until_over') return null
  if (lock === 'until_start') {
    return status === 'scheduled' ? null : `${field} cannot change: the campaign is ${status}, ${because}.`
  }
  return `${field} can only change before the launch: ${because}.`
}

/**
 * The fields that may not change in this state, each with the reason for the 409. A draft and a failed campaign have
 * none (a PATCH takes a failed one back to draft). Aliases are open while the campaign runs, but only for additions:
 * see aliasChangeRefusal.
 */
export const lockedFields = (status: CampaignStatus): ReadonlyMap<CampaignField, string> => {
  const locked = new Map<CampaignField, string>()
  for (const field of Object.keys(LOCKS) as CampaignField[]) {
    const reason = lockReason(status, field)
    if (reason) locked.set(field, reason)
  }
  return locked
}

/**
 * Why a change of the sending addresses is refused, or null. Once leads have their address, which is theirs for the
 * whole sequence, addresses may be added but not taken away.
 */
export const aliasChangeRefusal = (
  status: CampaignStatus,
  current: readonly string[],
  next: readonly string[],
): string | null => {
  if (status === 'draft' || status === 'failed') return null
  const locked = lockReason(status, 'alias_ids')
  if (locked) return locked
  const removed = current.filter((id) => !next.includes(id))
  if (removed.length === 0) return null
  return `alias_ids can only be added to after the launch: leads are in conversation with ${removed.join(', ')}.`
}
