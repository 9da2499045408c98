import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { migrate } from '../src/db/migrate.ts'
import { createLogger } from '../src/log.ts'

/**
 * Holds every statement that a run of the suite sent (record-statements.ts) against an older PostgreSQL: it has to understand,
 * over the same tables, what the newer one understands. `older-postgres.ts FOLDER URL`, where URL is an empty database of the
 * older server. What neither of them prepares (`begin`, statements about tables that a test made) says nothing and is left out.
 */
const [folder, olderUrl] = process.argv.slice(2)
if (!folder || !olderUrl) throw new Error('Give the folder of the statements and the URL of a database.')

const statements = new Set<string>()
for (const name of await readdir(folder))
  for (const text of JSON.parse(await readFile(join(folder, name), 'utf8')) as string[]) statements.add(text)

/** What a server says against preparing a statement; null where it is understood. */
const objections = async (url: string): Promise<Map<string, string | null>> => {
  await migrate(url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const found = new Map<string, string | null>()
  for (const text of statements)
    try {
      await client.query(`prepare held as ${text}`)
      await client.query('deallocate held')
      found.set(text, null)
    } catch (error) {
      found.set(text, (error as Error).message)
    }
  await client.end()
  return found
}

const home = await mkdtemp(join(tmpdir(), 'bavlio-older-'))
const server = await startEmbeddedPostgres({ dataDir: join(home, 'data'), log: createLogger('silent') })
try {
  const newer = await objections(server.url)
  const older = await objections(olderUrl)
  let understood = 0
  let failed = 0
  for (const [text, objection] of newer) {
    if (objection !== null) continue
    const refused = older.get(text)
    if (refused === null) understood++
    else {
      failed++
      console.log(`${refused}\n  ${text.replace(/\s+/g, ' ').trim().slice(0, 500)}`)
    }
  }
  console.log(`${understood} statements are understood, ${failed} are not`)
  process.exitCode = failed || understood < 1_000 ? 1 : 0
} finally {
  await server.stop()
  await rm(home, { recursive: true, force: true })
}
