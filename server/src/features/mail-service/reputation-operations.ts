import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { timestamp } from '../../http/params.ts'
import { COMPLAINT_LINES, HARD_BOUNCE_LINES } from '../../sending-health.ts'
import { readHealth } from '../sending-health/read-health.ts'

const WEEK_MS = 7 * 86_400_000
const count = z.int().min(0)
const rate = z.number().min(0)
const text = z.string().nullable()
const instant = timestamp.nullable()

const blockingRate = (lines: typeof COMPLAINT_LINES): number => lines.find(({ band }) => band === 'blocked')?.rate ?? 0

const SendingControl = z
  .object({
    state: z
      .enum(['active', 'suspended_aws'])
      .describe('suspended_aws is the word that clients know for a block by figures; no other provider is involved.'),
    blocked: z.boolean(),
    reason_code: text,
    reason_summary: text,
    blocked_at: instant,
    unblocked_at: instant.describe('Always null: a block ends when its figures recover.'),
    last_evaluated_at: instant,
    aws_metric_window_start: instant,
    aws_metric_window_end: instant,
    aws_sent_count: count.describe('Messages that a receiving server took in the window.'),
    aws_bounce_count: count.describe('Hard bounces.'),
    aws_complaint_count: count,
    aws_bounce_rate: rate,
    aws_complaint_rate: rate,
    aws_bounce_threshold: rate.describe('From here on sending is blocked.'),
    aws_complaint_threshold: rate,
    aws_tenant_sending_status: text.describe('Always null.'),
    aws_reputation_finding_summary: text.describe('What the figures say, in sentences.'),
    reenable_pending: z.boolean().describe('Always false: a person lifts a block with the sending-health route.'),
    reenable_requested_at: instant,
    updated_at: timestamp,
  })
  .meta({ id: 'MailSendingControl' })

const mailGetReputation = defineOperation({
  id: 'mail_get_reputation',
  method: 'GET',
  path: '/mail/v1/reputation',
  tag: 'mail-service',
  source: 'ours',
  summary: 'Get the workspace’s sending reputation',
  description:
    'The sending health of the last 7 days under the names of the clients from 1.0 on; null before anything was judged. Domains by themselves, bands and lifting a block stand at /api/v1/sending-health.',
  access: 'mail:read',
  impact: 'read',
  responses: { 200: z.object({ sending_control: SendingControl.nullable() }).meta({ id: 'MailReputation' }) },
  handle: async ({ workspace, now }, deps) => {
    const { workspace: own, concluded } = await readHealth(deps.db, workspace.workspace_id, now)
    if (!concluded) return { sending_control: null }
    const isLifted = concluded.lifted_until !== null && concluded.lifted_until > now
    const blocked = concluded.band === 'blocked' && !isLifted
    const said = concluded.reasons.join(' ') || null
    return {
      sending_control: {
        state: blocked ? 'suspended_aws' : 'active',
        blocked,
        reason_code: blocked ? 'SENDING_BLOCKED' : null,
        reason_summary: blocked ? said : null,
        blocked_at: blocked ? concluded.since : null,
        unblocked_at: null,
        last_evaluated_at: concluded.checked_at,
        aws_metric_window_start: new Date(now.getTime() - WEEK_MS),
        aws_metric_window_end: now,
        aws_sent_count: own.accepted,
        aws_bounce_count: own.hard_bounces,
        aws_complaint_count: own.complaints,
        aws_bounce_rate: own.hard_bounce_rate ?? 0,
        aws_complaint_rate: own.complaint_rate ?? 0,
        aws_bounce_threshold: blockingRate(HARD_BOUNCE_LINES),
        aws_complaint_threshold: blockingRate(COMPLAINT_LINES),
        aws_tenant_sending_status: null,
        aws_reputation_finding_summary: said,
        reenable_pending: false,
        reenable_requested_at: null,
        updated_at: concluded.checked_at,
      },
    }
  },
})

export const reputationOperations: Operation[] = [mailGetReputation]
