import { domainToASCII } from 'node:url'
import { parse } from 'tldts'
import { isDisposableDomain } from './disposable-domains.ts'
import { receivingProvider } from './email-address.ts'

const LONGEST_CELL = 2000

// Addresses at these say nothing about a company.
const mailProviders = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr live.com msn.com yahoo.com yahoo.co.uk yahoo.fr
  ymail.com icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de proton.me
  protonmail.com mail.ru yandex.ru yandex.com bk.ru inbox.ru qq.com 163.com 126.com sina.com orange.fr wanadoo.fr free.fr
  laposte.net sfr.fr libero.it virgilio.it tiscali.it wp.pl o2.pl interia.pl onet.pl seznam.cz centrum.cz zoho.com`
    .trim()
    .split(/\s+/),
)

/**
 * The domain of a company from a cell that holds it, a web address, an e-mail address or a few words with one of them:
 * registrable (`shop.acme.co.uk` is `acme.co.uk`, by the public suffix list, private suffixes such as `github.io` included),
 * lower case, in ASCII (RFC 5890), without `www`. Null where there is none: an address of the machine or of a free mail
 * service, a suffix alone, a word.
 */
export function readCompanyDomain(input: string): string | null {
  if (input.length > LONGEST_CELL) return null
  const text = input.trim().replaceAll(/[\u3002\uff0e\uff61]/g, '.')
  if (!text.includes('.')) return null
  for (const word of text.split(/[\s,;|<>()[\]{}"']+/)) {
    const found = domainOfWord(word)
    if (found !== null) return found
  }
  return null
}

/** As readCompanyDomain(), and null also for a domain at which everybody may have an address, however it is written. */
export const readBusinessDomain = (input: string): string | null => {
  const domain = readCompanyDomain(input)
  return domain === null || receivingProvider(domain) !== domain || isDisposableDomain(domain) ? null : domain
}

const domainOfWord = (word: string): string | null => {
  let host = word.replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\//i, '').replace(/^mailto:/i, '')
  host = host.split(/[/?#\\]/)[0] ?? ''
  const at = host.lastIndexOf('@')
  const isMail = at !== -1
  if (isMail) host = host.slice(at + 1)
  host = host.replace(/:\d*$/, '').replace(/^\.+|[.:]+$/g, '')
  if (!host.includes('.')) return null
  const ascii = /^[a-z0-9.-]+$/.test(host) ? host : domainToASCII(host.toLowerCase())
  if (ascii === '') return null
  const { domain, isIcann, isPrivate, isIp } = parse(ascii, { allowPrivateDomains: true, extractHostname: false })
  if (!domain || isIp || !(isIcann || isPrivate || isReserved(ascii))) return null
  return isMail && mailProviders.has(domain) ? null : domain
}

/** The top-level domains that are set aside for documents and tests (RFC 2606): no public suffix, but meant as one. */
const isReserved = (host: string): boolean => /\.(?:example|test|invalid)$/.test(host)

// Parameters that say where a visitor came from.
const tracking = /^(?:utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|trk|ref|igshid|_ga|_gl)$/i

/**
 * A web address in one spelling: with a scheme (https where none is written), host in lower-case ASCII, without tracking
 * parameters, default port and the slash of a bare host. Null for what is no web address of a public host.
 */
export function readWebsite(input: string): string | null {
  const text = input.trim()
  if (text.length > LONGEST_CELL || /[\s<>"]/.test(text) || !text.includes('.') || text.includes('@')) return null
  let url: URL
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text.replace(/^\/+/, '')}`)
  } catch {
    return null
  }
  if (!/^https?:$/.test(url.protocol) || url.username || readCompanyDomain(url.hostname) === null) return null
  const kept = [...url.searchParams].filter(([name]) => !tracking.test(name))
  const query =
    kept.length === [...url.searchParams].length ? url.search : kept.length ? `?${new URLSearchParams(kept)}` : ''
  const path = url.pathname === '/' && query === '' && url.hash === '' ? '' : url.pathname
  return `${url.protocol}//${url.host}${path}${query}${url.hash}`
}
