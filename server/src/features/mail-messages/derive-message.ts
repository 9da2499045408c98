import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'

export type Derived = { id: string; is_first: boolean }

/**
 * Brings messages in line with their recipients, whose rows are the truth: sending until somebody has taken it, sent while
 * others wait or where not all took it, delivered once all have, bounced or failed where nobody could. Called in the
 * transaction that changed the recipients, after them: rows of recipients are always taken before the message's own, so
 * that nobody deadlocks, and the message is locked before it is summed up, so that two outcomes at once both count.
 * `is_first` says that nobody had taken the message before.
 */
export const deriveMessages = async (tx: Tx, emailIds: readonly string[], now: Date): Promise<Derived[]> => {
  const before = await sql<{ id: string; sent_at: Date | null }>`
    select id, sent_at from emails where id = any(${[...emailIds]}::uuid[]) and source = 'api' order by id for update`.execute(
    tx,
  )
  const ids = before.rows.map(({ id }) => id)
  if (!ids.length) return []
  const after = await sql<{ id: string; sent_at: Date | null }>`
    with s as (
      select email_id, count(*)::int as total,
        count(*) filter (where status in ('waiting', 'ready', 'sending'))::int as pending,
        count(*) filter (where status = 'delivered')::int as accepted,
        count(*) filter (where status = 'unknown')::int as unknown,
        count(*) filter (where status = 'bounced')::int as bounced,
        count(*) filter (where status = 'cancelled')::int as cancelled,
        bool_or(attempts > 0 or status = 'sending') as tried, max(attempts) as attempts,
        min(coalesce(delivered_at, case when status = 'unknown' then claimed_at end)) as sent_at, max(delivered_at) as delivered_at,
        min(bounced_at) as bounced_at, bool_or(bounce_kind = 'hard') as is_hard,
        (array_agg(bounce_reason order by bounced_at, position) filter (where bounce_reason is not null))[1] as bounce_reason,
        max(failed_at) as failed_at, min(complained_at) as complained_at,
        (array_agg(smtp_code order by updated_at desc, position) filter (where attempts > 0))[1] as smtp_code,
        (array_agg(smtp_enhanced order by updated_at desc, position) filter (where attempts > 0))[1] as smtp_enhanced,
        (array_agg(smtp_text order by updated_at desc, position) filter (where attempts > 0))[1] as smtp_text,
        (array_agg(cause order by updated_at desc, position) filter (where cause is not null))[1] as cause,
        (array_agg(advice order by updated_at desc, position) filter (where cause is not null))[1] as advice,
        left(string_agg(case when error_message is not null then address || ': ' || error_message end, E'\\n' order by position), 4000) as errors,
        max(error_message) as error
      from email_recipients where email_id = any(${ids}::uuid[]) group by email_id
    )
    update emails e set
      status = case
        when s.cancelled = s.total then 'cancelled'
        when s.pending > 0 and s.accepted + s.unknown > 0 then 'sent'
        when s.pending > 0 and s.tried then 'sending'
        when s.pending > 0 then case when e.due_at > ${now} then 'scheduled' else 'queued' end
        when s.accepted = s.total then 'delivered'
        when s.accepted + s.unknown > 0 then 'sent'
        when s.bounced > 0 then 'bounced'
        else 'failed' end,
      verdict = case
        when s.pending > 0 or s.cancelled = s.total then e.verdict
        when s.unknown > 0 then 'unknown'
        when s.accepted > 0 then 'accepted'
        else 'refused' end,
      sent_at = coalesce(e.sent_at, s.sent_at, case when s.pending = 0 and s.bounced > 0 then s.bounced_at end),
      delivered_at = case when s.accepted = s.total then s.delivered_at end,
      bounced_at = s.bounced_at, bounce_kind = case when s.bounced_at is null then null when s.is_hard then 'hard' else 'soft' end,
      bounce_reason = s.bounce_reason,
      failed_at = case when s.pending = 0 and s.accepted + s.unknown + s.bounced + s.cancelled = 0 then s.failed_at end,
      attempts = s.attempts, smtp_code = s.smtp_code, smtp_enhanced = s.smtp_enhanced, smtp_text = s.smtp_text, cause = s.cause, advice = s.advice,
      error_message = case when s.total = 1 then s.error else s.errors end, updated_at = ${now}
    from s where e.id = s.email_id
    returning e.id, e.sent_at`.execute(tx)
  const sentBefore = new Set(before.rows.filter(({ sent_at }) => sent_at !== null).map(({ id }) => id))
  return after.rows.map(({ id, sent_at }) => ({ id, is_first: sent_at !== null && !sentBefore.has(id) }))
}
