import { displayHtml } from '../../safe-html.ts'

/** The HTML of a message as it may be shown. */
export const displayBody = (html: string | null, options: { strip_tracking_on_read: boolean }): string | null =>
  html === null ? null : displayHtml(html, { strip_tracking: options.strip_tracking_on_read })
