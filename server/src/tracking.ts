/**
 * What tracking changes in a finished HTML part: links that lead through the tracker and the open pixel. Everything else
 * stays byte for byte. The text part is never touched.
 */
import { appendToBody, attributeOf, decodeEntities, escapeHtml, forEachTag } from './html-text.ts'

export type TrackedLink = {
  /** Counted from 0 over the links that can be tracked, so it names the link however often its URL occurs. */
  position: number
  /** The target as a browser would call it. */
  url: string
  /** What the reader sees, else the description of the image inside; at most 200 characters. */
  text: string
}

const LIMIT_TEXT = 200

/**
 * Replaces the target of every http and https link by what `target` answers, and lists those links in order. Links that
 * are never touched: `mailto:`, `tel:` and other schemes, relative ones, and those whose URL is in `keep` (the
 * recipient's unsubscribe link, which must work on its own). A null from `target` leaves the one link alone.
 */
export function rewriteLinks(
  html: string,
  target: (link: TrackedLink) => string | null,
  keep: readonly string[] = [],
): { html: string; links: TrackedLink[] } {
  const links: TrackedLink[] = []
  const places: { start: number; end: number; from: number; to: number }[] = []
  let open = -1
  forEachTag(html, (tag) => {
    if (tag.name !== 'a' && tag.name !== 'area') return
    // A link ends where the next begins: links cannot be nested (HTML, section 4.5.1).
    if (tag.name === 'a' && open >= 0) {
      ;(places[open] as { to: number }).to = tag.start
      open = -1
    }
    if (tag.closing) return
    const href = attributeOf(html, tag, 'href')
    const url = href && webUrl(href.value)
    if (!href || !url || keep.includes(url) || keep.includes(href.value)) return
    links.push({ position: links.length, url, text: '' })
    places.push({ start: href.start, end: href.end, from: tag.end, to: tag.name === 'a' ? html.length : tag.end })
    if (tag.name === 'a') open = places.length - 1
  })
  let out = ''
  let at = 0
  for (const [index, link] of links.entries()) {
    const { start, end, from, to } = places[index] as (typeof places)[number]
    link.text = visibleText(html, from, to)
    const replacement = target(link)
    if (replacement === null) continue
    out += `${html.slice(at, start)}"${escapeHtml(replacement)}"`
    at = end
  }
  return { html: out + html.slice(at), links }
}

/**
 * The URL as the standard reads an attribute: surrounding white space and inner line breaks do not count (WHATWG URL,
 * section 4.4). Null for anything but a complete http or https URL.
 */
function webUrl(value: string): string | null {
  const url = value.trim().replace(/[\t\n\r]/g, '')
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null
}

function visibleText(html: string, from: number, to: number): string {
  // A link that is never closed reaches to the end of the mail; its text is cut anyway, so little of it is looked at.
  const inside = html.slice(from, Math.min(to, from + 20 * LIMIT_TEXT))
  let text = ''
  let alt = ''
  let at = 0
  forEachTag(inside, (tag) => {
    text += `${inside.slice(at, tag.start)} `
    at = tag.end
    if (tag.name === 'img' && alt === '') alt = attributeOf(inside, tag, 'alt')?.value ?? ''
  })
  text += inside.slice(at)
  const words = decodeEntities(text.replace(/<!--[\s\S]*?(?:-->|$)/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
  const shown = words || alt.replace(/\s+/g, ' ').trim()
  return shown.slice(0, LIMIT_TEXT).toWellFormed()
}

/**
 * Puts the open pixel at the end of the visible body. No `display:none`: several clients do not load what is not shown.
 * An empty `alt` keeps it from being read aloud.
 */
export function addOpenPixel(html: string, url: string): string {
  const style = 'border:0;width:1px;height:1px'
  return appendToBody(html, `<img src="${escapeHtml(url)}" width="1" height="1" alt="" style="${style}">`)
}
