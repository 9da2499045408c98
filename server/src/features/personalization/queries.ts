import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { DraftQuality } from '../../draft-quality.ts'
import { type KeptQuality, shownQuality } from '../../kept-quality.ts'
import type { Commonality, Fact } from '../../ports/llm/port.ts'
import type { ResearchSource } from '../research/research-lead.ts'
import type { PromptSource } from './resolve-prompt.ts'

export type RunSummary = {
  run_id: string
  prompt_source: PromptSource
  prompt_name: string | null
  prompt_version_hash: string
  n_leads: number
  n_completed: number
  n_failed: number
  status: 'in_progress' | 'completed' | 'failed'
  started_at: Date
  completed_at: Date | null
}

const SUMMARY: RawBuilder<unknown> = sql`r.run_id, r.prompt_source, r.prompt_name, r.prompt_version_hash, r.n_leads, r.n_completed, r.n_failed,
  r.status, r.started_at, r.completed_at`

/** Runs of one prompt of a profile, the newest first. Reads limit + 1 rows. */
export const listRuns = async (
  db: Db,
  of: { workspace_id: string; profile_id: string; source: PromptSource; name: string | null },
  limit: number,
): Promise<RunSummary[]> => {
  const { rows } = await sql<RunSummary>`
    select ${SUMMARY} from generation_runs r
    where r.workspace_id = ${of.workspace_id} and r.sender_profile_id = ${of.profile_id} and r.prompt_source = ${of.source}
      and ${of.name === null ? sql`r.prompt_name is null` : sql`r.prompt_name = ${of.name}`}
    order by r.run_id desc limit ${limit + 1}`.execute(db)
  return rows
}

export type RunDetail = RunSummary & {
  kind: string
  job_id: string | null
  client_run_id: string | null
  sender_profile_id: string | null
  credits_used: number | null
  model_version: string | null
  error: string | null
  metadata: Record<string, unknown>
  prompt: string
}

const DETAIL: RawBuilder<unknown> = sql`${SUMMARY}, r.kind, r.job_id, r.client_run_id, r.sender_profile_id, r.credits_used, r.model_version, r.error,
  r.metadata, v.prompt`

export const findRun = async (db: Db, workspaceId: string, runId: string): Promise<RunDetail | null> => {
  const { rows } = await sql<RunDetail>`
    select ${DETAIL} from generation_runs r
    join prompt_versions v on v.workspace_id = r.workspace_id and v.version_hash = r.prompt_version_hash
    where r.workspace_id = ${workspaceId} and r.run_id = ${runId}`.execute(db)
  return rows[0] ?? null
}

export type JobRun = RunSummary & {
  job_id: string
  credits_used: number | null
  error: string | null
  job_status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | null
  job_started_at: Date | null
  job_finished_at: Date | null
}

/** The run of a personalization job, with its times as a person sees them; the job's own row is kept for a shorter time. */
export const findJobRun = async (db: Db, workspaceId: string, jobId: string): Promise<JobRun | null> => {
  const { rows } = await sql<JobRun>`
    select ${SUMMARY}, r.job_id, r.credits_used, r.error, j.status as job_status, j.started_at as job_started_at, j.finished_at as job_finished_at
    from generation_runs r left join jobs j on j.id = r.job_id
    where r.workspace_id = ${workspaceId} and r.job_id = ${jobId} and r.kind = 'job'`.execute(db)
  return rows[0] ?? null
}

export type GenerationRow = {
  generation_id: string
  lead_index: number
  lead_snapshot: Record<string, unknown>
  status: 'generated' | 'failed'
  generated_at: Date
  subject: string | null
  body: string | null
  error: string | null
  error_code: string | null
  commonality: Commonality | null
  facts: Fact[] | null
  used_facts: string[] | null
  quality: DraftQuality | null
  research_fingerprint: string | null
  model: string | null
  latency_ms: number | null
}

/** Outcomes of a run in the order of its leads. */
export const listGenerations = async (
  db: Db,
  runId: string,
  page: { offset: number; limit: number },
): Promise<GenerationRow[]> => {
  const { rows } = await sql<Omit<GenerationRow, 'quality'> & { quality: KeptQuality | null }>`
    select generation_id, lead_index, lead_snapshot, status, generated_at, subject, body, error, failure as error_code, commonality, facts,
      used_facts, quality, research_fingerprint, model, latency_ms
    from generations where run_id = ${runId} order by lead_index limit ${page.limit} offset ${page.offset}`.execute(db)
  return rows.map((row) => ({ ...row, quality: shownQuality(row.quality) }))
}

export type JobOutcome = Pick<
  GenerationRow,
  'lead_index' | 'status' | 'subject' | 'body' | 'error' | 'commonality' | 'model' | 'latency_ms'
> & {
  sources: ResearchSource[] | null
}

/** What came of each lead of a job: a hundred at most. */
export const listJobOutcomes = async (db: Db, runId: string): Promise<JobOutcome[]> => {
  const { rows } = await sql<JobOutcome>`
    select lead_index, status, subject, body, error, commonality, model, latency_ms, research->'sources' as sources
    from generations where run_id = ${runId} order by lead_index`.execute(db)
  return rows
}

export type PickerDataset = {
  dataset_id: string
  dataset_name: string
  pipeline_type: string
  row_count: number
  columns: string[]
  created_at: Date
}

export const listPickerDatasets = async (db: Db, workspaceId: string, limit: number): Promise<PickerDataset[]> => {
  const { rows } = await sql<PickerDataset>`
    select dataset_id, dataset_name, pipeline_type, row_count, columns, created_at from datasets
    where workspace_id = ${workspaceId} and archived_at is null order by dataset_id desc limit ${limit}`.execute(db)
  return rows
}
