import { createHmac } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { normalizeEmailAddress } from '../../email-address.ts'
import { newId } from '../../ids.ts'
import type { Secrets } from '../../secrets.ts'
import { domainsAbove } from './entry-target.ts'
import type { SuppressionReason } from './schema.ts'

/** The stored spelling of an address, as far as it is one. */
const storedSpelling = (email: string): string => {
  const address = normalizeEmailAddress(email)
  return address.ok ? address.email : email.trim().toLowerCase()
}

/** The reasons by which a person said no; a machine or a colleague gave the others. */
export const SAID_NO: readonly SuppressionReason[] = ['unsubscribed', 'complained']

export type SuppressRequest = {
  workspace_id: string
  email: string
  reason: SuppressionReason
  source: string
  campaign_id?: string | null
  note?: string | null
  now: Date
}

/**
 * Puts an address on the workspace's list because of something that happened. Safe to repeat. One that stands there
 * already keeps its entry, and its reason too unless the person has now said no: what was listed by hand may be lifted by
 * a key, and that must not undo an unsubscribe that came later.
 */
export const suppressAddress = async (tx: Tx, request: SuppressRequest): Promise<void> => {
  await sql`
    insert into suppressions as s (entry_id, workspace_id, kind, email, reason, source, campaign_id, note, created_at)
    values (${newId()}, ${request.workspace_id}, 'address', ${storedSpelling(request.email)}, ${request.reason}, ${request.source},
      ${request.campaign_id ?? null}, ${request.note?.slice(0, 500) ?? null}, ${request.now})
    on conflict (workspace_id, kind, email) where released_at is null and email is not null
    do update set reason = excluded.reason, source = excluded.source, campaign_id = excluded.campaign_id,
      note = coalesce(excluded.note, s.note)
    where excluded.reason = any(${SAID_NO}::text[]) and not (s.reason = any(${SAID_NO}::text[]))`.execute(tx)
}

const hashWith = (key: Buffer, email: string): Buffer => createHmac('sha256', key).update(email).digest()

/**
 * What stays of an address whose person asked to be forgotten: HMAC-SHA-256 (RFC 2104) under a key of this instance, so
 * that the table alone tells nobody whom it holds, and the address is still recognised when a file brings it back.
 */
export const suppressionHash = (secrets: Pick<Secrets, 'key'>, email: string): Buffer =>
  hashWith(secrets.key('suppression-hash'), storedSpelling(email))

export type Suppressed = { entry_id: string; reason: SuppressionReason; kind: 'address' | 'domain' | 'hash' }

/**
 * Which of these addresses are on the list: by address, by domain or a domain above it, or by hash, the most specific
 * entry winning. One statement whatever the number; the keys of the answer are the strings that were given. Hashes made
 * with earlier secret keys count too.
 */
export const findSuppressed = async (
  db: Db,
  workspaceId: string,
  emails: string[],
  secrets: Pick<Secrets, 'keys'>,
): Promise<Map<string, Suppressed>> => {
  const found = new Map<string, Suppressed>()
  if (!emails.length) return found
  const keys = secrets.keys('suppression-hash')
  const asked = emails.map((given) => {
    const email = storedSpelling(given)
    return {
      given,
      email,
      domains: domainsAbove(email.slice(email.lastIndexOf('@') + 1)),
      hashes: keys.map((key) => hashWith(key, email)),
    }
  })
  const domains = [...new Set(asked.flatMap((one) => one.domains))]
  const { rows } = await sql<Suppressed & { email: string | null; hash: Buffer | null }>`
    select entry_id, reason, kind, email, null::bytea as hash from suppressions
    where workspace_id = ${workspaceId} and released_at is null and email is not null and kind = 'address'
      and email = any(${asked.map(({ email }) => email)}::text[])
    union all
    select entry_id, reason, kind, email, null from suppressions
    where workspace_id = ${workspaceId} and released_at is null and email is not null and kind = 'domain'
      and email = any(${domains}::text[])
    union all
    select entry_id, reason, kind, null, hash from suppressions
    where workspace_id = ${workspaceId} and released_at is null and hash is not null
      and hash = any(${asked.flatMap(({ hashes }) => hashes)}::bytea[])`.execute(db)
  if (!rows.length) return found
  const byText = new Map(
    rows.map((row) => [row.hash ? `hash:${row.hash.toString('hex')}` : `${row.kind}:${row.email}`, row]),
  )
  for (const { given, email, domains, hashes } of asked) {
    const names = [
      `address:${email}`,
      ...domains.map((d) => `domain:${d}`),
      ...hashes.map((h) => `hash:${h.toString('hex')}`),
    ]
    const row = names.map((name) => byText.get(name)).find((entry) => entry !== undefined)
    if (row) found.set(given, { entry_id: row.entry_id, reason: row.reason, kind: row.kind })
  }
  return found
}

/**
 * The same question inside a larger statement, as a condition over SQL expressions that hold a stored address and its
 * domain. It reads the entries by address, by domain and by the domains above it, each through the index; hashes need the
 * secret and are checked where leads are made. The arguments are SQL text: column names of our own, never input.
 */
export const isSuppressedSql = (workspace: string, email: string, domain: string): string => `exists (
  select 1 from suppressions sup where sup.workspace_id = ${workspace} and sup.released_at is null and sup.email is not null
    and (sup.kind = 'address' and sup.email = ${email} or sup.kind = 'domain' and sup.email = any(array(
      select array_to_string((string_to_array(${domain}, '.'))[part:], '.')
      from generate_series(1, cardinality(string_to_array(${domain}, '.')) - 1) part))))`
