import { z } from 'zod'
import { timestamp } from '../../http/params.ts'

export const HealthResponse = z.object({ status: z.literal('healthy'), timestamp }).meta({ id: 'HealthResponse' })

export const ReadinessResponse = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    services: z.record(z.string(), z.boolean()).describe('Service name to readiness.'),
    timestamp,
  })
  .meta({ id: 'ReadinessResponse' })

export const ServiceState = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    latency_ms: z.number().min(0).nullable(),
    detail: z.string().nullable(),
  })
  .meta({ id: 'ServiceState' })

export const SystemStatusResponse = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    services: z.record(z.string(), ServiceState).describe('database, queue, mail'),
    version: z.string().nullable(),
    timestamp,
  })
  .meta({ id: 'SystemStatusResponse' })

const flags = [
  'agent',
  'campaigns',
  'playground',
  'named_prompts',
  'linkedin',
  'linkedin_content',
  'bavimail',
  'email_finder',
  'email_verification',
  'lead_finder',
  'enrichment_chat',
  'google_sheets',
  'language_models',
  'billing',
  'referrals',
  'x402',
] as const

export type Flag = (typeof flags)[number]

export const Capabilities = z
  .object(Object.fromEntries(flags.map((flag) => [flag, z.boolean()])) as Record<Flag, z.ZodBoolean>)
  .describe('Feature switches; clients treat an absent flag as false.')
  .meta({ id: 'Capabilities' })

/** What this version can do. A flag turns true in the change that makes it true; google_sheets and language_models follow from the settings and the workspace. */
export const capabilities: Record<Flag, boolean> = {
  agent: false,
  campaigns: true,
  playground: false,
  named_prompts: false,
  linkedin: false,
  linkedin_content: false,
  bavimail: true,
  email_finder: false,
  email_verification: false,
  lead_finder: false,
  enrichment_chat: false,
  google_sheets: false,
  language_models: false,
  billing: false,
  referrals: false,
  x402: false,
}
