/**
 * How much of one text stands in another: the share of runs of four words that they have in common. What is compared with
 * again and again, such as the drafts of a job, is cut into its runs once.
 */
import { fold, wordsOf } from './folded-text.ts'

const RUN = 4
/** Of an earlier text, forms without different names that are kept. */
const MOST_FORMS = 8

type Kept = { body: string; folded: string; runs: Map<string, Set<string>> }

// Keyed by the caller's own object, so that what nobody holds any more is forgotten.
const kept = new WeakMap<object, Kept>()

const runsOf = (folded: string): Set<string> => {
  const words = wordsOf(folded)
  const found = new Set<string>()
  for (let at = 0; at + RUN - 1 < words.length; at++)
    found.add(`${words[at]} ${words[at + 1]} ${words[at + 2]} ${words[at + 3]}`)
  return found
}

const without = (folded: string, own: readonly string[]): string => {
  let plain = folded
  for (const value of own) if (value.length > 2 && plain.includes(value)) plain = plain.replaceAll(value, ' ')
  return plain
}

const runsOfEarlier = (earlier: { body: string }, own: readonly string[]): Set<string> => {
  let known = kept.get(earlier)
  if (known?.body !== earlier.body) {
    known = { body: earlier.body, folded: fold(earlier.body), runs: new Map() }
    kept.set(earlier, known)
  }
  const plain = without(known.folded, own)
  const cut = known.runs.get(plain)
  if (cut) return cut
  const made = runsOf(plain)
  if (known.runs.size >= MOST_FORMS) known.runs.clear()
  known.runs.set(plain, made)
  return made
}

/** What both have of what either has; 0 as soon as it is sure to be less than `least`. */
const shareOf = (one: ReadonlySet<string>, other: ReadonlySet<string>, least: number): number => {
  if (one.size === 0 || other.size === 0) return 0
  const all = one.size + other.size
  let both = 0
  let left = one.size
  // both / (all - both) >= least needs this many; a little less, so that rounding decides nothing.
  const needed = (least * all) / (1 + least) - 1e-6
  for (const run of one) {
    if (other.has(run)) both++
    left--
    if (both + left < needed) return 0
  }
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
  let mine: Set<string> | null = null
  let most = 0
  for (const each of earlier) {
    // Texts of very different length cannot be alike.
    const ratio = each.body.length / Math.max(1, body.length)
    if (ratio <= 0.6 || ratio >= 1.67) continue
    mine ??= runsOf(without(folded_body, names))
    most = Math.max(most, shareOf(mine, runsOfEarlier(each, names), least))
  }
  return most
}
