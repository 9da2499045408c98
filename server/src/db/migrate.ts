import { readdir, readFile } from 'node:fs/promises'
import { runMigrations } from 'graphile-worker'
import pg from 'pg'

const folder = new URL('./migrations/', import.meta.url)

export type Migration = { version: number; name: string }

export const listMigrations = async (): Promise<Migration[]> => {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort()
  return names.map((name) => ({ version: Number(name.slice(0, 4)), name }))
}

/** The schema version this program needs. */
export const wantedSchemaVersion = async (): Promise<number> => (await listMigrations()).at(-1)?.version ?? 0

/** The schema version the database has; 0 for an empty one. */
export const readSchemaVersion = async (client: pg.ClientBase | pg.Pool): Promise<number> => {
  const found = await client.query<{ exists: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as exists`,
  )
  if (!found.rows[0]?.exists) return 0
  const version = await client.query<{ version: number }>(
    'select coalesce(max(version), 0)::int as version from schema_migrations',
  )
  return version.rows[0]?.version ?? 0
}

/**
 * Brings the schema up to date, forward only, each file in its own transaction, under an advisory lock so that several
 * processes may start at once. Throws when the database is newer than this program.
 */
export const migrate = async (url: string, onProgress: (migration: Migration) => void = () => {}): Promise<number> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(hashtext('bavlio:migrate'))`)
    const server = await client.query<{ server_version_num: string }>('show server_version_num')
    if (Number(server.rows[0]?.server_version_num) < 150_000) throw new Error('PostgreSQL 15 or newer is needed.')
    await client.query('create table if not exists schema_migrations (version integer primary key, name text not null)')
    const current = await readSchemaVersion(client)
    const migrations = await listMigrations()
    const wanted = migrations.at(-1)?.version ?? 0
    if (current > wanted)
      throw new Error(
        `The database has schema version ${current}, this program knows ${wanted}: run the newer program.`,
      )
    for (const migration of migrations.filter(({ version }) => version > current)) {
      const sql = await readFile(new URL(migration.name, folder), 'utf8')
      await client.query('begin')
      try {
        await client.query(sql)
        await client.query('insert into schema_migrations values ($1, $2)', [migration.version, migration.name])
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw new Error(`Migration ${migration.name} failed: ${(error as Error).message}`, { cause: error })
      }
      onProgress(migration)
    }
    await runMigrations({ connectionString: url, schema: QUEUE_SCHEMA })
    return wanted
  } finally {
    await client.query(`select pg_advisory_unlock(hashtext('bavlio:migrate'))`).catch(() => {})
    await client.end()
  }
}

export const QUEUE_SCHEMA = 'graphile_worker'
