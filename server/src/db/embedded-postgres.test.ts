import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { findDataDirOwner, lockDataDir } from './data-dir-lock.ts'
import {
  type EmbeddedPostgres,
  findRunningPostgres,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from './embedded-postgres.ts'
import { findPostgresBinaries, openPostgresPackage } from './postgres-binaries.ts'
import { placePostgres } from './postgres-placement.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const isRoot = process.getuid?.() === 0
const notRoot = isRoot ? false : 'needs root'

let root = ''
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'bavlio-postgres-'))
  await chmod(root, 0o755)
})
after(async () => {
  await rm(root, { recursive: true, force: true })
})

async function folder(name: string, mode = 0o755): Promise<string> {
  const path = join(root, name)
  await mkdir(path)
  await chmod(path, mode)
  return path
}

function start(dataDir: string, folders: string[] = []): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDir, log: quiet, folders })
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe('one data folder through its life', () => {
  let dataDir = ''
  before(async () => {
    dataDir = join(await folder('life'), 'data')
  })

  test('the first start makes a durable UTF-8 PostgreSQL 18 that only loopback and the password open', async () => {
    const postgres = await start(dataDir)
    try {
      const [row] = await query(
        postgres.url,
        `select current_setting('server_version_num')::int / 10000 as major, current_setting('server_encoding') as encoding,
           current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
           current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
           lower('ÄŐ') as lower_case, (select datlocale from pg_database where datname = current_database()) as locale`,
      )
      assert.deepEqual(row, {
        major: 18,
        encoding: 'UTF8',
        fsync: 'on',
        synchronous_commit: 'on',
        listen: '127.0.0.1',
        sockets: '',
        lower_case: 'äő',
        locale: 'C.UTF-8',
      })
      assert.equal((await stat(join(dataDir, 'postgres-password'))).mode & 0o777, 0o600)
      assert.equal(postgres.placement.moved_because, null)
      await assert.rejects(
        query(postgres.url.replace(/:[^:@]+@/, ':wrong@'), 'select 1'),
        /password authentication failed/,
      )
      await query(postgres.url, 'create table kept (n int)')
      await query(postgres.url, 'insert into kept values (1)')

      await assert.rejects(start(dataDir), { code: 'DATA_DIR_IN_USE', pid: process.pid })
      const running = await findRunningPostgres(dataDir)
      assert.deepEqual(running, { url: postgres.url, port: postgres.port, owner_pid: process.pid })

      await postgres.restart('immediate')
      assert.deepEqual(await query(postgres.url, 'select n from kept'), [{ n: 1 }], 'the same url after a restart')
    } finally {
      await Promise.all([postgres.stop(), postgres.stop()])
    }
    assert.equal(await findRunningPostgres(dataDir), null)
  })

  test('a start after SIGKILL of the whole program, its database left running, keeps what was committed', async () => {
    const url = JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)
    const script = `import { startEmbeddedPostgres } from ${url}
      const quiet = { debug() {}, info() {}, warn() {}, error() {} }
      console.log((await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: quiet, folders: [] })).url)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    await query(String(line), 'insert into kept values (2)')

    const postmaster = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
    if (process.platform === 'linux') process.kill(await findGuardOf(postmaster), 'SIGKILL')
    child.kill('SIGKILL')
    await once(child, 'exit')

    const began = performance.now()
    const postgres = await start(dataDir)
    try {
      assert.ok(performance.now() - began < 3000, 'the start took less than three seconds')
      assert.deepEqual(await query(postgres.url, 'select n from kept order by n'), [{ n: 1 }, { n: 2 }])
    } finally {
      await postgres.stop()
    }
  })

  test('a database that is killed while the program runs comes back on the same address', async () => {
    const died = Promise.withResolvers<void>()
    const log = { ...quiet, error: () => died.resolve() }
    const postgres = await startEmbeddedPostgres({ dataDir, log, folders: [] })
    try {
      const pid = Number((await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0])
      process.kill(pid, 'SIGKILL')
      await died.promise
      await postgres.restart()
      assert.equal((await query(postgres.url, 'select n from kept')).length, 2)
    } finally {
      await postgres.stop()
    }
  })

  test('a lost password file costs the password and not the data', async () => {
    await rm(join(dataDir, 'postgres-password'))
    const postgres = await start(dataDir)
    try {
      assert.equal((await query(postgres.url, 'select n from kept')).length, 2)
    } finally {
      await postgres.stop()
    }
  })

  test('a lock file that names a living stranger does not keep the database from starting', async () => {
    // Our own test process stands for the stranger that got the old id after a reboot.
    const stale = `${process.pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n\nready   \n`
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), stale)
    await writeFile(join(dataDir, 'bavlio.pid'), `${process.ppid}\nanother moment\n`)
    const postgres = await start(dataDir)
    await postgres.stop()
  })

  test('data of another PostgreSQL version is refused with the way to bring it over, and left as it is', async () => {
    const versionFile = join(dataDir, 'postgres', 'PG_VERSION')
    const own = await readFile(versionFile, 'utf8')
    await writeFile(versionFile, '17\n')
    await assert.rejects(start(dataDir), /made by PostgreSQL 17.*bavlio backup.*bavlio restore/)
    await writeFile(versionFile, own)
    assert.equal(await findDataDirOwner(dataDir), null, 'a failed start frees the folder')
  })

  test('removing the database leaves the rest of the folder', async () => {
    await writeFile(join(dataDir, 'secret'), 'x')
    await removeEmbeddedPostgres(dataDir, quiet)
    assert.deepEqual(await readdir(dataDir), ['bavlio.lock', 'secret'])
  })
})

async function findGuardOf(postmaster: number): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const words = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0')
    if (words.includes('bavlio-postgres-guard') && words.includes(String(postmaster))) return Number(name)
  }
  throw new Error(`PostgreSQL ${postmaster} has no guard`)
}

test('of many that take one folder at once exactly one gets it, also after a crash, and the next one after it', async () => {
  const dataDir = await folder('contended')
  await writeFile(join(dataDir, 'bavlio.lock'), '')
  await writeFile(join(dataDir, 'bavlio.pid'), `${process.pid}\nanother moment\n`)
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataDir(dataDir)))
  const winners = results.filter((result) => result.status === 'fulfilled')
  assert.equal(winners.length, 1)
  assert.equal(await findDataDirOwner(dataDir), process.pid)
  const lockUrl = JSON.stringify(new URL('./data-dir-lock.ts', import.meta.url).href)
  const script = `import { lockDataDir } from ${lockUrl}
    await lockDataDir(${JSON.stringify(dataDir)}).catch((error) => console.log(error.code, error.pid))`
  const other = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  assert.equal(
    other.stdout.trim(),
    `DATA_DIR_IN_USE ${process.pid}`,
    'losing attempts of ours do not open it to others',
  )
  await winners[0]?.value.release()
  assert.equal(await findDataDirOwner(dataDir), null)
  await (await lockDataDir(dataDir)).release()
})

test('missing links of the libraries are made by any number of processes at once, and again without harm', async () => {
  const directory = await folder('package')
  await mkdir(join(directory, 'native', 'lib'), { recursive: true })
  await writeFile(join(directory, 'package.json'), '{ "version": "18.4.0" }')
  await writeFile(join(directory, 'native', 'lib', 'libx.so.5.18'), 'library')
  await writeFile(
    join(directory, 'native', 'pg-symlinks.json'),
    '[{ "source": "native/lib/libx.so.5.18", "target": "native/lib/libx.so.5" }]',
  )
  const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgresPackage(directory)))
  assert.deepEqual(
    opened.map(({ missingLinks }) => missingLinks),
    [[], [], [], [], []],
  )
  assert.equal(await readFile(join(directory, 'native', 'lib', 'libx.so.5'), 'utf8'), 'library')
})

test('as root, a closed folder sends the data elsewhere; it is found again, follows a move and refuses a copy', {
  skip: notRoot,
}, async () => {
  const closed = await folder('closed', 0o700)
  const folders = [join(root, 'reachable')]
  const dataDir = join(closed, 'data')
  const first = await start(dataDir, folders)
  try {
    assert.match(first.placement.moved_because ?? '', /cannot enter .*closed \(mode 0700\)/)
    assert.equal(dirname(dirname(first.placement.data)), folders[0])
    assert.equal((await readFile(join(dataDir, 'postgres-location'), 'utf8')).trim(), dirname(first.placement.data))
    await query(first.url, 'create table kept as select 1 as n')
  } finally {
    await first.stop()
  }

  const copied = await folder('copied', 0o700)
  await cp(dataDir, join(copied, 'data'), { recursive: true })
  await assert.rejects(start(join(copied, 'data'), folders), /is a copy of/)

  await rename(closed, join(root, 'closed-moved'))
  const moved = await start(join(root, 'closed-moved', 'data'), folders)
  try {
    assert.equal(moved.placement.data, first.placement.data)
    assert.deepEqual(await query(moved.url, 'select n from kept'), [{ n: 1 }])
  } finally {
    await moved.stop()
  }

  await rm(dirname(first.placement.data), { recursive: true })
  await assert.rejects(start(join(root, 'closed-moved', 'data'), folders), /which does not exist/)
})

test('as root, data that a move has put into a closed folder is carried out of it', { skip: notRoot }, async () => {
  const open = await folder('open')
  const folders = [join(root, 'reachable-2')]
  const first = await start(join(open, 'data'), folders)
  await query(first.url, 'create table kept as select 1 as n')
  await first.stop()
  assert.equal(first.placement.moved_because, null)

  await chmod(open, 0o700)
  const second = await start(join(open, 'data'), folders)
  try {
    assert.match(second.placement.moved_because ?? '', /cannot enter .*open \(mode 0700\)/)
    assert.deepEqual(await query(second.url, 'select n from kept'), [{ n: 1 }])
  } finally {
    await second.stop()
  }
})

test('as root, binaries in a closed folder are copied once to where they can run', { skip: notRoot }, async () => {
  const closed = await folder('closed-package', 0o700)
  const { directory } = await findPostgresBinaries()
  await cp(dirname(directory), join(closed, 'package'), { recursive: true, verbatimSymlinks: true })
  const binaries = await openPostgresPackage(join(closed, 'package'))
  const dataDir = await folder('plain')
  const folders = [join(root, 'reachable-3')]

  const first = await placePostgres(dataDir, dataDir, binaries, folders)
  assert.match(first.movedBecause ?? '', /cannot run the binaries in .*closed-package \(mode 0700\)/)
  assert.equal(dirname(first.binaries.directory), folders[0])
  const made = (await lstat(first.binaries.directory)).ctimeMs
  const second = await placePostgres(dataDir, dataDir, binaries, folders)
  assert.equal(second.binaries.directory, first.binaries.directory)
  assert.equal((await lstat(second.binaries.directory)).ctimeMs, made)
})
