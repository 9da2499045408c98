import pg from 'pg'

const RECONNECT_MS = 1_000

/**
 * Hears a NOTIFY channel on a connection of its own, which a pooled one cannot: it would go back to the pool. A connection that
 * breaks is opened again; `hear` gets null whenever something may have been missed, so that the listener looks for itself.
 */
export const listenChannel = (
  pool: pg.Pool,
  channel: string,
  hear: (payload: string | null) => void,
): { close: () => Promise<void> } => {
  let closed = false
  let client: pg.Client | null = null
  let timer: NodeJS.Timeout | null = null

  const again = (): void => {
    client = null
    if (closed || timer) return
    timer = setTimeout(() => {
      timer = null
      opening = open()
    }, RECONNECT_MS)
  }
  const open = async (): Promise<void> => {
    const own = new pg.Client({ ...pool.options, keepAlive: true })
    client = own
    // A connection that is replaced already may still have last words.
    const lost = (): void => {
      if (client === own) again()
    }
    own.on('error', lost)
    own.on('end', lost)
    own.on('notification', ({ payload }) => hear(payload ?? null))
    try {
      await own.connect()
      await own.query(`listen ${pg.escapeIdentifier(channel)}`)
      hear(null)
    } catch {
      lost()
      await own.end().catch(() => {})
    }
  }
  let opening = open()

  return {
    close: async () => {
      closed = true
      if (timer) clearTimeout(timer)
      await opening
      await client?.end().catch(() => {})
    },
  }
}
