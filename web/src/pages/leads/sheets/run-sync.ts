import { getDataset, getJob, listImports, listSheetSyncs, syncSheet } from '@bavlio/sdk/operations'
import type { SyncSheetRequest, SyncSheetResponse } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'

const PAUSE_MS = 500

/** Synchronises and answers what it came to; a large sheet is read by a job, which is waited for. Throws what it was stopped by. */
export const runSync = async (sheet_id: string, body: SyncSheetRequest): Promise<SyncSheetResponse> => {
  let result = await syncSheet(call, { sheet_id, body })
  while (result.status === 'queued' && result.job_id) {
    const job = await getJob(call, { job_id: result.job_id })
    if (job.status === 'failed' || job.status === 'cancelled')
      throw new Error(job.error ?? 'The synchronisation was stopped.')
    if (job.status === 'completed') result = { ...result, ...(job.result as Partial<SyncSheetResponse>), job_id: null }
    else await new Promise((done) => setTimeout(done, PAUSE_MS))
  }
  if (!body.dry_run)
    for (const read of [listSheetSyncs, listImports, getDataset])
      void queryClient.invalidateQueries({ queryKey: keyOf(read as typeof getDataset) })
  return result
}

/** Of what was done, or would be. */
export const syncWords = (result: { inserted: number; updated: number; removed: number }): string => {
  const parts = [
    result.inserted ? `${result.inserted.toLocaleString()} added` : '',
    result.updated ? `${result.updated.toLocaleString()} changed` : '',
    result.removed ? `${result.removed.toLocaleString()} removed` : '',
  ].filter(Boolean)
  return parts.length ? parts.join(', ') : 'nothing changed'
}

export const EVERY: [minutes: number | null, words: string][] = [
  [null, 'Only when asked'],
  [15, 'Every 15 minutes'],
  [60, 'Every hour'],
  [360, 'Every 6 hours'],
  [1440, 'Every day'],
  [10_080, 'Every week'],
]

export const everyWords = (minutes: number | null): string =>
  EVERY.find(([each]) => each === minutes)?.[1] ?? `Every ${minutes} minutes`
