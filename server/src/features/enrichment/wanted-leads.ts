import { readBusinessDomain, readCompanyDomain } from '../../company-domain.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { linkedinKey, readLinkedinUrl } from '../../linkedin-url.ts'

/** Who is to be enriched, by what somebody knows of them. `key` is the same for two spellings of one. */
export type Wanted =
  | { kind: 'linkedin_url'; key: string; url: string }
  | { kind: 'email'; key: string; email: string }
  | { kind: 'domain'; key: string; domain: string }
  | { kind: 'name'; key: string; full_name: string; company_name: string | null; company_domain: string | null }

export type ReadWanted = {
  wanted: Wanted[]
  /** Malformed or named twice, as they were sent. */
  skipped: string[]
}

/** The profile of a person; company pages and other addresses give null. */
export const readProfile = (text: string): Wanted | null => {
  const found = readLinkedinUrl(text)
  return found?.kind === 'person' ? { kind: 'linkedin_url', key: linkedinKey(found.url), url: found.url } : null
}

/** A domain at which everybody may have an address would stand for all of them, so it is nobody's. */
export const readDomain = (text: string): Wanted | null => {
  if (/linkedin\.com/i.test(text)) return null
  const domain = readBusinessDomain(text)
  return domain ? { kind: 'domain', key: `domain ${domain}`, domain } : null
}

const NAME = /^\p{L}[\p{L}\p{M}'’.-]*(?: \p{L}[\p{L}\p{M}'’.-]*){1,5}$/u

/** `Ann Lee, Havn AS`, `Ann Lee at havn.example`, or the name alone. A single word is no name of a person. */
export const readName = (text: string): Wanted | null => {
  const [, who = '', where = ''] = /^(.*?)(?:\s*[,\t|]\s*|\s+(?:at|@|bei|chez|–|—)\s+|$)(.*)$/su.exec(text.trim()) ?? []
  const full_name = who.replaceAll(/\s+/gu, ' ').trim()
  const place = where.replaceAll(/\s+/gu, ' ').trim()
  if (!NAME.test(full_name) || full_name.length > 150 || place.length > 150) return null
  const domain = place ? readCompanyDomain(place) : null
  return {
    kind: 'name',
    key: `name ${full_name.toLowerCase()} ${(domain ?? place).toLowerCase()}`,
    full_name,
    company_name: domain ? null : place || null,
    company_domain: domain,
  }
}

/** Reads lists as a client sends them. */
export const readLists = (lists: { linkedin_urls: string[]; domains: string[]; names: string[] }): ReadWanted =>
  withoutDoubles([
    ...lists.linkedin_urls.map((text) => ({ text, wanted: readProfile(text) })),
    ...lists.domains.map((text) => ({ text, wanted: readDomain(text) })),
    ...lists.names.map((text) => ({ text, wanted: readName(text) })),
  ])

const withoutDoubles = (read: { text: string; wanted: Wanted | null }[]): ReadWanted => {
  const keys = new Set<string>()
  const out: ReadWanted = { wanted: [], skipped: [] }
  for (const { text, wanted } of read) {
    if (!wanted || keys.has(wanted.key)) out.skipped.push(text)
    else {
      keys.add(wanted.key)
      out.wanted.push(wanted)
    }
  }
  return out
}

/** A line that is a name and a company and nothing else: each word of the name begins with a capital. */
const isNameLine = (line: string): boolean =>
  /^(?:\p{Lu}[\p{L}\p{M}'’.-]*|v[ao]n|de|da|di|del|der|den|la|le)(?: (?:\p{Lu}[\p{L}\p{M}'’.-]*|v[ao]n|de|da|di|del|der|den|la|le)){1,4}(?:\s*,\s*|\s+(?:at|@|bei|chez)\s+)\S.{0,100}$/u.test(
    line,
  )

/**
 * Who is named in what somebody wrote: profiles, addresses and domains wherever they stand, names on lines of their own
 * (`Ann Lee, Havn AS`) or after `names:`. Sentences name nobody.
 */
export const findWanted = (text: string): Wanted[] => {
  const found: { text: string; wanted: Wanted | null }[] = []
  for (const line of text.split(/\n|;/).map((each) => each.trim())) {
    const listed = /^(?:names?|people|persons?|namen|personen|noms?|nombres?)\s*:\s*(.+)$/iu.exec(line)?.[1]
    if (listed && !/linkedin\.com|@\S+\./i.test(listed)) {
      const parts = /\s(?:at|@|bei|chez)\s/.test(listed) ? listed.split(/\s*,\s*|\s+(?:and|und|et|y)\s+/) : [listed]
      found.push(...parts.map((part) => ({ text: part, wanted: readName(part) })))
      continue
    }
    const marked = line.replace(/^(?:[-*•]|\d+[.)])\s+/, '')
    if (isNameLine(marked)) {
      found.push({ text: marked, wanted: readName(marked) })
      continue
    }
    for (const word of line.split(/[\s,<>()"“”]+/)) {
      const bare = word.replace(/[.:!?]+$/, '')
      if (!bare.includes('.')) continue
      const address = bare.includes('@') ? normalizeEmailAddress(bare.replace(/^mailto:/i, '')) : null
      if (address?.ok)
        found.push({ text: bare, wanted: { kind: 'email', key: `email ${address.email}`, email: address.email } })
      else if (!bare.includes('@')) found.push({ text: bare, wanted: readProfile(bare) ?? readDomain(bare) })
    }
  }
  return withoutDoubles(found).wanted
}

const KINDS: [Wanted['kind'], string, string][] = [
  ['linkedin_url', 'LinkedIn profile', 'LinkedIn profiles'],
  ['email', 'address', 'addresses'],
  ['domain', 'company domain', 'company domains'],
  ['name', 'name', 'names'],
]

/** `2 LinkedIn profiles and 1 name`. */
export const countKinds = (wanted: readonly Wanted[]): string => {
  const parts = KINDS.flatMap(([kind, one, many]) => {
    const count = wanted.filter((each) => each.kind === kind).length
    return count ? [`${count} ${count === 1 ? one : many}`] : []
  })
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
