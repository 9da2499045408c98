import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import {
  type Answer,
  defineOperation,
  fileResponse,
  multipart,
  type Operation,
  sendFile,
} from '../../http/define-operation.ts'
import { notFound, problem } from '../../http/errors.ts'
import { timestamp } from '../../http/params.ts'
import { contentDisposition, isShownInline } from './attachment-name.ts'
import { DOWNLOAD_PATH, downloadLink, readDownloadToken } from './download-link.ts'
import {
  countAttachments,
  findAttachment,
  findAttachmentAnywhere,
  findReceivedFileAnywhere,
  listAttachments,
} from './queries.ts'
import { removeAttachments } from './remove-attachments.ts'
import {
  AttachmentFile,
  AttachmentListQuery,
  AttachmentParams,
  BulkDelete,
  BulkDeleted,
  DownloadQuery,
} from './schema.ts'
import { type StoredAttachment, storeAttachments } from './store-attachments.ts'

const tag = 'mail-service'
const source = 'ours'
const MOST_FILES = 20

const missing = () => notFound('There is no such attachment in this workspace.')

const shown = (deps: Pick<Deps, 'secrets' | 'address' | 'clock'>, row: StoredAttachment) => ({
  ...row,
  sha256: row.sha256.toString('hex'),
  ...downloadLink(deps, row.id),
})

type StoredContent = Pick<StoredAttachment, 'filename' | 'mime_type' | 'size_bytes' | 'sha256'>

const openContent = (deps: Pick<Deps, 'storage'>, sha256: Buffer): Promise<Readable> =>
  deps.storage.read(sha256).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw notFound('The attachment is kept no more.')
    throw error
  })

/** A stranger's file is never run by a browser: no guessing of types, no scripts, and only harmless kinds are shown. */
const sendAttachment = async (deps: Pick<Deps, 'storage'>, row: StoredContent, inline: boolean): Promise<Answer> =>
  sendFile(await openContent(deps, row.sha256), row.mime_type, {
    'content-length': String(row.size_bytes),
    'content-disposition': contentDisposition(
      inline && isShownInline(row.mime_type) ? 'inline' : 'attachment',
      row.filename,
    ),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  })

const anyFile = fileResponse('The bytes as they were uploaded, in their own media type.', {
  'application/octet-stream': {},
  '*/*': {},
})

const uploadOperation = defineOperation({
  id: 'mail_upload_attachments',
  method: 'POST',
  path: '/mail/v1/attachments',
  tag,
  source,
  summary: 'Store files for messages',
  description:
    'One or more parts, all named files; the answer keeps their order. Each is bounded by ATTACHMENT_MAX_BYTES.',
  access: 'mail:write',
  impact: 'write',
  body: multipart(
    z.object({}),
    { files: { required: true, many: MOST_FILES, description: 'A file; repeat the part for several.' } },
    'attachment',
  ),
  responses: {
    200: z
      .object({ attachments: z.array(AttachmentFile), uploaded_at: timestamp })
      .meta({ id: 'MailAttachmentsUploaded' }),
  },
  errors: ['BAD_REQUEST'],
  handle: async (request, deps) => {
    const who = { workspace_id: request.workspace.workspace_id, user_id: request.principal.user_id }
    const stored = await storeAttachments(deps, who, request.body.file_lists.files ?? [], request.now)
    return { attachments: stored.map((row) => shown(deps, row)), uploaded_at: request.now }
  },
})

const listOperation = defineOperation({
  id: 'mail_list_attachments',
  method: 'GET',
  path: '/mail/v1/attachments',
  tag,
  source,
  summary: 'List stored files',
  access: 'mail:read',
  impact: 'read',
  query: AttachmentListQuery,
  responses: {
    200: z
      .object({ attachments: z.array(AttachmentFile), total: z.int().min(0).describe('Counted to 10,000.') })
      .meta({ id: 'MailAttachmentPage' }),
  },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const { limit, offset, sort } = request.query
    const rows = await listAttachments(deps.db, workspace_id, { limit: limit ?? 50, offset: offset ?? 0, sort })
    return { attachments: rows.map((row) => shown(deps, row)), total: await countAttachments(deps.db, workspace_id) }
  },
})

const getOperation = defineOperation({
  id: 'mail_get_attachment',
  method: 'GET',
  path: '/mail/v1/attachments/{attachment_id}',
  tag,
  source,
  summary: 'Read what is known of a stored file',
  access: 'mail:read',
  impact: 'read',
  params: AttachmentParams,
  responses: { 200: AttachmentFile },
  handle: async (request, deps) => {
    const row = await findAttachment(deps.db, request.workspace.workspace_id, request.params.attachment_id)
    if (!row) throw missing()
    return shown(deps, row)
  },
})

const downloadOperation = defineOperation({
  id: 'mail_download_attachment',
  method: 'GET',
  path: '/mail/v1/attachments/{attachment_id}/download',
  tag,
  source,
  summary: 'Download a stored file',
  access: 'mail:read',
  impact: 'read',
  params: AttachmentParams,
  query: DownloadQuery,
  responses: { 200: anyFile },
  handle: async (request, deps) => {
    const row = await findAttachment(deps.db, request.workspace.workspace_id, request.params.attachment_id)
    if (!row) throw missing()
    return sendAttachment(deps, row, request.query.inline)
  },
})

const downloadByLinkOperation = defineOperation({
  id: 'mail_download_attachment_by_link',
  method: 'GET',
  path: `${DOWNLOAD_PATH}{token}`,
  tag,
  source,
  summary: 'Download a stored file by its signed address',
  description: 'The download_url of an attachment, uploaded or received. It needs no credential and works for an hour.',
  access: 'public',
  impact: 'read',
  params: z.object({ token: z.string().max(200) }),
  responses: { 200: anyFile },
  handle: async (request, deps) => {
    const id = readDownloadToken(deps, request.params.token)
    const row = id
      ? ((await findAttachmentAnywhere(deps.db, id)) ?? (await findReceivedFileAnywhere(deps.db, id)))
      : undefined
    if (!row) throw notFound('This address is over, or was never ours.')
    return sendAttachment(deps, row, false)
  },
})

const deleteOperation = defineOperation({
  id: 'mail_delete_attachment',
  method: 'DELETE',
  path: '/mail/v1/attachments/{attachment_id}',
  tag,
  source,
  summary: 'Delete a stored file',
  description: 'Only one that no message carries; otherwise 409.',
  access: 'mail:write',
  impact: 'destructive',
  params: AttachmentParams,
  responses: { 204: null },
  errors: ['IN_USE'],
  handle: async (request, deps) => {
    const { attachment_id } = request.params
    const { deleted, in_use } = await removeAttachments(deps, request.workspace.workspace_id, [attachment_id])
    if (in_use.length) throw problem('IN_USE', 'A message carries this attachment.')
    if (!deleted.length) throw missing()
  },
})

const bulkDeleteOperation = defineOperation({
  id: 'mail_bulk_delete_attachments',
  method: 'POST',
  path: '/mail/v1/attachments/bulk-delete',
  tag,
  source,
  summary: 'Delete several stored files',
  access: 'mail:write',
  impact: 'destructive',
  body: BulkDelete,
  responses: { 200: BulkDeleted },
  handle: (request, deps) => removeAttachments(deps, request.workspace.workspace_id, request.body.attachment_ids),
})

export const operations: Operation[] = [
  uploadOperation,
  listOperation,
  getOperation,
  downloadOperation,
  downloadByLinkOperation,
  deleteOperation,
  bulkDeleteOperation,
]
