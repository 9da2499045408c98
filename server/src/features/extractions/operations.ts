import { z } from 'zod'
import {
  answer,
  defineOperation,
  fileResponse,
  multipart,
  multipartOrJson,
  type Operation,
  sendFile,
  type UploadedFile,
} from '../../http/define-operation.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { attachment, DOWNLOAD_TYPES } from '../../table-download.ts'
import { createSessionFrom, noExtraction } from './create-session.ts'
import { processExtraction } from './process-extraction.ts'
import { deleteExtractions, findExtraction, listExtractions, renameExtraction } from './queries.ts'
import { describeExtraction, readFormFacts } from './read-request.ts'
import { type RawLead, readUpload } from './read-upload.ts'
import {
  BulkDeleteExtractionsRequest,
  BulkDeleteExtractionsResponse,
  ExtractionDeleteResponse,
  ExtractionDownloadQuery,
  ExtractionListQuery,
  ExtractionParams,
  ExtractionProcessRequest,
  ExtractionProcessResponse,
  ExtractionRenameRequest,
  ExtractionRenameResponse,
  ExtractionSessionResponse,
  ExtractionUploadFields,
  ExtractionUploadRequest,
  UserExtraction,
  UserExtractionDetail,
  UserExtractionListResponse,
} from './schema.ts'
import { storeExtraction, uploadLimits } from './store-extraction.ts'
import { writeDownload } from './write-download.ts'

const tag = 'user-extractions'
const FILE = { file: { required: true, description: 'JSON list, JSON Lines or CSV of leads, or a ZIP of such files' } }
/** A body that is held in memory; more leads come as a file. */
const JSON_BYTES = 16_777_216

const list = defineOperation({
  id: 'list_user_extractions',
  method: 'GET',
  path: '/api/v1/user-extractions/',
  tag,
  summary: 'List extractions',
  description:
    'The workspace’s extractions from the browser extension (PitchBook, LinkedIn and others) and from sheet imports, newest first, optionally of one source.',
  access: 'leads:read',
  impact: 'read',
  query: ExtractionListQuery,
  responses: { 200: UserExtractionListResponse },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { workspace_id } = request.workspace
    const filter = { workspace_id, source: request.query.source?.trim() || null }
    const { rows, total } = await listExtractions(deps.db, filter, page)
    return { ...cutPage(rows, page, (row) => [row.extraction_id]), total, limit: page.limit, offset: page.offset }
  },
})

const upload = defineOperation({
  id: 'upload_extraction',
  method: 'POST',
  path: '/api/v1/user-extractions/',
  tag,
  summary: 'Store extracted leads',
  description:
    'What the browser extension sends, and any program may: leads as JSON in the body, or a file (JSON list, JSON Lines, CSV, or a ZIP of such files, each a sheet of its own). A lead has its columns under columnValues, nested or as flat keys that begin with columnValues.; other fields are kept with it and not exported. A lead without columnValues is a plain row: all of its fields are columns. Files are streamed, so their size costs no memory.',
  source: 'ours',
  access: 'leads:write',
  impact: 'write',
  body: multipartOrJson(multipart(ExtractionUploadFields, FILE, 'extraction'), ExtractionUploadRequest),
  body_bytes: () => JSON_BYTES,
  responses: { 201: UserExtraction },
  errors: ['BAD_REQUEST', 'UNREADABLE_FILE'],
  calls_outside: true,
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { body } = request
    const file = body.files ? (body.files.file as UploadedFile) : null
    const facts = body.files ? readFormFacts(body) : body
    const read = file ? await readUpload(file, uploadLimits(deps.config)) : { leads: leadsOf(body as never) }
    const extraction_id = await storeExtraction(
      deps,
      {
        ...describeExtraction(facts, file, request.now),
        workspace_id,
        user_id: request.principal.user_id,
        now: request.now,
      },
      read.leads,
      'left_out' in read ? read.left_out : undefined,
    )
    return answer(201, shown(await findExtraction(deps.db, workspace_id, extraction_id)))
  },
})

async function* leadsOf(body: { leads: unknown[] }): AsyncGenerator<RawLead> {
  for (const [index, value] of body.leads.entries()) yield { value, sheet: null, at: ['body', 'leads', index] }
}

const shown = (found: Awaited<ReturnType<typeof findExtraction>>) => {
  if (!found) throw noExtraction()
  const { sha256: _sha256, sheets: _sheets, sample: _sample, ...extraction } = found
  return extraction
}

const info = defineOperation({
  id: 'get_extraction_info',
  method: 'GET',
  path: '/api/v1/user-extractions/{extraction_id}/info',
  tag,
  summary: 'Details of an extraction',
  description: 'Everything the list shows plus columns, sheet names and a few sample rows.',
  access: 'leads:read',
  impact: 'read',
  params: ExtractionParams,
  responses: { 200: UserExtractionDetail },
  handle: async (request, deps) => {
    const found = await findExtraction(deps.db, request.workspace.workspace_id, request.params.extraction_id)
    if (!found) throw noExtraction()
    return { ...shown(found), sheets: found.sheets, sample_data: found.sample }
  },
})

const rename = defineOperation({
  id: 'rename_extraction',
  method: 'PATCH',
  path: '/api/v1/user-extractions/{extraction_id}/rename',
  tag,
  summary: 'Rename an extraction',
  description: 'Sets the title kept in the extraction’s metadata; data is untouched.',
  access: 'leads:write',
  impact: 'write',
  params: ExtractionParams,
  body: ExtractionRenameRequest,
  responses: { 200: ExtractionRenameResponse },
  handle: async (request, deps) => {
    const { extraction_id } = request.params
    const title = request.body.title.trim()
    if (!(await renameExtraction(deps.db, request.workspace.workspace_id, extraction_id, title, request.now)))
      throw noExtraction()
    return { success: true, extraction_id, title, message: 'The extraction is renamed.' }
  },
})

const renameOptions = defineOperation({
  id: 'rename_extraction_options',
  method: 'OPTIONS',
  path: '/api/v1/user-extractions/{extraction_id}/rename',
  tag,
  summary: 'CORS preflight for rename',
  description: 'Answers the browser’s preflight so that the extension can call rename; needs no credentials.',
  access: 'public',
  impact: 'read',
  params: ExtractionParams,
  responses: { 200: fileResponse('Preflight accepted', { 'text/plain': { type: 'string', maxLength: 0 } }) },
  // A browser's preflight from an allowed origin is answered before any operation (http/cross-origin.ts). Nothing is said about
  // the extraction: whoever asks here has shown no credential.
  handle: async () => sendFile('', 'text/plain; charset=utf-8', { allow: 'PATCH, OPTIONS' }),
})

const remove = defineOperation({
  id: 'delete_extraction',
  method: 'DELETE',
  path: '/api/v1/user-extractions/{extraction_id}',
  tag,
  summary: 'Delete an extraction',
  description: 'Removes one extraction and its stored file. Sessions and datasets already made from it stay.',
  access: 'leads:write',
  impact: 'destructive',
  params: ExtractionParams,
  responses: { 200: ExtractionDeleteResponse },
  handle: async (request, deps) => {
    const { extraction_id } = request.params
    const gone = await deleteExtractions(deps.db, request.workspace.workspace_id, [extraction_id])
    if (!gone.length) throw noExtraction()
    return { success: true, extraction_id, message: 'The extraction is deleted.' }
  },
})

const removeMany = defineOperation({
  id: 'bulk_delete_extractions',
  method: 'POST',
  path: '/api/v1/user-extractions/bulk-delete',
  tag,
  summary: 'Delete several extractions',
  description:
    'Deletes each listed extraction of the workspace and reports the rest in failed; partial success is still 200. Stored files go too. Not reversible.',
  access: 'leads:write',
  impact: 'destructive',
  body: BulkDeleteExtractionsRequest,
  responses: { 200: BulkDeleteExtractionsResponse },
  handle: async (request, deps) => {
    const asked = request.body.extraction_ids.map((id) => id.toLowerCase())
    const gone = new Set(await deleteExtractions(deps.db, request.workspace.workspace_id, asked))
    const deleted_ids = asked.filter((id) => gone.has(id))
    const failed = asked
      .filter((id) => !gone.has(id))
      .map((extraction_id) => ({ extraction_id, reason: 'There is no such extraction in this workspace.' }))
    const message = `${deleted_ids.length} of ${asked.length} extractions are deleted.`
    return { deleted_count: deleted_ids.length, deleted_ids, failed, message }
  },
})

const createSession = defineOperation({
  id: 'create_session_from_extraction',
  method: 'POST',
  path: '/api/v1/user-extractions/{extraction_id}/create-session',
  tag,
  summary: 'Turn an extraction into a session',
  description:
    'Reads the stored lead array and creates an enrichment session, a dataset with source_type extraction and one row per lead, then links the session to the extraction. Synchronous, no body, no credits. A second call makes another session and moves the link.',
  access: 'leads:write',
  impact: 'write',
  params: ExtractionParams,
  responses: { 200: ExtractionSessionResponse },
  errors: ['BAD_REQUEST', 'INTERNAL_ERROR'],
  calls_outside: true,
  handle: (request, deps) =>
    createSessionFrom(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.extraction_id,
      request.now,
    ),
})

const load = defineOperation({
  id: 'process_extraction_to_session',
  method: 'POST',
  path: '/api/v1/user-extractions/{extraction_id}/process',
  tag,
  summary: 'Load an extraction into an existing session',
  description:
    'Feeds the stored leads to the ordinary upload pipeline of the given session, queueing its leads. Both the extraction and the session must be the workspace’s. Rows are judged as those of an uploaded file; more than 10,000 are read by a job, whose job_id the answer names.',
  access: 'leads:write',
  impact: 'write',
  params: ExtractionParams,
  body: ExtractionProcessRequest,
  responses: { 200: ExtractionProcessResponse },
  errors: ['BAD_REQUEST', 'CONFLICT', 'UNREADABLE_FILE', 'UNSUPPORTED_MEDIA_TYPE', 'INTERNAL_ERROR'],
  calls_outside: true,
  handle: (request, deps) =>
    processExtraction(
      deps,
      { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id },
      request.params.extraction_id,
      { session_id: request.body.session_id, sheets: request.body.sheet_config ?? null },
      request.now,
    ),
})

const download = defineOperation({
  id: 'download_extraction',
  method: 'GET',
  path: '/api/v1/user-extractions/{extraction_id}/download',
  tag,
  summary: 'Export an extraction',
  description:
    'Streams the leads as CSV, Excel or JSON. Only fields under columnValues are exported, with that prefix removed.',
  access: 'leads:read',
  impact: 'read',
  params: ExtractionParams,
  query: ExtractionDownloadQuery,
  responses: {
    200: fileResponse('The leads.', {
      'text/csv': { type: 'string' },
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': { type: 'string', format: 'binary' },
      'application/json': { type: 'array', items: { type: 'object', additionalProperties: true } },
    }),
  },
  handle: async (request, deps) => {
    const found = await findExtraction(deps.db, request.workspace.workspace_id, request.params.extraction_id)
    if (!found) throw noExtraction()
    const { format } = request.query
    const { type, extension } = DOWNLOAD_TYPES[format]
    return sendFile(writeDownload(await deps.storage.read(found.sha256), found.columns, format), type, {
      'content-disposition': attachment(found.title, extension),
    })
  },
})

export const operations: Operation[] = [
  list,
  upload,
  removeMany,
  remove,
  createSession,
  download,
  info,
  load,
  rename,
  renameOptions,
]
