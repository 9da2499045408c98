const LONGEST = 2_000

/** The port a URL leads to. */
export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

const listed = (url: URL, egressAllow: readonly string[]): boolean =>
  egressAllow.some((pair) => pair.toLowerCase() === `${url.hostname.toLowerCase()}:${portOf(url)}`)

/**
 * What is wrong with the text of an endpoint's address, or null. Whether it leads to the public internet is another question,
 * which only a look-up can answer. Plain http is for hosts that the operator lists in EGRESS_ALLOW.
 */
export const urlProblem = (text: string, egressAllow: readonly string[]): string | null => {
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:\/\/[^/?#\\]/i.test(text)) return 'must be an https:// address'
  if (url.username || url.password) return 'must not hold a user name or a password'
  if (url.hash) return 'must not hold a #fragment, which is never sent'
  if (url.protocol === 'http:' && !listed(url, egressAllow))
    return 'must be an https:// address; http is for hosts that this instance lists in EGRESS_ALLOW'
  return null
}
