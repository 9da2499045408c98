import type { Deps } from '../../deps.ts'
import { notFound } from '../../http/errors.ts'
import { UNSUBSCRIBE_PATH, unsubscribeSubject, unsubscribeUrl } from '../emails/link-builder.ts'
import {
  type ApprovalStatement,
  differingParts,
  isSignedBy,
  type RenderedMessage,
  readStatement,
  SIGNATURE_ALGORITHM,
  withMarker,
} from './approval-statement.ts'
import { textDiff } from './draft-diff.ts'
import { textSha256 } from './fingerprints.ts'
import { findSentUnder, readApproval } from './queries.ts'

const RECIPE = [
  '1. Decode the received message (RFC 2045, RFC 2047) to subject, text part and HTML part.',
  '2. In the HTML, put the original target back into each tracked link and take the pixel (the last img element, 1 by 1) away; the text part has neither.',
  '3. Put the value of opt_out_marker in place of the unsubscribe link, in the HTML in its escaped form.',
  '4. Line ends are LF. The SHA-256 of the UTF-8 bytes of each part is subject_sha256, text_sha256 and html_sha256 of the statement.',
  '5. The signature is HMAC-SHA256 in lower-case hex over "bavlio-approval", a line feed and the statement as it stands, under the key that HKDF-SHA256 (RFC 5869) derives from SECRET_KEY with salt "bavlio", info "approvals" and 32 octets. POST /api/v1/approvals/verify does this step.',
].join('\n')

type Contents = {
  rendered: RenderedMessage
  words: { subject: string; body: string; format: 'text' | 'html' }
  draft: { subject: string; body: string } | null
  lead: { email: string | null; row: Record<string, unknown> }
  footer: Record<string, unknown>
  prompt: string
}

/** All that is needed to show what was approved, by whom, what became of it, and that it left like that. Throws NOT_FOUND. */
export const proveApproval = async (
  deps: Pick<Deps, 'db' | 'secrets' | 'mail_tokens' | 'address'>,
  workspaceId: string,
  approvalId: string,
) => {
  const rows = await readApproval(deps.db, workspaceId, approvalId)
  const approved = rows.find(({ kind }) => kind === 'approved')
  if (!approved?.statement || !approved.signature) throw notFound('There is no such approval in this workspace.')
  const { statement, signature } = approved
  const contents = approved.contents as Contents | null
  const email = await findSentUnder(deps.db, workspaceId, approved.campaign_lead_id, approvalId)
  const signed = readStatement(statement)
  const url = email
    ? unsubscribeUrl(
        { base_url: deps.address.base_url, mail_tokens: deps.mail_tokens },
        { email_id: email.email_id, workspace_id: workspaceId, to_email: email.to_email },
      )
    : ''
  const left =
    email && signed
      ? withMarker(
          { subject: email.subject ?? '', text: email.body_text ?? '', html: email.body_html ?? '' },
          signed.opt_out_marker,
          url,
        )
      : null
  const { draft, words } = contents ?? {}
  return {
    approval_id: approvalId,
    algorithm: SIGNATURE_ALGORITHM,
    statement,
    signature,
    verdict: verifyApproval(deps, { statement, signature, rendered: contents?.rendered }),
    contents: contents && {
      ...contents,
      diff:
        draft && words
          ? { subject: textDiff(draft.subject, words.subject), body: textDiff(draft.body, words.body) }
          : null,
    },
    records: rows.map(({ statement: _statement, signature: _signature, contents: _contents, ...record }) => record),
    sent: email && {
      email_id: email.email_id,
      sent_at: email.sent_at,
      to_email: email.to_email,
      message_id: email.message_id,
      unsubscribe_url: url,
      matches: signed !== null && left !== null && differingParts(signed, left).length === 0,
    },
    recipe: RECIPE,
  }
}

/**
 * Whether a link is one that this instance made for a message of the statement's workspace. Any other in a message is a
 * difference: somebody may have put it there instead of the recipient's own.
 */
const isOwnLink = (
  { mail_tokens, address }: Pick<Deps, 'mail_tokens' | 'address'>,
  { workspace_id }: Pick<ApprovalStatement, 'workspace_id'>,
  url: string,
): boolean => {
  const start = `${address.base_url}${UNSUBSCRIBE_PATH}`
  const token = url.startsWith(start) ? mail_tokens.verify('unsubscribe', url.slice(start.length)) : null
  return unsubscribeSubject(token?.extra)?.workspace_id === workspace_id
}

/**
 * Whether a statement was signed here, and whether the parts that are given are those it speaks of. With `unsubscribe_url` they
 * are a received message's, and that link, if it is ours, is put back to the marker first.
 */
export const verifyApproval = (
  deps: Pick<Deps, 'secrets' | 'mail_tokens' | 'address'>,
  given: { statement: string; signature: string; rendered?: Partial<RenderedMessage>; unsubscribe_url?: string },
) => {
  const signature_valid = isSignedBy(deps.secrets.keys('approvals'), given.statement, given.signature)
  const signed = readStatement(given.statement)
  const parts = (['subject', 'text', 'html'] as const).filter((part) => given.rendered?.[part] !== undefined)
  const whole = { subject: '', text: '', html: '', ...given.rendered }
  const url = given.unsubscribe_url
  const compared = signed && url && isOwnLink(deps, signed, url) ? withMarker(whole, signed.opt_out_marker, url) : whole
  const differing_parts = signed
    ? parts.filter((part) => textSha256(compared[part]) !== signed[`${part}_sha256`])
    : [...parts]
  return {
    is_valid: signature_valid && signed !== null && differing_parts.length === 0,
    signature_valid,
    differing_parts,
    checked_parts: parts,
  }
}
