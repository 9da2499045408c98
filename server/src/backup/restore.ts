import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Config } from '../config.ts'
import { migrate, QUEUE_SCHEMA, readSchemaVersion, wantedSchemaVersion } from '../db/migrate.ts'
import { joinDatabase, listProcesses, readSecretFile, withClient, writeSecretFile } from '../instance.ts'
import type { Logger } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { createEgressPolicy } from '../ports/egress.ts'
import { createStorage } from '../ports/storage/choose-storage.ts'
import { createSecrets } from '../secrets.ts'
import { StopError } from '../stop-error.ts'
import { ArchiveError, FORMAT, type Frame, type Header, type Manifest, openSecret, readFrames } from './archive.ts'
import { keyFingerprint } from './backup.ts'
import { isPlainName, isRangeBound, listTables, quoted, SEEDED } from './tables.ts'

export type RestoreParts = { config: Config; log: Logger; clock: Clock; passphrase: () => Promise<string> }

export type RestoreResult = {
  tables: number
  rows: number
  jobs: number
  files: number
  created_at: string
  warnings: string[]
}

/**
 * Puts a backup into an empty database of the same schema version. The whole archive is applied in one transaction: a
 * truncated file, a wrong passphrase or a full disk leaves the database as empty as it was.
 */
export const restore = async (parts: RestoreParts, from: string): Promise<RestoreResult> => {
  const { config, log, clock } = parts
  const path = resolve(from)
  const found = await stat(path).catch(() => null)
  if (!found?.isFile()) throw new StopError(`There is no file ${path}.`)
  const database = await joinDatabase(config, log)
  try {
    if (database.origin === 'running')
      throw new StopError(
        `The server is running on ${config.data_dir} (process ${database.owner_pid}). Stop it before you restore.`,
      )
    const before = await withClient(database.url, readSchemaVersion)
    if (before === 0) await migrate(database.url)
    else if (database.origin === 'given' && before === (await wantedSchemaVersion())) {
      const living = await listProcesses(database.url, clock.now())
      if (living.length)
        throw new StopError(
          `Processes are at work on this database (${living.map(({ role, hostname }) => `${role} on ${hostname}`).join(', ')}). Stop them before you restore.`,
        )
    }
    return await withClient(database.url, (client) => apply(client, parts, path, database.origin === 'embedded')).catch(
      (error) => {
        if (error instanceof ArchiveError) throw new StopError(`${path}: ${error.message}`, 1, { cause: error })
        const { code } = error as NodeJS.ErrnoException
        if (code === 'Z_BUF_ERROR')
          throw new StopError(`${path}: The archive ends in the middle: it is truncated.`, 1, { cause: error })
        if (code === 'Z_DATA_ERROR')
          throw new StopError(`${path}: This is not an archive of this program, or it is damaged.`, 1, { cause: error })
        throw error
      },
    )
  } finally {
    await database.close()
  }
}

const apply = async (
  client: pg.Client,
  parts: RestoreParts,
  path: string,
  isEmbedded: boolean,
): Promise<RestoreResult> => {
  const { config } = parts
  const source = createReadStream(path)
  const unpacked = createGunzip()
  // The error of either comes out of the reading of `unpacked`; this promise only must not be left unhandled.
  const unpacking = pipeline(source, unpacked).catch(() => {})
  const frames = readFrames(unpacked)
  const work = join(config.data_dir, `restore-${randomBytes(4).toString('hex')}`)
  const storage = createStorage(config, createEgressPolicy(config.egress_allow))
  const result: RestoreResult = { tables: 0, rows: 0, jobs: 0, files: 0, created_at: '', warnings: [] }
  let secretKeys: string[] | null = null
  let end: Extract<Header, { kind: 'end' }> | null = null
  const rows: Record<string, number> = {}
  try {
    const manifest = await readManifest(frames)
    result.created_at = manifest.created_at
    await mkdir(work, { recursive: true, mode: 0o700 })
    await client.query('begin')
    await client.query('set local lock_timeout = 0')
    const tables = await requireFit(client, manifest)
    for (const name of SEEDED) await client.query(`delete from ${quoted(name)}`)
    await makePartitions(client, manifest)
    // The figures that triggers keep are in the backup; counted again they would be double.
    for (const name of tables.keys()) await client.query(`alter table ${quoted(name)} disable trigger user`)

    for await (const { header, body } of frames) {
      if (end) throw new ArchiveError('Something follows its end: it is damaged.')
      switch (header.kind) {
        case 'secret':
          secretKeys = openSecret(header, await parts.passphrase())
          break
        case 'table': {
          const columns = tables.get(header.name)
          if (!columns) throw new ArchiveError(`It holds the table ${header.name}, which it does not announce.`)
          const copy = client.query(
            copyFrom(`copy ${quoted(header.name)} (${columns.map(quoted).join(', ')}) from stdin`),
          )
          await pipeline(Readable.from(body()), copy)
          rows[header.name] = copy.rowCount
          result.rows += copy.rowCount
          result.tables++
          break
        }
        case 'sequences':
          for (const [name, value] of Object.entries(header.values))
            await client.query('select setval($1::regclass, $2::bigint)', [`public.${quoted(name)}`, value])
          break
        case 'jobs':
          for (const job of header.jobs)
            await client.query(
              `select ${QUEUE_SCHEMA}.add_job($1::text, payload := $2::json, queue_name := $3::text, run_at := $4::timestamptz, max_attempts := $5::int, job_key := $6::text, priority := $7::int)`,
              [
                job.identifier,
                JSON.stringify(job.payload),
                job.queue_name,
                job.run_at,
                job.max_attempts,
                job.key,
                job.priority,
              ],
            )
          result.jobs = header.jobs.length
          break
        case 'file': {
          const draft = join(work, header.sha256.replaceAll(/[^0-9a-f]/g, ''))
          const hash = createHash('sha256')
          await pipeline(
            Readable.from(body()),
            async function* (chunks: AsyncIterable<Buffer>) {
              for await (const chunk of chunks) {
                hash.update(chunk)
                yield chunk
              }
            },
            createWriteStream(draft, { flags: 'wx', mode: 0o600 }),
          )
          const sha256 = hash.digest()
          if (sha256.toString('hex') !== header.sha256)
            throw new ArchiveError(`The file ${header.sha256} in it is damaged.`)
          await storage.adopt(draft, sha256)
          result.files++
          break
        }
        case 'end':
          end = header
          break
        case 'manifest':
          throw new ArchiveError('It has two beginnings: it is damaged.')
      }
    }
    await unpacking
    if (!end) throw new ArchiveError('The archive ends in the middle: it is truncated.')
    for (const [name, count] of Object.entries(end.rows))
      if (rows[name] !== count)
        throw new ArchiveError(`The table ${name} came with ${rows[name] ?? 0} rows of ${count}: it is damaged.`)
    for (const name of tables.keys()) await client.query(`alter table ${quoted(name)} enable trigger user`)
    result.warnings.push(...(await placeSecret(config, secretKeys, manifest, isEmbedded)))
    await client.query('commit')
    await client.query('analyze')
    const live = await client.query<{ n: number }>(
      `select count(*)::int as n from campaigns c join workspaces w on w.id = c.workspace_id where w.mode = 'live' and c.status in ('scheduled', 'active', 'draining')`,
    )
    if (live.rows[0]?.n)
      result.warnings.push(
        `${live.rows[0].n} campaigns of live workspaces are running in this backup. What they sent after ${manifest.created_at} is not in it and would be sent again: pause them first if they went on elsewhere.`,
      )
    return result
  } catch (error) {
    // The connection may be in the middle of a COPY; closing it is the one sure way to roll back.
    ;(client as unknown as { connection: { stream: { destroy: () => void } } }).connection.stream.destroy()
    throw error
  } finally {
    source.destroy()
    unpacked.destroy()
    await storage.close()
    await rm(work, { recursive: true, force: true })
  }
}

const readManifest = async (frames: AsyncGenerator<Frame>): Promise<Manifest> => {
  const first = await frames.next()
  const header = first.done ? null : first.value.header
  if (header?.kind !== 'manifest' || header.product !== 'bavlio')
    throw new ArchiveError('This is not an archive of this program, or it is damaged.')
  if (header.format !== FORMAT)
    throw new ArchiveError(
      `It has format ${header.format}, this program reads ${FORMAT}: use the version that wrote it (${header.version}).`,
    )
  return header
}

/** The tables of the archive with their columns, if the database is of the same version, has them all, and is empty. */
const requireFit = async (client: pg.Client, manifest: Manifest): Promise<Map<string, string[]>> => {
  const version = await readSchemaVersion(client)
  if (version !== manifest.schema_version)
    throw new StopError(
      `The backup has schema version ${manifest.schema_version} and the database ${version}. Restore it with the version that wrote it (${manifest.version}) into a database of that version, and upgrade then.`,
    )
  const here = await listTables(client)
  const full: string[] = []
  for (const { name } of here) {
    if (SEEDED.includes(name)) continue
    const found = await client.query(`select 1 from ${quoted(name)} limit 1`)
    if (found.rowCount) full.push(name)
  }
  if (full.length)
    throw new StopError(
      `The database is not empty (${full.slice(0, 5).join(', ')}${full.length > 5 ? ' and others' : ''} hold rows). A backup is restored only into an empty one: give a new DATA_DIR or DATABASE_URL.`,
    )
  const mine = new Map(here.map(({ name, columns }) => [name, columns]))
  for (const { name, columns } of manifest.tables)
    if (columns.join() !== mine.get(name)?.join())
      throw new StopError(
        `The table ${name} of the backup is not as this version has it, although both say schema version ${version}. Restore it with the version that wrote it (${manifest.version}).`,
      )
  return new Map(manifest.tables.map(({ name, columns }) => [name, columns]))
}

const makePartitions = async (client: pg.Client, manifest: Manifest): Promise<void> => {
  for (const { name, parent, bound } of manifest.partitions) {
    const found = await client.query('select to_regclass($1) is not null as exists', [`public.${quoted(name)}`])
    if (found.rows[0]?.exists) continue
    if (!isPlainName(name) || !isPlainName(parent) || !isRangeBound(bound))
      throw new ArchiveError(`The partition ${name} in it is not one that this program makes.`)
    await client.query(`create table ${quoted(name)} partition of ${quoted(parent)} ${bound}`)
  }
}

/**
 * Puts the key of the backup where the server will look for it, before the data is committed. Where the key is given by
 * the environment it cannot be set from here; it then lies in a file beside, and the person is told.
 */
const placeSecret = async (
  config: Config,
  secretKeys: string[] | null,
  manifest: Manifest,
  isEmbedded: boolean,
): Promise<string[]> => {
  const fits = (key: string, old: string[]): boolean =>
    [key, ...old].some((candidate) => keyFingerprint(createSecrets(candidate)) === manifest.key_fingerprint)
  const present = config.secret_key ?? (await readSecretFile(config))
  if (secretKeys) {
    const [key = '', ...old] = secretKeys
    if (present && fits(present, config.old_secret_keys)) return []
    if (isEmbedded && !config.secret_key) {
      await writeSecretFile(config, key)
      return old.length ? [`The backup also holds ${old.length} earlier keys; set OLD_SECRET_KEYS as it was.`] : []
    }
    const path = join(config.data_dir, 'restored-secret')
    await writeFile(`${path}.new`, `${secretKeys.join('\n')}\n`, { mode: 0o600, flush: true })
    await rename(`${path}.new`, path)
    return [
      `SECRET_KEY is not the key of this backup. That key is now in ${path}: set SECRET_KEY to it (further lines are OLD_SECRET_KEYS), then delete the file.`,
    ]
  }
  if (present && fits(present, config.old_secret_keys)) return []
  return [
    `The backup was made with another secret key and does not hold it. Put that key into ${config.database.url ? 'SECRET_KEY' : join(config.data_dir, 'secret')} before you start: without it links in mail already sent and the signing keys of domains do not work.`,
  ]
}
