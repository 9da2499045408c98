import {
  decodeHeaderText,
  type MessageHeader,
  type ParsedMessage,
  readHeaderBlock,
  readMessageIds,
} from './parse-message.ts'

/** The headers of the message that a report is about, as far as the report gave them back. */
export interface ReturnedMessage {
  message_id: string | null
  references: string[]
  from: string | null
  to: string[]
  subject: string | null
  return_path: string | null
  date: string | null
  headers: MessageHeader[]
}

const ADDRESS = /[^\s<>()"',;:[\]\\]{1,128}@[^\s<>()"',;:[\]\\]{1,253}/g

/** Addresses in a text, in order, each once; a trailing full stop or "..." belongs to the sentence, not to the address. */
export function addressesIn(text: string): string[] {
  const found: string[] = []
  for (const match of text.slice(0, 64 * 1024).matchAll(ADDRESS)) {
    const address = match[0].replace(/[.!?]{1,20}$/, '').replace(/^(?:mailto|smtp|rfc-?822)[:=]/i, '')
    if (/@[^@]*[^@.]$/.test(address) && !found.includes(address)) found.push(address)
  }
  return found
}

function fromHeaders(headers: MessageHeader[]): ReturnedMessage | null {
  const first = (name: string): string | null => headers.find((h) => h.name.toLowerCase() === name)?.value ?? null
  const known = ['message-id', 'from', 'to', 'subject', 'date', 'references', 'return-path', 'received']
  if (!known.some((name) => first(name) !== null)) return null
  const references = [...readMessageIds(first('references')), ...readMessageIds(first('in-reply-to'))]
  const to = headers
    .filter((h) => ['to', 'cc'].includes(h.name.toLowerCase()))
    .flatMap((h) => addressesIn(decodeHeaderText(h.value)))
  const subject = first('subject')
  return {
    message_id: readMessageIds(first('message-id') ?? first('x-ms-exchange-message-id'))[0] ?? null,
    references: [...new Set(references)],
    from: addressesIn(first('from') ?? '')[0] ?? null,
    to: [...new Set(to)],
    subject: subject === null ? null : decodeHeaderText(subject),
    return_path: addressesIn(first('return-path') ?? '')[0] ?? null,
    date: first('date'),
    headers,
  }
}

const MESSAGE_PARTS = [
  'text/rfc822-headers',
  'message/rfc822-headers',
  'message/global-headers',
  'message/rfc822',
  'message/global',
  'text/rfc822',
]

const MARKERS = [
  /^\s*-*\s*below this line is /i,
  /^\s*-+\s*this is a copy of (?:the|your) /i,
  /^\s*[-=*]{3,}.*\b(?:original|returned|unsent|undelivered|rejected|failed) (?:message|mail)\b/i,
  /^\s*-{2,}.*\b(?:headers?|kopfzeilen|en-t[êe]tes?|cabeceras?|intestazioni|заголов\p{L}*)\b.*\b(?:message|mail|nachricht|mensaje|messaggio|follow\w*|письма)/iu,
  /^\s*-{2,}\s*(?:message (?:header|text|body|content)s? follow|message headers?|included message)/i,
  /^\s*original message (?:headers?|follows?)\b/i,
  /^\s*(?:ursprüngliche nachrichtenkopfzeilen|en-têtes de message d'origine|encabezados de mensajes? originales?|intestazioni messaggio originale|cabeçalhos? (?:de|das) mensage\w+ origina\w+|oorspronkelijke berichtkoppen|исходные заголовки сообщения)/i,
]

const HEADER_LINE =
  /^(?:received|return-path|delivered-to|x-original-to|dkim-signature|message-id|from|to|cc|subject|date|mime-version|content-type|reply-to|references|in-reply-to|x-[a-z0-9-]+|list-[a-z-]+|feedback-id|authentication-results|arc-[a-z-]+|content-transfer-encoding|sender|user-agent|thread-[a-z]+|accept-language|content-language):[ \t]*(?=\S)/i

function startOfReturned(lines: readonly string[]): number {
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (MARKERS.some((marker) => marker.test(line.slice(0, 200)))) return at
    if (!HEADER_LINE.test(line)) continue
    // A block of at least three header lines, one of them typical of a whole message, is the returned message itself.
    let count = 0
    let typical = false
    for (let next = at; next < lines.length && next < at + 60; next++) {
      const candidate = lines[next] as string
      if (HEADER_LINE.test(candidate)) {
        count++
        typical ||= /^(?:received|message-id|mime-version|return-path):/i.test(candidate)
      } else if (!/^[ \t]+\S/.test(candidate)) break
    }
    if (count >= 3 && typical) return at
  }
  return lines.length
}

/** Cuts a report's text where the returned message begins: before it is the notice, after it the message given back. */
export function splitNotice(text: string): { notice: string; returned: string } {
  const lines = text
    .slice(0, 256 * 1024)
    .split('\n')
    .slice(0, 5000)
  const at = startOfReturned(lines)
  return { notice: lines.slice(0, at).join('\n'), returned: lines.slice(at).join('\n') }
}

function readFromText(returned: string): ReturnedMessage | null {
  const lines = returned.split('\n')
  const at = lines.findIndex((line) => HEADER_LINE.test(line))
  return at < 0 ? null : fromHeaders(readHeaderBlock(lines.slice(at).join('\n')))
}

/**
 * The message a report gives back: from its own part (RFC 3462 §2: message/rfc822 or text/rfc822-headers), else from
 * the text behind the notice, where systems without MIME copy it. Null where nothing was given back.
 */
export function readReturnedMessage(
  message: Pick<ParsedMessage, 'report_parts'>,
  text: string,
): ReturnedMessage | null {
  for (const type of MESSAGE_PARTS) {
    for (const part of message.report_parts) {
      if (part.mime_type !== type) continue
      const found = fromHeaders(readHeaderBlock(part.content))
      if (found) return found
    }
  }
  return readFromText(splitNotice(text).returned)
}
