/**
 * Which words from outside may stand in a message. Rows, pages and profiles are written by anybody, so a value is taken into
 * a sentence only if it is plainly the name of a thing or a plain sentence; everything else is left out, never repaired.
 */
import { occursIn, wholeWords } from '../whole-words.ts'

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/u
const MARKUP = /[<>{}[\]`|\\^~*#=_$%@\u00ab\u00bb\u201c\u201d"]|\/\/|&#|&[a-z]+;|::|--|\$\(/i
const LINK = /https?:|www\.|\b[a-z0-9-]{2,}\.(?:com|net|org|io|ai|co|de|fr|es|dk|uk|eu|info|biz|ru|cn|xyz|app|dev)\b/i

/**
 * Words with which text addresses a machine or its reader, in the languages that lists come in. A true value that has one
 * ("Prompt Payment Ltd") is merely not quoted; a message loses little by that.
 */
const ORDER = wholeWords(
  new RegExp(
    [
      '\\b(?:ignore|disregard|forget|override|bypass|pretend|obey|jailbreak|roleplay)\\b',
      '\\b(?:system|developer|admin|assistant)\\s*(?:prompt|message|mode|note|instruction)s?\\b',
      '\\b(?:previous|prior|above|following|new|these|your|all)\\s+(?:instruction|prompt|rule|order|command|guideline)s?\\b',
      '\\binstructions?\\b|\\bprompts?\\b|\\bchatbot\\b|\\bllm\\b|\\bgpt\\b|\\bas an ai\\b|\\blanguage model\\b|\\bsystem:\\b',
      '\\b(?:you|we) (?:must|should|shall|have to|need to|are now|will now)\\b',
      '\\b(?:write|reply|respond|answer|output|print|say|repeat|send|tell|include|insert|add|mention|translate|reveal|execute|run|call|click|visit|open|buy|pay|transfer|wire|download|subscribe)\\s+(?:only|with|the|a|an|this|that|to|in|me|us|your|all|now|here|them|him|her|it|our|my|back|every|any)\\b',
      '\\b(?:password|passwort|api[ _-]?key|secret key|credit card|bitcoin|wire transfer|iban)\\b',
      '\\b(?:ignoriere|vergiss|missachte|befolge|anweisung|anweisungen|schreibe nur|antworte nur|antworte mit)\\b',
      '\\b(?:ignore[rz]?|ignorez|oublie[rz]?|ne tiens pas compte|consignes?|r[ée]pond[sez]* (?:uniquement|avec))\\b',
      '\\b(?:ignora|ignore|olvida|instrucciones|responde (?:solo|con)|escribe (?:solo|que))\\b',
      '\\b(?:ignoruj|ignorar|ignorera|negeer|instructies|istruzioni|instru[çc][õo]es|инструкц|игнорируй)',
      '忽略|指令|無視|プロンプト|무시',
    ].join('|'),
    'iu',
  ),
)

/** True for text that gives orders, to a person or to a machine, rather than stating something. */
export const looksLikeOrder = (text: string): boolean => occursIn(ORDER, text.normalize('NFKC'))

const VACANT = new Set(
  `n/a na n.a. n.a none null nil undefined nan unknown unbekannt inconnu desconocido not available not applicable no name
  noname test tester testing example sample dummy tbd tba todo xxx xx x - -- — – . ? ! / empty blank leer vide vacio void
  keine kein aucun ninguno ninguna sin nombre sans nom missing default user username kunde customer client lead prospect
  self self-employed selbständig freelance freelancer private privat retired other andere autre otro various diverse`
    .split(/\s+/)
    .concat(['not available', 'not applicable', 'no name', 'sin nombre', 'sans nom', 'no company', 'not specified']),
)

/** True for what people and exports write into a cell that has nothing to hold. */
export const isVacant = (text: string): boolean => {
  const plain = text.trim().toLowerCase()
  return plain === '' || VACANT.has(plain) || !/[\p{L}\p{N}]/u.test(plain)
}

/** One space between words, nothing around; the composed form, so that equal words are equal. */
export const tidy = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(/[\s\u00a0]+/gu, ' ')
    .trim()

/**
 * The name of a thing (a place, a school, a tool, a hobby) as it may stand in a sentence, or null: at most 60 characters and
 * seven words, letters and the few signs that names have, no link, no markup, no order.
 */
export const quotableName = (text: string, longest = 60): string | null => {
  if (INVISIBLE.test(text.trim().replaceAll(/[\t\r\n]/g, ' '))) return null
  const name = tidy(text).replace(/[.,;:!]+$/, '')
  if (isVacant(name) || name.length > longest || name.length < 2 || name.split(' ').length > 7) return null
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N} .,'’&()+/–-]*$/u.test(name) || !/\p{L}/u.test(name)) return null
  if (/[\p{Extended_Pictographic}]/u.test(name.replaceAll(/[\d#*]/g, ''))) return null
  return LINK.test(name) || looksLikeOrder(name) || /(.)\1{3}/u.test(name) ? null : name
}

/**
 * One plain sentence or two as they may be quoted, or null: 15 to `longest` characters, no link, no markup, no order, not
 * shouted, with words rather than a list of links in it.
 */
export const quotableSentence = (text: string, longest = 160): string | null => {
  if (INVISIBLE.test(text.trim().replaceAll(/[\t\r\n]/g, ' '))) return null
  const sentence = tidy(text)
  if (sentence.length < 15 || sentence.length > longest || sentence.split(' ').length < 3) return null
  if (MARKUP.test(sentence) || LINK.test(sentence) || looksLikeOrder(sentence)) return null
  if (/[!?]{2}|(.)\1{3}/u.test(sentence)) return null
  const letters = sentence.match(/\p{L}/gu)?.length ?? 0
  const capitals = sentence.match(/\p{Lu}/gu)?.length ?? 0
  return letters < sentence.length * 0.6 || capitals > letters * 0.4 ? null : sentence
}

// Particles that stay small inside a name.
const SMALL = new Set(
  'van von vom zu zur zum de da do dos das del della di du des la le les las los den der ten ter af av y e i and & und et of the'.split(
    ' ',
  ),
)

const capitalised = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll(/(^|[-'’/(.])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase())

/** `JÖRG VON DER HEIDE` and `anna` as people write them. Words that mix cases (`McLeod`, `DeShawn`) stay as they are. */
export const restoreCase = (text: string): string => {
  const words = text.split(' ')
  const letters = text.replaceAll(/[^\p{L}]/gu, '')
  if (letters.length < 2 || (letters !== letters.toUpperCase() && letters !== letters.toLowerCase())) return text
  return words
    .map((word, index) => (index > 0 && SMALL.has(word.toLowerCase()) ? word.toLowerCase() : capitalised(word)))
    .join(' ')
}

const NO_NAMES = new Set(
  `mr mrs ms miss mx sir madam dr prof professor herr frau mme mlle monsieur madame sr sra srta don dona señor señora sig
  dott ing hr fr info sales office kontakt hello support contact marketing team billing vertrieb noreply no-reply jobs press
  admin administrator webmaster hostmaster postmaster service einkauf buchhaltung account accounts finance owner ceo cto cfo
  manager director firstname lastname first last name vorname nachname prenom nom nombre apellido hi hey dear hallo bonjour
  hola there friend all everyone sirs company firma anonymous unknown system assistant user guest and or the a an this that
  select from where drop table insert delete update true false yes no ok mail email e-mail phone new old`
    .trim()
    .split(/\s+/),
)

/**
 * A first name as one may greet with it, or null where the cell holds none: `{{first_name}}`, `N/A`, `Mr`, an address, an
 * initial, digits. Titles before it and degrees behind it go; capitals are restored; of `Anna Maria` both words stay.
 */
export const greetableName = (text: string): string | null => {
  const cleaned = tidy(text.replaceAll(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')).replace(/[.,;]+$/, '')
  if (cleaned.length < 2 || cleaned.length > 40 || isVacant(cleaned) || looksLikeOrder(cleaned)) return null
  const words = cleaned
    .split(' ')
    .filter((word) => !/^(?:mr|mrs|ms|mx|dr|prof|herr|frau|mme|mlle|sr|sra|srta|dipl-ing|ing|mag)\.?$/i.test(word))
  if (words.length === 0 || words.length > 4) return null
  if (!words.every((word) => /^\p{L}[\p{L}\p{M}'’.-]*$/u.test(word))) return null
  if (words.some((word) => NO_NAMES.has(word.toLowerCase().replace(/\.$/, '')))) return null
  // An initial is no name to greet with: `J.` or `J. P.`.
  const spoken = words.filter((word) => !/^\p{L}\.?$/u.test(word))
  if (spoken.length === 0) return null
  if (/^(.)\1{2,}$/iu.test(spoken.join(''))) return null
  const name = spoken.join(' ')
  // Consonants alone are a department (`HR`, `PMO`) or a slip, in Latin letters at least.
  if (/^[a-z]+$/i.test(name) && !/[aeiouy]/i.test(name) && name.length > 2) return null
  return restoreCase(name)
}

const LEGAL_FORM =
  /[\s,]+(?:gmbh(?:\s*&\s*co\.?\s*(?:kgaa|kg|ohg))?|ag\s*&\s*co\.?\s*kg|mbh|g\.m\.b\.h\.?|ag|ug(?:\s*\(haftungsbeschränkt\))?|e\.?\s?k\.?|kgaa|kg|ohg|gbr|e\.?v\.?|se|ltd\.?|limited|plc\.?|llp|llc|l\.l\.c\.?|inc\.?|incorporated|corp\.?|corporation|co\.?,?\s+ltd\.?|s\.?a\.?s\.?u?|s\.?a\.?r\.?l\.?|s\.?a\.?|s\.?l\.?u?|s\.?c\.?|sp\.?\s*z\s*o\.?\s*o\.?|s\.?p\.?a\.?|s\.?r\.?l\.?|a\/s|aps|as|asa|ab|oy|oyj|b\.?v\.?|n\.?v\.?|k\.k\.|kk|pvt\.?\s*ltd\.?|private limited|pty\.?\s*ltd\.?|pte\.?\s*ltd\.?|d\.?o\.?o\.?|s\.?r\.?o\.?|a\.?s\.?|kft\.?|zrt\.?|lda\.?|ltda\.?)\.?$/iu

/** A company as people call it, without its legal form: `Atlas Foods GmbH & Co. KG` is `Atlas Foods`. Null where the cell holds none. */
export const spokenCompany = (text: string): string | null => {
  const cleaned = tidy(text).replace(/[,;.]+$/, (end) => (end === '.' ? end : ''))
  // Twice for `Acme Holding S.A. Ltd`, and never down to nothing.
  let name = cleaned
  for (let round = 0; round < 2; round++) {
    const shorter = name.replace(LEGAL_FORM, '').replace(/[\s,&-]+$/, '')
    if (shorter.length >= 2) name = shorter
  }
  const quotable = quotableName(name, 70)
  if (quotable === null || /^\d+$/.test(quotable)) return null
  const letters = quotable.replaceAll(/[^\p{L}]/gu, '')
  // IBM and SAP are written so; a name of several words or of more than five letters is shouted.
  if (letters === letters.toUpperCase() && (letters.length > 5 || quotable.includes(' '))) return restoreCase(quotable)
  if (letters === letters.toLowerCase() && quotable.includes(' ')) return restoreCase(quotable)
  return quotable
}
