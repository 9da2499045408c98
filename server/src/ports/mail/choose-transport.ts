import type { Config } from '../../config.ts'
import type { Db } from '../../db/connect.ts'
import type { Logger } from '../../log.ts'
import type { Secrets } from '../../secrets.ts'
import type { Clock } from '../clock.ts'
import type { DnsResolver } from '../dns/port.ts'
import type { EgressPolicy } from '../egress.ts'
import type { OutboundHttp } from '../outbound-http.ts'
import { createDeliveryRoutes, type DeliveryRoute } from './delivery-route.ts'
import { createDirectMail, type DirectMail } from './direct.ts'
import type { DeliveryReply, FindSubmissionAccount, MailConnection, MailPort, MailTransport } from './port.ts'
import { createRelay, readRelayUrl } from './relay.ts'
import { createSubmissions } from './submissions.ts'
import type { MailWorld } from './world/mail-world.ts'

export type MailPortOptions = {
  config: Pick<Config, 'smtp_relay' | 'mail_connections' | 'mail_delivery' | 'mail_host_name' | 'direct_mail'>
  world: Pick<MailWorld, 'transportFor'>
  accounts: Pick<FindSubmissionAccount, 'find'>
  db: Db
  secrets: Pick<Secrets, 'open'>
  clock: Clock
  log: Logger
  egress: EgressPolicy
  resolver: DnsResolver
  http: Pick<OutboundHttp, 'request'>
  /** An authority besides the system's, for tests. */
  ca?: string
}

/** While a relay cannot be reached, what would go through it waits this long before it is looked at again. */
const RELAY_HELD_MS = 30_000

const noWay: DeliveryReply = {
  phase: 'connect',
  error_name: 'ENOTRANSPORT',
  text: 'Mail has a way out only for aliases that are connected mailboxes.',
}

/**
 * Where a message leaves: a connected mailbox’s own server, else the workspace’s relay, else what the instance is set up with.
 * The workspace's mode picks between the world and these, never the environment: a sandbox has no way out, and a live
 * workspace none to the world.
 */
export const createMailPort = (options: MailPortOptions): MailPort & { close: () => void } => {
  const { config, egress } = options
  const lanes = config.mail_connections
  const routes = createDeliveryRoutes(options.db, options.secrets)
  const submissions = createSubmissions({
    accounts: options.accounts,
    egress,
    name: config.mail_host_name,
    ...(options.ca ? { tls: { ca: options.ca } } : {}),
  })
  const tls = options.ca ? { ca: options.ca } : {}
  const instanceRelay =
    config.mail_delivery === 'relay' && config.smtp_relay
      ? createRelay(config, readRelayUrl(config.smtp_relay.url), egress, { tls })
      : null
  let direct: DirectMail | null = null

  const directMail = (): DirectMail => {
    direct ??= createDirectMail({
      db: options.db,
      clock: options.clock,
      log: options.log,
      resolver: options.resolver,
      egress,
      http: options.http,
      name: config.mail_host_name,
      mx_port: config.direct_mail?.mx_port ?? 25,
      source_addresses: config.direct_mail?.source_addresses ?? [],
      lanes,
      ...(options.ca ? { ca: options.ca } : {}),
    })
    return direct
  }

  /** A lane that stands by itself: every message finds its own way. */
  const lane = (send: MailConnection['send']): MailConnection => {
    let alive = true
    return {
      get alive() {
        return alive
      },
      send,
      close: () => {
        alive = false
      },
    }
  }

  const directTransport: MailTransport = {
    name: `direct to MX as ${config.mail_host_name}`,
    connections: lanes,
    open: async () =>
      lane((envelope) =>
        envelope.mailbox_id ? submissions.send(envelope.mailbox_id, envelope) : directMail().send(envelope),
      ),
  }

  const mailboxesOnly: MailTransport = {
    name: 'connected mailboxes only',
    connections: lanes,
    open: async () =>
      lane(async (envelope) => (envelope.mailbox_id ? submissions.send(envelope.mailbox_id, envelope) : noWay)),
  }

  /** A relay beside connected mailboxes; where it cannot be reached these still can, and what is the relay’s waits. */
  const besideMailboxes = (relay: MailTransport): MailTransport => ({
    ...relay,
    name: `${relay.name} and connected mailboxes`,
    open: async () => {
      let fault = ''
      const session = await relay.open().catch((error: Error) => {
        fault = error.message
        return null
      })
      if (session)
        return {
          get alive() {
            return session.alive
          },
          send: (envelope) =>
            envelope.mailbox_id ? submissions.send(envelope.mailbox_id, envelope) : session.send(envelope),
          close: () => session.close(),
        }
      // Not kept for long: the next lane that is opened tries the relay again.
      const until = performance.now() + RELAY_HELD_MS
      let closed = false
      return {
        get alive() {
          return !closed && performance.now() < until
        },
        send: async (envelope) =>
          envelope.mailbox_id
            ? submissions.send(envelope.mailbox_id, envelope)
            : { phase: 'connect', error_name: 'EHELD', held_ms: RELAY_HELD_MS, text: fault },
        close: () => {
          closed = true
        },
      }
    },
  })

  const wayOf = (workspaceId: string, route: DeliveryRoute): MailTransport | null => {
    if (route.delivery === 'relay' && route.relay)
      return createRelay(config, route.relay, egress, {
        tls,
        // Sessions are kept by name: those of another workspace or of earlier settings must not be taken for these.
        name: `SMTP relay ${route.relay.host}:${route.relay.port} of workspace ${workspaceId} (${route.version})`,
      })
    if (route.delivery === 'direct') return config.direct_mail ? directTransport : null
    if (config.mail_delivery === 'direct') return directTransport
    return instanceRelay
  }

  return {
    transportFor: async (workspace) => {
      if (workspace.mode === 'sandbox') return options.world.transportFor(workspace.workspace_id)
      const route = await routes.of(workspace.workspace_id)
      const way = wayOf(workspace.workspace_id, route)
      if (!route.has_mailboxes || way === directTransport) return way
      return way ? besideMailboxes(way) : mailboxesOnly
    },
    close: () => {
      submissions.close()
      direct?.close()
    },
  }
}
