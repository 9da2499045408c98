import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type pg from 'pg'
import { to } from 'pg-copy-streams'
import { newId } from '../src/ids.ts'
import { sha256 } from '../src/secrets.ts'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, type BenchTenant, createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { startProgram } from './child-process.ts'

const ROWS = Number(process.env.BENCH_DOWNLOAD_ROWS ?? 1_000_000)
/** Of the same size each. */
const PARTS = 10
const COLUMNS = [
  'Email',
  'First name',
  'Last name',
  'Company',
  'Title',
  'Country',
  'City',
  'Phone',
  'Website',
  'LinkedIn',
  'Employees',
  'Note',
  'Score',
]

/** Rows as an import of a usual export leaves them: 13 columns, some 350 bytes of text. */
const fillDataset = async (client: pg.Client, tenant: BenchTenant, datasetId: string, rows: number): Promise<void> => {
  await client.query(
    `insert into datasets (dataset_id, workspace_id, user_id, dataset_name, pipeline_type, source_type, status, columns, column_mapping, row_count, created_at, updated_at)
     values ($1, $2, $3, 'Bench', 'enrichment', 'csv', 'completed', $4, '{}', $5, $6, $6)`,
    [datasetId, tenant.workspace_id, tenant.user_id, JSON.stringify(COLUMNS), rows, new Date()],
  )
  await client.query(
    `insert into dataset_rows (id, workspace_id, dataset_id, row_index, source_row, data)
     select gen_random_uuid(), $1, $2, n, n + 2,
       jsonb_build_object('Email', 'person' || n || '@company' || (n % 5000) || '.example', 'First name', 'Pia' || (n % 1000), 'Last name', 'Person' || (n % 7777),
         'Company', 'Company ' || (n % 5000) || ', Ltd', 'Title', (array['CEO', 'CTO', 'Head of Sales', 'Engineer'])[1 + n % 4],
         'Country', (array['Norway', 'Germany', 'France', 'Spain', 'Italy'])[1 + n % 5], 'City', 'City ' || (n % 300), 'Phone', '+47 ' || (20000000 + n),
         'Website', 'https://company' || (n % 5000) || '.example', 'LinkedIn', 'https://www.linkedin.com/in/person-' || n, 'Employees', (n % 10000)::text,
         'Note', 'A note about person number ' || n, 'Score', (n % 100)::text)
     from generate_series(0, $3::bigint - 1) n`,
    [tenant.workspace_id, datasetId, rows],
  )
}

/** COPY of the very table that a CSV export holds, read to its end. */
const copyAlone = async (client: pg.Client, datasetId: string): Promise<number> => {
  const cells = COLUMNS.map((column) => `data->>'${column}'`).join(', ')
  const started = performance.now()
  const stream = client.query(
    to(
      `copy (select ${cells} from dataset_rows where dataset_id = '${datasetId}' and removed_at is null order by row_index) to stdout with (format csv)`,
    ),
  )
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.length
  if (bytes < ROWS * 100) throw new Error(`COPY gave ${bytes} bytes`)
  return ROWS / ((performance.now() - started) / 1000)
}

type Server = Awaited<ReturnType<typeof startProgram>>

/** The most memory that the process ever held, in MB. Linux only; NaN elsewhere. */
const peakOf = async (server: Server): Promise<number> => {
  const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024
}

const download = async (server: Server, key: string, datasetId: string, format: string): Promise<number> => {
  const response = await fetch(`${server.line}/api/v1/datasets/${datasetId}/download?format=${format}`, {
    headers: { authorization: `Bearer ${key}` },
  })
  if (response.status !== 200 || !response.body) throw new Error(`the download answered ${response.status}`)
  let bytes = 0
  for await (const chunk of response.body) bytes += chunk.length
  return bytes
}

type Taken = { seconds: number; bytes: number; idle_mb: number; peak_mb: number }
type Measured = { rates: Measurement; memory: Measurement }

const measureBoth = async (context: BenchContext): Promise<Measured> => {
  const database = await createBenchDatabase(context.database_url)
  try {
    const tenant = await createBenchTenant(database.client, { aliases: 1 })
    const key = `bav_live_${randomBytes(32).toString('base64url')}`
    await database.client.query(
      `insert into api_keys (id, workspace_id, user_id, name, key_prefix, key_hash, created_at) values ($1, $2, $3, 'bench', $4, $5, $6)`,
      [newId(), tenant.workspace_id, tenant.user_id, key.slice(0, 17), sha256(key), new Date()],
    )
    const [part, whole] = [newId(), newId()]
    await fillDataset(database.client, tenant, part, ROWS / PARTS)
    await fillDataset(database.client, tenant, whole, ROWS)
    await database.client.query('vacuum analyze dataset_rows')
    const args = JSON.stringify({
      database_url: database.url,
      workspace_id: tenant.workspace_id,
      folder: context.folder,
      secret: BENCH_SECRET,
    })
    /** In a process of its own: the time of all downloads together, and the most memory that the process ever held. */
    const alone = async (datasetId: string, format: string, times: number): Promise<Taken> => {
      const server = await startProgram('./api-server.ts', [args, 'product'])
      try {
        const idle_mb = await peakOf(server)
        const started = performance.now()
        let bytes = 0
        for (let n = 0; n < times; n++) bytes += await download(server, key, datasetId, format)
        return { seconds: (performance.now() - started) / 1000, bytes, idle_mb, peak_mb: await peakOf(server) }
      } finally {
        await server.stop()
      }
    }
    const limits = [await copyAlone(database.client, whole)]
    let ours = 0
    let memory: Measurement | null = null
    for (const format of ['csv', 'json', 'excel']) {
      const [parts, all] = [await alone(part, format, PARTS), await alone(whole, format, 1)]
      const ratio = all.peak_mb / parts.peak_mb
      context.note(
        `${format}: ${(ROWS / all.seconds).toFixed(0)} rows/s, ${(all.bytes / 1e6).toFixed(0)} MB; memory ${all.peak_mb.toFixed(0)} MB at most, ${parts.peak_mb.toFixed(0)} MB for the same rows in ${PARTS} downloads (× ${ratio.toFixed(2)}), ${all.idle_mb.toFixed(0)} MB before`,
      )
      if (format === 'csv') ours = ROWS / all.seconds
      if (!memory || ratio > memory.ours / memory.limit)
        memory = { ours: all.peak_mb, limit: parts.peak_mb, unit: 'MB' }
    }
    limits.push(await copyAlone(database.client, whole))
    return {
      rates: { ours, limit: Math.max(...limits), unit: 'rows/s' },
      memory: memory as Measurement,
    }
  } finally {
    await database.drop()
  }
}

/** Both figures come from the same downloads. */
let measured: Promise<Measured> | null = null

/**
 * The download of 1,000,000 rows × 13 columns as CSV over HTTP, against PostgreSQL's own COPY of the same cells in the same
 * order. Beside it the rate of the other formats and, for each in a process of its own, the most memory that it took.
 */
export const measureDownload = async (context: BenchContext): Promise<Measurement> => {
  measured ??= measureBoth(context)
  return (await measured).rates
}

/**
 * The most memory of a server that gives 1,000,000 rows in one download, against one that gives as many in ten: the same
 * work, of which never more than a tenth belongs together, so that nothing but the size of the download can make the
 * difference. Of the three formats that in which it is largest.
 */
export const measureDownloadMemory = async (context: BenchContext): Promise<Measurement> => {
  measured ??= measureBoth(context)
  return (await measured).memory
}
