/**
 * HTML and plain text, as mail needs them: telling which of the two a body is, turning one into the other, and walking
 * the tags of HTML written by people (or by their editors) without ever changing a byte that was not asked for.
 */
import { compile } from 'html-to-text'

/**
 * The tags that make a body HTML. A body with none of them is text, even when it holds `a < b` or a stray `<b>`. `br` and
 * `hr` are counted although the standard does not call them blocks: nobody who types `<br>` wants to see it in the mail.
 */
const BLOCK_TAG =
  /<(?:address|article|aside|blockquote|body|br|center|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|head|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul)(?=[\s/>])[^<>]*>|<!doctype html/i

/** True when the body has a block tag. Ask it of the template, never of rendered text: a lead's field must not decide. */
export function isHtml(body: string): boolean {
  return BLOCK_TAG.test(body)
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Makes a string safe in HTML text and in attribute values, quoted either way. */
export function escapeHtml(text: string): string {
  // Most values hold nothing to escape, and a test is much cheaper than a replacement that finds nothing.
  return /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character) : text
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/**
 * Decodes numeric references and the named ones that occur in URLs and link texts. A name without its semicolon stays as
 * it is, because in an attribute `?a=1&copy=2` must not lose its parameter (HTML, section 13.2.5.73).
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]{2,4}));/gi, (whole, hex, decimal, name) => {
    if (name) return NAMED[name.toLowerCase()] ?? whole
    const code = hex ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10)
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : whole
  })
}

/** One tag of a document; `start` and `end` are offsets, `end` behind the closing bracket. */
export type HtmlTag = { name: string; closing: boolean; start: number; end: number }

/** One attribute; `start` and `end` enclose the value with its quotes, so that writing there replaces it whole. */
export type HtmlAttribute = { name: string; value: string; start: number; end: number }

/** Elements whose content is not markup (HTML, section 13.1.2): a `<a` inside them is text. */
const RAW_TEXT = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes'])

/**
 * Visits every real tag in order. Comments (Outlook's conditional ones too), declarations and the inside of style, script
 * and their like are passed over, and so is a tag that never ends. One pass, linear in the length even on broken input.
 */
export function forEachTag(html: string, visit: (tag: HtmlTag) => void): void {
  let at = 0
  // Once a closing tag was searched in vain, later searches for it cannot succeed either; remembering that keeps a
  // document of ten thousand unclosed `<style>` linear.
  const neverClosed = new Set<string>()
  while (true) {
    const start = html.indexOf('<', at)
    if (start < 0) return
    if (html.startsWith('<!--', start)) {
      // `<!-->` and `<!--->` are complete comments.
      const end = html.indexOf('-->', start + 2)
      if (end < 0) return
      at = end + 3
      continue
    }
    const next = html.charCodeAt(start + 1)
    if (next === 0x21 || next === 0x3f) {
      const end = html.indexOf('>', start)
      if (end < 0) return
      at = end + 1
      continue
    }
    const closing = next === 0x2f
    const nameStart = start + (closing ? 2 : 1)
    if (!isLetter(html.charCodeAt(nameStart))) {
      at = start + 1
      continue
    }
    let nameEnd = nameStart + 1
    while (nameEnd < html.length && !isNameEnd(html.charCodeAt(nameEnd))) nameEnd++
    const end = tagEnd(html, nameEnd)
    if (end < 0) return
    const name = html.slice(nameStart, nameEnd).toLowerCase()
    visit({ name, closing, start, end })
    at = end
    if (!closing && RAW_TEXT.has(name) && !neverClosed.has(name)) {
      const close = new RegExp(`</${name}(?=[\\s/>])`, 'gi')
      close.lastIndex = end
      const found = close.exec(html)
      if (found) at = found.index
      else neverClosed.add(name)
    }
  }
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13 && code !== 11)
}

function isNameEnd(code: number): boolean {
  return isSpace(code) || code === 0x2f || code === 0x3e
}

/** The offset behind the tag's `>`, or -1. A `>` inside a quoted value does not end the tag; a quote elsewhere is noise. */
function tagEnd(html: string, from: number): number {
  let afterEquals = false
  for (let at = from; at < html.length; at++) {
    const code = html.charCodeAt(at)
    if (code === 0x3e) return at + 1
    if (afterEquals && (code === 0x22 || code === 0x27)) {
      at = html.indexOf(html[at] as string, at + 1)
      if (at < 0) return -1
      afterEquals = false
    } else if (code === 0x3d) afterEquals = true
    else if (!isSpace(code)) afterEquals = false
  }
  return -1
}

const ATTRIBUTE = /([^\s"'<>/=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"'][^\s>]*|(?=[\s>])))?/g

/** The attribute of this name (lower case) with its decoded value, or null. Of two with one name the first counts. */
export function attributeOf(html: string, tag: HtmlTag, name: string): HtmlAttribute | null {
  const from = tag.start + 1 + tag.name.length
  const inside = html.slice(from, tag.end - 1)
  for (const match of inside.matchAll(ATTRIBUTE)) {
    if (match[1]?.toLowerCase() !== name) continue
    const written = match[2]
    if (written === undefined) return null
    const end = from + match.index + match[0].length
    const quoted = written.startsWith('"') || written.startsWith("'")
    const value = decodeEntities(quoted ? written.slice(1, -1) : written)
    return { name, value, start: end - written.length, end }
  }
  return null
}

/**
 * Puts a piece of HTML at the end of the visible body: before the last `</body>` (else `</html>`) that is real markup,
 * else at the very end.
 */
export function appendToBody(html: string, piece: string): string {
  if (!/<\/(?:body|html)/i.test(html)) return html + piece
  let body = -1
  let root = -1
  forEachTag(html, (tag) => {
    if (tag.closing && tag.name === 'body') body = tag.start
    if (tag.closing && tag.name === 'html') root = tag.start
  })
  const at = body >= 0 ? body : root
  return at < 0 ? html + piece : html.slice(0, at) + piece + html.slice(at)
}

const convert = compile({
  wordwrap: false,
  selectors: [
    // Angle brackets delimit a URL in text without becoming part of it (RFC 3986, appendix C); a round one would.
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
})

/**
 * The plain text of an HTML body: paragraphs, list marks, link targets in angle brackets, no images, no line wrapping.
 * About 8,000 conversions a second for 2 KB, so the sending path converts the template once where it can.
 */
export function htmlToText(html: string): string {
  return tidyText(convert(html))
}

/**
 * Text as a reader expects it: no more than one empty line in a row, no trailing spaces, no runs of spaces inside a line
 * (the indentation of lists stays), no empty link targets. Makes both ways to a text part agree.
 */
export function tidyText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\u00a0/g, ' ')
    .replace(/ ?<>/g, '')
    .replace(/(\S)[ \t]{2,}(?=\S)/g, '$1 ')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
    .trimEnd()
}

const URL_IN_TEXT = /\bhttps?:\/\/[^\s<>"']+/gi

/**
 * HTML of a plain text: an empty line separates paragraphs, a line break stays one, http and https URLs become links and
 * all else is escaped. Punctuation that ends a sentence, and a bracket opened before the URL, are not part of the URL.
 */
export function textToHtml(text: string): string {
  const paragraphs = text
    .replace(/\r\n?/g, '\n')
    .trim()
    .split(/\n[ \t]*\n\s*/)
  return paragraphs
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${paragraph.split('\n').map(lineToHtml).join('<br>\n')}</p>`)
    .join('\n')
}

function lineToHtml(line: string): string {
  return linked(line.trimEnd())
}

function linked(text: string): string {
  let html = ''
  let at = 0
  for (const match of text.matchAll(URL_IN_TEXT)) {
    const url = withoutTrailingPunctuation(match[0])
    const escaped = escapeHtml(url)
    html += `${escapeHtml(text.slice(at, match.index))}<a href="${escaped}">${escaped}</a>`
    at = match.index + url.length
  }
  return html + escapeHtml(text.slice(at))
}

function withoutTrailingPunctuation(url: string): string {
  let end = url.length
  // Brackets are counted once and then kept up to date, so a URL of ten thousand brackets stays linear.
  let surplus = 0
  for (const character of url) surplus += character === ')' ? 1 : character === '(' ? -1 : 0
  for (; end > 0; end--) {
    const last = url[end - 1] as string
    if (last === ')' && surplus > 0) surplus--
    else if (!'.,;:!?*_\u2026\u201d\u2019'.includes(last)) break
  }
  return url.slice(0, end)
}
