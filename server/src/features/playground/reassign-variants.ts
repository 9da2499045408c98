import { sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { assignVariant } from '../../variant-assignment.ts'
import type { CampaignStep } from '../campaigns/schema.ts'
import type { ApprovedEntry } from './approved-entry.ts'
import { abandonDrafts } from './settle-draft.ts'
import { voidApprovals } from './void-approvals.ts'

const PAGE = 1_000

type Lead = { campaign_lead_id: string; dataset_row_id: string; approvals: Record<string, ApprovedEntry> }

/**
 * New steps of a draft: its leads get the variants of those steps, by the same hash as at a launch, every approval ends, and
 * what is being drafted for the old steps is given up. Drafts that are finished stay to be read.
 */
export const reassignVariants = async (
  tx: Tx,
  scope: { workspace_id: string; campaign_id: string; now: Date },
  steps: CampaignStep[],
): Promise<void> => {
  const { campaign_id, now } = scope
  await abandonDrafts(tx, campaign_id, now)
  for (let after: string | null = null; ; ) {
    const found: { rows: Lead[] } = await sql<Lead>`
      select campaign_lead_id, dataset_row_id, approvals from campaign_leads
      where campaign_id = ${campaign_id} ${after ? sql`and campaign_lead_id > ${after}::uuid` : sql``}
      order by campaign_lead_id limit ${PAGE} for update`.execute(tx)
    if (!found.rows.length) return
    await voidApprovals(
      tx,
      scope,
      found.rows.flatMap(({ campaign_lead_id, approvals }) =>
        Object.values(approvals).map(({ step_index, variant_label, approval_id }) => ({
          campaign_lead_id,
          step: step_index,
          variant_label,
          approval_id,
          reason: 'step_changed' as const,
        })),
      ),
    )
    const rows = found.rows.map(({ campaign_lead_id, dataset_row_id }) => ({
      campaign_lead_id,
      variants: Object.fromEntries(
        steps.map((step) => [String(step.step), assignVariant(dataset_row_id, step.step, step.variants)]),
      ),
    }))
    await sql`
      update campaign_leads l set variant_assignments = r.variants, written = '{}', updated_at = ${now}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (campaign_lead_id uuid, variants jsonb)
      where l.campaign_lead_id = r.campaign_lead_id`.execute(tx)
    after = found.rows.at(-1)?.campaign_lead_id ?? null
    if (found.rows.length < PAGE) return
  }
}
