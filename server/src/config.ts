import { cpus } from 'node:os'
import { resolve } from 'node:path'
import { readNetwork } from './machine-networks.ts'

/**
 * Every setting of the product, read once from the environment. `readConfig` is pure: it never touches process.env, the
 * disk or the network, and it reports every problem of the environment at once instead of stopping at the first.
 * `.env.example` and the settings page of the docs are generated from SETTINGS, so a setting cannot exist undocumented.
 */

type Setting<T> = {
  description: string
  /** Shown in the documentation; the value used when the variable is absent or empty. */
  fallback: T
  fallbackText?: string
  example?: string
  secret?: boolean
  parse: (text: string) => T | Problem
}

class Problem {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const text = (text: string): string => text
const integer =
  (min: number, max: number) =>
  (input: string): number | Problem => {
    const value = Number(input)
    return Number.isInteger(value) && value >= min && value <= max
      ? value
      : new Problem(`must be a whole number from ${min} to ${max}`)
  }
const oneOf =
  <const T extends string>(...values: T[]) =>
  (input: string): T | Problem =>
    (values as string[]).includes(input) ? (input as T) : new Problem(`must be one of ${values.join(', ')}`)
const flag = (input: string): boolean | Problem =>
  ['1', 'true', 'yes', 'on'].includes(input.toLowerCase())
    ? true
    : ['0', 'false', 'no', 'off'].includes(input.toLowerCase())
      ? false
      : new Problem('must be 1 or 0')
const url =
  (...protocols: string[]) =>
  (input: string): string | Problem => {
    if (!URL.canParse(input)) return new Problem(`must be an address that starts with ${protocols.join(' or ')}//`)
    return protocols.includes(new URL(input).protocol)
      ? input
      : new Problem(`must start with ${protocols.map((p) => `${p}//`).join(' or ')}`)
  }
const list = (input: string): string[] =>
  input
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

const define = <T>(setting: Setting<T>): Setting<T> => setting

export const SETTINGS = {
  PORT: define<number>({
    description: 'Port of the API, the tracking links and the reference. 0 takes a free one.',
    fallback: 4800,
    parse: integer(0, 65535),
  }),
  HOST: define<string>({
    description: 'Address the HTTP server listens on. Loopback by default: put a TLS proxy in front to go public.',
    fallback: '127.0.0.1',
    parse: text,
  }),
  BASE_URL: define<string | null>({
    description: 'Public address of this instance; it stands in tracking and unsubscribe links.',
    fallback: null,
    fallbackText: 'http://HOST:PORT',
    example: 'https://outreach.example.com',
    parse: url('http:', 'https:'),
  }),
  DATA_DIR: define<string>({
    description: 'Folder for the embedded database, the secret and stored files.',
    fallback: './data',
    parse: text,
  }),
  DATABASE_URL: define<string | null>({
    description: 'A PostgreSQL of your own, version 15 or newer. Absent: a PostgreSQL 18 is started in DATA_DIR.',
    fallback: null,
    fallbackText: 'embedded',
    example: 'postgres://bavlio@localhost:5432/bavlio',
    secret: true,
    parse: url('postgres:', 'postgresql:'),
  }),
  DATABASE_POOL: define<number>({
    description: 'Most database connections of one process.',
    fallback: 12,
    parse: integer(4, 200),
  }),
  SECRET_KEY: define<string | null>({
    description: '32 bytes as 64 hexadecimal characters. Needed with DATABASE_URL; otherwise made in DATA_DIR/secret.',
    fallback: null,
    fallbackText: 'DATA_DIR/secret',
    secret: true,
    parse: (input) =>
      /^[0-9a-fA-F]{64}$/.test(input) ? input.toLowerCase() : new Problem('must be 64 hex characters'),
  }),
  OLD_SECRET_KEYS: define<string[]>({
    description: 'Earlier secret keys, comma separated: links and stored secrets made with them stay valid.',
    fallback: [],
    secret: true,
    parse: (input) =>
      list(input).every((key) => /^[0-9a-fA-F]{64}$/.test(key))
        ? list(input).map((key) => key.toLowerCase())
        : new Problem('must be keys of 64 hex characters, comma separated'),
  }),
  SIGNUP: define<'first_user' | 'invite' | 'open'>({
    description: 'Who may sign up: only the first user, invited ones, or anybody.',
    fallback: 'first_user',
    parse: oneOf('first_user', 'invite', 'open'),
  }),
  CORS_ORIGINS: define<string[]>({
    description: 'Web origins that may call the API from a browser, comma separated. Off by default.',
    fallback: [],
    example: 'https://app.example.com',
    parse: list,
  }),
  TRUST_PROXY: define<boolean>({
    description: 'Believe X-Forwarded-For and X-Forwarded-Proto of the proxy in front.',
    fallback: false,
    parse: flag,
  }),
  LOG_LEVEL: define<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'>({
    description: 'Least severity that is logged.',
    fallback: 'info',
    parse: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
  }),
  METRICS_TOKEN: define<string | null>({
    description: 'Bearer token that opens /metrics to callers beyond loopback.',
    fallback: null,
    secret: true,
    parse: text,
  }),
  RATE_LIMIT_STORE: define<'memory' | 'postgres' | 'redis'>({
    description: 'Where request counts live: memory for one API process, postgres or redis for several.',
    fallback: 'memory',
    parse: oneOf('memory', 'postgres', 'redis'),
  }),
  REDIS_URL: define<string | null>({
    description: 'Redis for RATE_LIMIT_STORE=redis.',
    fallback: null,
    secret: true,
    parse: url('redis:', 'rediss:'),
  }),
  SMTP_RELAY_URL: define<string | null>({
    description: 'SMTP relay for live workspaces. Absent: live workspaces answer MAIL_NOT_CONFIGURED.',
    fallback: null,
    example: 'smtp://user:password@relay.example.com:587',
    secret: true,
    parse: url('smtp:', 'smtps:'),
  }),
  MAIL_CONNECTIONS: define<number>({
    description: 'SMTP connections of one worker process; also the most messages a crash can leave unknown.',
    fallback: 20,
    parse: integer(1, 200),
  }),
  INBOUND_SMTP_HOST: define<string>({
    description: 'Address the inbound SMTP listener binds.',
    fallback: '127.0.0.1',
    parse: text,
  }),
  INBOUND_SMTP_PORT: define<number>({
    description: 'Port of the inbound SMTP listener; 0 takes a free one, which serves the sandbox only.',
    fallback: 0,
    parse: integer(0, 65535),
  }),
  INBOUND_MAX_BYTES: define<number>({
    description: 'Largest message the inbound listener takes.',
    fallback: 26_214_400,
    parse: integer(65_536, 209_715_200),
  }),
  SYSTEM_SMTP_URL: define<string | null>({
    description: 'SMTP server for the product’s own letters: password reset, welcome, invitations.',
    fallback: null,
    example: 'smtp://user:password@smtp.example.com:587',
    secret: true,
    parse: url('smtp:', 'smtps:'),
  }),
  SYSTEM_MAIL_FROM: define<string>({
    description: 'Sender of the product’s own letters.',
    fallback: 'Bavlio <bavlio@localhost>',
    parse: text,
  }),
  GOOGLE_CLIENT_ID: define<string | null>({ description: 'Google log-in: client id.', fallback: null, parse: text }),
  GOOGLE_CLIENT_SECRET: define<string | null>({
    description: 'Google log-in: client secret.',
    fallback: null,
    secret: true,
    parse: text,
  }),
  JWT_ISSUER: define<string | null>({
    description: 'An outside issuer whose session tokens are accepted (Supabase and alike): its iss value.',
    fallback: null,
    example: 'https://project.supabase.co/auth/v1',
    parse: text,
  }),
  JWT_AUDIENCE: define<string>({
    description: 'Audience that tokens of the outside issuer must carry.',
    fallback: 'authenticated',
    parse: text,
  }),
  JWT_JWKS_URL: define<string | null>({
    description: 'Key set of the outside issuer.',
    fallback: null,
    parse: url('http:', 'https:'),
  }),
  JWT_SHARED_SECRET: define<string | null>({
    description: 'Shared secret (HS256) of the outside issuer, instead of a key set.',
    fallback: null,
    secret: true,
    parse: (input) => (input.length >= 32 ? input : new Problem('must have at least 32 characters')),
  }),
  JWT_ALGORITHM: define<'RS256' | 'ES256' | 'EdDSA' | 'HS256'>({
    description: 'The one algorithm accepted from the outside issuer.',
    fallback: 'RS256',
    parse: oneOf('RS256', 'ES256', 'EdDSA', 'HS256'),
  }),
  DNS_SERVERS: define<string[]>({
    description:
      'Name servers for mail and domain checks (address or address:port), comma separated. Absent: the system’s.',
    fallback: [],
    fallbackText: 'the system’s',
    example: '9.9.9.9,[2620:fe::fe]:53',
    parse: (input) =>
      list(input).every((server) =>
        /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|[0-9a-fA-F:]+|\[[0-9a-fA-F:]+\](?::\d+)?)$/.test(server),
      )
        ? list(input)
        : new Problem('must be addresses, comma separated'),
  }),
  MACHINE_NETWORKS: define<string[]>({
    description:
      'Networks (CIDR) whose opens and clicks are counted as a machine’s, comma separated, beside the known filters’.',
    fallback: [],
    example: '203.0.113.0/24',
    parse: (input) =>
      list(input).every((network) => readNetwork(network))
        ? list(input)
        : new Problem('must be networks in CIDR notation, comma separated'),
  }),
  EGRESS_ALLOW: define<string[]>({
    description: 'Private host:port pairs that outbound connections may reach, comma separated.',
    fallback: [],
    example: '127.0.0.1:2525',
    parse: (input) =>
      list(input).every((pair) => /^[^\s:]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$/.test(pair))
        ? list(input)
        : new Problem('must be host:port pairs, comma separated'),
  }),
  UPLOAD_MAX_BYTES: define<number>({
    description: 'Largest uploaded file.',
    fallback: 536_870_912,
    parse: integer(1024, 10_737_418_240),
  }),
  IMPORT_MAX_ROWS: define<number>({
    description: 'Most rows of one imported file.',
    fallback: 2_000_000,
    parse: integer(1, 100_000_000),
  }),
  SHARED_DATA_DIR: define<boolean>({
    description: 'Says that DATA_DIR is one folder shared by every host, which several hosts on one database need.',
    fallback: false,
    parse: flag,
  }),
} as const

type Values = { [Name in keyof typeof SETTINGS]: (typeof SETTINGS)[Name] extends Setting<infer T> ? T : never }

export type Config = {
  port: number
  host: string
  base_url: string | null
  data_dir: string
  shared_data_dir: boolean
  database: { url: string | null; pool: number }
  secret_key: string | null
  old_secret_keys: string[]
  signup: 'first_user' | 'invite' | 'open'
  cors_origins: string[]
  trust_proxy: boolean
  log_level: Values['LOG_LEVEL']
  metrics_token: string | null
  rate_limit: { store: 'memory' | 'postgres' | 'redis'; redis_url: string | null }
  smtp_relay: { url: string } | null
  mail_connections: number
  inbound_smtp: { host: string; port: number; max_bytes: number }
  system_mail: { url: string; from: string } | null
  google: { client_id: string; client_secret: string } | null
  outside_issuer: OutsideIssuer | null
  dns_servers: string[]
  machine_networks: string[]
  egress_allow: string[]
  uploads: { max_bytes: number; max_rows: number }
  cpu_count: number
}

export type OutsideIssuer = {
  issuer: string
  audience: string
  algorithm: Values['JWT_ALGORITHM']
  jwks_url: string | null
  shared_secret: string | null
}

export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(
      `The settings have ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n  ${problems.join('\n  ')}`,
    )
    this.problems = problems
  }
}

/** Reads the settings of `env`. Throws one ConfigError that lists every problem; values of secrets never stand in it. */
export const readConfig = (env: Record<string, string | undefined>): Config => {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const raw = env[name]?.trim()
    if (!raw) {
      values[name] = setting.fallback
      continue
    }
    const parsed = setting.parse(raw)
    if (parsed instanceof Problem) {
      problems.push(`${name} ${parsed.message}${setting.secret ? '' : ` (it is "${raw.slice(0, 80)}")`}`)
      values[name] = setting.fallback
    } else values[name] = parsed
  }
  const v = values as Values
  if (v.DATABASE_URL && !v.SECRET_KEY) problems.push('SECRET_KEY is needed with DATABASE_URL (openssl rand -hex 32)')
  if (v.RATE_LIMIT_STORE === 'redis' && !v.REDIS_URL) problems.push('REDIS_URL is needed with RATE_LIMIT_STORE=redis')
  if (!v.GOOGLE_CLIENT_ID !== !v.GOOGLE_CLIENT_SECRET)
    problems.push('GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are needed together')
  if (v.JWT_ISSUER && !v.JWT_JWKS_URL === !v.JWT_SHARED_SECRET)
    problems.push('JWT_ISSUER needs exactly one of JWT_JWKS_URL and JWT_SHARED_SECRET')
  if (!v.JWT_ISSUER && (v.JWT_JWKS_URL || v.JWT_SHARED_SECRET))
    problems.push('JWT_ISSUER is needed with JWT_JWKS_URL or JWT_SHARED_SECRET')
  if (v.JWT_ISSUER && (v.JWT_ALGORITHM === 'HS256') !== Boolean(v.JWT_SHARED_SECRET))
    problems.push('JWT_ALGORITHM must be HS256 with JWT_SHARED_SECRET, and an asymmetric one with JWT_JWKS_URL')
  if (problems.length) throw new ConfigError(problems)
  return {
    port: v.PORT,
    host: v.HOST,
    base_url: v.BASE_URL?.replace(/\/+$/, '') ?? null,
    data_dir: resolve(v.DATA_DIR),
    shared_data_dir: v.SHARED_DATA_DIR,
    database: { url: v.DATABASE_URL, pool: v.DATABASE_POOL },
    secret_key: v.SECRET_KEY,
    old_secret_keys: v.OLD_SECRET_KEYS,
    signup: v.SIGNUP,
    cors_origins: v.CORS_ORIGINS,
    trust_proxy: v.TRUST_PROXY,
    log_level: v.LOG_LEVEL,
    metrics_token: v.METRICS_TOKEN,
    rate_limit: { store: v.RATE_LIMIT_STORE, redis_url: v.REDIS_URL },
    smtp_relay: v.SMTP_RELAY_URL ? { url: v.SMTP_RELAY_URL } : null,
    mail_connections: v.MAIL_CONNECTIONS,
    inbound_smtp: { host: v.INBOUND_SMTP_HOST, port: v.INBOUND_SMTP_PORT, max_bytes: v.INBOUND_MAX_BYTES },
    system_mail: v.SYSTEM_SMTP_URL ? { url: v.SYSTEM_SMTP_URL, from: v.SYSTEM_MAIL_FROM } : null,
    google:
      v.GOOGLE_CLIENT_ID && v.GOOGLE_CLIENT_SECRET
        ? { client_id: v.GOOGLE_CLIENT_ID, client_secret: v.GOOGLE_CLIENT_SECRET }
        : null,
    outside_issuer: v.JWT_ISSUER
      ? {
          issuer: v.JWT_ISSUER,
          audience: v.JWT_AUDIENCE,
          algorithm: v.JWT_ALGORITHM,
          jwks_url: v.JWT_JWKS_URL,
          shared_secret: v.JWT_SHARED_SECRET,
        }
      : null,
    dns_servers: v.DNS_SERVERS,
    machine_networks: v.MACHINE_NETWORKS,
    egress_allow: v.EGRESS_ALLOW,
    uploads: { max_bytes: v.UPLOAD_MAX_BYTES, max_rows: v.IMPORT_MAX_ROWS },
    cpu_count: cpus().length,
  }
}
