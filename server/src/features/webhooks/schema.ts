import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { idParam, timestamp, timestampInput } from '../../http/params.ts'
import { isKnownPattern, isMailPattern } from './event-pattern.ts'
import { eventTypeNames, MAIL_EVENT_TYPES } from './event-types.ts'

const instant = timestamp.nullable()
const known = `Types: ${eventTypeNames.join(', ')}.`

const pattern = z
  .string()
  .max(100)
  .refine(isKnownPattern, { error: 'is no event type, no group such as email.* and not *' })

const unique = (patterns: string[]): string[] => [...new Set(patterns)]

export const EventTypes = z
  .array(pattern)
  .min(1)
  .max(100)
  .transform(unique)
  .describe(
    `What is subscribed to: types, groups such as email.*, or * for everything, also for what comes later. ${known}`,
  )

/** The mail service's part: an endpoint made there hears of messages and domains only. */
const MailEventTypes = z
  .array(
    pattern.refine(isMailPattern, {
      error: 'must be about messages or domains here, such as email.* or domain.verified',
    }),
  )
  .min(1)
  .max(100)
  .transform(unique)

const url = z
  .string()
  .min(1)
  .max(2_000)
  .describe('https; it must lead to the public internet, at registration and at each delivery.')
const description = z.string().max(500).nullable()

export const EventTypeList = z
  .object({
    items: z.array(
      z.object({
        event_type: z.string(),
        description: z.string(),
        data: z.record(z.string(), z.unknown()).describe('JSON Schema of the event’s data.'),
      }),
    ),
  })
  .meta({ id: 'WebhookEventTypeList' })

export const EndpointParams = z.object({ endpoint_id: idParam })
export const DeliveryParams = z.object({ endpoint_id: idParam, delivery_id: idParam })
export const MailWebhookParams = z.object({ webhook_id: idParam })

export const EndpointCreate = z
  .object({ url, event_types: EventTypes, description: description.optional() })
  .meta({ id: 'WebhookEndpointCreate' })

export const EndpointUpdate = z
  .object({
    url: url.optional().describe('Another address has to be verified anew.'),
    event_types: EventTypes.optional(),
    description: description.optional(),
    is_active: z
      .boolean()
      .optional()
      .describe(
        'false pauses: what happens meanwhile is not delivered. true needs a verified address, and ends an automatic disabling.',
      ),
  })
  .meta({ id: 'WebhookEndpointUpdate' })

export const MailWebhookCreate = z
  .object({ url, event_types: MailEventTypes, description: description.optional() })
  .meta({ id: 'MailWebhookCreate' })

export const MailWebhookUpdate = z
  .object({
    url: url.optional(),
    event_types: MailEventTypes.optional(),
    description: description.optional(),
    is_active: z.boolean().optional(),
  })
  .meta({ id: 'MailWebhookUpdate' })

export const VerifyRequest = z
  .object({ verification_code: z.string().min(1).max(100) })
  .meta({ id: 'WebhookVerifyRequest' })

const base = {
  id: z.uuid(),
  user_id: z.uuid().optional().describe('Who made it.'),
  url: z.string(),
  event_types: z.array(z.string()),
  is_active: z.boolean(),
  is_verified: z.boolean(),
  description: z.string().nullable(),
  integration_id: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
}

const health = {
  consecutive_failures: z.int().min(0).describe('Failed tries since the last success.'),
  disabled_at: instant.describe('Set when it was disabled automatically.'),
}

/** One answer for both lines of clients: flags for the first, `status` and `verified_at` for those from 1.0 on. */
const newer = {
  status: z.enum(['pending_verification', 'active', 'disabled']).optional().describe('The two flags in one word.'),
  verified_at: instant,
}

export const MailWebhook = z.object({ ...base, ...health, ...newer }).meta({ id: 'MailWebhook' })
export const MailWebhookPage = z.object({ webhooks: z.array(MailWebhook) }).meta({ id: 'MailWebhookPage' })
export const MailWebhookPut = z
  .object({
    url: url.optional().describe('Another address has to be verified anew.'),
    event_types: MailEventTypes.optional(),
    description: description.optional(),
    status: z.enum(['active', 'disabled']).optional().describe('active needs a verified address.'),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'MailWebhookPut' })
export const MailWebhookCreated = z
  .object({ ...base, ...health, ...newer, secret: z.string().describe('64 hexadecimal characters; shown once.') })
  .meta({ id: 'MailWebhookCreated' })
export const MailWebhookSecret = z.object({ secret: z.string() }).meta({ id: 'MailWebhookSecret' })
export const TestEnqueued = z.object({ status: z.literal('test_event_enqueued') }).meta({ id: 'WebhookTestEnqueued' })

const endpoint = {
  ...base,
  ...health,
  is_internal: z.boolean().describe('The product’s own receiver.'),
  disabled_reason: z.string().nullable(),
  failing_since: instant,
  verified_at: instant,
  verification_sent_at: instant,
  last_success_at: instant,
  last_failure_at: instant,
  secret_overlap_until: instant.describe('Until then the replaced secret signs too.'),
}

export const Endpoint = z.object(endpoint).meta({ id: 'WebhookEndpoint' })

const secrets = {
  secret: z.string().describe('Hexadecimal, for x-webhook-signature; shown once.'),
  signing_secret: z
    .string()
    .describe('The same bytes as libraries for Standard Webhooks take them: whsec_ and base64.'),
}

export const EndpointCreated = z.object({ ...endpoint, ...secrets }).meta({ id: 'WebhookEndpointCreated' })
export const EndpointSecret = z
  .object({ ...secrets, secret_overlap_until: instant })
  .meta({ id: 'WebhookEndpointSecret' })
export const EndpointList = z
  .object({
    items: z.array(Endpoint),
    total: z.int().min(0),
    limit: z.int().describe('Most endpoints of a workspace.'),
  })
  .meta({ id: 'WebhookEndpointList' })

const deliveryStatus = z
  .enum(['waiting', 'delivered', 'dead', 'cancelled'])
  .describe('waiting: for its next try; dead: given up; cancelled: a newer code replaced it.')
const deliveryKind = z.enum(['event', 'test', 'verification', 'replay'])

const delivery = {
  id: z.uuid(),
  endpoint_id: z.uuid(),
  event_id: z.uuid(),
  event_type: z.string(),
  kind: deliveryKind,
  replay_of: z.uuid().nullable(),
  status: deliveryStatus,
  attempts: z.int().min(0),
  next_attempt_at: instant,
  last_attempt_at: instant,
  response_status: z.int().nullable(),
  duration_ms: z.int().nullable(),
  error: z.string().nullable(),
  finished_at: instant,
  created_at: timestamp,
}

export const Delivery = z.object(delivery).meta({ id: 'WebhookDelivery' })
export const DeliveryDetail = z
  .object({
    ...delivery,
    body: z
      .string()
      .nullable()
      .describe('The bytes that are sent; null for a verification, whose code only its receiver may read.'),
    tries: z.array(
      z.object({
        attempt: z.int(),
        attempted_at: timestamp,
        duration_ms: z.int(),
        response_status: z.int().nullable(),
        response_body: z.string().nullable().describe('The first kilobyte.'),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'WebhookDeliveryDetail' })

export const DeliveryListQuery = z.object({
  status: deliveryStatus.optional(),
  event_type: z.string().max(100).optional(),
  event_id: idParam.optional(),
  ...listParams(100),
})
export const DeadLetterQuery = z.object(listParams(100))
export const DeliveryList = z.object({ items: z.array(Delivery), ...cursorFields }).meta({ id: 'WebhookDeliveryList' })

export const ReplayRequest = z
  .object({
    from: timestampInput.describe('Events published from then on, by the system’s clock.'),
    to: timestampInput.describe('And before then.'),
    event_types: EventTypes.optional().describe('Only these of what the endpoint subscribes to.'),
    only_undelivered: z.boolean().default(true).describe('Leave out what this endpoint has taken already.'),
  })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), { path: ['to'], error: 'must be later than from' })
  .meta({ id: 'WebhookReplayRequest' })
export const ReplayStarted = z
  .object({ job_id: z.uuid().describe('Its progress is at /api/v1/jobs/{job_id}.') })
  .meta({ id: 'WebhookReplayStarted' })

const counts = {
  attempts: z.int().min(0),
  delivered: z.int().min(0),
  failed_attempts: z.int().min(0),
  dead: z.int().min(0),
  average_ms: z.int().min(0).nullable().describe('Of one try.'),
}
export const EndpointCounts = z
  .object({
    ...counts,
    waiting: z.int().min(0).describe('At most 10,000 are counted.'),
    oldest_waiting_at: instant,
    days: z
      .array(z.object({ day: z.iso.date(), ...counts }))
      .describe('The last 30 days in UTC that had a try, oldest first.'),
  })
  .meta({ id: 'WebhookEndpointCounts' })

export const StreamQuery = z.object({
  types: z
    .string()
    .max(4_000)
    .transform((list) =>
      unique(
        list
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      ),
    )
    .pipe(z.array(pattern).min(1))
    .optional()
    .describe(`Comma-separated types and groups; everything when absent. ${known}`),
  last_event_id: z
    .string()
    .regex(/^\d{1,15}$/, 'is not a position that this stream gave out')
    .optional()
    .describe('For clients that cannot set the header Last-Event-ID.'),
})

export const mailEventType = z.enum(MAIL_EVENT_TYPES as [string, ...string[]]).meta({ id: 'BavimailEventType' })

export const HookRegistration = z
  .object({
    status: z
      .enum(['already_active', 'registered', 'recreated'])
      .describe(
        'already_active: nothing was changed. registered: none existed. recreated: a dead one was removed and replaced.',
      ),
    webhook_id: z.uuid(),
    url: z.url().optional(),
    event_types: z.array(mailEventType).optional(),
    is_active: z.boolean(),
    is_verified: z.boolean(),
    consecutive_failures: z.int().min(0).default(0),
    disabled_at: instant.optional(),
    checked_at: timestamp.optional(),
  })
  .meta({ id: 'BavimailWebhookRegistrationResponse' })

export const StatusOk = z.object({ status: z.literal('ok') }).meta({ id: 'StatusOk' })
export const WebhookError = z.object({ error: z.string() }).meta({ id: 'WebhookError' })

const fields = <Type extends z.ZodType>(names: string, type: Type): Record<string, z.ZodOptional<Type>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, type.optional()]))

/** The event as the document describes it. What comes is held against no more than the envelope below. */
export const ReceivedEvent = z
  .object({
    event_id: z.string().min(1).describe('Unique per delivery; used to drop repeats.'),
    event_type: mailEventType,
    timestamp,
    data: z
      .looseObject({
        ...fields('email_id alias_id domain_id link_id webhook_id', z.uuid()),
        ...fields('from_email to_email subject original_url domain old_status new_status', z.string()),
        link_url: z.string().optional().describe('Newer name of original_url.'),
        alias: z.string().optional().describe('Newer name of to_email on inbound events.'),
        ...fields(
          'from_name body_preview provider_message_id error_message bot_reason anchor_text device_type browser_name os_name send_at_timezone bounce_type bounce_sub_type complaint_feedback_type error',
          z.string().nullable(),
        ),
        ...fields(
          'received_at sent_at delivered_at opened_at clicked_at send_at send_at_utc cancelled_at bounced_at complained_at verified_at',
          instant,
        ),
        ...fields(
          'attachment_count open_count position link_click_count link_unique_click_count email_click_count',
          z.int().min(0),
        ),
        ...fields('has_html is_first_open is_bot is_first_click test', z.boolean()),
      })
      .describe('Fields depend on event_type.'),
  })
  .meta({ id: 'BavimailWebhookEvent' })

/** What the receiver needs of an event. Fields and types of events that a newer sender adds are no fault. */
export const ReceivedEnvelope = z.looseObject({
  event_id: z.string().min(1).max(200),
  event_type: z.string().min(1).max(200),
  timestamp: timestampInput,
  data: z.looseObject({}).default({}),
})
