import { z } from 'zod'
import { timestamp } from '../../http/params.ts'

/**
 * Every event a customer can hear of: what it means, and what its `data` holds. Subscriptions, the document of the API and
 * the pages of the docs are read from this list. The first thirteen have the names and the union of the fields that
 * the mail service's clients of different age know; fields beyond those are ours, and such clients ignore them.
 */
const id = z.uuid()
const optionalId = z.uuid().nullable()
const text = z.string().nullable()
const count = z.int().min(0)

const message = {
  email_id: id.describe('The message.'),
  alias_id: optionalId,
  domain_id: optionalId,
  from_email: text,
  to_email: text.describe('The recipient the event is about.'),
  inbox_id: optionalId.describe('alias_id, by the name that clients from 1.0 on know.'),
  to_emails: z.array(z.string()).describe('To whom the message is addressed; empty once it is deleted.'),
  subject: text,
  campaign_id: optionalId.describe('Null for a message that a client composed.'),
  campaign_lead_id: optionalId,
  step: z.int().nullable(),
  variant_label: text,
}

const lead = {
  campaign_id: id,
  campaign_name: text,
  campaign_lead_id: id,
  email: text.describe('The lead’s address; null once the lead is deleted.'),
  email_id: optionalId.describe('The message it is about, where it is about one.'),
  step: z.int().nullable(),
  reason: text,
}

const campaign = {
  campaign_id: id,
  name: z.string(),
  status: z.string(),
  previous_status: z.string(),
  total_leads: z.int().nullable(),
  reason: text.describe('Why it was paused or failed.'),
}

const domain = {
  domain_id: id,
  domain: z.string(),
  status: z.string(),
  previous_status: z.string(),
  old_status: text.describe('previous_status, by the name that the mail service’s clients know.'),
  new_status: z.string().describe('status, likewise.'),
}

const mailbox = {
  mailbox_id: id,
  alias_id: id,
  email: z.string(),
  status: z.string(),
  previous_status: z.string(),
}

/** What clients from 1.0 on read of a report about recipients. */
const feedback = { recipients: z.array(z.string()), occurred_at: timestamp }

const seen = {
  observation_id: id.describe('Of the open or click itself.'),
  occurred_at: timestamp,
  user_agent: text,
  is_bot: z.boolean().describe('A machine did it: a scanner, a prefetcher, a privacy proxy.'),
  bot_reason: text,
}

type EventType = { description: string; data: z.ZodObject }

const define = <const Types extends Record<string, EventType>>(types: Types): Types => types

export const EVENT_TYPES = define({
  'email.inbound.received': {
    description: 'A message came to an alias. Bounces, complaints and warm-up mail are not told as received messages.',
    data: z.object({
      email_id: id.describe('The received message.'),
      alias_id: id,
      domain_id: id,
      from_email: z.string(),
      from_name: text,
      inbox_id: id.describe('alias_id, by the name that clients from 1.0 on know.'),
      alias: z.string().describe('The address it came to.'),
      to_email: z.string().describe('The same.'),
      inbox_address: z.string().describe('The same.'),
      subject: z.string(),
      attachment_count: count,
      has_html: z.boolean(),
      body_preview: text,
      received_at: timestamp,
      conversation_id: optionalId,
      kind: z.string().describe('human_reply, auto_reply, unsubscribe or unmatched.'),
      answers_email_id: optionalId.describe('The sent message it answers.'),
      campaign_id: optionalId,
      campaign_lead_id: optionalId,
    }),
  },
  'email.outbound.sent': {
    description: 'A message left; for one to several people, with the first who took it.',
    data: z.object({
      ...message,
      sent_at: timestamp,
      provider_message_id: text,
      ses_message_id: text.describe('provider_message_id, by the name that clients from 1.0 on know.'),
      completion_source: z.literal('provider').describe('For clients from 1.0 on: the receiving side said so.'),
      body_preview: text,
      verdict: text.describe('unknown where nobody knows whether it arrived.'),
    }),
  },
  'email.outbound.failed': {
    description: 'A message will not leave, or a recipient will not get it, for a reason that is not the recipient’s.',
    data: z.object({
      ...message,
      error_message: text,
      reason: text,
      failure_category: z.string().describe('reason, or unknown; for clients from 1.0 on.'),
      failed_at: timestamp,
    }),
  },
  'email.outbound.opened': {
    description: 'The open pixel was loaded.',
    data: z.object({
      ...message,
      ...seen,
      is_first_open: z.boolean().describe('The first by a person.'),
      open_count: count.describe('By people, up to this one.'),
      opened_at: timestamp,
    }),
  },
  'email.outbound.clicked': {
    description: 'A tracked link was followed.',
    data: z.object({
      ...message,
      ...seen,
      link_id: optionalId,
      link_url: text,
      original_url: text.describe('The same.'),
      position: z.int().nullable(),
      anchor_text: text,
      is_first_click: z.boolean().describe('The first by a person on this link of this message.'),
      link_click_count: count.describe('By people, up to this one.'),
      link_unique_click_count: count,
      email_click_count: count.describe('On all links of the message, by people, up to this one.'),
      click_count: count.describe('The same.'),
      link: z
        .object({
          tracked_link_id: optionalId,
          link_id: optionalId,
          original_url: text,
          click_count: count,
          unique_click_count: count,
        })
        .describe('The link as clients from 1.0 on read it.'),
      device_type: text,
      browser_name: text,
      os_name: text,
      clicked_at: timestamp,
    }),
  },
  'email.outbound.scheduled': {
    description: 'A message waits for the time it was given.',
    data: z.object({
      ...message,
      send_at: text,
      send_at_timezone: text,
      send_at_utc: timestamp.nullable(),
      scheduled_at: timestamp.nullable().describe('send_at_utc, by the name that clients from 1.0 on know.'),
      scheduled_timezone: text,
    }),
  },
  'email.outbound.cancelled': {
    description: 'A waiting message was cancelled.',
    data: z.object({ ...message, cancelled_at: timestamp }),
  },
  'email.outbound.delivered': {
    description: 'The receiving server took the message for a recipient.',
    data: z.object({ ...message, ...feedback, delivered_at: timestamp, provider_message_id: text }),
  },
  'email.outbound.bounced': {
    description: 'A recipient’s server refused the message, at once or in a report later.',
    data: z.object({
      ...message,
      ...feedback,
      bounced_at: timestamp,
      bounce_type: z.enum(['Permanent', 'Transient']),
      bounce_sub_type: z.string(),
      reason: text.describe('In the words of the product, such as user_unknown.'),
      diagnostic: text,
    }),
  },
  'email.outbound.complained': {
    description: 'A recipient marked the message as spam.',
    data: z.object({ ...message, ...feedback, complained_at: timestamp, complaint_feedback_type: z.string() }),
  },
  'domain.verified': {
    description: 'A sending domain was verified.',
    data: z.object({ ...domain, verified_at: timestamp.nullable() }),
  },
  'domain.failed': {
    description: 'A sending domain failed its checks.',
    data: z.object({ ...domain, error: text }),
  },
  'webhook.test': {
    description: 'Asked for by the test operation, and sent to that endpoint alone.',
    data: z.object({ webhook_id: id, test: z.literal(true) }),
  },

  'email.outbound.deferred': {
    description: 'A message was put off and is tried again.',
    data: z.object({
      ...message,
      reason: text,
      error_message: text,
      retry_at: timestamp.nullable(),
      deferred_at: timestamp,
    }),
  },
  'email.outbound.replied': {
    description: 'A person answered the message.',
    data: z.object({ ...message, inbound_email_id: optionalId, matched_by: text, replied_at: timestamp }),
  },
  'email.outbound.auto_replied': {
    description: 'A machine answered the message, such as an absence notice.',
    data: z.object({ ...message, inbound_email_id: optionalId, kind: text, return_date: text, replied_at: timestamp }),
  },
  'email.outbound.unsubscribed': {
    description: 'A recipient asked to hear no more, by link, header or mail.',
    data: z.object({ ...message, via: text, unsubscribed_at: timestamp }),
  },
  'lead.replied': {
    description: 'A lead answered; its sequence is over.',
    data: z.object({ ...lead, inbound_email_id: optionalId, matched_by: text }),
  },
  'lead.auto_replied': {
    description: 'A machine answered for a lead; its sequence goes on.',
    data: z.object({ ...lead, inbound_email_id: optionalId, kind: text, return_date: text }),
  },
  'lead.bounced': {
    description: 'A lead’s address refuses mail for good; its sequence is over.',
    data: z.object({ ...lead, diagnostic: text.describe('What the receiving server said.') }),
  },
  'lead.complained': {
    description: 'A lead marked a message as spam; its sequence is over, here and in every campaign.',
    data: z.object({ ...lead, complaint_feedback_type: z.string() }),
  },
  'lead.unsubscribed': { description: 'A lead unsubscribed.', data: z.object({ ...lead, via: text }) },
  'lead.postponed': {
    description: 'A lead is away; the next step waits until it is back.',
    data: z.object({ ...lead, until: timestamp.nullable() }),
  },
  'lead.stopped': { description: 'A lead’s sequence was stopped.', data: z.object(lead) },
  'lead.completed': { description: 'A lead has had every step.', data: z.object(lead) },
  'campaign.launched': {
    description: 'A campaign’s launch is done: it is active or waits for its date.',
    data: z.object(campaign),
  },
  'campaign.paused': {
    description: 'A campaign was paused, by a person or by its own figures.',
    data: z.object(campaign),
  },
  'campaign.resumed': { description: 'A paused campaign goes on.', data: z.object(campaign) },
  'campaign.completed': { description: 'No lead of a campaign can act again.', data: z.object(campaign) },
  'campaign.failed': { description: 'A campaign could not be launched.', data: z.object(campaign) },
  'mailbox.needs_attention': {
    description:
      'A connected mailbox refuses its log-in; nothing is sent or read through it until it is connected again.',
    data: z.object({ ...mailbox, error: z.string(), error_code: z.string() }),
  },
  'mailbox.recovered': {
    description: 'A connected mailbox that needed attention works again.',
    data: z.object(mailbox),
  },
})

export type PublishedEventType = keyof typeof EVENT_TYPES

export const eventTypeNames = Object.keys(EVENT_TYPES) as PublishedEventType[]

/** The thirteen that the mail service's clients know; a client of theirs refuses any other. */
export const MAIL_EVENT_TYPES = eventTypeNames.slice(0, eventTypeNames.indexOf('webhook.test') + 1)

export const isEventType = (name: string): name is PublishedEventType => Object.hasOwn(EVENT_TYPES, name)

/** What arrives at an endpoint, and in the data of a stream's event. */
export const Envelope = z
  .object({
    event_id: z.uuid().describe('The same at each try and in each replay: what a receiver knows repeats by.'),
    event_type: z.string(),
    timestamp: timestamp.describe('When it happened, by the workspace’s clock.'),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'WebhookEvent' })

/** The body of an event, once and for all: the bytes that are signed. */
export const envelopeText = (event: {
  event_id: string
  event_type: string
  occurred_at: Date
  data: unknown
}): string =>
  JSON.stringify({
    event_id: event.event_id,
    event_type: event.event_type,
    timestamp: event.occurred_at.toISOString(),
    data: event.data,
  })

/** A test as listeners from 1.0 on know it: by the absence of a type, since one that they do not know is an error to them. */
export const untypedTestText = (eventId: string, occurredAt: Date, data: { webhook_id: string; test: true }): string =>
  JSON.stringify({
    event_id: eventId,
    timestamp: occurredAt.toISOString(),
    data: { ...data, id: data.webhook_id, response: 'Answer with a status from 200 to 299.' },
  })
