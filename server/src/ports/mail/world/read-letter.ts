/** What the people of the local mail world need of a message, read the cheap way: this is our own mail, not a stranger's. */
export type Letter = {
  from: string
  from_name: string | null
  reply_to: string
  to_name: string | null
  subject: string
  message_id: string | null
  references: string[]
  date: string | null
  unsubscribe_url: string | null
  unsubscribe_mailto: string | null
  pixel_url: string | null
  links: string[]
  text: string
}

/** How much of a text is quoted back. */
const QUOTED = 1_200

type Part = { headers: Map<string, string>; body: string }

/** One entity; bytes stand as Latin-1 characters until a text is decoded. */
const splitPart = (source: string): Part => {
  const end = /\r?\n\r?\n/.exec(source)
  const block = end ? source.slice(0, end.index) : source
  const headers = new Map<string, string>()
  for (const line of block.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const at = line.indexOf(':')
    if (at > 0) headers.set(line.slice(0, at).toLowerCase(), line.slice(at + 1).trim())
  }
  return { headers, body: end ? source.slice(end.index + end[0].length) : '' }
}

const decodeBody = ({ headers, body }: Part): string => {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8')
  const bytes =
    encoding === 'quoted-printable'
      ? body
          .replace(/[ \t]*=\r?\n/g, '')
          .replace(/=([0-9A-Fa-f]{2})/g, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      : body
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** The leaves of a message, at most three levels deep. */
const leaves = (part: Part, depth = 0): Part[] => {
  const type = part.headers.get('content-type') ?? ''
  const boundary = /^multipart\//i.test(type) && depth < 3 ? /boundary="?([^";]+)"?/i.exec(type)?.[1] : undefined
  if (!boundary) return [part]
  return part.body
    .split(`--${boundary}`)
    .slice(1, -1)
    .flatMap((inner) => leaves(splitPart(inner.replace(/^\r?\n/, '')), depth + 1))
}

/** RFC 2047 encoded words; white space between two of them does not count (§6.2). */
const decodeWords = (value: string): string =>
  value
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_whole, kind: string, text: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString('utf8')
        : decodeBody({
            headers: new Map([['content-transfer-encoding', 'quoted-printable']]),
            body: text.replaceAll('_', ' '),
          }),
    )

const addressOf = (value: string): { name: string | null; address: string } => {
  const found = /^\s*(?:"?([^"<]*)"?\s*)?<([^>]+)>/.exec(value)
  return found?.[2]
    ? { name: decodeWords(found[1]?.trim() ?? '') || null, address: found[2] }
    : { name: null, address: value.trim() }
}

const inBrackets = (value: string): string[] => [...value.matchAll(/<([^>]+)>/g)].map((match) => match[1] as string)

export const readLetter = (raw: Buffer): Letter => {
  const whole = splitPart(raw.toString('latin1'))
  const header = (name: string): string => whole.headers.get(name) ?? ''
  const parts = leaves(whole)
  const ofType = (type: RegExp) => parts.find((part) => type.test(part.headers.get('content-type') ?? 'text/plain'))
  const html = ofType(/^text\/html/i)
  const plain = ofType(/^text\/plain/i)
  const markup = html ? decodeBody(html) : ''
  const urls = [...markup.matchAll(/(?:href|src)\s*=\s*"(https?:\/\/[^"]+)"/gi)].map((match) =>
    (match[1] as string).replaceAll('&amp;', '&'),
  )
  const from = addressOf(header('from'))
  const unsubscribe = inBrackets(header('list-unsubscribe'))
  return {
    from: from.address,
    from_name: from.name,
    reply_to: header('reply-to') ? addressOf(header('reply-to')).address : from.address,
    to_name: addressOf(header('to')).name,
    subject: decodeWords(header('subject')),
    message_id: header('message-id') || null,
    references: header('references').match(/<[^>]+>/g) ?? [],
    date: header('date') || null,
    unsubscribe_url: unsubscribe.find((url) => /^https?:/i.test(url)) ?? null,
    unsubscribe_mailto: unsubscribe.find((url) => /^mailto:/i.test(url)) ?? null,
    pixel_url: urls.find((url) => url.includes('/t/o/')) ?? null,
    links: urls.filter((url) => url.includes('/t/c/')),
    text: plain ? decodeBody(plain).replace(/\r\n/g, '\n').slice(0, QUOTED).toWellFormed() : '',
  }
}
