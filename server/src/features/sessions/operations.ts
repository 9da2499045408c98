import { sql } from 'kysely'
import { z } from 'zod'
import type { Db } from '../../db/connect.ts'
import { readOnce, transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound, problem } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { isUuid, newId } from '../../ids.ts'
import { addLeads, noSession } from './add-leads.ts'
import { type MergeStrategy, mergeSenderData } from './merge-sender-data.ts'
import {
  findLastRun,
  findSessionJob,
  findSessionState,
  insertSession,
  listResults,
  listSessionJobs,
  type SessionJob,
  type SessionState,
} from './queries.ts'
import {
  AddLeadsRequest,
  AddLeadsResponse,
  SenderDataBulkQuery,
  SenderDataBulkRequest,
  SenderDataUpdateRequest,
  SenderDataUpdateResponse,
  SessionCancelResponse,
  SessionCreateRequest,
  SessionCreateResponse,
  SessionDatasetParams,
  SessionDeleteQuery,
  SessionDeleteResponse,
  SessionJobParams,
  SessionJobStatus,
  SessionParams,
  SessionProcessRequest,
  SessionProcessResponse,
  SessionResultsQuery,
  SessionResultsResponse,
  SessionStatus,
} from './schema.ts'
import { findSession } from './session-dataset.ts'
import { nextState, progressOf } from './session-state.ts'
import { cancelProcessing, deleteSession, startProcessing } from './start-processing.ts'

const management = 'session-management'
const processing = 'session-processing'

/** Sessions tell times as Unix seconds, unlike the rest of the API; the contract has it so. */
const unixSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)

const stateOf = async (db: Db, workspaceId: string, sessionId: string): Promise<SessionState> => {
  const state = isUuid(sessionId) ? await findSessionState(db, workspaceId, sessionId) : null
  if (!state) throw noSession()
  return state
}

const createSession = defineOperation({
  id: 'create_processing_session',
  method: 'POST',
  path: '/api/v1/sessions/create',
  tag: management,
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
      status: 'created',
      dataset_id: null,
      sender_data: request.body.sender_data ?? null,
      now: request.now,
    })
    return { session_id, status: 'created', created_at: unixSeconds(request.now) }
  },
})

const createFromDataset = defineOperation({
  id: 'create_session_from_existing_dataset',
  method: 'POST',
  path: '/api/v1/sessions/datasets/{dataset_id}/new-session',
  tag: management,
  summary: 'Open a session over a stored dataset',
  description:
    'Starts a fresh session linked to a dataset the caller already has, to enrich it again without another upload. The dataset keeps its rows.',
  access: 'leads:write',
  impact: 'write',
  params: SessionDatasetParams,
  body: SessionCreateRequest,
  responses: { 201: SessionCreateResponse },
  errors: ['NOT_FOUND', 'IMPORT_STATE', 'CONFLICT'],
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { dataset_id } = request.params
    return transaction(deps.db, async (tx) => {
      const session_id = newId()
      const found = await sql<{ row_count: number; status: string; archived_at: Date | null }>`
        update datasets set session_id = ${session_id} where workspace_id = ${workspace_id} and dataset_id = ${dataset_id}
        returning row_count, status, archived_at`.execute(tx)
      const dataset = found.rows[0]
      if (!dataset) throw notFound('There is no such dataset in this workspace.')
      if (dataset.archived_at) throw problem('CONFLICT', 'The dataset is archived; restore it first.')
      if (dataset.status === 'pending' || dataset.status === 'processing')
        throw problem('IMPORT_STATE', 'The dataset is still being filled; open a session over it when that is over.')
      const status = (dataset.row_count > 0 && nextState('created', 'dataset_given')) || 'created'
      await insertSession(tx, {
        session_id,
        workspace_id,
        user_id: request.principal.user_id,
        session_type: request.body.session_type,
        status,
        dataset_id,
        sender_data: request.body.sender_data ?? null,
        now: request.now,
      })
      return { session_id, status, created_at: unixSeconds(request.now) }
    })
  },
})

const remove = defineOperation({
  id: 'delete_session',
  method: 'DELETE',
  path: '/api/v1/sessions/{session_id}',
  tag: management,
  summary: 'Delete a session',
  description:
    'Removes the session, its results and its queued work. Datasets that exist on their own stay. Not reversible. While it is being worked on this is a 409, unless cancel=true, which stops the work first.',
  access: 'leads:write',
  impact: 'destructive',
  params: SessionParams,
  query: SessionDeleteQuery,
  responses: { 200: SessionDeleteResponse },
  errors: ['NOT_FOUND', 'SESSION_STATE'],
  handle: (request, deps) =>
    deleteSession(deps, request.workspace.workspace_id, request.params.session_id, request.query, request.now),
})

const setSenderData = async (
  db: Db,
  workspaceId: string,
  sessionId: string,
  sources: Record<string, unknown>[],
  merge_strategy: MergeStrategy,
  now: Date,
) =>
  transaction(db, async (tx) => {
    const session = await findSession(tx, workspaceId, sessionId, true)
    if (!session) throw noSession()
    const found = await sql<{ sender_data: Record<string, unknown> | null }>`
      select sender_data from processing_sessions where session_id = ${session.session_id}`.execute(tx)
    const merged = mergeSenderData(found.rows[0]?.sender_data ?? null, sources, merge_strategy)
    if (sources.length)
      await sql`
        update processing_sessions set sender_data = ${JSON.stringify(merged)}, updated_at = ${now} where session_id = ${session.session_id}`.execute(
        tx,
      )
    const fields = Object.keys(merged).length
    return {
      session_id: session.session_id,
      sources_updated: sources.length,
      merge_strategy,
      message: `The sender data has ${fields} ${fields === 1 ? 'field' : 'fields'} now.`,
      job_id: null,
      estimated_completion_time: null,
      processing_status: null,
    }
  })

const updateSenderData = defineOperation({
  id: 'update_sender_data',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/sender-data',
  tag: management,
  summary: 'Set sender data',
  description:
    'Adds or changes the sender fields of a session, following merge_strategy: update, fill, deep_update or replace. It is done when the answer comes; job_id stays null.',
  access: 'leads:write',
  impact: 'write',
  params: SessionParams,
  body: SenderDataUpdateRequest,
  responses: { 200: SenderDataUpdateResponse },
  errors: ['NOT_FOUND'],
  handle: (request, deps) =>
    setSenderData(
      deps.db,
      request.workspace.workspace_id,
      request.params.session_id,
      [request.body.sender_data],
      request.body.merge_strategy,
      request.now,
    ),
})

const bulkSenderData = defineOperation({
  id: 'bulk_update_sender_data',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/sender-data/bulk',
  tag: management,
  summary: 'Set sender data from several sources',
  description:
    "Takes a bare JSON array of sender objects and folds them in order into the session's sender data, following merge_strategy: update, fill, deep_update or replace.",
  access: 'leads:write',
  impact: 'write',
  params: SessionParams,
  query: SenderDataBulkQuery,
  body: SenderDataBulkRequest,
  responses: { 200: SenderDataUpdateResponse },
  errors: ['NOT_FOUND'],
  handle: (request, deps) =>
    setSenderData(
      deps.db,
      request.workspace.workspace_id,
      request.params.session_id,
      request.body,
      request.query.merge_strategy,
      request.now,
    ),
})

const leads = defineOperation({
  id: 'add_leads_to_session',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/leads',
  tag: management,
  summary: 'Queue more leads',
  description:
    'Appends leads with arbitrary fields to a session that is neither being worked on nor finished. They are rows of its dataset, which the first of them make. A lead without an address is kept; a second one of an address is left out and counted. Nothing is processed or charged until processing is started.',
  access: 'leads:write',
  impact: 'write',
  params: SessionParams,
  body: AddLeadsRequest,
  responses: { 200: AddLeadsResponse },
  errors: ['NOT_FOUND', 'SESSION_STATE', 'IMPORT_STATE', 'CONFLICT'],
  handle: (request, deps) =>
    addLeads(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.session_id,
      request.body.leads,
      request.now,
    ),
})

const getStatus = defineOperation({
  id: 'get_session_status',
  method: 'GET',
  path: '/api/v1/sessions/{session_id}/status',
  tag: management,
  summary: 'Where a session stands',
  description:
    'Counters, percentage, metadata and jobs of a session; cheap enough to poll. Timestamps are Unix numbers, unlike most of the API.',
  access: 'leads:read',
  impact: 'read',
  params: SessionParams,
  responses: { 200: SessionStatus },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { state, jobs, run } = await readOnce(deps.db, async (tx) => {
      const state = await stateOf(tx, workspace_id, request.params.session_id)
      const jobs = await listSessionJobs(tx, workspace_id, state.session_id, state.import_ids)
      return { state, jobs, run: await findLastRun(tx, state.session_id) }
    })
    const active = jobs.filter((job) => job.status === 'queued' || job.status === 'running')
    return {
      session_id: state.session_id,
      status: state.status,
      created_at: unixSeconds(state.created_at),
      leads_count: state.leads_count,
      processed_count: state.processed_count,
      failed_count: state.failed_count,
      progress_percentage: progressOf(state),
      metadata: {
        ...state.metadata,
        session_type: state.session_type,
        dataset_id: state.dataset_id,
        dataset_name: state.dataset_name,
        sender_profile_id: state.sender_profile_id,
        import_ids: state.import_ids,
        last_run: run && {
          job_id: run.job_id,
          status: run.status,
          adapter: run.adapter,
          leads_count: run.leads_count,
          processed_count: run.processed_count,
          failed_count: run.failed_count,
          cells_filled: run.cells_filled,
        },
      },
      active_jobs: active.map(jobAnswer),
      job_history: jobs.map(jobAnswer),
    }
  },
})

const jobAnswer = ({ counts: _counts, result: _result, ...job }: SessionJob) => ({
  ...job,
  created_at: unixSeconds(job.created_at),
  started_at: job.started_at && unixSeconds(job.started_at),
  finished_at: job.finished_at && unixSeconds(job.finished_at),
})

const getJobStatus = defineOperation({
  id: 'get_job_status',
  method: 'GET',
  path: '/api/v1/sessions/{session_id}/jobs/{job_id}/status',
  tag: management,
  summary: 'State of one session job',
  description:
    'Reports a background job that belongs to the session: its processing, or a file that was read into it. Result or error are there once it has ended. Timestamps are Unix numbers.',
  access: 'leads:read',
  impact: 'read',
  params: SessionJobParams,
  responses: { 200: SessionJobStatus },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { session_id, job_id } = request.params
    const session = await findSession(deps.db, workspace_id, session_id)
    const job =
      session && isUuid(job_id) ? await findSessionJob(deps.db, workspace_id, session.session_id, job_id) : null
    if (!job) throw notFound('There is no such job of such a session in this workspace.')
    const { progress_done: done, progress_total: total, counts } = job
    const percentage =
      job.status === 'completed' ? 100 : total ? Math.min(100, Math.floor((done / total) * 1000) / 10) : null
    return {
      job_id: job.job_id,
      job_type: job.kind,
      status: job.status,
      progress: percentage,
      progress_detail: {
        percentage,
        processed: counts?.processed ?? counts?.rows_imported ?? null,
        failed: counts?.failed ?? counts?.rows_rejected ?? null,
        // A file's progress is in bytes, and how many rows it has is known at its end.
        total: counts?.rows_read === undefined ? total : job.status === 'completed' ? counts.rows_read : null,
        message: job.message,
      },
      result: job.result,
      error: job.error,
      created_at: unixSeconds(job.created_at),
      completed_at: job.finished_at && unixSeconds(job.finished_at),
    }
  },
})

const process = defineOperation({
  id: 'start_session_processing',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/process',
  tag: processing,
  summary: 'Start working through a session',
  description:
    'Enqueues every waiting lead of the session and returns a job to poll; leads that failed before are tried again. 400 when the session holds no leads, 409 when it is already running or every lead is done. A personalization session writes one message to each lead, with custom_prompt or else the prompt of its sender profile; it needs sender data, and a message that could not be written costs nothing. For an enrichment session without another adapter what is learned is only what follows from a lead’s own fields and from other rows of the workspace, costs nothing and says its source.',
  access: 'leads:write',
  impact: 'spends',
  params: SessionParams,
  body: SessionProcessRequest,
  body_optional: true,
  responses: { 202: SessionProcessResponse },
  errors: ['NOT_FOUND', 'NO_LEADS', 'SESSION_STATE', 'CONFLICT', 'INSUFFICIENT_CREDITS'],
  handle: (request, deps) =>
    startProcessing(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.session_id,
      request.body ?? { priority: 'normal' },
      request.now,
    ),
})

const cancel = defineOperation({
  id: 'cancel_session_processing',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/cancel',
  tag: processing,
  summary: 'Stop working through a session',
  description:
    'Leads that are done stay done and are paid for; the others wait again and can be processed later. A file that is being read is given up a moment later, and the session is failed then.',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: SessionParams,
  responses: { 200: SessionCancelResponse },
  errors: ['NOT_FOUND', 'SESSION_STATE'],
  handle: async (request, deps) =>
    transaction(deps.db, async (tx) => {
      const session = await findSession(tx, request.workspace.workspace_id, request.params.session_id, true)
      if (!session) throw noSession()
      const status = await cancelProcessing(tx, session, request.now, deps.clock.now())
      return {
        session_id: session.session_id,
        status,
        message:
          status === 'processing'
            ? 'The file that is being read is given up.'
            : 'The work was stopped; the rest waits.',
      }
    }),
})

const results = defineOperation({
  id: 'get_session_results',
  method: 'GET',
  path: '/api/v1/sessions/{session_id}/results',
  tag: processing,
  summary: 'Read session results',
  description:
    'Rows with their outcome, readable while the session is still running (unfinished rows are pending, those being worked on processing). Paged by offset and limit, or by cursor.',
  access: 'leads:read',
  impact: 'read',
  params: SessionParams,
  query: SessionResultsQuery,
  responses: { 200: SessionResultsResponse },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 100, key: [z.int()] })
    const status = request.query.status ?? null
    const { state, rows, busy } = await readOnce(deps.db, async (tx) => {
      const state = await stateOf(tx, request.workspace.workspace_id, request.params.session_id)
      const { session_id, dataset_id } = state
      if (!dataset_id) return { state, rows: [], busy: 0 }
      const run = await findLastRun(tx, session_id)
      const working =
        run?.status === 'running' && run.batch_index !== null ? { after: run.done_index, to: run.batch_index } : null
      return {
        state,
        rows: await listResults(tx, { session_id, dataset_id, status }, working, page),
        busy: working ? await countWorking(tx, state, working) : 0,
      }
    })
    const waiting = Math.max(0, state.leads_count - state.processed_count - state.failed_count)
    const totals = {
      all: state.leads_count,
      pending: waiting - busy,
      processing: busy,
      completed: state.processed_count,
      failed: state.failed_count,
    }
    return {
      session_id: state.session_id,
      status: state.status,
      session_type: state.session_type,
      ...cutPage(rows, page, (row) => [row.row_index]),
      total: Math.max(0, totals[status ?? 'all']),
      limit: page.limit,
      offset: page.offset,
    }
  },
})

/** Leads of the batch that is being worked on: a few hundred at most. */
const countWorking = async (db: Db, state: SessionState, working: { after: number; to: number }): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from dataset_rows r
    where r.dataset_id = ${state.dataset_id} and r.removed_at is null and r.row_index > ${working.after} and r.row_index <= ${working.to}
      and not exists (select 1 from session_results x where x.session_id = ${state.session_id} and x.row_id = r.id)`.execute(
    db,
  )
  return found.rows[0]?.n ?? 0
}

export const operations: Operation[] = [
  createSession,
  createFromDataset,
  remove,
  updateSenderData,
  bulkSenderData,
  leads,
  getStatus,
  getJobStatus,
  process,
  cancel,
  results,
]
