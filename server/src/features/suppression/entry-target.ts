import { getPublicSuffix } from 'tldts'
import { normalizeEmailAddress } from '../../email-address.ts'

/** What an entry holds, spelt as addresses and their domains are stored everywhere: lower case, domains in ASCII. */
export type EntryTarget = { kind: 'address' | 'domain'; email: string }

export type ReadTarget = ({ ok: true } & EntryTarget) | { ok: false; code: string; message: string }

/**
 * Reads what somebody wrote as one entry of the list. `@acme.com` is the whole domain; a bare `acme.com` is one only with
 * `kind` domain, because an address that lost its @ looks the same. A public suffix such as `co.uk` is refused: it would
 * silence a country (https://publicsuffix.org). Without `kind` the text decides.
 */
export const readEntryTarget = (text: string, kind?: 'address' | 'domain'): ReadTarget => {
  const written = text.trim()
  const isDomain = kind === 'domain' || (kind === undefined && written.startsWith('@'))
  if (!isDomain) {
    const address = normalizeEmailAddress(text)
    return address.ok
      ? { ok: true, kind: 'address', email: address.email }
      : { ok: false, code: address.reason, message: address.message }
  }
  const name = written.replace(/^@/, '').replace(/\.$/, '')
  // Only the domain part is wanted, so an address given as a domain must not pass as one.
  const domain = /[@<>\s,;]/.test(name) ? null : normalizeEmailAddress(`x@${name}`)
  if (!domain?.ok) return { ok: false, code: 'bad_domain', message: `"${name.slice(0, 80)}" is not a domain.` }
  if (getPublicSuffix(domain.domain) === domain.domain)
    return {
      ok: false,
      code: 'public_suffix',
      message: `"${domain.domain}" is a public suffix; everybody under it would be suppressed.`,
    }
  return { ok: true, kind: 'domain', email: domain.domain }
}

/**
 * The domain of an address and the domains above it, the nearest first and without the top-level one:
 * `mail.acme.co.uk` gives itself, `acme.co.uk`, `co.uk`. An entry for any of them covers the address.
 */
export const domainsAbove = (domain: string): string[] => {
  const labels = domain.split('.')
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'))
}
