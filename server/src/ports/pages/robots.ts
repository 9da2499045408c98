/** What a site's robots.txt says to one product. */
export type RobotRules = {
  rules: { allow: boolean; path: string }[]
  /** Not in the RFC, and asked for by many sites; kept because it costs us only time. */
  crawl_delay_s: number | null
}

/** RFC 9309 §2.5: at least 500 KiB have to be read. */
export const ROBOTS_BYTES = 512_000
const MOST_RULES = 5_000

/**
 * Reads a robots.txt (RFC 9309 §2.2) for a product token such as `Bavlio`: all groups that name it, merged; where none does,
 * those for `*`. Lines that are no rules are passed over, so a page of HTML in its place says nothing.
 */
export const readRobots = (text: string, product: string): RobotRules => {
  const wanted = product.toLowerCase()
  type Group = { agents: string[]; rules: RobotRules['rules']; delay: number | null }
  const groups: Group[] = []
  let group: Group | null = null
  let namesAgents = false
  for (const line of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const found = /^\s*([A-Za-z-]{1,40})\s*:\s*(.*)$/.exec(line.replace(/#.*$/, '').slice(0, 4_000))
    if (!found) continue
    const key = (found[1] as string).toLowerCase()
    const value = (found[2] as string).trim()
    if (key === 'user-agent') {
      if (!group || !namesAgents) {
        group = { agents: [], rules: [], delay: null }
        groups.push(group)
      }
      namesAgents = true
      // `Bavlio/1.0` means the same product as `Bavlio`.
      group.agents.push(value === '*' ? '*' : (/^[A-Za-z_-]+/.exec(value)?.[0] ?? '').toLowerCase())
    } else if (key === 'allow' || key === 'disallow') {
      namesAgents = false
      // An empty value names no path.
      if (group && value !== '' && group.rules.length < MOST_RULES)
        group.rules.push({ allow: key === 'allow', path: comparable(value) })
    } else if (key === 'crawl-delay') {
      namesAgents = false
      if (group && /^\d{1,6}(?:\.\d{1,3})?$/.test(value)) group.delay = Number(value)
    }
  }
  const named = groups.filter(({ agents }) => agents.includes(wanted))
  const ours = named.length ? named : groups.filter(({ agents }) => agents.includes('*'))
  const delays = ours.flatMap(({ delay }) => (delay === null ? [] : [delay]))
  return {
    rules: ours.flatMap(({ rules }) => rules).slice(0, MOST_RULES),
    crawl_delay_s: delays.length ? Math.max(...delays) : null,
  }
}

/** Whether a path with its query may be read (RFC 9309 §2.2.2): the longest rule that matches decides, and of equals the one that allows. */
export const mayRead = ({ rules }: RobotRules, path: string): boolean => {
  if (path === '/robots.txt') return true
  // In a path these two mean themselves, which rules write as %2A and %24.
  const asked = comparable(path).replaceAll('*', '%2A').replaceAll('$', '%24')
  let best: { allow: boolean; length: number } = { allow: true, length: -1 }
  for (const { allow, path: pattern } of rules)
    if ((pattern.length > best.length || (pattern.length === best.length && allow)) && matches(pattern, asked))
      best = { allow, length: pattern.length }
  return best.allow
}

/** One spelling of a path: what need not be encoded is not, everything beyond ASCII is, hexadecimal digits are large. */
const comparable = (path: string): string =>
  path
    .toWellFormed()
    .replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent)
    .replaceAll(/%([0-9a-f]{2})/gi, (whole, hex: string) => {
      const character = String.fromCharCode(Number.parseInt(hex, 16))
      return /[A-Za-z0-9._~-]/.test(character) ? character : whole.toUpperCase()
    })

/** `*` stands for anything and `$` at the end for the end (RFC 9309 §2.2.3). Searched piece by piece, so that no pattern is slow. */
const matches = (pattern: string, path: string): boolean => {
  const isWhole = pattern.endsWith('$')
  const pieces = (isWhole ? pattern.slice(0, -1) : pattern).split('*')
  const first = pieces.shift() as string
  if (!path.startsWith(first)) return false
  if (!pieces.length) return !isWhole || path.length === first.length
  const last = isWhole ? (pieces.pop() as string) : ''
  let at = first.length
  for (const piece of pieces) {
    const found = path.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return path.length - last.length >= at && path.endsWith(last)
}
