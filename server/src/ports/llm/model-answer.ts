/** What a model's text holds. Pure: the caller validates what is found. */

/** Thoughts that some models write out in front of their answer. */
const THOUGHTS = /<(think|thinking|reasoning)>[\s\S]*?<\/\1>/gi

/** Where the object that begins at `from` ends, by its brackets outside of strings; -1 where it never does. */
const endOfObject = (text: string, from: number): number => {
  let depth = 0
  let inString = false
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at
  }
  return -1
}

/** Line ends inside of strings, which small models forget to escape, written as JSON wants them. */
const withEscapedLineEnds = (json: string): string =>
  json.replace(/"(?:[^"\\]|\\[\s\S])*"/g, (found) => found.replace(/\r\n|\r|\n/g, '\\n').replace(/\t/g, '\\t'))

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text may begin many objects that never end; looking at each would take quadratic time. */
const MOST_BEGINNINGS = 20

/**
 * The JSON object in a model's text: the whole of it, or after prose, in a fence, or behind written thoughts. Null where there
 * is none. An object that is not closed is half an answer and is never completed.
 */
export const readJsonObject = (text: string): Record<string, unknown> | null => {
  // Most answers are the object and nothing else.
  const whole = text.startsWith('{') ? parsed(text) : undefined
  if (isObject(whole)) return whole
  const clean = text.replace(THOUGHTS, ' ')
  let from = clean.indexOf('{')
  for (let tries = 0; from >= 0 && tries < MOST_BEGINNINGS; tries++) {
    const end = endOfObject(clean, from)
    if (end > from) {
      const object = clean.slice(from, end + 1)
      const value = parsed(object) ?? parsed(withEscapedLineEnds(object))
      if (isObject(value)) return value
    }
    from = clean.indexOf('{', from + 1)
  }
  return null
}

const REFUSALS =
  /^\W*(?:(?:i['’]?m|i am)\s+(?:really\s+|very\s+|so\s+)?sorry|sorry\b|i\s+(?:can(?:no|['’])t|cannot|won['’]t|will not|am unable|must decline)|i['’]m\s+(?:unable|not able)|as an ai\b|es tut mir leid|je suis désolée?|lo siento)/i

/** Whether a text without an object is a refusal rather than rubbish: short, and it begins as refusals do. */
export const isRefusal = (text: string): boolean => {
  const clean = text.replace(THOUGHTS, ' ').trim()
  return clean.length > 0 && clean.length < 1_000 && REFUSALS.test(clean)
}

/** Least stretch of a text that counts as a piece of it. */
const ECHO = 24

/**
 * What a provider said about a request that failed, fit to be kept: one line of at most 300 characters, without the key, without
 * anything that looks like one, and without pieces of the request, which some providers repeat.
 */
export const keptWords = (said: string, secrets: (string | null)[], request: string): string => {
  let words = said
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 2_000)
  for (const secret of secrets) if (secret && secret.length >= 4) words = words.replaceAll(secret, '[secret]')
  words = words.replace(/\b(?:(?:sk|pk|key)[-_]|AIza|Bearer )[A-Za-z0-9_*.-]{12,}/g, '[secret]')
  words = words.slice(0, 300)
  const material = request.replace(/[\p{C}\s]+/gu, ' ')
  let kept = ''
  for (let at = 0; at < words.length; ) {
    let length = 0
    if (at + ECHO <= words.length && material.includes(words.slice(at, at + ECHO))) {
      length = ECHO
      while (at + length < words.length && material.includes(words.slice(at, at + length + 1))) length++
    }
    kept += length ? '…' : words[at]
    at += length || 1
  }
  return kept
}
