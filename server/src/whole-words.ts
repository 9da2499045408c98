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
  return whole
}

// Patterns are written in the program, so there are only so many; compiling one takes longer than using it.
const read = new Map<string, RegExp>()
