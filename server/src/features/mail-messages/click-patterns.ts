/**
 * Whether a link is one of those that a client wants tracked. A pattern without `*` matches anywhere in the address; with
 * one it has to match the whole, `*` standing for any characters. Case does not count. No patterns match every link. Takes
 * time in proportion to the length of both, whatever the pattern, since strangers write both.
 */
export const isTracked = (url: string, patterns: readonly string[] | null): boolean => {
  if (!patterns?.length) return true
  const link = url.toLowerCase()
  return patterns.some((pattern) => {
    const wanted = pattern.trim().toLowerCase()
    return wanted.includes('*') ? matchesWhole(link, wanted.split('*')) : wanted !== '' && link.includes(wanted)
  })
}

const matchesWhole = (link: string, pieces: string[]): boolean => {
  const first = pieces[0] ?? ''
  const last = pieces.at(-1) ?? ''
  if (!link.startsWith(first)) return false
  let at = first.length
  for (const piece of pieces.slice(1, -1)) {
    const found = link.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return link.length - last.length >= at && link.endsWith(last)
}
