import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'

/** What customers can subscribe to beside the timeline of campaigns, in the words of the mail service's clients. */
export type PublishedEventType =
  | 'email.inbound.received'
  | 'email.outbound.sent'
  | 'email.outbound.failed'
  | 'email.outbound.opened'
  | 'email.outbound.clicked'
  | 'email.outbound.scheduled'
  | 'email.outbound.cancelled'
  | 'email.outbound.delivered'
  | 'email.outbound.bounced'
  | 'email.outbound.complained'
  | 'domain.verified'
  | 'domain.failed'
  | 'webhook.test'

export type NewPublishedEvent = {
  workspace_id: string
  event_type: PublishedEventType
  data: Record<string, unknown>
  occurred_at: Date
}

/** Writes events in the transaction that made them true; deliveries to customers follow from the rows. */
export const publishEvents = async (tx: Tx, events: NewPublishedEvent[]): Promise<void> => {
  if (!events.length) return
  const rows = events.map((event) => ({ event_id: newId(), ...event }))
  await sql`
    insert into published_events (event_id, workspace_id, event_type, data, occurred_at)
    select event_id, workspace_id, event_type, data, occurred_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (event_id uuid, workspace_id uuid, event_type text, data jsonb, occurred_at timestamptz)`.execute(
    tx,
  )
}
