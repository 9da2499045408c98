import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type FactField, factsOfRow, type PersonSource } from './merge-person.ts'

/** Newest rows of a person whose facts are told. */
const ROWS = 50

type SourceRow = PersonSource & {
  row_id: string
  dataset_id: string
  dataset_name: string
  source_type: string
  source_row: number | null
  import_id: string | null
  filename: string | null
  imported_by: string | null
  known_since: Date
}

export type Fact = {
  field: FactField
  value: string
  sources: {
    kind: string
    dataset_id: string
    dataset_name: string
    row_id: string
    source_row: number | null
    import_id: string | null
    filename: string | null
    imported_by: string | null
    known_since: Date
  }[]
}

/** Every value that rows of datasets give for the person, the newest first, each with all the rows that say so and since when. */
export const readFacts = async (db: Db, workspaceId: string, personId: string): Promise<Fact[]> => {
  const { rows } = await sql<SourceRow>`
    select r.id as row_id, r.email, r.linkedin_url, r.data, r.source_row, r.import_id, d.dataset_id, d.dataset_name, d.source_type, d.column_mapping,
      f.filename, coalesce(i.user_id, d.user_id) as imported_by, coalesce(i.finished_at, i.created_at, d.created_at) as known_since
    from dataset_rows r
    join datasets d on d.dataset_id = r.dataset_id
    left join imports i on i.import_id = r.import_id
    left join stored_files f on f.id = i.file_id
    where r.person_id = ${personId} and r.workspace_id = ${workspaceId} and r.removed_at is null
    order by r.id desc limit ${ROWS}`.execute(db)
  const facts = new Map<string, Fact>()
  for (const row of rows)
    for (const [field, value] of Object.entries(factsOfRow(row)) as [FactField, string][]) {
      const key = `${field} ${value}`
      const fact: Fact = facts.get(key) ?? { field, value, sources: [] }
      facts.set(key, fact)
      fact.sources.push({
        kind: row.source_type,
        dataset_id: row.dataset_id,
        dataset_name: row.dataset_name,
        row_id: row.row_id,
        source_row: row.source_row,
        import_id: row.import_id,
        filename: row.filename,
        imported_by: row.imported_by,
        known_since: row.known_since,
      })
    }
  return [...facts.values()]
}

export type Correspondence = {
  messages_sent: number
  first_sent_at: Date | null
  last_sent_at: Date | null
  messages_received: number
  last_received_at: Date | null
  campaigns: { campaign_id: string; name: string; status: string; lead_status: string; campaign_lead_id: string }[]
}

const CAMPAIGNS = 50

/** What has gone between the workspace and this address. Of a person without one there is none. */
export const readCorrespondence = async (
  db: Db,
  workspaceId: string,
  email: string | null,
): Promise<Correspondence> => {
  if (!email)
    return {
      messages_sent: 0,
      first_sent_at: null,
      last_sent_at: null,
      messages_received: 0,
      last_received_at: null,
      campaigns: [],
    }
  const sent = await sql<{ n: number; first: Date | null; last: Date | null }>`
    select count(*)::int as n, min(sent_at) as first, max(sent_at) as last from emails
    where workspace_id = ${workspaceId} and to_email = ${email} and sent_at is not null`.execute(db)
  const received = await sql<{ n: number; last: Date | null }>`
    select count(*)::int as n, max(received_at) as last from inbound_emails
    where workspace_id = ${workspaceId} and lower(from_email) = ${email} and kind not in ('bounce', 'complaint', 'delivery_notice')`.execute(
    db,
  )
  const campaigns = await sql<Correspondence['campaigns'][number]>`
    select l.campaign_id, c.name, c.status, l.status as lead_status, l.campaign_lead_id
    from campaign_leads l join campaigns c on c.campaign_id = l.campaign_id
    where l.workspace_id = ${workspaceId} and l.email = ${email} order by l.campaign_lead_id desc limit ${CAMPAIGNS}`.execute(
    db,
  )
  return {
    messages_sent: sent.rows[0]?.n ?? 0,
    first_sent_at: sent.rows[0]?.first ?? null,
    last_sent_at: sent.rows[0]?.last ?? null,
    messages_received: received.rows[0]?.n ?? 0,
    last_received_at: received.rows[0]?.last ?? null,
    campaigns: campaigns.rows,
  }
}
