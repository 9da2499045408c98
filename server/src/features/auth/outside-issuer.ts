import { createRemoteJWKSet, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { sql } from 'kysely'
import type { Config, OutsideIssuer } from '../../config.ts'
import type { Db } from '../../db/connect.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { createWorkspace } from '../workspaces/create-workspace.ts'

/** Domain of the stand-in address of an account whose real one is unknown or belongs to another account (RFC 2606 §2). */
const NO_ADDRESS = '@no-address.invalid'

/** The address to show for an account: null for a stand-in. */
export const shownEmail = (email: string | null): string | null => (email?.endsWith(NO_ADDRESS) ? null : email)

/** What jose says when the key set did not come, was no key set, or came with another status than 200. */
const UNREADABLE_KEY_SET = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'])

type Options = { config: Config; db: Db; clock: Clock }

/** Verifies tokens of the configured outside issuer: pinned algorithm, issuer, audience, and an expiry that must be there. */
export const createOutsideVerifier = (
  issuer: OutsideIssuer,
  clock: Clock,
): ((token: string) => Promise<JWTPayload | null>) => {
  const secret = issuer.shared_secret ? new TextEncoder().encode(issuer.shared_secret) : null
  const keySet: JWTVerifyGetKey | null = issuer.jwks_url
    ? createRemoteJWKSet(new URL(issuer.jwks_url), { timeoutDuration: 5_000 })
    : null
  return async (token) => {
    const options = {
      algorithms: [issuer.algorithm],
      issuer: issuer.issuer,
      audience: issuer.audience,
      requiredClaims: ['exp', 'sub'],
      currentDate: clock.now(),
    }
    try {
      const { payload } = secret
        ? await jwtVerify(token, secret, options)
        : await jwtVerify(token, keySet as JWTVerifyGetKey, options)
      return payload.sub ? payload : null
    } catch (error) {
      // A key set that cannot be fetched is no proof of a bad token; everything else is a token we do not accept.
      const code = (error as { code?: string }).code ?? ''
      if (/^ERR_J/.test(code) && !UNREADABLE_KEY_SET.has(code)) return null
      throw problem('UNAVAILABLE', 'The key set of the outside token issuer cannot be read right now.')
    }
  }
}

/**
 * The account of (issuer, subject), made on first sight together with its personal workspace. It is never found by e-mail
 * address: an issuer could claim any. The claimed address is kept only if nobody has it.
 */
export const accountOf = async (options: Options, issuer: string, claims: JWTPayload): Promise<string> => {
  const subject = claims.sub as string
  const known = await findIdentity(options.db, issuer, subject)
  if (known) return known
  return transaction(options.db, async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`${issuer} ${subject}`}, 0))`.execute(tx)
    const meanwhile = await findIdentity(tx, issuer, subject)
    if (meanwhile) return meanwhile
    const now = options.clock.now()
    const id = newId()
    const claimed =
      typeof claims.email === 'string' && /^[^\s@]+@[^\s@]+$/.test(claims.email) ? claims.email.toLowerCase() : null
    const standIn = `user-${id}${NO_ADDRESS}`
    const metadata = (claims.user_metadata ?? {}) as { full_name?: unknown; name?: unknown }
    const name = [claims.name, metadata.full_name, metadata.name, claimed?.split('@')[0], 'Member'].find(
      (candidate) => typeof candidate === 'string' && candidate.trim() && !candidate.includes('\0'),
    ) as string
    const insertUser = (email: string) =>
      tx
        .insertInto('users')
        .values({
          id,
          name: name.slice(0, 200),
          email,
          email_verified: claims.email_verified === true && email === claimed,
          created_at: now,
          updated_at: now,
        })
        .onConflict((conflict) => conflict.column('email').doNothing())
        .returning('id')
        .executeTakeFirst()
    if (!(claimed && (await insertUser(claimed)))) await insertUser(standIn)
    await tx.insertInto('external_identities').values({ issuer, subject, user_id: id, created_at: now }).execute()
    await createWorkspace(tx, {
      name: `${name.slice(0, 80)}’s workspace`,
      mode: options.config.mail_delivery === 'none' ? 'sandbox' : 'live',
      user_id: id,
      personal: true,
      now,
    })
    return id
  })
}

const findIdentity = async (db: Db | Tx, issuer: string, subject: string): Promise<string | null> => {
  const found = await sql<{ user_id: string }>`
    select user_id from external_identities where issuer = ${issuer} and subject = ${subject}`.execute(db)
  return found.rows[0]?.user_id ?? null
}
