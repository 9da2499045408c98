import { promisify } from 'node:util'
import { brotliDecompress, constants, gunzip, inflate, inflateRaw } from 'node:zlib'

/** The answer unpacks to more than the caller can take. */
export class PageTooLarge extends Error {}
/** The answer is packed in a way that is not known, or is damaged. */
export class PageUnreadable extends Error {}

const unpackers = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  raw: promisify(inflateRaw),
  br: promisify(brotliDecompress),
}

/**
 * The body of an answer without its content coding (RFC 9110 §8.4). The limit holds while it unpacks, so a small answer cannot
 * become a large one in memory. A packed body that was cut off in transit gives what it holds up to there.
 */
export const unpackBody = async (body: Buffer, coding: string, mostBytes: number): Promise<Buffer> => {
  const name = coding.trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  const options = { maxOutputLength: mostBytes, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    if (name === 'gzip' || name === 'x-gzip') return await unpackers.gzip(body, options)
    if (name === 'br')
      return await unpackers.br(body, { maxOutputLength: mostBytes, finishFlush: constants.BROTLI_OPERATION_FLUSH })
    if (name === 'deflate')
      // Half of the servers that say deflate leave out the zlib header.
      return await unpackers[((body[0] ?? 0) & 0x0f) === 8 ? 'deflate' : 'raw'](body, options)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new PageTooLarge(`It unpacks to more than ${mostBytes} bytes.`)
    throw new PageUnreadable('It is damaged.')
  }
  throw new PageUnreadable('It is packed in a way that was not asked for.')
}

const SNIFFED_BYTES = 2_048

/**
 * Text of a page. A byte order mark decides; then what it is: bytes that are valid UTF-8 beyond ASCII are UTF-8, whatever the
 * page says, because by chance they would not be. Then the header, then the page's own word for it, then Windows-1252, which
 * is what browsers take (Encoding Standard §4.2, HTML §13.2.3). Never throws.
 */
export const decodePage = (bytes: Buffer, contentType: string): string => {
  const marked = markOf(bytes)
  if (marked) return new TextDecoder(marked).decode(bytes)
  const said = charsetOf(contentType) ?? charsetOf(bytes.subarray(0, SNIFFED_BYTES).toString('latin1'))
  const declared = said ? decoderOf(said) : null
  // In these, text is seldom valid UTF-8 by chance, but half of a two-byte character may be.
  if (declared && /^utf-16|^iso-2022/.test(declared.encoding)) return declared.decode(bytes)
  try {
    // As a stream: a character that was cut off at the end is no fault.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return (declared && declared.encoding !== 'utf-8' ? declared : new TextDecoder('windows-1252')).decode(bytes)
  }
}

const markOf = (bytes: Buffer): string | null => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8'
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null
}

const charsetOf = (text: string): string | null => /charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(text)?.[1] ?? null

const decoderOf = (label: string): TextDecoder | null => {
  try {
    return new TextDecoder(label)
  } catch {
    return null
  }
}
