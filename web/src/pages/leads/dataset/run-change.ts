import { getDataset, getJob, listDatasetsWithPagination } from '@bavlio/sdk/operations'
import type { DatasetChange } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'

const PAUSE_MS = 500

/**
 * Waits for a change of a dataset, which a job carries out where the dataset is large, and answers what it came to. Throws what
 * the job was stopped by.
 */
export const settled = async (change: DatasetChange): Promise<NonNullable<DatasetChange['result']>> => {
  let result = change.result
  if (change.status === 'queued' && change.job_id)
    for (;;) {
      const job = await getJob(call, { job_id: change.job_id })
      if (job.status === 'failed' || job.status === 'cancelled') throw new Error(job.error ?? 'The change was stopped.')
      if (job.status === 'completed') {
        result = job.result as DatasetChange['result']
        break
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS))
    }
  await Promise.all(
    [getDataset, listDatasetsWithPagination].map((read) =>
      queryClient.invalidateQueries({ queryKey: keyOf(read as typeof getDataset) }),
    ),
  )
  return result ?? {}
}
