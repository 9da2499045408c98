import { createHash, type Hash } from 'node:crypto'
import { sql } from 'kysely'
import { type ColumnName, type LeadField, normalizeColumnNames } from '../../column-mapping.ts'
import { type CsvRow, LARGEST_RECORD } from '../../csv-records.ts'
import type { CopyTransaction } from '../../db/copy-transaction.ts'
import type { Tx } from '../../db/transaction.ts'
import { notFound } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { countKnownAddresses, noteKnownAddresses } from './known-addresses.ts'
import { lockRowsOfDataset, lockRowsOfWorkspace } from './lock-rows.ts'
import { createRowMatcher, type Match, type RowMatcher } from './match-rows.ts'
import { cellsJson, createRowReader, ignoredColumns, type RowIssue, type RowReader } from './read-row.ts'
import { alignColumns, mergeCells, type RowPolicy, type TableShape } from './row-policy.ts'
import { createSeenSet } from './seen-set.ts'
import { createNameSplitter } from './split-names.ts'
import { copyText, copyTextOrNull, copyWriter, insertWriter, textArray, type WriteTarget } from './table-writer.ts'

export type ImportCounts = {
  rows_read: number
  rows_imported: number
  rows_updated: number
  rows_unchanged: number
  rows_rejected: number
  rows_duplicate: number
  rows_known: number
  rows_without_email: number
}

export const NO_COUNTS: ImportCounts = {
  rows_read: 0,
  rows_imported: 0,
  rows_updated: 0,
  rows_unchanged: 0,
  rows_rejected: 0,
  rows_duplicate: 0,
  rows_known: 0,
  rows_without_email: 0,
}

/** The file itself is why the import cannot be done; trying again would end the same. The message is for people. */
export class ImportFault extends Error {}

export type AppendTarget = {
  workspace_id: string
  /** Null only for a plan whose dataset does not exist yet. */
  dataset_id: string | null
  /** Issues and changes are written down under it; null where nobody will ask for them or undo. */
  import_id: string | null
  policy: RowPolicy
  /** Columns of the file, or of all sheets together, as issues show rows; those of the first table where absent. */
  issue_columns?: string[]
  max_rows: number
  now: Date
  /** Decide about every row and write the decisions down, but change no row. */
  plan?: boolean
  /** Hash every decision, so that a plan can be held against what is done later. Plans always do. */
  digest?: boolean
  /** Keep people without a usable address; imports of files refuse them. */
  keep_all?: boolean
  /** Wait while another import fills the dataset, or looks through the workspace as this one does; otherwise that is IMPORT_STATE. */
  wait?: boolean
}

/**
 * One table of a file: `batches` as openCsv and the reader of workbooks give them. Columns for the parts of a name that the
 * mapping has and the table has not are filled from its full names.
 */
export type RowTable = {
  columns: ColumnName[]
  column_mapping: Readonly<Record<string, LeadField>>
  batches: AsyncIterable<{ rows: CsvRow[]; bytes_read: number }>
  sheet_name?: string | null
}

export type ToldIssue = RowIssue & { source_row: number }

export type AppendResult = ImportCounts & {
  /** Rows of the dataset now; in a plan, as they would be. */
  row_count: number
  columns_added: string[]
  mapping_added: Record<string, string>
  /** The first thousand issues of an append without an import; an import has them in its table. */
  issues: ToldIssue[]
  digest: string | null
}

export type Appender = {
  append: (table: RowTable, onBatch?: (bytesRead: number, counts: ImportCounts) => void) => Promise<void>
  finish: () => Promise<AppendResult>
}

/** Notices are kept up to here, each kind by itself, and counted beyond: a second import of the same million people needs no million lines. */
export const MOST_NOTICES = 10_000
/** The COPY of rows is interrupted for what was rejected when that has grown to this many characters. */
const ISSUES_HELD = 2 << 20
const MOST_TOLD = 1_000
/** Row numbers of sheet n begin here times n in the memory of who was seen: no sheet has more rows. */
const SHEET_STRIDE = 1 << 20

const ROWS: WriteTarget = {
  table: 'dataset_rows',
  columns: [
    ['id', 'uuid'],
    ['workspace_id', 'uuid'],
    ['dataset_id', 'uuid'],
    ['import_id', 'uuid'],
    ['row_index', 'integer'],
    ['source_row', 'integer'],
    ['email', 'text'],
    ['linkedin_url', 'text'],
    ['data', 'jsonb'],
  ],
}
const ISSUES: WriteTarget = {
  table: 'import_issues',
  columns: [
    ['import_id', 'uuid'],
    ['workspace_id', 'uuid'],
    ['seq', 'integer'],
    ['source_row', 'integer'],
    ['severity', 'text'],
    ['code', 'text'],
    ['message', 'text'],
    ['column_name', 'text'],
    ['row_values', 'text[]'],
    ['sheet_name', 'text'],
  ],
}
const CHANGES: WriteTarget = {
  table: 'import_changes',
  columns: [
    ['import_id', 'uuid'],
    ['workspace_id', 'uuid'],
    ['seq', 'integer'],
    ['source_row', 'integer'],
    ['sheet_name', 'text'],
    ['action', 'text'],
    ['row_id', 'uuid'],
    ['dataset_id', 'uuid'],
    ['cells', 'jsonb'],
    ['issue_seq', 'integer'],
    ['email', 'text'],
  ],
}

type Action = 'insert' | 'update' | 'unchanged' | 'duplicate' | 'reject'

/**
 * Opens a dataset for rows to be added in the caller's transaction; everything appears in its one commit. Memory holds a
 * batch of rows, the issues not yet written and, where duplicates are skipped, some 12 bytes for each address and profile.
 *
 * New rows stand behind those that are there, without gaps. Columns of the table that the dataset does not have yet are
 * added to it. Another append to the same dataset is waited for, or refused with IMPORT_STATE.
 */
export const openAppender = async (to: Tx | CopyTransaction, target: AppendTarget): Promise<Appender> => {
  const copying = 'copyInto' in to ? to : null
  const tx = copying ? copying.tx : (to as Tx)
  const writer = copying ? copyWriter(copying.copyInto) : insertWriter(tx)
  const { workspace_id, dataset_id, import_id, policy } = target
  const isPlan = target.plan ?? false
  if (!isPlan) {
    if (policy.duplicates_in === 'workspace') await lockRowsOfWorkspace(tx, workspace_id, target.wait ?? false)
    if (dataset_id) await lockRowsOfDataset(tx, dataset_id, target.wait ?? false)
  }
  const dataset = await readTarget(tx, workspace_id, dataset_id)
  const shape: TableShape = { columns: [...dataset.columns], column_mapping: { ...dataset.column_mapping } }
  const others = await hasOtherRows(tx, workspace_id, dataset_id)
  const matcher: RowMatcher | null =
    policy.duplicates === 'update' ||
    (policy.duplicates === 'skip' && (dataset.next_index > 0 || (policy.duplicates_in === 'workspace' && others)))
      ? await createRowMatcher(tx, { workspace_id, dataset_id, import_id, policy, plan: isPlan, shape })
      : null
  const seen = policy.duplicates === 'skip' ? createSeenSet() : null
  const digest: Hash | null = isPlan || target.digest ? createHash('sha256') : null

  const counts = { ...NO_COUNTS }
  const told: ToldIssue[] = []
  const columnsAdded: string[] = []
  const mappingAdded: Record<string, string> = {}
  /** Of each column that issues show: where its values are stored. */
  const storedUnder = new Map<string, string>()
  let issueColumns = target.issue_columns ?? null
  let position = dataset.next_index
  let issueSeq = 0
  let changeSeq = 0
  let notices = 0
  let sheets = 0
  let sheetNames: string[] = []

  let issues = ''
  const heldIssues: string[] = []
  let held = 0
  const rowStart = `\t${workspace_id}\t${dataset_id}\t${import_id ?? '\\N'}\t`

  const writeIssues = async (): Promise<void> => {
    for (const text of heldIssues) await writer.write(ISSUES, text)
    heldIssues.length = 0
    held = 0
  }

  const append: Appender['append'] = async (plain, onBatch = () => {}) => {
    const names = createNameSplitter(plain.columns, plain.column_mapping)
    const table = names ? { ...plain, columns: names.columns } : plain
    const sheet = table.sheet_name ?? null
    const sheetIndex = sheets++
    if (sheet !== null) sheetNames = [...sheetNames, sheet]
    const ignored = ignoredColumns(table.columns)
    const own = table.columns.filter((_, index) => !ignored.has(index))
    const alignment = alignColumns(own, table.column_mapping, shape)
    shape.columns.push(...alignment.columns_added)
    Object.assign(shape.column_mapping, alignment.mapping_added)
    columnsAdded.push(...alignment.columns_added)
    Object.assign(mappingAdded, alignment.mapping_added)
    const keyOf = new Map(own.map(({ name }, index) => [name, alignment.keys[index] as string]))
    const keys = table.columns.map(({ name }) => keyOf.get(name) ?? name)
    for (const [name, key] of keyOf) if (!storedUnder.has(name)) storedUnder.set(name, key)
    issueColumns ??= own.map(({ name }) => name)
    const placeOf = new Map(table.columns.map(({ name }, index) => [name, index]))
    const places = issueColumns.map((name) => placeOf.get(name) ?? -1)
    const isInOrder = places.every((place, index) => place === index) && places.length === table.columns.length
    const valuesOf = (row: CsvRow): string[] => {
      if (isInOrder) return row.values
      // A row with more fields than columns keeps them all; that is what is wrong with it.
      const beyond = row.values.slice(table.columns.length)
      return [...places.map((place) => row.values[place] ?? ''), ...beyond]
    }
    const reader = createRowReader(table.columns, table.column_mapping, {
      keys,
      seen,
      keep_all: target.keep_all,
      row_number: sheetIndex ? (row) => sheetIndex * SHEET_STRIDE + row : undefined,
      row_name: sheet === null ? undefined : (row) => rowOfSheet(sheetNames, row),
    })

    const note = (sourceRow: number, issue: RowIssue, row: CsvRow): number => {
      if (import_id === null) {
        if (told.length < MOST_TOLD) told.push({ ...issue, source_row: sourceRow })
        return issueSeq++
      }
      issues += `${import_id}\t${workspace_id}\t${issueSeq}\t${sourceRow}\t${issue.severity}\t${issue.code}\t${copyText(issue.message)}\t${copyTextOrNull(
        issue.column_name,
      )}\t${copyText(textArray(valuesOf(row)))}\t${copyTextOrNull(sheet)}\n`
      return issueSeq++
    }
    let changes = ''
    const decide = (
      row: CsvRow,
      action: Action,
      about: { match?: Match | null; json?: string; issue_seq?: number; email?: string | null },
    ): void => {
      digest?.update(
        `${action}\t${sheet ?? ''}\t${row.source_row}\t${about.match ? (about.match.is_own ? `own ${about.match.source_row}` : about.match.id) : ''}\t${about.json ?? ''}\n`,
      )
      // What an import inserts stands in its rows, and what it refuses in its issues; only a plan lists everything.
      if (import_id === null || (!isPlan && (action !== 'update' || about.match?.is_own))) return
      changes += `${import_id}\t${workspace_id}\t${changeSeq++}\t${row.source_row}\t${copyTextOrNull(sheet)}\t${action}\t${
        about.match && !(isPlan && about.match.is_own) ? about.match.id : '\\N'
      }\t${about.match?.dataset_id ?? '\\N'}\t${about.json ?? '\\N'}\t${about.issue_seq ?? '\\N'}\t${copyTextOrNull(about.email ?? null)}\n`
    }
    const refuse = (row: CsvRow, issue: RowIssue, match: Match | null = null, email: string | null = null): void => {
      if (issue.severity === 'rejected') counts.rows_rejected++
      else counts.rows_duplicate++
      const issue_seq = note(row.source_row, issue, row)
      if (digest) decide(row, issue.severity === 'rejected' ? 'reject' : 'duplicate', { match, issue_seq, email })
    }
    const inserted = (row: CsvRow, email: string | null, notice: RowIssue | null): void => {
      counts.rows_imported++
      if (email === null) counts.rows_without_email++
      if (notice && notices++ < MOST_NOTICES) note(row.source_row, notice, row)
    }

    /** No row of before matters: rows go straight from the file into the table. */
    const addDirectly = (rows: CsvRow[]): string => {
      let text = ''
      for (const row of rows) {
        const verdict = reader.read(row)
        if ('severity' in verdict) {
          refuse(row, verdict)
          continue
        }
        const { email, linkedin_url } = verdict
        const json = reader.json(row)
        if (digest) decide(row, 'insert', { json, email })
        if (!isPlan)
          text += `${newId()}${rowStart}${position}\t${row.source_row}\t${email ?? '\\N'}\t${copyTextOrNull(linkedin_url)}\t${json}\n`
        position++
        inserted(row, email, verdict.notice)
      }
      return text
    }

    const addMatched = async (rows: CsvRow[], matching: RowMatcher): Promise<string> => {
      const verdicts = rows.map((row) => ({ row, verdict: reader.read(row) }))
      await writer.idle()
      await matching.look(verdicts.flatMap(({ verdict }) => ('severity' in verdict ? [] : [verdict])))
      for (const { row, verdict } of verdicts) {
        if ('severity' in verdict) {
          refuse(row, verdict)
          continue
        }
        const match = matching.find(verdict)
        if (match && policy.duplicates === 'skip') {
          refuse(row, presentIssue(verdict.email, match, dataset_id, reader), match, verdict.email)
          continue
        }
        if (match) {
          const under = match.dataset_id === dataset_id ? alignment.keys : await matching.keysFor(match, own, table)
          const spreadUnder = spread(table.columns, ignored, under)
          const given = reader.cells(row, spreadUnder)
          names?.keepWritten(match.data, given, spreadUnder)
          const cells = mergeCells(match.data, given, matching.isSame(match))
          const isChanged = Object.keys(cells).length > 0
          if (isChanged) matching.change(match, cells)
          if (isChanged) counts.rows_updated++
          else counts.rows_unchanged++
          decide(row, isChanged ? 'update' : 'unchanged', {
            match,
            json: isChanged ? cellsJson(cells) : undefined,
            email: verdict.email,
          })
          continue
        }
        const json = reader.json(row)
        matching.insert({
          id: newId(),
          row_index: position++,
          source_row: row.source_row,
          email: verdict.email,
          linkedin_url: verdict.linkedin_url,
          data: reader.cells(row, keys),
        })
        decide(row, 'insert', { json, email: verdict.email })
        inserted(row, verdict.email, verdict.notice)
      }
      let text = ''
      for (const made of matching.takeInserted())
        text += `${made.id}${rowStart}${made.row_index}\t${made.source_row}\t${copyTextOrNull(made.email)}\t${copyTextOrNull(made.linkedin_url)}\t${cellsJson(made.data)}\n`
      await matching.writeChanged()
      return isPlan ? '' : text
    }

    for await (const batch of table.batches) {
      const rows = names ? batch.rows.map(names.extend) : batch.rows
      const text = matcher ? await addMatched(rows, matcher) : addDirectly(rows)
      counts.rows_read += rows.length
      if (counts.rows_read > target.max_rows)
        throw new ImportFault(
          `The file has more than ${target.max_rows} rows, the limit of this instance (IMPORT_MAX_ROWS).`,
        )
      if (text) await writer.write(ROWS, text)
      if (changes) await writer.write(CHANGES, changes)
      changes = ''
      if (issues) {
        // Copied out of the batch's text, which a slice would keep in memory.
        heldIssues.push(Buffer.from(issues).toString())
        held += issues.length
        issues = ''
        if (held > ISSUES_HELD) await writeIssues()
      }
      onBatch(batch.bytes_read, counts)
    }
  }

  const finish = async (): Promise<AppendResult> => {
    await writeIssues()
    await writer.idle()
    const row_count = dataset.row_count + counts.rows_imported
    if (others && counts.rows_imported && !(policy.duplicates_in === 'workspace' && policy.duplicates !== 'keep')) {
      const where = { workspace_id, dataset_id, import_id, first_index: dataset.next_index }
      counts.rows_known = isPlan
        ? await countKnownAddresses(tx, where)
        : await noteKnownAddresses(tx, where, {
            seq: issueSeq,
            most: MOST_NOTICES,
            columns: (issueColumns ?? []).map((name) => storedUnder.get(name) ?? name),
          })
    }
    if (!isPlan && dataset_id)
      await sql`
        update datasets set row_count = row_count + ${counts.rows_imported}, updated_at = ${target.now},
          columns = ${JSON.stringify(shape.columns)}::jsonb, column_mapping = ${JSON.stringify(shape.column_mapping)}::jsonb
        where workspace_id = ${workspace_id} and dataset_id = ${dataset_id}`.execute(tx)
    return {
      ...counts,
      row_count,
      columns_added: columnsAdded,
      mapping_added: mappingAdded,
      issues: told,
      digest: digest?.digest('hex') ?? null,
    }
  }
  return { append, finish }
}

export type AppendRequest = Omit<AppendTarget, 'issue_columns' | 'max_rows' | 'plan' | 'digest'> & {
  dataset_id: string
  max_rows?: number
  /** Headers, in the order of the values of each row. */
  columns: string[]
  column_mapping: Readonly<Record<string, LeadField>>
  /** Cells as text; '' is an empty one. Rows are counted from 1 in issues. */
  rows: Iterable<string[]> | AsyncIterable<string[][]>
}

/**
 * Adds rows that are no file to a dataset of the workspace, judged and matched like those of one, in the caller's
 * transaction. With a transaction that can COPY (copyTransaction) any number of rows is fast; with a plain one some
 * thousands are. The dataset's `row_count`, `columns`, `column_mapping` and `updated_at` are brought up to date. Throws
 * NOT_FOUND for a dataset that is not the workspace's, IMPORT_STATE while another import fills it (unless `wait`), and
 * ImportFault for more rows than `max_rows`.
 */
export const appendRows = async (to: Tx | CopyTransaction, request: AppendRequest): Promise<AppendResult> => {
  const appender = await openAppender(to, { ...request, max_rows: request.max_rows ?? Number.MAX_SAFE_INTEGER })
  await appender.append({
    columns: normalizeColumnNames(request.columns),
    column_mapping: request.column_mapping,
    batches: batchesOf(request.rows, request.columns.length),
  })
  return appender.finish()
}

const BATCH_ROWS = 1_000

async function* batchesOf(rows: AppendRequest['rows'], width: number) {
  let batch: CsvRow[] = []
  let source_row = 0
  const whole = Symbol.asyncIterator in rows ? rows : [rows]
  for await (const some of whole)
    for (const given of some) {
      batch.push(recordOf(given, ++source_row, width))
      if (batch.length < BATCH_ROWS) continue
      yield { rows: batch, bytes_read: 0 }
      batch = []
    }
  if (batch.length) yield { rows: batch, bytes_read: 0 }
}

const recordOf = (given: string[], source_row: number, width: number): CsvRow => {
  let length = 0
  let hasNul = false
  for (const value of given) {
    length += value.length
    hasNul ||= value.includes('\0')
  }
  const values = hasNul ? given.map((value) => value.replaceAll('\0', '')) : given
  if (length > LARGEST_RECORD)
    return {
      source_row,
      values: values.map((value) => value.slice(0, 200)),
      problem: { code: 'record_too_large', message: 'The row has more than a million characters.', usable: false },
    }
  if (values.length > width)
    return {
      source_row,
      values,
      problem: {
        code: 'too_many_fields',
        message: `The row has ${values.length} fields, the table ${width} columns.`,
        usable: false,
      },
    }
  return { source_row, values }
}

type TargetState = TableShape & { row_count: number; next_index: number }

const readTarget = async (tx: Tx, workspaceId: string, datasetId: string | null): Promise<TargetState> => {
  if (datasetId === null) return { columns: [], column_mapping: {}, row_count: 0, next_index: 0 }
  const found = await sql<TargetState>`
    select columns, column_mapping, row_count, coalesce((
      select row_index from dataset_rows where dataset_id = ${datasetId} and removed_at is null order by row_index desc limit 1), -1) + 1 as next_index
    from datasets where workspace_id = ${workspaceId} and dataset_id = ${datasetId}`.execute(tx)
  const state = found.rows[0]
  if (!state) throw notFound('There is no such dataset in this workspace.')
  return state
}

const hasOtherRows = async (tx: Tx, workspaceId: string, datasetId: string | null): Promise<boolean> => {
  const found = await sql`
    select 1 from datasets where workspace_id = ${workspaceId} and row_count > 0
      ${datasetId === null ? sql`` : sql`and dataset_id <> ${datasetId}`} limit 1`.execute(tx)
  return found.rows.length > 0
}

/** Keys for all columns of the table, ignored ones among them, from those of its own columns. */
const spread = (
  columns: ColumnName[],
  ignored: ReadonlySet<number>,
  keys: readonly (string | null)[],
): (string | null)[] => {
  if (!ignored.size) return [...keys]
  let at = 0
  return columns.map((_, index) => (ignored.has(index) ? null : (keys[at++] ?? null)))
}

const rowOfSheet = (names: string[], row: number): string =>
  `row ${row % SHEET_STRIDE} of the sheet "${names[Math.floor(row / SHEET_STRIDE)] ?? ''}"`

const presentIssue = (email: string | null, match: Match, datasetId: string | null, reader: RowReader): RowIssue => {
  const who = email ?? 'The LinkedIn profile'
  return {
    severity: 'duplicate',
    code: match.dataset_id === datasetId ? 'in_dataset' : 'in_workspace',
    message:
      match.dataset_id === datasetId
        ? `${who} is in the dataset already, at position ${match.row_index + 1}.`
        : `${who} is in the dataset "${match.dataset_name}" already.`,
    column_name: email === null ? reader.linkedin_column : reader.email_column,
  }
}
