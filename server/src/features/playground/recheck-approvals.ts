import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import type { Secrets } from '../../secrets.ts'
import { loadSendingContext } from '../campaigns/sending-context.ts'
import { type ApprovedEntry, approvalFault } from './approved-entry.ts'
import { type VoidedApproval, voidApprovals } from './void-approvals.ts'

const PAGE = 500

type ApprovedLead = {
  campaign_lead_id: string
  email: string | null
  lead_data: Record<string, unknown>
  current_step: number
  variant_assignments: Record<string, string>
  approvals: Record<string, ApprovedEntry>
  from_email: string | null
  signature_html: string | null
  signature_text: string | null
}

const listApproved = async (
  db: Db,
  scope: { workspace_id: string; campaign_id: string; campaign_lead_ids: string[] | null },
  after: string | null,
): Promise<ApprovedLead[]> => {
  const found = await sql<ApprovedLead>`
    select l.campaign_lead_id, l.email, l.lead_data, l.current_step, l.variant_assignments, l.approvals,
      a.full_email as from_email, a.signature_html, a.signature_text
    from campaign_leads l left join aliases a on a.id = l.alias_id
    where l.workspace_id = ${scope.workspace_id} and l.campaign_id = ${scope.campaign_id} and l.approvals <> '{}'
      ${scope.campaign_lead_ids ? sql`and l.campaign_lead_id = any(${scope.campaign_lead_ids}::uuid[])` : sql``}
      ${after ? sql`and l.campaign_lead_id > ${after}::uuid` : sql``}
    order by l.campaign_lead_id limit ${PAGE} for update of l`.execute(db)
  return found.rows
}

/**
 * Holds the approvals of a campaign, or of some of its leads, against what lead, step, template, prompt, sender and footer are
 * now, and voids those that do not hold any more. What has left already keeps its approval. Called in the transaction of
 * whatever changed; sending looks once more, so what changes elsewhere is found there. Returns how many were voided.
 */
export const recheckApprovals = async (
  tx: Tx,
  secrets: Secrets,
  scope: { workspace_id: string; campaign_id: string; campaign_lead_ids?: string[]; now: Date },
): Promise<number> => {
  const some = { ...scope, campaign_lead_ids: scope.campaign_lead_ids ?? null }
  if (some.campaign_lead_ids?.length === 0) return 0
  let leads = await listApproved(tx, some, null)
  if (!leads.length) return 0
  const context = await loadSendingContext(tx, scope.campaign_id)
  if (!context) return 0
  const keys = secrets.keys('approvals')
  let voided = 0
  while (leads.length) {
    const faults = leads.flatMap((lead): VoidedApproval[] =>
      Object.values(lead.approvals).flatMap((entry) => {
        if (entry.step_index <= lead.current_step) return []
        const { signature_html, signature_text } = lead
        const footer = { from_email: lead.from_email ?? '', signature_html, signature_text }
        const variant_label = lead.variant_assignments[String(entry.step_index)] ?? ''
        const reason = approvalFault(entry, context, { ...lead, variant_label, footer }, keys)
        if (!reason) return []
        const { approval_id, step_index, variant_label: label } = entry
        return [
          { campaign_lead_id: lead.campaign_lead_id, step: step_index, variant_label: label, approval_id, reason },
        ]
      }),
    )
    voided += await voidApprovals(tx, scope, faults)
    const last = leads.at(-1)?.campaign_lead_id ?? null
    leads = leads.length === PAGE ? await listApproved(tx, some, last) : []
  }
  return voided
}

/** The same for every unfinished campaign of the workspace whose steps name this template or sender profile. */
export const recheckApprovalsUsing = async (
  tx: Tx,
  secrets: Secrets,
  used: { workspace_id: string; template_id?: string; sender_profile_id?: string; now: Date },
): Promise<number> => {
  const id = (used.template_id ?? used.sender_profile_id ?? '').toLowerCase()
  const found = await sql<{ campaign_id: string }>`
    select c.campaign_id from campaigns c
    where c.workspace_id = ${used.workspace_id} and c.status <> 'completed' and exists (
      select 1 from jsonb_path_query(c.steps_config, ${used.template_id ? sql`'$[*].variants[*].template_id'` : sql`'$[*].variants[*].sender_profile_id'`}) as used (id)
      where lower(used.id #>> '{}') = ${id})
      and exists (select 1 from campaign_leads l where l.campaign_id = c.campaign_id and l.approvals <> '{}')`.execute(
    tx,
  )
  let voided = 0
  for (const { campaign_id } of found.rows)
    voided += await recheckApprovals(tx, secrets, { workspace_id: used.workspace_id, campaign_id, now: used.now })
  return voided
}
