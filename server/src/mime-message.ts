import { domainToASCII } from 'node:url'

export type Mailbox = { name?: string | null; address: string }

export type MessageInput = {
  from: Mailbox
  to: Mailbox | readonly Mailbox[]
  cc?: readonly Mailbox[]
  subject: string
  date: Date | Temporal.Instant
  /** With angle brackets. */
  message_id: string
  reply_to?: Mailbox | null
  /** With angle brackets, as all ids here. */
  in_reply_to?: string | null
  /** Oldest first. */
  references?: readonly string[]
  text: string
  html?: string | null
  list_unsubscribe?: { https?: string | null; mailto?: string | null } | null
  feedback_id?: string | null
  /** Further header fields by name; their values are unfolded text. */
  extra_headers?: readonly Header[]
  attachments?: readonly MessageAttachment[]
}

export type MessageAttachment = {
  filename: string
  /** Without parameters. */
  mime_type: string
  /** The content as `base64Lines` encodes it, so that a message to many recipients is encoded once. */
  base64: Uint8Array
  /** Shown inside the HTML part, which refers to it as `cid:` and its content id; only in a message with HTML. */
  is_inline?: boolean
  /** Without angle brackets. */
  content_id?: string | null
}

export type Header = readonly [name: string, value: string]

export type ComposedMessage = {
  /** In the order of the message; values are folded as sent, without the last CRLF. */
  headers: Header[]
  /** The octets after the empty line, a view on `raw`. */
  body: Buffer
  raw: Buffer
}

export type MessageProblem = {
  field: string
  code: 'HEADER_INJECTION' | 'SMTPUTF8_REFUSED' | 'INVALID_VALUE'
  message: string
}

/** Thrown by `composeMessage` with everything that is wrong with the input, not only the first finding. */
export class MessageInputError extends Error {
  override readonly name = 'MessageInputError'
  /** The gravest code among the problems. */
  readonly code: MessageProblem['code']
  readonly problems: readonly MessageProblem[]

  constructor(problems: readonly MessageProblem[]) {
    super(problems.map((problem) => `${problem.field}: ${problem.message}`).join(' '))
    const codes = ['HEADER_INJECTION', 'SMTPUTF8_REFUSED', 'INVALID_VALUE'] as const
    this.code = codes.find((code) => problems.some((problem) => problem.code === code)) ?? 'INVALID_VALUE'
    this.problems = problems
  }
}

const LINE = 78 // RFC 5322 section 2.1.1, without CRLF
const ENCODED_WORD = 75 // RFC 2047 section 2
// Twenty-one ids at 250 characters are some 5 KB; beyond that servers begin to refuse the header as a whole.
const REFERENCES_KEPT_LAST = 20

/**
 * One well-formed message (RFC 5322, RFC 2045 to 2047): text alone, or text and HTML as multipart/alternative, both
 * quoted-printable, lines within 76 octets and ended by CRLF. Pictures that the HTML shows stand beside it in
 * multipart/related (RFC 2387), other attachments beside the whole in multipart/mixed, all of them base64. Nothing in the input can add a header: CR, LF and NUL
 * throw in ids, addresses and links, and become a space in the subject and in display names. Domains with letters
 * beyond ASCII are sent in their ASCII form; a local part with such letters throws, because it would need SMTPUTF8
 * (RFC 6531) at every hop. Of long References the first and the last 20 are kept (RFC 5322 section 3.6.4 wants the
 * order). List-Unsubscribe-Post (RFC 8058) goes along exactly when there is an https link.
 */
export function composeMessage(input: MessageInput): ComposedMessage {
  const problems: MessageProblem[] = []
  const headers: Header[] = []

  const to = Array.isArray(input.to) ? (input.to as readonly Mailbox[]) : [input.to as Mailbox]
  if (to.length === 0) problems.push({ field: 'to', code: 'INVALID_VALUE', message: 'There is no recipient.' })
  headers.push(['From', formatMailboxes('From', 'from', [input.from], problems)])
  headers.push(['To', formatMailboxes('To', 'to', to, problems)])
  if (input.cc?.length) headers.push(['Cc', formatMailboxes('Cc', 'cc', input.cc, problems)])
  headers.push(['Subject', formatSubject(input.subject)])
  headers.push(['Date', formatDate(input.date, problems)])
  headers.push(['Message-ID', checkId('message_id', input.message_id, problems)])
  if (input.reply_to) headers.push(['Reply-To', formatMailboxes('Reply-To', 'reply_to', [input.reply_to], problems)])
  if (input.in_reply_to) headers.push(['In-Reply-To', checkId('in_reply_to', input.in_reply_to, problems)])
  if (input.references && input.references.length > 0) {
    const ids = input.references.map((id) => checkId('references', id, problems))
    headers.push(['References', trimReferences(ids).join('\r\n ')])
  }
  const unsubscribe = input.list_unsubscribe
  if (unsubscribe?.https || unsubscribe?.mailto) {
    const links: string[] = []
    if (unsubscribe.https) links.push(formatLink('list_unsubscribe.https', unsubscribe.https, /^https?:\/\//, problems))
    if (unsubscribe.mailto) links.push(formatLink('list_unsubscribe.mailto', unsubscribe.mailto, /^mailto:/, problems))
    headers.push(['List-Unsubscribe', links.join(',\r\n ')])
    if (unsubscribe.https) headers.push(['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'])
  }
  if (input.feedback_id) headers.push(['Feedback-ID', checkVisible('feedback_id', input.feedback_id, 200, problems)])
  for (const [name, value] of input.extra_headers ?? []) headers.push([name, formatExtra(name, value, problems)])
  headers.push(['MIME-Version', '1.0'])
  for (const { content_id } of input.attachments ?? [])
    if (content_id) checkVisible('attachments.content_id', content_id, 255, problems)

  if (problems.length > 0) throw new MessageInputError(problems)

  const { text, html, attachments } = input
  if (attachments?.length) return assembleTree(headers, input.message_id, text, html || null, attachments)
  if (!html) {
    headers.push(['Content-Type', 'text/plain; charset=utf-8'], ['Content-Transfer-Encoding', 'quoted-printable'])
    return assemble(headers, [['', text]], '')
  }
  const boundary = boundaryFor(input.message_id)
  headers.push(['Content-Type', `multipart/alternative;\r\n boundary="${boundary}"`])
  return assemble(
    headers,
    [
      [partHead(boundary, 'text/plain'), text],
      [`\r\n${partHead(boundary, 'text/html')}`, html],
    ],
    `\r\n--${boundary}--\r\n`,
  )
}

/**
 * mixed( alternative( text, related( html, inline… ) ), attached… ), without the levels that would hold a single part. The
 * pieces follow each other on the wire, so a tree is no more than the right heads in the right order.
 */
function assembleTree(
  headers: Header[],
  messageId: string,
  text: string,
  html: string | null,
  attachments: readonly MessageAttachment[],
): ComposedMessage {
  const inline = html === null ? [] : attachments.filter((one) => one.is_inline)
  const attached = attachments.filter((one) => !inline.includes(one))
  const alternative = boundaryFor(messageId)
  // Neither is the beginning of another, so no reader can take one for the other (RFC 2046 section 5.1.2).
  const mixed = alternative.replace('=_', '=_m_')
  const related = alternative.replace('=_', '=_r_')
  const multipart = (kind: string, boundary: string): string => `multipart/${kind};\r\n boundary="${boundary}"`
  const parts: Part[] = []
  const nested = (kind: string, boundary: string, outer: string | null): string => {
    if (outer !== null) return `--${outer}\r\nContent-Type: ${multipart(kind, boundary)}\r\n\r\n`
    headers.push(['Content-Type', multipart(kind, boundary)])
    return ''
  }
  const outer = attached.length > 0 ? mixed : null
  let head = outer ? nested('mixed', mixed, null) : ''
  const textHead = 'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
  if (html === null) parts.push([`${head}--${mixed}\r\n${textHead}`, text])
  else {
    head += nested('alternative', alternative, outer)
    parts.push([head + partHead(alternative, 'text/plain'), text])
    if (inline.length > 0) {
      const open = `\r\n${nested('related', related, alternative)}`
      parts.push([open + partHead(related, 'text/html'), html])
      for (const one of inline) parts.push([`\r\n--${related}\r\n${attachmentHead(one, 'inline')}`, one.base64])
      parts.push([`\r\n--${related}--\r\n`, ''])
    } else parts.push([`\r\n${partHead(alternative, 'text/html')}`, html])
    parts.push([`\r\n--${alternative}--\r\n`, ''])
  }
  for (const one of attached) parts.push([`\r\n--${mixed}\r\n${attachmentHead(one, 'attachment')}`, one.base64])
  return assemble(headers, parts, outer ? `\r\n--${mixed}--\r\n` : '')
}

const BASE64_OCTETS = 57 // of content in a line of 76 characters (RFC 2045 section 6.8)

/** Content in base64, its lines ended by CRLF; nothing for nothing. */
export function base64Lines(content: Uint8Array): Buffer {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const lines = Math.ceil(bytes.length / BASE64_OCTETS)
  const out = Buffer.allocUnsafe(lines * 78)
  let at = 0
  for (let start = 0; start < bytes.length; start += BASE64_OCTETS) {
    at += out.write(bytes.toString('base64', start, Math.min(start + BASE64_OCTETS, bytes.length)), at, 'latin1')
    out[at++] = 13
    out[at++] = 10
  }
  return out.subarray(0, at)
}

function attachmentHead(one: MessageAttachment, disposition: 'inline' | 'attachment'): string {
  // The name stands in Content-Type too, encoded as old readers want it; the rules want it in the disposition alone.
  const lines = [
    `Content-Type: ${one.mime_type};${nameParameter(one.filename)}`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: ${disposition};${filenameParameters(one.filename)}`,
  ]
  if (one.content_id) lines.push(`Content-ID: <${one.content_id}>`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

const quotable = /^[\x20-\x7e]{0,60}$/

function quotedString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function nameParameter(name: string): string {
  return quotable.test(name) ? `\r\n name=${quotedString(name)}` : `\r\n name="${encodeWords(name, 8)}"`
}

const PIECE = 60

/** A file name as parameters: quoted where it is short and ASCII, else in UTF-8 and in pieces (RFC 2231 sections 3 and 4). */
function filenameParameters(name: string): string {
  if (quotable.test(name)) return `\r\n filename=${quotedString(name)}`
  const pieces: string[] = []
  let held = "utf-8''"
  for (const octet of Buffer.from(name)) {
    const character = String.fromCharCode(octet)
    const next = /[A-Za-z0-9._-]/.test(character) ? character : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
    if (held.length + next.length > PIECE) {
      pieces.push(held)
      held = ''
    }
    held += next
  }
  pieces.push(held)
  if (pieces.length === 1) return `\r\n filename*=${held}`
  return pieces.map((piece, index) => `\r\n filename*${index}*=${piece}`).join(';')
}

const extraName = /^[A-Za-z0-9-]{1,76}$/

/** Text as a header field of its own: folded or encoded as the subject is. */
function formatExtra(name: string, value: string, problems: MessageProblem[]): string {
  if (!extraName.test(name))
    problems.push({ field: 'headers', code: 'INVALID_VALUE', message: 'This is not a header name.' })
  if (injectionPattern.test(value))
    problems.push({
      field: `headers.${name}`,
      code: 'HEADER_INJECTION',
      message: 'The value holds a line break or NUL.',
    })
  const column = name.length + 2
  const clean = cleanHeaderText(value)
  if (clean === '') return ''
  if (!plainWords.test(clean) || clean.includes('=?')) return encodeWords(clean, Math.min(column, 40))
  if (column + clean.length <= LINE) return clean
  return foldWords(clean, column) ?? encodeWords(clean, Math.min(column, 40))
}

/** The message with one more header on top, for a signature made over the rest. `value` is folded and trusted. */
export function prependHeader(raw: Uint8Array, name: string, value: string): Buffer {
  const line = `${name}: ${value}\r\n`
  const whole = Buffer.allocUnsafe(line.length + raw.length)
  whole.write(line, 0, 'latin1')
  whole.set(raw, line.length)
  return whole
}

/** Whether a string can stand in In-Reply-To and References: one id in angle brackets, visible ASCII, no white space. */
export function isMessageId(id: string): boolean {
  return id.length <= 900 && idPattern.test(id)
}

// Looser than RFC 5322 section 3.6.4 on purpose: real clients make ids without an @, and a thread must not break there.
const idPattern = /^<[\x21-\x3b\x3d\x3f-\x7e]+>$/
const injectionPattern = /[\r\n\0]/

function checkId(field: string, id: string, problems: MessageProblem[]): string {
  if (!isMessageId(id)) {
    problems.push(
      injectionPattern.test(id)
        ? { field, code: 'HEADER_INJECTION', message: 'A message id holds a line break or NUL.' }
        : { field, code: 'INVALID_VALUE', message: 'A message id is visible ASCII without spaces in angle brackets.' },
    )
  }
  return id
}

function checkVisible(field: string, value: string, longest: number, problems: MessageProblem[]): string {
  if (injectionPattern.test(value)) {
    problems.push({ field, code: 'HEADER_INJECTION', message: 'The value holds a line break or NUL.' })
  } else if (!/^[\x21-\x7e]+$/.test(value)) {
    problems.push({ field, code: 'INVALID_VALUE', message: 'The value is visible ASCII without spaces.' })
  } else if (value.length > longest) {
    problems.push({ field, code: 'INVALID_VALUE', message: `The value is longer than ${longest} characters.` })
  }
  return value
}

/** Plain http is let through for instances on loopback; a launch warns where RFC 8058 would want https. */
function formatLink(field: string, link: string, scheme: RegExp, problems: MessageProblem[]): string {
  checkVisible(field, link, 900, problems)
  if (!scheme.test(link) || link.includes('>') || link.includes('<')) {
    problems.push({
      field,
      code: 'INVALID_VALUE',
      message: 'The link has the scheme of its field and no angle brackets.',
    })
  }
  return `<${link}>`
}

function trimReferences(ids: readonly string[]): readonly string[] {
  if (ids.length <= REFERENCES_KEPT_LAST + 1) return ids
  return [ids[0] as string, ...ids.slice(-REFERENCES_KEPT_LAST)]
}

const plainAddress =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

/**
 * An address as it stands in headers and in SMTP commands, its domain in ASCII; problems are added to the list.
 * Quoted local parts and address literals are refused: nobody who is written to here has one.
 */
export function asciiAddress(field: string, address: string, problems: MessageProblem[]): string {
  if (injectionPattern.test(address)) {
    problems.push({ field, code: 'HEADER_INJECTION', message: 'The address holds a line break or NUL.' })
    return ''
  }
  const at = address.lastIndexOf('@')
  let ascii = address
  if (at > 0 && /[^\0-\x7f]/.test(address)) {
    if (/[^\0-\x7f]/.test(address.slice(0, at))) {
      problems.push({
        field,
        code: 'SMTPUTF8_REFUSED',
        message: 'The part before the @ has letters beyond ASCII, which most mail servers cannot take.',
      })
      return ''
    }
    ascii = `${address.slice(0, at)}@${domainToASCII(address.slice(at + 1))}`
  }
  if (!plainAddress.test(ascii) || ascii.includes('..') || ascii.lastIndexOf('@') > 64 || ascii.length > 254) {
    problems.push({ field, code: 'INVALID_VALUE', message: 'This is not one plain e-mail address.' })
    return ''
  }
  return ascii
}

function formatMailboxes(header: string, field: string, boxes: readonly Mailbox[], problems: MessageProblem[]): string {
  let value = ''
  let column = header.length + 2
  for (const [index, box] of boxes.entries()) {
    const address = asciiAddress(field, box.address, problems)
    if (index > 0) {
      value += ',\r\n '
      column = 1
    }
    const phrase = box.name ? formatPhrase(cleanHeaderText(box.name), column) : ''
    if (phrase === '') {
      value += address
      continue
    }
    const lastLine = phrase.lastIndexOf('\n')
    const end = lastLine === -1 ? column + phrase.length : phrase.length - lastLine - 1
    value += end + address.length + 3 > LINE ? `${phrase}\r\n <${address}>` : `${phrase} <${address}>`
  }
  return value
}

/** Each run of control characters, line breaks and NUL among them, becomes one space; byte order marks go. */
function cleanHeaderText(text: string): string {
  if (plainWords.test(text)) return text
  return (
    text
      .toWellFormed()
      // Readers drop the mark at the start of an encoded word, and exports leave it at the start of a name.
      .replaceAll('\ufeff', '')
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .trim()
  )
}

const plainWords = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/
const atomWords = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/

/** A display name: atoms as they are, other ASCII quoted, the rest as encoded words (RFC 2047 section 5, rule 3). */
function formatPhrase(name: string, column: number): string {
  if (name === '') return ''
  if (plainWords.test(name) && !name.includes('=?') && column + name.length + 2 <= LINE) {
    if (atomWords.test(name)) return name
    const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`
    if (column + quoted.length <= LINE) return quoted
  }
  return encodeWords(name, column)
}

function formatSubject(subject: string): string {
  const clean = cleanHeaderText(subject)
  const column = 'Subject: '.length
  if (clean === '') return ''
  // Several spaces in a row are sent encoded, or the next hop might fold them into one.
  if (!plainWords.test(clean) || clean.includes('=?')) return encodeWords(clean, column)
  if (column + clean.length <= LINE) return clean
  return foldWords(clean, column) ?? encodeWords(clean, column)
}

/** Undefined when a word is too long for any line; it then has to be encoded, which may break anywhere. */
function foldWords(text: string, column: number): string | undefined {
  let folded = ''
  let at = column
  for (const word of text.split(' ')) {
    if (folded === '') {
      if (at + word.length > LINE) return undefined
      folded = word
      at += word.length
    } else if (at + 1 + word.length <= LINE) {
      folded += ` ${word}`
      at += 1 + word.length
    } else {
      if (1 + word.length > LINE) return undefined
      folded += `\r\n ${word}`
      at = 1 + word.length
    }
  }
  return folded
}

// What may stand for itself in a Q encoded word inside a phrase, the strictest place (RFC 2047 section 5, rule 3).
const qLiteral = /[A-Za-z0-9!*+/-]/
const hex = '0123456789ABCDEF'

/**
 * Encoded words in UTF-8 (RFC 2047), Q or B, whichever is shorter, folded between words. A character is never split
 * over two words (section 5), and no word is longer than 75 characters.
 */
function encodeWords(text: string, column: number): string {
  const bytes = Buffer.from(text)
  let qLength = 0
  for (const byte of bytes) qLength += byte === 32 || qLiteral.test(String.fromCharCode(byte)) ? 1 : 3
  const useQ = qLength <= Math.ceil(bytes.length / 3) * 4
  const opening = useQ ? '=?utf-8?Q?' : '=?utf-8?B?'

  const words: string[] = []
  let held = ''
  let size = 0
  let room = Math.min(ENCODED_WORD, LINE - column) - opening.length - 2
  const close = (): void => {
    words.push(`${opening}${held}?=`)
    held = ''
    size = 0
    room = Math.min(ENCODED_WORD, LINE - 1) - opening.length - 2
  }
  if (useQ) {
    for (const character of text) {
      const encoded = encodeQ(character)
      if (held.length + encoded.length > room && held !== '') close()
      held += encoded
    }
    close()
  } else {
    let start = 0
    let end = 0
    for (const character of text) {
      const width = Buffer.byteLength(character)
      if (Math.ceil((size + width) / 3) * 4 > room && size > 0) {
        held = bytes.toString('base64', start, end)
        close()
        start = end
      }
      size += width
      end += width
    }
    held = bytes.toString('base64', start, end)
    close()
  }
  return words.join('\r\n ')
}

function encodeQ(character: string): string {
  if (character === ' ') return '_'
  if (character.length === 1 && qLiteral.test(character)) return character
  let encoded = ''
  for (const byte of Buffer.from(character)) encoded += `=${hex[byte >> 4]}${hex[byte & 15]}`
  return encoded
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

/** RFC 5322 section 3.3 in UTC. "+0000" and not "-0000": the zone is known, it is UTC. */
function formatDate(instant: Date | Temporal.Instant, problems: MessageProblem[]): string {
  const date = instant instanceof Date ? instant : new Date(instant.epochMilliseconds)
  const year = date.getUTCFullYear()
  if (!(year >= 1900 && year <= 9999)) {
    problems.push({ field: 'date', code: 'INVALID_VALUE', message: 'The date has a year from 1900 to 9999.' })
    return ''
  }
  const day = `${weekdays[date.getUTCDay()]}, ${two(date.getUTCDate())} ${months[date.getUTCMonth()]} ${year}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}

// "=_" cannot come out of quoted-printable, so no part can hold the boundary (RFC 2045 section 6.7). The rest makes it
// differ from message to message, for the day one of ours is quoted inside another.
function boundaryFor(messageId: string): string {
  return `=_${messageId
    .replace(/@.*$/, '')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 42)}`
}

function partHead(boundary: string, type: string): string {
  return `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n`
}

// Composing is synchronous, so one scratch serves every message; the result is copied out of it.
let scratch = Buffer.alloc(0)
const LARGEST_KEPT_SCRATCH = 1 << 20

/** What stands before a content, and the content: text, which is encoded here, or octets as they go on the wire. */
type Part = readonly [head: string, content: string | Uint8Array]

function assemble(headers: Header[], parts: readonly Part[], tail: string): ComposedMessage {
  let head = ''
  for (const [name, value] of headers) head += value === '' ? `${name}:\r\n` : `${name}: ${value}\r\n`
  head += '\r\n'
  // One UTF-16 unit becomes at most three octets of "=XX", and a soft break follows at least every 65 octets.
  let needed = head.length + tail.length + 2
  for (const [partStart, content] of parts)
    needed += partStart.length + content.length * (typeof content === 'string' ? 10 : 1) + 64
  if (scratch.length < needed) scratch = Buffer.allocUnsafeSlow(Math.max(needed, 65536))

  let at = scratch.write(head, 0, 'latin1')
  const bodyStart = at
  for (const [partStart, content] of parts) {
    at += scratch.write(partStart, at, 'latin1')
    if (typeof content === 'string') at = writeQuotedPrintable(content, scratch, at)
    else {
      scratch.set(content, at)
      at += content.length
    }
  }
  at += scratch.write(tail, at, 'latin1')
  // A message ends with a line end even when its only part does not.
  if (tail === '' && at > bodyStart && scratch[at - 1] !== 10) at += scratch.write('\r\n', at, 'latin1')

  const raw = Buffer.from(scratch.subarray(0, at))
  if (scratch.length > LARGEST_KEPT_SCRATCH) scratch = Buffer.alloc(0)
  return { headers, body: raw.subarray(bodyStart), raw }
}

const LITERAL = 1
const SPACE = 2
const BREAK = 3
const kindOf = new Uint8Array(128)
for (let code = 33; code < 127; code++) kindOf[code] = LITERAL
kindOf[61] = 0
kindOf[32] = SPACE
kindOf[9] = SPACE
kindOf[13] = BREAK
kindOf[10] = BREAK
const hexDigits = Buffer.from(hex)
// One column is kept for the "=" of a soft break: 76 in all (RFC 2045 section 6.7, rule 5).
const LAST_COLUMN = 75

/**
 * Writes text as quoted-printable (RFC 2045 section 6.7) and returns where it ended. Line ends of any kind become CRLF,
 * half surrogates U+FFFD. A full stop or "From " at the start of a line is encoded, so neither dot-stuffing nor an mbox
 * on the way can change a line and break the signature. The octets of one character stay on one line.
 */
function writeQuotedPrintable(text: string, target: Buffer, start: number): number {
  const length = text.length
  let at = start
  let column = 0
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    const kind = code < 128 ? (kindOf[code] as number) : 0
    if (kind === LITERAL) {
      if (column === LAST_COLUMN) {
        target[at++] = 61
        target[at++] = 13
        target[at++] = 10
        column = 0
      }
      if (column !== 0 || !(code === 46 || (code === 70 && text.startsWith('From ', index)))) {
        target[at++] = code
        column++
        continue
      }
    } else if (kind === BREAK) {
      if (code === 13 && index + 1 < length && text.charCodeAt(index + 1) === 10) index++
      target[at++] = 13
      target[at++] = 10
      column = 0
      continue
    } else if (kind === SPACE) {
      const next = index + 1 < length ? text.charCodeAt(index + 1) : 10
      if (next !== 10 && next !== 13) {
        if (column === LAST_COLUMN) {
          target[at++] = 61
          target[at++] = 13
          target[at++] = 10
          column = 0
        }
        target[at++] = code
        column++
        continue
      }
    }
    // Everything else as "=XX" for each octet of UTF-8.
    let point = code
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = index + 1 < length ? text.charCodeAt(index + 1) : 0
      if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        index++
      } else {
        point = 0xfffd
      }
    }
    const octets = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    if (column + octets * 3 > LAST_COLUMN) {
      target[at++] = 61
      target[at++] = 13
      target[at++] = 10
      column = 0
    }
    column += octets * 3
    if (octets === 1) {
      at = writeOctet(point, target, at)
    } else {
      at = writeOctet((octets === 2 ? 0xc0 : octets === 3 ? 0xe0 : 0xf0) | (point >> ((octets - 1) * 6)), target, at)
      for (let shift = (octets - 2) * 6; shift >= 0; shift -= 6) {
        at = writeOctet(0x80 | ((point >> shift) & 63), target, at)
      }
    }
  }
  return at
}

function writeOctet(octet: number, target: Buffer, at: number): number {
  target[at] = 61
  target[at + 1] = hexDigits[octet >> 4] as number
  target[at + 2] = hexDigits[octet & 15] as number
  return at + 3
}
