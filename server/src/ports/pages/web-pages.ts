import { isIP } from 'node:net'
import { sql } from 'kysely'
import { readCompanyDomain } from '../../company-domain.ts'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/connect.ts'
import type { Clock } from '../clock.ts'
import type { OutboundAnswer, OutboundHttp } from '../outbound-http.ts'
import { decodePage, PageTooLarge, PageUnreadable, unpackBody } from './decode-page.ts'
import { createHostTurns } from './host-turns.ts'
import type { PageFailure, PageOutcome, PageReader, PagesPort } from './port.ts'
import { mayRead, ROBOTS_BYTES, type RobotRules, readRobots } from './robots.ts'

/** What robots.txt knows us by. */
export const PRODUCT = 'Bavlio'

const PAGE_BYTES = 1_048_576
const UNPACKED_BYTES = 4_194_304
const PAGE_MS = 8_000
const REDIRECTS = 5
const URL_CHARS = 2_000
/** RFC 9309 §2.4: not to be used for longer than a day. */
const ROBOTS_KEPT_MS = 86_400_000
/** A robots.txt that could not be read forbids everything; whether it still cannot is looked up again after so long. */
const ROBOTS_RETRY_MS = 600_000
/** Sites that ask for longer pauses than research can wait get one request and no second. */
const LONGEST_DELAY_MS = 60_000

type Refusal = { failure: PageFailure; message: string; is_transient: boolean }

type Robots = { state: 'read'; rules: RobotRules } | ({ state: 'unread' } & Refusal)

/** The pairs of EGRESS_ALLOW that count for pages: hosts by name. An address would open itself to every name that leads to it. */
export const pageHosts = (allow: readonly string[]): string[] =>
  allow.filter((pair) => {
    const host = pair.slice(0, pair.lastIndexOf(':'))
    return !isIP(host.replace(/^\[|\]$/g, '')) && host.includes('.')
  })

/**
 * Reads pages of the web as a guest. Each request goes through the egress policy, each redirect anew (DOMAIN.md §11), each host
 * is asked by robots.txt, by one at a time and with pauses. Addresses stand in lists and pages that anybody may have written, so
 * hosts have names, ports are 80 and 443 beside what EGRESS_ALLOW names, and no redirect leads to what is named there.
 */
export const createPages = (deps: {
  config: Pick<Config, 'egress_allow' | 'research' | 'base_url'>
  db: Db
  clock: Clock
  http: Pick<OutboundHttp, 'request'>
}): PagesPort => {
  const { config, db, clock, http } = deps
  const turns = createHostTurns(db)
  const allowed = new Set(pageHosts(config.egress_allow).map((pair) => pair.toLowerCase()))
  const agent = `${PRODUCT}/1.0 (reads company pages${config.base_url ? `; +${config.base_url}` : ''})`

  const isListed = (url: URL): boolean =>
    allowed.has(`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`)

  /** Why an address is not asked, or null. `from` is the host that led there, of a page or of its robots.txt. */
  const refusalOf = (url: URL | null, from: string | null): Refusal | null => {
    const refuse = (failure: PageFailure, message: string): Refusal => ({ failure, message, is_transient: false })
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.href.length > URL_CHARS)
      return refuse('not_web', 'It is no address of a web page.')
    if (isIP(url.hostname.replace(/^\[|\]$/g, '')) || !url.hostname.includes('.'))
      return refuse('private_address', 'It is no name of a public host.')
    if (url.port !== '' && !isListed(url)) return refuse('not_web', `Port ${url.port} is not one of the web’s.`)
    // What the operator opened for the program's own needs is not to be reached because a stranger's page leads there.
    if (isListed(url) && from !== null && readCompanyDomain(url.hostname) !== readCompanyDomain(from))
      return refuse('private_address', 'It leads to a host that pages may not lead to.')
    return null
  }

  const ask = async (
    url: URL,
    signal: AbortSignal,
    options: { most_bytes: number; accept: string; pauseMs: number },
  ): Promise<OutboundAnswer> => {
    const done = await turns.take(url.origin, signal)
    try {
      return await http.request(url.href, {
        headers: { 'user-agent': agent, accept: options.accept, 'accept-encoding': 'gzip, deflate, br' },
        timeout_ms: PAGE_MS,
        max_response_bytes: options.most_bytes,
        // Each hop is looked at here first: the egress policy alone would let it go wherever the operator may.
        max_redirects: 0,
        signal,
      })
    } finally {
      await done(options.pauseMs)
    }
  }

  const fetchRobots = async (origin: string, signal: AbortSignal): Promise<Robots> => {
    const from = new URL(origin).hostname
    let url = new URL('/robots.txt', origin)
    try {
      for (let hops = 0; ; hops++) {
        const answer = await ask(url, signal, {
          most_bytes: ROBOTS_BYTES,
          accept: 'text/plain, */*;q=0.1',
          pauseMs: config.research.pause_ms,
        })
        // RFC 9309 §2.3.1.3: unavailable means that everything may be read; unreachable, that nothing may.
        if (answer.status >= 500)
          return {
            state: 'unread',
            failure: 'robots',
            message: `Its robots.txt answered with ${answer.status}.`,
            is_transient: true,
          }
        if (isRedirect(answer) && hops < REDIRECTS) {
          const next = leadsTo(url, answer)
          const refusal = refusalOf(next, from)
          if (refusal) return { state: 'unread', ...refusal, message: `Its robots.txt: ${refusal.message}` }
          url = next as URL
          continue
        }
        if (answer.status !== 200) return { state: 'read', rules: { rules: [], crawl_delay_s: null } }
        const body = await unpackBody(answer.body, answer.headers['content-encoding'] ?? '', ROBOTS_BYTES)
        return { state: 'read', rules: readRobots(body.toString('utf8'), PRODUCT) }
      }
    } catch (error) {
      signal.throwIfAborted()
      return { state: 'unread', ...connectionFault(error) }
    }
  }

  const robotsOf = async (origin: string, signal: AbortSignal): Promise<Robots> => {
    const now = clock.now()
    const known = await sql<{ robots: Robots }>`
      select robots from web_hosts where origin = ${origin} and robots is not null and robots_until > ${now}`.execute(
      db,
    )
    if (known.rows[0]) return known.rows[0].robots
    const robots = await fetchRobots(origin, signal)
    const until = new Date(now.getTime() + (robots.state === 'read' ? ROBOTS_KEPT_MS : ROBOTS_RETRY_MS))
    await sql`update web_hosts set robots = ${JSON.stringify(robots)}, robots_until = ${until} where origin = ${origin}`.execute(
      db,
    )
    return robots
  }

  const read: PageReader['read'] = async (address, { signal }) => {
    let url: URL | null = URL.canParse(address) ? new URL(address) : null
    const fail = (failure: PageFailure, message: string, more: { status?: number; is_transient?: boolean } = {}) => ({
      ok: false as const,
      url: (url?.href ?? address).slice(0, URL_CHARS),
      failure,
      status: more.status ?? null,
      message,
      is_transient: more.is_transient ?? false,
    })
    const seen = new Set<string>()
    const first = url?.hostname ?? null
    for (;;) {
      const refusal = refusalOf(url, seen.size ? first : null)
      if (refusal || !url) return fail(refusal?.failure ?? 'not_web', refusal?.message ?? '')
      url.hash = ''
      if (seen.has(url.href)) return fail('too_many_redirects', 'It leads back to itself.')
      if (seen.size > REDIRECTS) return fail('too_many_redirects', `It leads on more than ${REDIRECTS} times.`)
      seen.add(url.href)
      try {
        const robots = await robotsOf(url.origin, signal)
        if (robots.state === 'unread') return fail(robots.failure, robots.message, robots)
        if (!mayRead(robots.rules, `${url.pathname}${url.search}`))
          return fail('robots', 'Its robots.txt asks not to read it.')
        const delay = Math.min((robots.rules.crawl_delay_s ?? 0) * 1_000, LONGEST_DELAY_MS)
        const pause_ms = Math.max(config.research.pause_ms, delay)
        const answer = await ask(url, signal, {
          most_bytes: PAGE_BYTES,
          accept: 'text/html, application/xhtml+xml;q=0.9',
          pauseMs: pause_ms,
        })
        if (isRedirect(answer)) {
          url = leadsTo(url, answer)
          continue
        }
        return await readAnswer(url.href, answer, pause_ms, fail)
      } catch (error) {
        signal.throwIfAborted()
        const { failure, message, is_transient } = connectionFault(error)
        return fail(failure, message, { is_transient })
      }
    }
  }

  const reader: PageReader = { read }
  return { readerFor: ({ mode }) => (mode === 'sandbox' || config.research.pages === 0 ? null : reader) }
}

const isRedirect = ({ status, headers }: OutboundAnswer): boolean =>
  [301, 302, 303, 307, 308].includes(status) && !!headers.location

const leadsTo = (from: URL, { headers: { location = '' } }: OutboundAnswer): URL | null =>
  URL.canParse(location, from.href) ? new URL(location, from.href) : null

type Fail = (
  failure: PageFailure,
  message: string,
  more?: { status?: number; is_transient?: boolean },
) => PageOutcome & { ok: false }

const readAnswer = async (url: string, answer: OutboundAnswer, pause_ms: number, fail: Fail): Promise<PageOutcome> => {
  const { status } = answer
  if (status !== 200)
    return fail('status', `It answered with ${status}.`, { status, is_transient: status >= 500 || status === 429 })
  const type = answer.headers['content-type'] ?? ''
  if (!/^\s*(?:text\/html|application\/xhtml\+xml)\s*(?:;|$)/i.test(type))
    return fail(
      'not_html',
      `It is no page but ${/^\s*[\w.+/-]{1,60}/.exec(type)?.[0].trim() || 'of a kind that it does not say'}.`,
      {
        status,
      },
    )
  try {
    const bytes = await unpackBody(answer.body, answer.headers['content-encoding'] ?? '', UNPACKED_BYTES)
    const kept = bytes.subarray(0, PAGE_BYTES)
    const is_cut = answer.truncated || kept.length < bytes.length
    return { ok: true, url, html: decodePage(kept, type), is_cut, pause_ms }
  } catch (error) {
    if (error instanceof PageTooLarge) return fail('too_large', error.message, { status })
    if (error instanceof PageUnreadable) return fail('unreadable', error.message, { status })
    throw error
  }
}

/** Why no answer came. The program's own faults are not among these and go on. */
const connectionFault = (thrown: unknown): Refusal => {
  const error = thrown as { code?: unknown; name?: string; message?: string }
  const code = typeof error.code === 'string' ? error.code : ''
  if (code === 'EGRESS_REFUSED')
    return { failure: 'private_address', message: 'It is not on the public internet.', is_transient: false }
  if (error.name === 'TimeoutError' || /TIMEOUT|TIMEDOUT/.test(code))
    return {
      failure: 'timeout',
      message: `It did not answer within ${PAGE_MS / 1_000} seconds.`,
      is_transient: true,
    }
  if (thrown instanceof PageTooLarge || thrown instanceof PageUnreadable)
    return { failure: 'unreadable', message: thrown.message, is_transient: true }
  if (code === 'ENOTFOUND') return { failure: 'unreachable', message: 'There is no such host.', is_transient: true }
  // A connection's own codes, TLS and HTTP among them; a database or a mistake of ours has none of these. What is no HTTP at all has none either.
  if (
    error.name === 'HTTPParserError' ||
    /^(?:E[A-Z]+|UND_ERR_\w+|ERR_(?:TLS|SSL)\w*|HPE_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED\w*|UNABLE_TO_\w+|[A-Z_]*CERT[A-Z_]*)$/.test(
      code,
    )
  )
    return { failure: 'unreachable', message: 'It could not be reached.', is_transient: true }
  throw thrown
}
