/** As long as the text of one fact may be (ports/llm/port.ts). */
export const FACT_CHARS = 500

/** What most cells hold: ASCII that can be seen, with single spaces between. It needs no cleaning, and saying so is quick. */
const READY = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/

/**
 * Text from outside made fit to stand as a fact: one line, without control and invisible formatting characters, cut at the
 * end of a word to at most 500 characters. Empty where nothing readable is left. Cleaning is no protection against sentences
 * that pose as instructions: the adapter fences facts as data.
 */
export const factText = (raw: string): string => {
  if (raw.length <= FACT_CHARS && READY.test(raw)) return raw
  const line = raw
    .slice(0, FACT_CHARS * 8)
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, '')
    .trim()
  if (line.length <= FACT_CHARS) return line
  const cut = beginningOf(line, FACT_CHARS - 1)
  const end = cut.lastIndexOf(' ')
  return `${(end > FACT_CHARS / 2 ? cut.slice(0, end) : cut).trimEnd()}…`
}

/** At most so many characters, and no half of one: JSON with a lone surrogate is not taken by PostgreSQL. */
export const beginningOf = (text: string, most: number): string => text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')
