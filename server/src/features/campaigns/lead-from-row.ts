import { normalizeEmailAddress, receivingProvider } from '../../email-address.ts'
import { isTimeZone } from '../../time-window.ts'
import { assignVariant, pickAlias } from '../../variant-assignment.ts'
import { fieldOf } from './lead-variables.ts'
import type { CampaignStep, LaunchWarning } from './schema.ts'

export type DatasetRow = { id: string; row_index: number; email: string | null; data: Record<string, unknown> }

export type LeadDraft = {
  dataset_row_id: string
  row_index: number
  email: string
  email_domain: string
  receiving_provider: string
  linkedin_url: string | null
  lead_data: Record<string, unknown>
  /** Empty for the campaign's zone. */
  zone: string
  alias_id: string
  variant_assignments: Record<string, string>
}

export type RowProblem = { code: LaunchWarning['code']; message: string }

/**
 * Turns one row of a dataset into a lead, or says why it cannot be one. The variant of each step and the alias follow from
 * the row's id by hash, so a launch that runs again, on any machine, decides the same.
 */
export const leadFromRow = (
  row: DatasetRow,
  campaign: {
    steps: CampaignStep[]
    alias_ids: string[]
    column_mapping: Record<string, string>
    use_lead_timezone: boolean
  },
): { lead: LeadDraft } | { problem: RowProblem } => {
  const raw = row.email ?? fieldOf(campaign.column_mapping, row.data, 'email')
  if (!raw) return { problem: { code: 'missing_email', message: 'The row has no e-mail address.' } }
  const address = normalizeEmailAddress(raw)
  if (!address.ok) return { problem: { code: 'invalid_email', message: address.message } }
  const ownZone = campaign.use_lead_timezone ? fieldOf(campaign.column_mapping, row.data, 'timezone') : null
  return {
    lead: {
      dataset_row_id: row.id,
      row_index: row.row_index,
      email: address.email,
      email_domain: address.domain,
      receiving_provider: receivingProvider(address.domain),
      linkedin_url: fieldOf(campaign.column_mapping, row.data, 'linkedin_url'),
      lead_data: row.data,
      // A zone nobody knows would be worse than the campaign's own.
      zone: ownZone && isTimeZone(ownZone) ? ownZone : '',
      alias_id: pickAlias(row.id, campaign.alias_ids),
      variant_assignments: Object.fromEntries(
        campaign.steps.map((step) => [String(step.step), assignVariant(row.id, step.step, step.variants)]),
      ),
    },
  }
}
