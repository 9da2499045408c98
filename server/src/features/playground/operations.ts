import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { approveByRule } from './approve-by-rule.ts'
import { approveEmail, withdrawFrom } from './approve-email.ts'
import { settleBatch } from './draft-credits.ts'
import { editDraft } from './edit-draft.ts'
import { generateDrafts } from './generate-drafts.ts'
import { personalizeLead } from './personalize-lead.ts'
import { proveApproval, verifyApproval } from './prove-approval.ts'
import {
  cancelBatch,
  countStates,
  listApprovalRecords,
  listBatches,
  listDrafts,
  readBatchStates,
  readStates,
} from './queries.ts'
import {
  ApprovalParams,
  ApprovalProof,
  ApprovalRecordList,
  ApprovalVerdict,
  ApprovalVerifyRequest,
  ApproveByRuleRequest,
  ApproveByRuleResult,
  BatchCancelRequest,
  BatchCancelResponse,
  BatchesQuery,
  CampaignParams,
  CampaignPersonalizeRequest,
  CampaignPersonalizeResponse,
  DraftEditRequest,
  DraftParams,
  DraftsQuery,
  LeadApprovalState,
  LeadApproveRequest,
  LeadParams,
  LeadResetRequest,
  LeadUnapproveRequest,
  PlaygroundBatches,
  PlaygroundDraft,
  PlaygroundDrafts,
  PlaygroundGenerateRequest,
  PlaygroundGenerateResponse,
  PlaygroundStatus,
  RecordsQuery,
  StatusQuery,
} from './schema.ts'
import { shownDraft } from './show-draft.ts'

const tag = 'playground'
const noBatch = () => notFound('There is no such batch in this campaign.')

const generate = defineOperation({
  id: 'playground_generate',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/playground/generate',
  tag,
  summary: 'Generate drafts',
  description:
    'Queues one drafting job for each lead that has a PERSONALIZATION variant in the step and whose text is neither approved nor sent, and returns the batch id to poll. Every call makes a new batch; repeated clicks are not merged, so clients debounce. Prompt order: custom_prompt, the campaign’s system_prompt, the sender profile’s custom_prompt, the stock prompt.',
  access: 'campaigns:write',
  impact: 'spends',
  params: CampaignParams,
  body: PlaygroundGenerateRequest,
  responses: { 202: PlaygroundGenerateResponse },
  errors: ['BAD_REQUEST', 'INSUFFICIENT_CREDITS', 'NOT_FOUND'],
  handle: ({ principal, params, body, now }, deps) => generateDrafts(deps, principal, params.campaign_id, body, now),
})

const status = defineOperation({
  id: 'playground_status',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/playground/status',
  tag,
  summary: 'Draft batch progress',
  description:
    'Job counts by state and the state of every lead, for one batch or, without batch_id, for the last draft of each lead and step. Meant to be polled about every 2 seconds; carries a subject preview only, not the drafts.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  query: StatusQuery,
  responses: { 200: PlaygroundStatus },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace, params, query }, deps) => {
    const batch_id = query.batch_id ?? null
    const { workspace_id } = workspace
    const per_lead = batch_id
      ? await readBatchStates(deps.planned_pool, workspace_id, params.campaign_id, batch_id)
      : await readStates(deps.db, workspace_id, params.campaign_id)
    if (!per_lead) throw batch_id ? noBatch() : notFound()
    const overall: Record<string, number> = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 }
    if (batch_id) for (const lead of per_lead) overall[lead.status] = (overall[lead.status] ?? 0) + 1
    else Object.assign(overall, await countStates(deps.db, params.campaign_id))
    return { campaign_id: params.campaign_id, overall, batch_id, per_lead }
  },
})

const batches = defineOperation({
  id: 'list_playground_batches',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/playground/batches',
  tag,
  summary: 'List draft batches',
  description: 'Every batch that was asked for, the newest first, with its prompt and how far it is.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  params: CampaignParams,
  query: BatchesQuery,
  responses: { 200: PlaygroundBatches },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace, params, query, query_given }, deps) => {
    const { workspace_id } = workspace
    const page = readPage(query, query_given, { size: 20, key: [z.uuid()] })
    const found = await listBatches(deps.db, { ...params, workspace_id, step: query.step_index }, page)
    if (!found) throw notFound()
    return { ...params, ...cutPage(found.rows, page, (row) => [row.batch_id]), total: found.total }
  },
})

const drafts = defineOperation({
  id: 'playground_drafts',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/playground/drafts',
  tag,
  summary: 'Read drafts',
  description:
    'Full subject and body of every lead in the batch, with the facts a draft leans on, its quality, and what a person changed. Large, so fetch once when the batch has finished, not while polling.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  query: DraftsQuery,
  responses: { 200: PlaygroundDrafts },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace, params, query }, deps) => {
    const rows = await listDrafts(deps.db, workspace.workspace_id, params.campaign_id, query.batch_id)
    if (!rows) throw noBatch()
    return { campaign_id: params.campaign_id, batch_id: query.batch_id, drafts: rows.map(shownDraft) }
  },
})

const cancel = defineOperation({
  id: 'playground_cancel',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/playground/cancel',
  tag,
  summary: 'Cancel a draft batch',
  description:
    'Marks the unfinished jobs of a batch as cancelled in the database; workers check that mark before they write. Finished drafts stay and are all that is charged.',
  access: 'campaigns:write',
  impact: 'write',
  params: CampaignParams,
  body: BatchCancelRequest,
  responses: { 200: BatchCancelResponse },
  errors: ['NOT_FOUND'],
  handle: ({ workspace, params, body, now }, deps) =>
    transaction(deps.db, async (tx) => {
      const { campaign_id } = params
      const cancelled_count = await cancelBatch(tx, workspace.workspace_id, campaign_id, body.batch_id, now)
      if (cancelled_count === null) throw noBatch()
      await settleBatch(tx, body.batch_id, now)
      return { campaign_id, batch_id: body.batch_id, cancelled_count }
    }),
})

const edit = defineOperation({
  id: 'edit_playground_draft',
  method: 'PATCH',
  path: '/api/v1/campaigns/{campaign_id}/playground/drafts/{draft_id}',
  tag,
  summary: 'Edit a draft',
  description:
    'Keeps a person’s subject and body beside the draft and answers with what changed, word by word, and how the text is judged now. Null for a part takes the draft’s own again. An approval by rule freezes the edited text.',
  access: 'campaigns:write',
  impact: 'write',
  source: 'ours',
  params: DraftParams,
  body: DraftEditRequest,
  responses: { 200: PlaygroundDraft },
  errors: ['NOT_FOUND', 'CONFLICT'],
  handle: async ({ principal, params, body, now }, deps) =>
    shownDraft(await editDraft(deps, principal, params, body, now)),
})

const approveMany = defineOperation({
  id: 'approve_playground_drafts',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/playground/approve',
  tag,
  summary: 'Approve drafts by rule',
  description:
    'Approves every draft of a batch that passes the named checks and reaches the score, in its edited version where there is one, and lists all others with their reasons. dry_run shows the same and approves nothing.',
  access: 'campaigns:write',
  impact: 'write',
  source: 'ours',
  params: CampaignParams,
  body: ApproveByRuleRequest,
  responses: { 200: ApproveByRuleResult },
  errors: ['NOT_FOUND'],
  handle: ({ principal, params, body, now }, deps) => approveByRule(deps, principal, params.campaign_id, body, now),
})

const approve = defineOperation({
  id: 'approve_lead_email',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/approve',
  tag,
  summary: 'Approve an e-mail for a lead',
  description:
    'Freezes subject and body for one step of one lead, with the footer as it is now. At send time the frozen text goes out as is and no model is called. The variant label must be the lead’s own; if expected_step_config_fingerprint is sent and the step’s variant, sender or template changed since drafting, the call fails with 422. Approving again overwrites.',
  access: 'campaigns:write',
  impact: 'write',
  params: LeadParams,
  body: LeadApproveRequest,
  responses: { 200: LeadApprovalState },
  errors: ['NOT_FOUND'],
  handle: ({ principal, workspace, params, body, now }, deps) =>
    approveEmail(deps, principal, { ...params, workspace_id: workspace.workspace_id }, body, now),
})

const unapprove = defineOperation({
  id: 'unapprove_lead_email',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/unapprove',
  tag,
  summary: 'Withdraw an approval',
  description:
    'Clears the frozen e-mail of one step; the step falls back to normal generation. What was sent stays recorded.',
  access: 'campaigns:write',
  impact: 'write',
  params: LeadParams,
  body: LeadUnapproveRequest,
  responses: { 200: LeadApprovalState },
  errors: ['NOT_FOUND'],
  handle: ({ principal, workspace, params, body, now }, deps) =>
    withdrawFrom(deps, principal, { ...params, workspace_id: workspace.workspace_id }, [body.step_index], now),
})

const reset = defineOperation({
  id: 'reset_lead_approvals',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/reset',
  tag,
  summary: 'Reset approvals of a lead',
  description:
    'Clears the approvals of the given steps, or of all steps when none are named. What was sent stays recorded.',
  access: 'campaigns:write',
  impact: 'write',
  params: LeadParams,
  body: LeadResetRequest,
  body_optional: true,
  responses: { 200: LeadApprovalState },
  errors: ['NOT_FOUND'],
  handle: ({ principal, workspace, params, body, now }, deps) =>
    withdrawFrom(
      deps,
      principal,
      { ...params, workspace_id: workspace.workspace_id },
      body?.step_indices?.length ? body.step_indices : null,
      now,
    ),
})

const records = defineOperation({
  id: 'list_lead_approvals',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/approvals',
  tag,
  summary: 'Approvals of a lead',
  description:
    'Everything that was approved, withdrawn or voided for one lead, newest first. Records are never changed.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  params: LeadParams,
  query: RecordsQuery,
  responses: { 200: ApprovalRecordList },
  errors: ['NOT_FOUND'],
  handle: async ({ workspace, params, query, query_given }, deps) => {
    const { workspace_id } = workspace
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const found = await listApprovalRecords(deps.db, { ...params, workspace_id }, page)
    if (!found) throw notFound('There is no such lead in this campaign.')
    return { ...params, ...cutPage(found.rows, page, (row) => [row.record_id]), total: found.total }
  },
})

const prove = defineOperation({
  id: 'get_approval_proof',
  method: 'GET',
  path: '/api/v1/approvals/{approval_id}',
  tag,
  summary: 'Export an approval as proof',
  description:
    'The signed record of one approval with all that it covers, what became of it, whether what left is what was approved, and how to verify a received message.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  params: ApprovalParams,
  responses: { 200: ApprovalProof },
  errors: ['NOT_FOUND'],
  handle: ({ workspace, params }, deps) => proveApproval(deps, workspace.workspace_id, params.approval_id),
})

const verify = defineOperation({
  id: 'verify_approval',
  method: 'POST',
  path: '/api/v1/approvals/verify',
  tag,
  summary: 'Verify an approval',
  description:
    'Says whether a statement was signed by this instance and, where parts of a message are given, whether they are what was approved. Stores nothing.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  body: ApprovalVerifyRequest,
  responses: { 200: ApprovalVerdict },
  handle: async ({ body }, deps) => verifyApproval(deps, body),
})

const personalize = defineOperation({
  id: 'personalize_campaign_email',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/personalize',
  tag: 'campaign-personalization',
  summary: 'Write the e-mail of a lead',
  description:
    'Returns the AI-written subject and body for one lead and step, synchronously. An approved text short-circuits generation and costs nothing. Nothing is stored; the campaign’s own texts are written by its worker.',
  access: 'campaigns:write',
  impact: 'spends',
  params: CampaignParams,
  body: CampaignPersonalizeRequest,
  responses: { 200: CampaignPersonalizeResponse },
  errors: ['INSUFFICIENT_CREDITS', 'NOT_FOUND', 'UNAVAILABLE'],
  calls_outside: true,
  handle: ({ principal, params, body, now }, deps) => personalizeLead(deps, principal, params.campaign_id, body, now),
})

export const operations: Operation[] = [
  generate,
  status,
  batches,
  drafts,
  cancel,
  edit,
  approveMany,
  approve,
  unapprove,
  reset,
  records,
  prove,
  verify,
  personalize,
]
