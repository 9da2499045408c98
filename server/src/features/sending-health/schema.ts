import { z } from 'zod'
import { timestamp } from '../../http/params.ts'

export const HealthBand = z
  .enum(['unknown', 'healthy', 'warning', 'critical', 'blocked'])
  .meta({ id: 'HealthBand', description: 'unknown: fewer than 50 accepted messages in the last 7 days.' })

const figures = {
  band: HealthBand,
  accepted: z.int().min(0).describe('Messages that a receiving server took in the last 7 days.'),
  hard_bounces: z.int().min(0),
  complaints: z.int().min(0),
  hard_bounce_rate: z.number().nullable().describe('Share of the accepted messages, 0 to 1.'),
  complaint_rate: z.number().nullable().describe('Share of the accepted messages, 0 to 1.'),
  reasons: z.array(z.string()),
  since: timestamp.nullable().describe('Since when the band holds; null before the first judgement.'),
  lifted_until: timestamp.nullable().describe('Until when somebody has lifted the block.'),
}

export const SendingHealth = z
  .object({
    workspace: z.object(figures),
    domains: z.array(z.object({ domain_id: z.uuid(), domain: z.string(), ...figures })),
    lines: z
      .object({
        smallest_sample: z.int(),
        complaints: z.array(z.object({ band: HealthBand, rate: z.number(), least: z.int() })),
        hard_bounces: z.array(z.object({ band: HealthBand, rate: z.number(), least: z.int() })),
      })
      .describe('A rate on a line, with at least so many events, is over it.'),
  })
  .meta({ id: 'SendingHealth' })

export const LiftBlockRequest = z
  .object({
    domain_id: z.uuid().nullish().describe('The domain whose block is lifted; the workspace’s own when absent.'),
    note: z.string().trim().min(3).max(1000).describe('Why it is safe to go on; kept in the audit log.'),
  })
  .meta({ id: 'LiftBlockRequest' })
