import { appendToBody, htmlToText, isHtml, textToHtml } from '../../html-text.ts'

export type Signature = { html: string | null; text: string | null }

export type ComposedBody = { text: string; html: string | null }

/**
 * The parts of a message from the one body a client gives: HTML if it has a block element, else text (DOMAIN.md §6). HTML
 * gets a text part derived from it; text gets an HTML part only where one is wanted, for tracking or for pictures. The
 * signature of the alias follows in both. Nothing else is added: what a client composes is its own.
 */
export const composeBody = (body: string, signature: Signature, wantsHtml: boolean): ComposedBody => {
  const signatureHtml = signature.html?.trim() || (signature.text?.trim() ? textToHtml(signature.text) : '')
  const signatureText = signature.text?.trim() || (signature.html ? htmlToText(signature.html).trim() : '')
  const signed = (html: string): string =>
    signatureHtml ? appendToBody(html, `\n<div class="signature">${signatureHtml}</div>`) : html
  const below = (text: string): string => (signatureText ? `${text.trimEnd()}\n\n${signatureText}` : text)
  if (isHtml(body)) return { text: below(htmlToText(body)), html: signed(body) }
  const text = body.replace(/\r\n?/g, '\n')
  return { text: below(text), html: wantsHtml ? signed(textToHtml(text)) : null }
}
