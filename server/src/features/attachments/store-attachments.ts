import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { safeFilename, safeMediaType } from './attachment-name.ts'

export type StoredAttachment = {
  id: string
  user_id: string
  filename: string
  size_bytes: number
  mime_type: string
  sha256: Buffer
  created_at: Date
  updated_at: Date
}

type Owner = { workspace_id: string; user_id: string }

/**
 * Whoever stores or removes a content waits here for the other, so that a file is never removed between its adoption and
 * the row that refers to it. Taken in one order, so that two uploads of the same files cannot block each other.
 */
export const lockContents = async (tx: Tx, contents: readonly Buffer[]): Promise<void> => {
  const names = [...new Set(contents.map((sha256) => sha256.toString('hex')))].sort()
  await sql`
    select pg_advisory_xact_lock(hashtextextended('content:' || name, 0)) from unnest(${names}::text[]) with ordinality as c (name, n) order by n`.execute(
    tx,
  )
}

/**
 * Stores uploaded files durably, in their order, all or none. A file that the workspace has under the same name and type is
 * stored a second time as a row only: its content is there already.
 */
export const storeAttachments = (
  deps: Pick<Deps, 'db' | 'storage'>,
  who: Owner,
  files: readonly UploadedFile[],
  now: Date,
): Promise<StoredAttachment[]> =>
  transaction(deps.db, async (tx) => {
    await lockContents(
      tx,
      files.map(({ sha256 }) => sha256),
    )
    const stored: StoredAttachment[] = []
    for (const file of files) {
      await deps.storage.adopt(file.path, file.sha256)
      stored.push(await insertAttachment(tx, who, file, now))
    }
    return stored
  })

const insertAttachment = async (
  tx: Tx,
  who: Owner,
  file: Pick<UploadedFile, 'filename' | 'mime_type' | 'size_bytes' | 'sha256'>,
  now: Date,
): Promise<StoredAttachment> => {
  const attachment = {
    id: newId(),
    user_id: who.user_id,
    filename: safeFilename(file.filename),
    size_bytes: file.size_bytes,
    mime_type: safeMediaType(file.mime_type),
    sha256: file.sha256,
    created_at: now,
    updated_at: now,
  }
  const file_id = newId()
  await sql`
    insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
    values (${file_id}, ${who.workspace_id}, ${attachment.filename}, ${file.sha256}, ${file.size_bytes}, ${now})`.execute(
    tx,
  )
  await sql`
    insert into attachments (id, workspace_id, user_id, file_id, filename, mime_type, size_bytes, sha256, created_at, updated_at)
    values (${attachment.id}, ${who.workspace_id}, ${who.user_id}, ${file_id}, ${attachment.filename}, ${attachment.mime_type},
      ${attachment.size_bytes}, ${attachment.sha256}, ${now}, ${now})`.execute(tx)
  return attachment
}

export type GivenContent = { filename: string; mime_type: string; content: Buffer }

/**
 * Stores contents that came inside a request, each as an attachment of its own, unless the workspace has the same content
 * under the same name and type already. Throws PAYLOAD_TOO_LARGE for one beyond the limit before anything is written.
 */
export const storeContents = async (
  deps: Pick<Deps, 'db' | 'storage' | 'config'>,
  who: Owner,
  contents: readonly GivenContent[],
  now: Date,
): Promise<StoredAttachment[]> => {
  const limit = deps.config.attachments.max_bytes
  for (const { filename, content } of contents)
    if (content.length > limit)
      throw problem(
        'PAYLOAD_TOO_LARGE',
        `${safeFilename(filename)} is larger than ${limit} bytes, the limit of this instance (ATTACHMENT_MAX_BYTES).`,
      )
  const stored: StoredAttachment[] = []
  for (const given of contents) {
    const sha256 = createHash('sha256').update(given.content).digest()
    const { rows } = await sql<StoredAttachment>`
      select id, user_id, filename, size_bytes::int as size_bytes, mime_type, sha256, created_at, updated_at from attachments
      where workspace_id = ${who.workspace_id} and sha256 = ${sha256} and filename = ${safeFilename(given.filename)}
        and mime_type = ${safeMediaType(given.mime_type)} limit 1`.execute(deps.db)
    if (rows[0]) {
      stored.push(rows[0])
      continue
    }
    const path = await writeIncoming(deps.config.data_dir, given.content)
    try {
      const file = { ...given, path, size_bytes: given.content.length, sha256 }
      stored.push(...(await storeAttachments(deps, who, [file], now)))
    } finally {
      await rm(path, { force: true })
    }
  }
  return stored
}

const writeIncoming = async (dataDir: string, content: Buffer): Promise<string> => {
  const folder = join(dataDir, 'incoming')
  await mkdir(folder, { recursive: true })
  const path = join(folder, randomUUID())
  const handle = await open(path, 'wx', 0o600)
  try {
    await handle.writeFile(content)
  } finally {
    await handle.close()
  }
  return path
}

/** Reads a stored content whole. Throws where the file is gone. */
export const readContent = async (deps: Pick<Deps, 'storage'>, sha256: Buffer): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of await deps.storage.read(sha256)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
