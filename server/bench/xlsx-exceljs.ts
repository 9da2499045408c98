import ExcelJS from 'exceljs'

/** Reads every row of every sheet of the workbook that it is given, and says how long that took. */
const [path = ''] = process.argv.slice(2)
const started = performance.now()
const workbook = new ExcelJS.stream.xlsx.WorkbookReader(path, {
  worksheets: 'emit',
  sharedStrings: 'cache',
  hyperlinks: 'ignore',
  styles: 'cache',
  entries: 'ignore',
})
let rows = 0
for await (const sheet of workbook) for await (const _ of sheet) rows++
const seconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ rows, seconds, peak_mb: process.resourceUsage().maxRSS / 1024 }))
