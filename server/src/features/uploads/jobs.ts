import { z } from 'zod'
import { defineJob } from '../../queue/define-job.ts'

/** Reads a stored file into its dataset, all rows in one commit. Runs again from the start of the file after a crash. */
export const importFileJob = defineJob({
  name: 'import_file',
  input: z.object({ import_id: z.uuid(), job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})

/** Takes a large import back, all of it in one commit. Runs again from the start after a crash. */
export const undoImportJob = defineJob({
  name: 'undo_import',
  input: z.object({ import_id: z.uuid(), job_id: z.uuid() }),
  attempts: 10,
  timeout_ms: 6 * 3_600_000,
})
