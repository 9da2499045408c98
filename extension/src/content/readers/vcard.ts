import { type FoundRecord, type Reader, tableOf } from '../found-list.ts'
import { oneLine } from '../page-text.ts'

/** Business cards in the text of a page: vCard (RFC 6350, and 2.1 and 3.0 before it), as text, script or data: link. */
export const vcard: Reader = {
  name: 'vcard',
  title: 'Business cards (vCard)',
  find: (page) => {
    const records: FoundRecord[] = []
    const read = (text: string, element: Element | null): void => {
      for (const card of text.match(/BEGIN:VCARD[\s\S]*?END:VCARD/gi) ?? [])
        records.push({ element, fields: vcardFacts(card) })
    }
    for (const place of page.querySelectorAll('pre, textarea, script[type="text/vcard"], script[type="text/x-vcard"]'))
      read(place.textContent ?? '', place.tagName === 'SCRIPT' ? null : place)
    for (const link of page.querySelectorAll('a[href^="data:text/vcard"], a[href^="data:text/x-vcard"]'))
      read(dataText(link.getAttribute('href') ?? ''), link)
    return records.length ? [{ ...tableOf(records), title: '', container: null }] : []
  },
}

const dataText = (url: string): string => {
  const [head, body] = [url.slice(0, url.indexOf(',')), url.slice(url.indexOf(',') + 1)]
  try {
    if (!/;base64$/i.test(head)) return decodeURIComponent(body)
    return new TextDecoder().decode(Uint8Array.from(atob(decodeURIComponent(body)), (letter) => letter.charCodeAt(0)))
  } catch {
    return ''
  }
}

const vcardFacts = (card: string): [string, string][] => {
  const facts: [string, string][] = []
  // A line that begins with white space goes on with the one before (RFC 6350 §3.2).
  for (const line of card.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const found = /^\s*(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:]*)?):(.*)$/.exec(line)
    if (!found) continue
    const [, name = '', parameters = '', raw = ''] = found
    const parts = (/ENCODING=QUOTED-PRINTABLE/i.test(parameters) ? fromQuotedPrintable(raw) : raw)
      .split(/(?<!\\);/)
      .map((part) => oneLine(part.replaceAll(/\\n/gi, ' ').replaceAll(/\\(.)/g, '$1')))
    const whole = parts.filter(Boolean).join(', ')
    switch (name.toUpperCase()) {
      case 'FN':
        facts.push(['Name', whole])
        break
      case 'N':
        facts.push(['First name', parts[1] ?? ''], ['Last name', parts[0] ?? ''])
        break
      case 'EMAIL':
        facts.push(['Email', whole.replace(/^mailto:/i, '')])
        break
      case 'TEL':
        facts.push(['Phone', whole.replace(/^tel:/i, '')])
        break
      case 'ORG':
        facts.push(['Company', parts[0] ?? ''], ['Department', parts.slice(1).filter(Boolean).join(', ')])
        break
      case 'TITLE':
        facts.push(['Title', whole])
        break
      case 'URL':
        facts.push(['Link', whole])
        break
      case 'ADR':
        facts.push(['City', parts[3] ?? ''], ['Country', parts[6] ?? ''])
        break
    }
  }
  return facts
}

const fromQuotedPrintable = (text: string): string => {
  const bytes = text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0) & 255))
}
