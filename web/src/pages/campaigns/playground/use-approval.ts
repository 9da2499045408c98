import {
  approveLeadEmail,
  getApprovalProof,
  getCampaign,
  getCampaignLead,
  launchPreflight,
  listCampaignLeads,
  listLeadApprovals,
  listPlaygroundBatches,
  playgroundDrafts,
  resetLeadApprovals,
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

/** What shows approvals anywhere is asked again; the drafts themselves too where their state was not set by hand. */
export const refreshApprovals = async (and_drafts = false): Promise<void> => {
  const reads = [listCampaignLeads, getCampaignLead, launchPreflight, getCampaign, listPlaygroundBatches]
  for (const read of reads) void queryClient.invalidateQueries({ queryKey: keyOf(read as never) })
  if (and_drafts) await queryClient.invalidateQueries({ queryKey: keyOf(playgroundDrafts) })
}

type Place = { campaign_id: string; campaign_lead_id: string }

/**
 * Approves again what was withdrawn last, word for word: from its record and not from the draft on the page, since another text
 * may have been approved than the newest one. Answers how many steps that were.
 */
const restore = async (place: Place, steps: readonly number[]): Promise<number> => {
  const { items } = await listLeadApprovals(call, { ...place, limit: 50 })
  const lead = await getCampaignLead(call, place)
  let restored = 0
  for (const step of steps) {
    const last = items.find((record) => record.step_index === step && record.kind === 'withdrawn')
    const variant_label = lead.variant_assignments[String(step)]
    if (!last || !variant_label || lead.approved_steps.includes(step)) continue
    const { contents } = await getApprovalProof(call, { approval_id: last.approval_id })
    if (!contents) continue
    await approveLeadEmail(call, {
      ...place,
      body: {
        subject: contents.words.subject,
        body: contents.words.body,
        step_index: step,
        variant_label,
        prompt_snapshot: contents.prompt,
      },
    })
    restored++
  }
  return restored
}

/** One lead after the other, so that a click does not become a flood; the first refusal ends it and is thrown at the end. */
const inTurn = async <T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<T[]> => {
  const done: T[] = []
  let refusal: unknown = null
  for (const item of items) {
    try {
      await act(item)
      done.push(item)
    } catch (error) {
      refusal ??= error
      break
    }
  }
  if (refusal) showError(refusal)
  return done
}

/** Approving answers at once and is taken back where the server refuses; each change can be undone. */
export const useApproval = (campaign_id: string, step: number) => {
  const placeOf = (entry: Entry): Place => ({ campaign_id, campaign_lead_id: entry.id })
  const nameOf = (entry: Entry): string => (entry.lead ? leadName(entry.lead) : 'the lead')
  const mark = (entry: Entry, is_approved: boolean): void =>
    setDraft(campaign_id, entry.batch_id, entry.id, { is_approved })

  const bringBack = async (entries: readonly Entry[], steps: readonly number[]): Promise<void> => {
    const done = await inTurn(entries, (entry) => restore(placeOf(entry), steps))
    await refreshApprovals(true)
    if (done.length) showDone(done.length === 1 ? 'Approved again, word for word' : `${done.length} approved again`)
  }
  const unapprove = async (entry: Entry, with_undo = true): Promise<void> => {
    mark(entry, false)
    try {
      await unapproveLeadEmail(call, { ...placeOf(entry), body: { step_index: step } })
      if (with_undo)
        showDone(`Approval for ${nameOf(entry)} withdrawn`, () => void bringBack([entry], [step]).catch(showError))
      void refreshApprovals()
    } catch (error) {
      mark(entry, true)
      showError(error)
    }
  }
  const approve = async (entry: Entry): Promise<void> => {
    const { draft } = entry
    if (!draft) return
    mark(entry, true)
    try {
      await approveLeadEmail(call, {
        ...placeOf(entry),
        body: {
          ...wordsOf(entry),
          step_index: step,
          variant_label: draft.variant_label,
          model: draft.model,
          generation_latency_ms: draft.generation_latency_ms,
          expected_step_config_fingerprint: draft.step_config_fingerprint,
        },
      })
      showDone(`Approved for ${nameOf(entry)}`, () => void unapprove(entry, false))
      void refreshApprovals()
    } catch (error) {
      mark(entry, false)
      showError(error)
    }
  }
  /** Withdraws the approvals of many leads for this step. */
  const resetStep = async (entries: readonly Entry[]): Promise<void> => {
    for (const entry of entries) mark(entry, false)
    const done = await inTurn(entries, (entry) =>
      resetLeadApprovals(call, { ...placeOf(entry), body: { step_indices: [step] } }),
    )
    await refreshApprovals(true)
    if (done.length)
      showDone(
        done.length === 1 ? '1 approval withdrawn' : `${done.length} approvals withdrawn`,
        () => void bringBack(done, [step]).catch(showError),
      )
  }
  /** Withdraws every approval of one lead, whichever step it is for. */
  const resetLead = async (entry: Entry): Promise<void> => {
    try {
      const before = await getCampaignLead(call, placeOf(entry))
      const { approved_steps } = await resetLeadApprovals(call, { ...placeOf(entry), body: {} })
      const steps = before.approved_steps.filter((approved) => !approved_steps.includes(approved))
      await refreshApprovals(true)
      showDone(
        steps.length
          ? `Approvals of ${nameOf(entry)} withdrawn: step ${steps.join(', ')}`
          : `${nameOf(entry)} had no approval to withdraw`,
        steps.length ? () => void bringBack([entry], steps).catch(showError) : undefined,
      )
    } catch (error) {
      showError(error)
    }
  }
  return {
    approve: (entry: Entry) => void approve(entry),
    unapprove: (entry: Entry) => void unapprove(entry),
    resetStep: (entries: readonly Entry[]) => void resetStep(entries),
    resetLead: (entry: Entry) => void resetLead(entry),
  }
}
