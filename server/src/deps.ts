import type { Pool } from 'pg'
import type { Config } from './config.ts'
import { connectDatabase, type Db } from './db/connect.ts'
import { createSessions, type Sessions } from './features/auth/sessions.ts'
import { submissionAccounts } from './features/mailboxes/submission-account.ts'
import { createEventHub, type EventHub } from './features/webhooks/event-hub.ts'
import { createRateLimiter, type RateLimiter } from './http/rate-limit.ts'
import { newId } from './ids.ts'
import type { Logger } from './log.ts'
import { type MailTokens, mailTokens } from './mail-token.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Clock, systemClock } from './ports/clock.ts'
import type { DnsPort } from './ports/dns/port.ts'
import { systemResolver } from './ports/dns/system-resolver.ts'
import { zoneInMemory } from './ports/dns/zone-in-memory.ts'
import { createEgressPolicy, type EgressPolicy } from './ports/egress.ts'
import { createOwnData } from './ports/enrichment/own-data.ts'
import type { EnrichmentPort } from './ports/enrichment/port.ts'
import { createCallLog } from './ports/llm/call-log.ts'
import { createModelChoice, findWorkspaceModels } from './ports/llm/choose-model.ts'
import { createModelRunner, type ModelRunner } from './ports/llm/language-models.ts'
import type { LlmPort, ModelEndpoint } from './ports/llm/port.ts'
import { createRuleWriter } from './ports/llm/rule-writer.ts'
import { createRelayCheck } from './ports/mail/check-relay.ts'
import { createMailPort } from './ports/mail/choose-transport.ts'
import { type ConnectionPool, createConnectionPool } from './ports/mail/connection-pool.ts'
import type { CheckRelay, MailPort, SystemMail } from './ports/mail/port.ts'
import { createSystemMail } from './ports/mail/system-mail.ts'
import { createMailWorld, type MailWorld } from './ports/mail/world/mail-world.ts'
import { createMailboxPort } from './ports/mailbox/mailbox-port.ts'
import type { MailboxPort } from './ports/mailbox/port.ts'
import { createOutboundHttp, type OutboundHttp } from './ports/outbound-http.ts'
import type { PagesPort } from './ports/pages/port.ts'
import { createPages, pageHosts } from './ports/pages/web-pages.ts'
import { createSearchPort } from './ports/search/choose-search.ts'
import type { SearchPort } from './ports/search/port.ts'
import { createSheetsPort } from './ports/sheets/choose-source.ts'
import type { SheetsPort } from './ports/sheets/port.ts'
import { createStorage } from './ports/storage/choose-storage.ts'
import type { StoragePort } from './ports/storage/port.ts'
import { createSecrets, type Secrets } from './secrets.ts'

/** Everything that code beyond a pure function may need, made once and handed on as plain arguments. */
export type Deps = {
  config: Config
  log: Logger
  /** Names this process in claims and heartbeats. */
  process_id: string
  pool: Pool
  planned_pool: Pool
  db: Db
  /** The system's clock; a workspace's present comes from workspaceNow(). */
  clock: Clock
  metrics: Metrics
  secrets: Secrets
  mail_tokens: MailTokens
  rate_limiter: RateLimiter
  sessions: Sessions
  mail: MailPort
  /** Tries a relay that a user names, before it is stored. */
  check_relay: CheckRelay
  dns: DnsPort
  /** Every outbound socket asks it first. */
  egress: EgressPolicy
  /** HTTP to addresses that users name. */
  http: OutboundHttp
  /** HTTP to addresses that stand in what strangers wrote: of EGRESS_ALLOW only full host names count (pageHosts). */
  guest_http: OutboundHttp
  /** Open SMTP sessions of this process, over all transports. */
  connections: ConnectionPool
  /** People's own mailboxes, by IMAP and SMTP. */
  mailboxes: MailboxPort
  /** Spreadsheets of Google accounts, or of a folder. */
  sheets: SheetsPort
  /** An authority besides the system's for mail servers' certificates; for tests. */
  mail_ca?: string
  /** Null until SYSTEM_SMTP_URL is set. */
  system_mail: SystemMail | null
  world: MailWorld
  storage: StoragePort
  enrichment: EnrichmentPort
  /** Pages of the web, for research. */
  pages: PagesPort
  /** A search of the web, for research. */
  search: SearchPort
  /** Who writes for a workspace: its own models, the instance's, or the writer by rule. Asked anew for each task, as settings change. */
  llm: (workspaceId: string) => Promise<LlmPort>
  /** Tries one model and keeps account of all calls. */
  models: Pick<ModelRunner, 'tryModel'> & {
    /** Those of a workspace, or the one with this id, with their keys opened. Throws ModelError for a key that cannot be. */
    of: (workspaceId: string, id?: string) => Promise<ModelEndpoint[]>
    /** Resolves when every call that ended is recorded. */
    recorded: () => Promise<void>
  }
  /** Open event streams of this process. */
  event_hub: EventHub
  /** Answers are held against their schemas: in tests and development. */
  check_responses: boolean
  /** Where this process is reached from outside and from inside; set when it listens, before that from the settings. */
  address: { base_url: string; local_url: string; inbound_smtp_port: number | null }
  close: () => Promise<void>
}

export type DepsOptions = { config: Config; database_url: string; secret_key: string; log: Logger }

/** The composition root: the only file that imports adapters. `overrides` is the only seam for tests. */
export const createDeps = async (options: DepsOptions, overrides: Partial<Deps> = {}): Promise<Deps> => {
  const { config, log } = options
  const database = connectDatabase(options.database_url, {
    pool: config.database.pool,
    onError: (error) => log.warn({ message: error.message }, 'a database connection broke'),
  })
  const clock = overrides.clock ?? systemClock
  const metrics = overrides.metrics ?? createMetrics()
  const secrets = createSecrets(options.secret_key, config.old_secret_keys)
  const local = `http://127.0.0.1:${config.port}`
  const address = {
    base_url: config.base_url ?? `http://${config.host}:${config.port}`,
    local_url: local,
    inbound_smtp_port: null,
  }
  const base = {
    config,
    log,
    process_id: newId(),
    pool: database.pool,
    planned_pool: database.planned_pool,
    db: database.db,
    clock,
    metrics,
    secrets,
    address,
  }
  const world = overrides.world ?? createMailWorld(base)
  const rate_limiter = overrides.rate_limiter ?? (await createRateLimiter(config.rate_limit, base))
  const egress = overrides.egress ?? createEgressPolicy(config.egress_allow)
  const http = overrides.http ?? createOutboundHttp(egress)
  const guest_http =
    overrides.guest_http ?? overrides.http ?? createOutboundHttp(createEgressPolicy(pageHosts(config.egress_allow)))
  const connections = overrides.connections ?? createConnectionPool({ max: config.mail_connections })
  const system_mail = overrides.system_mail ?? createSystemMail(config.system_mail, egress)
  const storage = overrides.storage ?? createStorage(config, egress)
  const event_hub = overrides.event_hub ?? createEventHub(base, { streams_per_workspace: config.webhooks.streams })
  const sessions = overrides.sessions ?? createSessions({ ...base, system_mail })
  const calls = createCallLog(base)
  const runner = createModelRunner({
    http,
    record: (call) => {
      const { owner, provider, failure, input_tokens, output_tokens } = call
      metrics.model_calls.inc({ owner, provider, outcome: failure ?? 'answered' })
      metrics.model_tokens.inc({ owner, provider, kind: 'input' }, input_tokens)
      metrics.model_tokens.inc({ owner, provider, kind: 'output' }, output_tokens)
      calls.add(call)
    },
    total_timeout_ms: config.model_calls.total_timeout_ms,
  })
  const dns = overrides.dns ?? { resolver: systemResolver({ servers: config.dns_servers }), zone: zoneInMemory }
  const mail = createMailPort({
    ...base,
    world,
    egress,
    http,
    resolver: dns.resolver,
    accounts: submissionAccounts({ ...base, http }),
    ...(overrides.mail_ca ? { ca: overrides.mail_ca } : {}),
  })
  return {
    ...base,
    mail_tokens: mailTokens(secrets.keys('mail-tokens')),
    rate_limiter,
    sessions,
    mail,
    check_relay: createRelayCheck(config, egress, overrides.mail_ca ? { tls: { ca: overrides.mail_ca } } : {}),
    egress,
    http,
    guest_http,
    dns,
    connections,
    mailboxes: createMailboxPort(config, egress),
    sheets: createSheetsPort(config, http),
    system_mail,
    world,
    storage,
    enrichment: createOwnData(base.db),
    pages: createPages({ ...base, http: guest_http }),
    search: createSearchPort(config, http),
    llm: createModelChoice({ ...base, runner, writer_by_rule: createRuleWriter() }),
    models: {
      tryModel: runner.tryModel,
      of: (workspaceId, id) => findWorkspaceModels(base.db, secrets, workspaceId, id),
      recorded: calls.idle,
    },
    event_hub,
    check_responses: false,
    close: async () => {
      mail.close()
      await event_hub.close()
      await calls.idle()
      await connections.close()
      await http.close()
      await guest_http.close()
      await storage.close()
      await world.close()
      await rate_limiter.close()
      await database.close()
    },
    ...overrides,
  }
}
