/** Takes images of at most one pixel out of a body; such an image shows nothing and only tells that it was loaded. */
const withoutPixels = (html: string): string =>
  html.replace(/<img\b[^>]*>/gi, (tag) =>
    /\b(?:width|height)\s*=\s*["']?[01](?:px)?["'\s/>]|(?:width|height)\s*:\s*[01]px/i.test(tag) ? '' : tag,
  )

export const displayBody = (html: string | null, options: { strip_tracking_on_read: boolean }): string | null =>
  html !== null && options.strip_tracking_on_read ? withoutPixels(html) : html
