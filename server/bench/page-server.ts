import { buildApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { createLogger } from '../src/log.ts'

/**
 * The product for page-first-paint.ts, with one page more that holds a single word: what a first paint costs at least, from
 * the same server. Prints where it listens and a log-in for each window that will be opened.
 */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  folder: string
  secret: string
  user_id: string
  windows: number
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
const app = await buildApp(deps)
app.get('/empty-page', async (_request, reply) =>
  reply
    .type('text/html; charset=utf-8')
    .send('<!doctype html><html lang="en"><head><title>Empty</title></head><body><h1>Empty</h1></body></html>'),
)
const address = await app.listen({ host: '127.0.0.1', port: 0 })
const refresh_tokens: string[] = []
for (let n = 0; n < args.windows; n++) refresh_tokens.push((await deps.sessions.open(args.user_id)).refresh_token)
console.log(JSON.stringify({ address, refresh_tokens }))
process.on('disconnect', () => process.exit(0))
