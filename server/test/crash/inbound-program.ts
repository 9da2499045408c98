import { readConfig } from '../../src/config.ts'
import { createDeps } from '../../src/deps.ts'
import { listenInbound } from '../../src/features/inbound/inbound-listener.ts'
import { createLogger } from '../../src/log.ts'
import { buildWorker } from '../../src/worker.ts'

/** One process of the product that takes mail and works, to be killed. Tells the port it listens on and works until then. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  secret: string
  folder: string
  dns_server: string
}
const deps = await createDeps({
  config: readConfig({
    DATABASE_URL: args.database_url,
    SECRET_KEY: args.secret,
    DATA_DIR: args.folder,
    SHARED_DATA_DIR: '1',
    DNS_SERVERS: args.dns_server,
  }),
  database_url: args.database_url,
  secret_key: args.secret,
  log: createLogger('fatal' as 'silent'),
})
const { port } = await listenInbound(deps)
await buildWorker(deps).start()
process.on('disconnect', () => process.exit(0))
process.send?.({ port })
