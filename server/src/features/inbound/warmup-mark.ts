import type { ParsedMessage } from './parse-message.ts'

/** Below this a token would be found in ordinary words. */
const SHORTEST = 4
const SEARCHED = 200_000

/**
 * Whether a message carries its alias's warm-up token: in the subject, a header or the body, in either form, whatever its case,
 * and as a word of its own, so that `blue-horse` is not found in `blue-horses`.
 */
export const isWarmup = (
  message: Pick<ParsedMessage, 'subject' | 'headers' | 'text' | 'html'>,
  token: string | null,
): boolean => {
  const wanted = token?.trim().toLowerCase() ?? ''
  if (wanted.length < SHORTEST) return false
  const isWordPart = (character: string | undefined): boolean =>
    character !== undefined && /[\p{L}\p{N}]/u.test(character)
  const holds = (text: string | null): boolean => {
    const searched = text?.slice(0, SEARCHED).toLowerCase() ?? ''
    for (let at = searched.indexOf(wanted); at >= 0; at = searched.indexOf(wanted, at + 1))
      if (!isWordPart(searched[at - 1]) && !isWordPart(searched[at + wanted.length])) return true
    return false
  }
  return (
    holds(message.subject) ||
    holds(message.text) ||
    holds(message.html) ||
    message.headers.some(({ value }) => value.length <= 4_000 && holds(value))
  )
}
