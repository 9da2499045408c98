import { z } from 'zod'
import { timestamp } from '../../http/params.ts'
import { CampaignStatus } from '../campaigns/schema.ts'

const count = z.int().min(0)
const rate = z.number().min(0).max(1)

/** Distinct leads, except that `sent` and `failed` count messages, of which a lead has one for each step. */
const figures = {
  sent: count.describe('Messages handed over, those refused as undeliverable included.'),
  delivered: count.describe('Accepted with 250 and not bounced since.'),
  opened: count,
  clicked: count,
  replied: count.describe('Answered by a person; a reply belongs to the message it answers.'),
  bounced: count,
  complained: count,
  unsubscribed: count,
  failed: count,
  unknown: count.describe('Messages whose fate a crash hid; ours.'),
  machine_opened: count.describe('Messages opened by prefetchers and scanners, counted apart; ours.'),
  machine_clicked: count.describe('Messages whose links a scanner followed, counted apart; ours.'),
  open_rate: rate.describe('Opened ÷ delivered.'),
  click_rate: rate.describe('Clicked ÷ delivered.'),
  reply_rate: rate.describe('Replied ÷ delivered.'),
  bounce_rate: rate.describe('Bounced ÷ sent.'),
}

const CampaignLinkedInStats = z
  .object({ invites_sent: count, invites_accepted: count, messages_sent: count, replies: count, acceptance_rate: rate })
  .meta({ id: 'CampaignLinkedInStats' })

export const CampaignStats = z
  .object({
    campaign_id: z.uuid(),
    status: CampaignStatus,
    total_leads: count,
    processed_leads: count,
    queued: count.describe(
      'Messages still to be sent: waiting in the queue, and steps that leads have ahead of them now.',
    ),
    in_flight: count.describe('Messages handed over and not yet confirmed.'),
    ...figures,
    lead_status_counts: z.record(z.string(), z.int()).describe('Leads per lead status.'),
    linkedin: CampaignLinkedInStats.nullable().describe('Figures of LinkedIn steps; null without any.'),
    first_sent_at: timestamp.nullable(),
    last_activity_at: timestamp.nullable(),
  })
  .meta({ id: 'CampaignStats' })

export const CampaignVariantPerformance = z
  .object({ label: z.string(), type: z.enum(['TEMPLATE', 'PERSONALIZATION']), ...figures })
  .meta({ id: 'CampaignVariantPerformance' })

export const CampaignStepPerformance = z
  .object({
    campaign_id: z.uuid(),
    steps: z.array(
      z
        .object({
          step_index: z.int().min(1),
          channel: z.enum(['email', 'linkedin']),
          action_type: z.string().nullable(),
          pending: count.describe('Messages of this step that are queued or in flight.'),
          ...figures,
          variants: z.array(CampaignVariantPerformance),
        })
        .meta({ id: 'CampaignStepPerformanceRow' }),
    ),
  })
  .meta({ id: 'CampaignStepPerformance' })

const { unknown: _unknown, machine_opened: _opened, machine_clicked: _clicked, ...publicFigures } = figures

export const CampaignAggregateStats = z
  .object({
    total_campaigns: count,
    active_campaigns: count.describe('Campaigns that send: active and draining.'),
    campaigns_by_status: z.record(z.string(), z.int()),
    total_leads: count,
    ...publicFigures,
  })
  .meta({ id: 'CampaignAggregateStats' })

export const CampaignClickStats = z
  .object({
    campaign_id: z.uuid(),
    tracked_emails: count.describe('Messages sent with link tracking.'),
    total_clicks: count,
    unique_clicks: count.describe('Leads who clicked at least once.'),
    click_rate: rate.describe('Leads who clicked ÷ tracked messages.'),
    links: z.array(
      z
        .object({ url: z.url(), total_clicks: count, unique_clicks: count, last_clicked_at: timestamp.nullable() })
        .meta({ id: 'CampaignLinkClicks' }),
    ),
    last_clicked_at: timestamp.nullable(),
  })
  .meta({ id: 'CampaignClickStats' })
