import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

export const UserAlertType = z
  .enum([
    'linkedin_account_claimed',
    'linkedin_account_disconnected',
    'linkedin_rate_limited',
    'campaign_paused',
    'campaign_completed',
    'reply_received',
    'credits_low',
    'credits_exhausted',
    'payment_failed',
    'domain_verified',
    'domain_failed',
    'system',
  ])
  .meta({ id: 'UserAlertType' })

export type AlertType = z.output<typeof UserAlertType>

export const severity = z.enum(['info', 'warning', 'critical'])

export const UserAlert = z
  .object({
    alert_id: z.uuid(),
    alert_type: UserAlertType,
    severity,
    title: z.string(),
    message: z.string(),
    action_url: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()).describe('Related ids, such as campaign_id.'),
    is_read: z.boolean(),
    read_at: timestamp.nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'UserAlert' })

export const UserAlertListResponse = z
  .object({ items: z.array(UserAlert), unread_count: z.int().min(0), ...cursorFields })
  .meta({ id: 'UserAlertListResponse' })

export const AlertsQuery = z.object({ unread_only: booleanParam(true), ...listParams(100) })

export const AlertParams = z.object({ alert_id: idParam })
