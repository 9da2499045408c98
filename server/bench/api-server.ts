import { fastify } from 'fastify'
import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { listCampaigns } from '../src/features/campaigns/queries.ts'
import { createLogger } from '../src/log.ts'

/** One API process for api-list.ts: the product, or a bare Fastify route over the same query. Prints its address. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  workspace_id: string
  folder: string
  secret: string
}
const config = readConfig({
  DATABASE_URL: args.database_url,
  SECRET_KEY: args.secret,
  DATA_DIR: args.folder,
  PORT: '0',
})
const deps = await createDeps({
  config,
  database_url: args.database_url,
  secret_key: args.secret,
  log: createLogger('warn'),
})
const app = process.argv[3] === 'bare' ? fastify() : await buildApp(deps)
if (process.argv[3] === 'bare')
  (app as ReturnType<typeof fastify>).get('/api/v1/campaigns/', async () => {
    const page = { limit: 50, offset: 0, after: null, page: 1, page_size: 50 }
    const { rows, total } = await listCampaigns(deps.db, { workspace_id: args.workspace_id }, page)
    return { items: rows.slice(0, 50), total, has_more: rows.length > 50 }
  })
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
process.on('disconnect', () => process.exit(0))
