import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import yauzl, { type Entry } from 'yauzl'
import { detectFileKind, type FileKind } from '../../csv-dialect.ts'
import { NotCsvError, openCsv, TooManyColumnsError } from '../../csv-reader.ts'
import { unguardFormula } from '../../csv-writer.ts'
import type { UploadedFile } from '../../http/define-operation.ts'
import { type ApiError, problem } from '../../http/errors.ts'
import { jsonElements, NotJsonListError, parseElement } from './json-elements.ts'

/** One lead as the upload has it, not looked at yet. `at` says where it stands, for messages. */
export type RawLead = { value: unknown; sheet: string | null; at: (string | number)[] }

export type UploadLimits = {
  /** Bytes of all files of an archive together, unpacked. */
  unpacked_bytes: number
  /** Bytes of one lead. */
  lead_bytes: number
  /** Files of an archive. */
  files: number
}

export type ReadUpload = {
  leads: AsyncIterable<RawLead>
  /** Filled while the leads are read: files of the archive that hold no leads, and rows of CSV files that cannot be read. */
  left_out: { files: string[]; rows: number }
}

const HEAD_BYTES = 65_536
const JSON_NAME = /\.(?:json|jsonl|ndjson)$/i
const TABLE_NAME = /\.(?:csv|tsv|txt)$/i

/**
 * The leads of an uploaded file, one after the other: a JSON list, JSON Lines, a CSV file, or a ZIP archive of such files. What
 * it is, its first bytes say. Memory holds one lead of JSON or one batch of CSV.
 *
 * Throws UNREADABLE_FILE, UNSUPPORTED_MEDIA_TYPE, or PAYLOAD_TOO_LARGE for an archive that unpacks to more than the limit,
 * whatever it says of itself: bytes are counted as they come out.
 */
export const readUpload = async (
  file: Pick<UploadedFile, 'path' | 'filename'>,
  limits: UploadLimits,
): Promise<ReadUpload> => {
  const head = await readHead(file.path)
  const left_out: ReadUpload['left_out'] = { files: [], rows: 0 }
  const kind = detectFileKind(head)
  if (kind === 'zip' || head.subarray(0, 4).equals(EMPTY_ZIP))
    return { leads: zipLeads(file.path, limits, left_out), left_out }
  const holdsJson = isJson(head)
  if (kind !== 'text' && !holdsJson) throw notThese(kind)
  const source = createReadStream(file.path)
  const leads = holdsJson
    ? jsonLeads(source, null, ['file'], limits)
    : csvLeads(source, null, ['file'], left_out, basename(file.filename))
  return { leads, left_out }
}

const EMPTY_ZIP = Buffer.from('PK\x05\x06', 'latin1')

const readHead = async (path: string): Promise<Buffer> => {
  const handle = await open(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

const isJson = (head: Buffer): boolean => /^\ufeff?\s*(?:\[|\{)/.test(head.toString('utf8'))

const notThese = (kind: FileKind): ApiError => {
  if (kind === 'empty') return problem('UNREADABLE_FILE', 'The file is empty.')
  if (kind === 'xlsx' || kind === 'xls')
    return problem(
      'UNSUPPORTED_MEDIA_TYPE',
      'The file is an Excel workbook; load it into a session with POST /api/v1/sessions/{session_id}/upload/excel.',
    )
  return problem(
    'UNSUPPORTED_MEDIA_TYPE',
    `The file is ${kind === 'binary' ? 'no text' : kind}; an extraction is a JSON list of leads, a CSV file, or a ZIP of these.`,
  )
}

async function* jsonLeads(
  source: AsyncIterable<Uint8Array>,
  sheet: string | null,
  at: string[],
  limits: UploadLimits,
): AsyncGenerator<RawLead, void, undefined> {
  try {
    for await (const element of jsonElements(source, limits.lead_bytes)) {
      const value = parseElement(element)
      const inner = wrappedLeads(value)
      if (inner) for (const [index, lead] of inner.entries()) yield { value: lead, sheet, at: [...at, index + 1] }
      else yield { value, sheet, at: [...at, element.index] }
    }
  } catch (error) {
    if (error instanceof NotJsonListError) throw problem('UNREADABLE_FILE', `${inFile(at)}${error.message}`)
    throw error
  }
}

/** The list of a body as the JSON operation takes it, `{"title": …, "leads": [ … ]}`, saved to a file. */
const wrappedLeads = (value: unknown): unknown[] | null => {
  if (typeof value !== 'object' || value === null) return null
  const { leads } = value as { leads?: unknown }
  return Array.isArray(leads) && leads.every((lead) => typeof lead === 'object' && lead !== null) ? leads : null
}

async function* csvLeads(
  source: AsyncIterable<Uint8Array>,
  sheet: string | null,
  at: string[],
  left_out: ReadUpload['left_out'],
  name: string,
): AsyncGenerator<RawLead, void, undefined> {
  try {
    const file = await openCsv(source)
    for await (const { rows } of file.batches())
      for (const row of rows) {
        if (row.problem && !row.problem.usable) {
          left_out.rows++
          continue
        }
        const value = Object.fromEntries(
          file.columns.map((column, index) => [column.name, unguardFormula((row.values[index] ?? '').trim())]),
        )
        // A column of the file may bear any name; it is a column all the same.
        yield { value: { columnValues: value }, sheet, at: [...at, row.source_row] }
      }
  } catch (error) {
    if (error instanceof NotCsvError || error instanceof TooManyColumnsError)
      throw problem('UNREADABLE_FILE', `${name}: ${error.message}`)
    throw error
  }
}

/** Each file of the archive is a sheet of its own, named for the file. */
async function* zipLeads(
  path: string,
  limits: UploadLimits,
  left_out: ReadUpload['left_out'],
): AsyncGenerator<RawLead, void, undefined> {
  const zip = await openZip(path)
  let unpacked = 0
  let files = 0
  const names = new Set<string>()
  try {
    const entries = await listEntries(zip, limits.files)
    const announced = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0)
    if (announced > limits.unpacked_bytes) throw tooMuch(limits)
    for (const entry of entries) {
      const name = entry.fileName
      if (name.endsWith('/')) continue
      const isList = JSON_NAME.test(name)
      if (/(?:^|\/)(?:__MACOSX\/|\.)/.test(name) || !(isList || TABLE_NAME.test(name))) {
        left_out.files.push(name.slice(0, 200).replaceAll('\0', '').toWellFormed())
        continue
      }
      if (entry.isEncrypted())
        throw problem('UNREADABLE_FILE', `${name} in the archive is encrypted; pack it without a password.`)
      files++
      const sheet = sheetName(name, names)
      const counted = countBytes(await openEntry(zip, entry), (bytes) => {
        unpacked += bytes
        if (unpacked > limits.unpacked_bytes) throw tooMuch(limits)
      })
      yield* isList
        ? jsonLeads(counted, sheet, ['file', name], limits)
        : csvLeads(counted, sheet, ['file', name], left_out, name)
    }
    if (!files)
      throw problem(
        'UNREADABLE_FILE',
        entries.length
          ? `The archive holds no .json and no .csv file, but ${listed(left_out.files)}.`
          : 'The archive is empty.',
      )
  } catch (error) {
    throw zipFault(error)
  } finally {
    zip.close()
  }
}

const tooMuch = (limits: UploadLimits): ApiError =>
  problem(
    'PAYLOAD_TOO_LARGE',
    `The archive unpacks to more than ${limits.unpacked_bytes} bytes, the limit of this instance (EXTRACTION_UNPACKED_MAX_BYTES).`,
  )

const openZip = (path: string): Promise<yauzl.ZipFile> =>
  new Promise((resolve, reject) => {
    // Closed by whoever opened it: with autoClose the file is gone once the last entry was listed.
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) =>
      error ? reject(zipFault(error)) : resolve(zip),
    )
  })

const listEntries = (zip: yauzl.ZipFile, most: number): Promise<Entry[]> =>
  new Promise((resolve, reject) => {
    const entries: Entry[] = []
    zip.on('error', reject)
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      entries.push(entry)
      if (entries.length > most)
        reject(problem('UNREADABLE_FILE', `The archive holds more than ${most} files; pack fewer of them.`))
      else zip.readEntry()
    })
    zip.readEntry()
  })

const openEntry = (zip: yauzl.ZipFile, entry: Entry): Promise<Readable> =>
  new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
  })

/** The sources of readers are closed when they are left early, and so is what they read from. */
const countBytes = (source: Readable, count: (bytes: number) => void): Readable =>
  Readable.from(
    (async function* () {
      try {
        for await (const chunk of source) {
          count((chunk as Buffer).length)
          yield chunk as Buffer
        }
      } finally {
        source.destroy()
      }
    })(),
    { objectMode: false },
  )

/** What the library throws about an archive is a word about the file; what it throws about the disk is not. */
const zipFault = (error: unknown): unknown => {
  const { code, message } = error as NodeJS.ErrnoException
  const isSystem = typeof code === 'string' && /^E[A-Z]+$/.test(code)
  if (!(error instanceof Error) || isSystem || 'status' in error) return error
  return problem('UNREADABLE_FILE', `The archive is damaged: ${message.slice(0, 200)}`)
}

const sheetName = (path: string, taken: Set<string>): string => {
  const base =
    basename(path)
      .replace(/\.\w+$/, '')
      .slice(0, 200)
      .toWellFormed()
      .replaceAll('\0', '')
      .trim() || 'Sheet'
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base} (${count})`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}

const inFile = (at: string[]): string => (at[1] ? `${at[1]}: ` : '')

const listed = (names: string[]): string =>
  names.length ? `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}` : 'folders'
