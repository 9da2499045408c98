/** Names and media types of files that strangers choose, made safe to store, to show and to send on. */

const LONGEST_NAME = 255
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/

/**
 * One file name without any path, control or direction character, at most 255 characters with its ending kept; `attachment`
 * where nothing is left. Direction marks go because they make `exe.txt` of `txt.exe`.
 */
export const safeFilename = (given: string): string => {
  const last = given.toWellFormed().split(/[\\/]/).at(-1) ?? ''
  const clean = last
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
  if (clean === '' || clean === '.' || clean === '..') return 'attachment'
  if (clean.length <= LONGEST_NAME) return clean
  const ending = /\.[^.]{1,20}$/.exec(clean)?.[0] ?? ''
  return `${clean.slice(0, LONGEST_NAME - ending.length).toWellFormed()}${ending}`
}

/**
 * The media type without parameters, in lower case; `application/octet-stream` for what is none, and for `message/*` and
 * `multipart/*`, which may not be sent in base64 (RFC 2045 section 6.4).
 */
export const safeMediaType = (given: string | null | undefined): string => {
  const type = (given ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return MEDIA_TYPE.test(type) && !/^(?:message|multipart)\//.test(type) ? type : 'application/octet-stream'
}

/** What a browser may show by itself without running anything that the file brings. */
export const isShownInline = (mediaType: string): boolean =>
  /^image\/(?:png|jpeg|gif|webp|avif)$|^application\/pdf$|^text\/plain$/.test(mediaType)

/** `filename` for old readers and `filename*` in UTF-8 for all others (RFC 6266 section 4.3, RFC 8187). */
export const contentDisposition = (kind: 'inline' | 'attachment', filename: string): string => {
  const ascii = filename.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${ascii}"${ascii === filename ? '' : `; filename*=UTF-8''${encoded}`}`
}
