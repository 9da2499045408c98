import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { createLogger } from '../src/log.ts'
import { buildWorker } from '../src/worker.ts'
import { pricedEnrichment } from './priced-enrichment.ts'

/** One worker process of the product that is to be killed: asked about the lead in `args.stop_at` it says so and never answers. */
const args = JSON.parse(process.argv[2] ?? '{}') as { database_url: string; data_dir: string; stop_at: string }
const deps = await createDeps(
  {
    config: readConfig({ DATA_DIR: args.data_dir, DATABASE_URL: args.database_url, SECRET_KEY: '5a'.repeat(32) }),
    database_url: args.database_url,
    secret_key: '5a'.repeat(32),
    log: createLogger('fatal' as 'silent'),
  },
  {
    enrichment: pricedEnrichment(async (leads) => {
      if (!leads.some(({ linkedin_url }) => linkedin_url?.endsWith(args.stop_at))) return
      process.send?.('asked')
      await new Promise(() => {})
    }),
  },
)
await buildWorker(deps).start()
process.on('disconnect', () => process.exit(0))
