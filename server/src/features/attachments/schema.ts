import { z } from 'zod'
import { limitParam, offsetParam } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

export const AttachmentFile = z
  .object({
    id: z.uuid(),
    user_id: z.uuid(),
    filename: z.string(),
    size_bytes: z.int().min(0),
    mime_type: z.string(),
    sha256: z.string().describe('Lower-case hex of the content.'),
    download_url: z.url().describe('Works without a credential until expires_at.'),
    expires_at: timestamp,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailAttachmentFile', description: 'A stored file that messages can carry.' })

export const AttachmentParams = z.object({ attachment_id: idParam })

export const AttachmentListQuery = z.object({
  limit: limitParam(100),
  offset: offsetParam,
  sort: z.enum(['created_desc', 'created_asc', 'size_desc', 'size_asc']).default('created_desc'),
})

export type AttachmentSort = z.output<typeof AttachmentListQuery>['sort']

export const DownloadQuery = z.object({
  inline: booleanParam(false).describe(
    'Show it in a browser instead of saving it; only images, PDF and plain text are.',
  ),
})

export const BulkDelete = z.strictObject({ attachment_ids: z.array(z.uuid()).min(1).max(100) })

export const BulkDeleted = z
  .object({
    deleted: z.array(z.uuid()),
    in_use: z.array(z.uuid()).describe('Kept, because a message carries them.'),
    not_found: z.array(z.uuid()),
  })
  .meta({ id: 'MailAttachmentBulkDeleted' })
