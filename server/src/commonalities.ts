/**
 * What a lead and a sender have in common, found by comparing what is known of both. Nothing is guessed: each finding names
 * the facts on both sides, and two values are the same only if they are after spelling, language and legal forms are undone.
 */
import { countryCode } from './country-zone.ts'
import { jobFunctionOf } from './job-function.ts'
import { type KnownFact, type KnownField, listed, readKnownFacts } from './known-fields.ts'
import { isVacant, quotableName, restoreCase, spokenCompany, tidy } from './letters/quotable.ts'
import { cityKey, isLargeCity, sharedArea } from './place-names.ts'
import type { Commonality, Fact } from './ports/llm/port.ts'

export type CommonalityKind =
  | 'mutual'
  | 'former_employer'
  | 'sender_was_there'
  | 'lead_was_here'
  | 'event'
  | 'school'
  | 'city'
  | 'area'
  | 'region'
  | 'country'
  | 'industry'
  | 'function'
  | 'tool'
  | 'interest'
  | 'language'
  | 'company_size'

export type FoundCommonality = Commonality & {
  kind: CommonalityKind
  /** What is shared, as it may stand in a sentence; null where it may not. */
  value: string | null
  /** Ids of the facts on both sides. */
  fact_ids: string[]
}

/** Below this a finding is true and says nothing: that both are in one country, or both speak English. */
const WORTH_SAYING = 0.3

/**
 * All that is shared, the most telling first: by the product of confidence, rarity and relevance. Findings too common to
 * matter are left out.
 */
export const findCommonalities = (facts: readonly Fact[]): FoundCommonality[] => {
  const known = readKnownFacts(facts)
  const [lead, sender] = [known.lead, known.sender].map((side) => side.filter(({ text }) => !isVacant(text))) as [
    KnownFact[],
    KnownFact[],
  ]
  const found: FoundCommonality[] = [
    ...places(lead, sender),
    ...employers(lead, sender),
    ...(['school', 'event', 'industry', 'interest', 'tool', 'language', 'mutual'] as const).flatMap((field) =>
      sharedValues(field, lead, sender),
    ),
    ...functions(lead, sender),
    ...sizes(lead, sender),
  ]
  const once = new Map<string, FoundCommonality>()
  for (const each of found) {
    const key = `${each.kind}:${each.text}`
    const known = once.get(key)
    if (!known || strength(each) > strength(known)) once.set(key, each)
  }
  return [...once.values()]
    .filter((each) => strength(each) >= WORTH_SAYING)
    .sort((one, other) => strength(other) - strength(one) || one.text.localeCompare(other.text))
}

/** How much a finding carries, from 0 to 1: the geometric mean of its three scores. */
export const strength = (found: Commonality): number =>
  Math.cbrt(found.confidence_score * found.rarity_score * found.relevance_score)

type Scores = { confidence: number; rarity: number; relevance: number }

const finding = (
  kind: CommonalityKind,
  text: string,
  value: string | null,
  pair: [KnownFact, KnownFact],
  scores: Scores,
): FoundCommonality => ({
  kind,
  text,
  value,
  confidence_score: round(scores.confidence * Math.min(...pair.map(({ fact }) => trust(fact)))),
  rarity_score: round(scores.rarity),
  relevance_score: round(scores.relevance),
  supporting_evidence: pair.map(({ fact }) => fact.text),
  fact_ids: pair.map(({ fact }) => fact.id),
})

const round = (score: number): number => Math.round(Math.min(1, Math.max(0, score)) * 100) / 100

/** How far a source is to be believed: what the workspace holds, what the company says, what a search brought up. */
const trust = (fact: Fact): number =>
  fact.source.kind === 'search' ? 0.6 : fact.source.kind === 'page' ? 0.8 : fact.source.kind === 'given' ? 0.9 : 1

// A row has a few columns of one kind; whoever sends hundreds of them gets the first.
const MOST_OF_A_KIND = 20

const of = (facts: KnownFact[], ...fields: KnownField[]): KnownFact[] =>
  facts.filter(({ field }) => fields.includes(field)).slice(0, MOST_OF_A_KIND)

const singles = (facts: KnownFact[]): { value: string; from: KnownFact }[] =>
  facts.flatMap((from) => listed(from.text).map((value) => ({ value, from })))

const key = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/ø/gi, 'o')
    .replaceAll(/ł/gi, 'l')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}+#]+/gu, ' ')
    .trim()

const places = (lead: KnownFact[], sender: KnownFact[]): FoundCommonality[] => {
  const found: FoundCommonality[] = []
  const countryOf = (side: KnownFact[]): string | null =>
    of(side, 'country')
      .map(({ text }) => countryCode(text))
      .find(Boolean) ?? null
  const [leadCountry, senderCountry] = [countryOf(lead), countryOf(sender)]
  for (const one of of(lead, 'city'))
    for (const other of of(sender, 'city')) {
      const [here, there] = [cityKey(one.text), cityKey(other.text)]
      if (here.length < 2 || there.length < 2) continue
      // Two Cambridges: with both countries known and different it is another city of the name.
      if (here === there && (!leadCountry || !senderCountry || leadCountry === senderCountry)) {
        const value = quotableName(restoreCase(tidy(one.text)))
        found.push(
          finding('city', `Both are in ${value ?? 'the same city'}.`, value, [one, other], {
            confidence: leadCountry && senderCountry ? 0.95 : 0.85,
            rarity: isLargeCity(here) ? 0.3 : 0.6,
            relevance: 0.5,
          }),
        )
      }
      const area = sharedArea(here, there)
      if (area)
        found.push(
          finding('area', `Both are in ${area.en}.`, area.en, [one, other], {
            confidence: 0.9,
            rarity: 0.5,
            relevance: 0.45,
          }),
        )
    }
  for (const one of of(lead, 'region'))
    for (const other of of(sender, 'region')) {
      if (key(one.text).length < 3 || key(one.text) !== key(other.text)) continue
      if (leadCountry && senderCountry && leadCountry !== senderCountry) continue
      const value = quotableName(restoreCase(tidy(one.text)))
      found.push(
        finding('region', `Both are in ${value ?? 'the same region'}.`, value, [one, other], {
          confidence: 0.9,
          rarity: 0.4,
          relevance: 0.4,
        }),
      )
    }
  const [one, other] = [
    of(lead, 'country').find(({ text }) => countryCode(text)),
    of(sender, 'country').find(({ text }) => countryCode(text)),
  ]
  if (one && other && leadCountry && leadCountry === senderCountry) {
    const name = new Intl.DisplayNames('en', { type: 'region' }).of(leadCountry) ?? leadCountry
    found.push(
      finding('country', `Both are in the same country: ${name}.`, name, [one, other], {
        confidence: 0.95,
        rarity: LARGE_COUNTRIES.has(leadCountry) ? 0.05 : 0.2,
        relevance: 0.25,
      }),
    )
  }
  return found
}

const LARGE_COUNTRIES = new Set([
  'US',
  'GB',
  'DE',
  'FR',
  'ES',
  'IT',
  'IN',
  'CN',
  'BR',
  'JP',
  'CA',
  'AU',
  'MX',
  'PL',
  'RU',
])

/** Employers of half the world: to have been there as well is less of a tie. */
const LARGE_EMPLOYERS = new Set(
  'google microsoft amazon apple meta facebook ibm sap siemens deloitte pwc kpmg ey accenture oracle bosch volkswagen deutsche bank allianz bnp paribas capgemini walmart mckinsey'.split(
    ' ',
  ),
)

const employers = (lead: KnownFact[], sender: KnownFact[]): FoundCommonality[] => {
  type Place = { key: string; name: string; from: KnownFact }
  const placesOf = (facts: KnownFact[]): Place[] =>
    singles(facts).flatMap(({ value, from }) => {
      const name = spokenCompany(employerIn(value))
      const id = name ? key(name) : ''
      return name && id.length > 1 && !isSelf(id) ? [{ key: id, name, from }] : []
    })
  const now = { lead: placesOf(of(lead, 'company')), sender: placesOf(of(sender, 'company')) }
  const before = { lead: placesOf(of(lead, 'former_employer')), sender: placesOf(of(sender, 'former_employer')) }
  const found: FoundCommonality[] = []
  const pairs = (
    ones: Place[],
    others: Place[],
    make: (one: Place, other: Place, rarity: number) => FoundCommonality,
  ): void => {
    for (const one of ones)
      for (const other of others)
        if (one.key === other.key) found.push(make(one, other, LARGE_EMPLOYERS.has(one.key) ? 0.45 : 0.85))
  }
  const colleagues = now.lead.some((one) => now.sender.some((other) => other.key === one.key))
  pairs(before.lead, before.sender, (one, other, rarity) =>
    finding('former_employer', `Both have worked at ${one.name}.`, one.name, [one.from, other.from], {
      confidence: 0.95,
      rarity,
      relevance: 0.7,
    }),
  )
  if (colleagues) return found
  pairs(now.lead, before.sender, (one, other, rarity) =>
    finding(
      'sender_was_there',
      `The sender has worked at ${one.name}, where the lead is now.`,
      one.name,
      [one.from, other.from],
      { confidence: 0.95, rarity, relevance: 0.85 },
    ),
  )
  pairs(before.lead, now.sender, (one, other, rarity) =>
    finding(
      'lead_was_here',
      `The lead has worked at ${one.name}, where the sender is now.`,
      one.name,
      [one.from, other.from],
      { confidence: 0.95, rarity, relevance: 0.85 },
    ),
  )
  return found
}

const isSelf = (id: string): boolean =>
  /^(?:self|self employed|freelanc\w*|selbst?andig|independent|various|stealth)$/.test(id)

/** `Acme GmbH (2014–2018)` and `Buyer at Acme` name Acme. */
const employerIn = (text: string): string =>
  text
    .replace(/\s*[([][^)\]]*[)\]]\s*$/, '')
    .replace(/\s*[,–-]?\s*(?:19|20)\d\d.*$/, '')
    .replace(/^.{2,60}\s(?:at|@|bei|chez|en)\s+(?=\p{Lu})/u, '')

type ValueRule = {
  scores: Scores
  /** The same for two spellings of one thing. Empty for what is none. */
  key: (text: string) => string
  /** What is shared by so many that it says little. */
  common: RegExp
  text: (value: string) => string
  /** As it stands in the middle of a sentence. */
  value?: (text: string) => string
}

const institution = (text: string): string => {
  const parts = text.split(/\s*(?:,|;|\(|–| - |:)\s*/)
  const named = parts.find((part) =>
    /universi|college|school|institut|hochschule|académie|academy|escuela|école|polytechn|politec|\b(?:uni|tu|fh|mit|eth|epfl|lse|hec|insead|cbs|ucla|iese|esade)\b/i.test(
      part,
    ),
  )
  return tidy((named ?? parts[0] ?? text).replace(/^.*\b(?:at|from|an der|à l['’]|en la)\s+(?=\p{Lu})/u, ''))
}

const SCHOOLS: Record<string, string> = {
  mit: 'massachusetts technology',
  lse: 'london economics political science',
  cbs: 'copenhagen business',
  ucla: 'california los angeles',
  tum: 'technical munich',
  'tu munchen': 'technical munich',
  'technische munchen': 'technical munich',
  nyu: 'new york',
  'eth zurich': 'eth',
  eth: 'eth',
}

const schoolKey = (text: string): string => {
  const words = key(institution(text))
    .replaceAll(
      /\b(?:the|of|and|for|de|del|la|der|die|das|fur|universit\w*|uni|college|school|institute?\w*|hochschule|ecole|escuela|academy)\b/g,
      ' ',
    )
    .replaceAll(/\s+/g, ' ')
    .trim()
  return SCHOOLS[words] ?? SCHOOLS[key(institution(text))] ?? words
}

const LANGUAGES: Record<string, string> = {
  englisch: 'english',
  anglais: 'english',
  ingles: 'english',
  en: 'english',
  deutsch: 'german',
  allemand: 'german',
  aleman: 'german',
  de: 'german',
  francais: 'french',
  franzosisch: 'french',
  frances: 'french',
  fr: 'french',
  espanol: 'spanish',
  spanisch: 'spanish',
  espagnol: 'spanish',
  es: 'spanish',
  dansk: 'danish',
  danisch: 'danish',
  danois: 'danish',
  danes: 'danish',
  da: 'danish',
  svenska: 'swedish',
  schwedisch: 'swedish',
  suedois: 'swedish',
  sv: 'swedish',
  norsk: 'norwegian',
  norwegisch: 'norwegian',
  italiano: 'italian',
  italienisch: 'italian',
  italien: 'italian',
  it: 'italian',
  portugues: 'portuguese',
  portugiesisch: 'portuguese',
  portugais: 'portuguese',
  pt: 'portuguese',
  nederlands: 'dutch',
  niederlandisch: 'dutch',
  neerlandais: 'dutch',
  nl: 'dutch',
  polski: 'polish',
  polnisch: 'polish',
  polonais: 'polish',
  pl: 'polish',
}

const INDUSTRIES: [RegExp, string][] = [
  [/\b(?:software|saas|computer software|it services?|information technology|informatique|informatik)\b/, 'software'],
  [/\b(?:logisti\w*|transport\w*|freight|supply chain|spedition\w*)\b/, 'logistics'],
  [/\b(?:food|foods|food beverage\w*|lebensmittel\w*|agroaliment\w*|alimentacion)\b/, 'food'],
  [/\b(?:health|healthcare|hospital\w*|gesundheit\w*|sante|salud|medical)\b/, 'health care'],
  [/\b(?:packag\w*|verpackung\w*|emballage\w*|envase\w*)\b/, 'packaging'],
  [/\b(?:textil\w*|apparel|fashion|bekleidung)\b/, 'textiles'],
  [/\b(?:bank\w*|financial services|finanzdienst\w*|fintech)\b/, 'financial services'],
  [/\b(?:construct\w*|bau|bauwesen|batiment|construccion)\b/, 'construction'],
  [/\b(?:energy|energie|renewabl\w*|energia)\b/, 'energy'],
  [/\b(?:retail|einzelhandel|handel|distribution|comercio minorista)\b/, 'retail'],
  [/\b(?:manufactur\w*|machinery|maschinenbau|industrial|fertigung)\b/, 'manufacturing'],
  [/\b(?:travel|tourism\w*|tourismus|hospitality|turismo)\b/, 'travel'],
]

/** An industry under one name in English, whatever the list calls it; the words themselves where it is none of the usual. */
export const industryKey = (text: string): string => {
  const words = key(text)
  return INDUSTRIES.find(([pattern]) => pattern.test(words))?.[1] ?? words
}

const lower = (text: string): string =>
  text
    .split(' ')
    .map((word) =>
      word === word.toUpperCase() && word.length > 1 ? word : /^\p{Lu}\p{Ll}+$/u.test(word) ? word.toLowerCase() : word,
    )
    .join(' ')

const RULES: Record<'school' | 'event' | 'industry' | 'interest' | 'tool' | 'language' | 'mutual', ValueRule> = {
  school: {
    scores: { confidence: 0.95, rarity: 0.75, relevance: 0.55 },
    key: schoolKey,
    common: /^$/,
    text: (value) => `Both list ${value}.`,
    value: institution,
  },
  event: {
    scores: { confidence: 0.9, rarity: 0.75, relevance: 0.75 },
    key: (text) =>
      key(text)
        .replaceAll(/\b(?:19|20)\d\d\b/g, '')
        .trim(),
    common: /^$/,
    text: (value) => `Both list the event ${value}.`,
    value: (text) => text.replace(/\s*\b(?:19|20)\d\d\b/g, ''),
  },
  industry: {
    scores: { confidence: 0.85, rarity: 0.4, relevance: 0.7 },
    key: industryKey,
    common: /^(?:software|technology|internet|services|consulting|business)$/,
    text: (value) => `Both work in the same industry: ${value}.`,
    value: lower,
  },
  interest: {
    scores: { confidence: 0.85, rarity: 0.55, relevance: 0.3 },
    key: (text) => key(text).replace(/s$/, ''),
    common:
      /^(?:music|reading|travel\w*|sport|film|movie|food|cooking|technology|business|innovation|startup|family|networking|musik|lesen|reisen)$/,
    text: (value) => `Both list ${value} among their interests.`,
    value: lower,
  },
  tool: {
    scores: { confidence: 0.85, rarity: 0.4, relevance: 0.6 },
    key: (text) =>
      key(text)
        .replaceAll(/\b(?:microsoft|google|v?\d+(?: \d+)*)\b/g, '')
        .trim() || key(text),
    common:
      /^(?:excel|word|office|outlook|gmail|google|microsoft|windows|linkedin|zoom|teams|slack|html|css|wordpress|google analytics|analytics)$/,
    text: (value) => `Both use ${value}.`,
  },
  language: {
    scores: { confidence: 0.9, rarity: 0.35, relevance: 0.3 },
    key: (text) => {
      const word = key(text).replace(/ .*$/, '')
      return LANGUAGES[word] ?? word
    },
    common: /^(?:english|german|french|spanish|chinese|hindi)$/,
    text: (value) => `Both speak ${value}.`,
  },
  mutual: {
    scores: { confidence: 0.9, rarity: 0.95, relevance: 0.95 },
    key,
    common: /^(?:yes|no|linkedin|google|friend|colleague|web|website|event|\d+)$/,
    text: (value) => `Both know ${value}.`,
  },
}

const sharedValues = (field: keyof typeof RULES, lead: KnownFact[], sender: KnownFact[]): FoundCommonality[] => {
  const rule = RULES[field]
  const whole = (facts: KnownFact[]) => facts.map((from) => ({ value: from.text, from }))
  // A school may have commas in its name; both readings are held against each other.
  const values = (side: KnownFact[]) =>
    [...singles(of(side, field)), ...(field === 'school' ? whole(of(side, field)) : [])].map((each) => ({
      ...each,
      id: rule.key(each.value),
    }))
  const [ours, theirs] = [lead, sender].map((side) => Map.groupBy(values(side), ({ id }) => id)) as [
    Map<string, ReturnType<typeof values>>,
    Map<string, ReturnType<typeof values>>,
  ]
  const found: FoundCommonality[] = []
  for (const [id, [one]] of ours) {
    const other = theirs.get(id)?.[0]
    if (id.length < 2 || !one || !other) continue
    const common = rule.common.test(id)
    const name =
      field === 'language'
        ? restoreCase(id)
        : field === 'industry' && INDUSTRIES.some(([, name]) => name === id)
          ? id
          : tidy((rule.value ?? ((text) => text))(other.value))
    const value = quotableName(name, 80)
    found.push(
      finding(field, value ? rule.text(value) : 'Both have the same entry.', value, [one.from, other.from], {
        ...rule.scores,
        rarity: common ? 0.05 : rule.scores.rarity,
        relevance: common ? rule.scores.relevance / 2 : rule.scores.relevance,
      }),
    )
  }
  return found
}

const functions = (lead: KnownFact[], sender: KnownFact[]): FoundCommonality[] => {
  const found: FoundCommonality[] = []
  for (const one of of(lead, 'title', 'function'))
    for (const other of of(sender, 'title', 'function')) {
      const name = jobFunctionOf(one.text)
      if (!name || name !== jobFunctionOf(other.text)) continue
      found.push(
        finding('function', `Both work in ${name}.`, name, [one, other], {
          confidence: 0.8,
          rarity: name === 'management' ? 0.1 : 0.35,
          relevance: name === 'management' ? 0.3 : 0.6,
        }),
      )
    }
  return found
}

const STAGES = [10, 50, 200, 1000, 5000] as const

/** How many work there, as a range: `51-200`, `1,001-5,000`, `5000+`, `87`. Null for what is no number. */
export const headcount = (text: string): [number, number] | null => {
  const numbers = [...text.replaceAll(/(?<=\d)[,.' ](?=\d{3}\b)/g, '').matchAll(/\d+/g)].map(([digits]) =>
    Number(digits),
  )
  const [low, high] = numbers
  if (low === undefined || low > 5_000_000 || numbers.length > 2) return null
  if (high !== undefined) return low < high ? [low, high] : null
  return /\+|more than|über|plus de|más de|>/.test(text) ? [low, Number.POSITIVE_INFINITY] : [low, low]
}

const stageOf = ([low, high]: [number, number]): number =>
  STAGES.findIndex((limit) => (Number.isFinite(high) ? (low + high) / 2 : low) <= limit)

const sizes = (lead: KnownFact[], sender: KnownFact[]): FoundCommonality[] => {
  const found: FoundCommonality[] = []
  for (const one of of(lead, 'company_size'))
    for (const other of of(sender, 'company_size')) {
      const [here, there] = [headcount(one.text), headcount(other.text)]
      if (!here || !there || stageOf(here) !== stageOf(there)) continue
      found.push(
        finding('company_size', 'Both companies are of a similar size.', null, [one, other], {
          confidence: 0.7,
          rarity: 0.2,
          relevance: 0.35,
        }),
      )
    }
  return found
}
