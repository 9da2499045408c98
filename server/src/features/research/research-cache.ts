import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { newId } from '../../ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Finding } from './finding.ts'
import { digestOf } from './fingerprint.ts'

/** What a source gave. */
export type SourceReading = {
  status: 'ok' | 'empty' | 'failed'
  summary: string
  meta: Record<string, unknown>
  findings: Finding[]
  /** It may be another tomorrow, so it is not kept for long. */
  is_transient: boolean
}

export type CachedReading = SourceReading & { from_cache: boolean; cached_at: Date | null }

export type CacheKey = {
  workspace_id: string
  source: 'company_site' | 'company_search' | 'person_search'
  adapter: string
  subject: string
  /** The person it is about, so that it is found when they ask to be forgotten. */
  email: string | null
  linkedin_url: string | null
}

const DAY_MS = 86_400_000
/** A failure that may pass is tried again after so long: not for each of a campaign's five hundred leads. */
const TRANSIENT_MS = 3_600_000
/** Longer than research may take (RESEARCH_TIMEOUT_SECONDS), so that only a killed process leaves a reading to run out. */
const LEASE_MS = 150_000
const LOOK_AGAIN_MS = 100

type Row = {
  reading_id: string | null
  status: SourceReading['status'] | null
  summary: string
  meta: Record<string, unknown>
  facts: Finding[]
  cached_at: Date | null
  expires_at: Date | null
}

/**
 * A reading from the cache, or a new one that is put there. Of several who ask at once, in whatever process, one reads and the
 * others take what it found, also when all of them want it fresh. Leases and waits are of the system's clock, ages of the
 * workspace's. Throws the reason of `signal`; null when `deadline` passes while another reads. What is erased while it is being
 * read stays erased.
 */
export const readThrough = async (
  { db, clock }: { db: Db; clock: Clock },
  given: CacheKey,
  options: { force: boolean; now: Date; kept_days: number; signal: AbortSignal; deadline: AbortSignal },
  read: () => Promise<SourceReading>,
): Promise<CachedReading | null> => {
  const { force, now, signal, deadline } = options
  const key = { ...given, subject: short(given.subject) }
  const before = await findEntry(db, key)
  if (before && !force && isFresh(before, now)) return cachedReading(before)
  const lease = newId()
  for (;;) {
    signal.throwIfAborted()
    if (await takeLease(db, key, lease, before?.reading_id ?? null, clock.now())) break
    const entry = await findEntry(db, key)
    if (entry?.reading_id && entry.reading_id !== before?.reading_id && isFresh(entry, now)) return cachedReading(entry)
    if (deadline.aborted) return null
    await sleep(LOOK_AGAIN_MS, undefined, { signal: AbortSignal.any([signal, deadline]) }).catch(() => {})
  }
  try {
    const reading = await read()
    const kept = reading.is_transient ? TRANSIENT_MS : options.kept_days * DAY_MS
    await sql`
      update research_cache set reading_id = ${newId()}, status = ${reading.status}, summary = ${reading.summary}, meta = ${JSON.stringify(reading.meta)},
        facts = ${JSON.stringify(reading.findings)}, fingerprint = ${digestOf(reading.findings)}, cached_at = ${now}, expires_at = ${new Date(now.getTime() + kept)},
        leased_by = null, leased_until = null
      where ${isEntry(key)} and leased_by = ${lease}`.execute(db)
    return { ...reading, from_cache: false, cached_at: now }
  } catch (error) {
    await sql`update research_cache set leased_by = null, leased_until = null where ${isEntry(key)} and leased_by = ${lease}`.execute(
      db,
    )
    throw error
  }
}

/** An index takes no text of any length. */
const short = (subject: string): string =>
  subject.length <= 300 ? subject : createHash('sha256').update(subject).digest('hex')

const isEntry = ({ workspace_id, source, adapter, subject }: CacheKey) =>
  sql<boolean>`workspace_id = ${workspace_id} and source = ${source} and adapter = ${adapter} and subject = ${subject}`

const findEntry = async (db: Db, key: CacheKey): Promise<Row | null> => {
  const { rows } = await sql<Row>`
    select reading_id, status, summary, meta, facts, cached_at, expires_at from research_cache where ${isEntry(key)}`.execute(
    db,
  )
  return rows[0] ?? null
}

/** A sandbox's clock can be ahead of what a later, reset one says: what was learned in the future is not known yet. */
const isFresh = ({ cached_at, expires_at }: Row, now: Date): boolean =>
  cached_at !== null && expires_at !== null && cached_at <= now && now < expires_at

const cachedReading = (row: Row): CachedReading => ({
  status: row.status ?? 'empty',
  summary: row.summary,
  meta: row.meta,
  findings: row.facts,
  is_transient: false,
  from_cache: true,
  cached_at: row.cached_at,
})

/** False where another holds it, or has read since `seen`. */
const takeLease = async (db: Db, key: CacheKey, lease: string, seen: string | null, system: Date): Promise<boolean> => {
  const until = new Date(system.getTime() + LEASE_MS)
  const { rows } = await sql`
    insert into research_cache (entry_id, workspace_id, source, adapter, subject, email, linkedin_url, leased_by, leased_until)
    values (${newId()}, ${key.workspace_id}, ${key.source}, ${key.adapter}, ${key.subject}, ${key.email}, ${key.linkedin_url}, ${lease}, ${until})
    on conflict (workspace_id, source, adapter, subject) do update set leased_by = excluded.leased_by, leased_until = excluded.leased_until
      where (research_cache.leased_until is null or research_cache.leased_until <= ${system})
        and research_cache.reading_id is not distinct from ${seen}::uuid
    returning entry_id`.execute(db)
  return rows.length > 0
}
