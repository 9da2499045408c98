/**
 * Writes a letter by rule: what lead and sender share or else a plain reason, what the sender offers in the sender's own
 * words, one question. Every sentence is either one of the phrases, whose slots are facts, or a sentence of the sender's
 * profile or prompt; there is no other source of words, so nothing can be claimed that no fact supports.
 */
import { type FoundCommonality, strength } from '../commonalities.ts'
import { detectLanguage } from '../detect-language.ts'
import { readKnownFacts } from '../known-fields.ts'
import type { WriteRequest, WrittenMessage } from '../ports/llm/port.ts'
import { hash32 } from '../variant-assignment.ts'
import { languageOfLead, languageOfPrompt } from './asked-language.ts'
import { english } from './english.ts'
import { french } from './french.ts'
import { german } from './german.ts'
import { type LetterFacts, readLetterFacts } from './letter-facts.ts'
import {
  capitalise,
  fill,
  inTone,
  isLetterLanguage,
  isUsable,
  type LetterLanguage,
  type Phrases,
  type Slot,
  type Slots,
  slotsOf,
} from './phrases.ts'
import { readWishes, type Wishes } from './prompt-wishes.ts'
import { quotableSentence } from './quotable.ts'
import { spanish } from './spanish.ts'

const PHRASES: Record<LetterLanguage, Phrases> = { en: english, de: german, fr: french, es: spanish }

/** A sentence of a letter; those with a higher number go first where a letter is too long, 0 stays to the last. */
type Sentence = Slot & { dispensable: number }
type Paragraph = (Sentence | null)[]

type Desk = {
  request: WriteRequest
  wishes: Wishes
  language: LetterLanguage
  phrases: Phrases
  known: LetterFacts
  slots: Slots
  formal: boolean
  contracted: boolean
  seed: string
  /** How often each slot stands in the letter so far: a name in every sentence reads like a form. */
  uses: Map<string, number>
}

/** The same request gives the same letter. Never throws for what facts or prompt hold. */
export const composeLetter = (request: WriteRequest): WrittenMessage => {
  const wishes = readWishes(request.prompt)
  const language = letterLanguage(request, wishes)
  const phrases = PHRASES[language]
  // A text that was refused is not merely shaken: what was said about it changes the choice of every word.
  const seed = [request.seed, request.step.index, ...request.mend].join('\n')
  const known = readLetterFacts(request.facts, language, phrases)
  const desk: Desk = {
    request,
    wishes,
    language,
    phrases,
    known,
    slots: {
      ...known.slots,
      ...(wishes.link ? { link: { text: wishes.link, facts: [] } } : {}),
      minutes: { text: String(wishes.minutes), facts: [] },
    },
    // Outside of English the formal form is the one that offends nobody.
    formal: wishes.formal ?? language !== 'en',
    contracted: wishes.formal !== true && hash32(`${seed}:contract`) % 3 !== 0,
    seed,
    uses: new Map(),
  }
  return request.step.earlier.length > 0 ? writeAgain(desk) : writeFirst(desk)
}

/**
 * The asked language; else what the prompt says; else the prompt's own. The lead's language is told from a field that names
 * it, else from the country. A language without phrases is written in English.
 */
const letterLanguage = (request: WriteRequest, wishes: Wishes): LetterLanguage => {
  const asked = request.language?.toLowerCase().split(/[-_]/)[0]
  if (asked) return isLetterLanguage(asked) ? asked : 'en'
  if (wishes.language !== null && wishes.language !== 'lead') return wishes.language
  if (wishes.language === 'lead') return languageOfLead(readKnownFacts(request.facts).lead) ?? 'en'
  return languageOfPrompt(request.prompt) ?? 'en'
}

const wordsIn = (text: string): number => text.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’.-]*/gu)?.length ?? 0

/** How often a slot may stand in one letter while there is another way to say it. */
const OFTEN: Record<string, number> = { topic: 2, company: 1, sender_company: 1, duty: 1, first: 1, shared: 1 }

/** One of the ways to say something that can be said with what is known and holds no word to be avoided; null if there is none. */
const say = (desk: Desk, place: string, templates: readonly string[] | undefined, dispensable = 0): Sentence | null => {
  const ways = (templates ?? [])
    .filter((template) => isUsable(template, desk.slots))
    .flatMap((template) => {
      const { text, facts } = fill(voiced(desk, template), desk.slots)
      return isAllowed(desk, text) ? [{ template, text, facts, dispensable }] : []
    })
  const spare = ways.filter(({ template }) =>
    slotsOf(template).every((name) => (desk.uses.get(stem(name)) ?? 0) < (OFTEN[stem(name)] ?? 9)),
  )
  const choice = spare.length ? spare : ways
  const chosen = choice[hash32(`${desk.seed}:${place}`) % Math.max(1, choice.length)]
  if (!chosen) return null
  for (const name of slotsOf(chosen.template)) desk.uses.set(stem(name), (desk.uses.get(stem(name)) ?? 0) + 1)
  return { text: chosen.text, facts: chosen.facts, dispensable }
}

/** The forms of one slot count as one. */
const stem = (name: string): string => name.replace(/^(?:of|to)_/, '')

const voiced = (desk: Desk, template: string): string => {
  const toned = inTone(template, desk.formal)
  return desk.contracted && desk.phrases.contract ? desk.phrases.contract(toned) : toned
}

/** The plural of a word to be avoided is to be avoided too. */
const isAllowed = (desk: Desk, text: string): boolean =>
  !desk.wishes.avoid.some((word) => {
    const literal = word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?:e?s|e?n)?(?![\\p{L}\\p{N}])`, 'iu').test(text)
  })

const given = (desk: Desk, slot: Slot | null | undefined, dispensable: number): Sentence | null =>
  slot && isAllowed(desk, slot.text) ? { ...slot, dispensable } : null

const chance = (desk: Desk, place: string, percent: number): boolean => hash32(`${desk.seed}:${place}?`) % 100 < percent

const pick = <T>(desk: Desk, place: string, list: readonly T[]): T | undefined =>
  list[hash32(`${desk.seed}:${place}`) % Math.max(1, list.length)]

const greet = (desk: Desk): Sentence => {
  const { greeting } = desk.phrases
  // Who was greeted in one way is not greeted in another a week later.
  const before = desk.request.step.earlier.at(-1)?.text.trimStart().split('\n')[0]?.trim()
  for (const template of Object.values(greeting).flat())
    if (before && isUsable(template, desk.slots)) {
      const again = fill(template, desk.slots)
      if (again.text === before && isAllowed(desk, again.text)) return { ...again, dispensable: 0 }
    }
  const ways =
    desk.wishes.formal === true ? greeting.formal : desk.wishes.formal === false ? greeting.informal : greeting.usual
  // A salutation that the list itself has is more than any guess.
  const saluted = desk.formal
    ? greeting.formal.filter((template) => slotsOf(template).includes('salute') && isUsable(template, desk.slots))
    : []
  return (
    say(desk, 'greeting', saluted.length ? saluted : ways) ??
    say(desk, 'greeting', greeting.nameless) ?? { text: greeting.nameless[0] as string, facts: [], dispensable: 0 }
  )
}

type Opening = {
  sentence: Sentence
  commonality: FoundCommonality | null
  kind: 'noted' | 'shared' | 'given' | 'quoted'
}

const open = (desk: Desk): Opening | null => {
  const { known, phrases } = desk
  if (known.noted) {
    const sentence = say(desk, 'opening', phrases.noted[known.noted], 1)
    if (sentence)
      return {
        sentence: { ...sentence, facts: known.noted === 'short' ? (desk.slots.note?.facts ?? []) : sentence.facts },
        commonality: null,
        kind: 'noted',
      }
  }
  const reason = given(desk, known.opening, 1)
  if (reason) return { sentence: reason, commonality: null, kind: 'given' }
  for (const commonality of known.shared) {
    // What is true of many is not said to all of them.
    if (strength(commonality) < 0.4 && !chance(desk, 'weak', 40)) continue
    if (commonality.value) desk.slots.shared = { text: commonality.value, facts: commonality.fact_ids }
    const sentence = say(desk, 'opening', phrases.shared[commonality.kind], 1)
    if (sentence) {
      // Where what is shared is one of the two companies, its name has been said.
      for (const name of ['company', 'sender_company'])
        if (desk.slots[name]?.text === commonality.value) desk.uses.set(name, (desk.uses.get(name) ?? 0) + 1)
      return {
        sentence: { ...sentence, facts: [...sentence.facts, ...commonality.fact_ids] },
        commonality,
        kind: 'shared',
      }
    }
    delete desk.slots.shared
  }
  const quote = desk.request.mend.length ? null : quotedLine(desk)
  if (quote) {
    desk.slots.quote = quote
    const sentence = say(desk, 'opening', phrases.quoted, 1)
    if (sentence) return { sentence, commonality: null, kind: 'quoted' }
  }
  return null
}

/** A sentence of the company's own pages in the letter's language that says what the company does. */
const quotedLine = (desk: Desk): Slot | null => {
  const company = desk.slots.company?.text.toLowerCase()
  for (const fact of desk.request.facts) {
    if (fact.source.kind !== 'page' || fact.about !== 'company') continue
    const text = quotableSentence(fact.text, 130)
    if (!text || wordsIn(text) < 5 || wordsIn(text) > 20) continue
    const about = company !== undefined && text.toLowerCase().includes(company)
    if (!about && !SELF_DESCRIPTION[desk.language].test(text)) continue
    if (
      /cookie|privacy|javascript|copyright|©|datenschutz|rights reserved|confidentialité|privacidad|login|log in|sign up|browser/i.test(
        text,
      )
    )
      continue
    if ((detectLanguage(text)?.language ?? desk.language) !== desk.language) continue
    return { text, facts: [fact.id] }
  }
  return null
}

const SELF_DESCRIPTION: Record<LetterLanguage, RegExp> = {
  en: /^(?:we|our)\s/i,
  de: /^(?:wir|unser\w*)\s/i,
  fr: /^(?:nous|notre|nos)\s/i,
  es: /^(?:nosotros|nuestr\w+|\p{L}+mos)\s/iu,
}

type Why = 'fits' | 'top' | 'leads' | 'elsewhere' | 'works_in' | 'industry' | 'by_name' | 'company' | 'stranger'

const whyOf = (desk: Desk): Why[] => {
  const { job, rank, fits, industry } = desk.known
  const order: Why[] = []
  if (rank === 'top') order.push('top')
  if (rank) order.push('leads')
  else if (job && fits === true) order.push('fits')
  else if (job && fits === false) order.push('elsewhere')
  else if (job) order.push('works_in')
  if (industry === 'named') order.push('industry')
  if (industry === 'by_name') order.push('by_name')
  order.push('company', 'stranger')
  return order
}

const why = (desk: Desk, opened: boolean): (Sentence & { why: Why }) | null => {
  for (const each of whyOf(desk)) {
    if (each === 'stranger' && opened) return null
    const sentence = say(desk, 'why', desk.phrases.why[each], opened ? 1 : 0.5)
    if (sentence) return { ...sentence, why: each }
  }
  return null
}

const offer = (desk: Desk): Sentence | null => {
  const { offers } = desk.known
  const allowed = offers.filter(({ text }) => isAllowed(desk, text))
  const brief = [...allowed].sort((one, other) => wordsIn(one.text) - wordsIn(other.text))[0]
  const chosen = longest(desk) < 60 ? brief : pick(desk, 'wording', allowed)
  if (!chosen) return null
  desk.slots.offer = chosen
  const at_company = chosen.form === 'sentence' ? desk.phrases.at_company?.(chosen.text) : undefined
  if (at_company) desk.slots.offer_at_company = { text: at_company, facts: chosen.facts }
  const ways = desk.phrases.offer[chosen.form]
  // Who writes is said in passing where it has not been said yet.
  const naming =
    (desk.uses.get('sender_company') ?? 0) > 0 ? [] : ways.filter((way) => slotsOf(way).includes('sender_company'))
  return (chance(desk, 'naming', 70) ? say(desk, 'offer', naming, 0.3) : null) ?? say(desk, 'offer', ways, 0.3)
}

const ask = (
  desk: Desk,
  { elsewhere, blank, pain }: { elsewhere: boolean; blank: boolean; pain: boolean },
): Sentence | null => {
  const { question } = desk.phrases
  const { wishes, known } = desk
  if (wishes.call_to_action) {
    const wished = given(desk, { text: wishes.call_to_action, facts: [] }, 0)
    if (wished) return wished
  }
  if (wishes.ask) {
    const wished = say(desk, 'question', question[wishes.ask])
    if (wished) return wished
  }
  if (blank) return say(desk, 'question', question.blank)
  if (elsewhere) return say(desk, 'question', question.elsewhere) ?? say(desk, 'question', question.open)
  const own = chance(desk, 'own question', 45) ? given(desk, pick(desk, 'call', known.calls_to_action), 0) : null
  return (
    own ??
    say(desk, 'question', pain ? [...question.topic, ...question.pain] : question.topic) ??
    say(desk, 'question', question.open)
  )
}

const mentions = (desk: Desk): Sentence[] =>
  desk.wishes.mention.flatMap((text) => given(desk, { text, facts: [] }, 0) ?? [])

const writeFirst = (desk: Desk): WrittenMessage => {
  const { known, wishes, phrases } = desk
  const greeting = greet(desk)
  const opening = open(desk)
  const reason = why(desk, opening !== null)
  const elsewhere = reason?.why === 'elsewhere'
  const trade =
    reason &&
    ['fits', 'top', 'leads'].includes(reason.why) &&
    known.industry &&
    (wishes.min_words || chance(desk, 'trade', 60))
      ? say(desk, 'trade', known.industry === 'named' ? phrases.why.industry : phrases.why.by_name, 2)
      : null
  const pain = given(desk, pick(desk, 'pain', known.pains), 2)
  const offered = offer(desk)
  const named =
    (desk.uses.get('sender_company') ?? 0) > 0 ||
    (offered?.text.includes(desk.slots.sender_company?.text ?? '\n') ?? false)
  const introduction = named
    ? null
    : say(desk, 'introduction', pain && offered ? phrases.after_pain : phrases.introduction, offered ? 2 : 0)
  const proof = given(desk, pick(desk, 'proof', known.proofs), 3)
  const link = say(desk, 'link', wishes.link ? phrases.link : [])
  const question = ask(desk, { elsewhere, blank: !offered && !desk.slots.topic, pain: pain !== null })
  const closing =
    known.noted === 'short' || !chance(desk, 'closing', 55) ? null : say(desk, 'closing', phrases.closing, 4)

  const matter: Paragraph = [pain, introduction, offered]
  const evidence = proof && (chance(desk, 'proof', 65) || (wishes.min_words ?? 0) >= 80) ? proof : null
  const shapes: Paragraph[][] = [
    [
      [opening?.sentence ?? null, reason],
      [...matter, evidence],
      [trade, ...mentions(desk), link],
      [question, closing],
    ],
    [[opening?.sentence ?? null, reason, trade], matter, [evidence, ...mentions(desk), link, question], [closing]],
    [
      [opening?.sentence ?? null, reason],
      [trade, ...matter],
      [evidence, ...mentions(desk), link],
      [question, closing],
    ],
  ]
  // Where nothing but a job or a company is known, the matter may come before the person.
  if (!opening && pain && !elsewhere)
    shapes.push(
      [
        [pain, introduction, offered],
        [reason, trade],
        [evidence, ...mentions(desk), link],
        [question, closing],
      ],
      [[pain], [introduction, offered, evidence], [reason, ...mentions(desk), link, question], [closing]],
    )
  const shape = pick(desk, 'shape', shapes) ?? (shapes[0] as Paragraph[])
  const body = fit(desk, greeting, shape)
  return {
    subject: subjectOf(desk, { elsewhere, opening }),
    body: body.text,
    used_facts: [...new Set(body.facts)],
    commonality:
      opening?.commonality && body.sentences.has(opening.sentence.text) ? commonalityOf(opening.commonality) : null,
  }
}

const commonalityOf = ({
  text,
  confidence_score,
  rarity_score,
  relevance_score,
  supporting_evidence,
}: FoundCommonality): WrittenMessage['commonality'] => ({
  text,
  confidence_score,
  rarity_score,
  relevance_score,
  supporting_evidence,
})

/** One who asked for something short gets that, whatever the prompt allows. */
const longest = (desk: Desk): number => Math.min(desk.wishes.max_words ?? 140, desk.known.noted === 'short' ? 75 : 140)

/** Leaves out what can be spared, the most dispensable first, until the letter is as short as it was asked to be. */
const fit = (
  desk: Desk,
  greeting: Sentence,
  shape: Paragraph[],
  limit = longest(desk),
): { text: string; facts: string[]; sentences: Set<string> } => {
  let paragraphs = shape.map((paragraph) => paragraph.filter((sentence) => sentence !== null))
  const total = (): number =>
    wordsIn(greeting.text) + paragraphs.flat().reduce((sum, { text }) => sum + wordsIn(text), 0)
  while (total() > limit) {
    const most = Math.max(...paragraphs.flat().map(({ dispensable }) => dispensable))
    if (!(most > 0)) break
    const victim = paragraphs.flat().findLast(({ dispensable }) => dispensable === most)
    paragraphs = paragraphs.map((paragraph) => paragraph.filter((sentence) => sentence !== victim))
  }
  // Below that only the question is left, if need be.
  while (total() > limit && paragraphs.flat().length > 1) {
    const first = paragraphs.findIndex((paragraph) => paragraph.length > 0)
    paragraphs = paragraphs.map((paragraph, index) => (index === first ? paragraph.slice(0, -1) : paragraph))
  }
  const filled = paragraphs.filter((paragraph) => paragraph.length > 0)
  const kept = filled.flat()
  const opening_line = desk.phrases.lower_after_greeting && filled[0]?.[0] ? lowered(filled[0][0].text) : null
  const texts = filled.map((paragraph, index) =>
    paragraph.map(({ text }, at) => (index === 0 && at === 0 && opening_line ? opening_line : text)).join(' '),
  )
  return {
    text: [greeting.text, ...texts].join('\n\n'),
    facts: [...greeting.facts, ...kept.flatMap(({ facts }) => facts)],
    sentences: new Set(kept.map(({ text }) => text)),
  }
}

/** After `Guten Tag Frau Braun,` a German letter goes on in lower case, unless with a noun, a name or the formal `Sie`. */
const lowered = (text: string): string =>
  /^(?:Ich|Wir|Mein\w*|Unser\w*|Da|Laut|Auf|Aus|Nach|Wenn|In|Bei|Beim|Ob|Falls|Dass|Wer|Wie|Vor|Zu|Zum|Noch|Darf|Von|Weil|Kurz|Es|Ein\w*|Dies\w*|Heute|Viele|Die|Der|Das|Um|Gut|Passt|Neben|Dem|Mit|Du|Deine?|Vielleicht|Was|Ist|Haben|Auch|Nicht|Jede\w*|Man|Nur|Für|Mehr|Deshalb|So|Sollte|Zwischen|Während|Seit|Über|Unter|Ohne|Soll|Hat|Kann|Wäre)(?= )/.test(
    text,
  )
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text

const subjectOf = (desk: Desk, { elsewhere, opening }: { elsewhere: boolean; opening: Opening | null }): string => {
  const { subject } = desk.phrases
  const nameable =
    opening?.kind === 'shared' &&
    ['school', 'former_employer', 'city', 'event', 'sender_was_there'].includes(opening.commonality?.kind ?? '')
  const orders: string[][] = [
    ...(elsewhere ? [subject.elsewhere] : []),
    ...(nameable && chance(desk, 'subject shared', 50) ? [subject.shared] : []),
    subject.topic,
    subject.open,
  ]
  return subjectFrom(desk, orders)
}

const subjectFrom = (desk: Desk, orders: string[][]): string => {
  const words = desk.wishes.subject_words ?? 9
  // A subject may repeat what the body says.
  desk.uses.clear()
  for (const templates of orders) {
    const short = templates.filter((template) => {
      if (!isUsable(template, desk.slots)) return false
      const { text } = fill(inTone(template, desk.formal), desk.slots)
      return text.length <= 70 && wordsIn(text) <= words
    })
    const sentence = say({ ...desk, contracted: false }, 'subject', short)
    if (sentence) return capitalise(sentence.text)
  }
  return capitalise(inTone(desk.phrases.subject.open.at(-1) as string, desk.formal))
}

const writeAgain = (desk: Desk): WrittenMessage => {
  const { known, phrases, request, wishes } = desk
  const { again } = phrases
  const before = request.step.earlier.map(({ text }) => flat(text)).join('\n')
  const last = request.step.total > 1 && request.step.index >= request.step.total
  const isNew = ({ text }: Slot): boolean => !before.includes(flat(text))
  const greeting = greet(desk)
  const fresh = (templates: readonly string[]): string[] => {
    const unused = templates.filter(
      (template) => !isUsable(template, desk.slots) || isNew(fill(voiced(desk, template), desk.slots)),
    )
    return unused.length ? unused : [...templates]
  }
  const shortest = Math.min(...request.step.earlier.map(({ text }) => wordsIn(text)))
  const limit = Math.min(wishes.max_words ?? 140, Math.max(12, shortest - 1))
  const room = limit - wordsIn(greeting.text)
  const brief = (templates: readonly string[], words: number): string[] => {
    const lengths = templates.map((template) =>
      isUsable(template, desk.slots)
        ? wordsIn(fill(voiced(desk, template), desk.slots).text)
        : Number.POSITIVE_INFINITY,
    )
    const fitting = templates.filter((_, at) => (lengths[at] as number) <= words)
    return fitting.length ? fitting : templates.filter((_, at) => lengths[at] === Math.min(...lengths))
  }
  const shape = (): Paragraph[] => {
    if (last) return [[say(desk, 'last', brief(fresh(again.last), room))], mentions(desk)]
    const question = wished(desk) ?? say(desk, 'question', fresh(again.question))
    const rest = [...mentions(desk), question]
    const left = room - rest.reduce((sum, sentence) => sum + (sentence ? wordsIn(sentence.text) : 0), 0)
    const opening = say(desk, 'again', brief(fresh(again.opening), left / 2))
    // What announces something new must not stand there without it.
    const unsaid = [...known.proofs, ...known.pains].filter(
      (each) => isNew(each) && isAllowed(desk, each.text) && wordsIn(each.text) + wordsIn(opening?.text ?? '') <= left,
    )
    const news = given(desk, pick(desk, 'news', unsaid), 0)
    return opening && news
      ? [[opening, news], rest]
      : [[say(desk, 'still', brief(fresh(again.still), left), 1), ...rest]]
  }
  const body = fit(desk, greeting, shape(), limit)
  return {
    subject: subjectFrom(desk, [fresh(last ? again.last_subject : again.subject), phrases.subject.open]),
    body: body.text,
    used_facts: [...new Set(body.facts)],
    commonality: null,
  }
}

const wished = (desk: Desk): Sentence | null =>
  given(desk, desk.wishes.call_to_action ? { text: desk.wishes.call_to_action, facts: [] } : null, 0)

const flat = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
