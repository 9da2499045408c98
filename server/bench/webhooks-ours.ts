import { sql } from 'kysely'
import { readConfig } from '../src/config.ts'
import { createDeps } from '../src/deps.ts'
import { publishWaiting } from '../src/features/webhooks/publish-waiting.ts'
import { createWebhookSender } from '../src/features/webhooks/send-deliveries.ts'
import { createLogger } from '../src/log.ts'
import { BENCH_SECRET } from './bench-database.ts'

/** Publishes what was captured and delivers it, as a worker process does. Prints { per_second, body }. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  folder: string
  port: number
  deliveries: number
}
const config = readConfig({
  DATABASE_URL: args.database_url,
  SECRET_KEY: BENCH_SECRET,
  DATA_DIR: args.folder,
  EGRESS_ALLOW: `127.0.0.1:${args.port}`,
})
const deps = await createDeps({
  config,
  database_url: args.database_url,
  secret_key: BENCH_SECRET,
  log: createLogger('error'),
})
const sender = createWebhookSender(deps)
const started = performance.now()
const publishing = (async () => {
  while (await publishWaiting(deps));
})()
let done = 0
while (done < args.deliveries) {
  const found = await sender.tick.run(deps)
  if (found) continue
  await publishing
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from webhook_deliveries where status = 'delivered'`.execute(deps.db)
  done = rows[0]?.n ?? 0
}
await sender.idle()
const per_second = args.deliveries / ((performance.now() - started) / 1000)
const { rows } = await sql<{ body: string }>`select body from published_events limit 1`.execute(deps.db)
console.log(JSON.stringify({ per_second, body: rows[0]?.body }))
process.exit(0)
