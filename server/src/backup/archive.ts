import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import type { Readable } from 'node:stream'

/**
 * The archive: a gzip stream of frames. A frame is a JSON header behind its length, and, when the header says so, a body of
 * chunks behind theirs, ended by an empty one. Nothing has to be known before it is read, so tables and files stream
 * through both ways. The last frame counts what came before it: an archive without it is not whole.
 */
export const FORMAT = 1

export type TableEntry = { name: string; columns: string[] }

export type Manifest = {
  kind: 'manifest'
  format: number
  product: 'bavlio'
  version: string
  schema_version: number
  postgres: string
  created_at: string
  /** Tells keys apart without telling anything about them. */
  key_fingerprint: string
  tables: TableEntry[]
  /** Partitions made at run time, with their bounds as PostgreSQL writes them. */
  partitions: { name: string; parent: string; bound: string }[]
}

export type QueueJob = {
  identifier: string
  payload: unknown
  queue_name: string | null
  run_at: string
  max_attempts: number
  priority: number
  key: string | null
}

export type Header =
  | Manifest
  | { kind: 'secret'; salt: string; sealed: string }
  | { kind: 'table'; name: string; body: true }
  | { kind: 'sequences'; values: Record<string, string> }
  | { kind: 'jobs'; jobs: QueueJob[] }
  | { kind: 'file'; sha256: string; body: true }
  | { kind: 'end'; rows: Record<string, number>; jobs: number; files: number }

/** A sentence about what is wrong with an archive. */
export class ArchiveError extends Error {}

const LIMIT_HEADER = 256 * 1024 * 1024

const framed = (bytes: Uint8Array): Buffer[] => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return [length, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)]
}

export const writeHeader = (header: Header): Buffer => Buffer.concat(framed(Buffer.from(JSON.stringify(header))))

/** A body as frames; empty chunks are left out, because an empty one ends the body. */
export async function* writeBody(body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of body) if (chunk.length) yield* framed(chunk)
  yield Buffer.alloc(4)
}

export type Frame = { header: Header; body: () => AsyncGenerator<Buffer> }

/** Reads the frames of an unpacked archive. A body has to be read before the next frame is asked for. */
export async function* readFrames(source: Readable): AsyncGenerator<Frame> {
  const input = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let held: Buffer = Buffer.alloc(0)
  const take = async (size: number): Promise<Buffer | null> => {
    const parts: Buffer[] = []
    let missing = size
    while (missing > 0) {
      if (held.length === 0) {
        const next = await input.next()
        if (next.done) {
          if (missing === size) return null
          throw new ArchiveError('The archive ends in the middle: it is truncated.')
        }
        held = next.value
        continue
      }
      const part = held.subarray(0, missing)
      held = held.subarray(part.length)
      parts.push(part)
      missing -= part.length
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }
  const takeSized = async (): Promise<Buffer | null> => {
    const length = await take(4)
    if (length === null) return null
    const size = length.readUInt32BE()
    if (size > LIMIT_HEADER) throw new ArchiveError('This is not an archive of this program, or it is damaged.')
    if (size === 0) return Buffer.alloc(0)
    const bytes = await take(size)
    if (bytes === null) throw new ArchiveError('The archive ends in the middle: it is truncated.')
    return bytes
  }
  for (;;) {
    const bytes = await takeSized()
    if (bytes === null) return
    let header: Header
    try {
      header = JSON.parse(bytes.toString()) as Header
    } catch {
      throw new ArchiveError('This is not an archive of this program, or it is damaged.')
    }
    let read = !('body' in header)
    async function* body(): AsyncGenerator<Buffer> {
      for (;;) {
        const chunk = await takeSized()
        if (chunk === null) throw new ArchiveError('The archive ends in the middle: it is truncated.')
        if (chunk.length === 0) break
        yield chunk
      }
      read = true
    }
    yield { header, body }
    if (!read) throw new Error('A body of the archive was not read to its end.')
  }
}

// scrypt with 64 MB, about a fifth of a second: a passphrase is guessed far more slowly than a key.
const SCRYPT = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }

/** The secret key under a passphrase: scrypt (RFC 7914), AES-256-GCM. */
export const sealSecret = (secretKeys: string[], passphrase: string): Extract<Header, { kind: 'secret' }> => {
  const salt = randomBytes(16)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase.normalize('NFKC'), salt, 32, SCRYPT), iv)
  const body = Buffer.concat([cipher.update(JSON.stringify(secretKeys)), cipher.final()])
  return {
    kind: 'secret',
    salt: salt.toString('base64'),
    sealed: Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64'),
  }
}

/** Throws an ArchiveError when the passphrase is wrong. */
export const openSecret = (frame: { salt: string; sealed: string }, passphrase: string): string[] => {
  const bytes = Buffer.from(frame.sealed, 'base64')
  const key = scryptSync(passphrase.normalize('NFKC'), Buffer.from(frame.salt, 'base64'), 32, SCRYPT)
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, 28))
  try {
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()) as string[]
  } catch {
    throw new ArchiveError('The passphrase is wrong.')
  }
}
