import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import ExcelJS from 'exceljs'
import type { BenchContext, Measurement } from './bench.ts'
import { runProgram } from './child-process.ts'

const ROWS = 100_000

type Read = { rows: number; seconds: number; peak_mb: number }

/**
 * Rows a second out of a workbook of 100,000 rows × 13 columns with shared strings, numbers and dates, as an import gets them
 * (header found, cells as text), against the streaming reader of exceljs alone, which gives cells and nothing else. Each reads
 * the same file in a process of its own, twice in turns, and the better time counts.
 */
export const measureXlsx = async (context: BenchContext): Promise<Measurement> => {
  const path = join(context.folder, 'leads.xlsx')
  await writeLeads(path)
  try {
    let ours = 0
    let limit = 0
    for (let round = 1; round <= 2; round++) {
      const own = await runProgram<Read>('./xlsx-ours.ts', [path])
      const bare = await runProgram<Read>('./xlsx-exceljs.ts', [path])
      if (own.rows !== ROWS || bare.rows !== ROWS + 1)
        throw new Error(`The readers disagree: ${own.rows} and ${bare.rows} rows.`)
      context.note(
        `round ${round}: ours ${(own.rows / own.seconds).toFixed(0)} rows/s with ${own.peak_mb.toFixed(0)} MB, exceljs ${(bare.rows / bare.seconds).toFixed(0)} rows/s with ${bare.peak_mb.toFixed(0)} MB at the peak`,
      )
      ours = Math.max(ours, own.rows / own.seconds)
      limit = Math.max(limit, ROWS / bare.seconds)
    }
    return { ours, limit, unit: 'rows/s' }
  } finally {
    await rm(path, { force: true })
  }
}

const writeLeads = async (path: string): Promise<void> => {
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ filename: path, useSharedStrings: true, useStyles: true })
  const sheet = workbook.addWorksheet('Leads')
  sheet
    .addRow(
      'Email|First Name|Last Name|Company|Domain|Title|LinkedIn URL|Phone|Country|City|Employees|Revenue|Created'.split(
        '|',
      ),
    )
    .commit()
  for (let n = 0; n < ROWS; n++) {
    const row = sheet.addRow([
      `person${n}@company${n % 5000}.example`,
      `First${n % 900}`,
      `Last${n % 3000}`,
      `Company ${n % 5000} GmbH`,
      `company${n % 5000}.example`,
      ['CEO', 'CTO', 'Head of Sales'][n % 3],
      `https://www.linkedin.com/in/person-${n}`,
      `+49 30 ${1_000_000 + n}`,
      'Germany',
      'Berlin',
      n % 700,
      n * 1.37,
      new Date(Date.UTC(2020, 0, 1 + (n % 2000))),
    ])
    row.commit()
  }
  await workbook.commit()
}
