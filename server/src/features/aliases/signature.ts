import sanitizeHtml from 'sanitize-html'
import { htmlToText } from '../../html-text.ts'

const LENGTHS = [/^[\d.]+(?:px|em|rem|pt|%)?$/, /^(?:[\d.]+(?:px|em|pt)?\s+){0,3}[\d.]+(?:px|em|pt)?$/]
const COLOURS = [/^#[0-9a-f]{3,8}$/i, /^rgba?\([\d\s.,%]+\)$/i, /^[a-z]{3,20}$/i]

const OPTIONS: sanitizeHtml.IOptions = {
  allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'font', 'center', 'big'],
  allowedAttributes: {
    '*': ['style', 'class', 'title', 'dir', 'align', 'valign'],
    a: ['href', 'target', 'rel', 'name'],
    img: ['src', 'alt', 'width', 'height', 'border'],
    font: ['color', 'face', 'size'],
    table: ['width', 'border', 'cellpadding', 'cellspacing', 'bgcolor', 'role'],
    td: ['width', 'height', 'colspan', 'rowspan', 'bgcolor'],
    th: ['width', 'height', 'colspan', 'rowspan', 'bgcolor'],
  },
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['http', 'https', 'cid', 'data'] },
  allowedStyles: {
    '*': {
      color: COLOURS,
      'background-color': COLOURS,
      'font-size': LENGTHS,
      'font-family': [/^[\w\s,'"-]{1,200}$/],
      'font-weight': [/^(?:normal|bold|[1-9]00)$/],
      'font-style': [/^(?:normal|italic)$/],
      'line-height': LENGTHS,
      'text-align': [/^(?:left|right|center|justify)$/],
      'text-decoration': [/^(?:none|underline|line-through)$/],
      'vertical-align': [/^[a-z-]{3,15}$/],
      margin: LENGTHS,
      padding: LENGTHS,
      width: LENGTHS,
      height: LENGTHS,
      border: [/^[\w\s#.-]{1,60}$/],
    },
  },
}

/**
 * A signature as it is shown: nothing in it runs, loads a frame or submits a form. What is stored stays as it was given,
 * since mail programs of recipients apply rules of their own.
 */
export const showSignature = (html: string | null): string | null =>
  html === null ? null : sanitizeHtml(html, OPTIONS)

/** What stands under a plain-text body. Null without a signature. */
export const signatureText = (html: string | null | undefined): string | null => (html ? htmlToText(html).trim() : null)
