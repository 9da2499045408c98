import type { Campaign, CampaignCreateRequest, CampaignStepInput, CampaignUpdateRequest } from '@bavlio/sdk/types'

/** What the builder holds: everything a campaign is made of, as its fields are spelled on the wire. */
export type Draft = {
  name: string
  description: string
  dataset_id: string | null
  steps: DraftStep[]
  alias_ids: string[]
  launch_type: 'immediate' | 'scheduled'
  start_date: string | null
  daily_limit: number
  min_interval_seconds: number
  sending_window_start: string
  sending_window_end: string
  timezone: string
  send_days: SendDay[]
  holiday_countries: string[]
  use_lead_timezone: boolean
  allow_overlap: boolean
  stop_company_on_reply: boolean
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
  system_prompt: string
}

export type SendDay = Campaign['send_days'][number]
export type DraftVariant = NonNullable<CampaignStepInput['variants']>[number]
export type DraftStep = {
  delay_days: number
  track_opens: boolean
  track_clicks: boolean
  variants: DraftVariant[]
}

export const SEND_DAYS: { id: SendDay; short: string; long: string }[] = [
  { id: 'mon', short: 'Mon', long: 'Monday' },
  { id: 'tue', short: 'Tue', long: 'Tuesday' },
  { id: 'wed', short: 'Wed', long: 'Wednesday' },
  { id: 'thu', short: 'Thu', long: 'Thursday' },
  { id: 'fri', short: 'Fri', long: 'Friday' },
  { id: 'sat', short: 'Sat', long: 'Saturday' },
  { id: 'sun', short: 'Sun', long: 'Sunday' },
]

export const MOST_STEPS = 10
/** As many as there are letters to name them by on one screen; the API itself knows no limit. */
export const MOST_VARIANTS = 6

export const newVariant = (label: string, weight: number): DraftVariant => ({
  label,
  weight,
  type: 'TEMPLATE',
  template_id: null,
})

export const newStep = (delay_days: number): DraftStep => ({
  delay_days,
  track_opens: false,
  track_clicks: false,
  variants: [newVariant('A', 100)],
})

export const newDraft = (): Draft => ({
  name: '',
  description: '',
  dataset_id: null,
  steps: [newStep(0)],
  alias_ids: [],
  launch_type: 'immediate',
  start_date: null,
  daily_limit: 500,
  min_interval_seconds: 300,
  sending_window_start: '09:00',
  sending_window_end: '17:00',
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
  send_days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  holiday_countries: [],
  use_lead_timezone: false,
  allow_overlap: false,
  stop_company_on_reply: false,
  unreviewed_launch_policy: 'launch_default',
  system_prompt: '',
})

export const draftOf = (campaign: Campaign): Draft => ({
  name: campaign.name,
  description: campaign.description ?? '',
  dataset_id: campaign.dataset_id,
  steps: campaign.steps_config.map(({ delay_days, track_opens, track_clicks, variants }) => ({
    delay_days,
    track_opens,
    track_clicks,
    variants,
  })),
  alias_ids: campaign.alias_ids ?? [],
  launch_type: campaign.launch_type,
  start_date: campaign.start_date,
  daily_limit: campaign.daily_limit,
  min_interval_seconds: campaign.min_interval_seconds,
  sending_window_start: campaign.sending_window_start.slice(0, 5),
  sending_window_end: campaign.sending_window_end.slice(0, 5),
  timezone: campaign.timezone,
  send_days: campaign.send_days,
  holiday_countries: campaign.holiday_countries ?? [],
  use_lead_timezone: campaign.use_lead_timezone,
  allow_overlap: campaign.allow_overlap,
  stop_company_on_reply: campaign.stop_company_on_reply,
  unreviewed_launch_policy: campaign.unreviewed_launch_policy,
  system_prompt: campaign.system_prompt ?? '',
})

const stepsOf = (draft: Draft): CampaignStepInput[] =>
  draft.steps.map((step, index) => ({
    step: index + 1,
    delay_days: step.delay_days,
    channel: 'email',
    track_opens: step.track_opens,
    track_clicks: step.track_clicks,
    ai_personalization_enabled: step.variants.some(({ type }) => type === 'PERSONALIZATION'),
    variants: step.variants.map((variant) => ({
      label: variant.label,
      weight: variant.weight,
      type: variant.type,
      ...(variant.type === 'TEMPLATE'
        ? { template_id: variant.template_id }
        : { sender_profile_id: variant.sender_profile_id }),
    })),
  }))

/** What the request carries; an empty text is no text. */
const wireOf = (draft: Draft) => ({
  ...draft,
  dataset_id: draft.dataset_id ?? '',
  description: draft.description.trim() || null,
  system_prompt: draft.system_prompt.trim() || null,
  holiday_countries: draft.holiday_countries.length ? draft.holiday_countries : null,
  start_date: draft.launch_type === 'scheduled' ? draft.start_date : null,
  steps: stepsOf(draft),
})

export const createRequestOf = (draft: Draft): CampaignCreateRequest => ({ ...wireOf(draft), type: 'email' })

/** Only what differs from the campaign as it is stored, because some of the rest is locked once it runs. */
export const updateRequestOf = (draft: Draft, stored: Draft): CampaignUpdateRequest => {
  const next = wireOf(draft)
  const before = wireOf(stored)
  return Object.fromEntries(
    Object.entries(next).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field as keyof typeof before]),
    ),
  )
}

export const isSameDraft = (one: Draft, other: Draft): boolean => Object.keys(updateRequestOf(one, other)).length === 0

export const nextLabel = (variants: readonly DraftVariant[]): string =>
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((letter) => variants.every(({ label }) => label !== letter)) ?? 'Z'

/** The whole hundred spread evenly; the first ones take what does not divide. */
export const evenWeights = <V extends { weight: number }>(variants: readonly V[]): V[] => {
  const share = Math.floor(100 / variants.length)
  const rest = 100 - share * variants.length
  return variants.map((variant, index) => ({ ...variant, weight: share + (index < rest ? 1 : 0) }))
}
