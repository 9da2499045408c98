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
import { readDatasetColumns } from '../datasets/dataset-rows.ts'
import { writeErrorFile } from './error-file.ts'
import { previewFile } from './preview-file.ts'
import { countIssues, findImport } from './queries.ts'
import {
  ErrorFileQuery,
  FilePreviewResponse,
  Import,
  ImportParams,
  SessionParams,
  SessionUploadResponse,
  UndoResult,
  UploadFields,
} from './schema.ts'
import { startUpload } from './start-upload.ts'
import { undoImport } from './undo-import.ts'

const FILE = { file: { required: true, description: 'The file' } }
const NO_IMPORT = 'There is no such import in this workspace.'

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
  handle: (request, deps) => previewFile(request.body.files.file as UploadedFile, deps.config.uploads.max_rows),
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
  errors: ['BAD_REQUEST', 'PROFILE_LIMIT_REACHED', 'CONFLICT', 'UNREADABLE_FILE'],
  calls_outside: true,
  handle: (request, deps) =>
    startUpload(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.session_id,
      request.body.files.file as UploadedFile,
      request.body,
      request.now,
    ),
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
    'Row number, problem and message, then the columns of the upload. Corrected and uploaded again, it is read without the first three columns.',
  source: 'ours',
  access: 'leads:read',
  impact: 'read',
  params: ImportParams,
  query: ErrorFileQuery,
  responses: { 200: fileResponse('The rows.', { 'text/csv': { type: 'string' } }) },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const found = await findImport(deps.db, workspace_id, request.params.import_id)
    const dataset = found && (await readDatasetColumns(deps.db, workspace_id, found.dataset_id))
    if (!dataset) throw notFound(NO_IMPORT)
    const { severity } = request.query
    return sendFile(
      writeErrorFile(deps.db, found.import_id, dataset.columns, severity ? [severity] : ['rejected', 'duplicate']),
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
  summary: 'Take the rows of an import out again',
  description: 'Possible while no campaign has made leads of them.',
  source: 'ours',
  access: 'leads:write',
  impact: 'destructive',
  params: ImportParams,
  responses: { 200: UndoResult },
  errors: ['IMPORT_STATE', 'IN_USE'],
  handle: (request, deps) => undoImport(deps, request.workspace.workspace_id, request.params.import_id, request.now),
})

export const operations: Operation[] = [preview, uploadCsv, getImport, getErrors, undo]
