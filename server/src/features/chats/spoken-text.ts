/** Directions, tags and joiners between words: they change how others are shown, or nobody sees them. */
const UNSEEN = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu

/**
 * What somebody said, as it is stored and shown: NFC, lines ended by \n, without control characters and those that nobody
 * sees, at most one empty line in a row. Empty where nothing is left.
 */
export const spokenText = (text: string): string =>
  text
    .toWellFormed()
    .normalize('NFC')
    .replace(UNSEEN, '')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n]+/gu, ' ')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()

const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []

/**
 * Whether a value is made of what was said: at least two thirds of its words stand there. A model may shorten and join what it
 * was told, and must not add. False for a value without any word.
 */
export const isSaid = (value: string, said: readonly string[]): boolean => {
  const known = new Set(said.flatMap(wordsOf))
  const words = wordsOf(value)
  return words.length > 0 && words.filter((word) => known.has(word)).length * 3 >= words.length * 2
}

const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"')\]]+/gi

/** Whether a text holds a web address that nobody has mentioned before. */
export const hasNewAddress = (text: string, said: readonly string[]): boolean => {
  const known = said.join('\n').toLowerCase()
  const bare = (address: string): string =>
    address
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/^www\./, '')
      .replace(/[/.,;:!?]+$/, '')
  return (text.match(ADDRESS) ?? []).some((address) => !known.includes(bare(address)))
}

const YES =
  /^(?:yes|y|yep|yeah|yup|sure|ok|okay|go|go ahead|go for it|start|start it|do it|please do|proceed|confirm|confirmed|i confirm|agreed|ja|ja bitte|jawohl|klar|los|oui|d['’]accord|allez-y|s[ií]|claro|vale|adelante|sim|tak|jo|da)(?:[,. ]+(?:please|bitte|gerne|start|go|thanks|thank you|do it|go ahead|s['’]il vous plaît|por favor))*[.! ]*$/i
const NO =
  /^(?:no|n|nope|no thanks|no thank you|not now|don['’]?t|do not|cancel|never mind|nevermind|forget it|nein|nein danke|abbrechen|non|non merci|annuler|nej|nei|no gracias|cancelar)[.! ]*$/i

/** Whether somebody agrees in so many words. Anything beside a plain yes is none: it decides about money. */
export const isYes = (text: string): boolean => YES.test(text.trim())

export const isNo = (text: string): boolean => NO.test(text.trim())
