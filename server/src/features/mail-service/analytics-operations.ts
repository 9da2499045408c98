import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { timestamp } from '../../http/params.ts'
import {
  type DeliverabilityFigures,
  type DeliverabilityScope,
  readFigures,
  readPoints,
  readRecent,
} from './deliverability.ts'

const tag = 'mail-service'
const HOUR_MS = 3_600_000
const HOURS = { '24h': 24, '7d': 7 * 24, '30d': 30 * 24, '90d': 90 * 24 }

const range = z.enum(['24h', '7d', '30d', '90d']).default('30d').describe('How far back from now.')
const bucket = z.enum(['hour', 'day'])
const scope = { alias_id: z.uuid().optional(), domain_id: z.uuid().optional() }
const count = z.int().min(0)
const rate = z.number().min(0).max(1)
const figures = { delivered: count, bounced: count, complained: count, opened: count, clicked: count }

// Known clients unpack this object: a key more or less breaks them.
const Summary = z
  .strictObject({
    range,
    total_sent: count,
    ...figures,
    delivery_rate: rate.describe('delivered ÷ total_sent.'),
    bounce_rate: rate.describe('bounced ÷ total_sent.'),
    complaint_rate: rate.describe('complained ÷ delivered.'),
    open_rate: rate.describe('opened ÷ delivered.'),
    click_rate: rate.describe('clicked ÷ delivered.'),
  })
  .meta({
    id: 'MailDeliverabilitySummary',
    description: 'Messages that left in this time; machines’ opens and clicks do not count.',
  })

const Timeseries = z
  .object({
    range,
    bucket,
    points: z.array(z.object({ bucket_start: timestamp, sent: count, ...figures })),
  })
  .meta({ id: 'MailDeliverabilityTimeseries' })

const Recent = z
  .object({
    rows: z.array(
      z.object({
        email_id: z.uuid(),
        conversation_id: z.uuid().nullable(),
        subject: z.string(),
        recipient: z.string(),
        status: z.string(),
        sent_at: timestamp,
        delivered_at: timestamp.nullable(),
        open_count: count,
        click_count: count,
        bounce_type: z.string().nullable().describe('Permanent or Transient.'),
        complaint_feedback_type: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'MailDeliverabilityRecent' })

const spanOf = (name: keyof typeof HOURS, now: Date) => ({
  from: new Date(now.getTime() - HOURS[name] * HOUR_MS),
  to: now,
})
const scopeOf = (workspaceId: string, query: { alias_id?: string; domain_id?: string }): DeliverabilityScope => ({
  workspace_id: workspaceId,
  alias_id: query.alias_id,
  domain_id: query.domain_id,
})
/** A share, four digits behind the point; bounced mail may have been opened, so it is capped. */
const share = (part: number, whole: number): number =>
  whole ? Math.min(1, Math.round((part / whole) * 10_000) / 10_000) : 0

const summarise = (chosen: keyof typeof HOURS, { sent, ...rest }: DeliverabilityFigures) => ({
  range: chosen,
  total_sent: sent,
  ...rest,
  delivery_rate: share(rest.delivered, sent),
  bounce_rate: share(rest.bounced, sent),
  complaint_rate: share(rest.complained, rest.delivered),
  open_rate: share(rest.opened, rest.delivered),
  click_rate: share(rest.clicked, rest.delivered),
})

const mailDeliverabilitySummary = defineOperation({
  id: 'mail_deliverability_summary',
  method: 'GET',
  path: '/mail/v1/analytics/deliverability/summary',
  tag,
  summary: 'Deliverability in figures',
  description: 'Counts the messages that left in the range, with what became of each by now.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ range, ...scope }),
  responses: { 200: Summary },
  handle: async ({ workspace, query, now }, deps) => {
    const { from, to } = spanOf(query.range, now)
    return summarise(query.range, await readFigures(deps.db, scopeOf(workspace.workspace_id, query), from, to))
  },
})

const mailDeliverabilityTimeseries = defineOperation({
  id: 'mail_deliverability_timeseries',
  method: 'GET',
  path: '/mail/v1/analytics/deliverability/timeseries',
  tag,
  summary: 'Deliverability over time',
  description:
    'The figures of the summary by the hour or day in which a message left, empty ones too. Days are those of the workspace’s zone. Without bucket: hours for 24h, days otherwise.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ range, bucket: bucket.optional(), ...scope }),
  responses: { 200: Timeseries },
  handle: async ({ workspace, query, now }, deps) => {
    const chosen = query.bucket ?? (query.range === '24h' ? 'hour' : 'day')
    const span = { ...spanOf(query.range, now), bucket: chosen, zone: workspace.timezone } as const
    const points = await readPoints(deps.db, scopeOf(workspace.workspace_id, query), span)
    return { range: query.range, bucket: chosen, points }
  },
})

const mailDeliverabilityRecent = defineOperation({
  id: 'mail_deliverability_recent',
  method: 'GET',
  path: '/mail/v1/analytics/deliverability/recent',
  tag,
  summary: 'The newest messages and what became of them',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20), ...scope }),
  responses: { 200: Recent },
  handle: async ({ workspace, query }, deps) => ({
    rows: await readRecent(deps.db, scopeOf(workspace.workspace_id, query), query.limit),
  }),
})

const window = { window_start: timestamp, window_end: timestamp }
const newerScope = { inbox_id: z.uuid().optional(), domain_id: z.uuid().optional() }

const mailOutboundSummary = defineOperation({
  id: 'mail_outbound_summary',
  method: 'GET',
  path: '/mail/v1/outbound-emails/summary',
  tag,
  summary: 'Deliverability in figures, with its window',
  description: 'The figures of the deliverability summary, where clients from 1.0 on ask.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ range, ...newerScope }),
  responses: { 200: Summary.extend(window).meta({ id: 'MailOutboundSummary' }) },
  handle: async ({ workspace, query: { inbox_id, ...query }, now }, deps) => {
    const { from, to } = spanOf(query.range, now)
    const scope = scopeOf(workspace.workspace_id, { ...query, alias_id: inbox_id })
    return {
      ...summarise(query.range, await readFigures(deps.db, scope, from, to)),
      window_start: from,
      window_end: to,
    }
  },
})

const mailOutboundTimeseries = defineOperation({
  id: 'mail_outbound_timeseries',
  method: 'GET',
  path: '/mail/v1/outbound-emails/timeseries',
  tag,
  summary: 'Deliverability over time, with its window',
  description: 'The points of the deliverability series, where clients from 1.0 on ask.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  query: z.object({ range, bucket: bucket.optional(), ...newerScope }),
  responses: { 200: Timeseries.extend(window).meta({ id: 'MailOutboundTimeseries' }) },
  handle: async ({ workspace, query: { inbox_id, ...query }, now }, deps) => {
    const chosen = query.bucket ?? (query.range === '24h' ? 'hour' : 'day')
    const { from, to } = spanOf(query.range, now)
    const scope = scopeOf(workspace.workspace_id, { ...query, alias_id: inbox_id })
    const points = await readPoints(deps.db, scope, { from, to, bucket: chosen, zone: workspace.timezone })
    return { range: query.range, bucket: chosen, window_start: from, window_end: to, points }
  },
})

export const analyticsOperations: Operation[] = [
  mailOutboundSummary,
  mailOutboundTimeseries,
  mailDeliverabilitySummary,
  mailDeliverabilityTimeseries,
  mailDeliverabilityRecent,
]
