import { stripTracking } from '../../safe-html.ts'

/** The body as it is handed out: as it came, or without the images that only tell that it was opened. */
export const displayBody = (html: string | null, options: { strip_tracking_on_read: boolean }): string | null =>
  html !== null && options.strip_tracking_on_read ? stripTracking(html) : html
