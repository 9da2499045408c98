/**
 * How much of one text stands in another: the share of runs of four words that they have in common. What is compared with
 * again and again, such as the drafts of a job, is cut into its runs once.
 */
import { fold } from './folded-text.ts'

const RUN = 4

/** Runs by a hash of 31 bits: of two letters with a hundred runs each, one pair in two hundred thousand meets by chance. */
type Runs = ReadonlySet<number>

// Keyed by the caller's own object, so that what nobody holds any more is forgotten.
const kept = new WeakMap<object, { body: string; folded: string; runs: Runs }>()

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const MARK = /\p{M}/u

const BEGINS = 2
const GOES_ON = 1
const classOf = (code: number): number => {
  if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code >= 65 && code <= 90)) return BEGINS
  if (code === 39 || code === 45 || code === 46 || code === 0x2019) return GOES_ON
  if (code < 128) return 0
  // Half of a pair is taken for a letter: such scripts are told apart by it well enough.
  if (code >= 0xd800 && code <= 0xdfff) return BEGINS
  const character = String.fromCharCode(code)
  return LETTER_OR_DIGIT.test(character) ? BEGINS : MARK.test(character) ? GOES_ON : 0
}

const mixed = (hash: number, value: number): number => Math.imul(hash ^ value, 0x01000193) >>> 0

const runsOf = (folded: string): Runs => {
  const found = new Set<number>()
  let words = 0
  let [first, second, third] = [0, 0, 0]
  let word = 0
  for (let at = 0; at <= folded.length; at++) {
    const code = at < folded.length ? folded.charCodeAt(at) : 32
    const kind = classOf(code)
    if (kind === BEGINS || (kind === GOES_ON && word !== 0)) {
      word = mixed(word || 0x811c9dc5, code) || 1
      continue
    }
    if (word === 0) continue
    words++
    if (words >= RUN) found.add(mixed(mixed(mixed(mixed(0x811c9dc5, first), second), third), word) >>> 1)
    first = second
    second = third
    third = word
    word = 0
  }
  return found
}

/** The text without these words, and how often one of them stood there. */
const without = (folded: string, own: readonly string[]): { plain: string; times: number } => {
  let plain = folded
  let times = 0
  for (const value of own) {
    if (value.length < 3 || !plain.includes(value)) continue
    const pieces = plain.split(value)
    times += pieces.length - 1
    plain = pieces.join(' ')
  }
  return { plain, times }
}

const earlierText = (earlier: { body: string }): { folded: string; runs: Runs } => {
  const known = kept.get(earlier)
  if (known?.body === earlier.body) return known
  const folded = fold(earlier.body)
  const made = { body: earlier.body, folded, runs: runsOf(folded) }
  kept.set(earlier, made)
  return made
}

/** How many runs both have, or 0 as soon as it is sure that they are fewer than `least`. */
const common = (one: Runs, other: Runs, least: number): number => {
  let both = 0
  let left = one.size
  for (const run of one) {
    if (other.has(run)) both++
    left--
    if (both + left < least) return 0
  }
  return both
}

/** What both have of what either has; 0 as soon as it is sure to be less than `least`. */
const shareOf = (one: Runs, other: Runs, least: number): number => {
  if (one.size === 0 || other.size === 0) return 0
  const all = one.size + other.size
  // both / (all - both) >= least needs this many; a little less, so that rounding decides nothing.
  const both = common(one, other, (least * all) / (1 + least) - 1e-6)
  return both / (all - both)
}

/**
 * The highest share of what both texts have, of what either has, between a text and earlier ones, from 0 to 1; 0 where none
 * reaches `least`. The names that are given (folded) are taken out of both first: the same letter to two people differs in them.
 */
export const greatestLikeness = (
  body: string,
  folded_body: string,
  earlier: readonly { body: string }[],
  names: readonly string[],
  least: number,
): number => {
  let mine: { runs: Runs; times: number } | null = null
  let most = 0
  for (const each of earlier) {
    // Texts of very different length cannot be alike.
    const ratio = each.body.length / Math.max(1, body.length)
    if (ratio <= 0.6 || ratio >= 1.67) continue
    if (!mine) {
      const { plain, times } = without(folded_body, names)
      mine = { runs: runsOf(plain), times }
    }
    const theirs = earlierText(each)
    // Taking names out of theirs brings no more runs in common than stand around the names in mine: with most texts it ends
    // here, and theirs need not be cut anew.
    const needed = least * mine.runs.size - RUN * mine.times
    if (needed > 0 && common(mine.runs, theirs.runs, needed) === 0) continue
    const { plain } = without(theirs.folded, names)
    most = Math.max(most, shareOf(mine.runs, plain === theirs.folded ? theirs.runs : runsOf(plain), least))
  }
  return most
}
