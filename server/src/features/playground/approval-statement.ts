import { createHmac, timingSafeEqual } from 'node:crypto'
import { escapeHtml } from '../../html-text.ts'
import { canonicalJson, textSha256 } from './fingerprints.ts'

/**
 * Stands in a fixed text where the recipient's own unsubscribe link will be: that link names the message, which does not
 * exist yet. `.invalid` is nobody's (RFC 2606 §2).
 */
export const OPT_OUT_MARKER = 'https://unsubscribe.invalid/recipient'

/** Subject, text and HTML as they are fixed: everything but the recipient's link, link rewriting, pixel and encoding. */
export type RenderedMessage = { subject: string; text: string; html: string }

/** What an approval says and its signature covers. Every digest is SHA-256 in lower-case hex. */
export type ApprovalStatement = {
  kind: 'bavlio-approval'
  version: 1
  approval_id: string
  workspace_id: string
  campaign_id: string
  campaign_lead_id: string
  dataset_row_id: string
  step_index: number
  variant_label: string
  approved_at: string
  approved_by: { user_id: string; email: string | null; credential: 'session' | 'api_key' }
  subject_sha256: string
  text_sha256: string
  html_sha256: string
  opt_out_marker: string
  lead_identity_fingerprint: string
  step_config_fingerprint: string
  footer_fingerprint: string
  prompt_version_hash: string
  /** `resolved`: the prompt is the one that the order yields, and the approval ends with it; `own`: it was given for this text. */
  prompt_binding: 'resolved' | 'own' | 'none'
  model: string | null
  /** The draft that was approved, with the digest of its words; null where a person wrote without one. */
  draft_id: string | null
  draft_sha256: string | null
  /** The words are a person's, not the draft's. */
  edited: boolean
  research_cache_fingerprint: string | null
  sender_profile_id: string | null
  template_id: string | null
}

export const SIGNATURE_ALGORITHM = 'HMAC-SHA256'

/** The text that is signed: canonical JSON, so that anybody can make it again from the statement. */
export const statementText = (statement: ApprovalStatement): string => canonicalJson(statement)

const mac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(`bavlio-approval\n${text}`).digest()

export const signStatement = (key: Buffer, text: string): string => mac(key, text).toString('hex')

/** Whether one of the keys signed it: the newest and those of earlier rotations. */
export const isSignedBy = (keys: readonly Buffer[], text: string, signature: string): boolean => {
  if (!/^[0-9a-f]{64}$/.test(signature)) return false
  const given = Buffer.from(signature, 'hex')
  return keys.some((key) => timingSafeEqual(given, mac(key, text)))
}

/** Digest of the words of a draft, subject and body told apart. */
export const wordsSha256 = (words: { subject: string; body: string }): string =>
  textSha256(canonicalJson([words.subject, words.body]))

/** Which parts of a rendered message are not what the statement says; empty when all are. */
export const differingParts = (
  statement: Pick<ApprovalStatement, 'subject_sha256' | 'text_sha256' | 'html_sha256'>,
  rendered: RenderedMessage,
): string[] =>
  (['subject', 'text', 'html'] as const).filter((part) => textSha256(rendered[part]) !== statement[`${part}_sha256`])

/** The fixed text with the recipient's own link in its place, as it leaves before link rewriting. */
export const withOptOut = (rendered: RenderedMessage, marker: string, url: string): RenderedMessage => {
  // A function, because `$` has a meaning in a replacement text.
  const inHtml = escapeHtml(url)
  return {
    subject: rendered.subject,
    text: rendered.text.replaceAll(marker, () => url),
    html: rendered.html.replaceAll(marker, () => inHtml),
  }
}

/** The way back: what was received, with the recipient's link replaced by the marker, so that its digests can be compared. */
export const withMarker = (received: RenderedMessage, marker: string, url: string): RenderedMessage => ({
  subject: received.subject,
  text: received.text.replaceAll(url, () => marker),
  html: received.html.replaceAll(escapeHtml(url), () => marker),
})

/** Parses what was signed; null for anything that is no statement of ours. */
export const readStatement = (text: string): ApprovalStatement | null => {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return null
    const statement = parsed as ApprovalStatement
    return statement.kind === 'bavlio-approval' && statement.version === 1 ? statement : null
  } catch {
    return null
  }
}
