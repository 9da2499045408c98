import { listCampaignLeads, listPlaygroundBatches, playgroundDrafts, playgroundStatus } from '@bavlio/sdk/operations'
import type {
  CampaignLead,
  PlaygroundBatch,
  PlaygroundDraft,
  PlaygroundDrafts,
  PlaygroundLeadState,
} from '@bavlio/sdk/types'
import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'

const POLL_MS = 2_000
const IDLE_MS = 20_000
/** Batches whose drafts are read: the newest, until there are as many drafts as one would still review. The rest is in the list of batches. */
const MOST_BATCHES = 100
const MOST_DRAFTS = 1_000
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

/** The newest batches that together have as many drafts as are read at once; never fewer than one. */
const readBatches = (batches: PlaygroundBatch[]): string[] => {
  let drafts = 0
  return batches
    .filter(({ total }, index) => {
      drafts += total
      return index === 0 || drafts <= MOST_DRAFTS
    })
    .map(({ batch_id }) => batch_id)
}

/**
 * The last draft of every lead for one step, over all batches, or the drafts of one batch; and how the batch that is being
 * written comes on. The states are polled, of the batch in hand alone while there is one: nothing is told of a draft but by its
 * row, which the API means to be asked every two seconds. The texts of a batch are large, so they are read when it begins, when
 * it has ended, and when the one looked at is done before that. Leads keep their order, so nothing moves while texts come in.
 */
export const useDrafts = (campaign_id: string, step: number, shown_id: string | null, only: string | null) => {
  const listing = useRead(
    listPlaygroundBatches,
    { campaign_id, step_index: step, limit: MOST_BATCHES },
    { refetch_ms: IDLE_MS, keep_previous: true },
  )
  const of_step = (listing.data?.items ?? []).filter(({ step_index }) => step_index === step)
  const in_hand = of_step.find(({ is_over }) => !is_over)?.batch_id ?? null
  const whole = useRead(playgroundStatus, { campaign_id }, { refetch_ms: IDLE_MS, enabled: only === null })
  const past = useRead(playgroundStatus, { campaign_id, batch_id: only ?? undefined }, { enabled: only !== null })
  // What was said of the batch in hand last holds until the states of all are read anew, or its rows would fall back for a moment.
  const followed = useRef<string | null>(null)
  followed.current = in_hand ?? followed.current
  const busy = useRead(
    playgroundStatus,
    { campaign_id, batch_id: followed.current ?? undefined },
    { enabled: followed.current !== null, refetch_ms: in_hand ? POLL_MS : false },
  )
  const fresh = busy.data?.per_lead ?? []
  const is_written = in_hand !== null && fresh.length > 0 && fresh.every((state) => isOver(state.status))
  // The batch came to its end under our eyes; the list of batches and the states of all leads learn of it here.
  useEffect(() => {
    if (!is_written) return
    for (const read of [listPlaygroundBatches, playgroundStatus])
      void queryClient.invalidateQueries({ queryKey: keyOf(read as never) })
  }, [is_written])

  const base = (only === null ? whole.data : past.data)?.per_lead ?? []
  const newer = new Map(fresh.map((state) => [state.campaign_lead_id, state]))
  const states = base.map((state) => {
    const now = newer.get(state.campaign_lead_id)
    return now?.batch_id === state.batch_id ? now : state
  })

  const batch_ids = only === null ? readBatches(of_step) : [only]
  const batches = useQueries({
    queries: batch_ids.map((batch_id) => ({
      queryKey: keyOf(playgroundDrafts, { campaign_id, batch_id }),
      queryFn: ({ signal }: { signal: AbortSignal }) => playgroundDrafts(call, { campaign_id, batch_id }, { signal }),
      staleTime: Number.POSITIVE_INFINITY,
    })),
  })
  const drafts = new Map<string, PlaygroundDraft>()
  for (const [index, read] of batches.entries())
    for (const draft of read.data?.drafts ?? []) drafts.set(`${batch_ids[index]} ${draft.campaign_lead_id}`, draft)

  const shown = states.filter(({ batch_id }) => batch_id !== null && batch_ids.includes(batch_id))
  const leads = useLeads(
    campaign_id,
    shown.map(({ campaign_lead_id }) => campaign_lead_id),
  )
  const entries: Entry[] = shown
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

  const progress: BatchProgress | null =
    in_hand && fresh.length && !is_written
      ? {
          batch_id: in_hand,
          done: fresh.filter((state) => isOver(state.status)).length,
          failed: fresh.filter(({ status }) => status === 'failed').length,
          total: fresh.length,
        }
      : null
  const asked = only === null ? whole : past
  const is_loading = asked.isPending || listing.isPending || batches.some((read) => read.isPending)
  return {
    entries,
    progress,
    /** Leads whose drafts are too many batches back to be read at once. */
    left_out: states.filter(
      ({ batch_id }) => of_step.some((batch) => batch.batch_id === batch_id) && !batch_ids.includes(batch_id ?? ''),
    ).length,
    /** A batch is under way, though its states may not be known yet. */
    is_writing: in_hand !== null && !is_written,
    is_loading,
    error: asked.error ?? listing.error,
    retry: () => {
      void asked.refetch()
      void listing.refetch()
    },
  }
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
