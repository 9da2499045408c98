import type { MailConnection, MailTransport } from './port.ts'

export type ConnectionPool = {
  /** An idle connection of the transport, or a new one. Throws when none is free; rejects when it cannot be opened. */
  take: (transport: MailTransport) => Promise<MailConnection>
  /** Gives a taken connection back, whatever state it is in. */
  give: (transport: MailTransport, connection: MailConnection) => void
  /** How many may be taken now, over all transports. */
  free: () => number
  /** Ends idle connections, and taken ones as they come back. */
  close: () => void
}

export type PoolOptions = {
  /** Most connections taken at one time in this process; also the most messages that a crash can leave unknown. */
  max: number
  idle_ms?: number
  /** The system's time in milliseconds: what is waited for here is a machine, not a campaign. */
  now?: () => number
}

type Idle = { connection: MailConnection; since: number }
type BackOff = { until: number; wait_ms: number; cause: unknown }

const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

/** What `take` rejects with while a transport that could not be opened is left alone. */
export type BackOffError = Error & { code: 'TRANSPORT_BACK_OFF'; retry_at_ms: number }

/**
 * Keeps SMTP sessions open between messages, by the transport's name. A transport that cannot be opened is not tried
 * again for a second, then two, up to a minute; the first success forgets that. The reply of the failed opening rides on
 * the error (`cause`, and `reply` where there is one), so whoever waits can say why.
 */
export function createConnectionPool(options: PoolOptions): ConnectionPool {
  const idleMs = options.idle_ms ?? 30_000
  const now = options.now ?? (() => performance.now())
  const idle = new Map<string, Idle[]>()
  const backOffs = new Map<string, BackOff>()
  const taken = new Set<MailConnection>()
  let opening = 0
  let closed = false
  let sweep: NodeJS.Timeout | null = null

  const idleCount = (): number => {
    let count = 0
    for (const stack of idle.values()) count += stack.length
    return count
  }

  /** Closes what nobody used for too long, so that servers are not kept waiting for nothing. */
  const dropOld = (): void => {
    const limit = now() - idleMs
    for (const [name, stack] of idle) {
      const kept = stack.filter(({ connection, since }) => {
        if (connection.alive && since > limit) return true
        connection.close()
        return false
      })
      if (kept.length > 0) idle.set(name, kept)
      else idle.delete(name)
    }
    if (idle.size === 0 && sweep) {
      clearInterval(sweep)
      sweep = null
    }
  }

  const free = (): number => (closed ? 0 : Math.max(0, options.max - taken.size - opening))

  const take: ConnectionPool['take'] = async (transport) => {
    if (closed) throw new Error('The connection pool is closed.')
    if (free() === 0) throw new Error(`All ${options.max} mail connections of this process are taken.`)
    dropOld()
    const stack = idle.get(transport.name)
    // The last one given back is the likeliest to be alive still.
    for (let found = stack?.pop(); found; found = stack?.pop()) {
      if (found.connection.alive) {
        taken.add(found.connection)
        return found.connection
      }
      found.connection.close()
    }
    const resting = backOffs.get(transport.name)
    if (resting && now() < resting.until) throw backOffError(transport.name, resting, now())
    // Idle sessions of other transports count too: servers see sessions, not what they are used for.
    if (taken.size + opening + idleCount() >= options.max) closeOldest(idle)
    opening++
    try {
      const connection = await transport.open()
      if (closed) {
        connection.close()
        throw new Error('The connection pool is closed.')
      }
      backOffs.delete(transport.name)
      taken.add(connection)
      return connection
    } catch (error) {
      // Several may fail at the same time; together they count as one failure.
      const known = backOffs.get(transport.name)
      if (!closed && (!known || now() >= known.until)) {
        const wait = known ? Math.min(known.wait_ms * 2, LONGEST_WAIT_MS) : FIRST_WAIT_MS
        backOffs.set(transport.name, { until: now() + wait, wait_ms: wait, cause: error })
      }
      throw error
    } finally {
      opening--
    }
  }

  const give: ConnectionPool['give'] = (transport, connection) => {
    if (!taken.delete(connection)) throw new Error('This connection was not taken from the pool.')
    if (closed || !connection.alive) {
      connection.close()
      return
    }
    const stack = idle.get(transport.name)
    if (stack) stack.push({ connection, since: now() })
    else idle.set(transport.name, [{ connection, since: now() }])
    if (!sweep) {
      sweep = setInterval(dropOld, Math.max(idleMs / 2, 1_000))
      sweep.unref()
    }
  }

  const close = (): void => {
    closed = true
    if (sweep) clearInterval(sweep)
    sweep = null
    for (const stack of idle.values()) for (const { connection } of stack) connection.close()
    idle.clear()
  }

  return { take, give, free, close }
}

function closeOldest(idle: Map<string, Idle[]>): void {
  let oldest: Idle[] | undefined
  for (const stack of idle.values()) {
    if (stack[0] && (!oldest?.[0] || stack[0].since < oldest[0].since)) oldest = stack
  }
  oldest?.shift()?.connection.close()
}

function backOffError(name: string, resting: BackOff, now: number): BackOffError {
  const seconds = Math.max(1, Math.ceil((resting.until - now) / 1000))
  const why = resting.cause instanceof Error ? resting.cause.message : String(resting.cause)
  const error = new Error(`${name} is left alone for ${seconds} s: ${why}`, { cause: resting.cause })
  const reply = (resting.cause as { reply?: unknown } | null)?.reply
  return Object.assign(
    error,
    { code: 'TRANSPORT_BACK_OFF' as const, retry_at_ms: resting.until },
    reply ? { reply } : {},
  )
}
