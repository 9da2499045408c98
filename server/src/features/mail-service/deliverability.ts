import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'

export type DeliverabilityScope = { workspace_id: string; alias_id?: string; domain_id?: string }

const FIGURES: RawBuilder<unknown> = sql`count(*)::int as sent,
  count(*) filter (where e.delivered_at is not null and e.bounced_at is null)::int as delivered,
  count(*) filter (where e.bounced_at is not null)::int as bounced,
  count(*) filter (where e.complained_at is not null)::int as complained,
  count(*) filter (where e.first_opened_at is not null)::int as opened,
  count(*) filter (where e.first_clicked_at is not null)::int as clicked`

export type DeliverabilityFigures = {
  sent: number
  delivered: number
  bounced: number
  complained: number
  opened: number
  clicked: number
}

/** The messages that left after `from` and up to `to`, whenever what is counted about them happened. */
const within = (
  scope: DeliverabilityScope,
  from: Date,
  to: Date,
): RawBuilder<unknown> => sql`e.workspace_id = ${scope.workspace_id}
  and e.sent_at > ${from} and e.sent_at <= ${to} ${scope.alias_id ? sql`and e.alias_id = ${scope.alias_id}` : sql``}
  ${scope.domain_id ? sql`and e.domain_id = ${scope.domain_id}` : sql``}`

export const readFigures = async (
  db: Db,
  scope: DeliverabilityScope,
  from: Date,
  to: Date,
): Promise<DeliverabilityFigures> => {
  const { rows } =
    await sql<DeliverabilityFigures>`select ${FIGURES} from emails e where ${within(scope, from, to)}`.execute(db)
  return rows[0] as DeliverabilityFigures
}

export type DeliverabilityPoint = DeliverabilityFigures & { bucket_start: Date }

/**
 * The same figures by the hour or calendar day of `zone` in which a message left, empty ones too, so that they add up to the
 * summary. The first bucket begins before `from` and holds only what left after it.
 */
export const readPoints = async (
  db: Db,
  scope: DeliverabilityScope,
  span: { from: Date; to: Date; bucket: 'hour' | 'day'; zone: string },
): Promise<DeliverabilityPoint[]> => {
  const { from, to, bucket, zone } = span
  // Days are steps of the zone's own calendar: across a change of clocks they last 23 or 25 hours.
  const starts =
    bucket === 'day'
      ? sql`select day at time zone ${zone} as bucket_start from generate_series(date_trunc('day', ${from}::timestamptz at time zone ${zone}),
          date_trunc('day', ${to}::timestamptz at time zone ${zone}), interval '1 day') as day`
      : sql`select hour as bucket_start from generate_series(date_trunc('hour', ${from}::timestamptz, ${zone}), date_trunc('hour', ${to}::timestamptz, ${zone}),
          interval '1 hour') as hour`
  const { rows } = await sql<DeliverabilityPoint>`
    with counted as (
      select date_trunc(${bucket}, e.sent_at, ${zone}) as bucket_start, ${FIGURES} from emails e where ${within(scope, from, to)} group by 1
    )
    select s.bucket_start, coalesce(c.sent, 0) as sent, coalesce(c.delivered, 0) as delivered, coalesce(c.bounced, 0) as bounced,
      coalesce(c.complained, 0) as complained, coalesce(c.opened, 0) as opened, coalesce(c.clicked, 0) as clicked
    from (${starts}) s left join counted c using (bucket_start) order by s.bucket_start`.execute(db)
  return rows
}

export type RecentRow = {
  email_id: string
  conversation_id: string | null
  subject: string
  recipient: string
  status: string
  sent_at: Date
  delivered_at: Date | null
  open_count: number
  click_count: number
  bounce_type: string | null
  complaint_feedback_type: string | null
}

/** The newest messages that left, newest first. The kind of a complaint stands in the timeline. */
export const readRecent = async (db: Db, scope: DeliverabilityScope, limit: number): Promise<RecentRow[]> => {
  const { rows } = await sql<RecentRow>`
    select e.id as email_id, e.conversation_id, coalesce(t.subject, '') as subject, e.to_email as recipient, e.status, e.sent_at, e.delivered_at,
      e.open_count, e.click_count, case e.bounce_kind when 'hard' then 'Permanent' when 'soft' then 'Transient' end as bounce_type,
      case when e.complained_at is not null then coalesce((
        select v.metadata->>'feedback_type' from events v where v.email_id = e.id and v.event_type = 'complained' order by v.occurred_at limit 1), 'abuse')
      end as complaint_feedback_type
    from (
      select * from emails e where e.workspace_id = ${scope.workspace_id} and e.sent_at is not null
        ${scope.alias_id ? sql`and e.alias_id = ${scope.alias_id}` : sql``} ${scope.domain_id ? sql`and e.domain_id = ${scope.domain_id}` : sql``}
      order by e.sent_at desc, e.id desc limit ${limit}
    ) e left join email_contents t on t.email_id = e.id
    order by e.sent_at desc, e.id desc`.execute(db)
  return rows
}
