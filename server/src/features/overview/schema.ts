import { z } from 'zod'
import { timestamp } from '../../http/params.ts'
import { CampaignStatus } from '../campaigns/schema.ts'

const count = z.int().min(0)

export const OverviewQuery = z.object({
  days: z.coerce
    .number()
    .int()
    .min(1)
    .max(90)
    .default(30)
    .describe('Calendar days of the workspace’s zone, the present one last.'),
})

const figures = {
  sent: count,
  delivered: count.describe('Accepted, and not bounced since.'),
  opened: count,
  clicked: count,
  bounced: count,
  complained: count,
  replied: count.describe('Answers of people that came within the time.'),
}

const campaign = { campaign_id: z.uuid(), name: z.string(), status: CampaignStatus }

export const Overview = z
  .object({
    now: timestamp.describe('The workspace’s present.'),
    timezone: z.string().describe('The days are those of this zone.'),
    days: count,
    totals: z.object(figures),
    previous: z.object(figures).describe('The same over as many days before.'),
    series: z.array(z.object({ day: z.iso.date(), ...figures })).describe('Every day, oldest first.'),
    needs: z
      .object({
        answers: count.describe('Open threads in which a person wrote last.'),
        drafts: z
          .array(z.object({ ...campaign, drafts: count }))
          .describe('Campaigns with written texts that nobody has approved, of leads whose step is still to come.'),
        paused: z.array(z.object({ ...campaign, reason: z.string().nullable(), since: timestamp })),
        domains: z.array(
          z.object({
            domain_id: z.uuid(),
            domain: z.string(),
            status: z.string(),
            problem: z.string().nullable(),
            failing_since: timestamp.nullable(),
          }),
        ),
        mailboxes: z.array(z.object({ mailbox_id: z.uuid(), email: z.string(), problem: z.string().nullable() })),
        alerts: count.describe('Unread.'),
      })
      .describe('What waits for a person.'),
    campaigns: z.array(z.object({ status: CampaignStatus, count })).describe('How many there are in each state.'),
    first_run: z
      .object({
        has_sender: z.boolean().describe('An alias of a verified domain.'),
        has_leads: z.boolean().describe('A dataset with rows.'),
        has_campaign: z.boolean(),
        has_launched: z.boolean(),
      })
      .describe('How far the first campaign is.'),
  })
  .meta({ id: 'Overview' })
