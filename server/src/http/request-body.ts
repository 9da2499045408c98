import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Multipart, UploadedFile } from './define-operation.ts'
import { type Detail, problem } from './errors.ts'

const DEEPEST = 64

/**
 * What no column can hold or no writer can survive, found before any schema looks: NUL bytes (PostgreSQL's text refuses
 * them), lone surrogates (its jsonb refuses them) and absurd nesting (JSON.stringify would overflow the stack).
 */
export const findUnstorable = (value: unknown, loc: (string | number)[], found: Detail[] = [], depth = 0): Detail[] => {
  if (found.length >= 20) return found
  if (typeof value === 'string') {
    if (value.includes('\0')) found.push({ loc, msg: 'holds a NUL byte', type: 'null_byte' })
    else if (!value.isWellFormed()) found.push({ loc, msg: 'is not well-formed Unicode', type: 'malformed_unicode' })
  } else if (typeof value === 'object' && value !== null) {
    if (depth >= DEEPEST)
      found.push({ loc: loc.slice(0, 8), msg: `is nested deeper than ${DEEPEST} levels`, type: 'too_deep' })
    else
      for (const [key, inner] of Object.entries(value)) {
        findUnstorable(key, [...loc, key.slice(0, 64)], found, depth)
        findUnstorable(inner, [...loc, Array.isArray(value) ? Number(key) : key], found, depth + 1)
      }
  }
  return found
}

/** Every problem that a schema finds, in the shape of the error envelope. */
export const problemsOf = (error: z.ZodError, at: string): Detail[] =>
  error.issues.flatMap((issue) => {
    const loc = [at, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        loc: [...loc, key],
        msg: 'is not a field of this request',
        type: 'extra_forbidden',
      }))
    const missing = issue.code === 'invalid_type' && /received undefined/.test(issue.message)
    return [{ loc, msg: missing ? 'field required' : issue.message, type: missing ? 'missing' : issue.code }]
  })

export type ReadMultipart = {
  fields: Record<string, string>
  files: Record<string, UploadedFile>
  file_lists: Record<string, UploadedFile[]>
  digest: Buffer
  dispose: () => Promise<void>
}

/**
 * Streams a multipart body to disk, hashing on the way, so that a file of any size costs no memory and fields may come
 * before or after it. Throws PAYLOAD_TOO_LARGE past `maxBytes`; whatever was written by then is removed.
 */
export const readMultipart = async (
  request: FastifyRequest,
  shape: Multipart<z.ZodType>,
  options: { folder: string; maxBytes: number; setting: string },
): Promise<ReadMultipart> => {
  if (!request.isMultipart()) throw problem('UNSUPPORTED_MEDIA_TYPE', 'This operation reads multipart/form-data.')
  const fields: Record<string, string> = {}
  const files: Record<string, UploadedFile> = {}
  const lists: Record<string, UploadedFile[]> = {}
  const most = Object.values(shape.files).reduce((sum, file) => sum + (file.many ?? 1), 0)
  let reading = 'The file'
  const tooLarge = () =>
    problem(
      'PAYLOAD_TOO_LARGE',
      `${reading} is larger than ${options.maxBytes} bytes, the limit of this instance (${options.setting}).`,
    )
  const digest = createHash('sha256')
  const folder = join(options.folder, 'incoming')
  await mkdir(folder, { recursive: true })
  const dispose = async (): Promise<void> => {
    const all = [...Object.values(files), ...Object.values(lists).flat()]
    await Promise.all(all.map((file) => rm(file.path, { force: true })))
  }
  try {
    for await (const part of request.parts({
      limits: { fileSize: options.maxBytes, files: Math.max(8, most), fields: 64, fieldSize: 1_048_576 },
    })) {
      if (part.type === 'field') {
        fields[part.fieldname] = String(part.value)
        digest.update(`${part.fieldname}=${String(part.value)}\0`)
        continue
      }
      // People send several files in a row; a name of any length may come.
      if (part.filename) reading = `${part.filename.slice(0, 120).toWellFormed()}: The file`
      const path = join(folder, randomUUID())
      const hash = createHash('sha256')
      let size = 0
      const meter = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          size += chunk.length
          hash.update(chunk)
          done(null, chunk)
        },
      })
      const wanted = Object.hasOwn(shape.files, part.fieldname) ? shape.files[part.fieldname] : undefined
      const file: UploadedFile = {
        filename: part.filename || 'upload',
        mime_type: part.mimetype,
        path,
        size_bytes: 0,
        sha256: Buffer.alloc(0),
      }
      const list = wanted?.many ? (lists[part.fieldname] ?? []) : null
      if (list) lists[part.fieldname] = list
      const known = list ? list.length < (wanted?.many ?? 0) : wanted !== undefined && !(part.fieldname in files)
      if (list && known) list.push(file)
      else files[known ? part.fieldname : `ignored:${path}`] = file
      await pipeline(part.file, meter, createWriteStream(path, { mode: 0o600 }))
      if (part.file.truncated) throw tooLarge()
      if (list && !known) throw problem('BAD_REQUEST', `At most ${wanted?.many} parts may be named ${part.fieldname}.`)
      const sha256 = hash.digest()
      digest.update(`${part.fieldname}:${part.filename}:`).update(sha256)
      if (known) Object.assign(file, { size_bytes: size, sha256 })
    }
  } catch (error) {
    await dispose()
    const code = (error as { code?: string }).code ?? ''
    if (code === 'FST_REQ_FILE_TOO_LARGE') throw tooLarge()
    if (
      /^FST_(FILES|FIELDS|PARTS)_LIMIT|^FST_INVALID_MULTIPART/.test(code) ||
      /Unexpected end of|Malformed|Multipart/i.test((error as Error).message)
    )
      throw problem('BAD_REQUEST', 'The multipart body is malformed or has too many parts.')
    throw error
  }
  return { fields, files, file_lists: lists, digest: digest.digest(), dispose }
}
