import { type RawBuilder, sql } from 'kysely'

/**
 * Assignments for an update of `emails`: an answer, an open or a report proves that a message arrived of which nobody knew
 * (DOMAIN.md §5). A row that is still `sending` is left to whoever settles it, who reads the evidence from the row, because
 * the sequence has to go on with it; here only a row that was given up as unknown is corrected.
 */
export const settleByEvidence = (now: Date | RawBuilder<unknown>): RawBuilder<unknown> => sql`
  status = case when e.verdict = 'unknown' and e.status = 'sent' then 'delivered' else e.status end,
  delivered_at = case when e.verdict = 'unknown' then coalesce(e.delivered_at, ${now}) else e.delivered_at end,
  verdict = case when e.verdict = 'unknown' then 'accepted' else e.verdict end`
