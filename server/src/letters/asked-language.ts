import { countryCode } from '../country-zone.ts'
import { detectLanguage } from '../detect-language.ts'
import { listed, readKnownFacts } from '../known-fields.ts'
import type { Fact } from '../ports/llm/port.ts'
import { itself, remembered } from '../remembered.ts'
import { isLetterLanguage, type LetterLanguage } from './phrases.ts'
import { readWishes } from './prompt-wishes.ts'

const BY_COUNTRY: Record<string, LetterLanguage> = Object.fromEntries([
  ...'DE AT LI'.split(' ').map((code) => [code, 'de'] as const),
  ...'FR MC'.split(' ').map((code) => [code, 'fr'] as const),
  ...'ES MX AR CO CL PE UY EC CR PA GT BO PY VE DO'.split(' ').map((code) => [code, 'es'] as const),
  ...'GB US IE AU NZ'.split(' ').map((code) => [code, 'en'] as const),
])

const languageNamed = (text: string): LetterLanguage | null => {
  const word = text.toLowerCase()
  if (/^(?:de\b|german|deutsch|allemand|alem)/.test(word)) return 'de'
  if (/^(?:fr\b|french|fran|französisch)/.test(word)) return 'fr'
  if (/^(?:es\b|spanish|espa|spanisch|castellano)/.test(word)) return 'es'
  return /^(?:en\b|english|englisch|anglais|ingl)/.test(word) ? 'en' : null
}

/**
 * A lead's language by a field that names it, else by the country. `null`: something is said, and it is none of the four;
 * `undefined`: neither stands there.
 */
export const languageOfLead = (lead: readonly { field: string; text: string }[]): LetterLanguage | null | undefined => {
  for (const { field, text } of lead) {
    const named = field === 'language' ? languageNamed(listed(text)[0] ?? '') : null
    if (named) return named
  }
  for (const { field, text } of lead) {
    const code = field === 'country' ? countryCode(text) : null
    if (code) return BY_COUNTRY[code] ?? null
  }
  return lead.some(({ field }) => field === 'language' || field === 'country') ? null : undefined
}

/** The language that a prompt is itself in; null where that is none of the four, or cannot be told. */
export const languageOfPrompt = (prompt: string): LetterLanguage | null => {
  const written = detectLanguage(prompt)
  const isSure = written !== null && written.confidence > 0.5
  return isSure && isLetterLanguage(written.language) ? written.language : null
}

const NAMED =
  'ar bg bn ca cs da de el en es et fi fr he hi hr hu id is it ja ko lt lv nb nl nn no pl pt ro ru sk sl sr sv th tr uk vi zh'
let codesByName: Map<string, string> | null = null
/** Made when it is first needed: a hundred and more tables of names are not worth the start of every process. */
const codeOfLanguage = (name: string): string | undefined => {
  codesByName ??= new Map(
    NAMED.split(' ').flatMap((code) =>
      ['en', 'de', 'fr', 'es', code].map(
        (locale) =>
          [new Intl.DisplayNames(locale, { type: 'language' }).of(code)?.toLowerCase() ?? code, code] as const,
      ),
    ),
  )
  return codesByName.get(name)
}

/** The languages that a prompt speaks of, by their names in English, German, French, Spanish or themselves. */
const languagesNamedIn = (prompt: string): Set<string> =>
  new Set((prompt.toLowerCase().match(/\p{L}+/gu) ?? []).flatMap((word) => codeOfLanguage(word) ?? []))

/** `Write in Dutch.`, `auf Polnisch`, `language: Danish`; not `for firms in Dutch ports`, where another word follows. */
const IN_LANGUAGE =
  /(?:\b(?:in|auf|en|på|i|em|po|w języku)\s+|\b(?:language|sprache|langue|idioma)\s*[:=]\s*)(\p{L}+)(?=\s*(?:[.,;:!)\n]|$|and\b|und\b|et\b|y\b|only\b|with\b))/giu

/** The one language that a prompt asks for by name; null where it speaks of several, or of one only in passing. */
const languageAskedFor = (prompt: string, named: Set<string>): string | null => {
  if (named.size !== 1) return null
  const asked = [...prompt.matchAll(IN_LANGUAGE)].map(([, name = '']) => codeOfLanguage(name.toLowerCase()))
  return asked.find((code) => code !== undefined) ?? null
}

const languageWrittenIn = (text: string): string | null => {
  const written = detectLanguage(text)
  return written && written.confidence > 0.5 ? written.language : null
}

type PromptLanguage = { wish: string | null; otherwise: string | null }

/** One prompt writes hundreds of drafts, and reading it takes longer than all the rest here. */
const readPrompt = remembered(
  (prompt: string): PromptLanguage => {
    const { language } = readWishes(prompt)
    const named = languagesNamedIn(prompt)
    const isOnly = (code: string): boolean => named.size === 0 || (named.size === 1 && named.has(code))
    const [only = null] = named.size === 1 ? named : []
    if (language === 'lead') return { wish: 'lead', otherwise: only }
    if (language) return { wish: isOnly(language) ? language : null, otherwise: null }
    return { wish: named.size ? languageAskedFor(prompt, named) : languageWrittenIn(prompt), otherwise: null }
  },
  { most: 100, keyOf: itself },
)

/** Endings of addresses that stand for a country, without those that are used by everybody. */
const COUNTRY_ENDING =
  /(?:^|[.@/])[\w-]+\.(?!io\b|ai\b|co\b|me\b|tv\b|eu\b|uk\b|us\b|ie\b|au\b|nz\b)[a-z]{2}(?:[/:?#]|$)/i

const isForeign = (text: string): boolean => {
  const found = detectLanguage(text)
  return found !== null && found.language !== 'en' && found.confidence > 0.5
}
const isForeignSender = remembered(isForeign, { most: 100, keyOf: itself })

const asFact = ([field, text]: [string, string]): Fact => ({
  id: field,
  about: 'lead',
  text,
  field,
  source: { kind: 'row', name: field, url: null, seen_at: '' },
})

/**
 * The language that a message has to be in (BCP 47), so that it can be asked for and checked: the one that the prompt names,
 * the lead's where the prompt says so and it can be told, else the prompt's own. Null where it is the writer's to decide: where
 * a prompt speaks of several, and where it leaves it to the lead and any address or text hints at another language. Pure.
 */
export const askedLanguage = (
  prompt: string,
  lead: Readonly<Record<string, string>>,
  sender: Readonly<Record<string, string>>,
): string | null => {
  const { wish, otherwise } = readPrompt(prompt)
  if (wish !== 'lead') return wish
  const own = languageOfLead(readKnownFacts(Object.entries(lead).map(asFact)).lead)
  if (own !== undefined) return own
  const values = Object.values(lead)
  const hints =
    values.some((value) => COUNTRY_ENDING.test(value)) ||
    isForeign(values.join('\n')) ||
    isForeignSender(Object.values(sender).join('\n'))
  return hints ? null : otherwise
}
