import { readCompanyDomain } from '../../company-domain.ts'
import type { PageOutcome, PageReader } from '../../ports/pages/port.ts'
import type { Subject } from './company-of-lead.ts'
import { leftOut } from './finding.ts'
import { findPageFacts, isNoSite, type PageKind, type SitePage } from './page-facts.ts'
import { readPageText } from './page-text.ts'
import type { SourceReading } from './research-cache.ts'

/** In the order in which they are read. Pages about single people are not read: they would be kept for everybody at the company. */
const KINDS: { kind: Exclude<PageKind, 'home'>; path: RegExp; text: RegExp }[] = [
  {
    kind: 'about',
    path: /\/(?:about|about-us|company|who-we-are|our-story|ueber-uns|über-uns|unternehmen|firma|a-propos|qui-sommes-nous|entreprise|sobre-nosotros|quienes-somos|empresa|chi-siamo|azienda|over-ons|om-oss|om-os|o-nas)(?:[/.]|$)/i,
    text: /^(?:about(?: us)?|company|our (?:story|company)|who we are|über uns|unternehmen|à propos|qui sommes-nous|l’entreprise|sobre nosotros|quiénes somos|empresa|chi siamo|over ons|om oss|om os|o nas)$/i,
  },
  {
    kind: 'news',
    path: /\/(?:news|newsroom|press|presse|aktuelles|neuigkeiten|actualites|actualités|noticias|notizie|nieuws|nyheter|aktualnosci)(?:[/.]|$)/i,
    text: /^(?:(?:latest )?news|newsroom|press|presse|aktuelles|neuigkeiten|actualités|noticias|nieuws|nyheter|aktualności)$/i,
  },
  {
    kind: 'careers',
    path: /\/(?:careers?|jobs|karriere|stellen|stellenangebote|emploi|recrutement|carrieres|carrières|empleo|trabaja|lavora|vacatures|karriar|kariera)(?:[/.-]|$)/i,
    text: /^(?:careers?|jobs|karriere|stellenangebote|offene stellen|join us|work with us|recrutement|carrières|empleo|trabaja con nosotros|vacatures|kariera)$/i,
  },
  {
    kind: 'blog',
    path: /\/(?:blog|insights|stories|magazin|magazine|journal)(?:[/.]|$)/i,
    text: /^(?:blog|insights|stories|magazin|magazine|journal)$/i,
  },
]

/** A site that asks for a longer pause between its pages is read by its first one: research waits for no more. */
const MOST_PAUSE_MS = 3_000

type Visit = { url: string; kind: PageKind; outcome: PageOutcome }

/**
 * Reads a company's site: its first page and at most `most - 1` that it links to on the same site. A page that cannot be had
 * is noted and the others count. When `deadline` passes, what was read by then is what there is. Throws the reason of `signal`.
 */
export const readSite = async (
  reader: PageReader,
  company: Subject['company'],
  options: { most: number; now: Date; signal: AbortSignal; deadline: AbortSignal },
): Promise<SourceReading> => {
  const { most, now, signal, deadline } = options
  const visits: Visit[] = []
  const either = AbortSignal.any([signal, deadline])
  const visit = async (url: string, kind: PageKind): Promise<PageOutcome | null> => {
    try {
      const outcome = await reader.read(url, { signal: either })
      visits.push({ url, kind, outcome })
      return outcome
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.aborted) return null
      throw error
    }
  }

  const first = await visitFirst(company.site as string, visit)
  const pages: SitePage[] = []
  const isReluctant = first?.ok === true && first.pause_ms > MOST_PAUSE_MS
  if (first?.ok) {
    const home = readPageText(first.html)
    pages.push({ url: first.url, kind: 'home', page: home })
    if (!isNoSite(home))
      for (const { url, kind } of linkedPages(home.links, first.url).slice(0, isReluctant ? 0 : most - 1)) {
        if (deadline.aborted) break
        const outcome = await visit(url, kind)
        if (outcome?.ok && !pages.some((page) => page.url === outcome.url))
          pages.push({ url: outcome.url, kind, page: readPageText(outcome.html) })
      }
  }
  const isLate = deadline.aborted
  const meta: Record<string, unknown> = {
    site: company.site,
    pages: visits.map(({ url, kind, outcome }) => ({
      url: outcome.url,
      kind,
      status: outcome.ok ? 'ok' : outcome.failure,
      ...(outcome.ok ? {} : { message: outcome.message }),
      ...(outcome.url === url ? {} : { asked: url }),
    })),
  }
  const home = pages[0]
  if (!home) {
    const failed = visits
      .map(({ outcome }) => outcome)
      .find((outcome) => !outcome.ok && outcome.failure !== 'unreachable')
    const outcome = failed ?? visits[0]?.outcome
    return {
      status: 'failed',
      summary: isLate
        ? `${host(company.site)} was not read in time.`
        : `${host(company.site)}: ${outcome && !outcome.ok ? outcome.message : 'It could not be read.'}`,
      meta,
      findings: [],
      is_transient: isLate || (outcome ? !outcome.ok && outcome.is_transient : true),
    }
  }
  if (isNoSite(home.page))
    return {
      status: 'empty',
      summary: `${host(home.url)} shows no site of a company.`,
      meta,
      findings: [],
      is_transient: true,
    }
  const own = readCompanyDomain(new URL(company.site as string).hostname)
  const is_elsewhere = readCompanyDomain(new URL(home.url).hostname) !== own
  const called = callsItself(company.name, home, own)
  const gathered = findPageFacts(pages, { called, is_elsewhere, now })
  const { findings } = gathered
  const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
  return {
    status: findings.length ? 'ok' : 'empty',
    summary: `${many(findings.length, 'statement')} on ${many(pages.length, 'page')} of ${host(home.url)}${isLate ? '; there was no time for more' : isReluctant ? '; its robots.txt asks for long pauses, so no more were read' : ''}.`,
    meta: { ...meta, ...leftOut(gathered) },
    findings,
    is_transient: isLate || visits.some(({ outcome }) => !outcome.ok && outcome.is_transient),
  }
}

/** Many addresses in lists lack `www.`, and some sites have no TLS: where nobody answers, those are tried. */
const visitFirst = async (
  site: string,
  visit: (url: string, kind: PageKind) => Promise<PageOutcome | null>,
): Promise<PageOutcome | null> => {
  const outcome = await visit(site, 'home')
  if (!outcome || outcome.ok || outcome.failure !== 'unreachable') return outcome
  const url = new URL(site)
  const others: string[] = []
  if (url.port === '' && !url.hostname.startsWith('www.'))
    others.push(`${url.protocol}//www.${url.host}${url.pathname}`)
  if (url.protocol === 'https:') others.push(`http://${url.host}${url.pathname}`)
  let last: PageOutcome | null = outcome
  for (const other of others) {
    last = await visit(other, 'home')
    if (!last || last.ok || last.failure !== 'unreachable') return last
  }
  return last
}

/** One page of each kind, the shortest address of those that fit, on the same registrable domain. */
const linkedPages = (
  links: readonly { href: string; text: string }[],
  base: string,
): { url: string; kind: PageKind }[] => {
  const from = new URL(base)
  const domain = readCompanyDomain(from.hostname)
  const here = links.flatMap(({ href, text }) => {
    if (!URL.canParse(href, base)) return []
    const url = new URL(href, base)
    url.hash = ''
    const isSame =
      url.host === from.host ||
      (domain !== null && url.port === from.port && readCompanyDomain(url.hostname) === domain)
    if (!isSame || !/^https?:$/.test(url.protocol) || url.href === from.href) return []
    if (/\.(?:pdf|docx?|xlsx?|pptx?|zip|jpe?g|png|gif|svg|webp|mp[34]|xml|rss|ics|vcf)$/i.test(url.pathname)) return []
    return [{ url, text }]
  })
  const taken = new Set<string>()
  return KINDS.flatMap(({ kind, path, text }) => {
    const fitting = here
      .filter((link) => path.test(decoded(link.url.pathname)) || text.test(link.text))
      .filter((link) => !taken.has(link.url.href))
      .sort((one, other) => one.url.href.length - other.url.href.length)[0]
    if (!fitting) return []
    taken.add(fitting.url.href)
    return [{ url: fitting.url.href, kind }]
  })
}

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** The names under which a sentence may speak of the company: as the list has it, as the site has it, as its domain has it. */
const callsItself = (name: string | null, { page }: SitePage, domain: string | null): string[] => {
  const label = domain?.split('.')[0] ?? ''
  const candidates = [
    name,
    page.site_name.length <= 60 ? page.site_name : null,
    // A label that is a word of its own, such as `the`, would be named by everything.
    label.length >= 5 ? label.replaceAll('-', ' ') : null,
  ]
  return [...new Set(candidates.filter((each): each is string => !!each && each.trim().length >= 2))]
}

const host = (url: string | null): string => (url ? new URL(url).host : 'The site')
