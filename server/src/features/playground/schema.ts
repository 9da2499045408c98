import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'
import { Quality } from '../personalization/schema.ts'
import { promptText } from '../sender-profiles/schema.ts'

const stepIndex = z.int().min(1).max(32)
const prompt = z.string().max(32_000)
const variantLabel = z.string().min(1).max(10)
const subject = z.string().min(1).max(998)
const body = z.string().min(1).max(50_000)

export const CampaignParams = z.object({ campaign_id: idParam })
export const LeadParams = z.object({ campaign_id: idParam, campaign_lead_id: idParam })
export const DraftParams = z.object({ campaign_id: idParam, draft_id: idParam })
export const ApprovalParams = z.object({ approval_id: idParam })

export const PlaygroundGenerateRequest = z
  .object({
    step_index: stepIndex.describe('Step to write drafts for.'),
    n_leads: z.int().min(1).max(200).default(50).describe('How many leads with a PERSONALIZATION variant to take.'),
    custom_prompt: prompt.nullable().optional().describe('Prompt for this batch only.'),
    campaign_lead_ids: z
      .array(z.uuid())
      .min(1)
      .max(200)
      .nullable()
      .optional()
      .describe('Exactly these leads, approved ones too, instead of the first n_leads; ours.'),
    only_without_draft: z
      .boolean()
      .default(false)
      .describe(
        'Passes over leads whose draft for the step is there or under way, so that the next n_leads follow; ours.',
      ),
  })
  .refine(
    (given) => !(given.only_without_draft && given.campaign_lead_ids),
    'only_without_draft chooses among all leads and does not go with campaign_lead_ids',
  )
  .meta({ id: 'PlaygroundGenerateRequest' })

export const PlaygroundGenerateResponse = z
  .object({
    campaign_id: z.uuid(),
    step_index: z.int(),
    batch_id: z.uuid(),
    enqueued_lead_ids: z.array(z.uuid()),
    prompt_version_hash: z.string(),
    total: z.int().min(0),
  })
  .meta({ id: 'PlaygroundGenerateResponse' })

const draftStatus = z.enum(['pending', 'running', 'completed', 'failed', 'cancelled'])

export const PlaygroundLeadState = z
  .object({
    campaign_lead_id: z.uuid(),
    status: draftStatus,
    batch_id: z.uuid().nullable(),
    error: z.string().nullable(),
    completed_at: timestamp.nullable(),
    has_draft: z.boolean().default(false),
    subject_preview: z.string().nullable(),
  })
  .meta({ id: 'PlaygroundLeadState' })

export const PlaygroundStatus = z
  .object({
    campaign_id: z.uuid(),
    overall: z
      .record(z.string(), z.int())
      .describe('Number of jobs per state; the batch is finished when pending and running are both 0.'),
    batch_id: z.uuid().nullable(),
    per_lead: z.array(PlaygroundLeadState),
  })
  .meta({ id: 'PlaygroundStatus' })

export const StatusQuery = z.object({ batch_id: z.uuid().nullable().optional().describe('Limit to one batch.') })
export const DraftsQuery = z.object({ batch_id: z.uuid().describe('Batch returned by generate.') })

export const BatchesQuery = z.object({
  step_index: z.coerce.number().int().min(1).max(32).optional().describe('Only batches of this step.'),
  ...listParams(100),
})

const PlaygroundBatch = z
  .object({
    batch_id: z.uuid(),
    step_index: z.int(),
    user_id: z.uuid().nullable().describe('Who asked for it.'),
    custom_prompt: z.string().nullable().describe('The prompt of this batch alone, where it had one.'),
    prompt_version_hash: z.string(),
    counts: z.record(draftStatus, z.int().min(0)).describe('Drafts by state.'),
    approved: z.int().min(0).describe('Leads of it whose step is approved by now, with whichever text.'),
    total: z.int().min(0),
    is_over: z.boolean().describe('Nothing of it is left to write.'),
    created_at: timestamp,
    cancelled_at: timestamp.nullable(),
  })
  .meta({ id: 'PlaygroundBatch' })

export const PlaygroundBatches = z
  .object({ campaign_id: z.uuid(), items: z.array(PlaygroundBatch), ...cursorFields })
  .meta({ id: 'PlaygroundBatches' })

export const BatchCancelRequest = z
  .object({ batch_id: z.uuid().describe('Only jobs of this batch are affected.') })
  .meta({ id: 'PlaygroundCancelRequest' })

export const BatchCancelResponse = z
  .object({ campaign_id: z.uuid(), batch_id: z.uuid(), cancelled_count: z.int().min(0) })
  .meta({ id: 'PlaygroundCancelResponse' })

const UsedFact = z
  .object({
    id: z.string(),
    about: z.enum(['lead', 'company', 'correspondence', 'sender']),
    text: z.string(),
    field: z.string().nullable(),
    source: z.object({
      kind: z.enum(['row', 'profile', 'correspondence', 'page', 'search', 'given']),
      name: z.string(),
      url: z.string().nullable(),
      seen_at: z.string(),
    }),
  })
  .meta({ id: 'UsedFact', description: 'A statement that the draft leans on, and where it was learned.' })

const DiffPart = z.object({ kind: z.enum(['same', 'added', 'removed']), text: z.string() }).meta({ id: 'DiffPart' })

const DraftEdit = z
  .object({
    subject: z.string(),
    body: z.string(),
    edited_by: z.uuid().nullable(),
    edited_at: timestamp,
    quality: Quality.nullable(),
    diff: z
      .object({ subject: z.array(DiffPart), body: z.array(DiffPart) })
      .describe('Against the draft, word by word.'),
  })
  .meta({ id: 'DraftEdit', description: 'A person’s version; the draft stays beside it.' })

export const PlaygroundDraft = z
  .object({
    campaign_lead_id: z.uuid(),
    subject: z.string().nullable(),
    body: z.string().nullable(),
    generated_at: timestamp.nullable(),
    prompt_version_hash: z.string().nullable(),
    draft_id: z.uuid(),
    step_index: z.int(),
    variant_label: z.string(),
    status: draftStatus,
    error: z.string().nullable(),
    model: z.string().nullable(),
    generation_latency_ms: z.int().nullable(),
    prompt_source: z.string().nullable(),
    prompt_name: z.string().nullable(),
    used_facts: z.array(UsedFact).describe('Only what the draft leans on.'),
    commonality: z.unknown(),
    quality: Quality.nullable(),
    research_cache_fingerprint: z.string().nullable(),
    lead_identity_fingerprint: z.string().nullable(),
    step_config_fingerprint: z.string().nullable().describe('For expected_step_config_fingerprint of an approval.'),
    edit: DraftEdit.nullable(),
    is_approved: z.boolean().describe('Whether the step of this lead is approved, with whichever text.'),
  })
  .meta({ id: 'PlaygroundDraft' })

export const PlaygroundDrafts = z
  .object({ campaign_id: z.uuid(), batch_id: z.uuid().nullable(), drafts: z.array(PlaygroundDraft) })
  .meta({ id: 'PlaygroundDrafts' })

export const DraftEditRequest = z
  .object({ subject: subject.nullable(), body: body.nullable() })
  .partial()
  .refine(
    (given) => given.subject !== undefined || given.body !== undefined,
    'needs a subject, a body, or both; null for both takes the edit back',
  )
  .meta({ id: 'DraftEditRequest', minProperties: 1 })

export const LeadApproveRequest = z
  .object({
    step_index: stepIndex.describe('Step number, counted from 1 as in steps_config.'),
    variant_label: variantLabel.describe('Must be the variant this lead was assigned for the step.'),
    subject: subject.describe('Subject to freeze.'),
    body: body.describe(
      'Body to freeze, without signature, opt-out and postal address, which are added and frozen with it.',
    ),
    custom_prompt: prompt.nullable().optional().describe('Stands in for the prompt the server would resolve.'),
    prompt_snapshot: prompt
      .nullable()
      .optional()
      .describe('Exact prompt the draft came from; resolved by the server when absent.'),
    model: z.string().max(200).nullable().optional().describe('Language model used for the draft.'),
    generation_latency_ms: z.int().min(0).nullable().optional(),
    research_sources: z
      .unknown()
      .optional()
      .describe('Research content behind the draft, any JSON; stored only as a fingerprint.'),
    expected_step_config_fingerprint: z
      .string()
      .nullable()
      .optional()
      .describe('Fingerprint the client saw at draft time; a mismatch gives 422.'),
  })
  .meta({ id: 'LeadApproveRequest' })
export type LeadApproveRequest = z.output<typeof LeadApproveRequest>

export const LeadUnapproveRequest = z.object({ step_index: stepIndex }).meta({ id: 'LeadUnapproveRequest' })

export const LeadResetRequest = z
  .object({
    step_indices: z.array(z.int()).nullable().optional().describe('Steps to clear; absent, null or empty clears all.'),
  })
  .meta({ id: 'LeadResetRequest' })

export const ApprovedEmail = z
  .object({
    subject: z.string(),
    body: z.string(),
    prompt_snapshot: z.string(),
    prompt_version_hash: z.string(),
    lead_identity_fingerprint: z.string(),
    step_index: z.int(),
    variant_label: z.string(),
    step_config_fingerprint: z.string(),
    approved_at: timestamp,
    approved_by: z.string(),
    research_cache_fingerprint: z.string().nullable(),
    sender_profile_id: z.string().nullable(),
    template_id: z.string().nullable(),
    model: z.string().nullable(),
    generation_latency_ms: z.int().nullable(),
    approval_id: z.uuid().describe('Names the signed record, for its proof; ours.'),
  })
  .meta({ id: 'ApprovedEmail', description: 'A frozen e-mail, kept per step with the lead and sent verbatim.' })

export const LeadApprovalState = z
  .object({
    campaign_id: z.uuid(),
    campaign_lead_id: z.uuid(),
    updated_at: timestamp,
    step_index: z.int().nullable(),
    approved_steps: z.array(z.int()).describe('Steps approved for the lead after the call.'),
    approved_entry: ApprovedEmail.nullable(),
  })
  .meta({ id: 'LeadApprovalState' })

export const ApproveByRuleRequest = z
  .object({
    batch_id: z.uuid().describe('Whose drafts are looked at.'),
    min_score: z.number().min(0).max(1).default(0).describe('Least quality score.'),
    checks: z
      .array(z.string().min(1).max(60))
      .max(50)
      .optional()
      .describe('Checks that have to pass, by name; absent: all that were made. What no draft may fail counts always.'),
    campaign_lead_ids: z.array(z.uuid()).min(1).max(200).optional().describe('Only these leads of the batch.'),
    dry_run: z.boolean().default(false).describe('Says what would be approved and approves nothing.'),
  })
  .meta({ id: 'ApproveByRuleRequest' })
export type ApproveByRuleRequest = z.output<typeof ApproveByRuleRequest>

const RuleException = z
  .object({
    campaign_lead_id: z.uuid(),
    draft_id: z.uuid(),
    reasons: z.array(z.object({ code: z.string(), message: z.string() })).min(1),
  })
  .meta({ id: 'ApprovalException' })

export const ApproveByRuleResult = z
  .object({
    campaign_id: z.uuid(),
    batch_id: z.uuid(),
    dry_run: z.boolean(),
    approved_lead_ids: z.array(z.uuid()),
    exceptions: z.array(RuleException).describe('Every other draft of the batch, each with all that spoke against it.'),
  })
  .meta({ id: 'ApproveByRuleResult' })

const ApprovalRecord = z
  .object({
    record_id: z.uuid(),
    kind: z.enum(['approved', 'withdrawn', 'voided']),
    approval_id: z.uuid(),
    campaign_id: z.uuid(),
    campaign_lead_id: z.uuid(),
    step_index: z.int(),
    reason: z.string().nullable().describe('Of an ending: replaced, withdrawn, or what changed.'),
    detail: z.string().nullable(),
    user_id: z.uuid().nullable(),
    recorded_at: timestamp,
    erased_at: timestamp.nullable().describe('When the person’s data were erased from the record.'),
  })
  .meta({ id: 'ApprovalRecord' })

export const ApprovalRecordList = z
  .object({ campaign_id: z.uuid(), campaign_lead_id: z.uuid(), items: z.array(ApprovalRecord), ...cursorFields })
  .meta({ id: 'ApprovalRecordList' })

export const RecordsQuery = z.object(listParams(100))

const Verdict = z
  .object({
    is_valid: z.boolean().describe('The signature is this instance’s and every digest fits.'),
    signature_valid: z.boolean(),
    differing_parts: z
      .array(z.enum(['subject', 'text', 'html']))
      .describe('Parts that are not what was approved; empty where none were given.'),
    checked_parts: z.array(z.enum(['subject', 'text', 'html'])),
  })
  .meta({ id: 'ApprovalVerdict' })

const Rendered = z.object({ subject: z.string(), text: z.string(), html: z.string() })

export const ApprovalProof = z
  .object({
    approval_id: z.uuid(),
    algorithm: z.literal('HMAC-SHA256'),
    statement: z.string().describe('Exactly what is signed, canonical JSON.'),
    signature: z.string().describe('Lower-case hex.'),
    verdict: Verdict,
    contents: z
      .object({
        rendered: Rendered.describe('What the digests are of; the marker stands where the recipient’s link goes.'),
        words: z.object({ subject: z.string(), body: z.string(), format: z.enum(['text', 'html']) }),
        draft: z.object({ subject: z.string(), body: z.string() }).nullable(),
        diff: z.object({ subject: z.array(DiffPart), body: z.array(DiffPart) }).nullable(),
        lead: z.object({ email: z.string().nullable(), row: z.record(z.string(), z.unknown()) }),
        footer: z.record(z.string(), z.unknown()),
        prompt: z.string(),
      })
      .nullable()
      .describe('Null once the person’s data were erased; the signed statement stays.'),
    records: z.array(ApprovalRecord).describe('The approval and what became of it, oldest first.'),
    sent: z
      .object({
        email_id: z.uuid(),
        sent_at: timestamp,
        to_email: z.string(),
        message_id: z.string().nullable(),
        unsubscribe_url: z.string().describe('The recipient’s own link, which took the marker’s place.'),
        matches: z.boolean().describe('What left, with the link undone, has the approved digests.'),
      })
      .nullable(),
    recipe: z.string().describe('How to verify a received message by hand.'),
  })
  .meta({ id: 'ApprovalProof' })

export const ApprovalVerifyRequest = z
  .object({
    statement: z.string().min(1).max(20_000),
    signature: z.string().min(1).max(200),
    rendered: Rendered.partial()
      .optional()
      .describe('What was received, decoded, with tracked links and pixel undone.'),
    unsubscribe_url: z
      .string()
      .max(2_000)
      .optional()
      .describe('The link in it that the marker stands for. One that was not made here counts as a difference.'),
  })
  .meta({ id: 'ApprovalVerifyRequest' })

export const ApprovalVerdict = Verdict

export const CampaignPersonalizeRequest = z
  .object({
    campaign_lead_id: z.uuid(),
    step_index: stepIndex,
    variant_label: variantLabel.nullable().optional().describe('The lead’s assigned variant when absent.'),
    custom_prompt: promptText.nullable().optional(),
    force_regenerate: z.boolean().default(false).describe('Write anew although an approved text exists.'),
  })
  .meta({ id: 'CampaignPersonalizeRequest' })
export type CampaignPersonalizeRequest = z.output<typeof CampaignPersonalizeRequest>

export const CampaignPersonalizeResponse = z
  .object({
    campaign_id: z.uuid(),
    campaign_lead_id: z.uuid(),
    step_index: z.int(),
    variant_label: z.string(),
    subject: z.string(),
    body: z.string(),
    source: z.enum(['approved', 'generated']).describe('approved when a frozen text was used.'),
    prompt_source: z.string().nullable(),
    prompt_version_hash: z.string().nullable(),
    model: z.string().nullable(),
    generation_latency_ms: z.int().min(0).nullable(),
    credits_used: z.int().min(0).default(0),
    quality: Quality.nullable(),
  })
  .meta({ id: 'CampaignPersonalizeResponse' })
