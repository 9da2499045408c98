import { createHmac, randomBytes } from 'node:crypto'
import { access, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Pool, PoolClient } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Config } from '../config.ts'
import { QUEUE_SCHEMA, readSchemaVersion } from '../db/migrate.ts'
import { type InstanceDatabase, secretOf } from '../instance.ts'
import type { Clock } from '../ports/clock.ts'
import type { StoragePort } from '../ports/storage/port.ts'
import type { Secrets } from '../secrets.ts'
import { StopError } from '../stop-error.ts'
import { FORMAT, type QueueJob, sealSecret, writeBody, writeHeader } from './archive.ts'
import { listPartitions, listSequences, listTables, quoted } from './tables.ts'

export type BackupParts = { pool: Pool; storage: StoragePort; secrets: Secrets; clock: Clock }

export type BackupOptions = {
  to: string
  version: string
  /** Null leaves the secret key out. */
  passphrase: string | null
  config: Config
  database: InstanceDatabase
}

export type BackupResult = {
  tables: number
  rows: number
  jobs: number
  files: number
  bytes: number
  warnings: string[]
}

const SHORTEST_PASSPHRASE = 8

/** Tells two keys apart. It is made with a purpose of its own kind, so it helps nobody to find the key. */
export const keyFingerprint = (secrets: Secrets): string =>
  createHmac('sha256', secrets.key('stored-secrets')).update('bavlio backup fingerprint').digest('hex').slice(0, 16)

/**
 * Saves everything of an instance into one file while it may go on working: all tables in one snapshot, the jobs that wait
 * in it, the stored files that its rows name. The file appears whole or not at all, readable by its owner alone.
 */
export const backup = async (parts: BackupParts, options: BackupOptions): Promise<BackupResult> => {
  const { passphrase } = options
  if (passphrase !== null && passphrase.length < SHORTEST_PASSPHRASE)
    throw new StopError(`The passphrase needs at least ${SHORTEST_PASSPHRASE} characters.`, 2)
  const target = resolve(options.to)
  const exists = await access(target).then(
    () => true,
    () => false,
  )
  if (exists) throw new StopError(`${target} exists already; a backup overwrites nothing.`)
  const secretKeys =
    passphrase === null ? null : [await secretOf(options.config, options.database), ...options.config.old_secret_keys]

  const draft = `${target}.${randomBytes(4).toString('hex')}.part`
  const handle = await open(draft, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StopError(
      `${target} cannot be written (${error.code}). The folder ${dirname(target)} has to exist and be writable.`,
      1,
      { cause: error },
    )
  })
  const result: BackupResult = { tables: 0, rows: 0, jobs: 0, files: 0, bytes: 0, warnings: [] }
  try {
    const client = await parts.pool.connect()
    try {
      const frames = writeFrames(client, parts, options, secretKeys, result)
      await pipeline(Readable.from(frames), createGzip({ level: 6 }), handle.createWriteStream({ flush: true }))
    } finally {
      // A connection in an unknown state is not given back to the pool.
      client.release(true)
    }
    await rename(draft, target)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new StopError(`There is no room left for ${target}.`, 1, { cause: error })
    throw error
  } finally {
    await handle.close().catch(() => {})
    await rm(draft, { force: true })
  }
  result.bytes = (await stat(target)).size
  return result
}

async function* writeFrames(
  client: PoolClient,
  { storage, secrets, clock }: BackupParts,
  options: BackupOptions,
  secretKeys: string[] | null,
  result: BackupResult,
): AsyncGenerator<Buffer> {
  // A table of any size may be on its way, and a slow disk must not end the snapshot.
  await client.query('set idle_in_transaction_session_timeout = 0')
  await client.query('begin isolation level repeatable read read only')
  const tables = await listTables(client)
  const server = await client.query<{ server_version: string }>('show server_version')
  yield writeHeader({
    kind: 'manifest',
    format: FORMAT,
    product: 'bavlio',
    version: options.version,
    schema_version: await readSchemaVersion(client),
    postgres: server.rows[0]?.server_version ?? '',
    created_at: clock.now().toISOString(),
    key_fingerprint: keyFingerprint(secrets),
    tables,
    partitions: await listPartitions(client),
  })
  // Before the data, so that a wrong passphrase is noticed before anything is written.
  if (secretKeys && options.passphrase !== null) yield writeHeader(sealSecret(secretKeys, options.passphrase))

  const rows: Record<string, number> = {}
  for (const { name, columns } of tables) {
    yield writeHeader({ kind: 'table', name, body: true })
    // A partitioned table can only be copied as a query.
    const stream = client.query(
      copyTo(`copy (select ${columns.map(quoted).join(', ')} from ${quoted(name)}) to stdout`),
    )
    yield* writeBody(stream)
    rows[name] = stream.rowCount
    result.rows += stream.rowCount
    result.tables++
  }
  yield writeHeader({ kind: 'sequences', values: await listSequences(client) })
  const jobs = await waitingJobs(client)
  result.jobs = jobs.length
  yield writeHeader({ kind: 'jobs', jobs })

  const files = await client.query<{ sha256: Buffer }>('select distinct sha256 from stored_files')
  await client.query('commit')
  for (const { sha256 } of files.rows) {
    const content = await storage.read(sha256).catch(() => null)
    if (!content) {
      result.warnings.push(`the stored file ${sha256.toString('hex')} is missing and not in the backup`)
      continue
    }
    yield writeHeader({ kind: 'file', sha256: sha256.toString('hex'), body: true })
    yield* writeBody(content as AsyncIterable<Uint8Array>)
    result.files++
  }
  yield writeHeader({ kind: 'end', rows, jobs: result.jobs, files: result.files })
}

/**
 * Jobs that have not finished, running ones too: a job is written to be run again, and a message is claimed in its row, so
 * a job that runs a second time sends nothing twice. They are saved by name and input, because the queue's tables belong to
 * the queue and may look different in its next version.
 */
const waitingJobs = async (client: PoolClient): Promise<QueueJob[]> => {
  const found = await client.query<QueueJob>(`
    select t.identifier, j.payload, q.queue_name, to_char(j.run_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as run_at, j.max_attempts, j.priority, j.key
    from ${QUEUE_SCHEMA}._private_jobs j
    join ${QUEUE_SCHEMA}._private_tasks t on t.id = j.task_id
    left join ${QUEUE_SCHEMA}._private_job_queues q on q.id = j.job_queue_id
    where j.attempts < j.max_attempts
    order by j.id`)
  return found.rows
}
