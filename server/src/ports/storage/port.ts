import type { Readable } from 'node:stream'

/**
 * Content-addressed files: the address is the SHA-256 of the content, so storing the same file twice costs nothing and a
 * half-written one can never be taken for whole.
 */
export type StoragePort = {
  name: string
  /** Where contents lie, for the boot table; without keys. */
  where: string
  /** Takes over a file that lies on the local disk; it is durable when the promise settles. */
  adopt: (path: string, sha256: Buffer) => Promise<void>
  /**
   * The content, which lies on this machine when the promise settles, so that a transaction may read it. Throws an error with
   * the code ENOENT when there is no such content.
   */
  read: (sha256: Buffer) => Promise<Readable>
  remove: (sha256: Buffer) => Promise<void>
  /** Every stored address, for backup and for sweeping what no row refers to. */
  list: () => AsyncIterable<Buffer>
  close: () => Promise<void>
}
