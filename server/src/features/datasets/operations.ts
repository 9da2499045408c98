import { z } from 'zod'
import type { Tx } from '../../db/transaction.ts'
import {
  answer,
  defineOperation,
  fileResponse,
  type Operation,
  type OperationRequest,
  sendFile,
} from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { cutPage, encodeCursor, readPage } from '../../http/pagination.ts'
import { findUnstorable, problemsOf } from '../../http/request-body.ts'
import { newId } from '../../ids.ts'
import { attachment, DOWNLOAD_TYPES } from '../../table-download.ts'
import { type ChangeAnswer, noDataset, startChange } from './carry-out-change.ts'
import { knownColumn, newColumnName, type TableShape } from './change-columns.ts'
import { checkCells, identityColumns, trimmedCells } from './change-rows.ts'
import { createDataset } from './create-dataset.ts'
import type { RowSelection } from './dataset-change.ts'
import { findRow, listRemovedRows, listRows, readDatasetColumns } from './dataset-rows.ts'
import { addRows, noRow, removeRow, updateRow } from './edit-row.ts'
import { countDownload, findDataset, listDatasets, renameDataset, setArchived } from './queries.ts'
import { type RowFilter as Filter, filterProblems } from './row-filter.ts'
import {
  ColumnAddRequest,
  ColumnOrderRequest,
  ColumnRemoveRequest,
  ColumnUpdateRequest,
  CopyRequest,
  DatasetArchiveResponse,
  DatasetChangeResponse,
  DatasetListQuery,
  DatasetListResponse,
  DatasetParams,
  DatasetRow,
  DatasetRowParams,
  DatasetSummary,
  DatasetUpdateRequest,
  DownloadQuery,
  MergeRequest,
  RowAddRequest,
  RowAddResponse,
  RowFilter,
  RowListQuery,
  RowListResponse,
  RowsRemoveRequest,
  RowsRestoreRequest,
  RowsUpdateRequest,
  RowUpdateRequest,
  SplitRequest,
} from './schema.ts'
import { writeExport } from './write-export.ts'

const tag = 'datasets'

const list = defineOperation({
  id: 'list_datasets_with_pagination',
  method: 'GET',
  path: '/api/v1/datasets/list',
  tag,
  summary: 'Page through the workspace’s datasets',
  description:
    'Newest first. pipeline_type, source_type, status and the range of created_from and created_to narrow the list, and search is a case-insensitive match on the name. Archived datasets are left out unless asked for.',
  access: 'leads:read',
  impact: 'read',
  query: DatasetListQuery,
  responses: { 200: DatasetListResponse },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { pipeline_type, source_type, status, created_from, created_to, search } = request.query
    const { include_archived, only_archived } = request.query
    const { rows, total } = await listDatasets(
      deps.db,
      {
        workspace_id: request.workspace.workspace_id,
        pipeline_type: pipeline_type ?? null,
        source_type: source_type ?? null,
        status: status ?? null,
        created_from: created_from ? new Date(created_from) : null,
        created_to: created_to ? new Date(created_to) : null,
        search: search?.trim() || null,
        archived: only_archived ? 'only' : include_archived ? 'with' : 'without',
      },
      page,
    )
    return { ...cutPage(rows, page, (row) => [row.dataset_id]), total, limit: page.limit, offset: page.offset }
  },
})

const rename = defineOperation({
  id: 'update_dataset_metadata',
  method: 'PATCH',
  path: '/api/v1/datasets/{dataset_id}',
  tag,
  summary: 'Rename a dataset',
  description: 'Changes dataset metadata such as dataset_name and returns the fresh record; rows are untouched.',
  access: 'leads:write',
  impact: 'write',
  params: DatasetParams,
  body: DatasetUpdateRequest,
  responses: { 200: DatasetSummary },
  handle: async (request, deps) => {
    const name = request.body.dataset_name as string
    const dataset = await renameDataset(
      deps.db,
      request.workspace.workspace_id,
      request.params.dataset_id,
      name.trim(),
      request.now,
    )
    if (!dataset) throw noDataset()
    return dataset
  },
})

const archive = defineOperation({
  id: 'archive_a_dataset',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/archive',
  tag,
  summary: 'Archive a dataset',
  description:
    'Stamps archived_at and hides the dataset from listings and pickers; rows and history stay. Repeating the call keeps the first timestamp. Undo with restore.',
  access: 'leads:write',
  impact: 'write',
  params: DatasetParams,
  responses: { 200: DatasetArchiveResponse },
  handle: async (request, deps) => {
    const { dataset_id } = request.params
    const changed = await setArchived(deps.db, request.workspace.workspace_id, dataset_id, true, request.now)
    if (!changed) throw noDataset()
    return { dataset_id, archived: true, archived_at: changed.archived_at, message: 'The dataset is archived.' }
  },
})

const restore = defineOperation({
  id: 'restore_an_archived_dataset',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/restore',
  tag,
  summary: 'Bring back an archived dataset',
  description: 'Clears archived_at so the dataset shows up again. Changes nothing on a dataset that is not archived.',
  access: 'leads:write',
  impact: 'write',
  params: DatasetParams,
  responses: { 200: DatasetArchiveResponse },
  handle: async (request, deps) => {
    const { dataset_id } = request.params
    const changed = await setArchived(deps.db, request.workspace.workspace_id, dataset_id, false, request.now)
    if (!changed) throw noDataset()
    return { dataset_id, archived: false, archived_at: null, message: 'The dataset is not archived.' }
  },
})

const download = defineOperation({
  id: 'download_dataset_in_specified_format',
  method: 'GET',
  path: '/api/v1/datasets/{dataset_id}/download',
  tag,
  summary: 'Export dataset rows',
  description:
    'Streams every row as CSV, Excel or JSON. Each export bumps download_count and last_downloaded_at. Works on archived datasets too; costs no credits.',
  access: 'leads:read',
  impact: 'read',
  params: DatasetParams,
  query: DownloadQuery,
  responses: {
    200: fileResponse('The rows.', {
      'text/csv': { type: 'string' },
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { type: 'string', format: 'binary' },
      'application/json': { type: 'array', items: { type: 'object', additionalProperties: true } },
    }),
  },
  handle: async (request, deps) => {
    const { dataset_id } = request.params
    const dataset = await countDownload(deps.db, request.workspace.workspace_id, dataset_id, request.now)
    if (!dataset) throw noDataset()
    const { type, extension } = DOWNLOAD_TYPES[request.query.format]
    return sendFile(writeExport(deps.db, dataset_id, dataset.columns, request.query.format), type, {
      'content-disposition': attachment(dataset.dataset_name, extension),
    })
  },
})

const get = defineOperation({
  id: 'get_dataset',
  method: 'GET',
  path: '/api/v1/datasets/{dataset_id}',
  tag,
  summary: 'Read a dataset’s record',
  access: 'leads:read',
  impact: 'read',
  source: 'ours',
  params: DatasetParams,
  responses: { 200: DatasetSummary },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const dataset = await findDataset(deps.db, request.workspace.workspace_id, request.params.dataset_id)
    if (!dataset) throw noDataset()
    return dataset
  },
})

/** The filter of a query string, held against the columns. Throws VALIDATION_ERROR naming every problem and its place. */
const readFilter = (text: string | undefined, columns: string[]): Filter | null => {
  if (text === undefined || text.trim() === '') return null
  const loc = ['query', 'filter']
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw invalid([{ loc, msg: 'is not valid JSON', type: 'json_invalid' }])
  }
  const unstorable = findUnstorable(value, loc)
  if (unstorable.length) throw invalid(unstorable)
  const parsed = RowFilter.safeParse(value)
  if (!parsed.success)
    throw invalid(problemsOf(parsed.error, 'query').map((one) => ({ ...one, loc: [...loc, ...one.loc.slice(1)] })))
  return checkFilter(parsed.data, columns, loc)
}

const checkFilter = (filter: Filter, columns: string[], loc: (string | number)[]): Filter => {
  const problems = filterProblems(filter, columns)
  if (problems.length) throw invalid(problems.map(({ at, msg, type }) => ({ loc: [...loc, ...at], msg, type })))
  return filter
}

const listOfRows = defineOperation({
  id: 'list_dataset_rows',
  method: 'GET',
  path: '/api/v1/datasets/{dataset_id}/rows',
  tag,
  summary: 'Page through the rows of a dataset',
  description:
    'By position, or by a column with sort; filter holds conditions over columns, search looks into every cell. Pages by cursor stay quick in a dataset of any size. With a filter a page looks at 100,000 rows: it may be short, and next_cursor goes on from there. Sorting looks at all rows and is refused with FILTER_TOO_SLOW when that takes more than ten seconds.',
  access: 'leads:read',
  impact: 'read',
  source: 'ours',
  params: DatasetParams,
  query: RowListQuery,
  responses: { 200: RowListResponse },
  errors: ['NOT_FOUND', 'FILTER_TOO_SLOW'],
  handle: async (request, deps) => {
    const { dataset_id } = request.params
    const { query, query_given } = request
    const dataset = await readDatasetColumns(deps.db, request.workspace.workspace_id, dataset_id)
    if (!dataset) throw noDataset()
    const { columns } = dataset
    const filter = readFilter(query.filter, columns)
    const search = query.search?.trim() || null
    const place = (page: { limit: number; offset: number }) => ({ limit: page.limit, offset: page.offset, columns })
    if (query.removed) {
      if (filter || search || query.sort !== undefined)
        throw invalid([{ loc: ['query', 'removed'], msg: 'goes without filter, search and sort', type: 'not_allowed' }])
      const page = readPage(query, query_given, { size: 100, key: [z.iso.datetime(), z.uuid()] })
      const { rows, total } = await listRemovedRows(deps.db, dataset_id, page)
      const cut = cutPage(rows, page, (row) => [(row.removed_at as Date).toISOString(), row.row_id])
      return { ...cut, ...place(page), total, total_is_exact: total <= 10_000 }
    }
    if (query.sort !== undefined) knownColumn(query.sort, dataset, ['query', 'sort'])
    const sort = query.sort === undefined ? null : { column: query.sort, order: query.order, as: query.sort_as }
    const position = z.int().min(-1).max(2_147_483_647)
    const sorted = query.sort_as === 'number' ? z.string().regex(/^-?\d{1,30}(\.\d{1,30})?$/) : z.string().max(400)
    const page = readPage(query, query_given, { size: 100, key: sort ? [sorted.nullable(), position] : [position] })
    const found = await listRows(deps.db, { dataset_id, row_count: dataset.row_count, filter, search, sort }, page)
    const cut = cutPage(found.rows, page, (row) => (sort ? [row.sort_key ?? null, row.row_index] : [row.row_index]))
    return {
      items: cut.items.map(({ sort_key: _, ...row }) => row),
      has_more: cut.has_more || found.resume !== null,
      next_cursor: cut.next_cursor ?? (found.resume === null ? null : encodeCursor([found.resume])),
      ...place(page),
      total: found.total,
      total_is_exact: found.total_is_exact,
    }
  },
})

const getRow = defineOperation({
  id: 'get_dataset_row',
  method: 'GET',
  path: '/api/v1/datasets/{dataset_id}/rows/{row_id}',
  tag,
  summary: 'Read one row',
  description: 'Also a row that was removed; removed_at says so.',
  access: 'leads:read',
  impact: 'read',
  source: 'ours',
  params: DatasetRowParams,
  responses: { 200: DatasetRow },
  errors: ['NOT_FOUND'],
  handle: async (request, deps) => {
    const { dataset_id, row_id } = request.params
    const row = await findRow(deps.db, request.workspace.workspace_id, dataset_id, row_id)
    if (!row) throw noRow()
    return row
  },
})

type Placed = { workspace: { workspace_id: string }; params: { dataset_id: string }; now: Date }

const placeOf = ({ workspace, params, now }: Placed) => ({
  workspace_id: workspace.workspace_id,
  dataset_id: params.dataset_id,
  now,
})

const updateOneRow = defineOperation({
  id: 'update_dataset_row',
  method: 'PATCH',
  path: '/api/v1/datasets/{dataset_id}/rows/{row_id}',
  tag,
  summary: 'Edit cells of one row',
  description:
    'Cells that are not named stay. Name the version you saw to be told when the row is another by now; without it the last writer wins, cell by cell. Campaigns that were launched keep the row as it was then, until they are launched again.',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetRowParams,
  body: RowUpdateRequest,
  responses: { 200: DatasetRow },
  errors: ['NOT_FOUND', 'ROW_CHANGED', 'ALREADY_EXISTS', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: (request, deps) => updateRow(deps, placeOf(request), request.params.row_id, request.body),
})

const addSomeRows = defineOperation({
  id: 'add_dataset_rows',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/rows',
  tag,
  summary: 'Add rows',
  description:
    'Up to 1,000 rows at the end of the dataset, with its columns. An address that cannot be right refuses the whole request; a row without any is taken.',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: RowAddRequest,
  responses: { 201: RowAddResponse },
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE'],
  handle: (request, deps) => addRows(deps, placeOf(request), request.body.rows, request.body.duplicates),
})

const removeOneRow = defineOperation({
  id: 'remove_dataset_row',
  method: 'DELETE',
  path: '/api/v1/datasets/{dataset_id}/rows/{row_id}',
  tag,
  summary: 'Remove one row',
  description:
    'The row is marked, not deleted, and can be restored. Leads that a campaign made of it go on; the next launch leaves it out.',
  access: 'leads:write',
  impact: 'destructive',
  source: 'ours',
  params: DatasetRowParams,
  responses: { 200: DatasetRow },
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: (request, deps) => removeRow(deps, placeOf(request), request.params.row_id),
})

type ChangeRequest = Placed & Pick<OperationRequest, 'principal'>

const whoOf = ({ workspace, principal }: ChangeRequest) => ({
  workspace_id: workspace.workspace_id,
  user_id: principal.user_id,
})

/** 200 for what is done, 202 for what a job will do. */
const answered = (change: ChangeAnswer) => answer(change.status === 'queued' ? 202 : 200, change)

const CHANGED = { 200: DatasetChangeResponse, 202: DatasetChangeResponse }

/** Which rows a body means; its filter is held against the columns. */
const selectionOf = (
  body: { row_ids?: string[]; filter?: Filter; search?: string; all?: true },
  dataset: { columns: string[] },
): RowSelection => {
  if (body.row_ids) return { row_ids: body.row_ids }
  if (body.all) return { all: true }
  return {
    filter: body.filter ? checkFilter(body.filter, dataset.columns, ['body', 'filter']) : null,
    search: body.search?.trim() || null,
  }
}

const updateManyRows = defineOperation({
  id: 'update_dataset_rows',
  method: 'PATCH',
  path: '/api/v1/datasets/{dataset_id}/rows',
  tag,
  summary: 'Edit cells of many rows',
  description:
    'Writes the same values into every row that is meant: by ids, by a filter, or all. Count first with dry_run. All rows change in one moment; the last writer wins. A large dataset is changed by a job (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: RowsUpdateRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    return answered(
      await startChange(
        deps,
        whoOf(request),
        request.params.dataset_id,
        { dry_run: body.dry_run, now },
        async (_, dataset) => {
          const cells = trimmedCells(body.cells)
          checkCells(cells, dataset)
          const { email, linkedin_url } = identityColumns(dataset.column_mapping)
          const shared = [email, linkedin_url].filter((column) => column !== null && cells[column])
          if (shared.length)
            throw invalid(
              shared.map((column) => ({
                loc: ['body', 'cells', column as string],
                msg: 'says who somebody is; write it into one row at a time',
                type: 'not_allowed',
              })),
            )
          return { kind: 'update_rows', rows: selectionOf(body, dataset), cells }
        },
      ),
    )
  },
})

const removeManyRows = defineOperation({
  id: 'remove_dataset_rows',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/rows/remove',
  tag,
  summary: 'Remove many rows',
  description:
    'By ids, by a filter, or all. The rows are marked, not deleted; the removed_at of the answer restores them together. Leads that campaigns made of them go on, and the answer names those campaigns.',
  access: 'leads:write',
  impact: 'destructive',
  source: 'ours',
  params: DatasetParams,
  body: RowsRemoveRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    return answered(
      await startChange(
        deps,
        whoOf(request),
        request.params.dataset_id,
        { dry_run: body.dry_run, now },
        async (_, dataset) => ({
          kind: 'remove_rows',
          rows: selectionOf(body, dataset),
        }),
      ),
    )
  },
})

const restoreManyRows = defineOperation({
  id: 'restore_dataset_rows',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/rows/restore',
  tag,
  summary: 'Bring removed rows back',
  description:
    'By ids, everything that was removed together, or all. Each row comes back to its position, or to the end where another row has that by now.',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: RowsRestoreRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { row_ids, removed_at } = request.body
    return answered(
      await startChange(deps, whoOf(request), request.params.dataset_id, { now: request.now }, async () => ({
        kind: 'restore_rows',
        rows: row_ids ? { row_ids } : removed_at ? { removed_at } : { all: true },
      })),
    )
  },
})

const addOneColumn = defineOperation({
  id: 'add_dataset_column',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/columns',
  tag,
  summary: 'Add a column',
  description: 'Empty, or with one value for every row, which a job writes in a large dataset (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: ColumnAddRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    return answered(
      await startChange(deps, whoOf(request), request.params.dataset_id, { now }, async (_, dataset) => {
        const name = newColumnName(body.name, dataset, ['body', 'name'])
        if (body.after !== undefined) knownColumn(body.after, dataset, ['body', 'after'])
        if (body.field === 'email' || body.field === 'linkedin_url')
          throw invalid([
            { loc: ['body', 'field'], msg: 'is given to a column once its values are there', type: 'not_allowed' },
          ])
        const value = body.value === undefined ? null : String(body.value).trim() || null
        return { kind: 'add_column', name, after: body.after ?? null, field: body.field ?? null, value }
      }),
    )
  },
})

const updateOneColumn = defineOperation({
  id: 'update_dataset_column',
  method: 'PATCH',
  path: '/api/v1/datasets/{dataset_id}/columns',
  tag,
  summary: 'Rename a column or change what it holds',
  description:
    'A new name is written into every row, removed ones too. A lead field belongs to one column: the one that had it loses it. With email or linkedin_url the addresses of all rows are read anew. A job does it in a large dataset (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: ColumnUpdateRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { column, name, field } = request.body
    return answered(
      await startChange(deps, whoOf(request), request.params.dataset_id, { now: request.now }, async (_, dataset) => {
        knownColumn(column, dataset, ['body', 'column'])
        if (name !== undefined)
          return { kind: 'rename_column', column, name: newColumnName(name, dataset, ['body', 'name']) }
        return { kind: 'map_column', column, field: field ?? null }
      }),
    )
  },
})

const removeOneColumn = defineOperation({
  id: 'remove_dataset_column',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/columns/remove',
  tag,
  summary: 'Remove a column',
  description:
    'The column goes with all its values, for good. A job does it in a large dataset (202). Campaigns that were launched keep the values until they are launched again.',
  access: 'leads:write',
  impact: 'destructive',
  source: 'ours',
  params: DatasetParams,
  body: ColumnRemoveRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { column } = request.body
    return answered(
      await startChange(deps, whoOf(request), request.params.dataset_id, { now: request.now }, async (_, dataset) => {
        knownColumn(column, dataset, ['body', 'column'])
        return { kind: 'remove_column', column }
      }),
    )
  },
})

const orderColumns = defineOperation({
  id: 'reorder_dataset_columns',
  method: 'PUT',
  path: '/api/v1/datasets/{dataset_id}/columns',
  tag,
  summary: 'Put the columns in another order',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: ColumnOrderRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { columns } = request.body
    return answered(
      await startChange(deps, whoOf(request), request.params.dataset_id, { now: request.now }, async (_, dataset) => {
        const wanted = new Set(columns)
        const missing = dataset.columns.filter((column) => !wanted.has(column))
        const unknown = columns.filter((column) => !dataset.columns.includes(column))
        if (missing.length || unknown.length || wanted.size !== columns.length)
          throw invalid([
            {
              loc: ['body', 'columns'],
              msg: `must be every column once${missing.length ? `; missing: ${missing.slice(0, 20).join(', ')}` : ''}${
                unknown.length ? `; unknown: ${unknown.slice(0, 20).join(', ')}` : ''
              }`,
              type: 'value_error',
            },
          ])
        return { kind: 'reorder_columns', columns }
      }),
    )
  },
})

const merge = defineOperation({
  id: 'merge_datasets',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/merge',
  tag,
  summary: 'Add the rows of another dataset',
  description:
    'Columns of the same name or lead field meet, others are added. duplicates says what becomes of people who are here already. Count first with dry_run. The other dataset keeps its rows. A job does it where that one is large (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: MergeRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    const who = whoOf(request)
    return answered(
      await startChange(deps, who, request.params.dataset_id, { dry_run: body.dry_run, now }, async (tx) => {
        const loc = ['body', 'source_dataset_id']
        if (body.source_dataset_id === request.params.dataset_id)
          throw invalid([{ loc, msg: 'is this dataset', type: 'value_error' }])
        const source = await findDataset(tx, who.workspace_id, body.source_dataset_id)
        if (!source) throw notFound('There is no such dataset to merge in this workspace.')
        if (source.status === 'pending' || source.status === 'processing')
          throw problem('IMPORT_STATE', 'The other dataset is still being filled; merge it when that is over.')
        const { duplicates, archive_source, dry_run } = body
        return { kind: 'merge', source_id: body.source_dataset_id, duplicates, archive_source, dry_run }
      }),
    )
  },
})

/** An empty dataset beside another one, of its kind and with its columns, which a change is about to fill. */
const createBeside = async (
  tx: Tx,
  who: { workspace_id: string; user_id: string },
  datasetId: string,
  shape: TableShape,
  dataset_name: string,
  now: Date,
): Promise<string> => {
  const of = await findDataset(tx, who.workspace_id, datasetId)
  if (!of) throw noDataset()
  const dataset_id = newId()
  await createDataset(tx, {
    ...who,
    dataset_id,
    dataset_name,
    pipeline_type: of.pipeline_type as 'enrichment',
    source_type: of.source_type as 'csv',
    session_id: null,
    columns: shape.columns,
    column_mapping: shape.column_mapping,
    now,
  })
  return dataset_id
}

const split = defineOperation({
  id: 'split_dataset',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/split',
  tag,
  summary: 'Make a new dataset of some rows',
  description:
    'The rows that are meant are copied into a new dataset of the same columns; with move they are removed here, and can be restored. Count first with dry_run. A job does it in a large dataset (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: SplitRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    const { dataset_id } = request.params
    const who = whoOf(request)
    return answered(
      await startChange(deps, who, dataset_id, { dry_run: body.dry_run, now }, async (tx, dataset) => {
        const rows = selectionOf(body, dataset)
        const target_id = body.dry_run ? '' : await createBeside(tx, who, dataset_id, dataset, body.dataset_name, now)
        return { kind: 'split', target_id, rows, move: body.move }
      }),
    )
  },
})

const copy = defineOperation({
  id: 'copy_dataset',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/copy',
  tag,
  summary: 'Copy a dataset',
  description: 'All rows that are there, as new rows of a new dataset. A job does it in a large dataset (202).',
  access: 'leads:write',
  impact: 'write',
  source: 'ours',
  params: DatasetParams,
  body: CopyRequest,
  responses: CHANGED,
  errors: ['NOT_FOUND', 'CONFLICT', 'IMPORT_STATE', 'DATASET_BUSY'],
  handle: async (request, deps) => {
    const { body, now } = request
    const { dataset_id } = request.params
    const who = whoOf(request)
    return answered(
      await startChange(deps, who, dataset_id, { now }, async (tx, dataset) => ({
        kind: 'copy',
        target_id: await createBeside(tx, who, dataset_id, dataset, body.dataset_name, now),
      })),
    )
  },
})

export const operations: Operation[] = [
  list,
  get,
  rename,
  archive,
  restore,
  download,
  listOfRows,
  addSomeRows,
  updateManyRows,
  removeManyRows,
  restoreManyRows,
  getRow,
  updateOneRow,
  removeOneRow,
  addOneColumn,
  updateOneColumn,
  removeOneColumn,
  orderColumns,
  merge,
  split,
  copy,
]
