import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, multipart, type Operation, type UploadedFile } from '../../http/define-operation.ts'
import { invalid } from '../../http/errors.ts'
import { pageEnvelope, readPage } from '../../http/pagination.ts'
import { readEntryTarget } from './entry-target.ts'
import { importSuppressions } from './import-suppressions.ts'
import { liftSuppression } from './lift-suppression.ts'
import { addEntry, countEntries, listEntries } from './queries.ts'
import {
  EntryParams,
  ImportFields,
  LiftQuery,
  LiftRequest,
  SuppressionCreateRequest,
  SuppressionEntry,
  SuppressionImportResult,
  SuppressionList,
  SuppressionListQuery,
} from './schema.ts'

const tag = 'suppression'

const listSuppression = defineOperation({
  id: 'list_suppression',
  method: 'GET',
  path: '/api/v1/suppression/',
  tag,
  summary: 'List suppressed addresses',
  description: 'The workspace’s do-not-contact list, newest first. Lifted entries are shown with include_released.',
  access: 'suppression:read',
  impact: 'read',
  query: SuppressionListQuery,
  responses: { 200: SuppressionList },
  handle: async ({ workspace, query, query_given }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const filter = { ...query, workspace_id: workspace.workspace_id }
    const rows = await listEntries(deps.db, filter, page)
    return pageEnvelope(rows, page, await countEntries(deps.db, filter), (row) => [row.entry_id])
  },
})

const addSuppression = defineOperation({
  id: 'add_suppression',
  method: 'POST',
  path: '/api/v1/suppression/',
  tag,
  summary: 'Suppress an address',
  description:
    'Adds an address or a whole domain to the workspace’s do-not-contact list; no campaign sends to it any more. Addresses are compared without regard to case. Adding one that is already listed returns the existing entry.',
  access: 'suppression:write',
  impact: 'write',
  body: SuppressionCreateRequest,
  responses: { 201: SuppressionEntry },
  handle: ({ workspace, principal, body, now }, deps) => {
    const target = readEntryTarget(body.email, body.kind)
    if (!target.ok) throw invalid([{ loc: ['body', 'email'], msg: target.message, type: target.code }])
    return transaction(deps.db, (tx) =>
      addEntry(tx, {
        workspace_id: workspace.workspace_id,
        kind: target.kind,
        email: target.email,
        reason: body.reason,
        source: 'api',
        note: body.note ?? null,
        created_by: principal.user_id,
        now,
      }),
    )
  },
})

const deleteSuppression = defineOperation({
  id: 'delete_suppression',
  method: 'DELETE',
  path: '/api/v1/suppression/{entry_id}',
  tag,
  summary: 'Lift a suppression',
  description:
    'The address can be contacted again; leads already skipped are not requeued. Lifting an unsubscribe or a complaint needs a log-in session and a note, and is audited. An entry of kind hash cannot be lifted.',
  access: 'suppression:write',
  impact: 'destructive',
  params: EntryParams,
  query: LiftQuery,
  body: LiftRequest,
  body_optional: true,
  responses: { 204: null },
  errors: ['SESSION_REQUIRED', 'CONFLICT'],
  handle: ({ principal, params, query, body, now }, deps) =>
    liftSuppression(deps, principal, params.entry_id, query.note ?? body?.note ?? null, now),
})

const importSuppression = defineOperation({
  id: 'import_suppression',
  method: 'POST',
  path: '/api/v1/suppression/import',
  tag,
  summary: 'Import a suppression list',
  description:
    'Reads a CSV of any common spelling. The column of addresses is found by its header or by what stands in it; @acme.com, a column headed domain, or kind domain suppress whole domains. All rows are added in one commit; bad ones are reported and left out.',
  access: 'suppression:write',
  impact: 'write',
  source: 'ours',
  body: multipart(ImportFields, { file: { required: true, description: 'CSV with addresses or domains.' } }),
  responses: { 200: SuppressionImportResult },
  errors: ['UNREADABLE_FILE', 'CONFLICT'],
  handle: ({ workspace, principal, body, now }, deps) =>
    importSuppressions(deps, {
      workspace_id: workspace.workspace_id,
      user_id: principal.user_id,
      path: (body.files.file as UploadedFile).path,
      reason: body.reason,
      kind: body.kind,
      note: body.note ?? null,
      now,
    }),
})

export const operations: Operation[] = [listSuppression, addSuppression, deleteSuppression, importSuppression]
