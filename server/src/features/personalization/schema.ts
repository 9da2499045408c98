import { z } from 'zod'
import { limitParam, offsetParam } from '../../http/pagination.ts'
import { timestamp } from '../../http/params.ts'
import { customPromptProblem, promptText, senderFacts } from '../sender-profiles/schema.ts'

const freeForm = z.record(z.string(), z.unknown())
const promptName = z.string().min(1).max(100)
const versionHash = z.string().describe('SHA-256 of the text, in hex.')
/** `override`: the request's own; `campaign`: the system_prompt of a campaign. */
const promptSource = z.enum(['named', 'custom_prompt', 'default', 'override', 'campaign'])
const storedSource = z.enum(['named', 'custom_prompt'])

export const DefaultPromptResponse = z
  .object({ prompt: z.string(), version_hash: versionHash.nullable() })
  .meta({ id: 'DefaultPromptResponse' })

export const EffectivePromptQuery = z.object({
  sender_profile_id: z.string().optional().describe('Profile to resolve for; the default profile when omitted.'),
})

export const EffectivePromptResponse = z
  .object({
    prompt: z.string(),
    prompt_source: z.enum(['named', 'custom_prompt', 'default']),
    prompt_name: z.string().nullable().describe('Set when prompt_source is named.'),
    sender_profile_id: z.string().nullable(),
    version_hash: versionHash,
  })
  .meta({ id: 'EffectivePromptResponse' })

export const SavePromptRequest = z
  .object({
    sender_profile_id: z.string(),
    prompt: promptText,
    save_as_name: promptName
      .nullable()
      .default('saved')
      .describe('Named slot to write; the default keeps reusing one slot. Reserved names give 422.'),
  })
  .meta({ id: 'SavePromptRequest' })

export const SavePromptResponse = z
  .object({
    sender_profile_id: z.string(),
    prompt_name: z.string(),
    prompt: z.string(),
    updated_at: timestamp,
    version_hash: versionHash,
  })
  .meta({ id: 'SavePromptResponse' })

const leadData = freeForm.describe('Lead fields such as company, role, linkedin_url; any names.')

export const PreviewRequest = z
  .object({
    lead_data: leadData,
    sender_profile_id: z.string().nullable().optional().describe('Saved profile; wins over sender_data.'),
    sender_data: senderFacts.nullable().optional().describe('Inline sender; needed when no profile id is given.'),
    custom_prompt: promptText.nullable().optional().describe('Prompt override.'),
    research_context: z
      .string()
      .max(100_000)
      .nullable()
      .optional()
      .describe('Ready research text to use instead of fetching.'),
    dataset_id: z.string().nullable().optional().describe('Dataset the lead comes from, used as cache key.'),
    row_index: z.int().min(0).max(2_147_483_647).nullable().optional().describe('Row in that dataset.'),
    force_refresh_research: z.boolean().default(false).describe('Ignore cached research.'),
  })
  .meta({ id: 'PreviewRequest' })

const PreviewCommonality = z
  .object({
    text: z.string(),
    confidence_score: z.number(),
    rarity_score: z.number(),
    relevance_score: z.number(),
    supporting_evidence: z.array(z.string()),
  })
  .meta({ id: 'PreviewCommonality' })

const PreviewResearchSource = z
  .object({
    name: z.string(),
    status: z.string(),
    summary: z.string().default(''),
    meta: freeForm,
    from_cache: z.boolean().default(false),
  })
  .meta({ id: 'PreviewResearchSource' })

const DraftFact = z
  .object({
    id: z.string().describe('Unique in the draft, such as f3.'),
    about: z.enum(['lead', 'company', 'correspondence', 'sender']),
    text: z.string(),
    field: z.string().nullable(),
    source: z.object({ kind: z.string(), name: z.string(), url: z.string().nullable(), seen_at: z.string() }),
  })
  .meta({ id: 'DraftFact', description: 'A statement that a message may lean on, with where it is from.' })

export const Quality = z
  .object({
    score: z.number().min(0).max(1),
    passed: z.boolean().describe('False when a check failed that no draft may fail.'),
    checks: z.array(z.object({ name: z.string(), passed: z.boolean(), weight: z.number(), message: z.string() })),
  })
  .meta({
    id: 'DraftQuality',
    description: 'What the rules, and where there is a model a second reader, say of a draft.',
  })

export const PreviewResponse = z
  .object({
    subject: z.string(),
    email_body: z.string().describe('Plain text.'),
    commonality: PreviewCommonality.nullable(),
    prompt_source: z.string().describe('Where the prompt came from: named, custom_prompt, default or override.'),
    prompt_name: z.string().nullable(),
    prompt_version_hash: versionHash,
    model_used: z.string(),
    latency_ms: z.int(),
    research_sources: z.array(PreviewResearchSource),
    research_chars: z.int().default(0),
    research_latency_ms: z.int().default(0),
    research_from_cache: z.boolean().default(false),
    research_cached_at: z.string().nullable(),
    research_meta: freeForm,
    facts: z.array(DraftFact),
    used_facts: z.array(z.string()).describe('Ids of the facts that the message leans on.'),
    quality: Quality,
    credits_used: z.int().min(0),
    run_id: z.string().describe('The run in the history of generations.'),
  })
  .meta({ id: 'PreviewResponse' })

export const BatchPreviewRequest = z
  .object({
    client_run_id: z.string().min(1).max(200).describe('UUIDv4 made by the client, echoed as batch_id.'),
    leads: z
      .array(
        z
          .object({
            lead_data: leadData,
            dataset_id: z.string().nullable().optional(),
            row_index: z.int().min(0).max(2_147_483_647).nullable().optional(),
            force_refresh_research: z.boolean().default(false),
          })
          .meta({ id: 'BatchPreviewLead' }),
      )
      .min(1)
      .max(25),
    sender_profile_id: z.string().nullable().optional().describe('Wins over sender_data.'),
    sender_data: senderFacts.nullable().optional().describe('Ignored when a profile id is given.'),
    active_prompt_name: z
      .string()
      .max(1000)
      .nullable()
      .optional()
      .describe('Named prompt of the profile; unknown names fall back to custom_prompt, then default, silently.'),
    custom_prompt: promptText.nullable().optional().describe('Override for this run.'),
  })
  .meta({ id: 'BatchPreviewRequest' })
export type BatchPreviewRequest = z.output<typeof BatchPreviewRequest>

/** The contract has the stream as text, so the shapes of its two events stand in words and in docs/personalization.md. */
export const BatchPreviewFrames = z
  .string()
  .describe(
    'SSE frames. lead_result: batch_id, index (position in leads), status (ok or error), result (a PreviewResponse or null), error, error_code. done: batch_id, total, succeeded, failed, run_id, credits_used.',
  )

const DynamicData = z
  .object({ data: freeForm.describe('Any fields.') })
  .meta({ id: 'DynamicData', description: 'Wrapper around a free-form object.' })

export const PersonalizeRequest = z
  .object({ lead_data: DynamicData, sender_data: DynamicData })
  .superRefine(({ sender_data }, context) => {
    const problem = customPromptProblem(sender_data.data.custom_prompt)
    if (problem)
      context.addIssue({ code: 'custom', path: ['sender_data', 'data', 'custom_prompt'], message: problem.msg })
  })
  .meta({ id: 'PersonalizeRequest', description: 'One lead with its sender.' })
export type PersonalizeRequest = z.output<typeof PersonalizeRequest>

export const PersonalizeBulkRequest = z
  .object({ requests: z.array(PersonalizeRequest).min(1).max(100) })
  .meta({ id: 'PersonalizeBulkRequest' })

const jobState = z.enum(['queued', 'processing', 'completed', 'failed'])

export const PersonalizeJobResponse = z
  .object({
    job_id: z.string(),
    status: z.string().regex(/^(queued|processing|completed|failed)$/),
    message: z.string(),
    estimated_time_seconds: z.int().min(1),
    credits_required: z.int().nullable(),
    priority: z.string().nullable().default('normal'),
  })
  .meta({ id: 'PersonalizeJobResponse' })

export const PersonalizeJobParams = z.object({ job_id: z.string().min(1).max(200) })

export const PersonalizeJobStatus = z
  .object({
    job_id: z.string(),
    status: jobState.describe('Same values as on submission.'),
    progress_percentage: z.int().min(0).max(100),
    processed_leads: z.int().min(0).describe('Leads that have an outcome, failed ones among them.'),
    failed_leads: z.int().min(0),
    error_message: z.string().nullable(),
    started_at: timestamp.nullable(),
    completed_at: timestamp.nullable(),
    credits_used: z.int().nullable().describe('Null until the job is over.'),
    run_id: z.string().describe('The run in the history of generations.'),
  })
  .meta({ id: 'PersonalizeJobStatus' })

const CommonalityMetadata = z
  .object({
    commonality_found: z.string().nullable(),
    confidence_score: z.number().min(0).max(1).nullable(),
    research_sources: z.array(z.string()),
    generation_time_ms: z.int().nullable(),
    model_used: z.string().nullable(),
  })
  .meta({ id: 'CommonalityMetadata', description: 'How the text came about.' })

const PersonalizeLeadResult = z
  .object({
    lead_index: z.int().min(0).describe('Position in requests.'),
    status: z.enum(['generated', 'failed']),
    personalised_email: z.string().nullable(),
    subject_line: z.string().nullable(),
    metadata: CommonalityMetadata.nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'PersonalizeLeadResult' })

export const PersonalizeResult = z
  .object({
    personalised_email: z.string().describe('Finished body, as plain text; of a bulk job the first one.'),
    subject_line: z.string().default(''),
    metadata: CommonalityMetadata,
    results: z.array(PersonalizeLeadResult).describe('Every lead of the job with what came of it; ours.'),
  })
  .meta({ id: 'PersonalizeResult' })

export const RunListQuery = z.object({
  sender_profile_id: z.string().describe('Sender profile UUID.'),
  prompt_source: storedSource,
  prompt_name: z.string().max(1000).nullable().optional().describe('Needed for named prompts.'),
  limit: z.coerce.number().int().min(1).max(50).default(15),
})

const runState = z.enum(['in_progress', 'completed', 'failed'])

const RunSummary = z
  .object({
    run_id: z.string(),
    prompt_source: storedSource,
    n_leads: z.int(),
    n_completed: z.int(),
    n_failed: z.int(),
    status: runState,
    started_at: timestamp,
    prompt_name: z.string().nullable().describe('Set for named prompts.'),
    completed_at: timestamp.nullable(),
    prompt_version_hash: versionHash,
  })
  .meta({ id: 'RunSummary' })

export const RunListResponse = z
  .object({ runs: z.array(RunSummary), has_more: z.boolean().default(false) })
  .meta({ id: 'RunListResponse' })

export const RunParams = z.object({ run_id: z.string().min(1).max(200) })

const RunDetail = z
  .object({
    run_id: z.string(),
    prompt_source: promptSource,
    n_leads: z.int(),
    n_completed: z.int(),
    n_failed: z.int(),
    status: runState,
    started_at: timestamp,
    prompt_name: z.string().nullable().describe('Set for named prompts.'),
    completed_at: timestamp.nullable(),
    model_version: z.string().nullable(),
    error: z.string().nullable(),
    metadata: freeForm.nullable().describe('kind, job_id, client_run_id and credits_used, among others.'),
    prompt: z.string().describe('The text that the run was made with.'),
    prompt_version_hash: versionHash,
  })
  .meta({ id: 'RunDetail' })

const GenerationRow = z
  .object({
    generation_id: z.string(),
    lead_index: z.int().describe('Order within the run.'),
    lead_snapshot: freeForm.describe('Lead fields as they were.'),
    status: z.enum(['generated', 'failed']),
    generated_at: timestamp,
    subject: z.string().nullable(),
    body: z.string().nullable(),
    error: z.string().nullable(),
    error_code: z.string().nullable(),
    commonality: PreviewCommonality.nullable(),
    facts: z.array(DraftFact).nullable(),
    used_facts: z.array(z.string()).nullable(),
    quality: Quality.nullable(),
    research_fingerprint: z.string().nullable(),
    model: z.string().nullable(),
    latency_ms: z.int().nullable(),
  })
  .meta({ id: 'GenerationRow' })

const FIRST_ROWS = 500

export const RunDetailResponse = z
  .object({
    run: RunDetail,
    generations: z.array(GenerationRow).max(FIRST_ROWS).describe('The first 500.'),
    total_generations: z.int(),
    has_more: z.boolean().describe('More than 500 exist.'),
  })
  .meta({ id: 'RunDetailResponse' })

export const RunLeadsQuery = z.object({ offset: offsetParam, limit: limitParam(500) })

export const RunLeadsResponse = z
  .object({
    generations: z.array(GenerationRow),
    total_generations: z.int(),
    offset: z.int(),
    limit: z.int(),
    has_more: z.boolean(),
  })
  .meta({ id: 'RunLeadsResponse' })

export const PickerDatasetsQuery = z.object({ limit: z.coerce.number().int().min(1).max(200).optional() })

export const PickerDatasetsResponse = z
  .object({
    datasets: z.array(
      z
        .object({
          dataset_id: z.string(),
          dataset_name: z.string(),
          pipeline_type: z.string(),
          row_count: z.int().min(0),
          columns: z.array(z.string()),
          created_at: timestamp,
        })
        .meta({ id: 'PickerDataset' }),
    ),
  })
  .meta({ id: 'PickerDatasetsResponse' })
