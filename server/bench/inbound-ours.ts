import { sql } from 'kysely'
import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { listenInbound } from '../src/features/inbound/inbound-listener.ts'
import { createLogger } from '../src/log.ts'
import { buildWorker } from '../src/worker.ts'
import { BENCH_SECRET } from './bench-database.ts'

/** Takes mail and understands it, as a worker process does. Prints its port; says over IPC when as many as asked are filed. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  folder: string
  dns_server: string
  messages: number
}
const deps = await createDeps({
  config: readConfig({
    DATABASE_URL: args.database_url,
    SECRET_KEY: BENCH_SECRET,
    DATA_DIR: args.folder,
    DNS_SERVERS: args.dns_server,
  }),
  database_url: args.database_url,
  secret_key: BENCH_SECRET,
  log: createLogger('error'),
})
const { port } = await listenInbound(deps)
await buildWorker(deps).start()
process.stdout.write(`${port}\n`)
process.on('disconnect', () => process.exit(0))
for (;;) {
  await new Promise((next) => setTimeout(next, 20))
  // Counted only when nothing waits: counting all along would cost what is measured.
  const { rows } = await sql<{ n: number }>`
    select case when exists (select from inbound_deliveries where processed_at is null) then 0
      else (select count(*) from inbound_deliveries) end::int as n`.execute(deps.db)
  if ((rows[0]?.n ?? 0) < args.messages) continue
  process.send?.('done')
  break
}
