import { listed } from '../known-fields.ts'
import { wholeWords } from '../whole-words.ts'
import type { LetterLanguage } from './phrases.ts'

/** What a rule can read from a workspace's instruction. Everything else in it is for language models. */
export type Wishes = {
  min_words: number | null
  max_words: number | null
  subject_words: number | null
  /** Null where nothing was said. */
  formal: boolean | null
  /** `lead`: the lead's own, as far as its facts tell. */
  language: LetterLanguage | 'lead' | null
  /** A question or sentence to end with, word for word. */
  call_to_action: string | null
  /** What to ask for where no words were given. */
  ask: 'call' | 'demo' | 'referral' | null
  minutes: number
  /** Sentences to be in the message. */
  mention: string[]
  /** Words that must not be in it, in lower case. */
  avoid: string[]
  link: string | null
  no_links: boolean
}

const NUMBERS: Record<string, number> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  eighty: 80,
  hundred: 100,
}
const number = (text: string | undefined): number | null => {
  if (text === undefined) return null
  const value = /^\d+$/.test(text) ? Number(text) : (NUMBERS[text.toLowerCase()] ?? Number.NaN)
  return Number.isInteger(value) && value > 0 && value < 2000 ? value : null
}

const N = `(\\d{1,4}|${Object.keys(NUMBERS).join('|')})`
const WORDS = '(?:words?|wörter[n]?|worte[n]?|mots?|palabras?)'
const RANGE = new RegExp(`${N}\\s*(?:-|–|to|and|bis|und|à|et|a|y)\\s*${N}\\s*${WORDS}`, 'i')
const MOST = new RegExp(
  `(?:at most|max(?:imum|imal|\\.)?(?: of| de)?|under|below|less than|fewer than|no(?:t)? more than|no longer than|up to|within|about|around|roughly|höchstens|unter|weniger als|nicht mehr als|bis zu|etwa|moins de|pas plus de|au plus|environ|máximo(?: de)?|menos de|no más de|hasta|in|en)\\s*${N}\\s*(?:short\\s*)?${WORDS}|${N}\\s*${WORDS}\\s*(?:max|or (?:less|fewer)|at most|maximum|or under|höchstens|maximal|oder weniger|maximum|como máximo|o menos)`,
  'i',
)
const LEAST = new RegExp(
  `(?:at least|min(?:imum|destens)?|no(?:t)? (?:less|fewer) than|mindestens|au moins|al menos|por lo menos)\\s*${N}\\s*${WORDS}`,
  'i',
)
const SUBJECT = wholeWords(/\b(?:subject|betreff\w*|objet|sujet du|asunto)\b/i)
const NOT = wholeWords(
  /\b(?:not|never|no|don['’]?t|avoid|without|nicht|kein\w*|nie|ohne|vermeide\w*|ne|pas|jamais|sans|éviter?|évitez|sin|nunca|evita\w*)\b/i,
)

const LANGUAGES: [LetterLanguage, RegExp][] = [
  [
    'de',
    wholeWords(
      /\b(?:in (?:the )?german\b|auf deutsch\b|en allemand\b|en alemán\b|language\s*[:=]\s*(?:german|de\b)|sprache\s*[:=]\s*deutsch)/i,
    ),
  ],
  [
    'fr',
    wholeWords(
      /\b(?:in (?:the )?french\b|auf französisch\b|en français|en francés\b|language\s*[:=]\s*(?:french|fr\b)|langue\s*[:=]\s*français)/i,
    ),
  ],
  [
    'es',
    wholeWords(
      /\b(?:in (?:the )?spanish\b|auf spanisch\b|en espagnol\b|en español|en castellano|language\s*[:=]\s*(?:spanish|es\b)|idioma\s*[:=]\s*español)/i,
    ),
  ],
  [
    'en',
    wholeWords(
      /\b(?:in (?:(?:plain|simple|british|american|us|uk) )?english\b|auf englisch\b|en anglais\b|en inglés\b|language\s*[:=]\s*(?:english|en\b))/i,
    ),
  ],
]
const LEADS_LANGUAGE = wholeWords(
  /\b(?:language (?:of the (?:lead|recipient|prospect|reader)|that the lead['’]?s facts suggest)|(?:lead|recipient|prospect|reader|their)(?:['’]?s)?(?: own| native)? language|in der sprache des (?:empfängers|leads)|langue du (?:destinataire|prospect)|idioma del (?:destinatario|prospecto))\b/i,
)

const QUOTED = /[“„"«]\s*([^“”„"«»\n]{2,240}?)\s*[”“"»]/g
const quotedIn = (text: string): string[] => [...text.matchAll(QUOTED)].map((found) => found[1] as string)

/** Reads an instruction sentence by sentence; of two sentences on one matter the later one counts. */
export const readWishes = (prompt: string): Wishes => {
  const wishes: Wishes = {
    min_words: null,
    max_words: null,
    subject_words: null,
    formal: null,
    language: null,
    call_to_action: null,
    ask: null,
    minutes: 15,
    mention: [],
    avoid: [],
    link: null,
    no_links: false,
  }
  for (const sentence of sentencesOf(prompt.slice(0, 32_000))) {
    const about_subject = SUBJECT.test(sentence)
    readLength(sentence, about_subject, wishes)
    readTone(sentence, wishes)
    if (LEADS_LANGUAGE.test(sentence)) wishes.language = 'lead'
    else {
      const found = LANGUAGES.find(([, pattern]) => pattern.test(sentence))
      if (found && !new RegExp(`${NOT.source}[^,;]{0,12}${found[1].source}`, 'iu').test(sentence))
        wishes.language = found[0]
    }
    readWords(sentence, about_subject, wishes)
    readAsk(sentence, wishes)
    const url = /https?:\/\/[^\s"'<>()[\]{}]{4,300}/.exec(sentence)?.[0]?.replace(/[.,;:!?]+$/, '')
    if (url && !NOT.test(sentence)) wishes.link = url
    if (
      wholeWords(
        /\b(?:no|without|avoid)\s+(?:any\s+)?(?:links?|urls?)\b|\bkeine links?\b|\b(?:sans|pas de) liens?\b|\b(?:sin|ningún) enlaces?\b/i,
      ).test(sentence)
    )
      wishes.no_links = true
  }
  if (wishes.no_links) wishes.link = null
  return wishes
}

// A quotation is not cut in two by the full stop inside it.
const sentencesOf = (prompt: string): string[] => {
  const marked = prompt.replaceAll(QUOTED, (quote) => quote.replaceAll(/([.!?])(\s)/g, '$1\u0000$2'))
  return marked
    .split(/\n+|(?<=[.!?;])\s+(?=["“„«]?\p{Lu}|-)/u)
    .map((sentence) =>
      sentence
        .replaceAll('\u0000', '')
        .replace(/^[\s*•–-]+/, '')
        .trim(),
    )
    .filter((sentence) => sentence !== '')
}

const readLength = (sentence: string, about_subject: boolean, wishes: Wishes): void => {
  const range = RANGE.exec(sentence)
  const [low, high] = range ? [number(range[1]), number(range[2])] : [null, null]
  const most = MOST.exec(sentence)
  const limit = range ? high : most ? number(most[1] ?? most[2]) : null
  const least = range ? low : number(LEAST.exec(sentence)?.[1])
  if (about_subject) {
    if (limit) wishes.subject_words = limit
    return
  }
  if (limit) wishes.max_words = limit
  if (least) wishes.min_words = least
}

const readTone = (sentence: string, wishes: Wishes): void => {
  const informal = wholeWords(
    /\b(?:informal\w*|casual\w*|relaxed|first[- ]name terms|friendly|per du|duzen|du-form|locker|tutoie\w*|tutoye[rz]|tutoiement|tutea\w*|tutear|tuteo|informell|décontracté|informel|cercano)\b/i,
  )
  const formal = wholeWords(
    /\b(?:formal\w*|siezen|per sie|sie-form|förmlich|vouvoie\w*|vouvoye[rz]|vouvoiement|formel\w*|trata\w* de usted|de usted)\b/i,
  )
  const says = (pattern: RegExp): boolean | null => {
    const found = pattern.exec(sentence)
    if (!found) return null
    return !new RegExp(`${NOT.source}(?:\\s+(?:too|be|sound|be too|so|zu|trop|demasiado|tan|overly))*\\s*$`, 'iu').test(
      sentence.slice(0, found.index),
    )
  }
  const is_informal = says(informal)
  const is_formal = says(formal)
  if (is_informal !== null) wishes.formal = !is_informal
  else if (is_formal !== null) wishes.formal = is_formal
}

const readWords = (sentence: string, about_subject: boolean, wishes: Wishes): void => {
  const quotes = quotedIn(sentence)
  const avoiding = wholeWords(
    /\b(?:avoid|never (?:say|use|write|mention)|do(?:n['’]?t| not) (?:say|use|write|mention)|no|without|vermeide\w*|nicht (?:verwenden|schreiben|sagen)|kein\w*|éviter?|évitez|n['’]utilise[zr]? pas|evita\w*|no (?:uses|utilices|menciones|digas))\b/i,
  ).exec(sentence)
  if (avoiding) {
    for (const quote of quotes) if (sentence.indexOf(quote) > avoiding.index) wishes.avoid.push(quote.toLowerCase())
    const named = wholeWords(
      /\b(?:words?|terms?|phrases?|wörter|worte|wort|mots?|palabras?)\b\s*:?\s*([^.“”„"«»]{2,200})/i,
    ).exec(sentence.slice(avoiding.index))
    const after =
      named?.[1] ??
      wholeWords(/\b(?:never|do(?:n['’]?t| not)) mention (?:the |any |our |their )?([\p{L}-]{3,30})\b/iu).exec(
        sentence,
      )?.[1]
    if (after && quotes.length === 0 && !/^\s*(?:or|than|limit|count|at|max)/i.test(after))
      for (const word of listed(after.replaceAll(/\s+(?:and|or|und|oder|et|ou|y|o)\s+/g, ', '))) {
        const plain = word.replace(/[.:!?]+$/, '').toLowerCase()
        if (plain.split(' ').length <= 3 && plain.length > 2) wishes.avoid.push(plain)
      }
    return
  }
  if (about_subject) return
  const mention = wholeWords(
    /\b(?:mention|include|say|add|erwähne|erwähnen sie|nenne|mentionne[rz]?|menciona\w*|incluye)\b/i,
  ).exec(sentence)
  if (mention) {
    for (const quote of quotes) if (sentence.indexOf(quote) > mention.index) wishes.mention.push(asSentence(quote))
    // Only a clause that is a sentence as it stands can be taken over without knowing its language's word order.
    const clause =
      quotes.length === 0
        ? wholeWords(/\bthat ((?:we|our|you|there) [^.;\n]{8,160})/i).exec(sentence.slice(mention.index))?.[1]
        : undefined
    if (clause) wishes.mention.push(asSentence(clause))
  }
}

const readAsk = (sentence: string, wishes: Wishes): void => {
  const named = wholeWords(
    /\b(?:call[ -]to[ -]action|cta|handlungsaufforderung|appel à l['’]action|llamada a la acción)\b\s*(?:is|ist|:|=|est|es|–|-)\s*(.{4,240})$/i,
  ).exec(sentence)
  const ending = wholeWords(
    /\b(?:end|close|finish|conclude|ende|schließe|beende|termine[rz]?|conclu\w*|termina\w*|cierra|acaba)\b/i,
  ).test(sentence)
  const quote = quotedIn(named?.[1] ?? sentence)[0]
  if (named && !NOT.test(sentence.slice(0, named.index))) {
    const words = quote ?? named[1]?.trim()
    if (words && (quote || /[?]$/.test(words))) wishes.call_to_action = asSentence(words)
  } else if (ending && quote && !NOT.test(sentence.slice(0, sentence.indexOf(quote))))
    wishes.call_to_action = asSentence(quote)
  if (NOT.test(sentence)) return
  const asks = wholeWords(
    /\b(?:ask|asking|propose|suggest|invite|offer|request|end|close|finish|call to action|cta|frag\w*|bitte um|schlage|propose[rz]?|demande[rz]?|pide|propón|pregunta)\b/i,
  ).test(sentence)
  if (!asks) return
  const minutes = number(/(\d{1,2})[ -]?(?:min\w*)/i.exec(sentence)?.[1])
  if (minutes) wishes.minutes = minutes
  if (
    wholeWords(
      /\b(?:call|meeting|chat|conversation|anruf|telefonat|gespräch|termin|appel|rendez-vous|llamada|reunión)\b/i,
    ).test(sentence.replaceAll(/call to action/gi, ''))
  )
    wishes.ask = 'call'
  else if (wholeWords(/\b(?:demo|demonstration|vorführung|démonstration|demostración)\b/i).test(sentence))
    wishes.ask = 'demo'
  else if (
    wholeWords(
      /\b(?:right person|referral|who (?:is|would be) responsible|ansprechpartner|bonne personne|persona adecuada)\b/i,
    ).test(sentence)
  )
    wishes.ask = 'referral'
}

const asSentence = (text: string): string => {
  const plain = text.trim().replaceAll(/\s+/g, ' ')
  const begun = plain.charAt(0).toUpperCase() + plain.slice(1)
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`
}
