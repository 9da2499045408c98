/**
 * The text of one message: template and variables become subject, plain text and HTML, with the signature, the opt-out
 * and the postal address in place. What comes out is what is shown in previews, approved, and hashed; only link
 * rewriting, the pixel and the encoding may follow (DOMAIN.md, section 6).
 */
import { hash } from 'node:crypto'
import { appendToBody, escapeHtml, htmlToText, isHtml, textToHtml, tidyText } from './html-text.ts'
import {
  type CompiledTemplate,
  compileTemplate,
  renderTemplate,
  splitTemplate,
  templateVariables,
} from './template-engine.ts'

export type MessageTemplate = {
  subject: string
  /** HTML if it has a block tag, else text. */
  body: string
  /** The text part in the author's own words; without it the text is made of the body. */
  body_text?: string | null
}

export type MessageFooter = {
  signature_html?: string | null
  signature_text?: string | null
  /** May have several lines. */
  postal_address?: string | null
  /** Where this recipient unsubscribes. Null only for mail that needs no opt-out, such as a test to oneself. */
  opt_out_url: string | null
  /** The words of the link. */
  opt_out_text?: string | null
}

export type ComposeRequest = {
  template: MessageTemplate
  variables: Record<string, unknown>
  /** Lead id and step; decides the spintax. */
  seed: string
  footer: MessageFooter
  /** What `now` means to the `date` filter, in the workspace's clock. */
  now?: Temporal.Instant
}

export type ComposedMessage = {
  subject: string
  text: string
  html: string
  /** Lower-case hex of the UTF-8 bytes, the fingerprint an approval is bound to. */
  sha256: { subject: string; text: string; html: string }
  /** The variables looked up and what they held, for the preview. */
  used: Record<string, string | null>
  /** Variables that left a blank somewhere in the message, each once. */
  missing: string[]
}

/** The placeholder for the recipient's own unsubscribe link. A lead's column of this name cannot take its place. */
const OPT_OUT_VARIABLE = 'unsubscribe_url'
const DEFAULT_OPT_OUT_TEXT = 'Unsubscribe'
/** RFC 5322, section 2.1.1, and the contract's limit for a subject. */
const LIMIT_SUBJECT = 998

/**
 * Composes one message. Throws a TemplateError when a template has mistakes or exceeds its limits. The opt-out is added
 * to each part on its own unless that part shows the link already, so a link inside a branch that was not taken, or in
 * the HTML alone, never leaves a part without one.
 */
export function composeText(request: ComposeRequest): ComposedMessage {
  const { template, footer, seed, now } = request
  const variables = { ...request.variables, [OPT_OUT_VARIABLE]: footer.opt_out_url }
  const used = new Map<string, string | null>()
  const missing = new Set<string>()
  const render = (source: CompiledTemplate, mode: 'html' | 'none', part: string): string => {
    const result = renderTemplate(source, { variables, escape: mode, seed: `${seed}:${part}`, now })
    for (const [name, value] of Object.entries(result.used)) used.set(name, value)
    for (const name of result.missing) missing.add(name)
    return result.output
  }

  const subject = subjectLine(render(compileTemplate(template.subject), 'none', 'subject'))
  const body = compileTemplate(template.body)
  const ownText = template.body_text?.trim() ? compileTemplate(template.body_text) : null
  let html: string
  let text: string
  // Text and HTML share the seed of the body, so both say the same words.
  if (isHtml(template.body)) {
    html = render(body, 'html', 'body')
    const plan = ownText ?? textOfHtmlTemplate(body)
    if (!plan) text = htmlToText(html)
    else text = ownText ? plainText(render(plan, 'none', 'body')) : tidyText(render(plan, 'none', 'body'))
  } else {
    const written = plainText(render(body, 'none', 'body'))
    html = textToHtml(written)
    text = ownText ? plainText(render(ownText, 'none', 'body')) : written
  }
  html = clean(withFooterHtml(html, footer))
  text = clean(withFooterText(text, footer))

  const hashes = { subject: sha256(subject), text: sha256(text), html: sha256(html) }
  return { subject, text, html, sha256: hashes, used: Object.fromEntries(used), missing: [...missing] }
}

/** A text that is as it is: written by a person or a writer, no template. Braces in it are text. */
export type WrittenText = {
  subject: string
  body: string /** Whether the body is HTML; what a model writes never is. */
  is_html: boolean
}

/** What of a message is fixed, with its fingerprints. */
export type FixedMessage = Pick<ComposedMessage, 'subject' | 'text' | 'html' | 'sha256'>

/** Composes a text that is no template, with the same footer as any other message. Never throws. */
export function composeWritten(written: WrittenText, footer: MessageFooter): FixedMessage {
  const body = plainText(written.body)
  const subject = subjectLine(written.subject)
  const html = clean(withFooterHtml(written.is_html ? body : textToHtml(body), footer))
  const text = clean(withFooterText(written.is_html ? htmlToText(body) : body, footer))
  return { subject, text, html, sha256: { subject: sha256(subject), text: sha256(text), html: sha256(html) } }
}

/**
 * True when the template shows the opt-out by itself in every part it writes. Preflight asks it where the footer brings
 * none; a link in one branch of a condition counts, since the footer fills in for the others.
 */
export function hasOptOut(template: MessageTemplate): boolean {
  const parts = template.body_text?.trim() ? [template.body, template.body_text] : [template.body]
  return parts.every((part) => templateVariables(part).includes(OPT_OUT_VARIABLE))
}

/**
 * A subject as a header can hold it: one line, control characters and runs of white space become one space, at most 998
 * characters and never half a character. An empty one is fine, it continues the thread.
 */
export function subjectLine(text: string): string {
  const line = text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that would break a header.
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
  if (line.length <= LIMIT_SUBJECT) return line
  const cutsPair = /[\ud800-\udbff]/.test(line[LIMIT_SUBJECT - 1] ?? '')
  return line.slice(0, cutsPair ? LIMIT_SUBJECT - 1 : LIMIT_SUBJECT).trimEnd()
}

/** NUL cannot be stored and half a surrogate pair cannot be encoded; both come out of broken imports. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '')
}

function plainText(text: string): string {
  return text.replace(/\r\n?/g, '\n').trim()
}

function sha256(text: string): string {
  return hash('sha256', text)
}

/* ---- the text part of an HTML template ---- */

const textTemplates = new WeakMap<CompiledTemplate, { plan: CompiledTemplate | null }>()

/** Private-use characters, which no converter touches and no author types. */
const MARK = /\ue000(\d+)\ue001/g

/**
 * The text template of an HTML template: converted once, with its placeholders in place, which is many times as fast as
 * converting each message. Null where the result could differ from converting the rendered HTML: with tags such as
 * `{% if %}`, which may hold half an element, and with placeholders that the conversion drops.
 */
function textOfHtmlTemplate(html: CompiledTemplate): CompiledTemplate | null {
  let known = textTemplates.get(html)
  if (!known) {
    known = { plan: convertedTemplate(html.source) }
    textTemplates.set(html, known)
  }
  return known.plan
}

function convertedTemplate(source: string): CompiledTemplate | null {
  if (/[\ue000\ue001]/.test(source)) return null
  // Equal placeholders get equal marks, so that a link whose text is its own target is recognised as one.
  const marks = new Map<string, number>()
  let count = 0
  let marked = ''
  for (const piece of splitTemplate(source)) {
    if (!piece.liquid) {
      marked += piece.text
      continue
    }
    if (!piece.text.startsWith('{{') || piece.text.startsWith('{{-') || piece.text.endsWith('-}}')) return null
    count++
    const mark = marks.get(piece.text) ?? marks.size
    marks.set(piece.text, mark)
    marked += `\ue000${mark}\ue001`
  }
  const text = htmlToText(marked)
  const codes = [...marks.keys()]
  const spins = codes.some((code) => code.includes('spin'))
  // Every spin must be counted in the text as in the HTML; of the others, one shown is enough.
  const left = text.match(MARK) ?? []
  if (spins ? left.length !== count : new Set(left).size !== codes.length) return null
  // Braces that were written as entities were text and must not become Liquid now.
  if (/\{\{|\{%/.test(text)) return null
  return compileTemplate(text.replace(MARK, (_mark, index) => codes[Number(index)] ?? ''))
}

/* ---- the footer ---- */

function shows(html: string, url: string): boolean {
  if (!html.includes(url)) return false
  // A link inside a comment is there for the machine and not for the reader.
  return withoutComments(html).includes(url)
}

function withoutComments(html: string): string {
  let out = ''
  let at = 0
  while (true) {
    const start = html.indexOf('<!--', at)
    if (start < 0) return out + html.slice(at)
    out += html.slice(at, start)
    const end = html.indexOf('-->', start + 2)
    if (end < 0) return out
    at = end + 3
  }
}

/** Signature, then the opt-out and the postal address below it, where a reader is used to finding them. */
function withFooterHtml(html: string, footer: MessageFooter): string {
  const parts: string[] = []
  const { signature_html, signature_text, opt_out_url: url } = footer
  const signature = signature_html?.trim() || (signature_text?.trim() ? textToHtml(signature_text) : '')
  if (signature) parts.push(`<div class="signature">${signature}</div>`)
  const small: string[] = []
  if (url && !shows(html, escapeHtml(url)) && !shows(html, url)) {
    small.push(`<a href="${escapeHtml(url)}">${escapeHtml(optOutText(footer))}</a>`)
  }
  for (const line of addressLines(footer)) small.push(escapeHtml(line))
  if (small.length > 0) {
    parts.push(`<p class="footer" style="font-size:12px;color:#666666">${small.join('<br>\n')}</p>`)
  }
  return parts.length === 0 ? html : appendToBody(html, `\n${parts.join('\n')}`)
}

function withFooterText(text: string, footer: MessageFooter): string {
  const { signature_html, signature_text, opt_out_url: url } = footer
  const signature = signature_text?.trim() ? plainText(signature_text) : htmlToText(signature_html ?? '')
  const small = addressLines(footer)
  if (url && !text.includes(url)) small.unshift(`${optOutText(footer)}: ${url}`)
  return [text, signature, small.join('\n')].filter((part) => part !== '').join('\n\n')
}

function optOutText(footer: MessageFooter): string {
  return footer.opt_out_text?.trim() || DEFAULT_OPT_OUT_TEXT
}

function addressLines(footer: MessageFooter): string[] {
  return plainText(footer.postal_address ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
