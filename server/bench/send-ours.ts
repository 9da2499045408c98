import { readConfig } from '../src/config.ts'
import { transaction } from '../src/db/transaction.ts'
import { createDeps } from '../src/deps.ts'
import { enqueueSends } from '../src/features/campaigns/dispatch-due.ts'
import { createLogger } from '../src/log.ts'
import { buildWorker } from '../src/worker.ts'
import { BENCH_SECRET } from './bench-database.ts'

/** One worker process of the product, from the queue on; started by send.ts. Prints { per_second }. */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  database_url: string
  workspace_id: string
  sink_port: number
  messages: number
  folder: string
  /** Set: direct to MX, looked up there. Not set: the sink is a relay. */
  dns_server?: string
}
const config = readConfig({
  DATABASE_URL: args.database_url,
  SECRET_KEY: BENCH_SECRET,
  DATA_DIR: args.folder,
  ...(args.dns_server
    ? {
        MAIL_DELIVERY: 'direct',
        MAIL_HOST_NAME: 'sender.bench.test',
        MX_PORT: String(args.sink_port),
        DNS_SERVERS: args.dns_server,
      }
    : { SMTP_RELAY_URL: `smtp://127.0.0.1:${args.sink_port}` }),
  EGRESS_ALLOW: `127.0.0.1:${args.sink_port}`,
})
const deps = await createDeps({
  config,
  database_url: args.database_url,
  secret_key: BENCH_SECRET,
  log: createLogger('warn'),
})
const worker = buildWorker(deps)
await worker.start()
const started = performance.now()
await transaction(deps.db, (tx) => enqueueSends(tx, args.workspace_id, args.messages))
for (;;) {
  await new Promise((done) => setTimeout(done, 50))
  const left = await deps.pool.query(`select 1 from emails where status in ('queued', 'sending') limit 1`)
  if (!left.rows.length) break
}
const seconds = (performance.now() - started) / 1000
const delivered = await deps.pool.query<{ n: number }>(
  `select count(*) as n from emails where status = 'delivered' and campaign_id = (select campaign_id from campaigns order by created_at desc limit 1)`,
)
if (delivered.rows[0]?.n !== args.messages)
  throw new Error(`${delivered.rows[0]?.n} of ${args.messages} were delivered`)
if (process.env.CPU) console.error('cpu', process.cpuUsage(), 'seconds', seconds)
console.log(JSON.stringify({ per_second: args.messages / seconds }))
await worker.stop()
await deps.close()
process.exit(0)
