import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Text that is given by number, in the order in which it was added. */
export type StringStore = {
  add: (text: string, isShortened?: boolean) => void
  get: (index: number) => StoredString | undefined
  count: () => number
  close: () => void
}

export type StoredString = { text: string; is_shortened: boolean }

const PAGE_BYTES = 1 << 16
/** Where each of so many strings begins is remembered; those between are found by their lengths. */
const STRIDE = 8

export type StringStoreOptions = {
  /** Where the pages go that memory does not hold. The file is made only when it is needed, and removed with the store. */
  path: string
  /** Pages kept in memory before any is written, and the number of pages cached afterwards. 64 KiB each. */
  pages_in_memory?: number
}

/**
 * The shared strings of a workbook, which can be millions: as UTF-8 in pages, one position for eight strings, and past 32 MB
 * in a file of which the pages last used stay in memory. Strings are numbered in order of first use, so rows read them nearly
 * in a line and few pages are read twice. Reading is synchronous, because it happens once for each cell.
 */
export const createStringStore = (options: StringStoreOptions): StringStore => {
  const most = options.pages_in_memory ?? 512
  const pages = new Map<number, Buffer>()
  let positions = new Float64Array(1024)
  let count = 0
  let end = 0
  let descriptor: number | null = null
  let lastPage: Buffer = Buffer.alloc(0)
  let lastNumber = -1

  const spillOldest = (): void => {
    for (const [number, page] of pages) {
      // The page that is being filled stays.
      if (number === Math.floor(end / PAGE_BYTES)) continue
      if (number >= spilled) {
        descriptor ??= openSync(options.path, 'wx+', 0o600)
        writeSync(descriptor, page, 0, PAGE_BYTES, number * PAGE_BYTES)
        spilled = number + 1
      }
      pages.delete(number)
      return
    }
  }
  // Pages below this one are in the file. They are written in order, so that this one number says which.
  let spilled = 0

  const pageOf = (number: number): Buffer => {
    if (number === lastNumber) return lastPage
    let page = pages.get(number)
    if (page) {
      // A map keeps the order of insertion: the page moves to the end, away from being dropped. Before anything was
      // written that order is the order of writing.
      if (descriptor !== null && number < spilled) {
        pages.delete(number)
        pages.set(number, page)
      }
    } else {
      page = Buffer.allocUnsafe(PAGE_BYTES)
      if (number < spilled && descriptor !== null) readSync(descriptor, page, 0, PAGE_BYTES, number * PAGE_BYTES)
      if (pages.size >= most) spillOldest()
      pages.set(number, page)
    }
    lastPage = page
    lastNumber = number
    return page
  }

  const write = (bytes: Buffer): void => {
    let from = 0
    while (from < bytes.length) {
      const at = end % PAGE_BYTES
      const size = Math.min(bytes.length - from, PAGE_BYTES - at)
      bytes.copy(pageOf(Math.floor(end / PAGE_BYTES)), at, from, from + size)
      end += size
      from += size
    }
  }

  const byteAt = (position: number): number =>
    pageOf(Math.floor(position / PAGE_BYTES))[position % PAGE_BYTES] as number

  const textAt = (position: number, length: number): string => {
    const start = position % PAGE_BYTES
    if (start + length <= PAGE_BYTES)
      return pageOf(Math.floor(position / PAGE_BYTES)).toString('utf8', start, start + length)
    const bytes = Buffer.alloc(length)
    for (let done = 0; done < length; ) {
      const from = (position + done) % PAGE_BYTES
      const size = Math.min(length - done, PAGE_BYTES - from)
      pageOf(Math.floor((position + done) / PAGE_BYTES)).copy(bytes, done, from, from + size)
      done += size
    }
    return bytes.toString()
  }

  const scratch = Buffer.alloc(8)

  return {
    add: (text, isShortened = false) => {
      if (count % STRIDE === 0) {
        const slot = count / STRIDE
        if (slot === positions.length) {
          const grown = new Float64Array(slot * 2)
          grown.set(positions)
          positions = grown
        }
        positions[slot] = end
      }
      count++
      const bytes = Buffer.from(text)
      let head = bytes.length * 2 + (isShortened ? 1 : 0)
      let size = 0
      while (head >= 128) {
        scratch[size++] = (head % 128) + 128
        head = Math.floor(head / 128)
      }
      scratch[size++] = head
      write(scratch.subarray(0, size))
      write(bytes)
    },
    get: (index) => {
      if (!Number.isInteger(index) || index < 0 || index >= count) return undefined
      let position = positions[Math.floor(index / STRIDE)] as number
      for (let skip = index % STRIDE; ; skip--) {
        let head = 0
        const page = pageOf(Math.floor(position / PAGE_BYTES))
        const at = position % PAGE_BYTES
        const byte = page[at] as number
        // Nearly every string is shorter than 64 bytes, so that its head is one byte.
        if (byte < 128) {
          head = byte
          position++
        } else {
          let factor = 1
          for (;;) {
            const next = byteAt(position++)
            head += (next % 128) * factor
            if (next < 128) break
            factor *= 128
          }
        }
        const length = Math.floor(head / 2)
        if (skip > 0) position += length
        else return { text: textAt(position, length), is_shortened: head % 2 === 1 }
      }
    },
    count: () => count,
    close: () => {
      pages.clear()
      if (descriptor === null) return
      closeSync(descriptor)
      descriptor = null
      rmSync(options.path, { force: true })
    },
  }
}

/** A path for the pages of a store beside the file they come from. */
export const stringStorePath = (folder: string, name: string): string => join(folder, `${name}.strings`)
