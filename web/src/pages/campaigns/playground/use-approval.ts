import {
  approveLeadEmail,
  getCampaign,
  launchPreflight,
  listCampaignLeads,
  unapproveLeadEmail,
} from '@bavlio/sdk/operations'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { showDone, showError } from '../../../ui/toast.tsx'
import { leadName } from '../lead-name.ts'
import { type Entry, setDraft } from './use-drafts.ts'

/** The words that an approval freezes: a person's version before the writer's. */
export const wordsOf = (entry: Entry): { subject: string; body: string } => ({
  subject: entry.draft?.edit?.subject ?? entry.draft?.subject ?? '',
  body: entry.draft?.edit?.body ?? entry.draft?.body ?? '',
})

const refresh = (): void => {
  for (const read of [listCampaignLeads, launchPreflight, getCampaign])
    void queryClient.invalidateQueries({ queryKey: keyOf(read as never) })
}

/** Approving answers at once and is taken back where the server refuses; each approval can be undone. */
export const useApproval = (campaign_id: string, step: number) => {
  const unapprove = async (entry: Entry): Promise<void> => {
    setDraft(campaign_id, entry.batch_id, entry.id, { is_approved: false })
    try {
      await unapproveLeadEmail(call, { campaign_id, campaign_lead_id: entry.id, body: { step_index: step } })
      refresh()
    } catch (error) {
      setDraft(campaign_id, entry.batch_id, entry.id, { is_approved: true })
      showError(error)
    }
  }
  const approve = async (entry: Entry): Promise<void> => {
    const { draft } = entry
    if (!draft) return
    setDraft(campaign_id, entry.batch_id, entry.id, { is_approved: true })
    try {
      await approveLeadEmail(call, {
        campaign_id,
        campaign_lead_id: entry.id,
        body: {
          ...wordsOf(entry),
          step_index: step,
          variant_label: draft.variant_label,
          model: draft.model,
          generation_latency_ms: draft.generation_latency_ms,
          expected_step_config_fingerprint: draft.step_config_fingerprint,
        },
      })
      showDone(`Approved for ${entry.lead ? leadName(entry.lead) : 'the lead'}`, () => void unapprove(entry))
      refresh()
    } catch (error) {
      setDraft(campaign_id, entry.batch_id, entry.id, { is_approved: false })
      showError(error)
    }
  }
  return { approve: (entry: Entry) => void approve(entry), unapprove: (entry: Entry) => void unapprove(entry) }
}
