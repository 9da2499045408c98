import { displayHtml } from '../../safe-html.ts'

/** What a thread's page may have cleaned, newest message first; each of the two bounds the time at about a second. */
const MOST_CHARACTERS = 4 * 1024 * 1024
const MOST_TAGS = 60_000

export type OwnFile = { id: string; content_id?: string | null }

export type BodyRow = {
  id: string
  direction: 'inbound' | 'outbound'
  body_html: string | null
  /** Of a received message: its attachments, among which its own images are. */
  files: OwnFile[] | null
  strip_tracking_on_read: boolean
}

/** Where an image of a received message itself is downloaded, by its Content-ID. */
export const ownImages =
  (emailId: string, files: readonly OwnFile[] | null) =>
  (contentId: string): string | null => {
    const image = files?.find(({ content_id }) => content_id === contentId)
    return image ? `/api/v1/bavimail/inbound-emails/${emailId}/attachments/${image.id}` : null
  }

const tagsOf = (html: string): number => {
  let tags = 0
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) tags++
  return tags
}

/**
 * Messages of a thread, oldest first, with their bodies as they may be shown: what strangers wrote is cleaned, with images of
 * its own at their download addresses. In a thread of huge messages the oldest come without HTML; each alone still has it.
 */
export const showBodies = <T extends BodyRow>(
  rows: readonly T[],
  { remote_images }: { remote_images: boolean } = { remote_images: true },
): Omit<T, 'files' | 'strip_tracking_on_read'>[] => {
  let characters = 0
  let tags = 0
  const shown = rows.toReversed().map(({ files, strip_tracking_on_read, ...row }) => {
    if (row.direction === 'outbound' || row.body_html === null) return row
    characters += row.body_html.length
    tags += tagsOf(row.body_html)
    if (characters > MOST_CHARACTERS || tags > MOST_TAGS) return { ...row, body_html: null }
    const options = {
      strip_tracking: strip_tracking_on_read,
      remote_images,
      inline_image: ownImages(row.id, files),
    }
    return { ...row, body_html: displayHtml(row.body_html, options) }
  })
  return shown.reverse()
}
