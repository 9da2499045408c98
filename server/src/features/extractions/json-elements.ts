/** The bytes of one element of a JSON list, and which one it is, counted from 1. */
export type JsonElement = { index: number; bytes: Buffer }

/** The text is not a list of JSON values; `message` says where, for a person. */
export class NotJsonListError extends Error {}

const TAB = 9
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const SPACE = 32
const QUOTE = 34
const COMMA = 44
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** Before the first byte, between elements, inside one, or behind the end of the list. */
type State = 'start' | 'between' | 'inside' | 'done'

/**
 * Cuts a JSON list into its elements as it streams by, so that memory holds one element whatever the size of the file. JSON
 * Lines (one value after the other, without a list around them) are read too. UTF-8 only, which JSON is (RFC 8259 §8.1); a byte
 * order mark is skipped.
 *
 * Only the cuts are decided here: whether an element is valid JSON shows when it is parsed. Throws NotJsonListError for text
 * that is neither, that ends in the middle, or that has an element of more than `most_bytes`.
 */
export async function* jsonElements(
  source: AsyncIterable<Uint8Array>,
  most_bytes: number,
): AsyncGenerator<JsonElement, void, undefined> {
  let parts: Buffer[] = []
  let size = 0
  let index = 0
  let depth = 0
  let inText = false
  let isEscaped = false
  let state = 'start' as State
  let isList = false
  /** A comma is owed before the next element of a list, and must not come before the first. */
  let wantsComma = false
  let commaSeen = false
  let position = 0

  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let from = 0
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number
      if (state === 'inside') {
        let isOver = false
        if (inText) {
          if (isEscaped) isEscaped = false
          else if (byte === BACKSLASH) isEscaped = true
          else if (byte === QUOTE) {
            inText = false
            isOver = depth === 0
          }
        } else if (byte === QUOTE) inText = true
        else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
        else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
          // The end of the list ends a bare value such as a number too.
          if (depth === 0) {
            at--
            isOver = true
          } else isOver = --depth === 0
        } else if (
          depth === 0 &&
          (byte === COMMA || byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB)
        ) {
          at--
          isOver = true
        }
        if (!isOver) {
          if (size + at - from > most_bytes)
            throw new NotJsonListError(`Element ${index} is larger than ${most_bytes} bytes.`)
          continue
        }
        parts.push(bytes.subarray(from, at + 1))
        yield { index, bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts) }
        parts = []
        size = 0
        state = 'between'
        wantsComma = true
        commaSeen = false
        continue
      }
      if (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB) continue
      const where = position + at
      if (where < 3 && byte === [0xef, 0xbb, 0xbf][where]) continue
      if (state === 'done') throw new NotJsonListError(`Something follows the end of the list, at byte ${where}.`)
      if (state === 'start') {
        state = 'between'
        if (byte === OPEN_LIST) {
          isList = true
          continue
        }
        if (byte !== OPEN_OBJECT) throw new NotJsonListError('The file is not a JSON list.')
      }
      if (isList && byte === CLOSE_LIST) {
        if (commaSeen) throw new NotJsonListError(`An element is missing behind a comma, at byte ${where}.`)
        state = 'done'
        continue
      }
      if (byte === COMMA) {
        if (!isList || !wantsComma || commaSeen)
          throw new NotJsonListError(`A comma stands where an element should, at byte ${where}.`)
        commaSeen = true
        continue
      }
      if (isList && wantsComma && !commaSeen)
        throw new NotJsonListError(`A comma is missing between two elements, at byte ${where}.`)
      state = 'inside'
      index++
      from = at
      size = 0
      // This byte is the first of the element and is looked at again as part of it.
      depth = 0
      inText = false
      isEscaped = false
      if (byte === CLOSE_OBJECT || byte === CLOSE_LIST)
        throw new NotJsonListError(`A bracket closes what was never opened, at byte ${where}.`)
      at--
    }
    if (state === 'inside') {
      const rest = bytes.subarray(from)
      size += rest.length
      if (size > most_bytes) throw new NotJsonListError(`Element ${index} is larger than ${most_bytes} bytes.`)
      parts.push(rest)
    }
    position += bytes.length
  }
  // Without a list around them, a bare value may end with the file.
  if (state === 'inside' && !isList && depth === 0 && !inText) yield { index, bytes: Buffer.concat(parts) }
  else if (state === 'inside' || (isList && state !== 'done'))
    throw new NotJsonListError('The file ends in the middle: it was cut off.')
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Parses one element. Throws NotJsonListError that names it. */
export const parseElement = ({ index, bytes }: JsonElement): unknown => {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (error) {
    const why = error instanceof TypeError ? 'is not UTF-8' : 'is not valid JSON'
    throw new NotJsonListError(`Element ${index} ${why}.`)
  }
}
