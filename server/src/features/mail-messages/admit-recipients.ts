import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { rampedLimit } from '../../pacing.ts'
import { calendarDay, startOfNextDay, toDate } from '../../time-window.ts'
import { providerLimits } from '../campaigns/pacing-state.ts'
import { type NewEvent, recordEvents } from '../campaigns/record-events.ts'
import { findBlock } from '../sending-health/find-block.ts'
import { deriveMessages } from './derive-message.ts'

/** Looked at in one go; the caps of a day hold for all of them together. */
const PAGE = 500
/** How long a recipient waits before a domain that may not send is looked at again, and until it is given up. */
const HOLD_MS = 3_600_000
const GIVE_UP_MS = 72 * 3_600_000

type Waiting = {
  id: string
  email_id: string
  address: string
  alias_id: string
  domain_id: string
  receiving_provider: string
  attempts: number
  wanted_at: Date
}

type AliasRow = {
  id: string
  full_email: string
  domain_id: string
  domain: string
  can_send: boolean
  mailbox_status: string | null
  domain_limit: number | null
  daily_limit: number
  ramp_start: number | null
  ramp_step: number | null
  ramp_started_on: string | null
}

type Cap = { scope: 'alias' | 'domain' | 'provider'; key: string; limit: number | null; reason: string; text: string }

type Hold = { row: Waiting; until: Date; reason: string; text: string }

export type Admission = { admitted: number; held: number }

/**
 * Lets the recipients that are due through to the senders, under the same caps of the day as campaigns and counted with
 * theirs: alias with its ramp-up, domain, receiving provider. Whoever finds a cap used up waits for the next day; for a
 * domain that may not send, an hour at a time, and is given up after 72. A retry was counted at its first try. One
 * dispatcher of a workspace at a time, campaigns' included, so that the caps are exact.
 */
export const admitDue = (deps: Pick<Deps, 'db'>, workspaceId: string, now: Date): Promise<Admission> =>
  transaction(deps.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`dispatch:${workspaceId}`}, 0))`.execute(tx)
    const { rows: waiting } = await sql<Waiting>`
      select r.id, r.email_id, r.address, r.alias_id, e.domain_id, r.receiving_provider, r.attempts, e.due_at as wanted_at
      from email_recipients r join emails e on e.id = r.email_id
      where r.workspace_id = ${workspaceId} and r.status = 'waiting' and r.due_at <= ${now}
      order by r.due_at, r.id limit ${PAGE} for update of r skip locked`.execute(tx)
    if (!waiting.length) return { admitted: 0, held: 0 }
    const state = await loadCaps(tx, workspaceId, waiting, now)
    const admitted: Waiting[] = []
    const counted: Waiting[] = []
    const holds: Hold[] = []
    for (const row of waiting) {
      const alias = state.aliases.get(row.alias_id)
      const stop = alias ? await state.blockOf(alias) : 'The alias is gone.'
      if (!alias || stop) {
        const until = new Date(now.getTime() + HOLD_MS)
        holds.push({ row, until, reason: 'sender_not_ready', text: stop ?? '' })
        continue
      }
      const full = row.attempts > 0 ? undefined : state.capsOf(row, alias).find(state.isUsedUp)
      if (full) {
        holds.push({ row, until: state.tomorrow, reason: full.reason, text: full.text })
        continue
      }
      admitted.push(row)
      if (row.attempts > 0) continue
      counted.push(row)
      for (const cap of state.capsOf(row, alias)) state.use(cap)
    }
    await letThrough(tx, workspaceId, { admitted, counted, today: state.today }, now)
    await hold(tx, workspaceId, holds, now)
    return { admitted: admitted.length, held: holds.length }
  })

const loadCaps = async (tx: Tx, workspaceId: string, waiting: Waiting[], now: Date) => {
  const found = await sql<{ timezone: string; provider_daily_limits: Record<string, number> }>`
    select timezone, provider_daily_limits from workspaces where id = ${workspaceId}`.execute(tx)
  const { timezone, provider_daily_limits } = found.rows[0] as {
    timezone: string
    provider_daily_limits: Record<string, number>
  }
  const today = calendarDay(now, timezone)
  const ids = [...new Set(waiting.map((row) => row.alias_id))]
  const aliases = await sql<AliasRow>`
    select a.id, a.full_email, a.domain_id, d.domain, d.status = 'verified' and d.is_active as can_send, d.daily_limit as domain_limit, m.status as mailbox_status, a.daily_limit,
      a.ramp_start, a.ramp_step, a.ramp_started_on::text as ramp_started_on
    from aliases a join sending_domains d on d.id = a.domain_id left join mailboxes m on m.id = a.mailbox_id
    where a.workspace_id = ${workspaceId} and a.id = any(${ids}::uuid[])`.execute(tx)
  const counts = await sql<{ scope: string; scope_key: string; used: number }>`
    select scope, scope_key, used from send_counts where workspace_id = ${workspaceId} and day = ${today}::date and scope <> 'campaign'`.execute(
    tx,
  )
  const used = new Map(counts.rows.map((row) => [`${row.scope} ${row.scope_key}`, row.used]))
  const limits = providerLimits(provider_daily_limits)
  const blocks = new Map<string, string | null>()
  const usedBy = (cap: Cap): number => used.get(`${cap.scope} ${cap.key}`) ?? 0
  return {
    today,
    tomorrow: toDate(startOfNextDay(now, timezone)),
    aliases: new Map(aliases.rows.map((row) => [row.id, row])),
    blockOf: async (alias: AliasRow): Promise<string | null> => {
      if (alias.mailbox_status !== null && alias.mailbox_status !== 'active')
        return `The mailbox ${alias.full_email} needs its owner.`
      if (!alias.can_send) return `${alias.domain} is not verified any more.`
      if (!blocks.has(alias.id))
        blocks.set(alias.id, await findBlock(tx, { workspace_id: workspaceId, alias_ids: [alias.id] }, now))
      return blocks.get(alias.id) ?? null
    },
    capsOf: (row: Waiting, alias: AliasRow): Cap[] => {
      const limit = rampedLimit({ ...alias, started_on: alias.ramp_started_on, today })
      const provider = limits.get(row.receiving_provider) ?? null
      const sent = (who: string, most: number | null) => `${who} has sent its ${most} messages of today.`
      return [
        { scope: 'alias', key: alias.id, limit, reason: 'alias_daily', text: sent(alias.full_email, limit) },
        {
          scope: 'domain',
          key: alias.domain_id,
          limit: alias.domain_limit,
          reason: 'domain_daily',
          text: sent(alias.domain, alias.domain_limit),
        },
        {
          scope: 'provider',
          key: row.receiving_provider,
          limit: provider,
          reason: 'provider_daily',
          text: `${row.receiving_provider} has had its ${provider} messages of today.`,
        },
      ]
    },
    isUsedUp: (cap: Cap): boolean => cap.limit !== null && usedBy(cap) >= cap.limit,
    use: (cap: Cap): void => void used.set(`${cap.scope} ${cap.key}`, usedBy(cap) + 1),
  }
}

const letThrough = async (
  tx: Tx,
  workspaceId: string,
  { admitted, counted, today }: { admitted: Waiting[]; counted: Waiting[]; today: string },
  now: Date,
): Promise<void> => {
  if (!admitted.length) return
  await sql`
    update email_recipients set status = 'ready', updated_at = ${now},
      counted_on = case when id = any(${counted.map(({ id }) => id)}::uuid[]) then ${today}::date else counted_on end
    where id = any(${admitted.map(({ id }) => id)}::uuid[])`.execute(tx)
  if (!counted.length) return
  await countUses(
    tx,
    workspaceId,
    counted.map((row) => ({ ...row, day: today })),
    1,
  )
  await sql`
    update aliases set ramp_started_on = ${today}::date
    where id = any(${[...new Set(counted.map(({ alias_id }) => alias_id))]}::uuid[]) and ramp_started_on is null`.execute(
    tx,
  )
}

type Use = { alias_id: string; domain_id: string; receiving_provider: string; day: string }

/** Takes from the caps of a day, or with -1 gives back what never left. One order for everybody, as in dispatch. */
export const countUses = async (tx: Tx, workspaceId: string, uses: readonly Use[], sign: 1 | -1): Promise<void> => {
  if (!uses.length) return
  await sql`
    with used as (
      select * from jsonb_to_recordset(${JSON.stringify(uses)}::jsonb) as u (alias_id uuid, domain_id uuid, receiving_provider text, day date)
    )
    insert into send_counts as s (workspace_id, scope, scope_key, day, used)
    select ${workspaceId}, scope, scope_key, day, ${sign}::int * count(*) from (
      select 'alias' as scope, alias_id::text as scope_key, day from used
      union all select 'domain', domain_id::text, day from used
      union all select 'provider', receiving_provider, day from used
    ) taken group by scope, scope_key, day order by scope, scope_key, day
    on conflict (workspace_id, scope, scope_key, day) do update set used = greatest(0, s.used + excluded.used)`.execute(
    tx,
  )
}

/** Puts off what may not leave now and says so, once for each message; what has waited for too long is given up. */
const hold = async (tx: Tx, workspaceId: string, holds: Hold[], now: Date): Promise<void> => {
  if (!holds.length) return
  const isOver = ({ row, reason }: Hold): boolean =>
    reason === 'sender_not_ready' && now.getTime() - row.wanted_at.getTime() > GIVE_UP_MS
  const given = holds.map((one) => ({
    id: one.row.id,
    until: one.until,
    text: isOver(one) ? `Given up after 72 hours: ${one.text}` : one.text,
    is_over: isOver(one),
  }))
  await sql`
    update email_recipients r set due_at = h.until, error_message = h.text, updated_at = ${now},
      status = case when h.is_over then 'failed' else r.status end, failed_at = case when h.is_over then ${now}::timestamptz end
    from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as h (id uuid, until timestamptz, text text, is_over boolean)
    where r.id = h.id`.execute(tx)
  const events: NewEvent[] = []
  for (const [email_id, [first]] of Map.groupBy(holds, ({ row }) => row.email_id)) {
    const one = first as Hold
    events.push({
      workspace_id: workspaceId,
      campaign_id: null,
      campaign_lead_id: null,
      email_id,
      event_type: isOver(one) ? 'failed' : 'deferred',
      metadata: { reason: one.reason, text: one.text, ...(isOver(one) ? {} : { retry_at: one.until.toISOString() }) },
      occurred_at: now,
    })
  }
  await recordEvents(tx, events)
  await deriveMessages(tx, [...new Set(holds.map(({ row }) => row.email_id))], now)
}
