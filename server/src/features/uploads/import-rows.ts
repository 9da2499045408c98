import type { Readable } from 'node:stream'
import { sql } from 'kysely'
import type { LeadField } from '../../column-mapping.ts'
import { openCsv } from '../../csv-reader.ts'
import type { CopyIn, CopyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import { storedColumns } from './inspect-csv.ts'
import { createRowReader, ignoredColumns, type RowIssue } from './read-row.ts'

export type ImportPlan = {
  import_id: string
  workspace_id: string
  dataset_id: string
  column_mapping: Record<string, LeadField>
  max_rows: number
}

export type ImportCounts = {
  rows_read: number
  rows_imported: number
  rows_rejected: number
  rows_duplicate: number
  rows_known: number
  rows_without_email: number
}

/** The file itself is why the import cannot be done; trying again would end the same. The message is for people. */
export class ImportFault extends Error {}

/** Notices are kept up to here, each kind by itself, and counted beyond: a second import of the same million people needs no million lines. */
const MOST_NOTICES = 10_000
/** The COPY of rows is interrupted for what was rejected when that has grown to this many characters. */
const ISSUES_HELD = 2 << 20

const ROWS =
  'copy dataset_rows (id, workspace_id, dataset_id, import_id, row_index, source_row, email, data) from stdin'
const ISSUES =
  'copy import_issues (import_id, workspace_id, seq, source_row, severity, code, message, column_name, row_values) from stdin'

/**
 * Streams a file into `dataset_rows` and `import_issues` inside the caller's transaction, so that all of it appears in one
 * commit. Memory holds one batch of rows, the issues not yet written and 12 bytes for each address.
 *
 * Positions (`row_index`) run from 0 without gaps over the rows that were imported. The dataset must be new: positions
 * start at 0. Throws ImportFault for a file with more rows than `max_rows`.
 */
export const importRows = async (
  { tx, copyInto }: CopyTransaction,
  plan: ImportPlan,
  source: Readable,
  onBatch: (bytesRead: number, rowsRead: number) => void = () => {},
): Promise<ImportCounts> => {
  const file = await openCsv(source)
  const { read } = createRowReader(file.columns, plan.column_mapping)
  const counts: ImportCounts = {
    rows_read: 0,
    rows_imported: 0,
    rows_rejected: 0,
    rows_duplicate: 0,
    rows_known: 0,
    rows_without_email: 0,
  }
  const constant = `\t${plan.workspace_id}\t${plan.dataset_id}\t${plan.import_id}\t`
  const ignored = ignoredColumns(file.columns).size
  let copy: CopyIn | null = null
  let issues = ''
  const heldIssues: string[] = []
  let held = 0
  let seq = 0
  let otherNotices = 0

  const note = (sourceRow: number, issue: RowIssue, values: string[]): void => {
    issues += `${plan.import_id}\t${plan.workspace_id}\t${seq++}\t${sourceRow}\t${issue.severity}\t${issue.code}\t${copyText(issue.message)}\t${
      issue.column_name === null ? '\\N' : copyText(issue.column_name)
    }\t${copyText(textArray(ignored ? values.slice(ignored) : values))}\n`
  }
  const writeIssues = async (): Promise<void> => {
    if (!heldIssues.length) return
    await copy?.end()
    copy = copyInto(ISSUES)
    for (const text of heldIssues) await copy.write(text)
    await copy.end()
    copy = null
    heldIssues.length = 0
    held = 0
  }

  for await (const batch of file.batches()) {
    let text = ''
    for (const row of batch.rows) {
      const verdict = read(row)
      if ('severity' in verdict) {
        if (verdict.severity === 'rejected') counts.rows_rejected++
        else counts.rows_duplicate++
        note(row.source_row, verdict, row.values)
        continue
      }
      text += `${newId()}${constant}${counts.rows_imported++}\t${row.source_row}\t${verdict.email ?? '\\N'}\t${verdict.json}\n`
      if (verdict.email === null) counts.rows_without_email++
      if (verdict.notice && otherNotices++ < MOST_NOTICES) note(row.source_row, verdict.notice, row.values)
    }
    counts.rows_read += batch.rows.length
    if (counts.rows_read > plan.max_rows)
      throw new ImportFault(
        `The file has more than ${plan.max_rows} rows, the limit of this instance (IMPORT_MAX_ROWS).`,
      )
    if (text) {
      copy ??= copyInto(ROWS)
      await copy.write(text)
    }
    if (issues) {
      // Copied out of the batch's text, which a slice would keep in memory.
      heldIssues.push(Buffer.from(issues).toString())
      held += issues.length
      issues = ''
      if (held > ISSUES_HELD) await writeIssues()
    }
    onBatch(batch.bytes_read, counts.rows_read)
  }
  await writeIssues()
  await (copy as CopyIn | null)?.end()
  counts.rows_known = await noteKnownAddresses(
    tx,
    plan,
    seq,
    storedColumns(file.columns).map(({ name }) => name),
  )
  return counts
}

/**
 * Addresses that another dataset of the workspace has already: imported, counted, and the first of them named by row. One
 * look into the index per new row, forced by the limit: the planner has no statistics about rows of this very transaction
 * and was seen to compare every row with every other.
 */
const noteKnownAddresses = async (tx: Tx, plan: ImportPlan, seq: number, columns: string[]): Promise<number> => {
  const others = await sql`
    select 1 from datasets where workspace_id = ${plan.workspace_id} and dataset_id <> ${plan.dataset_id} and row_count > 0 limit 1`.execute(
    tx,
  )
  if (!others.rows.length) return 0
  const found = await sql<{ n: number }>`
    with known as materialized (
      select r.row_index from dataset_rows r cross join lateral (
        select 1 from dataset_rows o
        where o.workspace_id = ${plan.workspace_id} and o.email = r.email and o.removed_at is null and o.dataset_id <> ${plan.dataset_id} limit 1) found
      where r.dataset_id = ${plan.dataset_id} and r.removed_at is null and r.email is not null
    ), named as (
      select row_index, row_number() over (order by row_index) as n from known order by row_index limit ${MOST_NOTICES}
    ), noted as (
      insert into import_issues (import_id, workspace_id, seq, source_row, severity, code, message, row_values)
      select ${plan.import_id}, ${plan.workspace_id}, ${seq} + named.n - 1, r.source_row, 'notice', 'known_in_workspace',
        r.email || ' is known already, from the dataset "' || coalesce((
          select d.dataset_name from dataset_rows o join datasets d on d.dataset_id = o.dataset_id
          where o.workspace_id = ${plan.workspace_id} and o.email = r.email and o.removed_at is null and o.dataset_id <> ${plan.dataset_id}
          order by o.dataset_id limit 1), '') || '".',
        array(select coalesce(r.data ->> c.name, '') from unnest(${columns}::text[]) with ordinality c (name, n) order by c.n)
      from named cross join lateral (
        select source_row, email, data from dataset_rows
        where dataset_id = ${plan.dataset_id} and row_index = named.row_index and removed_at is null limit 1) r
    )
    select count(*)::int as n from known`.execute(tx)
  return found.rows[0]?.n ?? 0
}

const COPY_ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

const copyText = (text: string): string =>
  /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (character) => COPY_ESCAPES[character] as string) : text

/** An array literal of PostgreSQL, each element quoted. */
const textArray = (values: string[]): string =>
  `{${values.map((value) => `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`).join(',')}}`
