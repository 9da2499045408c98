import { openWorkbook } from '../src/xlsx-reader.ts'

/** Reads every row of the first sheet of the workbook that it is given, and says how long that took. */
const [path = ''] = process.argv.slice(2)
const started = performance.now()
const workbook = await openWorkbook(path)
const table = await workbook.openSheet(workbook.sheets[0]?.name ?? '')
let rows = 0
for await (const batch of table.batches()) rows += batch.rows.length
await workbook.close()
const seconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ rows, seconds, peak_mb: process.resourceUsage().maxRSS / 1024 }))
