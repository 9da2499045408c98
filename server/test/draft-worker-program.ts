import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { createLogger } from '../src/log.ts'
import { buildWorker } from '../src/worker.ts'

/** One worker process of the product whose messages a model writes, to be killed. `args.env` are its settings. */
const args = JSON.parse(process.argv[2] ?? '{}') as { database_url: string; env: Record<string, string> }
const secret = '5a'.repeat(32)
const deps = await createDeps({
  config: readConfig({ ...args.env, DATABASE_URL: args.database_url, SECRET_KEY: secret }),
  database_url: args.database_url,
  secret_key: secret,
  log: createLogger('fatal' as 'silent'),
})
await buildWorker(deps).start()
process.on('disconnect', () => process.exit(0))
