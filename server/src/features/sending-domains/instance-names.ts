import type { Deps } from '../../deps.ts'
import type { InstanceNames } from './dns-records.ts'

/** An address literal, a bare word or a local name is nothing that other people's DNS could name. */
export const isPublicName = (host: string | null): host is string =>
  host !== null &&
  /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host) &&
  /[a-z]/i.test(host.slice(host.lastIndexOf('.') + 1)) &&
  !/\.(localhost|local|invalid)$/i.test(host)

/**
 * What the customers of well-known relays put into their SPF records: the name that such a relay is reached under is not the
 * one it sends from. From the relays' own setup pages.
 */
const RELAY_TERMS: [RegExp, string][] = [
  [/(^|\.)smtp(-relay)?\.gmail\.com$/, 'include:_spf.google.com'],
  [/(^|\.)(smtp\.office365\.com|mail\.protection\.outlook\.com)$/, 'include:spf.protection.outlook.com'],
  [/^email-smtp(-fips)?\.[a-z0-9-]+\.amazonaws\.com$/, 'include:amazonses.com'],
  [/^smtp\.sendgrid\.net$/, 'include:sendgrid.net'],
  [/^smtp\.mailgun\.org$/, 'include:mailgun.org'],
  [/^smtp\.eu\.mailgun\.org$/, 'include:eu.mailgun.org'],
  [/^smtp(-broadcasts)?\.postmarkapp\.com$/, 'include:spf.mtasv.net'],
  [/^smtp-relay\.(brevo|sendinblue)\.com$/, 'include:spf.brevo.com'],
  [/^in(-v3)?\.mailjet\.com$/, 'include:spf.mailjet.com'],
  [/^smtp\.mandrillapp\.com$/, 'include:spf.mandrillapp.com'],
  [/^mail(-[a-z]+)?\.smtp2go\.com$/, 'include:spf.smtp2go.com'],
  [/^smtp\.fastmail\.com$/, 'include:spf.messagingengine.com'],
  [/^smtp\.zoho\.(com|eu|in)$/, 'include:zohomail.com'],
]

export const relayTerm = (host: string): string | null => {
  const name = host.toLowerCase()
  return RELAY_TERMS.find(([pattern]) => pattern.test(name))?.[1] ?? (isPublicName(name) ? `a:${name}` : null)
}

const hostOf = (url: string | null): string | null => (url ? new URL(url).hostname.replace(/^\[|\]$/g, '') : null)

/**
 * The names of this instance in the DNS of its users: MX, tracking and the servers that mail leaves from, which are the
 * relay's, or its own when it delivers itself. A sandbox publishes nothing, so there any name will do.
 */
export const instanceNames = (
  deps: Pick<Deps, 'config' | 'address'>,
  domain: { is_sandbox: boolean; delivery?: string | null; relay_host?: string | null },
): InstanceNames => {
  const { config } = deps
  const web = hostOf(deps.address.base_url)
  const named = (host: string | null): string | null =>
    isPublicName(host) ? host.toLowerCase() : domain.is_sandbox ? 'localhost' : null
  const mail_host = named(isPublicName(config.mail_host_name) ? config.mail_host_name : web)
  // The workspace's own way goes first, then the instance's.
  const way = domain.delivery && domain.delivery !== 'instance' ? domain.delivery : config.mail_delivery
  const own = domain.delivery === 'relay' ? (domain.relay_host ?? null) : null
  const relay = way === 'direct' ? null : (own ?? hostOf(config.smtp_relay?.url ?? null))
  return {
    mail_host,
    web_host: named(web),
    spf_terms: config.spf_terms.length
      ? config.spf_terms
      : relay
        ? [relayTerm(relay)].filter((term) => term !== null)
        : ownTerms(config, mail_host),
  }
}

/** Direct delivery goes out from the given addresses, else from wherever this machine's name leads. */
const ownTerms = (config: Deps['config'], mailHost: string | null): string[] => {
  const addresses = config.direct_mail?.source_addresses ?? []
  if (addresses.length) return addresses.map((address) => `${address.includes(':') ? 'ip6' : 'ip4'}:${address}`)
  return mailHost ? [`a:${mailHost}`] : []
}
