import { Parser } from 'htmlparser2'

/** What a page says to its readers, and what it says of itself to machines. */
export type PageText = {
  title: string
  description: string
  /** What the page calls its site. */
  site_name: string
  /** Organisations in its JSON-LD (schema.org). */
  organisations: Organisation[]
  blocks: Block[]
  links: { href: string; text: string }[]
}

export type Block = {
  kind: 'heading' | 'text'
  text: string
  /** Of the article that it stands in, as the page writes it. */
  date: string | null
}

export type Organisation = {
  name: string
  description: string
  slogan: string
  founded: string
  employees: string
  industry: string
  place: string
  awards: string[]
}

const MOST_BLOCKS = 1_500
const MOST_LINKS = 400
const MOST_SHEETS = 50
const BLOCK_CHARS = 4_000
const SCRIPT_CHARS = 200_000
const DEEPEST = 512
const PIECE_CHARS = 16_384

const BLOCKS = new Set(
  'address article aside blockquote body br dd div dl dt fieldset figcaption figure h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tbody td tfoot th thead time tr ul'.split(
    ' ',
  ),
)
/** What readers do not read as text, or what every page of a site repeats. */
const PASSED_OVER = new Set(
  'script style noscript template svg math iframe object embed canvas audio video form select option textarea button dialog nav footer map head'.split(
    ' ',
  ),
)
const HEADINGS = new Set(['h1', 'h2', 'h3'])

const HIDING =
  /display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|content-visibility\s*:\s*hidden|font-size\s*:\s*(?:0|1px|0?\.\d+)(?![\d.])|opacity\s*:\s*0?(?:\.0\d*)?\s*(?:[;!}]|$)|color\s*:\s*transparent|(?:left|top|right|text-indent|margin-left|margin-top)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*[01](?:px)?[\s,]|clip-path\s*:\s*(?:inset\(\s*(?:100|50)%|circle\(\s*0)|(?:^|[;{\s])(?:max-)?(?:height|width)\s*:\s*[01](?:px)?\s*(?:[;!}]|$)|transform\s*:\s*scale\(\s*0/i
/** White on whatever: in a style of its own it mostly hides, and where it does not a fact is lost. Counted, so that no style is slow. */
const PALE =
  /(?:^|[;\s])color\s*:\s*(?:white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255|rgba\([^()]{0,80},\s{0,9}0\s{0,9}\))/i
const HIDDEN_CLASS =
  /(?:^|\s)(?:hidden|is-hidden|d-none|invisible|sr-only|visually-?hidden|screen-reader(?:-text|-only)?|hide|offscreen)(?:\s|$)/i
const CONSENT = /cookie|consent|gdpr|onetrust|usercentrics|cmp-|newsletter-popup/i

/**
 * Reads HTML as far as facts need it: title and description, JSON-LD, headings, paragraphs and links. Left out is what a reader
 * does not see (comments, scripts, elements hidden by attribute, by their own style, by a class that the page's style sheet
 * hides, or by a usual class for it) and what pages repeat (navigation, footers, forms). Broken markup is read as browsers do
 * or passed over; never throws, and stops at 1,500 blocks.
 */
export const readPageText = (html: string): PageText => {
  const page: PageText = { title: '', description: '', site_name: '', organisations: [], blocks: [], links: [] }
  const hiddenBySheet = hiddenNames(html)
  const stack: { name: string; isHidden: boolean; isArticle: boolean }[] = []
  let hidden = 0
  let text = ''
  let heading: string | null = null
  let link: { href: string; text: string } | null = null
  let inTitle = false
  let script: string | null = null
  let articles = 0
  let date: string | null = null

  const flush = (): void => {
    const line = text.replaceAll(/\s+/g, ' ').trim()
    text = ''
    if (line === '' || page.blocks.length >= MOST_BLOCKS) return
    page.blocks.push({ kind: heading ? 'heading' : 'text', text: line, date })
  }

  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (name === 'meta') readMeta(page, attributes)
        const style = attributes.style ?? ''
        const classes = attributes.class ?? ''
        const isHidden =
          PASSED_OVER.has(name) ||
          attributes.hidden !== undefined ||
          attributes['aria-hidden'] === 'true' ||
          (style !== '' && (HIDING.test(style) || PALE.test(style))) ||
          (classes !== '' && (HIDDEN_CLASS.test(classes) || CONSENT.test(classes))) ||
          CONSENT.test(attributes.id ?? '') ||
          hiddenBySheet.has(`#${attributes.id ?? ''}`) ||
          classes.split(/\s+/).some((each) => hiddenBySheet.has(`.${each}`))
        if (BLOCKS.has(name) && !hidden) flush()
        const isArticle = name === 'article' || (name === 'li' && articles === 0)
        stack.push({ name, isHidden, isArticle })
        if (isHidden) hidden++
        if (isArticle) {
          articles++
          date = null
        }
        if (name === 'time' && attributes.datetime && !hidden) {
          date = attributes.datetime
          // A date often stands below its heading.
          const last = page.blocks.at(-1)
          if (articles > 0 && last?.kind === 'heading' && last.date === null) last.date = date
        }
        if (HEADINGS.has(name)) heading = name
        if (name === 'title' && stack.at(-2)?.name !== 'svg') inTitle = page.title === ''
        if (name === 'script' && /^\s*application\/ld\+json/i.test(attributes.type ?? '')) script = ''
        if (name === 'a' && attributes.href && page.links.length < MOST_LINKS)
          link = { href: attributes.href, text: '' }
      },
      ontext: (piece) => {
        if (script !== null) {
          if (script.length < SCRIPT_CHARS) script += piece
        } else if (inTitle) page.title = (page.title + piece).slice(0, BLOCK_CHARS)
        else {
          if (link && link.text.length < 200) link.text += piece
          if (!hidden && text.length < BLOCK_CHARS) text += piece
        }
      },
      onclosetag: (name) => {
        if (BLOCKS.has(name) && !hidden) flush()
        const closed = stack.pop()
        if (closed?.isHidden) hidden--
        if (closed?.isArticle) {
          articles--
          date = null
        }
        if (name === heading) heading = null
        if (name === 'title') inTitle = false
        if (name === 'script' && script !== null) {
          page.organisations.push(...readOrganisations(script))
          script = null
        }
        if (name === 'a' && link) {
          page.links.push({ href: link.href, text: link.text.replaceAll(/\s+/g, ' ').trim() })
          link = null
        }
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true },
  )
  // In pieces, because the parser takes ever longer for each element the deeper it stands, and there is no page to be read there.
  for (let at = 0; at < html.length && stack.length < DEEPEST && page.blocks.length < MOST_BLOCKS; at += PIECE_CHARS)
    parser.write(html.slice(at, at + PIECE_CHARS))
  flush()
  page.title = page.title.replaceAll(/\s+/g, ' ').trim()
  return page
}

const readMeta = (page: PageText, attributes: Record<string, string>): void => {
  const name = (attributes.name ?? attributes.property ?? '').toLowerCase()
  const content = (attributes.content ?? '').slice(0, BLOCK_CHARS).replaceAll(/\s+/g, ' ').trim()
  if (content === '') return
  if (name === 'description') page.description = content
  else if (name === 'og:description') page.description ||= content
  else if (name === 'og:site_name') page.site_name = content
}

/** Classes and ids that the page's own style sheets hide. Only plain selectors are read; what stands in other files is not. */
const hiddenNames = (html: string): Set<string> => {
  const found = new Set<string>()
  const lower = html.toLowerCase()
  let at = 0
  for (let sheets = 0; sheets < MOST_SHEETS; sheets++) {
    const start = lower.indexOf('<style', at)
    const end = start < 0 ? -1 : lower.indexOf('</style', start)
    if (end < 0) break
    at = end + 7
    const sheet = withoutComments(html.slice(start, end).slice(0, SCRIPT_CHARS))
    for (const rule of sheet.slice(sheet.indexOf('>') + 1).split('}')) {
      const open = rule.lastIndexOf('{')
      if (open < 0 || !HIDING.test(rule.slice(open + 1, open + 4_000))) continue
      for (const selector of rule.slice(0, open).split('{').at(-1)?.split(',') ?? [])
        if (/^\s*[.#][\w-]{1,100}\s*$/.test(selector)) found.add(selector.trim())
    }
  }
  return found
}

/** Searched piece by piece: a pattern for comments takes for ever where many begin and none ends. */
const withoutComments = (sheet: string): string => {
  let out = ''
  for (let at = 0; ; ) {
    const start = sheet.indexOf('/*', at)
    if (start < 0) return out + sheet.slice(at)
    out += `${sheet.slice(at, start)} `
    const end = sheet.indexOf('*/', start + 2)
    if (end < 0) return out
    at = end + 2
  }
}

const ORGANISATION =
  /^(?:\w*Organization|Corporation|LocalBusiness|\w*(?:Business|Store|Agency|Company|Service|Restaurant|Hotel|School|University|Hospital|Clinic|Dentist|Attorney|Notary))$/

/** Organisations in a JSON-LD script, also below `@graph` and as publisher of the page. JSON that is none gives nothing. */
const readOrganisations = (script: string): Organisation[] => {
  let data: unknown
  try {
    data = JSON.parse(script.trim().replace(/^<!\[CDATA\[|\]\]>$/g, ''))
  } catch {
    return []
  }
  const found: Organisation[] = []
  let seen = 0
  const visit = (node: unknown, depth: number): void => {
    if (depth > 6 || seen++ > 1_000 || found.length >= 5 || node === null || typeof node !== 'object') return
    if (Array.isArray(node)) {
      for (const each of node.slice(0, 200)) visit(each, depth + 1)
      return
    }
    const fields = node as Record<string, unknown>
    const types = [fields['@type']].flat().filter((type) => typeof type === 'string')
    if (types.some((type) => ORGANISATION.test(type.replace(/^https?:\/\/schema\.org\//, ''))))
      found.push(organisationOf(fields))
    else
      for (const key of ['@graph', 'publisher', 'mainEntity', 'about', 'isPartOf', 'author'])
        visit(fields[key], depth + 1)
  }
  visit(data, 0)
  return found
}

const organisationOf = (fields: Record<string, unknown>): Organisation => {
  const words = (value: unknown): string =>
    typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, BLOCK_CHARS).trim() : ''
  const employees = [fields.numberOfEmployees].flat()[0]
  const range = employees !== null && typeof employees === 'object' ? (employees as Record<string, unknown>) : null
  const address = [fields.address].flat()[0]
  const parts = address !== null && typeof address === 'object' ? (address as Record<string, unknown>) : {}
  const country = parts.addressCountry
  return {
    name: words(fields.name),
    description: words(fields.description),
    slogan: words(fields.slogan),
    founded: /^\d{4}/.exec(words(fields.foundingDate))?.[0] ?? '',
    employees: range
      ? words(range.value) || [words(range.minValue), words(range.maxValue)].filter(Boolean).join('–')
      : words(employees),
    industry: words([fields.industry].flat()[0]),
    place: [
      words(parts.addressLocality),
      words(country !== null && typeof country === 'object' ? (country as Record<string, unknown>).name : country),
    ]
      .filter(Boolean)
      .join(', '),
    awards: [fields.award ?? fields.awards].flat().map(words).filter(Boolean).slice(0, 5),
  }
}
