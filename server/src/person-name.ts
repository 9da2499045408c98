const TITLES =
  /^(?:mr|mrs|ms|miss|mx|sir|dr|prof|professor|herr|frau|hr|fr|dipl-ing|ing|mag|m|mme|mlle|monsieur|madame|sr|sra|srta|don|doña|sig|sig\.ra|dott|dott\.ssa|dhr|mevr)\.?$/i
const SUFFIXES = /^(?:jr|sr|ii|iii|iv|phd|ph\.d|md|m\.d|mba|msc|bsc|cpa|esq|llm|ll\.m|cfa|pmp)\.?$/i
/** Words that begin a family name of several words. */
const PARTICLES = new Set(
  'van von vom zu zur de da do dos das del della dello di du des la le los las den der het ten ter te af av bin ibn al el y e i mac st'.split(
    ' ',
  ),
)
const WORD = /^\p{L}[\p{L}\p{M}'’.-]*$/u
/** Scripts in which the family name usually comes first. */
const FAMILY_FIRST = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u

/**
 * Splits a full name as far as that is certain: two words; `Last, First`; a family name that a particle begins (`Ludwig van
 * Beethoven`). Of other names of several words only the first is taken, because a middle name and a first half of a double
 * family name look alike. Titles and degrees are left out. Names with digits or signs, and names in scripts that put the
 * family name first, give nothing.
 */
export const splitFullName = (full: string): { first_name: string | null; last_name: string | null } => {
  const nothing = { first_name: null, last_name: null }
  const text = full.normalize('NFC').replaceAll(/\s+/gu, ' ').trim()
  if (text.length > 200 || FAMILY_FIRST.test(text)) return nothing
  const plain = text.replace(/\s*\([^)]*\)\s*/g, ' ').trim()
  const parts = plain.split(/\s*,\s*/).filter((part) => !part.split(' ').every((word) => SUFFIXES.test(word)))
  const wordsOf = (part: string): string[] =>
    part.split(' ').filter((word) => word !== '' && !TITLES.test(word) && !SUFFIXES.test(word))
  if (parts.length === 2) {
    const [last, first] = [wordsOf(parts[0] as string), wordsOf(parts[1] as string)]
    if (![...last, ...first].every((word) => WORD.test(word)) || !last.length || !first.length) return nothing
    return { first_name: first.join(' '), last_name: last.join(' ') }
  }
  if (parts.length !== 1) return nothing
  const words = wordsOf(parts[0] as string)
  if (words.length < 2 || !words.every((word) => WORD.test(word))) return nothing
  const [first_name] = words as [string]
  if (words.length === 2) return { first_name, last_name: words[1] as string }
  const particle = words.findIndex((word, index) => index > 0 && PARTICLES.has(word.toLowerCase()))
  return { first_name, last_name: particle === 1 ? words.slice(1).join(' ') : null }
}
