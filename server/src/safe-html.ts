import sanitize from 'sanitize-html'
import { isTrackingImage } from './tracking-image.ts'

export interface DisplayOptions {
  /** Whether images that only tell that they were loaded are taken out. */
  strip_tracking?: boolean
  /** Address under which an image of the same message is shown, by its Content-ID without brackets; null where there is none. */
  inline_images?: (contentId: string) => string | null
}

/** Elements that arrange or mark up text. What runs, loads, asks for input or changes how the rest is parsed is not among them. */
const TAGS = [
  ...['a', 'abbr', 'address', 'article', 'aside', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'br', 'caption', 'center', 'cite'],
  ...['code', 'col', 'colgroup', 'dd', 'del', 'dfn', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'font', 'footer', 'h1'],
  ...['h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'main', 'mark', 'ol', 'p', 'pre', 'q', 's'],
  ...['samp', 'section', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead'],
  ...['time', 'tr', 'tt', 'u', 'ul', 'var', 'wbr'],
]

/** Names that a page's own scripts could trip over (id, name, class) are left out, and whatever loads. */
const ATTRIBUTES: Record<string, string[]> = {
  '*': ['align', 'bgcolor', 'dir', 'lang', 'style', 'title', 'valign', 'width', 'height'],
  a: ['href', 'target', 'rel'],
  img: ['src', 'alt', 'border', 'hspace', 'vspace'],
  table: ['border', 'cellpadding', 'cellspacing', 'summary'],
  td: ['colspan', 'rowspan', 'nowrap', 'headers', 'scope', 'abbr'],
  th: ['colspan', 'rowspan', 'nowrap', 'headers', 'scope', 'abbr'],
  col: ['span'],
  colgroup: ['span'],
  font: ['color', 'face', 'size'],
  ol: ['start', 'type', 'reversed'],
  ul: ['type'],
  li: ['value', 'type'],
  blockquote: ['type'],
  time: ['datetime'],
}

/** Properties that cannot leave the element's place: nothing that positions, overlays, moves or loads. */
const PROPERTY =
  /^(?:background-color|border(?:-(?:top|right|bottom|left))?(?:-(?:color|style|width|radius))?|border-(?:collapse|spacing|radius)|caption-side|clear|color|direction|display|empty-cells|float|font(?:-(?:family|size|style|variant|weight|stretch))?|height|letter-spacing|line-height|list-style(?:-(?:position|type))?|margin(?:-(?:top|right|bottom|left))?|max-(?:height|width)|min-(?:height|width)|opacity|overflow(?:-wrap)?|padding(?:-(?:top|right|bottom|left))?|table-layout|text-(?:align|decoration(?:-(?:color|line|style))?|indent|transform)|unicode-bidi|vertical-align|visibility|white-space|width|word-(?:break|spacing|wrap))$/
/** Values without functions other than those of colours and arithmetic, and without escapes that could spell one. */
const VALUE = /^(?:[\p{L}\p{N}\s#%.,'"!+*/-]|(?:rgba?|hsla?|calc)\([\d\s%.,+*/a-z-]{1,80}\))*$/iu
const MAX_STYLE = 4_000

const safeStyle = (style: string): string =>
  style
    .slice(0, MAX_STYLE)
    .split(';')
    .flatMap((declaration) => {
      const colon = declaration.indexOf(':')
      const property = declaration.slice(0, colon).trim().toLowerCase()
      const value = declaration.slice(colon + 1).trim()
      // Negative margins would lay one element over another.
      const isOverlay = property.startsWith('margin') && /-\s*\d/.test(value)
      return colon > 0 && value !== '' && PROPERTY.test(property) && VALUE.test(value) && !isOverlay
        ? [`${property}: ${value}`]
        : []
    })
    .join('; ')

/** Beyond this no mail program nests; what is deeper is left out. */
const DEEPEST = 200
const LONGEST = 2_000_000

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replaceAll('\n', '<br />')

/**
 * HTML of a stranger as it may be shown in a page: no scripts, forms, frames, style sheets, event handlers; links only to the
 * web, mail and telephone, opened apart; images from the web or of the same message (`cid:`), never from `data:`. The
 * allow-list is complete: what is not named in it is gone, and what browsers parse by other rules (svg, math, style, noscript,
 * template and their like) is not in it, so nothing turns into something else when it is parsed a second time. Never throws.
 */
export const displayHtml = (html: string, options: DisplayOptions = {}): string => {
  try {
    return sanitize(html.slice(0, LONGEST), {
      allowedTags: TAGS,
      allowedAttributes: ATTRIBUTES,
      allowedSchemes: ['http', 'https', 'mailto', 'tel'],
      allowedSchemesByTag: { img: ['http', 'https', 'cid'] },
      allowedSchemesAppliedToAttributes: ['href', 'src'],
      allowProtocolRelative: false,
      disallowedTagsMode: 'discard',
      nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'template', 'svg', 'math', 'xmp', 'iframe', 'noembed', 'noframes', 'plaintext', 'select', 'object', 'embed', 'applet', 'head'],
      nestingLimit: DEEPEST,
      parseStyleAttributes: false,
      enforceHtmlBoundary: false,
      transformTags: {
        '*': (tagName, attribs) => {
          const { style, ...others } = attribs
          const kept = style === undefined ? '' : safeStyle(style)
          return { tagName, attribs: kept ? { ...others, style: kept } : others }
        },
        a: (tagName, { style, ...attribs }) => {
          const kept = style === undefined ? '' : safeStyle(style)
          return {
            tagName,
            attribs: {
              ...attribs,
              ...(kept ? { style: kept } : {}),
              ...(isRelative(attribs.href) ? { href: '' } : {}),
              target: '_blank',
              rel: 'noopener noreferrer nofollow',
            },
          }
        },
        img: (tagName, { style, ...attribs }) => {
          const kept = style === undefined ? '' : safeStyle(style)
          const src = attribs.src?.trim() ?? ''
          const id = /^cid:(.{1,250})$/i.exec(src)?.[1]
          const shown = id && options.inline_images ? options.inline_images(contentIdOf(id)) : src
          return {
            tagName,
            attribs: {
              ...attribs,
              ...(kept ? { style: kept } : {}),
              src: shown && (shown !== src || !isRelative(src)) ? shown : '',
            },
          }
        },
      },
      exclusiveFilter: ({ tag, attribs }) =>
        tag === 'img' && (!attribs.src || (options.strip_tracking === true && isTrackingImage(attribs))),
    })
  } catch {
    return escaped(html.slice(0, LONGEST))
  }
}

/** An address without a scheme would lead into the page that shows the message. */
const isRelative = (address: string | undefined): boolean => !/^\s*(?:https?:|mailto:|tel:|cid:)/i.test(address ?? '')

const contentIdOf = (text: string): string => {
  try {
    return decodeURIComponent(text).replace(/^<|>$/g, '')
  } catch {
    return text
  }
}
