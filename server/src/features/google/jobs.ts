import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Brings what changed in a sheet into its dataset, in one commit. Runs again from the start after a crash. */
export const syncSheetJob = defineJob({
  name: 'sync_sheet',
  input: z.object({ sync_id: z.uuid(), job_id: z.uuid().nullable(), allow_mass_removal: z.boolean() }),
  attempts: 3,
  timeout_ms: 2 * 3_600_000,
})
