import { BlockList, isIP, isIPv6 } from 'node:net'

/** One mechanism of an SPF record (RFC 7208 §4.6.1). */
export type SpfTerm = {
  qualifier: '+' | '-' | '~' | '?'
  mechanism: 'all' | 'include' | 'a' | 'mx' | 'ptr' | 'ip4' | 'ip6' | 'exists'
  /** A domain, or an address; null where the domain of the record is meant. */
  value: string | null
  prefix4: number
  prefix6: number
}

export type SpfRecord = {
  text: string
  terms: SpfTerm[]
  redirect: string | null
  /** What cannot be read; receivers treat the whole record as broken then (RFC 7208 §4.6). */
  faults: string[]
}

export const isSpf = (text: string): boolean => /^\s*v=spf1(?:\s|$)/i.test(text)

const TERM = /^([+\-~?]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/\s]+))?((?:\/\d{1,2})?(?:\/\/\d{1,3})?)$/i
const MODIFIER = /^([a-z][a-z0-9_.-]*)=(.*)$/i
/** Mechanisms that cost a DNS look-up; a record tree may have ten of them (RFC 7208 §4.6.4). */
const ASKS = new Set(['include', 'a', 'mx', 'ptr', 'exists'])

export const asksDns = (term: Pick<SpfTerm, 'mechanism'>): boolean => ASKS.has(term.mechanism)

const readAddress = (text: string, family: 4 | 6): { address: string; prefix: number } | null => {
  const [address = '', bits, ...more] = text.split('/')
  const most = family === 4 ? 32 : 128
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  return more.length || isIP(address) !== family || !(prefix >= 0 && prefix <= most) ? null : { address, prefix }
}

/** Reads an SPF record. Never throws; what is wrong stands in `faults`, in words for the person who published it. */
export const readSpf = (text: string): SpfRecord => {
  const record: SpfRecord = { text, terms: [], redirect: null, faults: [] }
  for (const word of text.trim().split(/\s+/).slice(1)) {
    const [, name, value] = MODIFIER.exec(word) ?? []
    if (name !== undefined && !/[:/]/.test(name)) {
      if (name.toLowerCase() !== 'redirect') continue
      if (!value) record.faults.push('redirect= names no domain.')
      else if (record.redirect) record.faults.push('redirect= stands twice.')
      else record.redirect = value.toLowerCase().replace(/\.$/, '')
      continue
    }
    const term = readTerm(word)
    if (typeof term === 'string') record.faults.push(term)
    else record.terms.push(term)
  }
  return record
}

const readTerm = (word: string): SpfTerm | string => {
  const unknown = `"${word.slice(0, 60)}" is nothing that SPF knows.`
  const ip = /^([+\-~?]?)ip([46]):(.+)$/i.exec(word)
  if (ip) {
    const family = ip[2] === '4' ? 4 : 6
    const read = readAddress(ip[3] as string, family)
    return read
      ? {
          qualifier: qualifierOf(ip[1]),
          mechanism: `ip${family}`,
          value: read.address,
          prefix4: read.prefix,
          prefix6: read.prefix,
        }
      : `"${word.slice(0, 60)}" holds no IPv${family} address or network.`
  }
  const found = TERM.exec(word)
  if (!found) return unknown
  const mechanism = (found[2] as string).toLowerCase() as SpfTerm['mechanism']
  const value = found[3]?.toLowerCase().replace(/\.$/, '') ?? null
  const cidr = /^(?:\/(\d{1,2}))?(?:\/\/(\d{1,3}))?$/.exec(found[4] ?? '')
  const prefix4 = cidr?.[1] === undefined ? 32 : Number(cidr[1])
  const prefix6 = cidr?.[2] === undefined ? 128 : Number(cidr[2])
  if (mechanism.startsWith('ip') || (mechanism === 'all' && (value || found[4]))) return unknown
  if ((mechanism === 'include' || mechanism === 'exists') && (!value || found[4])) return unknown
  if (prefix4 > 32 || prefix6 > 128) return unknown
  return { qualifier: qualifierOf(found[1]), mechanism, value, prefix4, prefix6 }
}

const qualifierOf = (sign: string | undefined): SpfTerm['qualifier'] => (sign || '+') as SpfTerm['qualifier']

/** Whether an address lies in the network of `network`/prefix. Different families never match. */
export const inNetwork = (address: string, network: string, prefix: number): boolean => {
  if (isIP(address) === 0 || isIP(address) !== isIP(network)) return false
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  const list = new BlockList()
  list.addSubnet(network, prefix, family)
  return list.check(address, family)
}

/** `record` with `terms` put in before its last word on everybody else: what to publish instead of it. */
export const withTerms = (record: string, terms: readonly string[]): string => {
  const words = record.trim().split(/\s+/)
  const missing = terms.filter((term) => !words.some((word) => word.toLowerCase() === term.toLowerCase()))
  const at = words.findIndex((word) => /^[+\-~?]?all$|^redirect=/i.test(word))
  const end = at < 0 ? words.length : at
  return [...words.slice(0, end), ...missing, ...words.slice(end)].join(' ')
}
