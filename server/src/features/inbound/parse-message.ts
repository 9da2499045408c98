import { createHash } from 'node:crypto'
import { htmlToText } from 'html-to-text'
import PostalMime, { type Address, addressParser, decodeWords, type Email } from 'postal-mime'

export interface MailAddress {
  address: string
  name: string
}

export interface MessageHeader {
  name: string
  value: string
}

export interface ParsedAttachment {
  filename: string | null
  mime_type: string
  size_bytes: number
  content_id: string | null
  is_inline: boolean
  sha256: string
  content: Uint8Array
}

/** A part that a mail system writes for another one: its text, transfer encoding already undone, lines ended by LF. */
export interface ReportPart {
  mime_type: string
  content: string
}

export interface ParsedMessage {
  from: MailAddress | null
  to: MailAddress[]
  cc: MailAddress[]
  reply_to: MailAddress[]
  subject: string
  /** ISO 8601 in UTC, or null where the header is missing or is no date. */
  date: string | null
  /** Message ids keep their angle brackets, as the next message's References needs them. */
  message_id: string | null
  in_reply_to: string | null
  references: string[]
  /** Every header in the order of the message, unfolded, encoded words left as they came. */
  headers: MessageHeader[]
  text: string | null
  html: string | null
  attachments: ParsedAttachment[]
  /** Parts of delivery and feedback reports, and messages carried inside this one. They are among the attachments too. */
  report_parts: ReportPart[]
  /** What could not be read; the rest of the message is still here. */
  processing_error: string | null
}

const MAX_NESTING_DEPTH = 32
const MAX_HEADER_BYTES = 512 * 1024
const MAX_PARTS = 1000
/** The parser's cost is by line; an attachment of 100 MB in base64 has fewer, a message of bare line ends more. */
const MAX_LINES = 2_000_000
const MAX_REPORT_PART_BYTES = 256 * 1024
const MAX_SALVAGED_TEXT_BYTES = 256 * 1024
const MAX_REFERENCES = 500
const MAX_HTML_FOR_TEXT = 512 * 1024

const REPORT_TYPES = new Set([
  'message/delivery-status',
  'message/global-delivery-status',
  'message/feedback-report',
  'message/disposition-notification',
  'message/global-disposition-notification',
  'message/rfc822',
  'message/global',
  'message/rfc822-headers',
  'message/global-headers',
  'text/rfc822-headers',
  'text/rfc822',
])

const LF = 0x0a
const CR = 0x0d

/**
 * Brings every line ending to LF. A message that was stored by an old Mac program ends its lines with a bare CR, which
 * the MIME parser would read as one endless line; a CR beside an LF is dropped, since it carries nothing.
 */
function normaliseLineEnds(raw: Uint8Array): Uint8Array {
  if (!raw.includes(CR)) return raw
  const out = new Uint8Array(raw.length)
  let length = 0
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] as number
    if (byte === CR) {
      out[length++] = LF
      // CR CR LF is written by relays that convert line ends twice; it is still one line end.
      while (raw[at + 1] === CR && raw[at + 2] === LF) at++
      if (raw[at + 1] === LF) at++
    } else {
      out[length++] = byte
    }
  }
  return out.subarray(0, length)
}

/** An mbox separator ("From x@y Thu Jan 1 …") before the headers is no header; mailbox exports leave it there. */
function withoutMboxLine(raw: Uint8Array): Uint8Array {
  let at = 0
  while (at < raw.length && at < 8 && raw[at] === LF) at++
  const head = Buffer.from(raw.buffer, raw.byteOffset + at, Math.min(5, raw.length - at)).toString('latin1')
  if (head !== 'From ') return at > 0 ? raw.subarray(at) : raw
  const end = raw.indexOf(LF, at)
  return end < 0 ? raw : raw.subarray(end + 1)
}

function flattenAddresses(addresses: readonly Address[] | undefined): MailAddress[] {
  const out: MailAddress[] = []
  for (const entry of addresses ?? []) {
    const members = entry.group ?? [entry]
    for (const member of members) {
      const address = (member.address ?? '').trim()
      if (address) out.push({ address, name: (member.name ?? '').trim() })
    }
  }
  return out
}

const MESSAGE_ID = /<[^<>\s]{1,900}>/g

/** Message ids of a header value, in order, each once. A value without angle brackets counts if it looks like one id. */
export function readMessageIds(value: string | null | undefined): string[] {
  if (!value) return []
  // Some systems fold inside the brackets; blanks between them are dropped first.
  const joined = value
    .slice(0, 64 * 1024)
    .replace(/<\s+/g, '<')
    .replace(/\s+>/g, '>')
  const found = joined.match(MESSAGE_ID)
  if (found) return [...new Set(found)].slice(-MAX_REFERENCES)
  const bare = joined.trim()
  return /^[^\s<>@]+@[^\s<>@]+$/.test(bare) ? [`<${bare}>`] : []
}

/** First value of a header, matched without regard to case; null when the message does not carry it. */
export function headerValue(message: { headers: readonly MessageHeader[] }, name: string): string | null {
  const wanted = name.toLowerCase()
  return message.headers.find((header) => header.name.toLowerCase() === wanted)?.value ?? null
}

/**
 * Headers of a header block, unfolded. Reading stops at the first blank line. Used for returned messages inside reports
 * and for messages that the MIME parser refused.
 */
export function readHeaderBlock(block: string): MessageHeader[] {
  const headers: MessageHeader[] = []
  for (const line of block.slice(0, MAX_HEADER_BYTES).split(/\r\n|\r|\n/)) {
    if (line.trim() === '') {
      if (headers.length > 0) break
      continue
    }
    const last = headers[headers.length - 1]
    if (/^[ \t]/.test(line) && last) {
      last.value = `${last.value} ${line.trim()}`
      continue
    }
    const header = /^([!-9;-~]{1,200})[ \t]*:[ \t]*(.*)$/.exec(line)
    if (header) headers.push({ name: header[1] as string, value: (header[2] as string).trim() })
    else if (headers.length > 0 && !line.startsWith('From ')) break
  }
  return headers
}

/** Decodes RFC 2047 encoded words; what cannot be decoded stays as it is. */
export function decodeHeaderText(value: string): string {
  try {
    return decodeWords(value)
  } catch {
    return value
  }
}

function parseAddressHeader(headers: readonly MessageHeader[], name: string): MailAddress[] {
  const out: MailAddress[] = []
  for (const header of headers) {
    if (header.name.toLowerCase() !== name) continue
    try {
      out.push(...flattenAddresses(addressParser(header.value.slice(0, 64 * 1024))))
    } catch {
      // An address list that the parser cannot read leaves the list empty; the header itself is kept.
    }
  }
  return out
}

function toIsoDate(value: string | null | undefined): string | null {
  if (!value) return null
  // Comments such as "(CEST)" confuse the date parser in rare forms and say nothing the offset does not.
  const parsed = new Date(value.replace(/\([^()]*\)/g, ' ').trim())
  return Number.isNaN(parsed.getTime()) ? null : parsed.toISOString()
}

function hasMoreLinesThan(raw: Uint8Array, limit: number): boolean {
  let lines = 0
  for (let at = raw.indexOf(LF); at >= 0; at = raw.indexOf(LF, at + 1)) if (++lines > limit) return true
  return false
}

/** A boundary in one of the plain forms, or the beginning of one that only a full parser reads (RFC 2231, quoted pairs, empty). */
const BOUNDARY = /\bboundary(\*[0-9]*\*?)?\s*=\s*(?:"([^"\n]{0,200})("?)|([^\s;"]{0,200}))/gi

/**
 * At least as many as the parser will find, up to the limit. Where a boundary is written in an odd way every line that
 * could be one is counted, since the parser may well understand what this glance does not.
 */
function countParts(raw: Uint8Array): number {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
  const boundaries = new Set<string>()
  let isOdd = false
  for (const [, extended, quoted, close, bare] of text.matchAll(BOUNDARY)) {
    const value = quoted ?? bare ?? ''
    isOdd ||= extended !== undefined || value === '' || value.includes('\\') || (quoted !== undefined && close !== '"')
    boundaries.add(value.trimEnd())
    if (boundaries.size > MAX_PARTS) return boundaries.size
  }
  if (boundaries.size === 0) return 1
  let parts = 0
  for (const match of text.matchAll(/^--([^\n]*)$/gm)) {
    if (isOdd || boundaries.has((match[1] as string).slice(0, 210).trimEnd())) parts++
    if (parts > MAX_PARTS) break
  }
  return parts
}

function bytesOf(content: ArrayBuffer | Uint8Array | string): Uint8Array {
  if (typeof content === 'string') return Buffer.from(content)
  return content instanceof Uint8Array ? content : new Uint8Array(content)
}

function decodeReportText(bytes: Uint8Array): string {
  const head = bytes.subarray(0, MAX_REPORT_PART_BYTES)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(head)
  } catch {
    text = new TextDecoder('latin1').decode(head)
  }
  return text.replace(/\r\n?/g, '\n')
}

function fromParsed(email: Email, problem: string | null): ParsedMessage {
  const headers = email.headers.map((header) => ({ name: header.originalKey || header.key, value: header.value }))
  const attachments: ParsedAttachment[] = []
  const reportParts: ReportPart[] = []
  for (const attachment of email.attachments) {
    const content = bytesOf(attachment.content)
    const mimeType = attachment.mimeType || 'application/octet-stream'
    attachments.push({
      filename: attachment.filename || null,
      mime_type: mimeType,
      size_bytes: content.byteLength,
      content_id: attachment.contentId ? attachment.contentId.replace(/^<|>$/g, '') : null,
      is_inline: attachment.disposition === 'inline' || attachment.related === true,
      sha256: createHash('sha256').update(content).digest('hex'),
      content,
    })
    if (REPORT_TYPES.has(mimeType)) reportParts.push({ mime_type: mimeType, content: decodeReportText(content) })
  }
  return {
    ...fromHeaders(headers),
    text: email.text === undefined ? null : email.text.replace(/\r\n?/g, '\n'),
    html: email.html ?? null,
    attachments,
    report_parts: reportParts,
    processing_error: problem,
  }
}

type HeaderFields = Omit<ParsedMessage, 'text' | 'html' | 'attachments' | 'report_parts' | 'processing_error'>

function fromHeaders(headers: MessageHeader[]): HeaderFields {
  const first = (name: string): string | null => headerValue({ headers }, name)
  const references = readMessageIds(first('references'))
  return {
    from: parseAddressHeader(headers, 'from')[0] ?? null,
    to: parseAddressHeader(headers, 'to'),
    cc: parseAddressHeader(headers, 'cc'),
    reply_to: parseAddressHeader(headers, 'reply-to'),
    subject: decodeHeaderText(first('subject') ?? '')
      .replace(/\s+/g, ' ')
      .trim(),
    date: toIsoDate(first('date')),
    message_id: readMessageIds(first('message-id'))[0] ?? null,
    in_reply_to: readMessageIds(first('in-reply-to'))[0] ?? null,
    references,
    headers,
  }
}

/**
 * Headers and the first text of a message that is not taken apart: broken beyond reading, or larger in some respect than
 * the limits allow. `problem` becomes its processing_error.
 */
export function salvageMessage(raw: Uint8Array, problem: string): ParsedMessage {
  const source = decodeReportText(raw.subarray(0, MAX_HEADER_BYTES + MAX_SALVAGED_TEXT_BYTES))
  const blank = source.search(/\n[ \t]*\n/)
  const block = blank < 0 ? source : source.slice(0, blank)
  const body = blank < 0 ? '' : source.slice(blank).trim().slice(0, MAX_SALVAGED_TEXT_BYTES)
  return {
    ...fromHeaders(readHeaderBlock(block).slice(0, 1000)),
    text: body === '' ? null : body,
    html: null,
    attachments: [],
    report_parts: [],
    processing_error: problem,
  }
}

/**
 * Reads a raw message (RFC 5322, MIME). It never throws: where the message is broken or exceeds a limit (32 levels of
 * nesting, 512 KiB of headers over all parts, 1,000 parts, 2,000,000 lines) the headers and the first text are still read and
 * `processing_error` says what is missing. Messages inside the message are kept apart, never mixed into its text.
 */
export async function parseMessage(raw: Uint8Array): Promise<ParsedMessage> {
  const source = withoutMboxLine(normaliseLineEnds(raw))
  try {
    if (hasMoreLinesThan(source, MAX_LINES)) return salvageMessage(source, `more than ${MAX_LINES} lines`)
    if (countParts(source) > MAX_PARTS) return salvageMessage(source, `more than ${MAX_PARTS} MIME parts`)
    const email = await PostalMime.parse(source, {
      forceRfc822Attachments: true,
      maxNestingDepth: MAX_NESTING_DEPTH,
      maxHeadersSize: MAX_HEADER_BYTES,
      attachmentEncoding: 'arraybuffer',
    })
    if (email.headers.length === 0) return salvageMessage(source, 'the message has no headers')
    const known = email.headers.some((header) => /^[!-9;-~]+$/.test(header.key) && header.value !== '')
    return fromParsed(email, known ? null : 'the message has no readable headers')
  } catch (error) {
    return salvageMessage(source, error instanceof Error ? error.message : 'the message could not be parsed')
  }
}

/** Converts HTML to plain text; quoted blocks get "> " at the start of each line. Never throws, and never loads anything. */
export function textFromHtml(html: string): string {
  const source = html.slice(0, MAX_HTML_FOR_TEXT)
  try {
    return htmlToText(source, {
      wordwrap: false,
      limits: { maxInputLength: MAX_HTML_FOR_TEXT, maxDepth: 200, ellipsis: '' },
      selectors: [
        { selector: 'a', options: { ignoreHref: true } },
        { selector: 'img', format: 'skip' },
        { selector: 'h1', options: { uppercase: false } },
        { selector: 'h2', options: { uppercase: false } },
        { selector: 'h3', options: { uppercase: false } },
        { selector: 'h4', options: { uppercase: false } },
        { selector: 'table', options: { uppercaseHeaderCells: false } },
      ],
    })
  } catch {
    return source.replace(/<[^>]*>/g, ' ')
  }
}

/** The message's text, or its HTML as text where it has no text part. */
export function readableText(message: Pick<ParsedMessage, 'text' | 'html'>): string {
  if (message.text !== null && message.text.trim() !== '') return message.text
  return message.html === null ? (message.text ?? '') : textFromHtml(message.html)
}
