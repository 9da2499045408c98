export type LinkedinAddress = {
  kind: 'person' | 'company'
  /** The one spelling under which the page is stored and compared. */
  url: string
}

const HOST = 'https://www.linkedin.com'

// Longer input is no address with some words around it; refusing it bounds the work per cell.
const LONGEST_CELL = 2000

// Most addresses are in their one spelling already; this saves the work on each of a million rows.
const canonicalPerson = /^https:\/\/www\.linkedin\.com\/in\/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

// The identifiers of members in Sales Navigator and search results. They open under /in/ too, and their case matters.
const memberId = /^AC[ow]AA[A-Za-z0-9_-]{10,}$/

// First parts of a path that hold a company, and those among them that keep their own page.
const companyPaths = new Map([
  ['company', 'company'],
  ['company-beta', 'company'],
  ['companies', 'company'],
  ['school', 'school'],
  ['edu', 'school'],
  ['showcase', 'showcase'],
])

/**
 * Reads one cell as the address of a LinkedIn profile or company page and gives it one spelling, so that the same page is
 * the same text: `https://www.linkedin.com/in/ann-lee`. Removed or settled are scheme, country and mobile hosts, language
 * (`/in/ann-lee/de`), tracking parameters, pages below the profile, trailing slashes, case, and percent-encoding once or
 * twice over (letters beyond ASCII end up encoded in NFC). Text around the address is left out; of several the first counts.
 *
 * Older and other forms are turned into the present one where that is possible without asking LinkedIn: `/pub/ann-lee/a/b/c`
 * (its numbers stand in reverse behind the name, the later two filled to three digits), `/sales/lead/ID,…`, `/sales/people/`
 * and `/sales/company/`. Null for what is no profile or company, for `lnkd.in`, which says nothing, and for identifiers of
 * the recruiter product, which open nowhere else.
 */
export function readLinkedinUrl(input: string): LinkedinAddress | null {
  if (input.length > LONGEST_CELL) return null
  if (canonicalPerson.test(input)) return { kind: 'person', url: input }
  const path = pathOf(input)
  if (path === null) return null
  const parts = path.split('/').map(decodeFully)
  const [first = '', second = '', third = ''] = parts.map((part) => part.toLowerCase())
  if (first === 'in' || first === 'profile') return first === 'in' ? person(parts[1]) : null
  if (first === 'pub') return second === 'dir' ? null : oldProfile(parts.slice(1))
  if (first === 'mwlite') return readLinkedinUrl(`linkedin.com/${parts.slice(1).map(encodeURIComponent).join('/')}`)
  if (first === 'sales' && (second === 'lead' || second === 'people')) {
    const id = (parts[2] ?? '').split(',')[0] ?? ''
    return memberId.test(id) ? { kind: 'person', url: `${HOST}/in/${id}` } : null
  }
  if (first === 'sales' && (second === 'company' || second === 'accounts')) return company('company', third)
  if (first === 'organization-guest') return company(companyPaths.get(second), third)
  return company(companyPaths.get(first), second)
}

/** The path behind the host, without query and fragment; null where no host of LinkedIn is named. */
const pathOf = (input: string): string | null => {
  let text = input.trim()
  // A link that passes through another site carries the address encoded.
  if (/linkedin\.com%2f/i.test(text)) text = decodeOnce(text)
  const found = /(?:^|[^a-z0-9.-])(?:[a-z0-9-]+\.)*linkedin\.com(?::\d+)?\/+([^\s<>"']*)/i.exec(text)
  const path = found?.[1] ?? /^\/?((?:in|company|school|showcase)\/[^\s<>"'/?#]+)/i.exec(text)?.[1]
  if (path === undefined) return null
  return path.split(/[?#&]/)[0]?.replace(/^#?!?\/*/, '') ?? null
}

const decodeOnce = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const decodeFully = (part: string): string => {
  let text = part
  for (let round = 0; round < 3 && text.includes('%'); round++) text = decodeOnce(text)
  return text.normalize('NFC').trim()
}

/** A public name of a profile: letters, digits and hyphens in any script, at most 100 characters and never punctuation alone. */
const slug = (part: string): string | null => {
  const text = part.replace(/[),.;:\]}]+$/, '')
  return text.length > 0 && text.length <= 200 && /[\p{L}\p{N}]/u.test(text) && !/[\p{Cc}\s/\\]/u.test(text)
    ? text
    : null
}

const person = (part: string | undefined): LinkedinAddress | null => {
  const name = slug(part ?? '')
  if (name === null) return null
  return { kind: 'person', url: `${HOST}/in/${memberId.test(name) ? name : encodeURIComponent(name.toLowerCase())}` }
}

const oldProfile = (parts: string[]): LinkedinAddress | null => {
  const [name = '', ...numbers] = parts.filter((part) => part !== '')
  const [a = '', b = '', c = ''] = numbers.map((part) => part.toLowerCase())
  if (![a, b, c].every((part) => /^[0-9a-f]{1,3}$/.test(part))) return numbers.length === 0 ? person(name) : null
  return person(`${name}-${c.padStart(3, '0')}${b.padStart(3, '0')}${a}`)
}

const company = (kind: string | undefined, part: string): LinkedinAddress | null => {
  const name = slug(part)
  return kind === undefined || name === null
    ? null
    : { kind: 'company', url: `${HOST}/${kind}/${encodeURIComponent(name)}` }
}

/**
 * The key of linkedinKey where the cell leads to a person, else null: a company's page says nothing about who somebody is, and
 * neither does the bare site or a remark such as "none yet". Links that cannot be read without asking (`lnkd.in/…`, the
 * recruiter product, profiles elsewhere) count as a person's, with the query that makes them different from each other.
 */
export function personKey(input: string): string | null {
  const found = readLinkedinUrl(input)
  if (found) return found.kind === 'person' ? linkedinKey(input) : null
  const text = input.trim()
  if (/\s/.test(text) || text.length > LONGEST_CELL) return null
  const link = /^(?:https?:\/\/)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,}\/.*)$/i.exec(text)?.[1]
  const [path = '', query = ''] = (link ?? '').split('?')
  const parts = path
    .split('/')
    .slice(1)
    .filter((part) => part !== '')
  const isBare = /^(?:[a-z]{2,3}\.)?linkedin\.com\//i.test(path) && parts.length < 2
  if (parts.length === 0 || isBare || companyPaths.has(parts[0]?.toLowerCase() ?? '')) return null
  return `${path.replace(/\/+$/, '')}${query ? `?${query}` : ''}`.toLowerCase()
}

/**
 * What two spellings of one profile have in common, for comparing: the canonical address without scheme and `www`. A text
 * that is no profile of LinkedIn is compared without case, scheme, query and trailing slash.
 */
export function linkedinKey(input: string): string {
  const found = readLinkedinUrl(input)
  if (found) return found.url.slice('https://www.'.length)
  return input
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^(?:[a-z]{2,3}\.)?linkedin\.com/, 'linkedin.com')
    .replace(/[?#].*$/, '')
    .replace(/\/+$/, '')
}
