import { randomBytes } from 'node:crypto'
import type { Db } from '../../db/connect.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { sha256 } from '../../secrets.ts'

export type MintedKey = {
  id: string
  key: string
  name: string
  key_prefix: string
  created_at: Date
  scopes: string[] | null
  expires_at: Date | null
}

const PREFIX = 'bav_live_'
const SHOWN_CHARACTERS = 17

/**
 * Makes a key of 32 random bytes and stores its SHA-256 with the prefix people know it by. A fast hash is enough: there is
 * nothing to guess in 256 bits. The returned `key` exists nowhere else.
 */
export const mintApiKey = async (
  db: Db | Tx,
  wanted: {
    workspace_id: string
    user_id: string
    name: string
    scopes?: string[] | null
    expires_at?: Date | null
    now: Date
  },
): Promise<MintedKey> => {
  const key = PREFIX + randomBytes(32).toString('base64url')
  const row = {
    id: newId(),
    name: wanted.name,
    key_prefix: key.slice(0, SHOWN_CHARACTERS),
    scopes: wanted.scopes ?? null,
    expires_at: wanted.expires_at ?? null,
    created_at: wanted.now,
  }
  await db
    .insertInto('api_keys')
    .values({ ...row, workspace_id: wanted.workspace_id, user_id: wanted.user_id, key_hash: sha256(key) })
    .execute()
  return { ...row, key }
}
