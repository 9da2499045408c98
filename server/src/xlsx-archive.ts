import { crc32, createInflateRaw } from 'node:zlib'
import { type Entry, openPromise, type ZipFile } from 'yauzl'

export type WorkbookFault = 'damaged' | 'too_large' | 'not_a_workbook'

/** The workbook cannot be read. The message says why and, where there is a way, what to do. */
export class WorkbookError extends Error {
  /** `too_large` where only a limit of this instance is in the way. */
  readonly reason: WorkbookFault
  constructor(message: string, reason: WorkbookFault = 'damaged') {
    super(message)
    this.name = 'WorkbookError'
    this.reason = reason
  }
}

export type XlsxArchive = {
  /** Size of a part as its file has it, compressed; undefined where there is no such part. */
  compressedSize: (name: string) => number | undefined
  /** The inflated bytes of a part. Names are compared without regard to case, as the packaging standard has it. */
  read: (name: string) => AsyncGenerator<Buffer, void, undefined>
  /** Compressed bytes taken so far, by all readings. */
  bytesTaken: () => number
  close: () => Promise<void>
}

// A workbook has a handful of parts for each sheet; the directory of more is not even read.
const MOST_ENTRIES = 20_000
// XML of repetitive sheets was seen to shrink to a hundredth; DEFLATE cannot do more than 1:1032, and bombs come close to it.
const HIGHEST_RATIO = 300
const RATIO_FREE_BYTES = 64 << 20
const INFLATED_CHUNK = 1 << 16

export const DEFAULT_UNPACKED_BYTES = 8 * 1024 ** 3

const damaged = (reason: string): WorkbookError =>
  new WorkbookError(`The workbook is damaged: ${reason}. Open it in a spreadsheet program and save it again.`)

/**
 * Opens the ZIP archive of a workbook. Nothing is unpacked to memory or disk as a whole: parts are streams. What they unpack
 * to is counted as it comes, whatever the directory claims, and ends in a WorkbookError past `maxUnpackedBytes` in all or
 * where it grows like a bomb's.
 */
export const openXlsxArchive = async (
  path: string,
  maxUnpackedBytes: number = DEFAULT_UNPACKED_BYTES,
): Promise<XlsxArchive> => {
  let zip: ZipFile
  const entries = new Map<string, Entry>()
  try {
    zip = await openPromise(path, { autoClose: false, validateEntrySizes: false })
  } catch {
    throw damaged('it is no complete ZIP archive')
  }
  zip.on('error', () => {})
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (!zip.isOpen) return resolve()
      zip.once('close', resolve)
      zip.close()
    })
  try {
    if (zip.entryCount > MOST_ENTRIES)
      throw new WorkbookError('The archive has too many parts to be a workbook.', 'not_a_workbook')
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.toLowerCase()
      if (!entries.has(name)) entries.set(name, entry)
    }
  } catch (error) {
    await close()
    throw error instanceof WorkbookError ? error : damaged('the directory of its ZIP archive is broken')
  }

  let unpacked = 0
  let takenInAll = 0
  async function* read(name: string): AsyncGenerator<Buffer, void, undefined> {
    const entry = entries.get(name.toLowerCase())
    if (!entry) throw damaged(`the part ${name} is missing`)
    if (entry.isEncrypted())
      throw new WorkbookError(
        'The workbook is protected by a password; save it without one and upload it again.',
        'not_a_workbook',
      )
    if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
      throw damaged(`the part ${name} is compressed by a method that spreadsheets do not use`)
    let taken = 0
    let given = 0
    let checksum = 0
    try {
      const source = await zip.openReadStreamPromise(entry, { decodeFileData: false })
      const inflater = entry.compressionMethod === 8 ? createInflateRaw({ chunkSize: INFLATED_CHUNK }) : null
      source.on('data', (chunk: Buffer) => {
        taken += chunk.length
        takenInAll += chunk.length
      })
      if (inflater) {
        source.on('error', (error) => inflater.destroy(error))
        source.pipe(inflater)
      }
      try {
        for await (const chunk of (inflater ?? source) as AsyncIterable<Buffer>) {
          given += chunk.length
          unpacked += chunk.length
          if (unpacked > maxUnpackedBytes)
            throw new WorkbookError(
              `The workbook unpacks to more than ${Math.floor(maxUnpackedBytes / 1024 ** 2)} MB, the most that this instance reads (16 times UPLOAD_MAX_BYTES).`,
              'too_large',
            )
          if (given > RATIO_FREE_BYTES && given > taken * HIGHEST_RATIO)
            throw new WorkbookError(
              `The part ${name} of the workbook unpacks to more than ${HIGHEST_RATIO} times its size; that is no real table.`,
              'too_large',
            )
          checksum = crc32(chunk, checksum)
          yield chunk
        }
      } finally {
        source.destroy()
        inflater?.destroy()
      }
      if (checksum !== entry.crc32) throw damaged(`the part ${name} does not match its checksum`)
    } catch (error) {
      const code = (error as { code?: string }).code ?? ''
      if (code.startsWith('Z_')) throw damaged(`the part ${name} cannot be unpacked`)
      if (/local file header|overflows file bounds|unexpected EOF/.test((error as Error).message))
        throw damaged(`the part ${name} lies outside the file`)
      throw error
    }
  }

  return {
    compressedSize: (name) => entries.get(name.toLowerCase())?.compressedSize,
    read,
    bytesTaken: () => takenInAll,
    close,
  }
}
