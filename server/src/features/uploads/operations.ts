import { z } from 'zod'
import {
  defineOperation,
  fileResponse,
  multipart,
  type Operation,
  sendFile,
  type UploadedFile,
} from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { readDatasetColumns } from '../datasets/dataset-rows.ts'
import { applyPlan, discardPlan, NO_IMPORT } from './apply-plan.ts'
import { writeErrorFile } from './error-file.ts'
import { previewFile, previewWorkbook } from './preview-file.ts'
import { countIssues, findImport, listImports } from './queries.ts'
import { readChanges } from './read-changes.ts'
import { namingFile, readUploaded } from './read-uploaded-table.ts'
import {
  ChangeListQuery,
  ChangeListResponse,
  DatasetImportResponse,
  DatasetParams,
  DiscardResult,
  ErrorFileQuery,
  ExcelPreviewResponse,
  ExcelUploadFields,
  FilePreviewResponse,
  Import,
  ImportFields,
  ImportListQuery,
  ImportListResponse,
  ImportParams,
  PlanResult,
  SessionParams,
  SessionUploadResponse,
  UndoResult,
  UploadFields,
} from './schema.ts'
import { startAppend, startUpload } from './start-upload.ts'
import { undoImport } from './undo-import.ts'

const FILE = { file: { required: true, description: 'The file' } }

const preview = defineOperation({
  id: 'preview_csv_or_excel_file_before_upload',
  method: 'POST',
  path: '/api/v1/upload/preview',
  tag: 'file-upload-csvexcel',
  summary: 'Preview a CSV or Excel file',
  description:
    'Parses an upload and returns structure, columns and sample rows without saving anything. One endpoint for both kinds; file_type tells which part of the answer is filled.',
  access: 'leads:read',
  impact: 'read',
  body: multipart(z.object({}), FILE),
  responses: { 200: FilePreviewResponse },
  errors: ['BAD_REQUEST', 'UNREADABLE_FILE'],
  handle: (request, deps) => {
    const file = request.body.files.file as UploadedFile
    return namingFile(file, () => previewFile(file, deps.config.uploads))
  },
})

const previewExcel = defineOperation({
  id: 'preview_excel_file_sheets',
  method: 'POST',
  path: '/api/v1/upload/excel/preview',
  tag: 'file-upload-csvexcel',
  summary: 'Preview every sheet of a workbook',
  description:
    'Excel-only variant: lists all sheets, hidden ones too, with sizes, columns, sample rows and the guessed mapping. Stores nothing.',
  access: 'leads:read',
  impact: 'read',
  body: multipart(z.object({}), FILE),
  responses: { 200: ExcelPreviewResponse },
  errors: ['BAD_REQUEST', 'UNREADABLE_FILE'],
  handle: (request, deps) => {
    const file = request.body.files.file as UploadedFile
    return namingFile(file, () => previewWorkbook(file, deps.config.uploads))
  },
})

const uploadCsv = defineOperation({
  id: 'upload_csv_with_sender_profile_support',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/upload/csv',
  tag: 'file-upload-csvexcel',
  summary: 'Load a CSV into a session',
  description:
    'Stores the file, makes a dataset of it and answers with what was imported. Up to 10,000 rows are read before the answer; a larger file is read by a job, whose job_id and import_id the answer names. Rows with a bad address, rows that repeat an address and broken rows never stop the others; errors.csv of the import lists them.',
  access: 'leads:write',
  impact: 'write',
  params: SessionParams,
  body: multipart(UploadFields, FILE),
  responses: { 200: SessionUploadResponse },
  errors: ['BAD_REQUEST', 'PROFILE_LIMIT_REACHED', 'CONFLICT', 'IMPORT_STATE', 'UNREADABLE_FILE'],
  calls_outside: true,
  handle: (request, deps) =>
    startUpload(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.session_id,
      request.body.files.file as UploadedFile,
      request.body,
      request.now,
      readUploaded(request.body.files.file as UploadedFile, {}, deps.config.uploads, 'csv'),
    ),
})

const uploadExcel = defineOperation({
  id: 'upload_excel_with_multi_sheet_and_sender_profile_support',
  method: 'POST',
  path: '/api/v1/sessions/{session_id}/upload/excel',
  tag: 'file-upload-csvexcel',
  summary: 'Load a workbook into a session',
  description:
    'As the CSV upload, from one or several sheets of a workbook (.xlsx, .xlsm). sheet_config selects sheets, their header rows and mappings; without it the first visible sheet is used, with process_all_sheets every visible one that holds people. Several sheets become one dataset with the columns of all and one that names the sheet.',
  access: 'leads:write',
  impact: 'write',
  params: SessionParams,
  body: multipart(ExcelUploadFields, FILE),
  responses: { 200: SessionUploadResponse },
  errors: ['BAD_REQUEST', 'PROFILE_LIMIT_REACHED', 'CONFLICT', 'IMPORT_STATE', 'UNREADABLE_FILE'],
  calls_outside: true,
  handle: (request, deps) =>
    startUpload(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.session_id,
      request.body.files.file as UploadedFile,
      request.body,
      request.now,
      readUploaded(request.body.files.file as UploadedFile, request.body, deps.config.uploads, 'excel'),
    ),
})

const addFile = defineOperation({
  id: 'import_file_into_dataset',
  method: 'POST',
  path: '/api/v1/datasets/{dataset_id}/imports',
  tag: 'datasets',
  summary: 'Add the rows of a file to a dataset',
  description:
    'Takes CSV or a workbook into a dataset that is there; a corrected errors.csv goes back where it belongs by this one call. Columns of the file go to the columns of the same name or lead field, others are added. duplicates says what becomes of people who are there already, dry_run shows it first.',
  source: 'ours',
  access: 'leads:write',
  impact: 'write',
  params: DatasetParams,
  body: multipart(ImportFields, FILE),
  responses: { 200: DatasetImportResponse },
  errors: ['CONFLICT', 'IMPORT_STATE', 'UNREADABLE_FILE'],
  calls_outside: true,
  handle: (request, deps) =>
    startAppend(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.dataset_id,
      request.body.files.file as UploadedFile,
      request.body,
      request.now,
      readUploaded(request.body.files.file as UploadedFile, request.body, deps.config.uploads, 'any'),
    ),
})

const listAll = defineOperation({
  id: 'list_imports',
  method: 'GET',
  path: '/api/v1/imports',
  tag: 'datasets',
  summary: 'Imports and plans, newest first',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  query: ImportListQuery,
  responses: { 200: ImportListResponse },
  handle: async ({ query, query_given, workspace }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const filter = {
      workspace_id: workspace.workspace_id,
      dataset_id: query.dataset_id ?? null,
      session_id: query.session_id ?? null,
      status: query.status ?? null,
    }
    const { rows, total } = await listImports(deps.db, filter, page)
    return {
      ...cutPage(rows, page, (row) => [row.import_id]),
      total,
      limit: page.limit,
      offset: page.offset,
    }
  },
})

const changes = defineOperation({
  id: 'list_import_changes',
  method: 'GET',
  path: '/api/v1/imports/{import_id}/changes',
  tag: 'datasets',
  summary: 'What an import changes, row by row',
  description:
    'Of a plan every row of the file in its order: what it adds, which cells of which row it changes and from what, why it is left out. Of an import that was carried out the cells that it changed.',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  params: ImportParams,
  query: ChangeListQuery,
  responses: { 200: ChangeListResponse },
  handle: async ({ params, query, query_given, workspace }, deps) => {
    const page = readPage(query, query_given, { size: 100, key: [z.int().min(0).max(2_147_483_647)] })
    return readChanges(deps.db, workspace.workspace_id, params.import_id, query, page)
  },
})

const apply = defineOperation({
  id: 'apply_import_plan',
  method: 'POST',
  path: '/api/v1/imports/{import_id}/apply',
  tag: 'datasets',
  summary: 'Carry out a plan as it was made',
  description:
    'Imports the stored file of a dry run. Refused, with nothing changed, when the dataset has changed since or any row would be decided otherwise now.',
  source: 'ours',
  access: 'leads:write',
  impact: 'write',
  params: ImportParams,
  responses: { 200: PlanResult },
  errors: ['IMPORT_STATE', 'PLAN_OUTDATED', 'CONFLICT', 'PROFILE_LIMIT_REACHED', 'PAYLOAD_TOO_LARGE'],
  calls_outside: true,
  handle: (request, deps) =>
    applyPlan(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.import_id,
      request.now,
    ),
})

const discard = defineOperation({
  id: 'discard_import_plan',
  method: 'DELETE',
  path: '/api/v1/imports/{import_id}',
  tag: 'datasets',
  summary: 'Discard a plan',
  description: 'Forgets a dry run that was not carried out. Plans are forgotten by themselves after seven days.',
  source: 'ours',
  access: 'leads:write',
  impact: 'destructive',
  params: ImportParams,
  responses: { 200: DiscardResult },
  errors: ['IMPORT_STATE'],
  handle: (request, deps) => discardPlan(deps, request.workspace.workspace_id, request.params.import_id),
})

const getImport = defineOperation({
  id: 'get_import',
  method: 'GET',
  path: '/api/v1/imports/{import_id}',
  tag: 'datasets',
  summary: 'How an import stands',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  params: ImportParams,
  responses: { 200: Import },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const found = await findImport(deps.db, workspace_id, request.params.import_id)
    if (!found) throw notFound(NO_IMPORT)
    return { ...found, issues: await countIssues(deps.db, workspace_id, found.import_id) }
  },
})

const getErrors = defineOperation({
  id: 'download_import_errors',
  method: 'GET',
  path: '/api/v1/imports/{import_id}/errors.csv',
  tag: 'datasets',
  summary: 'Rows that were not imported, as CSV',
  description:
    'Row number, problem and message (of a workbook also the sheet), then the columns of the upload. Corrected and posted to /api/v1/datasets/{dataset_id}/imports, it is read without those first columns.',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  params: ImportParams,
  query: ErrorFileQuery,
  responses: { 200: fileResponse('The rows.', { 'text/csv': { type: 'string' } }) },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const found = await findImport(deps.db, workspace_id, request.params.import_id)
    if (!found) throw notFound(NO_IMPORT)
    const columns =
      found.columns ??
      (found.dataset_id ? await readDatasetColumns(deps.db, workspace_id, found.dataset_id) : null)?.columns ??
      []
    const { severity } = request.query
    return sendFile(
      writeErrorFile(
        deps.db,
        found.import_id,
        columns,
        severity ? [severity] : ['rejected', 'duplicate'],
        found.sheet_names !== null,
      ),
      'text/csv; charset=utf-8',
      {
        'content-disposition': `attachment; filename="import-errors-${found.import_id}.csv"`,
      },
    )
  },
})

const undo = defineOperation({
  id: 'undo_import',
  method: 'POST',
  path: '/api/v1/imports/{import_id}/undo',
  tag: 'datasets',
  summary: 'Take an import back',
  description:
    'Takes out the rows it added and gives the cells it changed their former values. Cells that somebody has written since stay, and the answer lists them. Possible while no campaign has made leads of its rows. An import of more than 10,000 rows is undone by a job.',
  source: 'ours',
  access: 'leads:write',
  impact: 'destructive',
  params: ImportParams,
  responses: { 200: UndoResult },
  errors: ['IMPORT_STATE', 'IN_USE'],
  handle: (request, deps) =>
    undoImport(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.import_id,
      request.now,
    ),
})

export const operations: Operation[] = [
  preview,
  previewExcel,
  uploadCsv,
  uploadExcel,
  addFile,
  listAll,
  getImport,
  changes,
  apply,
  discard,
  getErrors,
  undo,
]
