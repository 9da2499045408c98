import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'

export type EventType =
  | 'scheduled'
  | 'sent'
  | 'delivered'
  | 'opened'
  | 'clicked'
  | 'replied'
  | 'bounced'
  | 'complained'
  | 'unsubscribed'
  | 'failed'
  | 'cancelled'
  | 'deferred'
  | 'auto_replied'
  | 'postponed'
  | 'stopped'
  | 'voided'

export type NewEvent = {
  workspace_id: string
  campaign_id: string | null
  campaign_lead_id: string | null
  email_id?: string | null
  event_type: EventType
  step_index?: number | null
  variant_label?: string | null
  subject?: string | null
  url?: string | null
  metadata?: Record<string, unknown>
  occurred_at: Date
}

/** Appends to the timeline. Events are never changed; figures come from the rows they tell about. */
export const recordEvents = async (tx: Tx, events: NewEvent[]): Promise<void> => {
  if (!events.length) return
  const rows = events.map((event) => ({ event_id: newId(), metadata: {}, ...event }))
  await sql`
    insert into events (event_id, workspace_id, campaign_id, campaign_lead_id, email_id, event_type, step_index, variant_label, subject, url, metadata, occurred_at)
    select event_id, workspace_id, campaign_id, campaign_lead_id, email_id, event_type, step_index, variant_label, subject, url, metadata, occurred_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (event_id uuid, workspace_id uuid, campaign_id uuid, campaign_lead_id uuid,
      email_id uuid, event_type text, step_index smallint, variant_label text, subject text, url text, metadata jsonb, occurred_at timestamptz)`.execute(
    tx,
  )
}
