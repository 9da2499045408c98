import { z } from 'zod'
import type { Tx } from '../../db/transaction.ts'
import { defineJob } from '../../queue/define-job.ts'
import { enqueue } from '../../queue/enqueue.ts'

/** Sends the composed messages of a workspace that are due until nothing is left. The rows are the queue; the job only wakes a sender. */
export const sendMessagesJob = defineJob({
  name: 'send_messages',
  input: z.object({ workspace_id: z.uuid() }),
  attempts: 5,
  timeout_ms: 6 * 3_600_000,
})

export const wakeMessageSender = (tx: Tx, workspaceId: string): Promise<void> =>
  enqueue(tx, sendMessagesJob, { workspace_id: workspaceId }, { key: `messages:${workspaceId}` })
