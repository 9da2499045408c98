import { z } from 'zod'
import { cursorFields, listParams, pageFields, pageParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { LEAD_STATUSES } from '../campaigns/lead-state.ts'

export const CampaignLeadStatus = z.enum(LEAD_STATUSES).meta({
  id: 'CampaignLeadStatus',
  description:
    'Where one lead stands in the sequence. postponed waits for the return from an absence; unknown had a message whose fate a crash hid.',
})

export const LeadTextState = z.enum(['writing', 'review', 'rejected', 'failed']).meta({
  id: 'LeadTextState',
  description:
    'Why a lead whose turn has come waits for its text: it is being written, waits for a review, did not pass its checks, or could not be written.',
})

export const CampaignLead = z
  .object({
    campaign_lead_id: z.uuid(),
    campaign_id: z.uuid(),
    row_index: z.int().min(0).describe('Row of the dataset.'),
    status: CampaignLeadStatus,
    email: z.email().nullable(),
    linkedin_url: z.url().nullable(),
    lead_data: z.record(z.string(), z.unknown()).describe('The dataset row, for display.'),
    current_step: z.int().min(0).describe('Last step carried out; 0 before the first.'),
    variant_assignments: z.record(z.string(), z.string()).describe('Variant label per step number.'),
    approved_steps: z.array(z.int().min(1)).describe('Steps whose e-mail text is frozen.'),
    next_action_at: timestamp.nullable(),
    last_action_at: timestamp.nullable(),
    last_event: z.string().nullable(),
    error: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    alias_id: z.uuid().nullable().describe('The sending alias of this lead, the same for the whole sequence.'),
    stop_reason: z.string().nullable(),
    text_state: LeadTextState.nullable(),
  })
  .meta({ id: 'CampaignLead' })

export const CampaignLeadList = z
  .object({ items: z.array(CampaignLead), ...pageFields })
  .meta({ id: 'CampaignLeadList' })

export const CampaignLeadEvent = z
  .object({
    event_id: z.uuid(),
    event_type: z.enum([
      'scheduled',
      'sent',
      'delivered',
      'opened',
      'clicked',
      'replied',
      'bounced',
      'complained',
      'unsubscribed',
      'failed',
      'cancelled',
      'invite_sent',
      'invite_accepted',
      'message_sent',
      'deferred',
      'auto_replied',
      'postponed',
      'stopped',
      'voided',
    ]),
    occurred_at: timestamp,
    channel: z.enum(['email', 'linkedin']),
    step_index: z.int().min(1).nullable(),
    variant_label: z.string().nullable(),
    email_id: z.string().nullable().describe('Message id at the mail service.'),
    subject: z.string().nullable(),
    url: z.string().nullable().describe('Clicked link.'),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'CampaignLeadEvent' })

export const CampaignLeadEvents = z
  .object({
    campaign_id: z.uuid(),
    campaign_lead_id: z.uuid(),
    items: z.array(CampaignLeadEvent).describe('Oldest first.'),
    ...cursorFields,
  })
  .meta({ id: 'CampaignLeadEvents' })

export const LeadExplanation = z
  .object({
    campaign_id: z.uuid(),
    campaign_lead_id: z.uuid(),
    status: CampaignLeadStatus,
    next_step: z.int().min(1).nullable().describe('Null when nothing more will be sent.'),
    due_at: timestamp.nullable().describe('When the sequence alone would send it.'),
    earliest_at: timestamp.nullable().describe('The earliest moment that every limit known now allows.'),
    limit: z
      .enum([
        'none',
        'campaign_state',
        'campaign_daily',
        'alias_daily',
        'alias_interval',
        'domain_daily',
        'provider_daily',
        'window',
        'holiday',
        'suppression',
        'domain_unverified',
        'text',
        'in_hand',
        'finished',
      ])
      .describe('What binds.'),
    until: timestamp.nullable().describe('When that limit lets go.'),
    detail: z.string().describe('The same in words.'),
    alias_id: z.uuid().nullable(),
    now: timestamp.describe('The workspace’s present.'),
  })
  .meta({ id: 'LeadExplanation', description: 'What happens next for one lead, when, and which limit binds.' })

export const CampaignLeadDetail = CampaignLead.extend({
  explanation: LeadExplanation,
  events_path: z.string().describe('Where its timeline is read.'),
}).meta({ id: 'CampaignLeadDetail' })

export const LeadParams = z.object({ campaign_id: idParam, campaign_lead_id: idParam })

export const LeadListQuery = z.object({
  status_filter: CampaignLeadStatus.nullable().optional(),
  text_state: LeadTextState.optional().describe('Only leads that wait for their text like this; ours.'),
  search: z.string().max(320).optional().describe('Part of the address; ours.'),
  ...pageParams(50, 200),
  ...listParams(200),
})

export const LeadEventsQuery = z.object(listParams(200))
