/** What a scanner finds, in order. Names come without their prefix. */
export type XmlHandlers = {
  /** `attributes` is their text as it stands in the tag; forEachAttribute reads it. */
  open: (name: string, attributes: string) => void
  close: (name: string) => void
  /** A text may come in several pieces. */
  text: (text: string) => void
}

export type XmlScanner = { write: (text: string) => void; end: () => void }

/** The text is no well-formed XML. */
export class XmlError extends Error {}

/** A tag, comment or section that goes on for longer than this has no place in a table. */
const LONGEST_TOKEN = 16 << 20
const LONGEST_ENTITY = 12
const DEEPEST = 100

const GREATER = 62
const SLASH = 47
const COLON = 58
const DOUBLE = 34
const SINGLE = 39

/**
 * Splits XML into tags and text, piece by piece, for the parts of a workbook that grow with its rows: several times as fast as
 * a parser that looks at every character by itself. It holds what tables need: elements, attributes, text, CDATA, comments,
 * the five entities of XML and references by number. Elements must be closed in order. A document type is refused, and with
 * it every entity that could expand. Memory holds one unfinished tag.
 */
export const createXmlScanner = (handlers: XmlHandlers): XmlScanner => {
  const open: string[] = []
  let rest = ''

  const emitText = (text: string): void => {
    // Between elements nothing but spaces and line ends is of no use to anybody.
    if (open.length > 0) handlers.text(text.includes('&') ? decodeEntities(text) : text)
    else if (text.trim() !== '' && text !== '\ufeff') throw new XmlError('text outside of all elements')
  }

  const localName = (text: string, from: number, to: number): string => {
    for (let at = from; at < to; at++) if (text.charCodeAt(at) === COLON) return text.slice(at + 1, to)
    return text.slice(from, to)
  }

  const write = (piece: string): void => {
    const text = rest + piece
    const length = text.length
    let position = 0
    for (;;) {
      const start = text.indexOf('<', position)
      if (start === -1) {
        // A reference that is cut in two waits for its end.
        const reference = text.lastIndexOf('&')
        const isCut = reference >= position && length - reference < LONGEST_ENTITY && !text.includes(';', reference)
        const end = isCut ? reference : length
        if (end > position) emitText(text.slice(position, end))
        rest = text.slice(end)
        return
      }
      if (start > position) emitText(text.slice(position, start))
      const next = scanMarkup(text, start)
      if (next === -1) {
        rest = text.slice(start)
        if (rest.length > LONGEST_TOKEN) throw new XmlError('a tag without an end')
        return
      }
      position = next
    }
  }

  /** The position behind the markup at `start`, or -1 where its end is not there yet. */
  const scanMarkup = (text: string, start: number): number => {
    const first = text.charCodeAt(start + 1)
    if (first === SLASH) {
      const end = text.indexOf('>', start + 2)
      if (end === -1) return -1
      let stop = end
      while (text.charCodeAt(stop - 1) <= 32) stop--
      const name = localName(text, start + 2, stop)
      if (open.pop() !== name) throw new XmlError(`</${name.slice(0, 40)}> closes another element`)
      handlers.close(name)
      return end + 1
    }
    if (first === 33 || first === 63 || Number.isNaN(first)) return scanSpecial(text, start)

    let at = start + 1
    let nameEnd = -1
    for (; ; at++) {
      const code = text.charCodeAt(at)
      if (code === GREATER) break
      // NaN is the end of what there is.
      if (Number.isNaN(code)) return -1
      if (code === DOUBLE || code === SINGLE) {
        at = text.indexOf(code === DOUBLE ? '"' : "'", at + 1)
        if (at === -1) return -1
      } else if (nameEnd === -1 && (code <= 32 || code === SLASH)) nameEnd = at
      else if (code === 60) throw new XmlError('a tag within a tag')
    }
    const isEmpty = text.charCodeAt(at - 1) === SLASH
    const stop = isEmpty ? at - 1 : at
    if (nameEnd === -1) nameEnd = stop
    const name = localName(text, start + 1, nameEnd)
    if (name === '') throw new XmlError('a tag without a name')
    handlers.open(name, nameEnd < stop ? text.slice(nameEnd, stop) : '')
    if (isEmpty) handlers.close(name)
    else if (open.push(name) > DEEPEST) throw new XmlError('elements within elements without end')
    return at + 1
  }

  const scanSpecial = (text: string, start: number): number => {
    const skipTo = (mark: string, from: number): number => {
      const end = text.indexOf(mark, from)
      return end === -1 ? -1 : end + mark.length
    }
    if (text.startsWith('<?', start)) return skipTo('?>', start + 2)
    if (text.startsWith('<!--', start)) return skipTo('-->', start + 4)
    if (text.startsWith('<![CDATA[', start)) {
      const end = skipTo(']]>', start + 9)
      if (end !== -1 && open.length > 0) handlers.text(text.slice(start + 9, end - 3))
      return end
    }
    const given = text.slice(start, start + 9)
    if ('<!--'.startsWith(given) || '<![CDATA['.startsWith(given)) return -1
    throw new XmlError('a document type, which workbooks do not have')
  }

  return {
    write,
    end: () => {
      if (rest.trim() !== '' || open.length > 0) throw new XmlError('it ends in the middle')
    },
  }
}

/** Calls back with each attribute of a tag, its prefix left out. */
export const forEachAttribute = (attributes: string, found: (name: string, value: string) => void): void => {
  const length = attributes.length
  let at = 0
  for (;;) {
    while (at < length && attributes.charCodeAt(at) <= 32) at++
    if (at >= length) return
    const equals = attributes.indexOf('=', at)
    if (equals === -1) throw new XmlError('an attribute without a value')
    let stop = equals
    while (attributes.charCodeAt(stop - 1) <= 32) stop--
    let open = equals + 1
    while (attributes.charCodeAt(open) <= 32) open++
    const quote = attributes.charCodeAt(open)
    if (quote !== DOUBLE && quote !== SINGLE) throw new XmlError('an attribute without quotes')
    const close = attributes.indexOf(quote === DOUBLE ? '"' : "'", open + 1)
    if (close === -1) throw new XmlError('an attribute without an end')
    const colon = attributes.indexOf(':', at)
    const value = attributes.slice(open + 1, close)
    found(
      attributes.slice(colon !== -1 && colon < stop ? colon + 1 : at, stop),
      value.includes('&') ? decodeEntities(value) : value,
    )
    at = close + 1
  }
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

const decodeEntities = (text: string): string =>
  text.replaceAll(/&([^;&]{0,10});?/g, (reference, name: string) => {
    if (!reference.endsWith(';')) throw new XmlError('an & that is no reference')
    const known = entities[name]
    if (known !== undefined) return known
    const code = /^#x[0-9a-f]+$/i.test(name)
      ? Number.parseInt(name.slice(2), 16)
      : /^#\d+$/.test(name)
        ? Number(name.slice(1))
        : Number.NaN
    if (!(code <= 0x10ffff)) throw new XmlError(`the unknown entity &${name};`)
    return String.fromCodePoint(code)
  })
