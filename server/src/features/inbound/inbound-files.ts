import { randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { givenRows } from '../../db/given-rows.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { newId } from '../../ids.ts'
import { lockContents } from '../attachments/store-attachments.ts'
import type { ParsedAttachment } from './parse-message.ts'
import { storableJson } from './storable-text.ts'

type FileDeps = Pick<Deps, 'storage'> & { config: Pick<Deps['config'], 'data_dir'> }

/** An attachment whose content lies in a file of its own, not yet under its address. */
export type StagedFile = Omit<ParsedAttachment, 'content'> & { id: string; path: string | null; digest: Buffer }

/**
 * Writes the contents of a message's attachments aside, outside any transaction. Contents that are equal are written once.
 * `remove` must be called in the end, whatever happened; what was taken over by then is not there any more.
 */
export const stageFiles = async (
  deps: FileDeps,
  attachments: readonly ParsedAttachment[],
): Promise<{ files: StagedFile[]; remove: () => Promise<void> }> => {
  const files: StagedFile[] = []
  const remove = async (): Promise<void> => {
    for (const { path } of files) if (path) await rm(path, { force: true })
  }
  if (!attachments.length) return { files, remove }
  const folder = join(deps.config.data_dir, 'incoming')
  await mkdir(folder, { recursive: true })
  const written = new Set<string>()
  try {
    for (const { content, ...attachment } of attachments) {
      const path = written.has(attachment.sha256) ? null : join(folder, randomUUID())
      written.add(attachment.sha256)
      files.push({ ...attachment, id: newId(), path, digest: Buffer.from(attachment.sha256, 'hex') })
      if (!path) continue
      const handle = await open(path, 'wx', 0o600)
      await handle.writeFile(content).finally(() => handle.close())
    }
  } catch (error) {
    await remove()
    throw error
  }
  return { files, remove }
}

/** The files of one message. */
export type FilesOfMessage = {
  workspace_id: string
  inbound_email_id: string
  now: Date
  files: readonly StagedFile[]
}

/** Takes staged contents over and writes the rows that lead to them, in the transaction that files their messages. */
export const storeFiles = async (tx: Tx, deps: FileDeps, messages: readonly FilesOfMessage[]): Promise<void> => {
  const staged = messages.flatMap(({ files }) => files)
  if (!staged.length) return
  await lockContents(
    tx,
    staged.map(({ digest }) => digest),
  )
  for (const { path, digest } of staged) if (path) await deps.storage.adopt(path, digest)
  const rows = messages.flatMap(({ workspace_id, inbound_email_id, now, files }) =>
    files.map(({ path: _path, digest: _digest, ...file }, position) => ({
      ...file,
      file_id: newId(),
      position,
      workspace_id,
      inbound_email_id,
      now,
    })),
  )
  await sql`
    with given as (${givenRows(rows, FILE_COLUMNS, storableJson)}), stored as (
      insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
      select file_id, workspace_id, coalesce(filename, 'attachment'), decode(sha256, 'hex'), size_bytes, now from given
    )
    insert into inbound_attachments (id, workspace_id, inbound_email_id, position, filename, mime_type, size_bytes, sha256, content_id, is_inline, file_id)
    select id, workspace_id, inbound_email_id, position, filename, mime_type, size_bytes, decode(sha256, 'hex'), content_id, is_inline, file_id
    from given`.execute(tx)
}

const FILE_COLUMNS = `id uuid, workspace_id uuid, inbound_email_id uuid, now timestamptz, file_id uuid, position smallint, filename text, mime_type text,
  size_bytes bigint, sha256 text, content_id text, is_inline boolean`

/**
 * Removes contents of deleted messages that nothing refers to any more. Returns how many were looked at. Whoever stores the
 * same content in the meantime waits for the lock, or is seen.
 */
export const removeReleasedFiles = (deps: Pick<Deps, 'db' | 'storage'>, limit = 200): Promise<number> =>
  transaction(deps.db, async (tx) => {
    const { rows } = await sql<{ sha256: Buffer }>`
      delete from released_files where sha256 in (select sha256 from released_files limit ${limit} for update skip locked) returning sha256`.execute(
      tx,
    )
    if (!rows.length) return 0
    const digests = rows.map(({ sha256 }) => sha256)
    await lockContents(tx, digests)
    const used = await sql<{ sha256: Buffer }>`
      select distinct sha256 from stored_files where sha256 = any(${digests}::bytea[])`.execute(tx)
    const kept = new Set(used.rows.map(({ sha256 }) => sha256.toString('hex')))
    for (const sha256 of digests) if (!kept.has(sha256.toString('hex'))) await deps.storage.remove(sha256)
    return rows.length
  })
