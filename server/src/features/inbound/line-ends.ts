const LF = 0x0a
const CR = 0x0d
const DOT = 0x2e

const isEnd = (byte: number | undefined): boolean => byte === LF || byte === CR

/**
 * Whether a message holds a line of a single dot that is not set off by CR LF on both sides. Only CR LF . CR LF ends a message
 * (RFC 5321 §4.1.1.4), but some servers take the other forms for an end as well, and so a second message can be smuggled past
 * them inside a first one. Nobody writes such lines otherwise, so a message with one is refused. `raw` is without dot-stuffing.
 */
export const hidesAnEnd = (raw: Uint8Array): boolean => {
  for (let at = raw.indexOf(DOT); at >= 0; at = raw.indexOf(DOT, at + 1)) {
    const isLoneDot = (at === 0 || isEnd(raw[at - 1])) && isEnd(raw[at + 1])
    if (!isLoneDot) continue
    const begins = at === 0 || (raw[at - 1] === LF && raw[at - 2] === CR)
    const ends = raw[at + 1] === CR && raw[at + 2] === LF
    if (!begins || !ends) return true
  }
  return false
}
