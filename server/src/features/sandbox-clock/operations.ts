import { sql } from 'kysely'
import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { idParam, timestamp, timestampInput } from '../../http/params.ts'
import { newId } from '../../ids.ts'
import { workspaceNow } from '../../ports/clock.ts'
import { enqueue } from '../../queue/enqueue.ts'
import { ensureEventPartitions } from '../campaigns/event-partitions.ts'
import { advanceJob } from './jobs.ts'
import { nextDueAt } from './next-due.ts'

const DAY_MS = 86_400_000
/** A jump longer than this is a slip of the hand. */
const LONGEST_MS = 400 * DAY_MS
const IDLE_HORIZON_MS = 180 * DAY_MS

const ClockParams = z.object({ workspace_id: idParam })

const WorkspaceClock = z
  .object({
    workspace_id: z.uuid(),
    mode: z.enum(['sandbox', 'live']),
    now: timestamp.describe('The workspace’s present.'),
    is_advancing: z.boolean(),
    next_due_at: timestamp
      .nullable()
      .describe('When something will next happen by itself; null when nothing is waiting.'),
  })
  .meta({ id: 'WorkspaceClock' })

const AdvanceRequest = z
  .object({
    to: timestampInput.optional().describe('Advance to this instant.'),
    seconds: z
      .int()
      .min(1)
      .max(LONGEST_MS / 1000)
      .optional()
      .describe('Advance by so many seconds.'),
    until_idle: z
      .boolean()
      .optional()
      .describe('Advance until nothing is left to wait for, at most 180 days or to `to`.'),
    resolution_seconds: z
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe('Due moments closer than this are taken together.'),
  })
  .meta({ id: 'ClockAdvanceRequest' })

const read = defineOperation({
  id: 'get_workspace_clock',
  method: 'GET',
  path: '/api/v1/workspaces/{workspace_id}/clock',
  tag: 'workspaces',
  summary: 'Read the workspace’s clock',
  access: 'workspace:read',
  impact: 'read',
  source: 'ours',
  params: ClockParams,
  responses: { 200: WorkspaceClock },
  handle: async ({ workspace, params }, deps) => {
    if (params.workspace_id !== workspace.workspace_id)
      throw notFound('This credential acts in another workspace; a session chooses with X-Workspace-Id.')
    // Not the credential's picture of the workspace, which may be some moments old: whoever just advanced the clock reads it here.
    const found = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
      select clock_offset_ms, clock_frozen_at from workspaces where id = ${workspace.workspace_id}`.execute(deps.db)
    const row = found.rows[0] ?? workspace
    const now = workspaceNow(row, deps.clock.now())
    return {
      workspace_id: workspace.workspace_id,
      mode: workspace.mode,
      now,
      is_advancing: row.clock_frozen_at !== null,
      next_due_at: await nextDueAt(deps.db, workspace.workspace_id, now),
    }
  },
})

const advance = defineOperation({
  id: 'advance_workspace_clock',
  method: 'POST',
  path: '/api/v1/workspaces/{workspace_id}/clock/advance',
  tag: 'workspaces',
  summary: 'Advance a sandbox’s clock',
  description:
    'Lets time pass in a sandbox workspace: campaigns send inside their windows and limits, people of the local mail world answer. A job with progress; see /api/v1/jobs/{job_id}.',
  access: 'workspace:write',
  impact: 'sends',
  source: 'ours',
  params: ClockParams,
  body: AdvanceRequest,
  responses: { 202: z.object({ job_id: z.uuid(), from: timestamp, to: timestamp }).meta({ id: 'ClockAdvance' }) },
  errors: ['CLOCK_NOT_STEERABLE', 'CLOCK_BUSY'],
  handle: async ({ workspace, principal, params, body }, deps) => {
    if (params.workspace_id !== workspace.workspace_id)
      throw notFound('This credential acts in another workspace; a session chooses with X-Workspace-Id.')
    if (workspace.mode !== 'sandbox') throw problem('CLOCK_NOT_STEERABLE')
    const given = [
      body.to !== undefined && !body.until_idle,
      body.seconds !== undefined,
      body.until_idle === true,
    ].filter(Boolean)
    if (given.length !== 1)
      throw invalid([
        {
          loc: ['body'],
          msg: 'say one of to, seconds or until_idle (which may have a latest to)',
          type: 'value_error',
        },
      ])
    return transaction(deps.db, async (tx) => {
      const locked = await sql<{ clock_offset_ms: number; clock_frozen_at: Date | null }>`
        select clock_offset_ms, clock_frozen_at from workspaces where id = ${workspace.workspace_id} for update`.execute(
        tx,
      )
      const row = locked.rows[0]
      if (!row || row.clock_frozen_at) throw problem('CLOCK_BUSY')
      const systemNow = deps.clock.now()
      const from = workspaceNow(row, systemNow)
      const to = body.to
        ? new Date(body.to)
        : new Date(from.getTime() + (body.seconds !== undefined ? body.seconds * 1000 : IDLE_HORIZON_MS))
      if (to <= from)
        throw invalid([
          {
            loc: ['body', 'to'],
            msg: `must be after the workspace’s present, ${from.toISOString()}: time does not go back`,
            type: 'value_error',
          },
        ])
      if (to.getTime() - from.getTime() > LONGEST_MS)
        throw invalid([{ loc: ['body', 'to'], msg: 'is more than 400 days ahead', type: 'value_error' }])
      const job_id = newId()
      await sql`update workspaces set clock_frozen_at = ${from} where id = ${workspace.workspace_id}`.execute(tx)
      await sql`
        insert into jobs (id, workspace_id, user_id, kind, subject_id, progress_total, created_at, updated_at)
        values (${job_id}, ${workspace.workspace_id}, ${principal.user_id}, 'advance_clock', ${workspace.workspace_id}, ${Math.round((to.getTime() - from.getTime()) / 1000)}, ${systemNow}, ${systemNow})`.execute(
        tx,
      )
      await ensureEventPartitions(tx, from, body.until_idle ? from : to)
      await enqueue(tx, advanceJob, {
        workspace_id: workspace.workspace_id,
        job_id,
        from: from.toISOString(),
        to: to.toISOString(),
        until_idle: body.until_idle ?? false,
        resolution_seconds: body.resolution_seconds,
      })
      return { job_id, from, to }
    })
  },
})

export const operations: Operation[] = [read, advance]
