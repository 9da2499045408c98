import { foldedWords } from '../../folded-text.ts'
import { looksLikeOrder } from '../../letters/quotable.ts'
import type { SearchEngine, SearchResult } from '../../ports/search/port.ts'
import { names, type Subject } from './company-of-lead.ts'
import { type Gathered, gatherFindings, leftOut } from './finding.ts'
import type { SourceReading } from './research-cache.ts'

const RESULTS = 10
const MOST_FINDINGS = 6
/** Sites that list everybody: what they say of one is said of all. */
const DIRECTORIES =
  /(?:^|\.)(?:linkedin|facebook|instagram|twitter|x|zoominfo|rocketreach|apollo|signalhire|lusha|contactout|dnb|northdata|yelp|yellowpages|glassdoor|indeed|kununu|wikipedia)\.\w+$/i

/** Null where the name is not known well enough to ask for. */
export const companyQuery = ({ company }: Subject): string | null =>
  company.name ? [`"${quotable(company.name)}"`, company.domain].filter(Boolean).join(' ') : null

export const personQuery = ({ person, company }: Subject): string | null =>
  company.name && person.full_name && foldedWords(person.full_name).includes(' ')
    ? [`"${quotable(person.full_name)}" "${quotable(company.name)}"`, company.domain].filter(Boolean).join(' ')
    : null

const quotable = (text: string): string =>
  text
    .replaceAll(/["\s]+/g, ' ')
    .trim()
    .slice(0, 100)

/**
 * What a search service finds about a company or a person. A result counts only if it is about them: it names the company in
 * its words and, because names repeat, comes from its domain, mentions its domain or place, or the name has several words; one
 * about a person names both. Throws SearchError and the signal's reason.
 */
export const searchAbout = async (
  engine: SearchEngine,
  subject: Subject,
  about: 'company' | 'lead',
  options: { places: readonly string[]; now: Date; signal: AbortSignal },
): Promise<SourceReading> => {
  const query = (about === 'company' ? companyQuery(subject) : personQuery(subject)) as string
  const results = await engine.search(query, { limit: RESULTS, signal: options.signal })
  const gathered = readFindings(results, engine.name, subject, about, options)
  const { findings } = gathered
  return {
    status: findings.length ? 'ok' : 'empty',
    summary: `${findings.length} of ${results.length} ${results.length === 1 ? 'result' : 'results'} of ${engine.name} ${findings.length === 1 ? 'is' : 'are'} about ${about === 'company' ? 'the company' : 'the person'}.`,
    meta: { service: engine.name, results: results.length, ...leftOut(gathered) },
    findings,
    is_transient: false,
  }
}

const readFindings = (
  results: readonly SearchResult[],
  service: string,
  { person, company }: Subject,
  about: 'company' | 'lead',
  { places, now }: { places: readonly string[]; now: Date },
): Gathered => {
  const gathering = gatherFindings(about, 'search', now.toISOString())
  const name = company.name as string
  const isCommon = !foldedWords(name).includes(' ')
  for (const { title, url, snippet } of results) {
    if (gathering.gathered().findings.length >= MOST_FINDINGS) break
    const text = `${title} ${snippet}`
    const host = url ? new URL(url).hostname : ''
    const isOwn = company.domain !== null && (host === company.domain || host.endsWith(`.${company.domain}`))
    if (DIRECTORIES.test(host) || !names(text, name)) continue
    if (about === 'lead' ? !names(text, person.full_name as string) : false) continue
    const isCertain =
      isOwn ||
      !isCommon ||
      (company.domain !== null && text.toLowerCase().includes(company.domain)) ||
      places.some((place) => names(text, place))
    if (!isCertain) continue
    const statement = wholeSentences(snippet) || title
    if (statement.length < 20) continue
    const weight = about === 'lead' ? 9 : isOwn ? 6 : 7
    const place = url ?? service
    // Orders to readers are no facts; they are added without weight, so that orders to writers among them are noted.
    gathering.add(statement, { weight: looksLikeOrder(statement) ? 0 : weight, name: title || service, url, place })
  }
  const gathered = gathering.gathered()
  return { ...gathered, findings: gathered.findings.filter(({ weight }) => weight > 0) }
}

/** Snippets are cut in the middle of sentences, and some begin with a day. What is left of half a sentence is no statement. */
const wholeSentences = (snippet: string): string =>
  snippet
    .trim()
    .replace(/^[\p{L}\d ,./-]{0,20}\d{4}\s*(?:…|\.{3}|—|–|-)\s+/u, '')
    .replace(/^(?:…|\.{3})[^.!?…]*(?:[.!?]+\s+(?=[\p{Lu}\d“"„])|$)/u, '')
    .replace(/(?<=[.!?])(?<!\.{3})[^.!?…]*(?:…|\.{3})$/u, '')
    .replaceAll(/\s*(?:…|\.{3})\s*/g, ' … ')
    .trim()
