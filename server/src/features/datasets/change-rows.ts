import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../../db/transaction.ts'
import { invalid } from '../../http/errors.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'
import type { CellValue, ChangeResult, DatasetChange, RowSelection } from './dataset-change.ts'
import { rowCondition } from './row-conditions.ts'

export type ChangeContext = {
  tx: Tx
  workspace_id: string
  dataset_id: string
  now: Date
  /** Hears how many rows were looked at. */
  report: (done: number) => void
}

export type IdentityColumns = { email: string | null; linkedin_url: string | null }

/** The columns from which a row's address and profile are read. */
export const identityColumns = (mapping: Readonly<Record<string, string>>): IdentityColumns => {
  const columnOf = (field: string): string | null =>
    Object.entries(mapping).find(([, mapped]) => mapped === field)?.[0] ?? null
  return { email: columnOf('email'), linkedin_url: columnOf('linkedin_url') }
}

const WINDOW = 10_000

/** Positions of a dataset in pieces, so that a long change can say how far it is. `after` is exclusive, `to` inclusive. */
export async function* windows(
  tx: Tx,
  datasetId: string,
): AsyncGenerator<{ after: number; to: number; rows: number }, void, undefined> {
  for (let after = -1; ; ) {
    const found = await sql<{ to: number | null; n: number }>`
      select max(row_index) as to, count(*)::int as n from (
        select row_index from dataset_rows where dataset_id = ${datasetId} and removed_at is null and row_index > ${after}
        order by row_index limit ${WINDOW}) w`.execute(tx)
    const { to, n } = found.rows[0] ?? { to: null, n: 0 }
    if (to === null) return
    yield { after, to, rows: n }
    after = to
  }
}

/** What a selection asks of a row `r`. */
export const selected = (rows: RowSelection): RawBuilder<boolean> =>
  'row_ids' in rows
    ? sql`r.id = any(${rows.row_ids}::uuid[])`
    : 'all' in rows
      ? sql`true`
      : rowCondition(rows.filter, rows.search)

const within = (context: ChangeContext, part: { after: number; to: number }): RawBuilder<boolean> =>
  sql`r.dataset_id = ${context.dataset_id} and r.workspace_id = ${context.workspace_id} and r.removed_at is null
    and r.row_index > ${part.after}::integer and r.row_index <= ${part.to}::integer`

/** Runs `change` over the selected rows, window by window; a list of ids is one window. Returns how many rows it changed. */
const overRows = async (
  context: ChangeContext,
  rows: RowSelection,
  change: (where: RawBuilder<boolean>) => RawBuilder<unknown>,
): Promise<number> => {
  if ('row_ids' in rows) {
    const where = sql<boolean>`r.dataset_id = ${context.dataset_id} and r.workspace_id = ${context.workspace_id} and r.removed_at is null and ${selected(rows)}`
    return Number((await change(where).execute(context.tx)).numAffectedRows ?? 0)
  }
  let changed = 0
  let done = 0
  for await (const part of windows(context.tx, context.dataset_id)) {
    const result = await change(sql<boolean>`${within(context, part)} and ${selected(rows)}`).execute(context.tx)
    changed += Number(result.numAffectedRows ?? 0)
    done += part.rows
    context.report(done)
  }
  return changed
}

export const countSelected = async (
  context: Pick<ChangeContext, 'tx' | 'dataset_id' | 'workspace_id'>,
  rows: RowSelection,
  and: RawBuilder<unknown> = sql`true`,
): Promise<number> => {
  const found = await sql<{ n: number }>`
    select count(*)::int as n from dataset_rows r
    where r.dataset_id = ${context.dataset_id} and r.workspace_id = ${context.workspace_id} and r.removed_at is null and ${selected(rows)} and ${and}`.execute(
    context.tx,
  )
  return found.rows[0]?.n ?? 0
}

/** The cells of a row `r` with these written into them. */
const written = (cells: Readonly<Record<string, CellValue>>): RawBuilder<unknown> => {
  const set = Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== null && value !== ''))
  const cleared = Object.keys(cells).filter((column) => !Object.hasOwn(set, column))
  return sql`((r.data || ${JSON.stringify(set)}::jsonb) - ${cleared}::text[])`
}

/** How many rows an edit would change: those that have other cells than it writes. */
export const countChanged = (
  context: Pick<ChangeContext, 'tx' | 'dataset_id' | 'workspace_id'>,
  change: DatasetChange & { kind: 'update_rows' },
): Promise<number> => countSelected(context, change.rows, sql`r.data is distinct from ${written(change.cells)}`)

/**
 * Writes the same cells into every selected row. The row's address and profile follow where their columns are among them;
 * that a value is a usable address has been checked before.
 */
export const updateRows = async (
  context: ChangeContext,
  change: DatasetChange & { kind: 'update_rows' },
  identity: IdentityColumns,
): Promise<ChangeResult> => {
  const cells = written(change.cells)
  const email =
    identity.email !== null && Object.hasOwn(change.cells, identity.email)
      ? sql`, email = ${emailOf(change.cells[identity.email])}`
      : sql``
  const profile =
    identity.linkedin_url !== null && Object.hasOwn(change.cells, identity.linkedin_url)
      ? sql`, linkedin_url = ${profileOf(change.cells[identity.linkedin_url])}`
      : sql``
  const rows_changed = await overRows(
    context,
    change.rows,
    (where) =>
      sql`update dataset_rows r set data = ${cells} ${email} ${profile} where ${where} and r.data is distinct from ${cells}`,
  )
  await touch(context)
  return { rows_changed }
}

/** Campaigns with leads of the rows that this change removed; they go on from their snapshot. */
export const campaignsThatGoOn = async ({ tx, workspace_id, dataset_id, now }: ChangeContext) => {
  const found = await sql<{ campaign_id: string; name: string; status: string; leads: number }>`
    select c.campaign_id, c.name, c.status, count(*)::int as leads
    from campaigns c join campaign_leads l on l.campaign_id = c.campaign_id join dataset_rows r on r.id = l.dataset_row_id
    where c.workspace_id = ${workspace_id} and c.dataset_id = ${dataset_id} and c.status in ('launching', 'scheduled', 'active', 'draining', 'paused')
      and l.next_action_at is not null and r.removed_at = ${now}
    group by c.campaign_id order by c.campaign_id limit 20`.execute(tx)
  return found.rows
}

export const removeRows = async (context: ChangeContext, rows: RowSelection): Promise<ChangeResult> => {
  const { now } = context
  const rows_removed = await overRows(
    context,
    rows,
    (where) => sql`update dataset_rows r set removed_at = ${now} where ${where}`,
  )
  const row_count = await addToCount(context, -rows_removed)
  return { rows_removed, removed_at: now, row_count, campaigns: rows_removed ? await campaignsThatGoOn(context) : [] }
}

const RESTORED_AT_ONCE = 2_000

/**
 * Brings removed rows back, each to its position, or to the end where another row has that position by now. Results of
 * sessions move along.
 */
export const restoreRows = async (
  context: ChangeContext,
  rows: (DatasetChange & { kind: 'restore_rows' })['rows'],
): Promise<ChangeResult> => {
  const { tx, workspace_id, dataset_id } = context
  const which =
    'row_ids' in rows
      ? sql`r.id = any(${rows.row_ids}::uuid[])`
      : 'removed_at' in rows
        ? sql`r.removed_at = ${new Date(rows.removed_at)}`
        : sql`true`
  let rows_restored = 0
  const displaced: string[] = []
  const restore = async (ids: string[], positions: number[]): Promise<void> => {
    if (!ids.length) return
    await sql`
      update dataset_rows r set removed_at = null, row_index = u.row_index from unnest(${ids}::uuid[], ${positions}::integer[]) as u (id, row_index)
      where r.id = u.id and r.workspace_id = ${workspace_id}`.execute(tx)
    rows_restored += ids.length
    context.report(rows_restored)
  }
  for (let after = -1, lastId = '00000000-0000-0000-0000-000000000000'; ; ) {
    const found = await sql<{ id: string; row_index: number; is_taken: boolean }>`
      select r.id, r.row_index, exists (
        select 1 from dataset_rows o where o.dataset_id = r.dataset_id and o.row_index = r.row_index and o.removed_at is null) as is_taken
      from dataset_rows r
      where r.dataset_id = ${dataset_id} and r.workspace_id = ${workspace_id} and r.removed_at is not null and ${which}
        and (r.row_index, r.id) > (${after}::integer, ${lastId}::uuid)
      order by r.row_index, r.id limit ${RESTORED_AT_ONCE}`.execute(tx)
    const last = found.rows.at(-1)
    if (!last) break
    const free = new Map<number, string>()
    for (const row of found.rows)
      if (row.is_taken || free.has(row.row_index)) displaced.push(row.id)
      else free.set(row.row_index, row.id)
    await restore([...free.values()], [...free.keys()])
    after = last.row_index
    lastId = last.id
  }
  // What came back keeps its place, so the end is settled only now.
  const settled = await sql<{ next: number }>`
    select coalesce(max(row_index), -1) + 1 as next from dataset_rows where dataset_id = ${dataset_id} and removed_at is null`.execute(
    tx,
  )
  let next = settled.rows[0]?.next ?? 0
  for (let at = 0; at < displaced.length; at += RESTORED_AT_ONCE) {
    const ids = displaced.slice(at, at + RESTORED_AT_ONCE)
    await restore(
      ids,
      ids.map(() => next++),
    )
    await sql`
      update session_results x set row_index = r.row_index from dataset_rows r
      where r.id = any(${ids}::uuid[]) and x.row_id = r.id`.execute(tx)
  }
  const row_count = await addToCount(context, rows_restored)
  return { rows_restored, row_count }
}

/** Changes the number of rows in the transaction that changes the rows. Returns how many there are now. */
export const addToCount = async (context: Omit<ChangeContext, 'report'>, by: number): Promise<number> => {
  const found = await sql<{ row_count: number }>`
    update datasets set row_count = row_count + ${by}, updated_at = ${context.now}
    where dataset_id = ${context.dataset_id} and workspace_id = ${context.workspace_id} returning row_count`.execute(
    context.tx,
  )
  return found.rows[0]?.row_count ?? 0
}

export const touch = async (context: Omit<ChangeContext, 'report'>): Promise<void> => {
  await sql`
    update datasets set updated_at = ${context.now} where dataset_id = ${context.dataset_id} and workspace_id = ${context.workspace_id}`.execute(
    context.tx,
  )
}

/** Problems of cells that are to be written: columns that are not there, and an address that cannot be right. */
export const checkCells = (
  cells: Readonly<Record<string, CellValue>>,
  dataset: { columns: readonly string[]; column_mapping: Readonly<Record<string, string>> },
): void => {
  const known = new Set(dataset.columns)
  const identity = identityColumns(dataset.column_mapping)
  const problems = Object.entries(cells).flatMap(([column, value]) => {
    const loc = ['body', 'cells', column]
    if (!known.has(column)) return [{ loc, msg: 'is no column of this dataset', type: 'unknown_column' }]
    if (column === identity.email && value !== null && value.trim() !== '' && emailOf(value) === null)
      return [{ loc, msg: 'is not an e-mail address', type: 'invalid_email' }]
    return []
  })
  if (problems.length) throw invalid(problems)
}

/** Cells as they are stored: trimmed; an empty one is none. */
export const trimmedCells = (
  cells: Readonly<Record<string, string | number | boolean | null>>,
): Record<string, CellValue> =>
  Object.fromEntries(
    Object.entries(cells).map(([column, value]) => [
      column,
      value === null ? null : String(value).trim().toWellFormed() || null,
    ]),
  )
