/** Text as it is compared: without accents and case. Drafts are looked at in many ways, so that each step here is kept cheap. */

const IS_ASCII = /^[\0-\x7f]*$/

/** In lower case, without accents, with one kind of apostrophe; `ß`, `ø` and `ł` as they are written without them. */
export const fold = (text: string): string =>
  // Most facts are plain ASCII, of which nothing can be decomposed.
  IS_ASCII.test(text)
    ? text.replaceAll('`', "'").toLowerCase()
    : text
        .normalize('NFKD')
        .replaceAll(/\p{M}/gu, '')
        .replaceAll(/[’‘`´]/g, "'")
        .replaceAll('ß', 'ss')
        .replaceAll(/ø/gi, 'o')
        .replaceAll(/ł/gi, 'l')
        .toLowerCase()

/** Letters and digits alone, with one space where anything else stood, also at the ends. */
export const lettersOnly = (folded: string): string => folded.replaceAll(/[^\p{L}\p{N}]+/gu, ' ')

/** The words of a name or an answer as they are looked up: no case, accents or punctuation, one space between, none around. */
export const foldedWords = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}'’.-]*/gu) ?? []

const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u

const isLetterOrDigit = (code: number): boolean =>
  code < 128
    ? (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90)
    : LETTER_OR_DIGIT.test(String.fromCodePoint(code))

const beginsAt = (text: string, at: number): boolean => {
  if (at === 0) return true
  const unit = text.charCodeAt(at - 1)
  const isPair = unit >= 0xdc00 && unit <= 0xdfff && at > 1 && (text.charCodeAt(at - 2) & 0xfc00) === 0xd800
  return !isLetterOrDigit(isPair ? (text.codePointAt(at - 2) as number) : unit)
}

const endsAt = (text: string, at: number): boolean =>
  at >= text.length || !isLetterOrDigit(text.codePointAt(at) as number)

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Whether the text has this word, with no letter or digit before and behind it. */
export const containsWord = (text: string, word: string): boolean => {
  if (!word.isWellFormed()) return new RegExp(`(?<![\\p{L}\\p{N}])${literal(word)}(?![\\p{L}\\p{N}])`, 'u').test(text)
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1))
    if (beginsAt(text, at) && endsAt(text, at + word.length)) return true
  return false
}

/** Whether a word of the text begins like this. */
export const containsBeginning = (text: string, beginning: string): boolean => {
  if (!beginning.isWellFormed()) return new RegExp(`(?<![\\p{L}\\p{N}])${literal(beginning)}`, 'u').test(text)
  for (let at = text.indexOf(beginning); at !== -1; at = text.indexOf(beginning, at + 1))
    if (beginsAt(text, at)) return true
  return false
}
