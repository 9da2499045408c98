import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { PublishedEventType } from './event-types.ts'

export type { PublishedEventType } from './event-types.ts'

export type NewPublishedEvent = {
  workspace_id: string
  event_type: PublishedEventType
  data: Record<string, unknown>
  /** The workspace's present. */
  occurred_at: Date
}

/** What an event is about, where a table tells of it by itself: announcing that again in the same transaction adds nothing. */
const subjectOf = ({ event_type, data }: NewPublishedEvent): string | null => {
  const key =
    event_type === 'email.inbound.received' ? data.email_id : event_type.startsWith('domain.') ? data.domain_id : null
  return typeof key === 'string' ? key : null
}

/**
 * Announces events in the transaction that made them true, beside those that tables tell of by themselves: the timeline of
 * messages, campaigns, leads and received messages (0010_webhooks.sql). Where nobody listens nothing is kept.
 */
export const publishEvents = async (tx: Tx, events: NewPublishedEvent[]): Promise<void> => {
  if (!events.length) return
  const rows = events.map((event) => ({ ...event, subject_id: subjectOf(event) ?? newId() }))
  await sql`
    insert into event_outbox (workspace_id, source, event_type, subject_id, occurred_at, details, transaction_id)
    select e.workspace_id, 'direct', e.event_type, e.subject_id, e.occurred_at, e.data, txid_current()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (workspace_id uuid, event_type text, subject_id uuid, data jsonb, occurred_at timestamptz)
    join event_listeners l on l.workspace_id = e.workspace_id and l.is_listening
    on conflict do nothing`.execute(tx)
}
