import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { composeText } from '../../message-text.ts'
import { TemplateError } from '../../template-engine.ts'
import { leadVariables } from './lead-variables.ts'
import { findCampaign } from './queries.ts'
import { loadSendingContext, type SendingContext } from './sending-context.ts'

export type PreviewRequest = { step_index: number; variant_label: string; lead_row_index: number }

/**
 * One variant for one row, in the order and with the footer of a real message; the unsubscribe link is a stand-in. Throws
 * NOT_FOUND for a missing campaign, step, variant or row, BAD_REQUEST for a variant without template, VALIDATION_ERROR for
 * a template that does not render.
 */
export const previewTemplate = async (
  deps: Pick<Deps, 'db' | 'address'>,
  workspaceId: string,
  campaignId: string,
  request: PreviewRequest,
  now: Date,
) => {
  const campaign = await findCampaign(deps.db, workspaceId, campaignId)
  if (!campaign) throw notFound()
  const context = (await loadSendingContext(deps.db, campaignId)) as SendingContext
  const step = context.steps[request.step_index]
  if (!step)
    throw notFound(
      `The campaign has no step with index ${request.step_index}; it has ${context.steps.length}, counted from 0.`,
    )
  const variant = step.variants.find(({ label }) => label === request.variant_label)
  if (!variant) throw notFound(`Step ${step.step} has no variant ${request.variant_label}.`)
  const template = variant.template_id ? context.templates.get(variant.template_id) : undefined
  if (!template) throw problem('BAD_REQUEST', `Variant ${variant.label} has no template to fill.`)
  const found = await sql<{ id: string; data: Record<string, unknown> }>`
    select id, data from dataset_rows where workspace_id = ${workspaceId} and dataset_id = ${campaign.dataset_id}
      and row_index = ${request.lead_row_index} and removed_at is null`.execute(deps.db)
  const row = found.rows[0]
  if (!row) throw notFound(`The dataset has no row ${request.lead_row_index}.`)
  try {
    const composed = composeText({
      template,
      variables: leadVariables(context.variable_names, row.data),
      seed: `${row.id}:${step.step}`,
      footer: { postal_address: context.postal_address, opt_out_url: `${deps.address.base_url}/u/preview` },
      now: Temporal.Instant.fromEpochMilliseconds(now.getTime()),
    })
    return {
      campaign_id: campaignId,
      step_index: request.step_index,
      variant_label: variant.label,
      lead_row_index: request.lead_row_index,
      subject: composed.subject,
      body: composed.html,
      body_text: composed.text,
      variables: composed.used,
      missing_variables: composed.missing,
    }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw invalid(
      error.problems.map(({ message, line, column }) => ({
        loc: ['body', 'template'],
        msg: `${message} (line ${line}, column ${column})`,
        type: 'template_error',
      })),
    )
  }
}
