import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { composeText } from '../../message-text.ts'
import type { WriteRequest } from '../../ports/llm/port.ts'
import type { SendingContext } from '../campaigns/sending-context.ts'
import type { ClaimedDraft } from './claim-drafts.ts'

/** How many others a text is held against. */
const COMPARED_DRAFTS = 20

/** The words of the steps before, without footers: a follow-up must not repeat them, and no model needs anybody's links. */
export const earlierTexts = (
  context: SendingContext,
  draft: Pick<ClaimedDraft, 'step' | 'approvals' | 'written' | 'dataset_row_id' | 'variant_assignments'>,
  lead: Record<string, string>,
  now: Date,
): WriteRequest['step']['earlier'] =>
  context.steps
    .filter(({ step }) => step < draft.step)
    .flatMap(({ step, variants }) => {
      const known = draft.approvals[String(step)] ?? draft.written[String(step)]
      if (known) return [{ subject: known.subject, text: known.body }]
      const label = draft.variant_assignments[String(step)] ?? variants[0]?.label
      const template = context.templates.get(variants.find((variant) => variant.label === label)?.template_id ?? '')
      if (!template) return []
      try {
        const seed = `${draft.dataset_row_id}:${step}`
        const at = Temporal.Instant.fromEpochMilliseconds(now.getTime())
        const { subject, text } = composeText({
          template,
          variables: lead,
          seed,
          footer: { opt_out_url: null },
          now: at,
        })
        return [{ subject, text }]
      } catch {
        // A template that does not render for this lead was sent to nobody.
        return []
      }
    })

/** What a text is held against, so that it is not sent to two people: the last ones to others of the campaign. */
export const otherTexts = async (
  db: Db,
  draft: Pick<ClaimedDraft, 'campaign_id' | 'campaign_lead_id'>,
): Promise<{ subject: string; body: string }[]> => {
  const found = await sql<{ subject: string; body: string }>`
    select coalesce(t.edited_subject, t.subject) as subject, coalesce(t.edited_body, t.body) as body from (
      select draft_id from campaign_drafts d where d.campaign_id = ${draft.campaign_id} and d.campaign_lead_id <> ${draft.campaign_lead_id} and d.status = 'completed'
      order by d.draft_id desc limit ${COMPARED_DRAFTS}) d
    join draft_contents t on t.draft_id = d.draft_id`.execute(db)
  return found.rows
}
