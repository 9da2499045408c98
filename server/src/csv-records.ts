/** What is wrong with one record. `usable` says whether its values can still be trusted to be in the right columns. */
export type CsvProblem = {
  code:
    | 'too_many_fields'
    | 'unclosed_quote'
    | 'nul_byte'
    | 'record_too_large'
    | 'repeated_header'
    | 'cell_error'
    | 'formula_without_result'
    | 'outside_table'
  message: string
  usable: boolean
}

export type CsvRow = {
  /** Position of the record in the file as a spreadsheet numbers it: the first record of the file is 1. */
  source_row: number
  values: string[]
  problem?: CsvProblem
}

/** How the characters of a file are to be read. */
export type CsvFormat = {
  delimiter: string
  quote: '"' | "'" | null
  /** The character that makes a quote inside a quoted field literal: the quote itself (RFC 4180 §2.7) or a backslash. */
  escape: '"' | "'" | '\\' | null
  /** True where a bare carriage return ends a record (old Macintosh files, or several kinds in one file). */
  bare_cr_ends_record: boolean
}

export type RecordSplitter = {
  /** Hands over the next piece of decoded text. */
  write(text: string): void
  /** Says that no text follows. */
  finish(): void
  /** Appends complete records to `rows` until it holds `maxRows`; false when more text (or nothing) is needed first. */
  readInto(rows: CsvRow[], maxRows: number): boolean
  /**
   * Sets how many fields a record should have, which is what tells a runaway quote from a long cell. With `even`
   * (the default) short records are padded to it and long ones reported; without, records come as they are.
   */
  expectWidth(width: number, even?: boolean): void
  /** Characters consumed so far. */
  consumed(): number
}

/** A record with more characters than this is reported, not handed on: no lead has a row of a megabyte. */
export const LARGEST_RECORD = 1 << 20

// A quoted cell larger than a record may be is still read to its end up to here, so that it costs one reported row
// and its inner lines are not mistaken for records. It is also the most text that is ever held in memory.
const LONGEST_LOOKAHEAD = 8 << 20

// How much of an oversized cell is kept, so that its owner recognises the row.
export const KEPT_OF_LARGE_CELL = 200

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const SPACE = 32

/**
 * Splits text into records, RFC 4180 with the leniency that real exports need: any line end, spaces around a quoted
 * field, unescaped quotes inside one, fields that only begin with a quote. It never gives up on a file. A quote that is
 * opened and not closed costs the line on which it stands: reading resumes at the next line.
 *
 * An unclosed quote is recognised by what it would swallow: by an opening quote (`,"` before text) in the middle of a
 * field that already runs over a line end, by inner lines that have exactly the fields of a record, or by the limit
 * above. The work spent on lookahead in vain is budgeted, so a hostile file still takes time linear in its size.
 */
export function createRecordSplitter(format: CsvFormat): RecordSplitter {
  const { delimiter, quote, bare_cr_ends_record: bareCr } = format
  const backslash = format.escape === '\\'
  const quoteCode = quote === null ? -1 : quote.charCodeAt(0)
  const delimiterCode = delimiter.length === 1 ? delimiter.charCodeAt(0) : -1
  const delimiterLength = delimiter.length

  let text = ''
  let position = 0
  let ended = false
  let heldCr = false
  let width = 0
  let evenOut = true
  let row = 0
  let consumedBefore = 0
  let wasted = 0
  let skippingLine = false
  // Reading an unfinished record again on every chunk would be quadratic; it waits until the text has doubled.
  let retryAt = 0

  // Each holds the next place of its character at or after where it was last asked, or the length of the text. The
  // scan for a character that is rare or absent so happens once per piece of text and not once per record.
  let nextQuote = -1
  let nextLine = -1
  let nextDelimiter = -1
  let nextNul = -1

  function write(piece: string): void {
    let added = piece
    if (bareCr) {
      if (heldCr) added = `\r${added}`
      heldCr = added.endsWith('\r')
      if (heldCr) added = added.slice(0, -1)
      if (added.includes('\r')) added = added.replaceAll(/\r\n?/g, '\n')
    }
    consumedBefore += position
    text = position >= text.length ? added : text.slice(position) + added
    retryAt -= position
    position = 0
    nextQuote = nextLine = nextDelimiter = nextNul = -1
  }

  function finish(): void {
    if (heldCr) {
      heldCr = false
      write('\n')
    }
    ended = true
    retryAt = 0
  }

  function find(needle: string, from: number): number {
    const found = text.indexOf(needle, from)
    return found === -1 ? text.length : found
  }

  function readInto(rows: CsvRow[], maxRows: number): boolean {
    const length = text.length
    if (length < retryAt) return rows.length >= maxRows
    while (rows.length < maxRows) {
      if (skippingLine && !finishSkipping()) return false
      if (position >= length) return false
      if (nextLine < position) nextLine = find('\n', position)
      if (quoteCode !== -1 && nextQuote < position) nextQuote = find(quote as string, position)

      if (quoteCode !== -1 && nextQuote < nextLine) {
        if (!readQuoted(rows)) return false
        continue
      }

      const lineEnd = nextLine
      if (lineEnd === length && !ended) {
        if (length - position <= LARGEST_RECORD) return false
        row++
        rows.push(tooLarge(text.slice(position, position + KEPT_OF_LARGE_CELL * 20).split(delimiter)))
        skippingLine = true
        continue
      }
      let end = lineEnd
      while (end > position && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--
      const start = position
      position = lineEnd + 1
      row++
      if (end === start) continue
      const values = end - start > LARGEST_RECORD ? [] : text.slice(start, end).split(delimiter)
      if (values.length === 0) {
        rows.push(tooLarge(text.slice(start, start + KEPT_OF_LARGE_CELL * 20).split(delimiter)))
        continue
      }
      push(rows, values, start, end)
    }
    return true
  }

  /** Drops text up to the end of the line that is being skipped; false when that end is not there yet. */
  function finishSkipping(): boolean {
    if (nextLine < position) nextLine = find('\n', position)
    position = Math.min(nextLine + 1, text.length)
    if (nextLine === text.length) return false
    skippingLine = false
    return true
  }

  /** Adds a record and looks after what is rare: NULs, blank records, too many fields. */
  function push(rows: CsvRow[], values: string[], start: number, end: number): void {
    if (nextNul < start) nextNul = find('\0', start)
    let problem: CsvProblem | undefined
    if (nextNul < end) {
      for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? '').replaceAll('\0', '')
      problem = { code: 'nul_byte', message: 'The row held NUL bytes; they were removed.', usable: true }
    }
    if (isBlank(values)) return
    if (width > 0 && evenOut) {
      const count = values.length
      if (count < width) {
        for (let index = count; index < width; index++) values.push('')
      } else if (count > width) {
        let last = count
        while (last > width && values[last - 1] === '') last--
        values.length = last
        if (last > width) {
          const message = `The row has ${last} fields where the file has ${width} columns.`
          problem = { code: 'too_many_fields', message, usable: false }
        }
      }
    }
    rows.push(problem ? { source_row: row, values, problem } : { source_row: row, values })
  }

  /** Reads the record at `position`, which has a quote on its first line; false when its end is not there yet. */
  function readQuoted(rows: CsvRow[]): boolean {
    const length = text.length
    const values: string[] = []
    const start = position
    const startOfLine = nextLine
    const reach = wasted > 32 * LARGEST_RECORD + 4 * (consumedBefore + start) ? startOfLine : start + LONGEST_LOOKAHEAD
    let at = start
    let strayField = -1
    let strayFieldStart = 0

    for (;;) {
      let open = at
      if (text.charCodeAt(open) === SPACE) {
        while (text.charCodeAt(open) === SPACE) open++
        if (text.charCodeAt(open) !== quoteCode) open = at
      }

      if (text.charCodeAt(open) !== quoteCode) {
        if (nextLine < at) nextLine = find('\n', at)
        if (nextDelimiter < at) nextDelimiter = find(delimiter, at)
        if (nextDelimiter < nextLine) {
          values.push(text.slice(at, nextDelimiter))
          at = nextDelimiter + delimiterLength
          continue
        }
        if (nextLine === length && !ended) {
          if (length > reach) return recover(rows, values, at, start, length)
          return waitForMore(start)
        }
        let end = nextLine
        while (end > at && text.charCodeAt(end - 1) === CARRIAGE_RETURN) end--
        values.push(text.slice(at, end))
        if (strayField !== -1 && width > 0 && values.length !== width) {
          values.length = strayField
          return recover(rows, values, strayFieldStart, start, end)
        }
        return finishRecord(rows, values, start, end, nextLine + 1)
      }

      // A quoted field: `from` is where the search for its end goes on, `kept` what doubled quotes have closed off.
      const first = open + 1
      let kept = ''
      let sliceStart = first
      let from = first
      for (;;) {
        const close = text.indexOf(quote as string, from)
        if (close === -1 || close >= reach) {
          if (!ended && close === -1 && length <= reach && !swallowsRecords(first, length)) return waitForMore(start)
          return recover(rows, values, open, start, close === -1 ? length : close)
        }
        if (backslash && isEscaped(close, first)) {
          kept += text.slice(sliceStart, close - 1)
          sliceStart = close
          from = close + 1
          continue
        }
        let after = close + 1
        if (after >= length && !ended) return waitForMore(start)
        if (!backslash && text.charCodeAt(after) === quoteCode) {
          kept += text.slice(sliceStart, after)
          sliceStart = from = after + 1
          continue
        }
        while (text.charCodeAt(after) === SPACE && delimiterCode !== SPACE) after++
        const lineEnd = endOfLineAt(after)
        if (lineEnd === -2) return waitForMore(start)
        const closes =
          lineEnd !== -1 ||
          (delimiterCode === -1 ? text.startsWith(delimiter, after) : text.charCodeAt(after) === delimiterCode)
        if (closes) {
          if (nextLine < first) nextLine = find('\n', first)
          if (nextLine < close && swallowsRecords(first, close)) return recover(rows, values, open, start, close)
          const tail = text.slice(sliceStart, close)
          let value = kept === '' ? tail : kept + tail
          if (backslash && value.includes('\\')) value = value.replaceAll(/\\([\\"'])/g, '$1')
          values.push(value)
          if (lineEnd === -1) {
            at = after + delimiterLength
            break
          }
          if (strayField !== -1 && width > 0 && values.length !== width) {
            values.length = strayField
            return recover(rows, values, strayFieldStart, start, close)
          }
          return finishRecord(rows, values, start, close, lineEnd)
        }

        // A quote with text behind it is a literal one, unless it looks like the opening quote of a later record.
        if (nextLine < first) nextLine = find('\n', first)
        if (nextLine < close && opensField(close)) return recover(rows, values, open, start, close)
        if (strayField === -1) {
          strayField = values.length
          strayFieldStart = open
        }
        from = close + 1
      }
    }
  }

  /** The position after the line end at `at`; -1 where there is none, -2 where the text stops before it can be told. */
  function endOfLineAt(at: number): number {
    let index = at
    while (text.charCodeAt(index) === CARRIAGE_RETURN) index++
    if (index >= text.length) return ended ? index : -2
    return text.charCodeAt(index) === LINE_FEED ? index + 1 : -1
  }

  function isEscaped(at: number, first: number): boolean {
    let slashes = 0
    while (at - 1 - slashes >= first && text.charCodeAt(at - 1 - slashes) === 92) slashes++
    return slashes % 2 === 1
  }

  function opensField(at: number): boolean {
    const before = text.charCodeAt(at - 1)
    return before === LINE_FEED || text.startsWith(delimiter, at - delimiterLength)
  }

  /**
   * Whether the lines inside what is read as one field have the shape of records: then its quote was never closed.
   * Only whole lines count. The fewer the columns, the more lines it takes, because ordinary text has a comma in a
   * line often, twelve of them never. With one column a line is a record when it holds an address.
   */
  function swallowsRecords(from: number, to: number): boolean {
    if (width === 0) return false
    let line = text.indexOf('\n', from) + 1
    if (line === 0 || line >= to) return false
    let lines = 0
    let records = 0
    while (lines < 200) {
      const end = text.indexOf('\n', line)
      if (end === -1 || end >= to) break
      if (end > line + 1) {
        lines++
        if (width === 1) {
          if (text.slice(line, Math.min(end, line + 300)).includes('@')) records++
        } else {
          let fields = 1
          let at = text.indexOf(delimiter, line)
          while (at !== -1 && at < end && fields <= width) {
            fields++
            at = text.indexOf(delimiter, at + delimiterLength)
          }
          if (fields === width) records++
        }
      }
      line = end + 1
    }
    return records * Math.max(1, width - 1) >= 6 && records >= lines * 0.8
  }

  function waitForMore(start: number): boolean {
    retryAt = start + (text.length - start) * 2
    return false
  }

  function finishRecord(rows: CsvRow[], values: string[], start: number, end: number, next: number): boolean {
    position = next
    row++
    if (end - start > LARGEST_RECORD) rows.push(tooLarge(values))
    else push(rows, values, start, end)
    return true
  }

  /** Takes the line with the unclosed quote as it stands, reports it, and goes on behind its line end. */
  function recover(rows: CsvRow[], before: string[], open: number, start: number, scannedTo: number): boolean {
    const end = find('\n', open)
    if (end === text.length && !ended) {
      if (text.length - start <= LONGEST_LOOKAHEAD) return waitForMore(start)
      row++
      rows.push(tooLarge([...before, text.slice(open, open + KEPT_OF_LARGE_CELL)]))
      position = text.length
      skippingLine = true
      return true
    }
    wasted += scannedTo - start
    let stop = end
    while (stop > open && text.charCodeAt(stop - 1) === CARRIAGE_RETURN) stop--
    position = end + 1
    row++
    if (stop - start > LARGEST_RECORD) {
      rows.push(tooLarge([...before, text.slice(open, open + KEPT_OF_LARGE_CELL)]))
      return true
    }
    const asWritten = readAsWritten(before, open, stop)
    if (asWritten) {
      push(rows, asWritten, start, stop)
      return true
    }
    const values = [...before, ...text.slice(open, stop).replaceAll('\0', '').split(delimiter)]
    while (values.length < width) values.push('')
    const message = `A quotation mark (${quote}) is opened on this row and not closed; reading went on at the next line.`
    rows.push({ source_row: row, values, problem: { code: 'unclosed_quote', message, usable: false } })
    return true
  }

  /**
   * The fields of a line whose field at `open` begins with a quote that belongs to its text: `"Zur Post" Hotel,Bonn`. Null
   * where that field has no second quote, or where the line has not exactly the fields of a record then.
   */
  function readAsWritten(before: string[], open: number, stop: number): string[] | null {
    if (width < 2 || quote === null) return null
    // A copy of the line, so that a search ends with it and not with the text.
    const line = text.slice(open, stop)
    const values = [...before]
    for (let at = 0; at <= line.length && values.length < width; ) {
      const found = line.indexOf(delimiter, at)
      let end = found === -1 ? line.length : found
      if (at === 0 || line.charCodeAt(at) !== quoteCode) values.push(line.slice(at, end))
      else {
        const close = closingQuote(line, at + 1)
        if (close === -1) return null
        values.push(line.slice(at + 1, close).replaceAll(quote + quote, quote))
        end = close + 1
      }
      if (at === 0 && line.lastIndexOf(quote, end - 1) <= 0) return null
      if (end === line.length) return values.length === width ? values : null
      at = end + delimiterLength
    }
    return null
  }

  /** The quote that ends the field of a line; -1 where there is none. */
  function closingQuote(line: string, from: number): number {
    for (let at = line.indexOf(quote as string, from); at !== -1; at = line.indexOf(quote as string, at)) {
      if (line.charCodeAt(at + 1) === quoteCode) at += 2
      else return at + 1 === line.length || line.startsWith(delimiter, at + 1) ? at : -1
    }
    return -1
  }

  function tooLarge(values: string[]): CsvRow {
    const shortened = (width > 0 ? values.slice(0, width) : values).map((value) =>
      (value.length > KEPT_OF_LARGE_CELL ? `${value.slice(0, KEPT_OF_LARGE_CELL)}…` : value).replaceAll('\0', ''),
    )
    while (shortened.length < width) shortened.push('')
    const message = `The row is larger than ${LARGEST_RECORD} characters; it was left out and its cells are shortened here.`
    return { source_row: row, values: shortened, problem: { code: 'record_too_large', message, usable: false } }
  }

  return {
    write,
    finish,
    readInto,
    expectWidth: (fields, even = true) => {
      width = fields
      evenOut = even
    },
    consumed: () => consumedBefore + Math.min(position, text.length),
  }
}

function isBlank(values: string[]): boolean {
  for (const value of values) {
    // DOS ends a text with control-Z, on a line of its own or behind the last cell.
    if (value === '\u001a') continue
    // Nearly every record is decided by the first character of its first field.
    if (value !== '' && (value.charCodeAt(0) > 0xa0 || value.trim() !== '')) return false
  }
  return true
}
