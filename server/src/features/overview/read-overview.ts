import type { Db } from '../../db/connect.ts'
import { type DeliverabilityFigures, type DeliverabilityPoint, readPoints } from '../mail-service/deliverability.ts'
import {
  countCampaigns,
  countReplies,
  countToAnswer,
  listFailingDomains,
  listFailingMailboxes,
  listPaused,
  listUnapproved,
  readFirstRun,
} from './queries.ts'

type Figures = DeliverabilityFigures & { replied: number }

const NOTHING: Figures = { sent: 0, delivered: 0, bounced: 0, complained: 0, opened: 0, clicked: 0, replied: 0 }

const sum = (days: readonly Figures[]): Figures =>
  days.reduce(
    (total, day) => {
      for (const name of Object.keys(NOTHING) as (keyof Figures)[]) total[name] += day[name]
      return total
    },
    { ...NOTHING },
  )

const toDate = (at: Temporal.ZonedDateTime): Date => new Date(at.epochMilliseconds)

/**
 * The present day and those before it, in the workspace's own zone, beside as many before them: both are read at once and cut
 * here, so that the two cannot disagree about where they meet.
 */
export const readOverview = async (
  db: Db,
  { workspace_id, timezone }: { workspace_id: string; timezone: string },
  days: number,
  now: Date,
) => {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone).startOfDay()
  // What left at the very first moment of a day belongs to it; the figures count what is later than their beginning.
  const from = new Date(toDate(today.subtract({ days: 2 * days - 1 })).getTime() - 1)
  const span = { from, to: now, bucket: 'day' as const, zone: timezone }
  const [points, replies, answers, drafts, paused, domains, mailboxes, campaigns, { alerts, ...first_run }] =
    await Promise.all([
      readPoints(db, { workspace_id }, span),
      countReplies(db, workspace_id, span),
      countToAnswer(db, workspace_id, now),
      listUnapproved(db, workspace_id),
      listPaused(db, workspace_id),
      listFailingDomains(db, workspace_id),
      listFailingMailboxes(db, workspace_id),
      countCampaigns(db, workspace_id),
      readFirstRun(db, workspace_id),
    ])
  const byDay = new Map(points.map((point) => [dayOf(point, timezone), point]))
  const all = Array.from({ length: 2 * days }, (_, at) => {
    const day = today
      .subtract({ days: 2 * days - 1 - at })
      .toPlainDate()
      .toString()
    const { bucket_start: _start, ...figures } = byDay.get(day) ?? { ...NOTHING, bucket_start: now }
    return { ...NOTHING, ...figures, day, replied: replies.get(day) ?? 0 }
  })
  const series = all.slice(days)
  return {
    now,
    timezone,
    days,
    totals: sum(series),
    previous: sum(all.slice(0, days)),
    series,
    needs: { answers, drafts, paused, domains, mailboxes, alerts },
    campaigns,
    first_run,
  }
}

const dayOf = ({ bucket_start }: DeliverabilityPoint, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(bucket_start.getTime()).toZonedDateTimeISO(zone).toPlainDate().toString()
