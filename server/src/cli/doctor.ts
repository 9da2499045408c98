import { Resolver } from 'node:dns/promises'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { availableParallelism, freemem } from 'node:os'
import { dirname, join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { Config } from '../config.ts'
import { readSchemaVersion, wantedSchemaVersion } from '../db/migrate.ts'
import { findPostgresBinaries } from '../db/postgres-binaries.ts'
import { findClusterParent } from '../db/postgres-placement.ts'
import {
  type InstanceDatabase,
  joinDatabase,
  listProcesses,
  messageOf,
  readSecretFile,
  withClient,
} from '../instance.ts'
import type { Logger } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { systemResolver } from '../ports/dns/system-resolver.ts'
import { createEgressPolicy } from '../ports/egress.ts'
import { examineModels } from '../ports/llm/examine-models.ts'
import { addressOf } from '../ports/llm/model-endpoint.ts'
import { findAddresses } from '../ports/mail/mx-hosts.ts'
import { createOutboundHttp } from '../ports/outbound-http.ts'
import { describeBucket, examineBucket } from '../ports/storage/s3.ts'

/** `note` is worth knowing and no fault; only `failed` makes the command fail. */
export type Check = { name: string; state: 'ok' | 'note' | 'warning' | 'failed'; finding: string; advice?: string }

const MEGABYTE = 1_048_576
const ANSWER_MS = 4_000

/**
 * Looks at everything an instance needs and says what to do about what is wrong. It changes nothing: a database that was
 * never started stays unmade, a running one is left alone, and a stopped one is started only to look at it.
 */
export const examine = async (config: Config, log: Logger, clock: Clock): Promise<Check[]> => {
  const checks: Check[] = []
  const check = async (name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<void> => {
    try {
      checks.push({ name, ...(await look()) })
    } catch (error) {
      checks.push({ name, state: 'failed', finding: messageOf(error) })
    }
  }

  await check('node', async () => {
    const major = Number.parseInt(process.versions.node, 10)
    return major >= 26
      ? {
          state: 'ok',
          finding: `${process.version}, ${availableParallelism()} processors, ${Math.round(freemem() / MEGABYTE)} MB free memory`,
        }
      : {
          state: 'failed',
          finding: process.version,
          advice: 'Node 26 is needed; start the program with "npm start" or "npx bavlio", which brings it along.',
        }
  })
  await check('data folder', () => lookAtDataFolder(config))
  await check('disk', () => lookAtDisk(config))

  let database: InstanceDatabase | null = null
  await check('database', async () => {
    const opened = await openForExamination(config, log)
    if (typeof opened === 'string') return { state: 'note', finding: opened }
    database = opened
    return lookAtDatabase(opened)
  })
  try {
    const opened = database as InstanceDatabase | null
    await check('secret', () => lookAtSecret(config, opened))
    let processes: Awaited<ReturnType<typeof listProcesses>> = []
    if (opened && checks.find(({ name }) => name === 'database')?.state !== 'failed')
      await check('processes', async () => {
        processes = await listProcesses(opened.url, clock.now())
        if (!processes.length)
          return { state: 'note', finding: 'no process of this instance runs', advice: 'Start it with "npm start".' }
        const list = processes
          .map(
            ({ role, hostname, pid, age_ms }) =>
              `${role} (process ${pid} on ${hostname}, seen ${Math.round(age_ms / 1000)} s ago)`,
          )
          .join(', ')
        return processes.some(({ role }) => role !== 'api')
          ? { state: 'ok', finding: list }
          : {
              state: 'failed',
              finding: `${list}; no worker`,
              advice: 'Nothing is sent without a worker. Start one with "npm start -- worker".',
            }
      })
    await check('http port', () => lookAtHttpPort(config))
    await check('inbound mail port', () => lookAtInboundPort(config))
  } finally {
    await (database as InstanceDatabase | null)?.close()
  }
  await check('storage', () => lookAtStorage(config))
  await check('dns', lookAtDns)
  await check('language models', () => lookAtModels(config))
  await check('mail, live', () =>
    config.mail_delivery === 'direct'
      ? lookAtOwnName(config)
      : lookAtRelay(config.smtp_relay?.url ?? null, 'SMTP_RELAY_URL', 'live workspaces cannot send; sandboxes can'),
  )
  await check('system mail', () =>
    lookAtRelay(config.system_mail?.url ?? null, 'SYSTEM_SMTP_URL', 'passwords are reset with "bavlio user reset"'),
  )
  return checks
}

const lookAtDataFolder = async ({ data_dir: folder }: Config): Promise<Omit<Check, 'name'>> => {
  const found = await stat(folder).catch(() => null)
  const place = found ? folder : await nearestExisting(folder)
  const writable = await access(place, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (found && !found.isDirectory())
    return { state: 'failed', finding: `${folder} is not a folder`, advice: 'Set DATA_DIR to a folder.' }
  if (!writable)
    return {
      state: 'failed',
      finding: `${place} cannot be written`,
      advice: 'Correct its owner or mode, or set DATA_DIR to another folder.',
    }
  return found
    ? { state: 'ok', finding: folder }
    : { state: 'note', finding: `${folder} does not exist yet; the first start makes it` }
}

const nearestExisting = async (folder: string): Promise<string> => {
  for (let path = folder; ; path = dirname(path))
    if ((await stat(path).catch(() => null)) || path === dirname(path)) return path
}

const lookAtDisk = async (config: Config): Promise<Omit<Check, 'name'>> => {
  // The database may have been placed elsewhere, see postgres-placement.ts.
  const parent = config.database.url
    ? config.data_dir
    : await findClusterParent(config.data_dir).catch(() => config.data_dir)
  const free = await Promise.all(
    [...new Set([config.data_dir, parent])].map(async (folder) => {
      const { bavail, bsize } = await statfs(await nearestExisting(folder))
      return { folder, megabytes: Math.floor((Number(bavail) * Number(bsize)) / MEGABYTE) }
    }),
  )
  const least = Math.min(...free.map(({ megabytes }) => megabytes))
  const finding = free
    .map(({ folder, megabytes }) => `${megabytes.toLocaleString('en')} MB free for ${folder}`)
    .join(', ')
  if (least < 200) return { state: 'failed', finding, advice: 'PostgreSQL stops when the disk is full. Make room.' }
  return least < 2048
    ? { state: 'warning', finding, advice: 'Less than 2 GB: make room soon.' }
    : { state: 'ok', finding }
}

/** The database, or a sentence when there is none yet and looking must not make one. */
const openForExamination = async (config: Config, log: Logger): Promise<InstanceDatabase | string> => {
  if (!config.database.url) {
    const binaries = await findPostgresBinaries()
    const cluster = join(await findClusterParent(config.data_dir), 'postgres')
    if (!(await stat(cluster).catch(() => null)))
      return `none yet; the first start makes a PostgreSQL ${binaries.major} in ${cluster}`
  }
  return joinDatabase(config, log)
}

const lookAtDatabase = async (database: InstanceDatabase): Promise<Omit<Check, 'name'>> => {
  const wanted = await wantedSchemaVersion()
  const { version, schema, encoding, durable, bytes } = await withClient(database.url, async (client) => {
    const row = (
      await client.query<{
        number: string
        version: string
        encoding: string
        fsync: string
        commit: string
        bytes: string
      }>(
        `select current_setting('server_version_num') as number, current_setting('server_version') as version, current_setting('server_encoding') as encoding,
          current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, pg_database_size(current_database()) as bytes`,
      )
    ).rows[0]
    if (!row) throw new Error('The database gave no answer.')
    return {
      version: { number: Number(row.number), text: row.version },
      encoding: row.encoding,
      durable: row.fsync === 'on' && row.commit !== 'off',
      bytes: Number(row.bytes),
      schema: await readSchemaVersion(client),
    }
  })
  const origin = {
    given: 'DATABASE_URL',
    embedded: 'embedded, not running, started to look',
    running: `embedded, run by process ${database.owner_pid}`,
  }[database.origin]
  const finding = `PostgreSQL ${version.text} (${origin}), schema version ${schema}, ${Math.round(bytes / MEGABYTE).toLocaleString('en')} MB`
  if (version.number < 150_000) return { state: 'failed', finding, advice: 'PostgreSQL 15 or newer is needed.' }
  if (encoding !== 'UTF8')
    return {
      state: 'failed',
      finding: `${finding}, encoding ${encoding}`,
      advice: 'Make the database with encoding UTF8.',
    }
  if (schema > wanted)
    return { state: 'failed', finding, advice: `This program knows schema version ${wanted}: run the newer program.` }
  if (schema < wanted)
    return {
      state: 'failed',
      finding,
      advice: `This program needs schema version ${wanted}: run "bavlio migrate", or start the role all.`,
    }
  if (!durable)
    return {
      state: 'warning',
      finding: `${finding}, fsync or synchronous_commit is off`,
      advice: 'A power cut could make messages go out twice. Switch both on.',
    }
  return { state: 'ok', finding }
}

const lookAtSecret = async (config: Config, database: InstanceDatabase | null): Promise<Omit<Check, 'name'>> => {
  if (config.secret_key) return { state: 'ok', finding: 'SECRET_KEY is set' }
  const kept = await readSecretFile(config)
  const path = join(config.data_dir, 'secret')
  if (!kept)
    return database
      ? {
          state: 'failed',
          finding: `${path} is missing`,
          advice:
            'Put the file back from a backup. Without it links in mail already sent and the signing keys of domains stop working.',
        }
      : { state: 'note', finding: `none yet; the first start makes ${path}` }
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && mode & 0o077)
    return { state: 'warning', finding: `${path} can be read by others`, advice: `chmod 600 ${path}` }
  return { state: 'ok', finding: `${path}; keep a copy apart from the backups` }
}

/** Null when the port is free, else the error's code. */
const tryPort = async (host: string, port: number): Promise<string | null> => {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? messageOf(error)
  } finally {
    server.close()
  }
}

const lookAtHttpPort = async ({ host, port }: Config): Promise<Omit<Check, 'name'>> => {
  if (port === 0) return { state: 'ok', finding: 'PORT=0 takes a free one at each start' }
  const taken = await tryPort(host, port)
  if (taken === null) return { state: 'ok', finding: `${host}:${port} is free` }
  if (taken !== 'EADDRINUSE')
    return { state: 'failed', finding: `${host}:${port}: ${taken}`, advice: 'Correct HOST and PORT.' }
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const answer = await fetch(`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/api/v1/ready`, {
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => null)
  const body = answer?.headers.get('x-request-id') ? await answer.text() : null
  if (body === null)
    return {
      state: 'failed',
      finding: `${host}:${port} is held by another program`,
      advice: 'Stop it, or set PORT to another port.',
    }
  return answer?.ok
    ? { state: 'ok', finding: `${host}:${port} answers and is ready` }
    : {
        state: 'failed',
        finding: `${host}:${port} answers ${answer?.status}: ${body.slice(0, 200)}`,
        advice: 'The server runs but is not ready; its log says why.',
      }
}

const lookAtInboundPort = async ({ inbound_smtp: { host, port } }: Config): Promise<Omit<Check, 'name'>> => {
  if (port === 0) return { state: 'ok', finding: 'INBOUND_SMTP_PORT=0 takes a free one, which serves sandboxes' }
  const taken = await tryPort(host, port)
  if (taken === null) return { state: 'ok', finding: `${host}:${port} is free` }
  if (taken === 'EACCES')
    return {
      state: 'failed',
      finding: `${host}:${port}: ports below 1024 need special rights`,
      advice: 'Set INBOUND_SMTP_PORT to a higher port and forward port 25 to it.',
    }
  if (taken !== 'EADDRINUSE')
    return {
      state: 'failed',
      finding: `${host}:${port}: ${taken}`,
      advice: 'Correct INBOUND_SMTP_HOST and INBOUND_SMTP_PORT.',
    }
  const banner = await readBanner(host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port)
  return /Bavlio/.test(banner)
    ? { state: 'ok', finding: `${host}:${port} answers` }
    : {
        state: 'failed',
        finding: `${host}:${port} is held by another program`,
        advice: 'Stop it, or set INBOUND_SMTP_PORT to another port.',
      }
}

const readBanner = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (text: string): void => {
      socket.destroy()
      resolve(text)
    }
    socket.setTimeout(ANSWER_MS, () => done(''))
    socket.once('data', (data) => done(data.toString('latin1')))
    socket.once('error', () => done(''))
  })

const lookAtStorage = async (config: Config): Promise<Omit<Check, 'name'>> => {
  const { s3 } = config
  if (!s3) return { state: 'ok', finding: `disk, ${join(config.data_dir, 'files')}` }
  try {
    await examineBucket(s3, createEgressPolicy(config.egress_allow))
    return { state: 'ok', finding: `${describeBucket(s3)}, can be listed` }
  } catch (error) {
    const advice =
      (error as { code?: string }).code === 'EGRESS_REFUSED'
        ? 'List the service in EGRESS_ALLOW if it stands in your own network.'
        : 'Check S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_PATH_STYLE and the keys; they need to list, get, put and delete.'
    return { state: 'failed', finding: messageOf(error), advice }
  }
}

/** A machine without a resolver is fine for sandboxes, so this is a note. example.com is IANA's own name for such uses. */
const lookAtDns = async (): Promise<Omit<Check, 'name'>> => {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 })
  try {
    await resolver.resolve4('example.com')
    return { state: 'ok', finding: `answers (${resolver.getServers().join(', ')})` }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return {
      state: 'note',
      finding: `no answer (${code ?? messageOf(error)})`,
      advice: 'Domains of live workspaces cannot be verified from here; sandboxes need no DNS.',
    }
  }
}

const lookAtModels = async ({ llm, egress_allow }: Config): Promise<Omit<Check, 'name'>> => {
  if (!llm) return { state: 'note', finding: 'LLM_PROVIDER is not set: messages are written by rule' }
  const http = createOutboundHttp(createEgressPolicy(egress_allow))
  const place = new URL(addressOf(llm)).host
  try {
    const found = await examineModels(llm, http)
    if (found.state === 'failed')
      return {
        state: 'failed',
        finding: `${place}: ${found.message}`,
        advice: found.refused
          ? 'Check LLM_API_KEY.'
          : 'Check LLM_BASE_URL; a server in your own network has to stand in EGRESS_ALLOW.',
      }
    if (found.state === 'unlisted')
      return { state: 'note', finding: `${place} answers (${found.status}), and does not say which models it has` }
    return found.missing.length
      ? {
          state: 'warning',
          finding: `${place} does not list ${found.missing.join(', ')}`,
          advice: 'Check LLM_MODEL, or load the model there.',
        }
      : { state: 'ok', finding: `${place} has ${llm.models.map(({ name }) => name).join(', ')}` }
  } finally {
    await http.close()
  }
}

const lookAtRelay = async (url: string | null, setting: string, without: string): Promise<Omit<Check, 'name'>> => {
  if (!url) return { state: 'note', finding: `${setting} is not set: ${without}` }
  const { host } = new URL(url)
  const transport = createTransport(url, {
    connectionTimeout: ANSWER_MS,
    greetingTimeout: ANSWER_MS,
    socketTimeout: ANSWER_MS,
  } as object)
  try {
    await transport.verify()
    return { state: 'ok', finding: `${host} takes our log-in` }
  } catch (error) {
    return {
      state: 'failed',
      finding: `${host}: ${messageOf(error)}`,
      advice: `Check ${setting}: host, port, user and password.`,
    }
  } finally {
    transport.close()
  }
}

/** Receivers refuse senders whose name does not lead to their address and back, so this is looked at before the first message. */
const lookAtOwnName = async (config: Config): Promise<Omit<Check, 'name'>> => {
  const { mail_host_name: name, direct_mail } = config
  const resolver = systemResolver({ servers: config.dns_servers, timeout_ms: 2_000 })
  const found = await findAddresses(resolver, name)
  const advice = 'Give MAIL_HOST_NAME an address record, and the outgoing address a PTR record with that very name.'
  if (found.state !== 'found')
    return { state: 'warning', finding: `direct to MX: ${name} has no address in the DNS`, advice }
  const sources = direct_mail?.source_addresses.length ? direct_mail.source_addresses : found.addresses
  const strangers = sources.filter((address) => !found.addresses.includes(address))
  if (strangers.length)
    return { state: 'warning', finding: `direct to MX: ${name} does not lead to ${strangers.join(', ')}`, advice }
  for (const address of sources) {
    const back = await resolver.ptr(address)
    const names = back.state === 'found' ? back.values.map((one) => one.toLowerCase().replace(/\.$/, '')) : []
    if (!names.includes(name)) {
      const finding = `direct to MX: ${address} leads back to ${names.join(', ') || 'no name'}, not to ${name}`
      return { state: 'warning', finding, advice }
    }
  }
  return { state: 'ok', finding: `direct to MX as ${name} (${sources.join(', ')})` }
}

const SIGNS = { ok: 'ok', note: 'note', warning: 'WARNING', failed: 'FAILED' } as const

/** The findings as text, with the advice under each. */
export const formatChecks = (checks: Check[]): string => {
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .flatMap(({ name, state, finding, advice }) => [
      `  ${SIGNS[state].padEnd(7)}  ${name.padEnd(width)}  ${finding}`,
      ...(advice && state !== 'ok' ? [`  ${' '.repeat(7)}  ${' '.repeat(width)}  → ${advice}`] : []),
    ])
    .join('\n')
}
