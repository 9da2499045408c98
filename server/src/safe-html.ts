import sanitizeHtml from 'sanitize-html'
import { attributeOf, forEachTag } from './html-text.ts'

/** How a stranger's mail is shown. */
export interface DisplayOptions {
  /** Images that only tell that the mail was opened are left out, also where remote images are shown. */
  strip_tracking: boolean
  /**
   * Address for an image of the mail itself, by its Content-ID without brackets: a path of this server, an http(s)
   * address or a data: image of a raster format. Null where there is none; then its alternative text is shown.
   */
  inline_image: (content_id: string) => string | null
  /**
   * Whether images are loaded from elsewhere. Loading one tells its owner when, and from where, the mail was read. A function
   * says what is shown in an image's place, as `inline_image` does.
   */
  remote_images: boolean | ((address: string) => string | null)
}

/** A longer mail is cut here; 2 Mi characters are more than any person writes and bound the time (a second at most). */
const MAX_HTML = 2 * 1024 * 1024
/** The parser's cost grows with the square of the nesting; this many tags take it a second even if none is closed. */
const MAX_TAGS = 30_000
const MAX_DEPTH = 250
const MAX_URL = 8192

const LENGTH = String.raw`\d{1,4}(?:\.\d{1,4})?(?:px|em|rem|ex|ch|pt|pc|cm|mm|in|%)?`
const LENGTHS = [new RegExp(`^(?:${LENGTH}|auto|normal|inherit)$`, 'i')]
const SIDES = [new RegExp(String.raw`^(?:${LENGTH}|auto)(?:\s{1,3}(?:${LENGTH}|auto)){0,3}$`, 'i')]
const COLOURS = [/^#[0-9a-f]{3,8}$/i, /^(?:rgb|hsl)a?\([\d\s.,%/]{1,60}\)$/i, /^[a-z]{3,25}$/i]
const BORDER = [
  /^(?:[a-z]{3,20}|#[0-9a-f]{3,8}|\d{1,3}(?:\.\d{1,3})?(?:px|em|pt)?)(?:\s{1,3}(?:[a-z]{3,20}|#[0-9a-f]{3,8}|\d{1,3}(?:\.\d{1,3})?(?:px|em|pt)?)){0,3}$/i,
]
const words = (...values: string[]): RegExp[] => [new RegExp(`^(?:${values.join('|')})$`, 'i')]

/**
 * Properties that set type and boxes. Left out on purpose: position, z-index, transform and negative lengths (laying
 * something over the program around the mail), everything that takes url(), animation, and content.
 */
const STYLES: Record<string, RegExp[]> = {
  color: COLOURS,
  'background-color': COLOURS,
  background: COLOURS,
  'font-size': [...LENGTHS, ...words('(?:xx?-)?(?:small|large)', 'medium', 'smaller', 'larger')],
  'font-family': [/^[\p{L}\p{N}\s,'"_.-]{1,200}$/u],
  'font-weight': words('normal', 'bold', 'bolder', 'lighter', '[1-9]00'),
  'font-style': words('normal', 'italic', 'oblique'),
  'line-height': LENGTHS,
  'letter-spacing': LENGTHS,
  'text-align': words('left', 'right', 'center', 'justify', 'start', 'end'),
  'text-decoration': words('none', 'underline', 'line-through', 'overline'),
  'text-transform': words('none', 'uppercase', 'lowercase', 'capitalize'),
  'vertical-align': words('top', 'middle', 'bottom', 'baseline', 'sub', 'super', 'text-top', 'text-bottom'),
  'white-space': words('normal', 'nowrap', 'pre', 'pre-wrap', 'pre-line'),
  'word-break': words('normal', 'break-all', 'break-word', 'keep-all'),
  direction: words('ltr', 'rtl'),
  display: words('none', 'block', 'inline', 'inline-block', 'table', 'table-row', 'table-cell', 'list-item'),
  visibility: words('visible', 'hidden'),
  float: words('left', 'right', 'none'),
  clear: words('left', 'right', 'both', 'none'),
  'list-style-type': words(
    'disc',
    'circle',
    'square',
    'decimal',
    'none',
    'lower-alpha',
    'upper-alpha',
    'lower-roman',
    'upper-roman',
  ),
  'border-collapse': words('collapse', 'separate'),
  'border-spacing': SIDES,
  'border-radius': SIDES,
  margin: SIDES,
  padding: SIDES,
}
for (const property of ['width', 'height', 'max-width', 'max-height', 'min-width', 'min-height'])
  STYLES[property] = LENGTHS
for (const side of ['top', 'right', 'bottom', 'left']) {
  STYLES[`margin-${side}`] = LENGTHS
  STYLES[`padding-${side}`] = LENGTHS
  STYLES[`border-${side}`] = BORDER
}
for (const property of ['border', 'border-color', 'border-style', 'border-width']) STYLES[property] = BORDER

const TAGS =
  'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr'.split(
    ' ',
  )

/** Their content is code, a form, or text that a mail program does not show; it goes with the tag. */
const DROPPED_WITH_CONTENT =
  'script style textarea option select button noscript template title svg math iframe object applet video audio canvas'.split(
    ' ',
  )

/** A URL as a browser reads it: control characters and blanks around it do not count, nor do line ends inside it. */
const asBrowserReads = (url: string): string => url.replace(/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]/gu, '')

/** Absolute addresses only: a relative one would lead into the program that shows the mail. */
function safeHref(value: string | undefined): string | null {
  if (value === undefined || value.length > MAX_URL) return null
  return /^(?:https?:\/\/[^/\\]|mailto:|tel:)/i.test(asBrowserReads(value)) ? value.trim() : null
}

const isRemoteImage = (value: string): boolean =>
  value.length <= MAX_URL && /^https?:\/\/[^/\\]/i.test(asBrowserReads(value))

/** What a callback may answer: a path of this server, an http(s) address, a raster image. SVG may carry scripts. */
const isOwnImage = (value: string): boolean =>
  /^(?:https?:\/\/[^/\\]|\/(?![/\\])|data:image\/(?:png|jpe?g|gif|webp|avif|bmp);base64,[a-z0-9+/=]*$)/i.test(value)

function contentIdOf(source: string): string | null {
  const match = /^cid:(.{1,998})$/i.exec(asBrowserReads(source))
  if (!match) return null
  let id = match[1] as string
  try {
    // RFC 2392: the identifier stands percent-encoded in the URL.
    id = decodeURIComponent(id)
  } catch {
    // Many programs write it as it is, and a percent sign then means itself.
  }
  return id.replace(/^<|>$/g, '')
}

/** Hosts that serve nothing but open tracking, with their subdomains. */
const TRACKER_HOSTS = new Set(
  'mailtrack.io mltrk.io mailfoogae.appspot.com t.yesware.com bl-1.com r.superhuman.com track.mixmax.com mailstat.us getnotify.com readnotify.com tr.cloudmagic.com track.hubspot.com t.hubspotemail.net t.signauxdeux.com t.signaux.com t.sidekickopen.com google-analytics.com awstrack.me pstmrk.it mjt.lu mailtracker.hunter.io trk.klaviyomail.com track.customer.io e.customeriomail.com via.intercom.io pixel.monitor1.returnpath.net pixel.inbox.exacttarget.com emltrk.com track.getsidekick.com cl.exct.net open.convertkit-mail.com open.convertkit-mail2.com track.vcommission.com demdex.net doubleclick.net bluekai.com scorecardresearch.com gml.email trk.cp20.com open.mkt.com'.split(
    ' ',
  ),
)

/** Paths under which sending services serve their pixel from customers' own names. */
const TRACKER_PATH =
  /\/(?:wf\/open|track(?:ing)?\/(?:open|o|pixel|email)|e[23]t\/o\/|api\/mailings\/opened|tr\/op\/|mk\/op\/|q\/[\w~-]{20}|oo\/[\w-]{6}|trk\/open|email[_-]?open|open[_-]?track|mail\/open|(?:open|pixel|track|tracking|beacon|spacer_track|o|1x1|blank_track)\.(?:gif|png|php|aspx?)|on\.jsp|ss\/o\/|wf\/o\/|v2\/z\/|imp\?|i0\/|t\/o\/)/i
const OPEN_QUERY = /[?&](?:l|event|action|type|e)=open(?:ed|s)?(?:&|$)/i

function isTrackerAddress(source: string): boolean {
  const url = source.slice(0, MAX_URL).trim()
  const match = /^(?:https?:)?\/\/([^/?#\\]{1,255})(.{0,8192})$/is.exec(url)
  if (!match) return false
  const labels = (match[1] as string).toLowerCase().replace(/^.*@/, '').replace(/:\d+$/, '').split('.')
  for (let at = 0; at + 1 < labels.length; at++) if (TRACKER_HOSTS.has(labels.slice(at).join('.'))) return true
  const rest = match[2] as string
  return TRACKER_PATH.test(rest) || OPEN_QUERY.test(rest)
}

/** Pixels of an attribute or a style; null where there is none or it is relative, since that may be any size. */
function pixels(attribute: string | undefined, style: string, property: string): number | null {
  const declared = new RegExp(
    String.raw`(?:^|[;\s])${property}\s{0,5}:\s{0,5}(\d{0,6}(?:\.\d{1,6})?)(?:px|pt)?\s{0,5}(?:!important\s{0,5})?(?:;|$)`,
    'i',
  ).exec(style)
  const value =
    declared?.[1] || (/^\s{0,5}(\d{1,6}(?:\.\d{1,6})?)\s{0,5}(?:px)?\s{0,5}$/i.exec(attribute ?? '')?.[1] ?? '')
  return value === '' ? null : Number(value)
}

/** Whether an image shows nothing, or comes from where only trackers are. A line of 600 x 1 is drawn, and stays. */
function isTrackingImage(attributes: Readonly<Record<string, string | undefined>>): boolean {
  const style = (attributes.style ?? '').slice(0, 4096)
  const source = attributes.src ?? ''
  if (isTrackerAddress(source)) return true
  // An image inside the mail is loaded from nowhere.
  if (/^\s*(?:cid|data):/i.test(source)) return false
  if (attributes.hidden !== undefined) return true
  if (
    /(?:^|[;\s])(?:display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden|opacity\s{0,5}:\s{0,5}0(?:\.0{1,6})?\s{0,5}(?:;|!|$))/i.test(
      style,
    )
  )
    return true
  const width = pixels(attributes.width, style, 'width') ?? pixels(undefined, style, 'max-width')
  const height = pixels(attributes.height, style, 'height') ?? pixels(undefined, style, 'max-height')
  if (width === 0 || height === 0) return true
  return (width ?? height ?? 2) <= 1 && (height ?? width ?? 2) <= 1
}

/**
 * The HTML without its tracking images: those of no size (1x1, 0x0), hidden ones, and those of known tracking hosts and
 * paths. Every other byte stays, so the result is as unsafe to show as the input; showing is `displayHtml`. Linear.
 */
export function stripTracking(html: string): string {
  const out: string[] = []
  let kept = 0
  forEachTag(html, (tag) => {
    if (tag.closing || (tag.name !== 'img' && tag.name !== 'image') || tag.end - tag.start > 65_536) return
    const attributes: Record<string, string | undefined> = {}
    for (const name of ['src', 'width', 'height', 'style']) attributes[name] = attributeOf(html, tag, name)?.value
    if (/\shidden(?=[\s=/>])/i.test(html.slice(tag.start, tag.end).replace(/"[^"]*"|'[^']*'/g, '')))
      attributes.hidden = ''
    if (!isTrackingImage(attributes)) return
    out.push(html.slice(kept, tag.start))
    kept = tag.end
  })
  out.push(html.slice(kept))
  return out.join('')
}

/** Cuts a huge mail before its limits, never in the midst of a tag. */
function bounded(html: string): string {
  let limit = Math.min(html.length, MAX_HTML)
  const opening = /<[a-z]/gi
  for (let count = 0, match = opening.exec(html); match !== null && match.index < limit; match = opening.exec(html))
    if (++count > MAX_TAGS) limit = match.index
  const cut = html.slice(0, limit)
  const open = cut.lastIndexOf('<')
  return limit < html.length && open > cut.lastIndexOf('>') ? cut.slice(0, open) : cut
}

/**
 * HTML of a stranger, made safe to show: built anew from an allow-list of tags, attributes and style properties, so
 * that nothing in it runs, submits, loads style sheets or frames, names an element of the page (`id`, `class`, `name`)
 * or covers what is around it. Links open elsewhere and pass nothing on. Never throws; what cannot be read is dropped.
 */
export function displayHtml(html: string, options: DisplayOptions): string {
  const image = (attributes: sanitizeHtml.Attributes): sanitizeHtml.Attributes => {
    const { src: source = '', loading: _loading, referrerpolicy: _policy, ...rest } = attributes
    const inPlace = (given: string | null): sanitizeHtml.Attributes =>
      given !== null && isOwnImage(given) ? { src: given, ...rest } : rest
    const contentId = contentIdOf(source)
    if (contentId !== null) return inPlace(options.inline_image(contentId))
    if (!options.remote_images || !isRemoteImage(source)) return rest
    if (typeof options.remote_images === 'function') return inPlace(options.remote_images(source.trim()))
    return { src: source.trim(), ...rest, loading: 'lazy', referrerpolicy: 'no-referrer' }
  }
  return sanitizeHtml(bounded(html), {
    allowedTags: TAGS,
    nonTextTags: DROPPED_WITH_CONTENT,
    disallowedTagsMode: 'discard',
    nestingLimit: MAX_DEPTH,
    allowedAttributes: {
      '*': ['style', 'title', 'dir', 'lang', 'align', 'valign'],
      a: ['href', 'target', 'rel'],
      img: ['src', 'alt', 'width', 'height', 'border', 'loading', 'referrerpolicy'],
      font: ['color', 'face', 'size'],
      ol: ['start', 'type'],
      ul: ['type'],
      table: ['width', 'border', 'cellpadding', 'cellspacing', 'bgcolor'],
      col: ['width', 'span'],
      tr: ['bgcolor', 'height'],
      td: ['width', 'height', 'colspan', 'rowspan', 'bgcolor', 'nowrap'],
      th: ['width', 'height', 'colspan', 'rowspan', 'bgcolor', 'nowrap'],
    },
    allowedStyles: { '*': STYLES },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    // data: only ever comes from the callback; a stranger's is dropped above.
    allowedSchemesByTag: { img: ['http', 'https', 'data'] },
    allowProtocolRelative: false,
    // An image that is not shown and says nothing in words leaves no empty frame behind.
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !attribs.src && !attribs.alt,
    transformTags: {
      a: (tagName, { href, ...rest }) => {
        const safe = safeHref(href)
        if (safe === null) return { tagName, attribs: { ...rest, target: '', rel: '' } }
        return { tagName, attribs: { ...rest, href: safe, target: '_blank', rel: 'noopener noreferrer nofollow' } }
      },
      image: (_tagName, attribs) => ({ tagName: 'img', attribs: image(attribs) }),
      img: (tagName, attribs) => {
        if (options.strip_tracking && isTrackingImage(attribs)) return { tagName, attribs: {} }
        return { tagName, attribs: image(attribs) }
      },
    },
  })
}
