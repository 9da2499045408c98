import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { importCsvFile } from '../src/features/uploads/import-csv.ts'
import { createLogger } from '../src/log.ts'
import { BENCH_SECRET } from './bench-database.ts'

/** Imports one file in a process of its own, so that what it needs at most can be read off the process. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  folder: string
  path: string
  workspace_id: string
  user_id: string
}
const deps = await createDeps({
  config: readConfig({ DATABASE_URL: args.database_url, SECRET_KEY: BENCH_SECRET, DATA_DIR: args.folder }),
  database_url: args.database_url,
  secret_key: BENCH_SECRET,
  log: createLogger('error'),
})
const idle_mb = process.memoryUsage().rss / 1e6
const started = performance.now()
const made = await importCsvFile(deps, {
  workspace_id: args.workspace_id,
  user_id: args.user_id,
  path: args.path,
  filename: 'leads.csv',
  dataset_name: 'bench',
  now: deps.clock.now(),
})
const seconds = (performance.now() - started) / 1000
await deps.close()
console.log(JSON.stringify({ ...made, seconds, idle_mb, peak_mb: (process.resourceUsage().maxRSS * 1024) / 1e6 }))
