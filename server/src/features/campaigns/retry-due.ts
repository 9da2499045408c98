import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'

export type RetryLane = { campaign_id: string; alias_id: string; zone: string }

export type DueRetry = { id: string; campaign_id: string; alias_id: string }

/**
 * The longest waiting deferred message of each alias that has a free slot now. A retry takes its alias's slot like any other
 * message, so a bad hour of a receiving server is never followed by a burst, but no cap: it was counted at its first try.
 */
export const findRetries = async (tx: Tx, workspaceId: string, lanes: RetryLane[], now: Date): Promise<DueRetry[]> => {
  const due = await sql<DueRetry>`
    select distinct on (e.alias_id) e.id, e.campaign_id, e.alias_id
    from emails e
    join campaign_leads l on l.campaign_lead_id = e.campaign_lead_id
    join unnest(${lanes.map((lane) => lane.campaign_id)}::uuid[], ${lanes.map((lane) => lane.alias_id)}::uuid[], ${lanes.map((lane) => lane.zone)}::text[])
      as lane (campaign_id, alias_id, zone) on lane.campaign_id = e.campaign_id and lane.alias_id = e.alias_id and lane.zone = l.zone
    where e.workspace_id = ${workspaceId} and e.campaign_id is not null and e.status = 'scheduled' and e.due_at <= ${now}
    order by e.alias_id, e.due_at`.execute(tx)
  return due.rows
}

export const queueRetries = async (tx: Tx, retries: (DueRetry & { free_at: Date })[], now: Date): Promise<void> => {
  if (!retries.length) return
  await sql`
    with chosen as (
      select * from jsonb_to_recordset(${JSON.stringify(retries)}::jsonb) as r (id uuid, alias_id uuid, free_at timestamptz)
    ), booked as (
      update aliases a set next_free_at = c.free_at from chosen c where a.id = c.alias_id
    )
    update emails e set status = 'queued', due_at = ${now}, updated_at = ${now} from chosen where e.id = chosen.id and e.status = 'scheduled'`.execute(
    tx,
  )
}
