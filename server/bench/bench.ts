import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { createLogger } from '../src/log.ts'
import { measureApiList } from './api-list.ts'
import { measureDownload, measureDownloadMemory } from './download.ts'
import { measureDrafts } from './drafts.ts'
import { measurePageGrowth, measureStatsGrowth, measureTickGrowth } from './growth.ts'
import { measureImport } from './import-csv.ts'
import { measureImportMillion } from './import-million.ts'
import { measureInbound } from './inbound.ts'
import { measureHomeFirstPaint, measurePageFirstPaint } from './page-first-paint.ts'
import { measurePlaygroundStatus } from './playground-status.ts'
import { measureSend } from './send.ts'
import { measureSendDirect } from './send-direct.ts'
import { measureColdStart, measureIdleMemory } from './startup.ts'
import { measureWebhooks } from './webhooks.ts'
import { measureXlsx } from './xlsx.ts'

/**
 * Speed and memory as ratios to a limit that is measured in the same run on the same machine, so that a slow or busy machine
 * does not change the verdict. `ours` and `limit` share the unit; for rates and for sizes alike a ratio that meets the goal
 * is good, and `goal` says which side that is.
 */
export type Measurement = {
  ours: number
  limit: number
  unit: string
  /** Something else that was measured on the way and is not as promised: the goal is missed whatever the ratio. */
  broken?: string | null
}

export type BenchContext = { database_url: string; folder: string; note: (text: string) => void }

type Bench = {
  name: string
  goal: string
  meets: (ratio: number) => boolean
  /** Null where a program that it needs is not installed. */
  measure: (context: BenchContext) => Promise<Measurement | null>
}

const atLeast = (goal: number): Pick<Bench, 'goal' | 'meets'> => ({
  goal: `>= ${goal}`,
  meets: (ratio) => ratio >= goal,
})
const atMost = (goal: number): Pick<Bench, 'goal' | 'meets'> => ({
  goal: `<= ${goal}`,
  meets: (ratio) => ratio <= goal,
})

const BENCHES: Bench[] = [
  { name: 'send', ...atLeast(1), measure: measureSend },
  { name: 'send_direct', ...atLeast(0.05), measure: measureSendDirect },
  { name: 'inbound', ...atLeast(0.2), measure: measureInbound },
  { name: 'api_list', ...atLeast(0.5), measure: measureApiList },
  { name: 'webhooks', ...atLeast(0.2), measure: measureWebhooks },
  { name: 'playground_status', ...atLeast(0.5), measure: measurePlaygroundStatus },
  // At most 1.3 times the time of the bare calls.
  { name: 'drafts', ...atLeast(0.77), measure: measureDrafts },
  { name: 'import_csv', ...atLeast(0.3), measure: measureImport },
  { name: 'import_million', ...atLeast(0.3), measure: measureImportMillion },
  { name: 'xlsx', ...atLeast(1), measure: measureXlsx },
  { name: 'download', ...atLeast(0.2), measure: measureDownload },
  { name: 'download_memory', ...atMost(1.5), measure: measureDownloadMemory },
  { name: 'tick_growth', ...atMost(1.5), measure: measureTickGrowth },
  { name: 'page_growth', ...atMost(1.5), measure: measurePageGrowth },
  { name: 'stats_growth', ...atMost(1.5), measure: measureStatsGrowth },
  { name: 'page_first_paint', ...atMost(8), measure: measurePageFirstPaint },
  { name: 'home_first_paint', ...atMost(12), measure: measureHomeFirstPaint },
  { name: 'cold_start_s', ...atMost(1), measure: measureColdStart },
  { name: 'idle_rss_mb', ...atMost(1), measure: measureIdleMemory },
]

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true } },
  strict: true,
  allowPositionals: false,
})
const wanted = values.only?.flatMap((names) => names.split(','))
const unknown = wanted?.filter((name) => !BENCHES.some((bench) => bench.name === name)) ?? []
if (unknown.length) {
  console.error(`No such benchmark: ${unknown.join(', ')}. There are: ${BENCHES.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

const folder = await mkdtemp(join(tmpdir(), 'bavlio-bench-'))
// As root the database runs as another user, who has to walk in here; else it would be placed elsewhere, and stay there.
await chmod(folder, 0o711)
const log = createLogger('error')
const results: { name: string; ours: number; limit: number; unit: string; ratio: number; goal: string; met: string }[] =
  []
let isShort = false
// fsync and synchronous_commit stay on: a figure without them would be about another product.
const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), log })
try {
  for (const bench of BENCHES.filter(({ name }) => !wanted || wanted.includes(name))) {
    process.stderr.write(`${bench.name} …\n`)
    const measured = await bench.measure({
      database_url: server.url,
      folder,
      note: (text) => process.stderr.write(`  ${text}\n`),
    })
    if (!measured) continue
    const { ours, limit, unit } = measured
    const ratio = ours / limit
    const isMet = bench.meets(ratio) && !measured.broken
    if (measured.broken) process.stderr.write(`  ${measured.broken}\n`)
    if (!isMet) isShort = true
    results.push({
      name: bench.name,
      ours: round(ours),
      limit: round(limit),
      unit,
      ratio: round(ratio),
      goal: bench.goal,
      met: isMet ? 'yes' : 'NO',
    })
  }
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

console.table(results)
if (values.json) console.log(JSON.stringify(results))
process.exitCode = isShort ? 1 : 0
