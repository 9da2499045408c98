import type { Db } from '../../db/connect.ts'
import { defineOperation, eventStream, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import { findSenderProfile } from '../sender-profiles/find-profile.ts'
import { DEFAULT_PROMPT, promptVersionHash } from './default-prompt.ts'
import { findDefaultProfileId, noSuchProfile } from './find-sender.ts'
import { streamPreviews } from './preview-batch.ts'
import { previewLead } from './preview-lead.ts'
import {
  findJobRun,
  findRun,
  type JobOutcome,
  type JobRun,
  listGenerations,
  listJobOutcomes,
  listPickerDatasets,
  listRuns,
  type RunDetail,
  type RunSummary,
} from './queries.ts'
import { queueDrafts } from './queue-drafts.ts'
import { resolvePrompt } from './resolve-prompt.ts'
import { saveProfilePrompt } from './save-profile-prompt.ts'
import {
  BatchPreviewFrames,
  BatchPreviewRequest,
  DefaultPromptResponse,
  EffectivePromptQuery,
  EffectivePromptResponse,
  PersonalizeBulkRequest,
  PersonalizeJobParams,
  PersonalizeJobResponse,
  PersonalizeJobStatus,
  PersonalizeRequest,
  PersonalizeResult,
  PickerDatasetsQuery,
  PickerDatasetsResponse,
  PreviewRequest,
  PreviewResponse,
  RunDetailResponse,
  RunLeadsQuery,
  RunLeadsResponse,
  RunListQuery,
  RunListResponse,
  RunParams,
  SavePromptRequest,
  SavePromptResponse,
} from './schema.ts'

const tag = 'personalization'

const whoOf = (request: { workspace: { workspace_id: string }; principal: { user_id: string } }) => ({
  workspace_id: request.workspace.workspace_id,
  user_id: request.principal.user_id,
})

const defaultPrompt = defineOperation({
  id: 'fetch_the_default_personalization_prompt',
  method: 'GET',
  path: '/api/v1/personalize/default-prompt',
  tag,
  summary: 'Stock prompt text',
  description: 'The current stock system prompt, offered as a starting point for edits. The same for every user.',
  access: 'sender_profiles:read',
  impact: 'read',
  responses: { 200: DefaultPromptResponse },
  handle: async () => ({ prompt: DEFAULT_PROMPT, version_hash: promptVersionHash(DEFAULT_PROMPT) }),
})

const effectivePrompt = defineOperation({
  id: 'resolve_the_prompt_the_playground_should_boot_into',
  method: 'GET',
  path: '/api/v1/personalize/effective-prompt',
  tag,
  summary: 'Prompt the playground should open with',
  description:
    'The most recently saved named prompt of the profile if there is one, else the profile’s custom_prompt, else the stock default. prompt_source says which won. Without sender_profile_id it is the caller’s default profile.',
  access: 'sender_profiles:read',
  impact: 'read',
  query: EffectivePromptQuery,
  responses: { 200: EffectivePromptResponse },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { workspace_id, user_id } = whoOf(request)
    const asked = request.query.sender_profile_id
    if (asked !== undefined && !(await findSenderProfile(deps.db, workspace_id, asked))) throw noSuchProfile()
    const profile_id = asked ?? (await findDefaultProfileId(deps.db, workspace_id, user_id))
    const { prompt, source, name, version_hash } = await resolvePrompt(deps.db, {
      workspace_id,
      profile_id,
      named: 'latest',
    })
    return { prompt, prompt_source: source, prompt_name: name, sender_profile_id: profile_id, version_hash }
  },
})

const savePrompt = defineOperation({
  id: 'save_a_custom_prompt_onto_a_sender_profile',
  method: 'POST',
  path: '/api/v1/personalize/save-prompt',
  tag,
  summary: 'Keep a prompt on a sender profile',
  description:
    'Upserts the prompt into a named slot of the profile (slot saved unless told otherwise) and mirrors it to the profile’s custom_prompt in one transaction, so later campaigns use it. Reserved slot names give 422.',
  access: 'sender_profiles:write',
  impact: 'write',
  body: SavePromptRequest,
  responses: { 200: SavePromptResponse },
  errors: ['NOT_FOUND', 'RESERVED_NAME'],
  handle: (request, deps) =>
    saveProfilePrompt(deps, {
      workspace_id: request.workspace.workspace_id,
      profile_id: request.body.sender_profile_id,
      name: request.body.save_as_name,
      prompt: request.body.prompt,
      now: request.now,
    }),
})

const preview = defineOperation({
  id: 'sync_preview_of_a_personalized_email_for_a_single_lead',
  method: 'POST',
  path: '/api/v1/personalize/preview',
  tag,
  summary: 'Personalise one lead right now',
  description:
    'Researches the lead, finds common ground and writes the mail in the same request, within 100 seconds. Creates no campaign and no job. Needs sender_profile_id or sender_data; the answer names the prompt source, the facts that the text leans on and what the quality gates say. Costs credits only when a text came.',
  access: 'leads:write',
  impact: 'spends',
  calls_outside: true,
  body: PreviewRequest,
  responses: { 200: PreviewResponse },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'INSUFFICIENT_CREDITS', 'MODEL_BUSY', 'MODEL_FAILED', 'MODEL_TIMEOUT'],
  handle: (request, deps) => previewLead(deps, whoOf(request), request.body, request.now),
})

const previewBatch = defineOperation({
  id: 'batch_preview_sse',
  method: 'POST',
  path: '/api/v1/personalize/preview/batch',
  tag,
  summary: 'Stream previews for up to 25 leads',
  description:
    'Server-sent events: one lead_result for each lead and a closing done. Leads are handled one after another; one that fails is a lead_result with an error, and the others go on. Every event carries client_run_id as batch_id, so that a client can drop events of an older run. An unknown active_prompt_name is no error. A client that hangs up ends the work, and pays only for what was written. Idempotency-Key is ignored: a stream is not replayed.',
  access: 'leads:write',
  impact: 'spends',
  body: BatchPreviewRequest,
  responses: { 200: eventStream(BatchPreviewFrames, 'SSE frames: lead_result for each lead, then done.') },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'INSUFFICIENT_CREDITS'],
  handle: (request, deps) => streamPreviews(deps, whoOf(request), request.body, request.now, request.log),
})

const queueOne = defineOperation({
  id: 'queue_personalization_request',
  method: 'POST',
  path: '/api/v1/personalize',
  tag,
  summary: 'Queue one personalised email',
  description:
    'Queues background generation for one lead and sender, both free-form. Returns a job id with time and credit estimates; poll status, then fetch the result.',
  access: 'leads:write',
  impact: 'spends',
  body: PersonalizeRequest,
  responses: { 202: PersonalizeJobResponse },
  errors: ['BAD_REQUEST', 'INSUFFICIENT_CREDITS'],
  handle: (request, deps) => queueDrafts(deps, whoOf(request), [request.body], request.now),
})

const queueMany = defineOperation({
  id: 'queue_bulk_personalization_requests',
  method: 'POST',
  path: '/api/v1/personalize/bulk',
  tag,
  summary: 'Queue many personalised emails',
  description:
    'Queues 1 to 100 lead and sender pairs as a single job; status reports processed and failed leads for the whole set, and the result lists each.',
  access: 'leads:write',
  impact: 'spends',
  body: PersonalizeBulkRequest,
  responses: { 202: PersonalizeJobResponse },
  errors: ['BAD_REQUEST', 'INSUFFICIENT_CREDITS'],
  handle: (request, deps) => queueDrafts(deps, whoOf(request), request.body.requests, request.now),
})

const jobOf = async (db: Db, workspaceId: string, jobId: string): Promise<JobRun> => {
  const run = isUuid(jobId) ? await findJobRun(db, workspaceId, jobId) : null
  if (!run) throw notFound('There is no such personalization job in this workspace.')
  return run
}

const stateOf = (run: JobRun): 'queued' | 'processing' | 'completed' | 'failed' =>
  run.status !== 'in_progress' ? run.status : run.job_status === 'queued' ? 'queued' : 'processing'

const jobStatus = defineOperation({
  id: 'check_personalization_job_status',
  method: 'GET',
  path: '/api/v1/personalize/status/{job_id}',
  tag,
  summary: 'Progress of a personalization job',
  description: 'Percentage, processed and failed leads, timing and credits used. Counts are true at every moment.',
  access: 'leads:read',
  impact: 'read',
  params: PersonalizeJobParams,
  responses: { 200: PersonalizeJobStatus },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const run = await jobOf(deps.db, request.workspace.workspace_id, request.params.job_id)
    const processed = run.n_completed + run.n_failed
    return {
      job_id: run.job_id,
      status: stateOf(run),
      progress_percentage: run.status === 'completed' ? 100 : Math.floor((processed / run.n_leads) * 100),
      processed_leads: processed,
      failed_leads: run.n_failed,
      error_message: run.error,
      started_at: run.job_started_at,
      completed_at: run.job_finished_at ?? run.completed_at,
      credits_used: run.credits_used,
      run_id: run.run_id,
    }
  },
})

const metadataOf = ({ commonality, sources, latency_ms, model }: JobOutcome) => ({
  commonality_found: commonality?.text ?? null,
  confidence_score: commonality ? Math.max(0, Math.min(1, commonality.confidence_score)) : null,
  research_sources: (sources ?? []).filter(({ status }) => status === 'ok').map(({ name }) => name),
  generation_time_ms: latency_ms,
  model_used: model,
})

const jobResult = defineOperation({
  id: 'get_personalization_job_result',
  method: 'GET',
  path: '/api/v1/personalize/result/{job_id}',
  tag,
  summary: 'Text of a finished job',
  description:
    'The email, its subject and how the common ground was found; of a bulk job those of the first message, and under results every lead. Only for completed jobs: 409 while the job is still running, and when it failed.',
  access: 'leads:read',
  impact: 'read',
  params: PersonalizeJobParams,
  responses: { 200: PersonalizeResult },
  errors: ['NOT_FOUND', 'JOB_STATE'],
  handle: async (request, deps) => {
    const run = await jobOf(deps.db, request.workspace.workspace_id, request.params.job_id)
    const state = stateOf(run)
    if (state === 'failed') throw problem('JOB_STATE', `The job failed: ${run.error ?? 'no message was written.'}`)
    if (state !== 'completed') throw problem('JOB_STATE', 'The job is not finished yet; poll its status.')
    const outcomes = await listJobOutcomes(deps.db, run.run_id)
    const first = outcomes.find(({ status }) => status === 'generated')
    if (!first) throw problem('JOB_STATE', 'The messages of this job are not kept any more.')
    return {
      personalised_email: first.body,
      subject_line: first.subject,
      metadata: metadataOf(first),
      results: outcomes.map((outcome) => ({
        lead_index: outcome.lead_index,
        status: outcome.status,
        personalised_email: outcome.body,
        subject_line: outcome.subject,
        metadata: outcome.status === 'generated' ? metadataOf(outcome) : null,
        error: outcome.error,
      })),
    }
  },
})

const summaryOf = ({ run_id, prompt_source, prompt_name, prompt_version_hash, ...rest }: RunSummary) => ({
  run_id,
  prompt_source,
  prompt_name,
  prompt_version_hash,
  n_leads: rest.n_leads,
  n_completed: rest.n_completed,
  n_failed: rest.n_failed,
  status: rest.status,
  started_at: rest.started_at,
  completed_at: rest.completed_at,
})

const generations = defineOperation({
  id: 'list_recent_generation_runs_for_a_given_prompt',
  method: 'GET',
  path: '/api/v1/personalize/generations',
  tag,
  summary: 'Recent runs of a prompt',
  description:
    'Newest runs made with one prompt of one sender profile. prompt_name must be given when prompt_source is named and is ignored otherwise. There is no offset, only has_more.',
  access: 'leads:read',
  impact: 'read',
  query: RunListQuery,
  responses: { 200: RunListResponse },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { sender_profile_id, prompt_source, prompt_name, limit } = request.query
    const { workspace_id } = request.workspace
    const isNamed = prompt_source === 'named'
    if (isNamed && !prompt_name)
      throw invalid([{ loc: ['query', 'prompt_name'], msg: 'is needed for a named prompt', type: 'missing' }])
    if (!(await findSenderProfile(deps.db, workspace_id, sender_profile_id))) throw noSuchProfile()
    const name = isNamed ? (prompt_name ?? null) : null
    const of = { workspace_id, profile_id: sender_profile_id, source: prompt_source, name }
    const rows = await listRuns(deps.db, of, limit)
    return { runs: rows.slice(0, limit).map(summaryOf), has_more: rows.length > limit }
  },
})

const runOf = async (db: Db, workspaceId: string, runId: string): Promise<RunDetail> => {
  const run = isUuid(runId) ? await findRun(db, workspaceId, runId) : null
  if (!run) throw notFound('There is no such run in this workspace.')
  return run
}

const FIRST_ROWS = 500

const runDetail = defineOperation({
  id: 'get_a_single_run_and_its_first_500_per_lead_generations',
  method: 'GET',
  path: '/api/v1/personalize/generations/runs/{run_id}',
  tag,
  summary: 'One run with its mails',
  description:
    'The run with its first 500 per-lead generations, in the order of its leads; use the leads endpoint when has_more is true. It may be one of any prompt, also the stock one.',
  access: 'leads:read',
  impact: 'read',
  params: RunParams,
  responses: { 200: RunDetailResponse },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const run = await runOf(deps.db, request.workspace.workspace_id, request.params.run_id)
    const total = run.n_completed + run.n_failed
    const rows = await listGenerations(deps.db, run.run_id, { offset: 0, limit: FIRST_ROWS })
    const { kind, job_id, client_run_id, sender_profile_id, credits_used } = run
    return {
      run: {
        ...summaryOf(run),
        model_version: run.model_version,
        error: run.error,
        metadata: { ...run.metadata, kind, job_id, client_run_id, sender_profile_id, credits_used },
        prompt: run.prompt,
      },
      generations: rows,
      total_generations: Math.max(total, rows.length),
      has_more: total > FIRST_ROWS,
    }
  },
})

const ROWS = 100

const runLeads = defineOperation({
  id: 'paginated_leads_list_for_a_single_run',
  method: 'GET',
  path: '/api/v1/personalize/generations/runs/{run_id}/leads',
  tag,
  summary: 'Page through a run’s mails',
  description: 'Offset paging over the per-lead generations of a run, meant for runs above 500 leads.',
  access: 'leads:read',
  impact: 'read',
  params: RunParams,
  query: RunLeadsQuery,
  responses: { 200: RunLeadsResponse },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { offset = 0, limit = ROWS } = request.query
    const run = await runOf(deps.db, request.workspace.workspace_id, request.params.run_id)
    const rows = await listGenerations(deps.db, run.run_id, { offset, limit: limit + 1 })
    const page = rows.slice(0, limit)
    return {
      generations: page,
      // Outcomes that came while the page was read are part of it.
      total_generations: Math.max(run.n_completed + run.n_failed, page.length ? offset + page.length : 0),
      offset,
      limit,
      has_more: rows.length > limit,
    }
  },
})

const PICKED = 50

const datasets = defineOperation({
  id: 'list_users_datasets_for_the_inline_data_source_picker',
  method: 'GET',
  path: '/api/v1/personalize/datasets',
  tag,
  summary: 'Datasets for the data-source picker',
  description:
    'The workspace’s live (not archived) datasets, newest first, for choosing leads inside the playground; 50 unless limit says otherwise.',
  access: 'leads:read',
  impact: 'read',
  query: PickerDatasetsQuery,
  responses: { 200: PickerDatasetsResponse },
  handle: async (request, deps) => ({
    datasets: await listPickerDatasets(deps.db, request.workspace.workspace_id, request.query.limit ?? PICKED),
  }),
})

export const operations: Operation[] = [
  queueOne,
  queueMany,
  datasets,
  defaultPrompt,
  effectivePrompt,
  generations,
  runDetail,
  runLeads,
  preview,
  previewBatch,
  jobResult,
  savePrompt,
  jobStatus,
]
