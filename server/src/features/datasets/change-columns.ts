import { sql } from 'kysely'
import { type LeadField, leadFields, normalizeColumnNames } from '../../column-mapping.ts'
import { invalid } from '../../http/errors.ts'
import { emailOf, profileOf } from '../uploads/match-rows.ts'
import { renameInImports } from '../uploads/take-back.ts'
import { type ChangeContext, identityColumns, windows } from './change-rows.ts'
import type { ChangeResult, DatasetChange } from './dataset-change.ts'

export type TableShape = { columns: string[]; column_mapping: Record<string, string> }

export const isLeadField = (field: string): field is LeadField => (leadFields as readonly string[]).includes(field)

/** A name that a column of the table may get, in the spelling in which it is stored. Throws VALIDATION_ERROR. */
export const newColumnName = (name: string, shape: TableShape, loc: (string | number)[]): string => {
  const spelled = normalizeColumnNames([name])[0]?.name as string
  if (name.trim() === '') throw invalid([{ loc, msg: 'must not be blank', type: 'value_error' }])
  if (shape.columns.includes(spelled))
    throw invalid([{ loc, msg: `is a column of this dataset already`, type: 'already_exists' }])
  return spelled
}

/** Throws VALIDATION_ERROR for a name that is no column. */
export const knownColumn = (column: string, shape: TableShape, loc: (string | number)[]): void => {
  if (!shape.columns.includes(column))
    throw invalid([{ loc, msg: 'is no column of this dataset', type: 'unknown_column' }])
}

const writeShape = async ({ tx, dataset_id, workspace_id, now }: ChangeContext, shape: TableShape): Promise<void> => {
  await sql`
    update datasets set columns = ${JSON.stringify(shape.columns)}::jsonb, column_mapping = ${JSON.stringify(shape.column_mapping)}::jsonb, updated_at = ${now}
    where dataset_id = ${dataset_id} and workspace_id = ${workspace_id}`.execute(tx)
}

/** A mapping in which `field` belongs to `column` alone; null takes the column's field away. */
const mapped = (mapping: Record<string, string>, column: string, field: string | null): Record<string, string> => {
  const others = Object.entries(mapping).filter(([name, has]) => name !== column && has !== field)
  return Object.fromEntries(field === null ? others : [...others, [column, field]])
}

/** A new column, behind `after` or at the end. Rows are written only where it gets a value, which is another change. */
export const addColumn = async (
  context: ChangeContext,
  shape: TableShape,
  column: { name: string; after: string | null; field: string | null },
): Promise<TableShape> => {
  const behind = column.after === null ? -1 : shape.columns.indexOf(column.after)
  const at = behind < 0 ? shape.columns.length : behind + 1
  const made: TableShape = {
    columns: shape.columns.toSpliced(at, 0, column.name),
    column_mapping: column.field ? mapped(shape.column_mapping, column.name, column.field) : shape.column_mapping,
  }
  await writeShape(context, made)
  return made
}

/** The columns in another order; `columns` has each of them once. */
export const reorderColumns = async (context: ChangeContext, shape: TableShape, columns: string[]): Promise<void> =>
  writeShape(context, { ...shape, columns })

export const renameColumn = async (
  context: ChangeContext,
  shape: TableShape,
  change: DatasetChange & { kind: 'rename_column' },
): Promise<ChangeResult> => {
  const { column, name } = change
  const rows_changed = await overWindows(
    context,
    (part) => sql`
      update dataset_rows r set data = (r.data - ${column}::text) || jsonb_build_object(${name}::text, r.data->${column}::text)
      where ${part} and r.data ? ${column}::text`,
  )
  await writeShape(context, {
    columns: shape.columns.map((one) => (one === column ? name : one)),
    column_mapping: Object.fromEntries(
      Object.entries(shape.column_mapping).map(([one, field]) => [one === column ? name : one, field]),
    ),
  })
  await renameInImports(context.tx, context, column, name)
  return { rows_changed }
}

/** The column and its values go for good. With its column a row loses its address or profile. */
export const removeColumn = async (
  context: ChangeContext,
  shape: TableShape,
  change: DatasetChange & { kind: 'remove_column' },
): Promise<ChangeResult> => {
  const { column } = change
  const identity = identityColumns(shape.column_mapping)
  const lost = sql`${identity.email === column ? sql`, email = null` : sql``}${identity.linkedin_url === column ? sql`, linkedin_url = null` : sql``}`
  const rows_changed = await overWindows(
    context,
    (part) =>
      sql`update dataset_rows r set data = r.data - ${column}::text ${lost} where ${part} and r.data ? ${column}::text`,
  )
  await writeShape(context, {
    columns: shape.columns.filter((one) => one !== column),
    column_mapping: mapped(shape.column_mapping, column, null),
  })
  return { rows_changed }
}

/**
 * Removed rows are rewritten too: they may come back, and their cells have to have the names that the columns have then.
 * They come first, because they are outside of the windows.
 */
const overWindows = async (
  context: ChangeContext,
  change: (part: ReturnType<typeof sql<boolean>>) => ReturnType<typeof sql>,
): Promise<number> => {
  const { tx, dataset_id, workspace_id } = context
  const own = sql`r.dataset_id = ${dataset_id} and r.workspace_id = ${workspace_id}`
  await change(sql<boolean>`${own} and r.removed_at is not null`).execute(tx)
  let changed = 0
  let done = 0
  for await (const { after, to, rows } of windows(tx, dataset_id)) {
    const result = await change(
      sql<boolean>`${own} and r.removed_at is null and r.row_index > ${after}::integer and r.row_index <= ${to}::integer`,
    ).execute(tx)
    changed += Number(result.numAffectedRows ?? 0)
    done += rows
    context.report(done)
  }
  return changed
}

const remapped = (shape: TableShape, change: DatasetChange & { kind: 'map_column' }): TableShape => ({
  columns: shape.columns,
  column_mapping: mapped(shape.column_mapping, change.column, change.field),
})

/** Whether another column holds the addresses or profiles after the change, so that all rows have to be read anew. */
export const movesIdentity = (shape: TableShape, change: DatasetChange & { kind: 'map_column' }): boolean => {
  const before = identityColumns(shape.column_mapping)
  const after = identityColumns(remapped(shape, change).column_mapping)
  return before.email !== after.email || before.linkedin_url !== after.linkedin_url
}

export const mapColumn = async (
  context: ChangeContext,
  shape: TableShape,
  change: DatasetChange & { kind: 'map_column' },
): Promise<ChangeResult> => {
  const made = remapped(shape, change)
  const result: ChangeResult = movesIdentity(shape, change)
    ? await readIdentities(context, identityColumns(made.column_mapping))
    : { rows_changed: 0 }
  await writeShape(context, made)
  return result
}

type Identified = {
  id: string
  email: string | null
  linkedin_url: string | null
  cell_email: string | null
  cell_profile: string | null
}

/** Reads address and profile of every row anew from the columns that hold them now. */
const readIdentities = async (
  context: ChangeContext,
  columns: { email: string | null; linkedin_url: string | null },
): Promise<ChangeResult> => {
  const { tx, dataset_id, workspace_id } = context
  const own = sql`r.dataset_id = ${dataset_id} and r.workspace_id = ${workspace_id}`
  const result = { rows_changed: 0, rows_without_email: 0 }
  const rewrite = async (where: ReturnType<typeof sql>): Promise<void> => {
    const { rows } = await sql<Identified>`
      select r.id, r.email, r.linkedin_url, r.data->>${columns.email}::text as cell_email, r.data->>${columns.linkedin_url}::text as cell_profile
      from dataset_rows r where ${own} and ${where} for update`.execute(tx)
    const changed = rows.flatMap((row) => {
      const email = emailOf(row.cell_email)
      const linkedin_url = profileOf(row.cell_profile)
      if (email === null) result.rows_without_email++
      return email === row.email && linkedin_url === row.linkedin_url ? [] : [{ id: row.id, email, linkedin_url }]
    })
    if (!changed.length) return
    result.rows_changed += changed.length
    await sql`
      update dataset_rows r set email = u.email, linkedin_url = u.linkedin_url
      from unnest(${changed.map(({ id }) => id)}::uuid[], ${changed.map(({ email }) => email)}::text[], ${changed.map((one) => one.linkedin_url)}::text[]) as u (id, email, linkedin_url)
      where r.id = u.id`.execute(tx)
  }
  const removed = await sql<{
    id: string
  }>`select r.id from dataset_rows r where ${own} and r.removed_at is not null`.execute(tx)
  for (let at = 0; at < removed.rows.length; at += 5_000)
    await rewrite(sql`r.id = any(${removed.rows.slice(at, at + 5_000).map(({ id }) => id)}::uuid[])`)
  result.rows_changed = 0
  result.rows_without_email = 0
  let done = 0
  for await (const { after, to, rows } of windows(tx, dataset_id)) {
    await rewrite(sql`r.removed_at is null and r.row_index > ${after}::integer and r.row_index <= ${to}::integer`)
    done += rows
    context.report(done)
  }
  return result
}
