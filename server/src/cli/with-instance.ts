import type { Config } from '../config.ts'
import { migrate, readSchemaVersion, wantedSchemaVersion } from '../db/migrate.ts'
import { createDeps, type Deps } from '../deps.ts'
import { type InstanceDatabase, joinDatabase, secretOf, withClient } from '../instance.ts'
import type { Logger } from '../log.ts'
import { StopError } from '../stop-error.ts'

/**
 * Runs an operator's command on the instance of this configuration, beside the running server or without one. An embedded
 * database that nobody runs is started for it, migrated as the server would, and stopped again.
 */
export const withInstance = async <T>(
  config: Config,
  log: Logger,
  work: (deps: Deps, database: InstanceDatabase) => Promise<T>,
): Promise<T> => {
  const database = await joinDatabase(config, log)
  try {
    if (database.origin === 'embedded') await migrate(database.url)
    await requireSchema(database)
    // One command needs neither many connections nor counters that are shared with anybody.
    const own: Config = {
      ...config,
      database: { ...config.database, pool: 4 },
      rate_limit: { store: 'memory', redis_url: null },
    }
    const deps = await createDeps({
      config: own,
      database_url: database.url,
      secret_key: await secretOf(config, database),
      log,
    })
    try {
      return await work(deps, database)
    } finally {
      await deps.close()
    }
  } finally {
    await database.close()
  }
}

/** The schema has to be this program's; nothing is migrated under a running server or in somebody's own database. */
const requireSchema = async (database: InstanceDatabase): Promise<void> => {
  const wanted = await wantedSchemaVersion()
  const found = await withClient(database.url, readSchemaVersion)
  if (found === wanted) return
  throw new StopError(
    found > wanted
      ? `The database has schema version ${found}, this program knows ${wanted}: use the newer program.`
      : `The database has schema version ${found}, this program needs ${wanted}. Run "bavlio migrate" first.`,
  )
}
