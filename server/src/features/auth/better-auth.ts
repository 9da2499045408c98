import { AsyncLocalStorage } from 'node:async_hooks'
import { betterAuth } from 'better-auth'
import { bearer } from 'better-auth/plugins/bearer'
import { jwt } from 'better-auth/plugins/jwt'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { Logger } from '../../log.ts'
import { type Secrets, sha256 } from '../../secrets.ts'
import { PASSWORD_LENGTH } from './password-length.ts'

/** Seconds an access token is good for. Its session may be ended sooner, which every request looks up. */
export const ACCESS_TOKEN_SECONDS = 900
const SESSION_SECONDS = 30 * 86_400
const DAY_SECONDS = 86_400

/** Pinned in every token of ours. Instances are told apart by their keys, so the address it is reached by plays no part. */
export const ISSUER = 'bavlio'
export const AUDIENCE = 'bavlio-api'

export type AuthOptions = { config: Config; db: Db; secrets: Secrets; log: Logger; address: { base_url: string } }

/** Where sendResetPassword leaves the token it is given, so that our own job sends the letter and may fail and repeat. */
export const resetTokens = new AsyncLocalStorage<{ token: string | null }>()

/** Takes the client's address from here only: what the proxy's headers are worth was decided before. */
export const CLIENT_IP_HEADER = 'x-bavlio-client-ip'

const fields = { createdAt: 'created_at', updatedAt: 'updated_at' } as const

/**
 * better-auth on our tables, called from the server's side only: it never sees a request and its cookies go nowhere.
 * `db` may be an open transaction, which is how an account and its workspace come into being together.
 */
export const createBetterAuth = (options: AuthOptions, db: Db | Tx = options.db) =>
  betterAuth({
    appName: 'Bavlio',
    baseURL: options.address.base_url,
    basePath: '/api/v1/account/better-auth',
    // The version names the key it belongs to, so that values sealed before a rotation find the old key again.
    secrets: options.secrets
      .keys('better-auth')
      .map((key) => ({ version: sha256(key).readUIntBE(0, 4), value: key.toString('hex') })),
    database: { db, type: 'postgres', transaction: !db.isTransaction },
    telemetry: { enabled: false },
    logger: {
      level: 'warn',
      // Messages only: the arguments of the library's log lines may hold addresses and rows.
      log: (level, message) => options.log[level === 'error' ? 'warn' : 'debug']({ part: 'accounts' }, message),
    },
    advanced: {
      database: { generateId: () => newId() },
      ipAddress: { ipAddressHeaders: [CLIENT_IP_HEADER] },
    },
    user: { modelName: 'users', fields: { ...fields, emailVerified: 'email_verified' } },
    session: {
      modelName: 'auth_sessions',
      fields: {
        ...fields,
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
      },
      expiresIn: SESSION_SECONDS,
      updateAge: DAY_SECONDS,
    },
    account: {
      modelName: 'auth_accounts',
      fields: {
        ...fields,
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
      },
      // An account is never joined to another because both name the same e-mail address.
      accountLinking: { enabled: false },
    },
    verification: {
      modelName: 'auth_verifications',
      fields: { ...fields, expiresAt: 'expires_at' },
      storeIdentifier: 'hashed',
    },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_LENGTH.min,
      maxPasswordLength: PASSWORD_LENGTH.max,
      resetPasswordTokenExpiresIn: 3_600,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ token }) => {
        const waiting = resetTokens.getStore()
        if (waiting) waiting.token = token
      },
    },
    socialProviders: options.config.google
      ? { google: { clientId: options.config.google.client_id, clientSecret: options.config.google.client_secret } }
      : {},
    plugins: [
      bearer(),
      jwt({
        disableSettingJwtHeader: true,
        jwks: { keyPairConfig: { alg: 'EdDSA', crv: 'Ed25519' } },
        jwt: { issuer: ISSUER, audience: AUDIENCE },
        schema: {
          jwks: {
            modelName: 'auth_jwks',
            fields: {
              publicKey: 'public_key',
              privateKey: 'private_key',
              createdAt: 'created_at',
              expiresAt: 'expires_at',
            },
          },
        },
      }),
    ],
  })

export type BetterAuth = ReturnType<typeof createBetterAuth>
