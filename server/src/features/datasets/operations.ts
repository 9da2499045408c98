import { z } from 'zod'
import { defineOperation, fileResponse, type Operation, sendFile } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { countDownload, listDatasets, renameDataset, setArchived } from './queries.ts'
import {
  DatasetArchiveResponse,
  DatasetListQuery,
  DatasetListResponse,
  DatasetParams,
  DatasetSummary,
  DatasetUpdateRequest,
  DownloadQuery,
} from './schema.ts'
import { attachment, EXPORT_TYPES, writeExport } from './write-export.ts'

const tag = 'datasets'
const noDataset = () => notFound('There is no such dataset in this workspace.')

const list = defineOperation({
  id: 'list_datasets_with_pagination',
  method: 'GET',
  path: '/api/v1/datasets/list',
  tag,
  summary: 'Page through the workspace’s datasets',
  description:
    'Newest first. pipeline_type narrows by pipeline and search is a case-insensitive match on the name. Archived datasets are left out unless asked for.',
  access: 'leads:read',
  impact: 'read',
  query: DatasetListQuery,
  responses: { 200: DatasetListResponse },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { pipeline_type, search, include_archived } = request.query
    const { rows, total } = await listDatasets(
      deps.db,
      {
        workspace_id: request.workspace.workspace_id,
        pipeline_type: pipeline_type ?? null,
        search: search?.trim() || null,
        include_archived,
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
    const { type, extension } = EXPORT_TYPES[request.query.format]
    return sendFile(writeExport(deps.db, dataset_id, dataset.columns, request.query.format), type, {
      'content-disposition': attachment(dataset.dataset_name, extension),
    })
  },
})

export const operations: Operation[] = [list, rename, archive, restore, download]
