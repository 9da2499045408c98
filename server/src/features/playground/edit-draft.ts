import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { checkDraft } from '../../draft-quality.ts'
import { htmlToText } from '../../html-text.ts'
import type { Principal } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { askedLanguage } from '../../letters/asked-language.ts'
import { leadVariables } from '../campaigns/lead-variables.ts'
import { loadSendingContext, type SendingContext } from '../campaigns/sending-context.ts'
import { senderFields } from '../personalization/sender-facts.ts'
import { bodyIsHtml } from './approve-email.ts'
import { stepAt } from './approved-entry.ts'
import type { ClaimedDraft } from './claim-drafts.ts'
import { earlierTexts, otherTexts } from './earlier-texts.ts'
import { type DraftRow, findDraft, storeEdit } from './queries.ts'

type LeadRow = Pick<ClaimedDraft, 'lead_data' | 'dataset_row_id' | 'variant_assignments' | 'approvals' | 'written'>

/**
 * Keeps a person's version beside the draft, judged by the rules as the draft was. Null for both parts takes it back; a part
 * that is absent stays as it is. Throws NOT_FOUND, CONFLICT for a draft without a text, VALIDATION_ERROR.
 */
export const editDraft = async (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  place: { campaign_id: string; draft_id: string },
  edit: { subject?: string | null; body?: string | null },
  now: Date,
): Promise<DraftRow> => {
  const { workspace_id } = principal.workspace
  return transaction(deps.db, async (tx) => {
    const known = await sql`
      select 1 from campaign_drafts where workspace_id = ${workspace_id} and campaign_id = ${place.campaign_id} and draft_id = ${place.draft_id} for update`.execute(
      tx,
    )
    const draft = known.rows.length ? await findDraft(tx, workspace_id, place.campaign_id, place.draft_id) : null
    if (!draft) throw notFound('There is no such draft in this campaign.')
    if (draft.subject === null || draft.body === null)
      throw problem('CONFLICT', `The draft has no text to edit: it is ${draft.status}.`)
    const subject =
      edit.subject === undefined ? (draft.edited_subject ?? draft.subject) : (edit.subject ?? draft.subject)
    const body = edit.body === undefined ? (draft.edited_body ?? draft.body) : (edit.body ?? draft.body)
    const blank = [...(subject.trim() ? [] : ['subject']), ...(body.trim() ? [] : ['body'])].map((field) => ({
      loc: ['body', field],
      msg: 'must not be blank',
      type: 'missing',
    }))
    if (/[\r\n]/.test(subject)) blank.push({ loc: ['body', 'subject'], msg: 'must be one line', type: 'line_break' })
    if (blank.length) throw invalid(blank)
    if (subject === draft.subject && body === draft.body) await storeEdit(tx, draft.draft_id, null, now)
    else {
      const context = (await loadSendingContext(tx, place.campaign_id)) as SendingContext
      const found = await sql<LeadRow>`
        select lead_data, dataset_row_id, variant_assignments, approvals, written from campaign_leads
        where campaign_lead_id = ${draft.campaign_lead_id}`.execute(tx)
      const row = found.rows[0] as LeadRow
      const lead = leadVariables(context.variable_names, row.lead_data)
      const variant = stepAt(context, draft.step)?.variants.find(({ label }) => label === draft.variant_label)
      const sender = senderFields(context.senders.get(variant?.sender_profile_id ?? '')?.sender_data ?? {})
      const quality = checkDraft({
        subject,
        body: bodyIsHtml(body, draft) ? htmlToText(body) : body,
        facts: draft.facts ?? [],
        lead,
        sender,
        language: askedLanguage(draft.prompt_snapshot ?? '', lead, sender),
        ...(draft.prompt_snapshot === null ? {} : { prompt: draft.prompt_snapshot }),
        earlier: [
          ...(await otherTexts(tx, { ...place, campaign_lead_id: draft.campaign_lead_id })),
          ...earlierTexts(context, { ...row, step: draft.step }, lead, now).map((one) => ({
            subject: one.subject,
            body: one.text,
          })),
        ],
      })
      await storeEdit(tx, draft.draft_id, { subject, body, quality, user_id: principal.user_id }, now)
    }
    return (await findDraft(tx, workspace_id, place.campaign_id, place.draft_id)) as DraftRow
  })
}
