import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Secrets } from '../../secrets.ts'
import type { RelaySettings } from './port.ts'

/** How a live workspace's mail leaves, as its settings say, before the instance's own way is looked at. */
export type DeliveryRoute = {
  delivery: 'instance' | 'direct' | 'relay'
  relay: RelaySettings | null
  /** Names this state of the settings: sessions of an earlier one are not used again. */
  version: string
  /** Some of its aliases are connected mailboxes, whose mail has a way of its own. */
  has_mailboxes: boolean
}

/** The security of a workspace's relay, in the words of the SMTP client. */
const secureOf = {
  tls: 'tls',
  starttls: 'required',
  opportunistic: 'opportunistic',
} as const satisfies Record<string, RelaySettings['secure']>

type Row = {
  delivery: DeliveryRoute['delivery'] | null
  relay_host: string | null
  relay_port: number | null
  relay_security: keyof typeof secureOf | null
  relay_user: string | null
  relay_password: string | null
  updated_at: Date | null
  has_mailboxes: boolean
}

/** How long a change of the settings may go unseen. */
const KNOWN_MS = 3_000
const MOST_KNOWN = 10_000

export const createDeliveryRoutes = (
  db: Db,
  secrets: Pick<Secrets, 'open'>,
): { of: (workspaceId: string) => Promise<DeliveryRoute> } => {
  const known = new Map<string, { route: Promise<DeliveryRoute>; until: number }>()

  const load = async (workspaceId: string): Promise<DeliveryRoute> => {
    const { rows } = await sql<Row>`
      select d.delivery, d.relay_host, d.relay_port, d.relay_security, d.relay_user, d.relay_password, d.updated_at,
        exists (select 1 from mailboxes m where m.workspace_id = w.id and m.status <> 'disconnected') as has_mailboxes
      from (select ${workspaceId}::uuid as id) w left join workspace_delivery d on d.workspace_id = w.id`.execute(db)
    const row = rows[0]
    const relay =
      row?.delivery === 'relay' && row.relay_host && row.relay_port && row.relay_security
        ? {
            host: row.relay_host,
            port: row.relay_port,
            secure: secureOf[row.relay_security],
            auth:
              row.relay_user === null
                ? null
                : {
                    user: row.relay_user,
                    pass:
                      row.relay_password === null ? '' : secrets.open(row.relay_password, workspaceId).toString('utf8'),
                  },
          }
        : null
    return {
      delivery: row?.delivery ?? 'instance',
      relay,
      version: String(row?.updated_at?.getTime() ?? 0),
      has_mailboxes: row?.has_mailboxes ?? false,
    }
  }

  return {
    of: (workspaceId) => {
      const at = performance.now()
      const found = known.get(workspaceId)
      if (found && found.until > at) return found.route
      if (known.size >= MOST_KNOWN) known.clear()
      const route = load(workspaceId)
      known.set(workspaceId, { route, until: at + KNOWN_MS })
      route.catch(() => known.delete(workspaceId))
      return route
    },
  }
}
