import { isIPv6 } from 'node:net'
import type { DnsAnswer, DnsResolver } from '../../ports/dns/port.ts'
import { asksDns, inNetwork, isSpf, readSpf, type SpfRecord, type SpfTerm } from './spf-record.ts'

/** Most look-ups a receiver makes for one record with all that it includes (RFC 7208 §4.6.4). */
export const SPF_LOOKUPS = 10
/** A tree that is far beyond the limit need not be measured to its end. */
const MEASURED = 30
/** Most MX hosts a receiver looks at for one mx mechanism (RFC 7208 §4.6.4). */
const MX_HOSTS = 10

export type SpfResult = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'permerror' | 'temperror'

export type SpfInspection =
  | { state: 'absent' }
  | { state: 'several'; texts: string[] }
  | { state: 'error'; message: string }
  | {
      state: 'read'
      record: SpfRecord
      /** Look-ups that a receiver would need for the whole tree. */
      lookups: number
      faults: string[]
      /** What the record and those it includes name, as `mechanism:value`. */
      names: Set<string>
      /** Something depends on the message and cannot be known beforehand. */
      has_macros: boolean
      resultOf: (address: string) => Promise<SpfResult>
    }

type SpfAnswer =
  | { state: 'record'; record: SpfRecord }
  | { state: 'none' | 'several' }
  | { state: 'error'; message: string }

const remembered = <T>(ask: (name: string) => Promise<T>): ((name: string) => Promise<T>) => {
  const known = new Map<string, Promise<T>>()
  return (name) => {
    const asked = known.get(name) ?? ask(name)
    known.set(name, asked)
    return asked
  }
}

/**
 * Reads the SPF record of `domain` with all it includes: faults, look-ups needed, what it names, and what it says of an
 * address. Macros are not expanded: a mechanism with one matches nothing here and sets `has_macros`.
 */
export const inspectSpf = async (resolver: DnsResolver, domain: string): Promise<SpfInspection> => {
  const txt = remembered(resolver.txt)
  const a = remembered(resolver.a)
  const aaaa = remembered(resolver.aaaa)
  const mx = remembered(resolver.mx)

  const recordOf = async (name: string): Promise<SpfAnswer> => {
    const answer = await txt(name)
    if (answer.state === 'error') return { state: 'error', message: answer.message }
    const texts = answer.state === 'found' ? answer.values.filter(isSpf) : []
    if (texts.length !== 1) return { state: texts.length ? 'several' : 'none' }
    return { state: 'record', record: readSpf(texts[0] as string) }
  }

  const answer = await txt(domain)
  if (answer.state === 'error') return { state: 'error', message: answer.message }
  const texts = answer.state === 'found' ? answer.values.filter(isSpf) : []
  if (!texts.length) return { state: 'absent' }
  if (texts.length > 1) return { state: 'several', texts }
  const record = readSpf(texts[0] as string)

  const faults: string[] = [...record.faults]
  const names = new Set<string>()
  let lookups = 0
  let hasMacros = false
  let unreachable: string | null = null
  const measure = async (at: string, read: SpfRecord, depth: number): Promise<void> => {
    const next: string[] = []
    let ended = false
    for (const term of read.terms) {
      // Nothing after `all` is ever looked at.
      if (ended) break
      ended = term.mechanism === 'all'
      if (term.value?.includes('%')) hasMacros = true
      if (term.qualifier === '+') names.add(`${term.mechanism}:${term.value ?? at}`)
      if (asksDns(term)) lookups++
      if (term.mechanism === 'include' && term.value) next.push(term.value)
    }
    if (!ended && read.redirect) {
      lookups++
      names.add(`redirect:${read.redirect}`)
      next.push(read.redirect)
    }
    for (const name of next) {
      if (lookups > MEASURED || depth > SPF_LOOKUPS || name.includes('%')) continue
      const below = await recordOf(name)
      if (below.state === 'error') unreachable = `${name}: ${below.message}`
      else if (below.state !== 'record')
        faults.push(
          `${name}, which it includes, has ${below.state === 'none' ? 'no SPF record' : 'several SPF records'}.`,
        )
      else {
        faults.push(...below.record.faults.map((fault) => `In ${name}: ${fault}`))
        await measure(name, below.record, depth + 1)
      }
    }
  }
  await measure(domain, record, 0)
  if (unreachable !== null) return { state: 'error', message: unreachable }

  const matches = async (
    term: SpfTerm,
    at: string,
    address: string,
    depth: number,
  ): Promise<boolean | 'permerror' | 'temperror'> => {
    const name = term.value ?? at
    const prefix = isIPv6(address) ? term.prefix6 : term.prefix4
    const ask = isIPv6(address) ? aaaa : a
    const holds = async (host: string): Promise<boolean | 'temperror'> => {
      const found: DnsAnswer<string> = await ask(host)
      if (found.state === 'error') return 'temperror'
      return found.state === 'found' && found.values.some((network) => inNetwork(address, network, prefix))
    }
    if (term.mechanism === 'all') return true
    if (term.mechanism === 'ip4' || term.mechanism === 'ip6') return inNetwork(address, name, term.prefix4)
    if (name.includes('%') || term.mechanism === 'ptr' || term.mechanism === 'exists') return false
    if (term.mechanism === 'a') return holds(name)
    if (term.mechanism === 'mx') {
      const found = await mx(name)
      if (found.state === 'error') return 'temperror'
      for (const { exchange } of found.state === 'found' ? found.values.slice(0, MX_HOSTS) : []) {
        const held = await holds(exchange)
        if (held) return held
      }
      return false
    }
    const below = await recordOf(name)
    if (below.state === 'error') return 'temperror'
    if (below.state !== 'record') return 'permerror'
    const result = await check(below.record, name, address, depth + 1)
    return result === 'pass' || (result === 'permerror' || result === 'temperror' ? result : false)
  }

  const RESULTS = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const
  const check = async (read: SpfRecord, at: string, address: string, depth: number): Promise<SpfResult> => {
    if (read.faults.length || depth > SPF_LOOKUPS) return 'permerror'
    for (const term of read.terms) {
      const matched = await matches(term, at, address, depth)
      if (matched === true) return RESULTS[term.qualifier]
      if (matched !== false) return matched
    }
    if (!read.redirect) return 'neutral'
    const target = await recordOf(read.redirect)
    if (target.state === 'error') return 'temperror'
    return target.state === 'record' ? check(target.record, read.redirect, address, depth + 1) : 'permerror'
  }

  return {
    state: 'read',
    record,
    lookups,
    faults,
    names,
    has_macros: hasMacros,
    // A tree within the limit is small, so its evaluation is bounded; beyond it receivers give up.
    resultOf: async (address) => (lookups > SPF_LOOKUPS ? 'permerror' : check(record, domain, address, 0)),
  }
}
