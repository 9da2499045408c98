/**
 * Which line of the mail service's clients asks. Both use the same paths, and three lists have another shape in each: the
 * first line (0.x) reads bare arrays, the second (1.0 on) an object with the rows and their total.
 */
export type ClientLine = 0 | 1

type Headers = Record<string, string | string[] | undefined>

/** A program that wants one of the two whatever it calls itself, such as a client behind an HTTP library of its own. */
export const LINE_HEADER = 'bavimail-version'

/**
 * `Bavimail-Version: 1` (or 0) decides; without it the clients' own User-Agent, `bavimail-<language>/<version>`, does. Anybody
 * else gets the first line's shape, which is also the contract's.
 */
export const readClientLine = (headers: Headers): ClientLine => {
  const asked = headers[LINE_HEADER]
  const written = typeof asked === 'string' ? /^\s*v?(\d{1,4})(?:\.|\s*$)/i.exec(asked) : null
  if (written) return Number(written[1]) >= 1 ? 1 : 0
  const agent = headers['user-agent']
  const known = typeof agent === 'string' ? /^bavimail-[a-z0-9]+\/(\d{1,4})\./i.exec(agent) : null
  return known && Number(known[1]) >= 1 ? 1 : 0
}

/** So that nothing between client and server hands the one shape to the other line. */
export const VARY = { vary: 'User-Agent, Bavimail-Version' }
