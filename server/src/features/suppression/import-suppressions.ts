import { createReadStream } from 'node:fs'
import { guessField, guessMapping } from '../../column-mapping.ts'
import { type CsvFile, NotCsvError, openCsv, TooManyColumnsError } from '../../csv-reader.ts'
import type { CsvRow } from '../../csv-records.ts'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { type EntryTarget, type ReadTarget, readEntryTarget } from './entry-target.ts'
import { addEntries, lockImports } from './queries.ts'
import type { SuppressionImportResult, SuppressionReason } from './schema.ts'

const BATCH_ROWS = 2_000
const PROBLEMS_SHOWN = 100
const SAMPLE_ROWS = 200

export type ImportRequest = {
  workspace_id: string
  user_id: string
  path: string
  reason: SuppressionReason
  kind?: 'address' | 'domain'
  note: string | null
  now: Date
}

const DOMAIN_HEADER = /^@?domains?$/i

const unreadable = (message: string) =>
  problem('UNREADABLE_FILE', message, { details: [{ loc: ['body', 'file'], msg: message, type: 'unreadable_file' }] })

const open = async (path: string): Promise<CsvFile> => {
  try {
    return await openCsv(createReadStream(path), { batch_size: BATCH_ROWS })
  } catch (error) {
    if (error instanceof NotCsvError || error instanceof TooManyColumnsError) throw unreadable(error.message)
    throw error
  }
}

/**
 * Which column to read, or -1. Addresses go first: a lead export has a column of company domains too, and its rows without
 * an address must not silence whole companies. With kind domain it is the other way round. A list of one column needs no
 * heading.
 */
const chooseColumn = (
  file: CsvFile,
  rows: CsvRow[],
  kind: ImportRequest['kind'],
): { index: number; domains: boolean } => {
  const names = file.columns.map(({ name }) => name)
  const samples = rows
    .slice(0, SAMPLE_ROWS)
    .map((row) => Object.fromEntries(names.map((name, i) => [name, row.values[i] ?? ''])))
  const { mapping } = guessMapping(names, samples)
  const email = names.findIndex((name) => mapping[name] === 'email')
  const domain = names.findIndex((name) => DOMAIN_HEADER.test(name) || guessField(name) === 'company_domain')
  const order = kind === 'domain' ? [domain, email] : [email, domain]
  const index = order.find((found) => found !== -1) ?? (names.length === 1 ? 0 : -1)
  return { index, domains: kind === 'domain' || (index !== -1 && index === domain && index !== email) }
}

const readRow = (row: CsvRow, column: { index: number; domains: boolean }): ReadTarget & { value: string } => {
  const value = row.values[column.index]?.trim() ?? ''
  if (row.problem && !row.problem.usable)
    return { ok: false, code: row.problem.code, message: row.problem.message, value }
  return { ...readEntryTarget(value, column.domains && !value.includes('@') ? 'domain' : undefined), value }
}

const importInto = async (tx: Tx, request: ImportRequest): Promise<SuppressionImportResult> => {
  const result: SuppressionImportResult = { rows: 0, added: 0, already: 0, invalid: 0, problems: [] }
  const file = await open(request.path)
  let column: ReturnType<typeof chooseColumn> | null = null
  for await (const { rows } of file.batches()) {
    column ??= chooseColumn(file, rows, request.kind)
    if (column.index === -1)
      throw unreadable('No column of the file holds e-mail addresses or domains; name one "email" or "domain".')
    const targets: EntryTarget[] = []
    for (const row of rows) {
      const read = readRow(row, column)
      if (read.ok) targets.push({ kind: read.kind, email: read.email })
      else {
        result.invalid++
        if (result.problems.length < PROBLEMS_SHOWN)
          result.problems.push({
            row: row.source_row,
            value: read.value.slice(0, 200).toWellFormed(),
            code: read.code,
            message: read.message,
          })
      }
    }
    const added = targets.length
      ? await addEntries(tx, { ...request, targets, source: 'import', created_by: request.user_id })
      : 0
    result.rows += rows.length
    result.added += added
    result.already += targets.length - added
  }
  if (!column) throw unreadable('The file has no rows.')
  return result
}

/**
 * Adds a file's addresses and domains to the list, all of them in one commit. A bad row is reported and never stops the
 * good ones; memory does not grow with the file. Throws UNREADABLE_FILE, and CONFLICT while another import of the
 * workspace takes too long.
 */
export const importSuppressions = async (
  deps: Pick<Deps, 'db'>,
  request: ImportRequest,
): Promise<SuppressionImportResult> => {
  try {
    return await transaction(deps.db, async (tx) => {
      await lockImports(tx, request.workspace_id)
      return importInto(tx, request)
    })
  } catch (error) {
    if ((error as { code?: string }).code === '55P03')
      throw problem('CONFLICT', 'Another import of this list is still running.')
    throw error
  }
}
