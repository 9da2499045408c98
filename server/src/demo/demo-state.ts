import { randomBytes } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { leaveToOwner } from '../db/data-dir-lock.ts'
import { removeEmbeddedPostgres } from '../db/embedded-postgres.ts'
import { readSchemaVersion } from '../db/migrate.ts'
import { findClusterParent } from '../db/postgres-placement.ts'
import { openDatabase, secretPathOf, withClient } from '../instance.ts'
import type { Logger } from '../log.ts'
import { StopError } from '../stop-error.ts'

export const DEMO_EMAIL = 'demo@bavlio.example'

/** What a second run needs to go on with the first one's data. Holds a password and a key, so it is readable by its owner alone. */
export type DemoState = {
  email: string
  password: string
  api_key: string
  workspace_id: string
  /** By the SHA-256 of the file of leads: another file is another campaign. */
  runs: Record<string, { campaign_id: string; old_list_campaign_id: string | null; seconds: number | null }>
}

const pathOf = (config: Config): string => join(config.data_dir, 'demo.json')

export const readDemoState = async (config: Config): Promise<DemoState | null> => {
  const text = await readFile(pathOf(config), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return JSON.parse(text) as DemoState
  } catch {
    // Cut off by a crash of an earlier version of this file: the account is found again by its address.
    return null
  }
}

export const writeDemoState = async (config: Config, state: DemoState): Promise<void> => {
  const draft = `${pathOf(config)}.${randomBytes(4).toString('hex')}.new`
  try {
    const handle = await open(draft, 'wx', 0o600)
    await handle.writeFile(`${JSON.stringify(state, null, 2)}\n`)
    await handle.sync()
    await handle.close()
    await leaveToOwner(draft, config.data_dir)
    await rename(draft, pathOf(config))
  } finally {
    await rm(draft, { force: true })
  }
}

/** Empties the data folder for `--fresh`, unless somebody else's accounts live in it. */
export const startOver = async (config: Config, log: Logger): Promise<void> => {
  if (config.database.url)
    throw new StopError(
      '--fresh deletes only the embedded database. With DATABASE_URL, empty that database yourself, or run the demo without DATABASE_URL.',
      2,
    )
  const cluster = join(await findClusterParent(config.data_dir).catch(() => config.data_dir), 'postgres')
  if (await stat(cluster).catch(() => null)) {
    const database = await openDatabase(config, log)
    let others: string[]
    try {
      others = await withClient(database.url, async (client) => {
        if ((await readSchemaVersion(client)) === 0) return []
        return (
          await client.query<{ email: string }>(
            'select email from users where email <> $1 order by created_at limit 3',
            [DEMO_EMAIL],
          )
        ).rows.map(({ email }) => email)
      })
    } finally {
      await database.close()
    }
    if (others.length)
      throw new StopError(
        `${config.data_dir} also holds accounts that are not the demo's (${others.join(', ')}); --fresh would delete them. Give the demo a folder of its own: DATA_DIR=./data-demo npm run demo`,
      )
    await removeEmbeddedPostgres(config.data_dir, log)
  }
  for (const path of [join(config.data_dir, 'files'), pathOf(config), secretPathOf(config)])
    await rm(path, { recursive: true, force: true })
}
