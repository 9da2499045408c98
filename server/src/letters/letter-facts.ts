/** What is known of lead and sender as the words of a letter: each value cleaned, in the letter's language, with its facts. */
import { type FoundCommonality, findCommonalities, industryKey } from '../commonalities.ts'
import { detectLanguage } from '../detect-language.ts'
import { heads, type JobFunction, jobFunctionOf, jobFunctionsIn, leads } from '../job-function.ts'
import { type KnownFact, type KnownField, listed, readKnownFacts } from '../known-fields.ts'
import { splitFullName } from '../person-name.ts'
import { cityIn, inCountry } from '../place-names.ts'
import type { Fact } from '../ports/llm/port.ts'
import type { LetterLanguage, Phrases, Slot, Slots } from './phrases.ts'
import { greetableName, quotableName, quotableSentence, restoreCase, spokenCompany, tidy } from './quotable.ts'

export type LetterFacts = {
  slots: Slots
  /** What the lead does; null where no title tells. */
  job: JobFunction | null
  /** At the head of the company, or one who decides rather than one who does. */
  rank: 'top' | 'decides' | null
  /** Whether the sender's audience holds people like the lead; null where the sender names none, or the lead's job is not known. */
  fits: boolean | null
  industry: 'named' | 'by_name' | null
  shared: FoundCommonality[]
  /** Whole sentences of the sender's profile. */
  pains: Slot[]
  proofs: Slot[]
  /** The same in several wordings, where the profile has several. */
  offers: (Slot & { form: 'sentence' | 'help' | 'noun' | 'foreign' })[]
  calls_to_action: Slot[]
  opening: Slot | null
  noted: 'referred' | 'met' | 'short' | null
}

export const readLetterFacts = (facts: readonly Fact[], language: LetterLanguage, phrases: Phrases): LetterFacts => {
  const { lead, sender } = readKnownFacts(facts)
  const slots: Slots = {}
  const set = (name: string, text: string | null | undefined, ...from: KnownFact[]): void => {
    if (text) slots[name] = { text, facts: from.map(({ fact }) => fact.id) }
  }
  readNames(lead, language, set)
  const company = firstOf(lead, 'company', spokenCompany)
  if (company) set('company', company.value, company.from)
  const their_company = firstOf(sender, 'company', spokenCompany)
  if (their_company) set('sender_company', their_company.value, their_company.from)
  const city = firstOf(lead, 'city', (text) => quotableName(cityIn(language, restoreCase(tidy(text)))))
  if (city) set('city', city.value, city.from)
  const their_city = firstOf(sender, 'city', (text) => quotableName(cityIn(language, restoreCase(tidy(text)))))
  if (their_city) set('sender_city', their_city.value, their_city.from)
  const country = firstOf(lead, 'country', (text) => inCountry(language, text))
  if (country) set('country_in', country.value, country.from)

  const titled = of(lead, 'title')[0] ?? of(lead, 'function')[0]
  const jobs = of(lead, 'title', 'function').map((from) => ({ from, job: jobFunctionOf(from.text) }))
  const job =
    jobs.find((each) => each.job !== null && each.job !== 'management') ?? jobs.find((each) => each.job !== null)
  if (job?.job && job.job !== 'management') set('duty', phrases.duty[job.job], job.from)
  const title = of(lead, 'title')[0]
  if (title && phrases.title?.test(title.text)) set('title', spokenTitle(title.text), title)

  const profile = spokenIn(sender)
  const inLanguage = (field: KnownField): KnownFact[] => {
    const all = of(sender, field).filter((each) => (each.language ?? languageOfText(each.text, profile)) === language)
    // What is marked as being in the language is meant for it.
    return [...all].sort((one, other) => Number(other.language !== null) - Number(one.language !== null))
  }
  const topic =
    inLanguage('topic').find(({ text }) => statable(text, 60)) ??
    inLanguage('pain').find(({ text }) => statable(text, 40) && !isSentence(text))
  if (topic) {
    const words = inner(tidy(topic.text).replace(/[.!?]+$/, ''), language)
    set('topic', words, topic)
    for (const [name, form] of Object.entries(phrases.cases?.(words) ?? {})) set(name, form, topic)
  }

  const audience = of(sender, 'target_function')
  const wanted = audience.flatMap(({ text }) => jobFunctionsIn(text))
  const fits =
    job?.job && wanted.length ? wanted.includes(job.job) || (job.job === 'management' && wanted.length > 0) : null

  const shared = findCommonalities(facts).flatMap((each) => inWords(each, language, phrases, lead))
  const { industry, value, from } = readIndustry(lead, sender, company, phrases, language)
  if (value) set('industry', value, ...from)

  return {
    slots,
    job: job?.job ?? null,
    rank: !titled
      ? null
      : heads(titled.text)
        ? 'top'
        : job?.job === 'management' || (!job && leads(titled.text))
          ? 'decides'
          : null,
    fits,
    industry,
    shared,
    pains: inLanguage('pain').flatMap(sentencesOf),
    proofs: inLanguage('proof').flatMap(sentencesOf),
    offers: readOffers(sender, inLanguage('offer'), their_company?.value ?? null, language, profile),
    calls_to_action: inLanguage('call_to_action').flatMap(sentencesOf),
    opening:
      of(lead, 'reason')
        .filter(({ text }) => quotableSentence(text, 200) && (detectLanguage(text)?.language ?? language) === language)
        .map((each) => ({ text: ended(tidy(each.text)), facts: [each.fact.id] }))[0] ?? null,
    noted: readNotes(lead, language, set),
  }
}

const of = (facts: KnownFact[], ...fields: KnownField[]): KnownFact[] =>
  facts.filter(({ field }) => fields.includes(field))

const firstOf = (
  facts: KnownFact[],
  field: KnownField,
  read: (text: string) => string | null,
): { value: string; from: KnownFact } | null => {
  for (const from of of(facts, field)) {
    const value = read(from.text)
    if (value) return { value, from }
  }
  return null
}

type Set_ = (name: string, text: string | null | undefined, ...from: KnownFact[]) => void

const readNames = (lead: KnownFact[], language: LetterLanguage, set: Set_): void => {
  let first = firstOf(lead, 'first_name', greetableName)
  let last = firstOf(lead, 'last_name', familyName)
  const full = of(lead, 'full_name')[0]
  const split = full ? splitFullName(full.text) : null
  if (!first && full && split?.first_name) {
    const value = greetableName(split.first_name)
    if (value) first = { value, from: full }
  }
  if (!last && full && split?.last_name) {
    const value = familyName(split.last_name)
    if (value) last = { value, from: full }
  }
  if (first && last && first.value.toLowerCase().endsWith(` ${last.value.toLowerCase()}`))
    first = { ...first, value: first.value.slice(0, -last.value.length - 1) }
  if (first) set('first', first.value, first.from)
  if (first && last) set('full', `${first.value} ${last.value}`, first.from, last.from)
  const form = of(lead, 'salutation')[0]
  const word = form ? salutation(form.text, language) : null
  if (form && word && last) set('salute', `${word} ${last.value}`, form, last.from)
}

/** `von der heide` is `von der Heide`; a particle that was written large stays so (`Van Buren`). */
const familyName = (text: string): string | null => {
  const name = greetableName(text)
  const first = tidy(text).split(' ')[0] ?? ''
  return name && /^(?:von|van|de|del|della|di|da|du|der|den|af|av|zu)$/.test(first) ? small(name) : name
}

const salutation = (text: string, language: LetterLanguage): string | null => {
  const plain = text.trim().toLowerCase().replace(/\.$/, '')
  const woman = /^(?:ms|mrs|miss|frau|fr|mme|mlle|madame|sra|srta|señora|f|female|w|weiblich|femme|mujer)$/.test(plain)
  const man = /^(?:mr|herr|hr|m|monsieur|sr|señor|male|männlich|homme|hombre)$/.test(plain)
  if (!woman && !man) return null
  const words = { en: ['Ms', 'Mr'], de: ['Frau', 'Herr'], fr: ['Madame', 'Monsieur'], es: ['Sra.', 'Sr.'] }[language]
  return words[woman ? 0 : 1] ?? null
}

/** `VP Sales` stays, `Managing Director` becomes `managing director`. */
const spokenTitle = (text: string): string | null => {
  const name = quotableName(restoreCase(tidy(text)), 50)
  return name && /^(?:\p{Lu}\p{Ll}+[ ,-]*)+$/u.test(name) ? name.toLowerCase() : name
}

/** The language that most of a profile is written in; English where it is too short to tell. */
const spokenIn = (sender: KnownFact[]): string =>
  detectLanguage(
    of(sender, 'offer', 'pain', 'proof', 'call_to_action')
      .filter(({ language }) => language === null)
      .map(({ text }) => text)
      .join('. '),
  )?.language ?? 'en'

const languageOfText = (text: string, standard: string): string => {
  const found = text.length > 25 ? detectLanguage(text) : null
  return found && found.confidence > 0.35 ? found.language : standard
}

/** True for what the sender's profile may contribute: plain words, no markup, no link, no gap to fill in. */
const statable = (text: string, longest: number): boolean =>
  text.length > 1 &&
  text.length <= longest &&
  !/[<>{}[\]`|\\^~]|https?:|www\.|\p{Cc}/iu.test(text) &&
  /\p{L}/u.test(text)

const isSentence = (text: string): boolean =>
  /[.!?…]["”»]?$/.test(text.trim()) || (/^\p{Lu}/u.test(text) && text.split(' ').length > 5)

const ended = (text: string): string => (/[.!?…]["”»]?$/.test(text) ? text : `${text}.`)

const sentencesOf = (from: KnownFact): Slot[] =>
  tidy(from.text)
    .split(/(?<=[.!?…]),?\s+(?=\p{Lu}|\d|¿)/u)
    .filter((text) => statable(text, 240) && isSentence(text))
    .map((text) => ({ text: ended(text.charAt(0).toUpperCase() + text.slice(1)), facts: [from.fact.id] }))

/** A noun as it stands within a sentence: German ones keep their capital, and so do names and abbreviations. */
const inner = (text: string, language: LetterLanguage): string =>
  language === 'de' || !/^\p{Lu}\p{Ll}/u.test(text) || /^\p{Lu}\p{Ll}+ \p{Lu}/u.test(text)
    ? text
    : text.charAt(0).toLowerCase() + text.slice(1)

type Offer = LetterFacts['offers'][number]

const readOffers = (
  sender: KnownFact[],
  inLanguage: KnownFact[],
  company: string | null,
  language: LetterLanguage,
  profile: string,
): Offer[] => {
  const own = inLanguage.find(({ text }) => statable(text, 500))
  const from = own ?? of(sender, 'offer').find(({ text }) => statable(text, 500))
  if (!from) return []
  const facts = [from.fact.id]
  // A list of offers is one in several wordings; two sentences are enough of each, a third is a brochure.
  const wordings = tidy(from.text)
    .split(/(?<=[.!?]),\s+(?=\p{Lu})/u)
    .map((wording) =>
      wording
        .split(/(?<=[.!?])\s+(?=\p{Lu})/u)
        .slice(0, 2)
        .join(' '),
    )
  if (own) return wordings.map((text) => ({ ...inForm(text, company, language), facts }))
  return (from.language ?? languageOfText(from.text, profile)) === language
    ? []
    : wordings.map((text) => ({ text: text.replace(/[.]+$/, ''), facts, form: 'foreign' as const }))
}

const WE: Record<LetterLanguage, RegExp> = {
  en: /^(?:we|our|i)(?!\p{L})/iu,
  de: /^(?:wir|unser\p{L}*|ich)(?!\p{L})/iu,
  fr: /^(?:nous|notre|nos|je|j['’]\p{L}+)(?!\p{L})/iu,
  es: /^(?:nosotr[oa]s|nuestr[oa]s?|\p{L}+mos)(?!\p{L})/iu,
}

const DOES =
  /^(?:helps|makes|builds|gives|lets|turns|takes|keeps|offers|provides|matches|automates|finds|sells|runs|connects|delivers|reduces|cuts|saves|checks|tracks|manages|replaces|shows|brings|designs|develops|produces|supports|trains)\s/i

/** What can be said as it stands, what needs its subject, and what is only the name of a thing. */
const inForm = (text: string, company: string | null, language: LetterLanguage): Omit<Offer, 'facts'> => {
  const bare = text.replace(/[.]+$/, '')
  if (WE[language].test(text)) return { text: ended(capital(text)), form: 'sentence' }
  if (company && text.toLowerCase().startsWith(`${company.toLowerCase()} `))
    return { text: ended(text), form: 'sentence' }
  if (language === 'en' && /^help\s/i.test(text)) return { text: small(bare), form: 'help' }
  // `Matches invoices to orders`: the company is what does it.
  if (language === 'en' && company && DOES.test(text))
    return { text: ended(`${company} ${small(text)}`), form: 'sentence' }
  if (isSentence(text) && text.split(' ').length > 8) return { text: ended(capital(text)), form: 'sentence' }
  return { text: inner(bare, language), form: 'noun' }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const small = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const readIndustry = (
  lead: KnownFact[],
  sender: KnownFact[],
  company: { value: string; from: KnownFact } | null,
  phrases: Phrases,
  language: LetterLanguage,
): { industry: LetterFacts['industry']; value: string | null; from: KnownFact[] } => {
  const said = (id: string): string | null => (language === 'en' ? id : (phrases.words?.[id] ?? null))
  for (const target of of(sender, 'target_industry')) {
    const wanted = new Set(listed(target.text).map(industryKey))
    for (const from of of(lead, 'industry')) {
      const id = listed(from.text)
        .map(industryKey)
        .find((each) => wanted.has(each))
      const value = id ? said(id) : null
      if (value && quotableName(value)) return { industry: 'named', value, from: [from, target] }
    }
    // A company called "Atlas Packaging" says what it does, if its name is to be believed.
    const words = company?.value.split(/[\s-]+/).slice(1) ?? []
    const id = words.map((word) => industryKey(word)).find((each) => wanted.has(each))
    const value = id ? said(id) : null
    if (company && value && quotableName(value)) return { industry: 'by_name', value, from: [company.from, target] }
  }
  return { industry: null, value: null, from: [] }
}

/** A finding whose value can be said in the letter's language; none where it cannot. */
const inWords = (
  found: FoundCommonality,
  language: LetterLanguage,
  phrases: Phrases,
  lead: KnownFact[],
): FoundCommonality[] => {
  if (!phrases.shared[found.kind]) return []
  const said = (value: string | null): FoundCommonality[] => (value ? [{ ...found, value }] : [])
  switch (found.kind) {
    case 'city':
      return said(found.value && cityIn(language, found.value))
    case 'area':
    case 'country':
    case 'company_size':
      return [found]
    case 'function':
      return found.value === 'management' ? [] : [found]
    case 'industry':
    case 'interest': {
      if (language === 'en') {
        // A hobby in another language is not put into an English sentence.
        const own = detectLanguage(found.supporting_evidence.join(' '))
        return own && own.language !== 'en' && own.confidence > 0.5 ? [] : said(found.value)
      }
      return said(phrases.words?.[found.value?.toLowerCase() ?? ''] ?? null)
    }
    case 'language': {
      const code = LANGUAGE_CODES.find((each) => ENGLISH.of(each) === found.value)
      if (!code || code === language) return []
      const name = new Intl.DisplayNames(language, { type: 'language' }).of(code) ?? null
      return said(name)
    }
    default:
      return lead.length ? said(found.value) : []
  }
}

const ENGLISH = new Intl.DisplayNames('en', { type: 'language' })
const LANGUAGE_CODES =
  'da sv nb fi is nl it pt pl cs sk hu ro bg hr sr sl et lv lt tr el he ar fa ja ko ru uk ca eu ga cy'.split(' ')

/**
 * What somebody wrote down about the lead is for inside use; only three kinds of it may be spoken of: who referred, where one
 * met, and that the lead likes it short. Each is said to come from notes, because nobody can vouch for it.
 */
const readNotes = (lead: KnownFact[], language: LetterLanguage, set: Set_): LetterFacts['noted'] => {
  for (const from of of(lead, 'mutual')) {
    const name = greetable(from.text)
    if (name && /refer|empfohlen|recommand|recomend|introduc/i.test(from.fact.field ?? '')) {
      set('referrer', name, from)
      return 'referred'
    }
  }
  for (const from of of(lead, 'note')) {
    const referrer = greetable(
      /\b(?:[Rr]eferred|[Rr]ecommended|[Ii]ntroduced|[Ii]ntro) by ((?:\p{Lu}[\p{L}'’.-]*)(?: \p{Lu}[\p{L}'’.-]*){0,3})/u.exec(
        from.text,
      )?.[1] ?? '',
    )
    if (referrer) {
      set('referrer', referrer, from)
      return 'referred'
    }
    const fair =
      /^(?:we )?met (?:him |her |them )?(?:at|in) (?:the )?(?:trade )?fair in (\p{Lu}[\p{L}-]+(?: \p{Lu}[\p{L}-]+)?)[.!]?$/iu.exec(
        tidy(from.text),
      )?.[1]
    if (fair && quotableName(fair)) {
      const city = cityIn(language, fair)
      set(
        'met',
        {
          en: `at the fair in ${city}`,
          de: `auf der Messe in ${city}`,
          fr: `au salon de ${city}`,
          es: `en la feria de ${city}`,
        }[language],
        from,
      )
      return 'met'
    }
    const place = /^(?:we )?met (?:him |her |them )?at ((?:the )?\p{Lu}[\p{L}\p{N}&' -]{2,40})[.!]?$/u.exec(
      tidy(from.text),
    )?.[1]
    if (place && language === 'en' && quotableName(place)) {
      set('met', `at ${place}`, from)
      return 'met'
    }
    if (/\bsend me something short\b|\bkeep it short\b|\blikes it short\b/i.test(from.text)) {
      set('note', from.text, from)
      return 'short'
    }
  }
  return null
}

const greetable = (text: string): string | null => {
  const name = quotableName(tidy(text), 40)
  return name &&
    /^\p{Lu}[\p{L}'’.-]*(?: \p{Lu}[\p{L}'’.-]*)+$/u.test(name) &&
    !/\b(?:ltd|inc|gmbh|google|linkedin)\b/i.test(name)
    ? name
    : null
}
