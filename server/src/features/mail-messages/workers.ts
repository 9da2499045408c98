import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { defineTick, type JobBinding, type Tick, work } from '../../queue/define-job.ts'
import { sendMessagesJob, wakeMessageSender } from './jobs.ts'
import { sendMessages } from './send-messages.ts'
import { settleRecipients } from './settle-recipients.ts'

export const bindings: JobBinding[] = [
  work(
    sendMessagesJob,
    async ({ workspace_id }, deps, run) => void (await sendMessages(deps, workspace_id, run.signal)),
  ),
]

type Waiting = { workspace_id: string; due_at: Date; clock_offset_ms: number; clock_frozen_at: Date | null }

/** Wakes a sender wherever something has become due: a scheduled message, a retry, the next day's room, or what a crash left. */
const wakeSenders = async (deps: Deps): Promise<boolean> => {
  const waiting = await sql<Waiting>`
    select w.id as workspace_id, first.due_at, w.clock_offset_ms, w.clock_frozen_at
    from workspaces w cross join lateral (
      select least(
        (select min(due_at) from email_recipients where workspace_id = w.id and status = 'waiting'),
        (select min(due_at) from email_recipients where workspace_id = w.id and status = 'ready')) as due_at
    ) first
    where w.clock_frozen_at is null and first.due_at is not null`.execute(deps.db)
  for (const row of waiting.rows)
    if (row.due_at <= workspaceNow(row, deps.clock.now()))
      await transaction(deps.db, (tx) => wakeMessageSender(tx, row.workspace_id))
  return false
}

const settle = async (deps: Deps): Promise<boolean> => {
  const open = await sql<Omit<Waiting, 'due_at'>>`
    select w.id as workspace_id, w.clock_offset_ms, w.clock_frozen_at from workspaces w
    where w.clock_frozen_at is null and exists (select 1 from email_recipients r where r.workspace_id = w.id and r.status = 'sending')`.execute(
    deps.db,
  )
  let found = false
  for (const row of open.rows)
    if (await settleRecipients(deps, row.workspace_id, workspaceNow(row, deps.clock.now()))) found = true
  return found
}

export const ticks: Tick[] = [
  defineTick({ name: 'wake_message_senders', every_ms: 2_000, run: wakeSenders }),
  defineTick({ name: 'settle_recipients', every_ms: 10_000, run: settle }),
]
