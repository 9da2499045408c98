import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { createTenant, type TestTenant } from '../../test/builders.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { readConfig } from '../config.ts'
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts'
import { migrate } from '../db/migrate.ts'
import { transaction } from '../db/transaction.ts'
import { launchJob } from '../features/campaigns/jobs.ts'
import { newId } from '../ids.ts'
import { type InstanceDatabase, readSecretFile } from '../instance.ts'
import { createLogger } from '../log.ts'
import { systemClock } from '../ports/clock.ts'
import { enqueue } from '../queue/enqueue.ts'
import { sha256 } from '../secrets.ts'
import { backup } from './backup.ts'
import { restore } from './restore.ts'
import { inOrder, listTables, quoted } from './tables.ts'

const SECRET = '5a'.repeat(32)
const PASSPHRASE = 'correct horse battery'
const silent = createLogger('silent')

/** Every row of every table as text, for comparing two databases; the queue's jobs by what a worker sees of them. */
const contentOf = async (url: string): Promise<Record<string, string[]>> => {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' })
  await client.connect()
  try {
    const content: Record<string, string[]> = {}
    for (const { name } of await listTables(client)) {
      const rows = await client.query<{ row: string }>(`select t::text as row from ${quoted(name)} t order by 1`)
      if (rows.rowCount) content[name] = rows.rows.map(({ row }) => row)
    }
    const jobs = await client.query<{ job: string }>(`
      select concat_ws('|', t.identifier, j.payload, j.key, j.max_attempts, j.priority, j.run_at) as job
      from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id order by 1`)
    content.jobs = jobs.rows.map(({ job }) => job)
    const partitions = await client.query<{ name: string }>(
      `select relname as name from pg_class where relispartition and relkind = 'r' order by 1`,
    )
    content.partitions = partitions.rows.map(({ name }) => name)
    return content
  } finally {
    await client.end()
  }
}

describe('backup and restore', () => {
  let h: Harness
  let tenant: TestTenant
  let folder: string
  let archive: string
  let source: string
  let database: InstanceDatabase
  const file = randomBytes(300_000)

  const save = (name: string, passphrase: string | null): Promise<string> => {
    const to = join(folder, name)
    const config = readConfig({ DATA_DIR: h.deps.config.data_dir, SECRET_KEY: SECRET })
    return backup(
      { pool: h.deps.pool, storage: h.deps.storage, secrets: h.deps.secrets, clock: h.deps.clock },
      { to, version: 'test', passphrase, config, database },
    ).then(() => to)
  }

  /** A data folder of its own, with the embedded PostgreSQL, for restoring into. */
  const target = async (name: string) => {
    const config = readConfig({ DATA_DIR: join(folder, name) })
    return {
      config,
      restore: (from: string, passphrase = PASSPHRASE) =>
        restore({ config, log: silent, clock: systemClock, passphrase: async () => passphrase }, from),
      look: async <T>(work: (url: string) => Promise<T>): Promise<T> => {
        const server = await startEmbeddedPostgres({
          dataDir: config.data_dir,
          log: silent,
          settings: { fsync: 'off' },
        })
        try {
          return await work(server.url)
        } finally {
          await server.stop()
        }
      },
    }
  }

  before(async () => {
    h = await startHarness()
    folder = await mkdtemp(join(tmpdir(), 'bavlio-backup-'))
    await chmod(folder, 0o711)
    tenant = await createTenant(h)
    const { db, clock } = h.deps
    const now = clock.now()
    const url = await sql<{ name: string }>`select current_database() as name`.execute(db)
    const { host, port, user, password } = h.deps.pool.options as unknown as Record<string, string | undefined>
    source = String(
      (h.deps.pool.options as { connectionString?: string }).connectionString ??
        `postgres://${user}:${password}@${host}:${port}/${url.rows[0]?.name}`,
    )
    database = { url: source, origin: 'given', owner_pid: null, postgres: null, close: async () => {} }

    // Rows whose triggers count: counted twice they would show.
    const dataset = newId()
    await sql`insert into datasets (dataset_id, workspace_id, user_id, dataset_name, pipeline_type, source_type, status, created_at, updated_at)
      values (${dataset}, ${tenant.workspace_id}, ${tenant.user_id}, ${'Zoë\t"quoted"\\N\nname'}, 'personalization', 'csv', 'completed', ${now}, ${now})`.execute(
      db,
    )
    const campaign = newId()
    await sql`insert into campaigns (campaign_id, workspace_id, user_id, dataset_id, name, type, status, launch_type, daily_limit, sending_window_start,
        sending_window_end, min_interval_seconds, timezone, send_days, steps_config, created_at, updated_at)
      values (${campaign}, ${tenant.workspace_id}, ${tenant.user_id}, ${dataset}, 'c', 'email', 'paused', 'immediate', 10, '09:00', '17:00', 60, 'UTC',
        ${['mon']}, '[]', ${now}, ${now})`.execute(db)
    for (let i = 0; i < 5; i++) {
      const lead = newId()
      await sql`insert into campaign_leads (campaign_lead_id, workspace_id, campaign_id, dataset_row_id, row_index, status, lead_data, zone, created_at, updated_at)
        values (${lead}, ${tenant.workspace_id}, ${campaign}, ${newId()}, ${i}, 'active', ${JSON.stringify({ n: i, text: 'ü\u2028' })}, '', ${now}, ${now})`.execute(
        db,
      )
      const email = newId()
      await sql`insert into emails (id, workspace_id, user_id, campaign_id, campaign_lead_id, step, variant_label, alias_id, domain_id, from_email, to_email,
          receiving_provider, status, due_at, created_at, updated_at)
        values (${email}, ${tenant.workspace_id}, ${tenant.user_id}, ${campaign}, ${lead}, 1, 'A', ${newId()}, ${newId()}, 'a@b.example', 'c@d.example', 'other',
          'queued', ${now}, ${now}, ${now})`.execute(db)
      await sql`update emails set status = 'delivered', sent_at = ${now}, delivered_at = ${now} where id = ${email}`.execute(
        db,
      )
    }
    await sql`create table events_2026_01 partition of events for values from ('2026-01-01 00:00:00+00') to ('2026-02-01 00:00:00+00')`
      .execute(db)
      .catch(() => {})
    await sql`insert into events (event_id, workspace_id, event_type, occurred_at) values (${newId()}, ${tenant.workspace_id}, 'sent', '2026-01-15T00:00:00Z')`.execute(
      db,
    )
    await transaction(db, (tx) => enqueue(tx, launchJob, { campaign_id: campaign, job_id: newId() }, { key: 'launch' }))
    const path = join(folder, 'upload')
    await writeFile(path, file)
    await h.deps.storage.adopt(path, sha256(file))
    await sql`insert into stored_files (id, workspace_id, filename, sha256, size_bytes, created_at)
      values (${newId()}, ${tenant.workspace_id}, 'upload.csv', ${sha256(file)}, ${file.length}, ${now})`.execute(db)
    archive = await save('all.backup', PASSPHRASE)
  })
  after(async () => {
    await h.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('everything comes back: rows, figures that triggers keep, partitions, waiting jobs, files and the key', async () => {
    const before = await contentOf(source)
    const to = await target('whole')
    const made = await to.restore(archive)
    assert.deepEqual(made.warnings, [])
    assert.equal(made.files, 1)
    assert.equal(made.jobs, 1)
    assert.ok((before.campaign_step_counts ?? []).length > 0, 'the source has figures to compare')
    assert.ok((before.events ?? []).length > 0, 'the source has an event in a partition')
    const after = await to.look(contentOf)
    assert.deepEqual(after, before)
    const hex = sha256(file).toString('hex')
    assert.ok((await readFile(join(to.config.data_dir, 'files', hex.slice(0, 2), hex))).equals(file))
    assert.equal(await readSecretFile(to.config), SECRET)
    assert.equal((await stat(join(to.config.data_dir, 'secret'))).mode & 0o777, 0o600)
  })

  test('triggers work again after a restore', async () => {
    const to = await target('whole')
    await to.look(async (url) => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        const off = await client.query(`select tgname from pg_trigger where tgenabled = 'D'`)
        assert.deepEqual(off.rows, [])
      } finally {
        await client.end()
      }
    })
  })

  test('a database that holds rows is refused and stays as it is', async () => {
    const to = await target('whole')
    const before = await to.look(contentOf)
    await assert.rejects(to.restore(archive), /not empty \(.*hold rows\)/)
    assert.deepEqual(await to.look(contentOf), before)
  })

  test('a database of another schema version is refused', async () => {
    const to = await target('other-version')
    await to.look(async (url) => {
      await migrate(url)
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(`insert into schema_migrations values (9999, '9999_later.sql')`)
      await client.end()
    })
    await assert.rejects(to.restore(archive), /schema version \d+ and the database 9999/)
  })

  test('a truncated archive is refused wherever it ends, and leaves an empty database', async () => {
    const { size } = await stat(archive)
    const to = await target('truncated')
    for (const length of [Math.floor(size / 3), size - 9]) {
      const cut = join(folder, `cut-${length}`)
      await writeFile(cut, await readFile(archive))
      await truncate(cut, length)
      await assert.rejects(to.restore(cut), /truncated/)
    }
    const left = await to.look(contentOf)
    assert.deepEqual(Object.keys(left).sort(), ['jobs', 'partitions', 'plans'])
    assert.deepEqual(left.jobs, [])
  })

  test('a wrong passphrase is refused before anything is written', async () => {
    const to = await target('truncated')
    await assert.rejects(to.restore(archive, 'wrong horse battery'), /passphrase is wrong/)
    assert.equal(await readSecretFile(to.config), null)
    assert.deepEqual(Object.keys(await to.look(contentOf)).sort(), ['jobs', 'partitions', 'plans'])
  })

  test('a file that is no archive is refused', async () => {
    const path = join(folder, 'nonsense')
    await writeFile(path, 'this is not gzip')
    const to = await target('truncated')
    await assert.rejects(to.restore(path), /not an archive of this program/)
  })

  test('without the secret key a backup says so when it is restored beside another key', async () => {
    const plain = await save('plain.backup', null)
    assert.equal((await stat(plain)).mode & 0o777, 0o600)
    const to = await target('truncated')
    const made = await to.restore(plain)
    assert.match(made.warnings.join(), /made with another secret key and does not hold it/)
    assert.equal(await readSecretFile(to.config), null)
  })

  test('a backup overwrites nothing, and a short passphrase is refused', async () => {
    await assert.rejects(save('all.backup', null), /exists already/)
    await assert.rejects(save('short.backup', 'short'), /at least 8 characters/)
  })
})

test('parents come before children, and a circle is named', () => {
  assert.deepEqual(
    inOrder(
      ['c', 'b', 'a'],
      [
        { child: 'a', parent: 'b' },
        { child: 'b', parent: 'c' },
      ],
    ),
    ['c', 'b', 'a'],
  )
  assert.throws(
    () =>
      inOrder(
        ['a', 'b'],
        [
          { child: 'a', parent: 'b' },
          { child: 'b', parent: 'a' },
        ],
      ),
    /a, b refer to each other in a circle/,
  )
})
