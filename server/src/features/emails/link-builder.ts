import type { MailTokens } from '../../mail-token.ts'

/** What a link needs of this instance: its public address and the tokens that sign. */
export type LinkContext = { base_url: string; mail_tokens: MailTokens }

/** The address that tracked links of a domain begin with: its own name, in the instance's scheme and port. */
export const trackingBase = (baseUrl: string, trackingHost: string | null): string => {
  if (!trackingHost) return baseUrl
  const url = new URL(baseUrl)
  url.hostname = trackingHost
  return url.origin
}

export const OPEN_PATH = '/t/o/'
export const CLICK_PATH = '/t/c/'
export const UNSUBSCRIBE_PATH = '/u/'

export const openPixelUrl = ({ base_url, mail_tokens }: LinkContext, emailId: string): string =>
  `${base_url}${OPEN_PATH}${mail_tokens.sign('open', emailId)}.gif`

/** Names the link by its position; where it leads is looked up, so a token can never send anybody to a place of its own. */
export const clickUrl = ({ base_url, mail_tokens }: LinkContext, emailId: string, position: number): string =>
  `${base_url}${CLICK_PATH}${mail_tokens.sign('click', emailId, String(position))}`

export const clickPosition = (extra: string | undefined): number | null =>
  extra && /^\d{1,4}$/.test(extra) ? Number(extra) : null

/**
 * The recipient's unsubscribe link. Workspace and address stand inside, signed, so it still works when the message itself
 * was deleted by retention or with its campaign (DOMAIN.md §4).
 */
export const unsubscribeUrl = (
  { base_url, mail_tokens }: LinkContext,
  message: { email_id: string; workspace_id: string; to_email: string },
): string => {
  const workspace = Buffer.from(message.workspace_id.replaceAll('-', ''), 'hex').toString('base64url')
  return `${base_url}${UNSUBSCRIBE_PATH}${mail_tokens.sign('unsubscribe', message.email_id, workspace + message.to_email)}`
}

/** What an unsubscribe token carries beside the message's id; null for a token without it (the short one of the mailto form). */
export const unsubscribeSubject = (extra: string | undefined): { workspace_id: string; email: string } | null => {
  const found = /^([\w-]{22})(.+@.+)$/.exec(extra ?? '')
  if (!found?.[1] || !found[2]) return null
  const hex = Buffer.from(found[1], 'base64url').toString('hex')
  const workspace_id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return { workspace_id, email: found[2] }
}
