import { textDiff } from './draft-diff.ts'
import type { DraftRow } from './queries.ts'

/** A draft as answers carry it: of its facts only those it leans on, and what a person changed word by word. */
export const shownDraft = (row: DraftRow) => {
  const hasText = row.subject !== null && row.body !== null
  const used = new Set(row.used_facts ?? [])
  return {
    campaign_lead_id: row.campaign_lead_id,
    subject: row.subject,
    body: row.body,
    generated_at: hasText ? row.completed_at : null,
    prompt_version_hash: row.prompt_version_hash,
    draft_id: row.draft_id,
    step_index: row.step,
    variant_label: row.variant_label,
    status: row.status,
    error: row.error,
    model: row.model,
    generation_latency_ms: row.latency_ms,
    prompt_source: row.prompt_source,
    prompt_name: row.prompt_name,
    used_facts: (row.facts ?? []).filter(({ id }) => used.has(id)),
    commonality: row.commonality ?? null,
    quality: row.quality,
    research_cache_fingerprint: row.research_fingerprint,
    lead_identity_fingerprint: row.lead_identity_fingerprint,
    step_config_fingerprint: row.step_config_fingerprint,
    edit: editOf(row),
    is_approved: row.is_approved,
  }
}

const editOf = (row: DraftRow) => {
  const { edited_subject, edited_body, edited_at } = row
  if (edited_subject === null || edited_body === null || edited_at === null) return null
  return {
    subject: edited_subject,
    body: edited_body,
    edited_by: row.edited_by,
    edited_at,
    quality: row.edited_quality,
    diff: { subject: textDiff(row.subject ?? '', edited_subject), body: textDiff(row.body ?? '', edited_body) },
  }
}

/** The words that an approval of the draft would freeze, and how they were judged: a person's version before the writer's. */
export const wordsOf = (row: DraftRow) => {
  if (row.subject === null || row.body === null) return null
  if (row.edited_subject !== null && row.edited_body !== null)
    return { subject: row.edited_subject, body: row.edited_body, quality: row.edited_quality ?? row.quality }
  return { subject: row.subject, body: row.body, quality: row.quality }
}
