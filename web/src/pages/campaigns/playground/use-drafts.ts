import { listCampaignLeads, playgroundDrafts, playgroundStatus } from '@bavlio/sdk/operations'
import type { CampaignLead, PlaygroundDraft, PlaygroundDrafts, PlaygroundLeadState } from '@bavlio/sdk/types'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'

const POLL_MS = 2_000
const IDLE_MS = 20_000
/** Older batches than these are not looked at again; their texts are long approved or written anew. */
const BATCHES = 12
const LEADS_PER_PAGE = 200
const LEAD_PAGES = 10

/** A lead in the playground: how its last draft stands, and its words once they are there. */
export type Entry = {
  id: string
  batch_id: string
  status: PlaygroundLeadState['status']
  error: string | null
  subject_preview: string | null
  draft: PlaygroundDraft | null
  lead: CampaignLead | null
}

export type BatchProgress = { batch_id: string; done: number; failed: number; total: number }

const isOver = (status: PlaygroundLeadState['status']): boolean => status !== 'pending' && status !== 'running'

/**
 * The last draft of every lead for one step, over all batches, and how the batch that is being written comes on. The states are
 * polled; the texts of a batch are large, so they are read when it begins, when it has ended, and when the one looked at is
 * done before that. Leads keep their order, so nothing moves while texts come in.
 */
export const useDrafts = (campaign_id: string, step: number, shown_id: string | null) => {
  const [is_busy, setBusy] = useState(false)
  const status = useRead(playgroundStatus, { campaign_id }, { refetch_ms: is_busy ? POLL_MS : IDLE_MS })
  const states = status.data?.per_lead ?? []
  const running = states.some((state) => !isOver(state.status))
  useEffect(() => setBusy(running), [running])

  // Ids are ordered by time, so the newest batches come first.
  const batch_ids = [...new Set(states.flatMap(({ batch_id }) => batch_id ?? []))].sort().reverse().slice(0, BATCHES)
  const batches = useQueries({
    queries: batch_ids.map((batch_id) => ({
      queryKey: keyOf(playgroundDrafts, { campaign_id, batch_id }),
      queryFn: ({ signal }: { signal: AbortSignal }) => playgroundDrafts(call, { campaign_id, batch_id }, { signal }),
      staleTime: Number.POSITIVE_INFINITY,
    })),
  })
  const drafts = new Map<string, PlaygroundDraft>()
  const step_of = new Map<string, number>()
  for (const [index, read] of batches.entries())
    for (const draft of read.data?.drafts ?? []) {
      step_of.set(batch_ids[index] ?? '', draft.step_index)
      drafts.set(`${batch_ids[index]} ${draft.campaign_lead_id}`, draft)
    }

  const of_step = states.filter(({ batch_id }) => batch_id !== null && step_of.get(batch_id) === step)
  const leads = useLeads(
    campaign_id,
    of_step.map(({ campaign_lead_id }) => campaign_lead_id),
  )
  const entries: Entry[] = of_step
    .map((state) => {
      const draft = drafts.get(`${state.batch_id} ${state.campaign_lead_id}`)
      return {
        id: state.campaign_lead_id,
        batch_id: state.batch_id ?? '',
        status: state.status,
        error: state.error,
        subject_preview: state.subject_preview,
        draft: draft?.status === 'completed' ? draft : null,
        lead: leads.get(state.campaign_lead_id) ?? null,
      }
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1))

  const lacking = batch_ids.filter((batch_id) => {
    const of_batch = states.filter((state) => state.batch_id === batch_id)
    const lacks = (state: PlaygroundLeadState): boolean =>
      state.has_draft && drafts.get(`${batch_id} ${state.campaign_lead_id}`)?.status !== 'completed'
    const is_read = batches[batch_ids.indexOf(batch_id)]?.data !== undefined
    return (
      is_read &&
      (of_batch.every((state) => isOver(state.status))
        ? of_batch.some(lacks)
        : of_batch.some((state) => state.campaign_lead_id === shown_id && lacks(state)))
    )
  })
  const key = lacking.join(' ')
  useEffect(() => {
    for (const batch_id of key.split(' ').filter(Boolean))
      void queryClient.invalidateQueries({ queryKey: keyOf(playgroundDrafts, { campaign_id, batch_id }) })
  }, [key, campaign_id])

  const current = batch_ids[0]
  const of_current = states.filter(({ batch_id }) => batch_id === current)
  const progress: BatchProgress | null =
    current && of_current.some((state) => !isOver(state.status))
      ? {
          batch_id: current,
          done: of_current.filter((state) => isOver(state.status)).length,
          failed: of_current.filter(({ status }) => status === 'failed').length,
          total: of_current.length,
        }
      : null
  const is_loading = status.isPending || batches.some((read) => read.isPending)
  return { entries, progress, is_loading, error: status.error, retry: () => void status.refetch() }
}

/** Changes one draft where it is remembered, so that the page answers before the server does. */
export const setDraft = (
  campaign_id: string,
  batch_id: string,
  lead_id: string,
  change: Partial<PlaygroundDraft>,
): void => {
  queryClient.setQueryData<PlaygroundDrafts>(
    keyOf(playgroundDrafts, { campaign_id, batch_id }),
    (known) =>
      known && {
        ...known,
        drafts: known.drafts.map((draft) => (draft.campaign_lead_id === lead_id ? { ...draft, ...change } : draft)),
      },
  )
}

/** The leads by name. Those of the playground are among the first of a campaign, so few pages are read. */
const useLeads = (campaign_id: string, ids: string[]): Map<string, CampaignLead> => {
  const read = useQuery({
    queryKey: [...keyOf(listCampaignLeads), 'playground', campaign_id, ids.length],
    enabled: ids.length > 0,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const found = new Map<string, CampaignLead>()
      const wanted = new Set(ids)
      let cursor: string | undefined
      for (let page = 0; page < LEAD_PAGES && wanted.size; page++) {
        const list = await listCampaignLeads(call, { campaign_id, limit: LEADS_PER_PAGE, cursor }, { signal })
        for (const lead of list.items) if (wanted.delete(lead.campaign_lead_id)) found.set(lead.campaign_lead_id, lead)
        if (!list.next_cursor) break
        cursor = list.next_cursor
      }
      return found
    },
  })
  return read.data ?? new Map()
}
