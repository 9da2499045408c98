import { z } from 'zod'
import { cursorParam, limitParam, offsetParam, pageFields, pageParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp, timestampInput } from '../../http/params.ts'

const CLOCK_TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/

export const CampaignStatus = z
  .enum(['draft', 'launching', 'scheduled', 'active', 'draining', 'paused', 'completed', 'failed'])
  .meta({
    id: 'CampaignStatus',
    description:
      'draft -> launching -> active (or scheduled until start_date) -> draining -> completed; paused and failed branch off.',
  })
export type CampaignStatus = z.output<typeof CampaignStatus>

export const SendDay = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])

export const CampaignStepVariant = z
  .object({
    label: z.string().min(1).max(10).describe('Variant label, unique inside the step, such as A or B.'),
    weight: z.int().min(0).max(100).describe('Share of leads in percent; the weights of a step add up to 100.'),
    type: z
      .enum(['TEMPLATE', 'PERSONALIZATION'])
      .describe('TEMPLATE fills placeholders of a template; PERSONALIZATION has the text written by AI per lead.'),
    template_id: z
      .uuid()
      .nullable()
      .optional()
      .describe('Needed for TEMPLATE. Becomes null when the template is deleted.'),
    sender_profile_id: z.uuid().nullable().optional().describe('Needed for PERSONALIZATION: who is writing.'),
  })
  .meta({ id: 'CampaignStepVariant' })

export const CampaignStep = z
  .object({
    step: z.int().min(1).describe('Position in the sequence, counted from 1.'),
    delay_days: z.int().min(0).describe('Calendar days to wait after the step before this one was sent.'),
    channel: z.enum(['email', 'linkedin']).default('email'),
    variants: z.array(CampaignStepVariant).default([]).describe('A/B variants; an e-mail step needs at least one.'),
    ai_personalization_enabled: z.boolean().default(true).describe('Whether AI may write the text of this step.'),
    track_clicks: z.boolean().default(false).describe('Rewrite links so clicks are counted.'),
    track_opens: z.boolean().default(false).describe('Add an open pixel; ours, beside the public fields.'),
    action_type: z
      .enum(['connection_request', 'message'])
      .nullable()
      .optional()
      .describe('LinkedIn steps only: what to do.'),
    message_template: z.string().nullable().optional().describe('LinkedIn steps only: text, with placeholders.'),
  })
  .meta({ id: 'CampaignStep' })
export type CampaignStep = z.output<typeof CampaignStep>

const name = z.string().min(1).max(255)
const description = z.string().max(1000)
const dailyLimit = z.int().min(1).max(10000)
const clockTime = z.string().regex(CLOCK_TIME)
const interval = z.int().min(60).max(3600)
const steps = z.array(CampaignStep).min(1).max(10)
const systemPrompt = z.string().min(100).max(5000)
const policy = z.enum(['launch_default', 'hold', 'cancel'])
const sendDays = z.array(SendDay).meta({ uniqueItems: true })
const countries = z.array(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)).max(20)

/** Fields that are ours, beside the public ones. */
const ours = {
  use_lead_timezone: z
    .boolean()
    .optional()
    .describe('Read the window in each lead’s own zone (its timezone column); ours.'),
  holiday_countries: countries
    .nullable()
    .optional()
    .describe('Skip the public holidays of these countries (ISO 3166, with region if wanted); ours.'),
  allow_overlap: z.boolean().optional().describe('Take leads whose address is active in another campaign; ours.'),
  stop_company_on_reply: z
    .boolean()
    .optional()
    .describe('A human reply stops everybody at the same company domain; ours.'),
}

export const CampaignCreateRequest = z
  .object({
    name,
    dataset_id: z.uuid().describe('Dataset whose rows become the leads.'),
    steps,
    description: description.nullable().optional(),
    type: z.enum(['email', 'linkedin', 'mixed']).default('email'),
    alias_ids: z
      .array(z.string())
      .nullable()
      .optional()
      .describe('Sending aliases; needed when e-mail steps are present.'),
    connected_account_id: z
      .uuid()
      .nullable()
      .optional()
      .describe('LinkedIn account; needed when LinkedIn steps are present.'),
    launch_type: z.enum(['immediate', 'scheduled']).default('immediate'),
    start_date: timestampInput.nullable().optional().describe('Needed when launch_type is scheduled.'),
    daily_limit: dailyLimit.default(500).describe('Most messages per calendar day of the campaign’s zone.'),
    sending_window_start: clockTime.default('09:00:00'),
    sending_window_end: clockTime.default('17:00:00').describe('Before the start it means the next morning.'),
    min_interval_seconds: interval.default(300).describe('Least pause between two messages of one alias.'),
    timezone: z.string().default('UTC').describe('IANA zone in which the window is read.'),
    send_days: sendDays.optional().describe('Days on which to send; Monday to Friday when absent.'),
    system_prompt: systemPrompt.nullable().optional(),
    unreviewed_launch_policy: policy.default('launch_default'),
    ...ours,
  })
  .meta({ id: 'CampaignCreateRequest' })
export type CampaignCreateRequest = z.output<typeof CampaignCreateRequest>

export const CampaignUpdateRequest = z
  .object({
    name: name.nullable(),
    description: description.nullable(),
    daily_limit: dailyLimit.nullable(),
    sending_window_start: clockTime.nullable(),
    sending_window_end: clockTime.nullable(),
    min_interval_seconds: interval.nullable(),
    timezone: z.string().nullable(),
    send_days: sendDays.nullable(),
    launch_type: z.enum(['immediate', 'scheduled']).nullable(),
    start_date: timestampInput.nullable(),
    alias_ids: z.array(z.string()).nullable(),
    connected_account_id: z.uuid().nullable(),
    steps: steps.nullable().describe('Only while the campaign is a draft.'),
    system_prompt: systemPrompt.nullable().describe('Null clears it, absent keeps it; an empty string is refused.'),
    unreviewed_launch_policy: policy.nullable(),
    playground_discovery_dismissed_at: timestampInput.nullable().describe('When the user closed the playground hint.'),
    dataset_id: z.uuid().describe('Only while the campaign is a draft; ours.'),
    ...ours,
  })
  .partial()
  .meta({ id: 'CampaignUpdateRequest' })
export type CampaignUpdateRequest = z.output<typeof CampaignUpdateRequest>

const count = z.int().min(0)
const rate = z.number().min(0).max(1)

export const CampaignFigures = z
  .object({
    sent: count,
    delivered: count,
    in_flight: count,
    opened: count,
    clicked: count,
    replied: count,
    bounced: count,
    complained: count,
    unsubscribed: count,
    failed: count,
    open_rate: rate,
    click_rate: rate,
    reply_rate: rate,
    bounce_rate: rate,
  })
  .meta({ id: 'CampaignFigures', description: 'The figures of get_campaign_stats, in short; ours.' })

export const Campaign = z
  .object({
    campaign_id: z.uuid(),
    user_id: z.uuid(),
    dataset_id: z.uuid(),
    name: z.string(),
    type: z.enum(['email', 'linkedin', 'mixed']),
    status: CampaignStatus,
    launch_type: z.enum(['immediate', 'scheduled']),
    daily_limit: z.int(),
    sending_window_start: z.string().regex(CLOCK_TIME),
    sending_window_end: z.string().regex(CLOCK_TIME),
    min_interval_seconds: z.int(),
    timezone: z.string(),
    steps_config: z.array(CampaignStep),
    send_days: z.array(SendDay),
    created_at: timestamp,
    updated_at: timestamp,
    description: z.string().nullable(),
    start_date: timestamp.nullable(),
    alias_ids: z.array(z.string()).nullable(),
    connected_account_id: z.uuid().nullable(),
    total_leads: z.int().min(0).nullable(),
    processed_leads: z.int().min(0).describe('Leads whose first step has been decided: sent, skipped or stopped.'),
    launch_job_id: z.string().nullable().describe('Background job that carries out the launch; see /api/v1/jobs.'),
    launch_requested_at: timestamp.nullable(),
    launch_error: z.string().nullable().describe('Why the last launch failed.'),
    system_prompt: z.string().nullable(),
    unreviewed_launch_policy: policy,
    paused_reason: z.string().nullable().describe('Why it is paused, for instance by the user or for its bounce rate.'),
    playground_discovery_dismissed_at: timestamp.nullable(),
    use_lead_timezone: z.boolean(),
    holiday_countries: z.array(z.string()).nullable(),
    allow_overlap: z.boolean(),
    stop_company_on_reply: z.boolean(),
    figures: CampaignFigures.optional().describe('Only in a list that was asked for them; ours.'),
  })
  .meta({ id: 'Campaign' })

export const CampaignList = z.object({ items: z.array(Campaign), ...pageFields }).meta({ id: 'CampaignList' })

export const LaunchWarning = z
  .object({
    code: z.enum([
      'missing_email',
      'invalid_email',
      'duplicate_lead',
      'suppressed',
      'missing_linkedin_url',
      'missing_variable',
      'risky_email',
      'unreviewed_drafts',
      'alias_unverified',
      'account_unhealthy',
      'insufficient_credits',
      'other',
      'no_leads',
      'missing_opt_out',
      'missing_postal_address',
      'window_never_opens',
      'address_active_elsewhere',
    ]),
    message: z.string(),
    severity: z.enum(['info', 'warning', 'blocking']).default('warning'),
    row_index: z.int().min(0).nullable().describe('Dataset row, when the warning is about one row.'),
    step_index: z.int().min(1).nullable(),
    affected_rows: z.int().min(0).default(0),
    details: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'LaunchWarning' })
export type LaunchWarning = z.output<typeof LaunchWarning>

export const LaunchSummary = z
  .object({
    total_rows: z.int().min(0).describe('Rows in the dataset.'),
    launchable_rows: z.int().min(0).describe('Rows that become leads.'),
    warning_count: z.int().min(0),
  })
  .meta({ id: 'LaunchSummary' })
export type LaunchSummary = z.output<typeof LaunchSummary>

export const LaunchResult = z
  .object({ campaign: Campaign, summary: LaunchSummary, warnings: z.array(LaunchWarning) })
  .meta({ id: 'LaunchResult' })

export const Forecast = z
  .object({
    first_send_at: timestamp.nullable(),
    last_send_at: timestamp.nullable().describe('Null when it would take longer than the forecast looks.'),
    messages: z.int().min(0),
    days: z.array(z.object({ date: z.iso.date(), planned: z.int().min(0) })),
  })
  .meta({ id: 'LaunchForecast', description: 'When everything would have gone out if nobody answered; ours.' })

export const LaunchPreflight = z
  .object({
    campaign_id: z.uuid(),
    can_launch: z.boolean().describe('False when a blocking warning is present.'),
    summary: LaunchSummary,
    warnings: z.array(LaunchWarning),
    estimated_credits: z.int().min(0).describe('Credits the launch would use for AI personalization.'),
    forecast: Forecast.nullable(),
  })
  .meta({ id: 'LaunchPreflight' })

export const LaunchWarnings = z
  .object({
    campaign_id: z.uuid(),
    warnings: z.array(LaunchWarning),
    summary: LaunchSummary.nullable(),
    launched_at: timestamp.nullable(),
  })
  .meta({ id: 'LaunchWarnings' })

export const CampaignParams = z.object({ campaign_id: idParam })

export const CampaignListQuery = z.object({
  status_filter: CampaignStatus.nullable().optional().describe('Only campaigns in this status.'),
  search: z.string().nullable().optional().describe('Part of the campaign name.'),
  name: z.string().nullable().optional().describe('Exact campaign name.'),
  include_figures: booleanParam(false).describe('The figures of each campaign beside it; ours.'),
  ...pageParams(20, 100),
  limit: limitParam(100).nullable(),
  offset: offsetParam.nullable(),
  cursor: cursorParam,
})

export const TemplatePreviewQuery = z.object({
  step_index: z.coerce.number().int().min(0).default(0).describe('Index into steps_config, counted from 0.'),
  variant_label: z.string().default('A').describe('Variant to render.'),
  lead_row_index: z.coerce.number().int().min(0).default(0).describe('Dataset row to use.'),
})

export const TemplatePreview = z
  .object({
    campaign_id: z.uuid(),
    step_index: z.int().min(0),
    variant_label: z.string(),
    lead_row_index: z.int().min(0),
    subject: z.string(),
    body: z.string(),
    variables: z.record(z.string(), z.string().nullable()).describe('Placeholder names and the values put in.'),
    missing_variables: z.array(z.string()).describe('Placeholders for which the row has no value.'),
    body_text: z.string(),
  })
  .meta({ id: 'TemplatePreview' })
