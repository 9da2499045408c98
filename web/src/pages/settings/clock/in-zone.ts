/** An instant as somebody in that zone would say it. */
export const inZone = (at: string, timeZone: string): string =>
  new Date(at).toLocaleString(undefined, { timeZone, dateStyle: 'full', timeStyle: 'short' })
