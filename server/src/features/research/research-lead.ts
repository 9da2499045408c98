import { sql } from 'kysely'
import { leadFields } from '../../column-mapping.ts'
import type { Deps } from '../../deps.ts'
import { systemNowMs } from '../../ports/clock.ts'
import type { Fact } from '../../ports/llm/port.ts'
import { SearchError } from '../../ports/search/port.ts'
import { readSubject, type Subject } from './company-of-lead.ts'
import { findCorrespondence } from './correspondence.ts'
import { factText } from './fact-text.ts'
import { type Finding, type Gathered, gatherFindings, leftOut } from './finding.ts'
import { digestOf } from './fingerprint.ts'
import { rankFindings } from './rank-findings.ts'
import { readSite } from './read-site.ts'
import { type CacheKey, readThrough, type SourceReading } from './research-cache.ts'
import { companyQuery, personQuery, searchAbout } from './search-facts.ts'

/** Where a lead stands, as far as it stands anywhere; what is learned of it may be kept under this. */
export type LeadRef = {
  dataset_id: string | null
  /** The row's UUID, which outlives its position. */
  row_id: string | null
  campaign_lead_id: string | null
}

export type ResearchRequest = {
  workspace_id: string
  /** Fields as templates see them: the lead fields by their names, every other column under its variable name. */
  lead: Record<string, string>
  lead_ref: LeadRef | null
  /** Ready text about the lead; it is used instead of anything that would be fetched. */
  research_context: string | null
  /** Asks the sources anew, whatever is kept of them. */
  force_refresh: boolean
  /** The workspace's present. */
  now: Date
  /** What was read of several leads at once, by readAhead(). */
  ahead?: ReadAhead
  signal?: AbortSignal
}

export type ReadAhead = {
  mode: 'sandbox' | 'live'
  /** Null where no address is known. */
  correspondence: Gathered | null
}

export type ResearchSource = {
  name: string
  status: 'ok' | 'empty' | 'skipped' | 'failed'
  /** For a person. */
  summary: string
  meta: Record<string, unknown>
  from_cache: boolean
}

export type Research = {
  facts: Fact[]
  sources: ResearchSource[]
  /** Characters of all facts together. */
  chars: number
  latency_ms: number
  /** True when something was learned from outside, and all of it was known already. */
  from_cache: boolean
  /** When the oldest of what came from the cache was read. */
  cached_at: string | null
  /** SHA-256 in hex over what is known, not over when it was read: the same facts have the same fingerprint. */
  fingerprint: string
  meta: Record<string, unknown>
}

const MOST_ROW_FINDINGS = 60
const MOST_GIVEN = 40

/** What reaches a person, not what is true of them; a message has no use for it and a model none either. */
const CONTACT_FIELDS = new Set(['email', 'phone', 'linkedin_url', 'timezone'])

/** Whatever a column about the employer is called, it begins like this. */
const COMPANY_FIELD =
  /^(?:company|website|industry|sector|employer|organi[sz]ation|domain|employees|revenue|funding|headcount)/

const KNOWN_FIELDS = new Set<string>(leadFields)

export type ResearchDeps = Pick<Deps, 'db' | 'clock' | 'config' | 'pages' | 'search' | 'log'>

/**
 * Gathers what may be said about a lead, each statement with its source: the lead's fields, a text that was given, earlier
 * correspondence, the company's site, and what a search finds. Of what is outside, nothing is fetched for a sandbox, and
 * nothing where `research_context` is given. A source that fails is named with its reason and takes nothing from the others;
 * they end together after RESEARCH_TIMEOUT_SECONDS. Statements that give orders to a writer are left out and counted. Belongs
 * outside of any transaction. Throws the signal's reason, and what the database throws.
 */
export const researchLead = async (deps: ResearchDeps, request: ResearchRequest): Promise<Research> => {
  const started = systemNowMs()
  const { signal = new AbortController().signal } = request
  signal.throwIfAborted()
  const subject = readSubject(request.lead)
  const row = readRow(request)
  const given = readGiven(request)
  const [correspondence, ...outside] = await Promise.all([
    readCorrespondence(deps, request, subject),
    ...outsideSources(deps, request, subject, signal),
  ])
  const all = [row, given, correspondence, ...outside].filter((source) => source !== null)
  const facts = rankFindings(
    row.findings,
    all.filter((source) => source !== row).flatMap(({ findings }) => findings),
  )
  const used = outside.filter(({ findings }) => findings.length)
  const cached = used.filter(({ source }) => source.from_cache)
  const times = cached.flatMap(({ cached_at }) => (cached_at ? [cached_at.getTime()] : []))
  const left_out = all.reduce((sum, { left_out }) => sum + left_out, 0)
  return {
    facts,
    sources: all.map(({ source }) => source),
    chars: facts.reduce((sum, { text }) => sum + text.length, 0),
    latency_ms: systemNowMs() - started,
    from_cache: used.length > 0 && cached.length === used.length,
    cached_at: times.length ? new Date(Math.min(...times)).toISOString() : null,
    fingerprint: digestOf(facts),
    meta: {
      company: subject.company.name,
      company_domain: subject.company.domain,
      found: all.reduce((sum, { findings }) => sum + findings.length, 0),
      left_out,
    },
  }
}

/** What this instance knows of leads, read for all of them at once: a statement for each costs more than all else about it. */
export const readAhead = async (
  deps: Pick<Deps, 'db'>,
  { workspace_id, leads, now }: { workspace_id: string; leads: readonly Record<string, string>[]; now: Date },
): Promise<ReadAhead[]> => {
  const emails = leads.map((lead) => readSubject(lead).person.email)
  const [mode, found] = await Promise.all([
    findMode(deps, workspace_id),
    findCorrespondence(deps.db, {
      workspace_id,
      people: emails.filter((email) => email !== null).map((email) => ({ email, campaign_lead_id: null })),
      now,
    }),
  ])
  let next = 0
  return emails.map((email) => ({ mode, correspondence: email === null ? null : (found[next++] ?? null) }))
}

const findMode = async ({ db }: Pick<Deps, 'db'>, workspaceId: string): Promise<ReadAhead['mode']> => {
  const { rows } = await sql<{
    mode: ReadAhead['mode']
  }>`select mode from workspaces where id = ${workspaceId}`.execute(db)
  return rows[0]?.mode ?? 'sandbox'
}

type Outcome = {
  source: ResearchSource
  findings: Finding[]
  left_out: number
  cached_at: Date | null
}

const outcomeOf = (name: string, gathered: Gathered, one: string, more: string): Outcome => {
  const { findings, left_out } = gathered
  return {
    source: {
      name,
      status: findings.length ? 'ok' : 'empty',
      summary: `${findings.length} ${findings.length === 1 ? one : more}${left_out.count ? `; ${left_out.count} left out, because it gives orders` : ''}.`,
      meta: leftOut(gathered),
      from_cache: false,
    },
    findings,
    left_out: left_out.count,
    cached_at: null,
  }
}

/** The lead's own fields: those that the product knows first, because a long list is cut at its end. */
const readRow = ({ lead, now }: ResearchRequest): Outcome => {
  const seen_at = now.toISOString()
  const contacts = new Set(
    Object.entries(lead)
      .filter(([field]) => CONTACT_FIELDS.has(field))
      .map(([, value]) => value.trim().toLowerCase()),
  )
  const known = new Set<string>()
  const entries = Object.entries(lead).filter(([field]) => !CONTACT_FIELDS.has(field))
  const ordered = [
    ...entries.filter(([field]) => KNOWN_FIELDS.has(field)),
    ...entries.filter(([field]) => !KNOWN_FIELDS.has(field)),
  ]
  const findings: Finding[] = []
  const left_out = { count: 0, places: [] as string[] }
  for (const [field, value] of ordered) {
    const key = factText(value).toLowerCase()
    // The same cell is seen under its field and under its column's own name.
    if (key === '' || contacts.has(key) || (known.has(key) && !KNOWN_FIELDS.has(field))) continue
    known.add(key)
    const gathering = gatherFindings(COMPANY_FIELD.test(field) ? 'company' : 'lead', 'row', seen_at)
    gathering.add(value, { weight: 10, name: field, field })
    const gathered = gathering.gathered()
    findings.push(...gathered.findings)
    left_out.count += gathered.left_out.count
    left_out.places.push(...gathered.left_out.places)
    if (findings.length >= MOST_ROW_FINDINGS) break
  }
  return outcomeOf('row', { findings, left_out }, 'field of the lead', 'fields of the lead')
}

/** One statement for each sentence or line, so that a message can name the very one that it leans on. */
const readGiven = ({ research_context, now }: ResearchRequest): Outcome | null => {
  if (research_context === null) return null
  const gathering = gatherFindings('lead', 'given', now.toISOString())
  let taken = 0
  for (const sentence of research_context.slice(0, 100_000).split(/\n+|(?<=[.!?])\s+(?=\p{Lu}|\d)/u)) {
    if (taken >= MOST_GIVEN) break
    if (gathering.add(sentence, { weight: 10, name: 'research_context' })) taken++
  }
  return outcomeOf(
    'research_context',
    gathering.gathered(),
    'statement of the text that was given',
    'statements of the text that was given',
  )
}

const readCorrespondence = async (
  { db }: ResearchDeps,
  { workspace_id, lead_ref, ahead, now }: ResearchRequest,
  { person }: Subject,
): Promise<Outcome | null> => {
  if (!person.email) return null
  const gathered =
    ahead?.correspondence ??
    (
      await findCorrespondence(db, {
        workspace_id,
        people: [{ email: person.email, campaign_lead_id: lead_ref?.campaign_lead_id ?? null }],
        now,
      })
    )[0]
  if (!gathered) return null
  return outcomeOf('correspondence', gathered, 'statement from earlier messages', 'statements from earlier messages')
}

type OutsideName = CacheKey['source']

const skipped = (name: OutsideName, summary: string): Outcome => ({
  source: { name, status: 'skipped', summary, meta: {}, from_cache: false },
  findings: [],
  left_out: 0,
  cached_at: null,
})

const bundled = (name: OutsideName, { status, summary, meta, findings }: SourceReading): Outcome => ({
  source: { name, status, summary, meta, from_cache: false },
  findings,
  left_out: 0,
  cached_at: null,
})

/** The sources beyond this instance, asked side by side. Each is decided by the workspace's mode before anything else. */
const outsideSources = (
  deps: ResearchDeps,
  request: ResearchRequest,
  subject: Subject,
  signal: AbortSignal,
): Promise<Outcome>[] => {
  const { workspace_id, lead, now, force_refresh } = request
  const { timeout_ms, kept_days, pages } = deps.config.research
  const names: OutsideName[] = ['company_site', 'company_search', 'person_search']
  if (request.research_context !== null)
    return names.map(async (name) => skipped(name, 'Not asked, because a text was given.'))
  const mode = request.ahead?.mode ?? findMode(deps, workspace_id)
  let ending: AbortSignal | null = null
  /** One for all sources; most leads have none that is asked, and a timer lives until its time is over. */
  const ends = (): AbortSignal => {
    ending ??= AbortSignal.timeout(timeout_ms)
    return ending
  }

  const through = async (
    key: Pick<CacheKey, 'source' | 'adapter' | 'subject'>,
    read: () => Promise<SourceReading>,
  ): Promise<Outcome> => {
    const deadline = ends()
    const person = key.source === 'person_search' ? subject.person : { email: null, linkedin_url: null }
    const reading = await readThrough(
      deps,
      { ...key, workspace_id, email: person.email, linkedin_url: person.linkedin_url },
      { force: force_refresh, now, kept_days, signal, deadline },
      async () => {
        try {
          return await read()
        } catch (error) {
          signal.throwIfAborted()
          const failed = (summary: string, is_transient: boolean): SourceReading => ({
            status: 'failed',
            summary,
            meta: {},
            findings: [],
            is_transient,
          })
          if (error instanceof SearchError) return failed(error.message, true)
          if (deadline.aborted) return failed('There was no time left for it.', true)
          // Whatever a page or a service made of us, the message is still written; what went wrong stands in the log.
          deps.log.warn({ err: error, source: key.source }, 'a source of research failed')
          return failed('It could not be read.', true)
        }
      },
    )
    if (!reading)
      return {
        source: {
          name: key.source,
          status: 'failed',
          summary: 'Somebody else is reading it and was not done in time.',
          meta: {},
          from_cache: false,
        },
        findings: [],
        left_out: 0,
        cached_at: null,
      }
    const { status, summary, meta, findings, from_cache, cached_at } = reading
    const noted = meta.left_out as { count?: number } | undefined
    return {
      source: {
        name: key.source,
        status,
        summary,
        meta: { ...meta, cached_at: cached_at?.toISOString() ?? null },
        from_cache,
      },
      findings,
      left_out: noted?.count ?? 0,
      cached_at,
    }
  }

  const site = async (): Promise<Outcome> => {
    const workspace = { mode: await mode }
    const reader = deps.pages.readerFor(workspace)
    if (workspace.mode === 'sandbox')
      return skipped('company_site', 'A sandbox reads no pages: it reaches nothing outside.')
    if (!reader) return skipped('company_site', 'Reading pages is turned off (RESEARCH_PAGES).')
    const { company } = subject
    if (!company.site) return skipped('company_site', 'No site of the company is known.')
    return through({ source: 'company_site', adapter: 'web', subject: company.site }, () =>
      readSite(reader, company, { most: pages, now, signal, deadline: ends() }),
    )
  }

  const search = async (
    name: 'company_search' | 'person_search',
    about: 'company' | 'lead',
    query: string | null,
    key: string | null,
  ): Promise<Outcome> => {
    const engine = deps.search.engineFor({ mode: await mode })
    if (!engine) return skipped(name, 'No search service is configured (SEARCH_PROVIDER).')
    if (!query || !key)
      return skipped(
        name,
        about === 'company' ? 'The company’s name is not known.' : 'The name of person or company is not known.',
      )
    const places = [lead.city, lead.country].filter((place): place is string => !!place)
    const ask = () => searchAbout(engine, subject, about, { places, now, signal: AbortSignal.any([signal, ends()]) })
    if (engine.is_bundled) return bundled(name, await ask())
    return through({ source: name, adapter: engine.name, subject: key }, ask)
  }
  const { company, person } = subject
  return [
    site(),
    search('company_search', 'company', companyQuery(subject), company.domain ?? company.name?.toLowerCase() ?? null),
    search('person_search', 'lead', personQuery(subject), person.identity),
  ]
}
