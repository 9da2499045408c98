import { escapeHtml } from './html-text.ts'

/**
 * What a campaign message must carry before it may leave, whoever wrote its text: a way out, a postal address, and a
 * sender that the signature speaks for. Read once more over the finished message, because preflight saw templates and
 * settings as they were then.
 */

export type OutgoingMessage = {
  text: string
  html: string
  /** The recipient's own unsubscribe link, as it stands in both parts. */
  opt_out_url: string
  /** Header names as they are sent, any case. */
  headers: readonly (readonly [name: string, value: string])[]
  postal_address: string | null
  from_email: string
  /**
   * Domains that authenticate the message: `d=` of our signatures, and the envelope sender's. Null for a connected
   * mailbox, whose provider signs for its own address.
   */
  authenticated_domains: readonly string[] | null
}

export type ComplianceProblem = {
  code: 'missing_opt_out' | 'missing_postal_address' | 'from_not_aligned'
  /** For the alert and the campaign's paused_reason. */
  message: string
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

/** Relaxed alignment without a look-up: the same name, or one below the other. An organisation's sibling domain is not enough here. */
const isAligned = (from: string, authenticated: string): boolean =>
  from === authenticated || from.endsWith(`.${authenticated}`) || authenticated.endsWith(`.${from}`)

const lines = (address: string | null): string[] =>
  (address ?? '')
    .split(/\r\n?|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/**
 * Every reason why the message must not leave; empty when it may. The opt-out has to be visible in each part and in the
 * headers of one-click unsubscription (RFC 8058 §3.1), the postal address in each part (CAN-SPAM, 15 U.S.C. §7704(a)(5)),
 * and the From domain has to be aligned with a domain that authenticates the message (RFC 9989's relaxed mode).
 */
export const complianceProblems = (message: OutgoingMessage): ComplianceProblem[] => {
  const problems: ComplianceProblem[] = []
  const header = (name: string): string =>
    message.headers.find(([given]) => given.toLowerCase() === name)?.[1].replace(/\s+/g, '') ?? ''
  const shown = (part: string): boolean =>
    part.includes(message.opt_out_url) || part.includes(escapeHtml(message.opt_out_url))
  const lacks = [
    shown(message.text) ? null : 'the text part',
    shown(message.html) ? null : 'the HTML part',
    header('list-unsubscribe').includes(`<${message.opt_out_url}>`) &&
    header('list-unsubscribe-post').toLowerCase() === 'list-unsubscribe=one-click'
      ? null
      : 'the List-Unsubscribe headers',
  ].filter((part) => part !== null)
  if (lacks.length)
    problems.push({ code: 'missing_opt_out', message: `The unsubscribe link is missing in ${lacks.join(' and ')}.` })

  const address = lines(message.postal_address)
  if (!address.length)
    problems.push({
      code: 'missing_postal_address',
      message:
        'The workspace has no postal address, which commercial mail must carry. Set it in the workspace’s settings.',
    })
  else if (!address.every((line) => message.text.includes(line) && message.html.includes(escapeHtml(line))))
    problems.push({ code: 'missing_postal_address', message: 'The postal address is missing in the message.' })

  const from = domainOf(message.from_email)
  if (
    message.authenticated_domains &&
    !message.authenticated_domains.some((domain) => isAligned(from, domain.toLowerCase()))
  )
    problems.push({
      code: 'from_not_aligned',
      message: `The From domain ${from} is not aligned with what authenticates the message (${message.authenticated_domains.join(', ') || 'nothing'}).`,
    })
  return problems
}
