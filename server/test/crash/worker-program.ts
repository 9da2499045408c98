import { readConfig } from '../../src/config.ts'
import { createDeps } from '../../src/deps.ts'
import { createLogger } from '../../src/log.ts'
import { buildWorker } from '../../src/worker.ts'

/** One worker process of the product, to be killed. Says `ready` and works until then. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  secret: string
  sink_port: number
  folder: string
  connections: number
}
const config = readConfig({
  DATABASE_URL: args.database_url,
  SECRET_KEY: args.secret,
  DATA_DIR: args.folder,
  SMTP_RELAY_URL: `smtp://127.0.0.1:${args.sink_port}`,
  EGRESS_ALLOW: `127.0.0.1:${args.sink_port}`,
  MAIL_CONNECTIONS: String(args.connections),
})
const deps = await createDeps({
  config,
  database_url: args.database_url,
  secret_key: args.secret,
  log: createLogger('fatal' as 'silent'),
})
await buildWorker(deps).start()
console.log('ready')
process.on('disconnect', () => process.exit(0))
