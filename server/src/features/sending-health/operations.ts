import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { COMPLAINT_LINES, HARD_BOUNCE_LINES, SMALLEST_SAMPLE } from '../../sending-health.ts'
import { liftBlock, listRecentMail } from './queries.ts'
import { readHealth } from './read-health.ts'
import { LiftBlockRequest, SendingHealth } from './schema.ts'

const tag = 'sending-health'
const LIFTED_MS = 24 * 3_600_000

const getSendingHealth = defineOperation({
  id: 'get_sending_health',
  method: 'GET',
  path: '/api/v1/sending-health',
  tag,
  summary: 'Get bounce and complaint health',
  description:
    'Figures of the last 7 days for the workspace and each of its domains, the band they fall in, and the lines between the bands. From warning on an alert is raised, from critical on campaigns are paused, while blocked none can be launched or resumed.',
  access: 'mail:read',
  impact: 'read',
  source: 'ours',
  responses: { 200: SendingHealth },
  handle: async ({ workspace, now }, deps) => {
    const { workspace: own, domains } = await readHealth(deps.db, workspace.workspace_id, now)
    return {
      workspace: own,
      domains,
      lines: { smallest_sample: SMALLEST_SAMPLE, complaints: COMPLAINT_LINES, hard_bounces: HARD_BOUNCE_LINES },
    }
  },
})

const liftSendingBlock = defineOperation({
  id: 'lift_sending_block',
  method: 'POST',
  path: '/api/v1/sending-health/lift',
  tag,
  summary: 'Lift a block for a day',
  description:
    'Campaigns of a blocked workspace or domain can be launched and resumed for 24 hours. Needs a log-in session and a note, and is audited.',
  access: 'session:mail:write',
  impact: 'destructive',
  source: 'ours',
  body: LiftBlockRequest,
  responses: { 204: null },
  errors: ['NOT_FOUND', 'CONFLICT'],
  handle: ({ workspace, principal, body, now }, deps) =>
    transaction(deps.db, async (tx) => {
      const { workspace_id } = workspace
      const scope = body.domain_id ? ('domain' as const) : ('workspace' as const)
      if (body.domain_id) {
        const known = await listRecentMail(tx, workspace_id, now)
        if (!known.some(({ domain_id }) => domain_id === body.domain_id)) throw notFound()
      }
      const scope_id = body.domain_id ?? workspace_id
      if (!(await liftBlock(tx, { workspace_id, scope, scope_id, until: new Date(now.getTime() + LIFTED_MS) })))
        throw problem('CONFLICT', 'Nothing is blocked there.')
      await tx
        .insertInto('audit_entries')
        .values({
          id: newId(),
          workspace_id,
          user_id: principal.user_id,
          action: 'sending_block.lifted',
          subject: scope_id,
          note: body.note,
          occurred_at: now,
        })
        .execute()
    }),
})

export const operations: Operation[] = [getSendingHealth, liftSendingBlock]
