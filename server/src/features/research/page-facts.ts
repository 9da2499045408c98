import { looksLikeOrder } from '../../letters/quotable.ts'
import { names } from './company-of-lead.ts'
import { type Gathered, gatherFindings } from './finding.ts'
import type { Block, PageText } from './page-text.ts'

export type PageKind = 'home' | 'about' | 'news' | 'careers' | 'blog'

export type SitePage = { url: string; kind: PageKind; page: PageText }

const SENTENCE_CHARS = { least: 25, most: 320 }
const MOST_OF_A_KIND = 6
const DAY_MS = 86_400_000

/** What pages say that is about no company: consent, errors, places to sell. */
const BOILERPLATE =
  /\b(?:cookies?|javascript|privacy|datenschutz|impressum|imprint|terms (?:of|and)|nutzungsbedingungen|agb|all rights reserved|copyright|your browser|log ?in|sign (?:in|up)|newsletter|subscribe|captcha|page not found|seite nicht gefunden|404|add to cart|warenkorb|loading)\b|©/i
const NO_SITE =
  /\b(?:domain (?:is|may be|name is) (?:for sale|parked|available)|buy this domain|this domain|parked (?:free|domain)|coming soon|under construction|future home of|default (?:web )?page|it works!|welcome to nginx|index of \/|just a moment|attention required|access denied|403 forbidden|account suspended|site is temporarily|diese domain|domain steht zum verkauf|ce domaine|este dominio)(?!\w)/i
const JOB =
  /\(\s*[mwfdx](?:\s*[/|,]\s*[mwfdx*]){1,3}\s*\)|\b(?:engineer|developer|manager|lead|head of|director|designer|analyst|consultant|specialist|assistant|technician|sales|account executive|buyer|accountant|driver|electrician|welder|apprentice|intern|entwickler\w*|ingenieur\w*|leiter\w*|mitarbeiter\w*|fachkraft|kaufmann|kauffrau|mechaniker\w*|elektriker\w*|azubi|ausbildung|werkstudent\w*|praktik\w*|ingénieure?|développeu\w*|responsable|chef|technicien\w*|commercial\w*|comptable|ingenier\w*|desarrollador\w*|jefe|jefa|técnic\w*)\b/i
const OWN_VOICE = /^(?:we|our|wir|unser\w*|nous|notre|nos|nosotros|nuestr\w*)\b/i

/** Where a page stands in for its site: nobody has built one, or it shows something else to strangers. */
export const isNoSite = ({ title, description, blocks }: PageText): boolean =>
  NO_SITE.test(title) ||
  (blocks.length < 12 && NO_SITE.test(`${description} ${blocks.map(({ text }) => text).join(' ')}`))

/**
 * Facts about a company from pages of its site, by rule: what the pages say of it to machines (description, JSON-LD), headings
 * of news with their dates, open positions, and short sentences that name it or in which it speaks of itself; those are quoted
 * as its own words. `called` are the company's names. Where a page came from another site than was asked for (`is_elsewhere`),
 * only what names the company counts.
 */
export const findPageFacts = (
  pages: readonly SitePage[],
  context: { called: readonly string[]; is_elsewhere: boolean; now: Date },
): Gathered => {
  const { called, is_elsewhere, now } = context
  const seen_at = now.toISOString()
  const gathering = gatherFindings('company', 'page', seen_at)
  const isNamed = (text: string): boolean => called.some((name) => names(text, name))
  const company = called[0] ?? 'The company'
  for (const { url, kind, page } of pages) {
    const name = page.title || page.site_name || new URL(url).host
    // An order is not quietly dropped with what is merely no fact: somebody should know that a site tries.
    const add = (text: string, weight: number, field: string | null = null): boolean =>
      gathering.add(text, { weight, name, url, field })
    const fits = (text: string): boolean => !is_elsewhere || isNamed(text)

    for (const organisation of page.organisations) {
      if (organisation.name && called.length && !isNamed(organisation.name)) continue
      if (fits(organisation.description)) add(organisation.description, 9)
      if (is_elsewhere) continue
      add(organisation.slogan && `${company}’s slogan: “${organisation.slogan}”`, 6)
      add(organisation.founded && `${company} was founded in ${organisation.founded}.`, 7)
      add(organisation.place && `${company} has its address in ${organisation.place}.`, 5)
      add(organisation.employees, 5, 'company_size')
      add(organisation.industry, 6, 'industry')
      for (const award of organisation.awards) add(`${company} names an award: ${award}`, 7)
    }
    if (isProse(page.description) && fits(page.description)) add(page.description, kind === 'home' ? 9 : 6)
    if (kind === 'home' && page.title && isNamed(page.title) && page.title.split(/\s+/).length > 2) add(page.title, 4)

    let sentences = 0
    let voices = 0
    let headings = 0
    for (const block of page.blocks) {
      if (block.kind === 'heading') {
        if (headings < MOST_OF_A_KIND && fits(block.text) && addHeading(block, kind, now, add)) headings++
        continue
      }
      if (BOILERPLATE.test(block.text)) continue
      for (const sentence of sentencesOf(block.text)) {
        if (isNamed(sentence)) {
          if (sentences < MOST_OF_A_KIND && add(sentence, kind === 'about' ? 8 : 6)) sentences++
        } else if (
          OWN_VOICE.test(sentence) &&
          !is_elsewhere &&
          (kind === 'home' || kind === 'about') &&
          voices < MOST_OF_A_KIND &&
          !looksLikeOrder(sentence)
        ) {
          if (add(`${company} says of itself: “${sentence}”`, kind === 'about' ? 6 : 5)) voices++
        } else if (looksLikeOrder(sentence)) add(sentence, 0)
      }
    }
  }
  const gathered = gathering.gathered()
  // What gives orders to readers ("Visit our shop") is no fact either; it was only added so that orders to writers are counted.
  return { ...gathered, findings: gathered.findings.filter(({ text, weight }) => weight > 0 && !looksLikeOrder(text)) }
}

const addHeading = (
  block: Block,
  kind: PageKind,
  now: Date,
  add: (text: string, weight: number, field?: string | null) => boolean,
): boolean => {
  const words = block.text.split(/\s+/).length
  if (words < 3 || block.text.length > 200 || BOILERPLATE.test(block.text)) {
    // A single word may be a position.
    if (!(kind === 'careers' && words > 0 && block.text.length <= 200 && JOB.test(block.text))) return false
  }
  if (kind === 'careers') return JOB.test(block.text) && add(`Open position: ${block.text}`, 6)
  if (kind === 'news' || kind === 'blog') {
    const day = dayOf(block.date, now)
    const isRecent = day !== null && now.getTime() - Date.parse(day) < 400 * DAY_MS
    return add(`${kind === 'news' ? 'News' : 'Blog post'}${day ? ` of ${day}` : ''}: “${block.text}”`, isRecent ? 9 : 5)
  }
  return words >= 4 && add(block.text, 3)
}

/** The day in a `datetime`, as 2026-01-05; null for none, and for one that has not come. */
const dayOf = (date: string | null, now: Date): string | null => {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(date ?? '')?.[0] ?? null
  return day && !Number.isNaN(Date.parse(day)) && Date.parse(day) <= now.getTime() + DAY_MS ? day : null
}

const isProse = (text: string): boolean =>
  text.length >= SENTENCE_CHARS.least && text.split(/\s+/).length >= 4 && !BOILERPLATE.test(text)

/** The sentences of a paragraph that are of a length to be quoted. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/(?<=[.!?])\s+(?=["“„«]?[\p{Lu}\d])/u)
    .map((sentence) => sentence.trim())
    .filter(({ length }) => length >= SENTENCE_CHARS.least && length <= SENTENCE_CHARS.most)
