import { isIP } from 'node:net'
import { cpus, hostname } from 'node:os'
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

export type MailServers = Record<'smtp' | 'imap', { host: string; port: number; security: 'tls' | 'starttls' }>

const mailServers = (input: string): MailServers | Problem => {
  const [smtp, imap, ...more] = list(input).map((part) => {
    const found = /^(smtp|imap)(s?):\/\/([^\s/:]+):(\d{1,5})$/.exec(part)
    return found
      ? {
          kind: found[1],
          host: found[3] as string,
          port: Number(found[4]),
          security: found[2] ? ('tls' as const) : ('starttls' as const),
        }
      : null
  })
  if (smtp?.kind !== 'smtp' || imap?.kind !== 'imap' || more.length)
    return new Problem('must be smtp(s)://host:port,imap(s)://host:port')
  return {
    smtp: { host: smtp.host, port: smtp.port, security: smtp.security },
    imap: { host: imap.host, port: imap.port, security: imap.security },
  }
}

/** A partner's service that provisions its users here (features/mail-service/integration-operations.ts). */
export type Integration = { id: string; display_name: string; secret: string }

const integrations = (input: string): Integration[] | Problem => {
  const found = list(input).map((part) =>
    /^([A-Za-z0-9_-]{1,64}):((?:[0-9a-fA-F]{2}){32,64})(?::(.{1,100}))?$/.exec(part),
  )
  const read = found.flatMap((match) =>
    match
      ? [
          {
            id: match[1] as string,
            secret: (match[2] as string).toLowerCase(),
            display_name: match[3] ?? (match[1] as string),
          },
        ]
      : [],
  )
  if (read.length < found.length)
    return new Problem('must be id:secret:Name, comma separated, with secrets of 64 to 128 hex characters')
  return new Set(read.map(({ id }) => id)).size === read.length ? read : new Problem('must name each integration once')
}

/** Prices of models by their names, in millionths of a US dollar for a million tokens. */
export type ModelPrices = Record<string, { input: number; output: number }>

const modelPrices = (input: string): ModelPrices | Problem => {
  const read = list(input).map((part) => {
    const found = /^(\S{1,200})=(\d{1,5}(?:\.\d{1,6})?)\/(\d{1,5}(?:\.\d{1,6})?)$/.exec(part)
    const microusd = (dollars: string | undefined) => Math.round(Number(dollars) * 1_000_000)
    return found
      ? ([found[1] as string, { input: microusd(found[2]), output: microusd(found[3]) }] as const)
      : new Problem(`has to name each price as name=input/output, and "${part.slice(0, 80)}" is none`)
  })
  const wrong = read.find((one) => one instanceof Problem)
  if (wrong instanceof Problem) return wrong
  const prices = Object.fromEntries(read as [string, ModelPrices[string]][])
  return Object.keys(prices).length === read.length ? prices : new Problem('must name each model once')
}

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
    description:
      'SMTP relay for live workspaces. Absent, and no MAIL_DELIVERY=direct: live workspaces answer MAIL_NOT_CONFIGURED.',
    fallback: null,
    example: 'smtp://user:password@relay.example.com:587',
    secret: true,
    parse: url('smtp:', 'smtps:'),
  }),
  MAIL_DELIVERY: define<'none' | 'relay' | 'direct' | null>({
    description:
      'How mail of live workspaces leaves: through SMTP_RELAY_URL, or direct to the receivers’ own servers (MX). A workspace can have a relay of its own.',
    fallback: null,
    fallbackText: 'relay with SMTP_RELAY_URL, else none',
    parse: oneOf('none', 'relay', 'direct'),
  }),
  MAIL_HOST_NAME: define<string | null>({
    description:
      'Name of this machine in EHLO. For direct delivery it must lead to the outgoing address, and that address back to it (PTR).',
    fallback: null,
    fallbackText: 'the host of BASE_URL',
    example: 'mail.example.com',
    parse: (input) =>
      /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i.test(input)
        ? input.toLowerCase()
        : new Problem('must be a full host name'),
  }),
  MAIL_SOURCE_ADDRESSES: define<string[]>({
    description:
      'Addresses of this machine that direct delivery goes out from: at most one IPv4 and one IPv6. With only one of them given, only that family is used.',
    fallback: [],
    fallbackText: 'the system’s choice',
    example: '198.51.100.7,2001:db8::7',
    parse: (input) => {
      const families = list(input).map((address) => isIP(address))
      return families.every(Boolean) && new Set(families).size === families.length
        ? list(input)
        : new Problem('must be one IPv4 address, one IPv6 address, or both, comma separated')
    },
  }),
  SPF_TERMS: define<string[]>({
    description:
      'What the SPF records of your domains have to hold so that mail leaves in their name, comma separated. Needed where a relay sends from other machines than it is reached under.',
    fallback: [],
    fallbackText: 'known for common relays, else a: with the relay’s or this machine’s name',
    example: 'include:_spf.relay.example',
    parse: (input) =>
      list(input).every((term) => /^(?:include|a|ip4|ip6|mx|exists):[^\s]+$/i.test(term))
        ? list(input).map((term) => term.toLowerCase())
        : new Problem('must be SPF terms such as include:name, a:name or ip4:address, comma separated'),
  }),
  DKIM_ROTATION_DAYS: define<number>({
    description:
      'Age at which a domain gets a new signing key; the old one signs until the new one is found in DNS. 0: never by itself.',
    fallback: 180,
    parse: integer(0, 3650),
  }),
  MX_PORT: define<number>({
    description: 'Port of the receivers’ servers. Only a test network has another than 25.',
    fallback: 25,
    parse: integer(1, 65535),
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
  INBOUND_TLS_CERT: define<string | null>({
    description: 'Certificate chain (PEM file) of the inbound SMTP listener, together with INBOUND_TLS_KEY.',
    fallback: null,
    fallbackText: 'a self-signed one in DATA_DIR',
    example: '/etc/ssl/mail.example.com.pem',
    parse: text,
  }),
  INBOUND_TLS_KEY: define<string | null>({
    description: 'Private key (PEM file) for INBOUND_TLS_CERT.',
    fallback: null,
    parse: text,
  }),
  INBOUND_CONNECTIONS: define<number>({
    description: 'Most connections of the inbound listener of one process; one address may hold a tenth of them.',
    fallback: 200,
    parse: integer(10, 10_000),
  }),
  INBOUND_MESSAGES_PER_MINUTE: define<number>({
    description:
      'Most messages a minute that one address may bring; 0: no limit. Trusted relays and loopback have none.',
    fallback: 300,
    parse: integer(0, 1_000_000),
  }),
  INBOUND_TRUSTED_RELAYS: define<string[]>({
    description:
      'Networks (CIDR) of your own relays and spam filters in front of the listener: their Received and spam headers are believed.',
    fallback: [],
    example: '10.0.0.5/32',
    parse: (input) =>
      list(input).every((network) => readNetwork(network))
        ? list(input)
        : new Problem('must be networks in CIDR notation, comma separated'),
  }),
  RAW_MIME_KEPT_DAYS: define<number>({
    description:
      'Days for which raw received messages are kept, where their alias asks for them or they could not be read.',
    fallback: 30,
    parse: integer(1, 3650),
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
  INTEGRATIONS: define<Integration[]>({
    description:
      'Partner services that may make mail API keys for their users: id:secret:Name, comma separated; a secret is 64 to 128 hex characters.',
    fallback: [],
    example: 'crm:5f0c…e1:Example CRM',
    secret: true,
    parse: integrations,
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
  ATTACHMENT_MAX_BYTES: define<number>({
    description: 'Largest file that can be stored to go along with messages.',
    fallback: 26_214_400,
    parse: integer(1024, 104_857_600),
  }),
  MESSAGE_MAX_BYTES: define<number>({
    description: 'Largest message that is composed over the API, as it goes on the wire with its attachments encoded.',
    fallback: 41_943_040,
    parse: integer(65_536, 209_715_200),
  }),
  IMPORT_MAX_ROWS: define<number>({
    description: 'Most rows of one imported file.',
    fallback: 2_000_000,
    parse: integer(1, 100_000_000),
  }),
  EXTRACTION_MAX_BYTES: define<number>({
    description: 'Largest file with the leads of an extraction.',
    fallback: 104_857_600,
    parse: integer(1024, 2_147_483_648),
  }),
  EXTRACTION_UNPACKED_MAX_BYTES: define<number>({
    description: 'Most bytes that an archive of extracted leads may hold, unpacked.',
    fallback: 536_870_912,
    parse: integer(1024, 10_737_418_240),
  }),
  EXTRACTION_MAX_LEADS: define<number>({
    description: 'Most leads of one extraction.',
    fallback: 200_000,
    parse: integer(1, 10_000_000),
  }),
  S3_BUCKET: define<string | null>({
    description: 'Bucket that keeps stored files, in place of DATA_DIR. Any S3-compatible service.',
    fallback: null,
    example: 'bavlio-files',
    parse: (input) =>
      /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,254}$/.test(input) ? input : new Problem('must be the name of a bucket'),
  }),
  S3_ENDPOINT: define<string | null>({
    description:
      'Address of the S3 service, where it is not Amazon’s. One in your own network has to stand in EGRESS_ALLOW.',
    fallback: null,
    fallbackText: 'Amazon S3 in S3_REGION',
    example: 'https://s3.example.com',
    parse: url('http:', 'https:'),
  }),
  S3_REGION: define<string>({
    description: 'Region of the bucket.',
    fallback: 'us-east-1',
    parse: (input) => (/^[a-zA-Z0-9-]{1,64}$/.test(input) ? input : new Problem('must be the name of a region')),
  }),
  S3_ACCESS_KEY_ID: define<string | null>({
    description: 'Access key of the bucket.',
    fallback: null,
    parse: text,
  }),
  S3_SECRET_ACCESS_KEY: define<string | null>({
    description: 'Secret of that access key.',
    fallback: null,
    secret: true,
    parse: text,
  }),
  S3_PATH_STYLE: define<boolean | null>({
    description: 'The bucket stands in the path (1) or in the host name (0) of requests.',
    fallback: null,
    fallbackText: '1 with S3_ENDPOINT, else 0',
    parse: flag,
  }),
  S3_PREFIX: define<string>({
    description: 'What the names of all objects begin with, where the bucket has other uses too.',
    fallback: '',
    example: 'bavlio/',
    parse: (input) =>
      /^[\w.-]+(?:\/[\w.-]+)*\/?$/.test(input) && input.length <= 200
        ? `${input.replace(/\/$/, '')}/`
        : new Problem('must be names of letters, digits, ".", "_" and "-", parted by "/"'),
  }),
  MICROSOFT_CLIENT_ID: define<string | null>({
    description: 'Connected Microsoft mailboxes: client id of your app registration.',
    fallback: null,
    parse: text,
  }),
  MICROSOFT_CLIENT_SECRET: define<string | null>({
    description: 'Connected Microsoft mailboxes: client secret.',
    fallback: null,
    secret: true,
    parse: text,
  }),
  MICROSOFT_TENANT: define<string>({
    description: 'Tenant that may connect Microsoft mailboxes: an id, or common, organizations, consumers.',
    fallback: 'common',
    parse: (input) => (/^[A-Za-z0-9.-]{1,64}$/.test(input) ? input : new Problem('must be a tenant')),
  }),
  GOOGLE_OAUTH_URL: define<string | null>({
    description:
      'An issuer of your own in place of Google’s, for connected mailboxes and sheets: /authorize, /token, /revoke and /userinfo below it.',
    fallback: null,
    parse: url('http:', 'https:'),
  }),
  MICROSOFT_OAUTH_URL: define<string | null>({
    description:
      'An issuer of your own in place of Microsoft’s, for connected mailboxes: /authorize and /token below it.',
    fallback: null,
    parse: url('http:', 'https:'),
  }),
  GOOGLE_API_URL: define<string | null>({
    description: 'A server of your own in place of Google’s APIs of Sheets and Drive: /v4 and /drive/v3 below it.',
    fallback: null,
    parse: url('http:', 'https:'),
  }),
  GOOGLE_API_KEY: define<string | null>({
    description:
      'Google Picker: API key of your Google project. Browsers get it, so restrict it to your web address and to the Picker API.',
    fallback: null,
    parse: (input) =>
      /^[A-Za-z0-9_-]{10,100}$/.test(input) ? input : new Problem('must be letters, digits, "_" and "-"'),
  }),
  GOOGLE_APP_ID: define<string | null>({
    description: 'Google Picker: number of your Google project.',
    fallback: null,
    example: '123456789012',
    parse: (input) => (/^\d{6,20}$/.test(input) ? input : new Problem('must be the project’s number')),
  }),
  GOOGLE_SHEETS_ACCESS: define<'picked' | 'all' | null>({
    description:
      'What people are asked for: sheets that they pick in the Google Picker (picked), or reading every sheet of theirs (all), which Google wants to verify for public use.',
    fallback: null,
    fallbackText: 'picked with GOOGLE_API_KEY and GOOGLE_APP_ID, else all',
    parse: oneOf('picked', 'all'),
  }),
  SHEETS_FOLDER: define<string | null>({
    description:
      'Folder of CSV files that serve as sheets: in sandbox workspaces, and in live ones where no Google client is configured.',
    fallback: null,
    fallbackText: 'DATA_DIR/sheets, for sandbox workspaces alone',
    parse: text,
  }),
  GOOGLE_MAIL_SERVERS: define<MailServers | null>({
    description: 'Mail servers of mailboxes connected through Google: SMTP, then IMAP.',
    fallback: null,
    fallbackText: 'smtps://smtp.gmail.com:465,imaps://imap.gmail.com:993',
    parse: mailServers,
  }),
  MICROSOFT_MAIL_SERVERS: define<MailServers | null>({
    description:
      'Mail servers of mailboxes connected through Microsoft: SMTP, then IMAP. National clouds have their own.',
    fallback: null,
    fallbackText: 'smtp://smtp.office365.com:587,imaps://outlook.office365.com:993',
    parse: mailServers,
  }),
  MAILBOX_SESSIONS: define<number>({
    description:
      'Most connected mailboxes that one worker process holds open by IMAP; further ones are looked into every two minutes.',
    fallback: 100,
    parse: integer(0, 10_000),
  }),
  WEBHOOK_ENDPOINTS: define<number>({
    description: 'Most webhook endpoints of a workspace.',
    fallback: 20,
    parse: integer(1, 1_000),
  }),
  WEBHOOK_CONNECTIONS: define<number>({
    description: 'Webhooks that one worker process sends at a time.',
    fallback: 100,
    parse: integer(2, 1_000),
  }),
  WEBHOOK_KEPT_DAYS: define<number>({
    description: 'Days for which published events and the log of webhook deliveries are kept.',
    fallback: 30,
    parse: integer(2, 365),
  }),
  EVENT_STREAMS: define<number>({
    description: 'Most event streams of a workspace that one API process holds open.',
    fallback: 20,
    parse: integer(1, 10_000),
  }),
  LLM_PROVIDER: define<'openai_compatible' | 'anthropic' | 'google' | null>({
    description:
      'Who runs the language models of this instance: any OpenAI-compatible server (Ollama, vLLM, llama.cpp and others), Anthropic or Google. Absent: messages are written by rule.',
    fallback: null,
    fallbackText: 'none: messages are written by rule',
    parse: oneOf('openai_compatible', 'anthropic', 'google'),
  }),
  LLM_BASE_URL: define<string | null>({
    description:
      'Address of the models, up to what comes before /chat/completions. One in your own network has to stand in EGRESS_ALLOW.',
    fallback: null,
    fallbackText: 'the provider’s own; needed with openai_compatible',
    example: 'http://127.0.0.1:11434/v1',
    parse: (input) => {
      const address = url('http:', 'https:')(input)
      if (typeof address !== 'string') return address
      const { username, search, hash } = new URL(address)
      return username || search || hash ? new Problem('must have no user, query or fragment') : address
    },
  }),
  LLM_MODEL: define<string[]>({
    description: 'Model that writes. Several, comma separated: the later ones are asked where the earlier ones fail.',
    fallback: [],
    fallbackText: 'none',
    example: 'llama3.3:70b,qwen3:8b',
    parse: (input) => {
      const names = list(input)
      return names.length <= 5 &&
        new Set(names).size === names.length &&
        names.every((name) => /^\S{1,200}$/.test(name))
        ? names
        : new Problem('must be one to five different names, comma separated')
    },
  }),
  LLM_API_KEY: define<string | null>({
    description: 'Key for the models; servers of your own often need none.',
    fallback: null,
    secret: true,
    parse: (input) => (/^[\x21-\x7e]{1,1000}$/.test(input) ? input : new Problem('must be visible ASCII characters')),
  }),
  LLM_PRICES: define<ModelPrices>({
    description:
      'What the models cost: name=input/output in US dollars for a million tokens, comma separated. Without it costs are not known.',
    fallback: {},
    fallbackText: 'not known',
    example: 'gpt-5-mini=0.25/2.00,llama3.3:70b=0/0',
    parse: modelPrices,
  }),
  LLM_TIMEOUT_SECONDS: define<number>({
    description: 'Longest time for one answer of a model; then the next one is asked.',
    fallback: 60,
    parse: integer(1, 600),
  }),
  LLM_TOTAL_SECONDS: define<number>({
    description: 'Longest time for one text, over all tries, waits and models, also those of workspaces.',
    fallback: 150,
    parse: integer(1, 1_800),
  }),
  LLM_CONCURRENCY: define<number>({
    description: 'Requests of one process to each model at a time, shared fairly between workspaces.',
    fallback: 4,
    parse: integer(1, 500),
  }),
  LLM_MAX_OUTPUT_TOKENS: define<number>({
    description: 'Longest answer, with what a model thinks before it. A longer one is cut off and counts as no answer.',
    fallback: 4_096,
    parse: integer(256, 65_536),
  }),
  LLM_CREDITS_PER_DRAFT: define<number>({
    description:
      'Credits for a message that a model of the instance wrote. Those of a workspace’s own models cost none.',
    fallback: 1,
    parse: integer(0, 1_000),
  }),
  MODEL_CALLS_KEPT_DAYS: define<number>({
    description: 'Days for which it is kept what each request to a model took.',
    fallback: 90,
    parse: integer(1, 3650),
  }),
  CHATS_KEPT_DAYS: define<number>({
    description:
      'Days for which a conversation about a sender profile or about enrichment is kept after its last message.',
    fallback: 90,
    parse: integer(1, 3650),
  }),
  SEARCH_PROVIDER: define<'searxng' | 'brave' | 'serper' | null>({
    description:
      'Search service that research asks about leads and their companies in live workspaces: a SearXNG of your own, Brave or Serper. Absent: nothing is searched.',
    fallback: null,
    fallbackText: 'none',
    parse: oneOf('searxng', 'brave', 'serper'),
  }),
  SEARCH_URL: define<string | null>({
    description: 'Address of the search service. One in your own network has to stand in EGRESS_ALLOW.',
    fallback: null,
    fallbackText: 'the provider’s own; needed with searxng',
    example: 'http://127.0.0.1:8888',
    parse: (input) => {
      const address = url('http:', 'https:')(input)
      if (typeof address !== 'string') return address
      const { username, search, hash } = new URL(address)
      return username || search || hash ? new Problem('must have no user, query or fragment') : address
    },
  }),
  SEARCH_API_KEY: define<string | null>({
    description: 'Key for the search service; a SearXNG needs none.',
    fallback: null,
    secret: true,
    parse: (input) => (/^[\x21-\x7e]{1,1000}$/.test(input) ? input : new Problem('must be visible ASCII characters')),
  }),
  RESEARCH_PAGES: define<number>({
    description:
      'Most pages of a company’s site that research reads in live workspaces, the first one included; 0: no sites are read.',
    fallback: 5,
    parse: integer(0, 10),
  }),
  RESEARCH_PAUSE_MS: define<number>({
    description:
      'Pause between two requests to the same host, over all processes. A longer one that a site asks for is kept.',
    fallback: 1_000,
    parse: integer(0, 60_000),
  }),
  RESEARCH_TIMEOUT_SECONDS: define<number>({
    description: 'Longest time that research takes for one lead; what came by then is used.',
    fallback: 20,
    parse: integer(1, 120),
  }),
  RESEARCH_KEPT_DAYS: define<number>({
    description: 'Days for which what was learned from outside is used again; then it is deleted.',
    fallback: 30,
    parse: integer(1, 365),
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
  mail_delivery: 'none' | 'relay' | 'direct'
  /** What this instance calls itself in EHLO. */
  mail_host_name: string
  /** Null where direct delivery is not prepared: no MAIL_HOST_NAME and not MAIL_DELIVERY=direct. */
  direct_mail: { mx_port: number; source_addresses: string[] } | null
  mail_connections: number
  /** Empty: they follow from how mail leaves. */
  spf_terms: string[]
  dkim_rotation_days: number
  inbound_smtp: {
    host: string
    port: number
    max_bytes: number
    /** PEM files; null: a self-signed certificate is made in the data folder. */
    tls: { cert: string; key: string } | null
    connections: number
    messages_per_minute: number
    trusted_relays: string[]
  }
  raw_mime_kept_days: number
  system_mail: { url: string; from: string } | null
  google: { client_id: string; client_secret: string } | null
  /** Consent by OAuth for connected mailboxes; null where it is not configured. */
  mailbox_oauth: Record<'google' | 'microsoft', MailboxOAuth | null>
  mailbox_servers: Record<'google' | 'microsoft', MailServers>
  /** Sheets of Google accounts; null without a client. */
  google_sheets: GoogleSheets | null
  sheets_folder: {
    path: string
    /** Live workspaces read it too. */
    serves_live: boolean
  }
  mailbox_sessions: number
  outside_issuer: OutsideIssuer | null
  integrations: Integration[]
  dns_servers: string[]
  machine_networks: string[]
  egress_allow: string[]
  uploads: { max_bytes: number; max_rows: number }
  attachments: { max_bytes: number }
  extractions: { max_bytes: number; unpacked_max_bytes: number; max_leads: number }
  /** Where stored files lie; null: in the data folder. */
  s3: S3Settings | null
  messages: { max_bytes: number }
  webhooks: { endpoints: number; connections: number; kept_days: number; streams: number }
  /** Null: no language model, messages are written by rule. */
  llm: {
    provider: 'openai_compatible' | 'anthropic' | 'google'
    base_url: string | null
    api_key: string | null
    /** In the order in which they are asked. */
    models: { name: string; input_price_microusd: number | null; output_price_microusd: number | null }[]
    timeout_ms: number
    concurrency: number
    max_output_tokens: number
    credits_per_draft: number
  } | null
  /** Of workspaces’ own models too. */
  model_calls: { total_timeout_ms: number; kept_days: number }
  chats: { kept_days: number }
  /** Null: nothing is searched for live workspaces. */
  search: { provider: 'searxng' | 'brave' | 'serper'; base_url: string; api_key: string | null } | null
  research: { pages: number; pause_ms: number; timeout_ms: number; kept_days: number }
  cpu_count: number
}

const SEARCH_ADDRESSES = { brave: 'https://api.search.brave.com', serper: 'https://google.serper.dev' }

export type S3Settings = {
  bucket: string
  /** Null: Amazon's. */
  endpoint: string | null
  region: string
  access_key_id: string
  secret_access_key: string
  path_style: boolean
  /** Empty, or ends with a slash. */
  prefix: string
}

export type MailboxOAuth = {
  client_id: string
  client_secret: string
  authorize_url: string
  token_url: string
  /** Microsoft has none: consent ends in the account's own settings. */
  revoke_url: string | null
}

export type GoogleSheets = MailboxOAuth & {
  userinfo_url: string
  /** Null: Google's own hosts. */
  api_url: string | null
  api_key: string | null
  app_id: string | null
  access: 'picked' | 'all'
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

const ownIssuer = (base: string): Pick<MailboxOAuth, 'authorize_url' | 'token_url' | 'revoke_url'> => {
  const below = base.replace(/\/+$/, '')
  return { authorize_url: `${below}/authorize`, token_url: `${below}/token`, revoke_url: `${below}/revoke` }
}

const googleIssuer = (own: string | null): Pick<MailboxOAuth, 'authorize_url' | 'token_url' | 'revoke_url'> =>
  own
    ? ownIssuer(own)
    : {
        authorize_url: 'https://accounts.google.com/o/oauth2/v2/auth',
        token_url: 'https://oauth2.googleapis.com/token',
        revoke_url: 'https://oauth2.googleapis.com/revoke',
      }

/** The name under which the instance is reached, else the machine's. */
const ownName = (baseUrl: string | null): string => {
  const name = baseUrl ? new URL(baseUrl).hostname : hostname()
  return /^[\x21-\x7e]{1,255}$/.test(name) ? name : 'localhost'
}

/** Addresses in it without user and password, which people put there although a setting has no use for them. */
const withoutLogin = (raw: string): string => raw.replace(/\/\/[^/@\s]*@/g, '//…@')

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
      problems.push(`${name} ${parsed.message}${setting.secret ? '' : ` (it is "${withoutLogin(raw).slice(0, 80)}")`}`)
      values[name] = setting.fallback
    } else values[name] = parsed
  }
  const v = values as Values
  if (v.DATABASE_URL && !v.SECRET_KEY) problems.push('SECRET_KEY is needed with DATABASE_URL (openssl rand -hex 32)')
  if (v.RATE_LIMIT_STORE === 'redis' && !v.REDIS_URL) problems.push('REDIS_URL is needed with RATE_LIMIT_STORE=redis')
  if (!v.GOOGLE_CLIENT_ID !== !v.GOOGLE_CLIENT_SECRET)
    problems.push('GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are needed together')
  if (!v.MICROSOFT_CLIENT_ID !== !v.MICROSOFT_CLIENT_SECRET)
    problems.push('MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET are needed together')
  if (!v.INBOUND_TLS_CERT !== !v.INBOUND_TLS_KEY)
    problems.push('INBOUND_TLS_CERT and INBOUND_TLS_KEY are needed together')
  if (v.JWT_ISSUER && !v.JWT_JWKS_URL === !v.JWT_SHARED_SECRET)
    problems.push('JWT_ISSUER needs exactly one of JWT_JWKS_URL and JWT_SHARED_SECRET')
  if (!v.JWT_ISSUER && (v.JWT_JWKS_URL || v.JWT_SHARED_SECRET))
    problems.push('JWT_ISSUER is needed with JWT_JWKS_URL or JWT_SHARED_SECRET')
  if (v.JWT_ISSUER && (v.JWT_ALGORITHM === 'HS256') !== Boolean(v.JWT_SHARED_SECRET))
    problems.push('JWT_ALGORITHM must be HS256 with JWT_SHARED_SECRET, and an asymmetric one with JWT_JWKS_URL')
  if (v.MAIL_DELIVERY === 'relay' && !v.SMTP_RELAY_URL)
    problems.push('SMTP_RELAY_URL is needed with MAIL_DELIVERY=relay')
  if (v.MAIL_DELIVERY === 'direct' && !v.MAIL_HOST_NAME && !v.BASE_URL)
    problems.push('MAIL_HOST_NAME (or BASE_URL) is needed with MAIL_DELIVERY=direct')
  if (v.S3_BUCKET && !(v.S3_ACCESS_KEY_ID && v.S3_SECRET_ACCESS_KEY))
    problems.push('S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are needed with S3_BUCKET')
  if (!v.S3_BUCKET && (v.S3_ENDPOINT || v.S3_ACCESS_KEY_ID || v.S3_SECRET_ACCESS_KEY))
    problems.push('S3_BUCKET is needed with the other settings of S3')
  // One object is put in one request, which S3 takes up to 5 GiB.
  if (v.S3_BUCKET && v.UPLOAD_MAX_BYTES > 5_368_709_120)
    problems.push('UPLOAD_MAX_BYTES can be at most 5368709120 with S3_BUCKET')
  if (v.LLM_PROVIDER && !v.LLM_MODEL.length) problems.push('LLM_MODEL is needed with LLM_PROVIDER')
  for (const name of ['LLM_MODEL', 'LLM_BASE_URL', 'LLM_API_KEY', 'LLM_PRICES'] as const)
    if (!v.LLM_PROVIDER && env[name]?.trim()) problems.push(`LLM_PROVIDER is needed with ${name}`)
  if (v.LLM_PROVIDER === 'openai_compatible' && !v.LLM_BASE_URL)
    problems.push('LLM_BASE_URL is needed with LLM_PROVIDER=openai_compatible')
  if ((v.LLM_PROVIDER === 'anthropic' || v.LLM_PROVIDER === 'google') && !v.LLM_API_KEY)
    problems.push(`LLM_API_KEY is needed with LLM_PROVIDER=${v.LLM_PROVIDER}`)
  for (const name of Object.keys(v.LLM_PRICES))
    if (v.LLM_MODEL.length && !v.LLM_MODEL.includes(name))
      problems.push(`LLM_PRICES has a price of ${name}, which LLM_MODEL does not name`)
  if (v.LLM_TOTAL_SECONDS < v.LLM_TIMEOUT_SECONDS)
    problems.push('LLM_TOTAL_SECONDS must not be less than LLM_TIMEOUT_SECONDS')
  for (const name of ['SEARCH_URL', 'SEARCH_API_KEY'] as const)
    if (!v.SEARCH_PROVIDER && env[name]?.trim()) problems.push(`SEARCH_PROVIDER is needed with ${name}`)
  if (v.SEARCH_PROVIDER === 'searxng' && !v.SEARCH_URL)
    problems.push('SEARCH_URL is needed with SEARCH_PROVIDER=searxng')
  if ((v.SEARCH_PROVIDER === 'brave' || v.SEARCH_PROVIDER === 'serper') && !v.SEARCH_API_KEY)
    problems.push(`SEARCH_API_KEY is needed with SEARCH_PROVIDER=${v.SEARCH_PROVIDER}`)
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
    mail_delivery: v.MAIL_DELIVERY ?? (v.SMTP_RELAY_URL ? 'relay' : 'none'),
    mail_host_name: v.MAIL_HOST_NAME ?? ownName(v.BASE_URL),
    direct_mail:
      v.MAIL_HOST_NAME || v.MAIL_DELIVERY === 'direct'
        ? { mx_port: v.MX_PORT, source_addresses: v.MAIL_SOURCE_ADDRESSES }
        : null,
    mail_connections: v.MAIL_CONNECTIONS,
    spf_terms: v.SPF_TERMS,
    dkim_rotation_days: v.DKIM_ROTATION_DAYS,
    inbound_smtp: {
      host: v.INBOUND_SMTP_HOST,
      port: v.INBOUND_SMTP_PORT,
      max_bytes: v.INBOUND_MAX_BYTES,
      tls: v.INBOUND_TLS_CERT && v.INBOUND_TLS_KEY ? { cert: v.INBOUND_TLS_CERT, key: v.INBOUND_TLS_KEY } : null,
      connections: v.INBOUND_CONNECTIONS,
      messages_per_minute: v.INBOUND_MESSAGES_PER_MINUTE,
      trusted_relays: v.INBOUND_TRUSTED_RELAYS,
    },
    raw_mime_kept_days: v.RAW_MIME_KEPT_DAYS,
    system_mail: v.SYSTEM_SMTP_URL ? { url: v.SYSTEM_SMTP_URL, from: v.SYSTEM_MAIL_FROM } : null,
    google:
      v.GOOGLE_CLIENT_ID && v.GOOGLE_CLIENT_SECRET
        ? { client_id: v.GOOGLE_CLIENT_ID, client_secret: v.GOOGLE_CLIENT_SECRET }
        : null,
    mailbox_oauth: {
      google:
        v.GOOGLE_CLIENT_ID && v.GOOGLE_CLIENT_SECRET
          ? {
              client_id: v.GOOGLE_CLIENT_ID,
              client_secret: v.GOOGLE_CLIENT_SECRET,
              ...googleIssuer(v.GOOGLE_OAUTH_URL),
            }
          : null,
      microsoft:
        v.MICROSOFT_CLIENT_ID && v.MICROSOFT_CLIENT_SECRET
          ? {
              client_id: v.MICROSOFT_CLIENT_ID,
              client_secret: v.MICROSOFT_CLIENT_SECRET,
              ...ownIssuer(
                v.MICROSOFT_OAUTH_URL ?? `https://login.microsoftonline.com/${v.MICROSOFT_TENANT}/oauth2/v2.0`,
              ),
              revoke_url: null,
            }
          : null,
    },
    mailbox_servers: {
      google: v.GOOGLE_MAIL_SERVERS ?? {
        smtp: { host: 'smtp.gmail.com', port: 465, security: 'tls' },
        imap: { host: 'imap.gmail.com', port: 993, security: 'tls' },
      },
      microsoft: v.MICROSOFT_MAIL_SERVERS ?? {
        smtp: { host: 'smtp.office365.com', port: 587, security: 'starttls' },
        imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
      },
    },
    google_sheets:
      v.GOOGLE_CLIENT_ID && v.GOOGLE_CLIENT_SECRET
        ? {
            client_id: v.GOOGLE_CLIENT_ID,
            client_secret: v.GOOGLE_CLIENT_SECRET,
            ...googleIssuer(v.GOOGLE_OAUTH_URL),
            userinfo_url: v.GOOGLE_OAUTH_URL
              ? `${v.GOOGLE_OAUTH_URL.replace(/\/+$/, '')}/userinfo`
              : 'https://openidconnect.googleapis.com/v1/userinfo',
            api_url: v.GOOGLE_API_URL?.replace(/\/*$/, '/') ?? null,
            api_key: v.GOOGLE_API_KEY,
            app_id: v.GOOGLE_APP_ID,
            access: v.GOOGLE_SHEETS_ACCESS ?? (v.GOOGLE_API_KEY && v.GOOGLE_APP_ID ? 'picked' : 'all'),
          }
        : null,
    sheets_folder: {
      path: resolve(v.SHEETS_FOLDER ?? `${v.DATA_DIR}/sheets`),
      serves_live: v.SHEETS_FOLDER !== null && !v.GOOGLE_CLIENT_ID,
    },
    mailbox_sessions: v.MAILBOX_SESSIONS,
    outside_issuer: v.JWT_ISSUER
      ? {
          issuer: v.JWT_ISSUER,
          audience: v.JWT_AUDIENCE,
          algorithm: v.JWT_ALGORITHM,
          jwks_url: v.JWT_JWKS_URL,
          shared_secret: v.JWT_SHARED_SECRET,
        }
      : null,
    integrations: v.INTEGRATIONS,
    dns_servers: v.DNS_SERVERS,
    machine_networks: v.MACHINE_NETWORKS,
    egress_allow: v.EGRESS_ALLOW,
    uploads: { max_bytes: v.UPLOAD_MAX_BYTES, max_rows: v.IMPORT_MAX_ROWS },
    attachments: { max_bytes: v.ATTACHMENT_MAX_BYTES },
    extractions: {
      max_bytes: v.EXTRACTION_MAX_BYTES,
      unpacked_max_bytes: v.EXTRACTION_UNPACKED_MAX_BYTES,
      max_leads: v.EXTRACTION_MAX_LEADS,
    },
    s3:
      v.S3_BUCKET && v.S3_ACCESS_KEY_ID && v.S3_SECRET_ACCESS_KEY
        ? {
            bucket: v.S3_BUCKET,
            endpoint: v.S3_ENDPOINT,
            region: v.S3_REGION,
            access_key_id: v.S3_ACCESS_KEY_ID,
            secret_access_key: v.S3_SECRET_ACCESS_KEY,
            path_style: v.S3_PATH_STYLE ?? v.S3_ENDPOINT !== null,
            prefix: v.S3_PREFIX,
          }
        : null,
    messages: { max_bytes: v.MESSAGE_MAX_BYTES },
    webhooks: {
      endpoints: v.WEBHOOK_ENDPOINTS,
      connections: v.WEBHOOK_CONNECTIONS,
      kept_days: v.WEBHOOK_KEPT_DAYS,
      streams: v.EVENT_STREAMS,
    },
    llm: v.LLM_PROVIDER
      ? {
          provider: v.LLM_PROVIDER,
          base_url: v.LLM_BASE_URL,
          api_key: v.LLM_API_KEY,
          models: v.LLM_MODEL.map((name) => ({
            name,
            input_price_microusd: v.LLM_PRICES[name]?.input ?? null,
            output_price_microusd: v.LLM_PRICES[name]?.output ?? null,
          })),
          timeout_ms: v.LLM_TIMEOUT_SECONDS * 1_000,
          concurrency: v.LLM_CONCURRENCY,
          max_output_tokens: v.LLM_MAX_OUTPUT_TOKENS,
          credits_per_draft: v.LLM_CREDITS_PER_DRAFT,
        }
      : null,
    model_calls: { total_timeout_ms: v.LLM_TOTAL_SECONDS * 1_000, kept_days: v.MODEL_CALLS_KEPT_DAYS },
    chats: { kept_days: v.CHATS_KEPT_DAYS },
    search: v.SEARCH_PROVIDER
      ? {
          provider: v.SEARCH_PROVIDER,
          base_url: (
            v.SEARCH_URL ?? (v.SEARCH_PROVIDER === 'searxng' ? '' : SEARCH_ADDRESSES[v.SEARCH_PROVIDER])
          ).replace(/\/+$/, ''),
          api_key: v.SEARCH_API_KEY,
        }
      : null,
    research: {
      pages: v.RESEARCH_PAGES,
      pause_ms: v.RESEARCH_PAUSE_MS,
      timeout_ms: v.RESEARCH_TIMEOUT_SECONDS * 1_000,
      kept_days: v.RESEARCH_KEPT_DAYS,
    },
    cpu_count: cpus().length,
  }
}
