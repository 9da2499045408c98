import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { isUuid, newId } from '../../ids.ts'
import { findSessionState, insertSession, listSessionJobs, type SessionJob } from './queries.ts'
import { SessionCreateRequest, SessionCreateResponse, SessionParams, SessionStatus } from './schema.ts'

const tag = 'session-management'

/** Sessions tell times as Unix seconds, unlike the rest of the API; the contract has it so. */
const unixSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)

const createSession = defineOperation({
  id: 'create_processing_session',
  method: 'POST',
  path: '/api/v1/sessions/create',
  tag,
  summary: 'Open a processing session',
  description:
    'Creates an empty session of the given kind, optionally with sender data. Leads, uploads and processing hang off its id. Free; credits are spent when processing starts.',
  access: 'leads:write',
  impact: 'write',
  body: SessionCreateRequest,
  responses: { 201: SessionCreateResponse },
  handle: async (request, deps) => {
    const session_id = newId()
    await insertSession(deps.db, {
      session_id,
      workspace_id: request.workspace.workspace_id,
      user_id: request.principal.user_id,
      session_type: request.body.session_type,
      sender_data: request.body.sender_data ?? null,
      now: request.now,
    })
    return { session_id, status: 'created', created_at: unixSeconds(request.now) }
  },
})

const getStatus = defineOperation({
  id: 'get_session_status',
  method: 'GET',
  path: '/api/v1/sessions/{session_id}/status',
  tag,
  summary: 'Where a session stands',
  description:
    'Counters, percentage, metadata and jobs of a session; cheap enough to poll. Timestamps are Unix numbers, unlike most of the API.',
  access: 'leads:read',
  impact: 'read',
  params: SessionParams,
  responses: { 200: SessionStatus },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { session_id } = request.params
    const state = isUuid(session_id) ? await findSessionState(deps.db, workspace_id, session_id) : null
    if (!state) throw notFound('There is no such session in this workspace.')
    const jobs = await listSessionJobs(deps.db, workspace_id, session_id, state.import_ids)
    const active = jobs.filter((job) => job.status === 'queued' || job.status === 'running')
    const done = state.processed_count + state.failed_count
    return {
      session_id: state.session_id,
      status: state.status,
      created_at: unixSeconds(state.created_at),
      leads_count: state.leads_count,
      processed_count: state.processed_count,
      failed_count: state.failed_count,
      progress_percentage:
        state.status === 'completed'
          ? 100
          : state.leads_count
            ? Math.min(100, Math.round((done / state.leads_count) * 1000) / 10)
            : 0,
      metadata: {
        ...state.metadata,
        session_type: state.session_type,
        dataset_id: state.dataset_id,
        dataset_name: state.dataset_name,
        sender_profile_id: state.sender_profile_id,
        import_ids: state.import_ids,
      },
      active_jobs: active.map(jobAnswer),
      job_history: jobs.map(jobAnswer),
    }
  },
})

const jobAnswer = (job: SessionJob) => ({
  ...job,
  created_at: unixSeconds(job.created_at),
  started_at: job.started_at && unixSeconds(job.started_at),
  finished_at: job.finished_at && unixSeconds(job.finished_at),
})

export const operations: Operation[] = [createSession, getStatus]
