const EDGE = '(?:(?<=[\\p{L}\\p{N}_])(?![\\p{L}\\p{N}_])|(?<![\\p{L}\\p{N}_])(?=[\\p{L}\\p{N}_]))'

/**
 * The same pattern with `\b` read as the edge of a word of any alphabet. JavaScript's own `\b` knows ASCII letters only, even
 * with the flag `u`, so that `là` has no end for it and `être` no beginning.
 */
export const wholeWords = (pattern: RegExp): RegExp => {
  const key = `${pattern.flags}/${pattern.source}`
  const known = read.get(key)
  if (known) return known
  const flags = pattern.flags.includes('u') ? pattern.flags : `${pattern.flags}u`
  const whole = new RegExp(pattern.source.replaceAll('\\b', EDGE), flags)
  read.set(key, whole)
  // What asks for classes of Unicode means the same only with its flag.
  plainTwins.set(whole, /\\[pP]\{/.test(pattern.source) ? pattern : new RegExp(pattern.source, flags.replace('u', '')))
  return whole
}

const plainTwins = new WeakMap<RegExp, RegExp>()

/** ASCII and the signs that English text has beside it: JavaScript's own edges of words are right in all of these. */
const PLAIN = /^[\0-\x7f\u00a0£«»‘’“”–—…€]*$/
let last = { text: '', is_plain: true }

/**
 * The pattern to use on this text: of one that wholeWords() made the original where both find the same in it, which is many
 * times quicker, because it is not looked up for each letter what the letters beside it are.
 */
const patternFor = (pattern: RegExp, text: string): RegExp => {
  // A text is held against many patterns in a row.
  if (last.text !== text) last = { text, is_plain: PLAIN.test(text) }
  return (last.is_plain && plainTwins.get(pattern)) || pattern
}

/** Whether the pattern occurs, wherever an earlier search with it has ended. */
export const occursIn = (pattern: RegExp, text: string): boolean => text.search(patternFor(pattern, text)) !== -1

/** The first match; for patterns without the flag `g`. */
export const firstIn = (pattern: RegExp, text: string): RegExpExecArray | null => patternFor(pattern, text).exec(text)

/** All matches; a text without one, as most are, costs no copy of the pattern, which matchAll() makes each time. */
export const matchesOf = (pattern: RegExp, text: string): Iterable<RegExpExecArray> =>
  occursIn(pattern, text) ? text.matchAll(patternFor(pattern, text)) : []

// Patterns are written in the program, so there are only so many; compiling one takes longer than using it.
const read = new Map<string, RegExp>()
