import { z } from 'zod'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

const TagType = z.enum(['tag', 'folder'])

const colour = z
  .string()
  .regex(/^#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/, 'is a colour like #ff0000')
  .overwrite((text) => text.toLowerCase())
const name = z.string().trim().min(1).max(100)
const optional = {
  description: z.string().max(1000).nullable().optional(),
  color: colour.nullable().optional().describe('Hexadecimal, with #.'),
  icon: z.string().max(64).nullable().optional(),
  sort_order: z.int().min(-1_000_000).max(1_000_000).optional(),
  is_pinned: z.boolean().optional(),
}

export const TagSummary = z
  .object({
    id: z.uuid(),
    name: z.string(),
    type: z.string(),
    color: z.string().nullable().optional(),
    icon: z.string().nullable().optional(),
  })
  .meta({ id: 'BavimailTagSummary' })

export const Tag = z
  .object({
    id: z.uuid(),
    name: z.string(),
    type: TagType,
    sort_order: z.int(),
    is_pinned: z.boolean(),
    is_system: z.boolean().describe('Inbox and Sent: every received and every sent message is in them.'),
    email_count: z.int().min(0).describe('Messages with this tag.'),
    is_visible: z.boolean(),
    user_id: z.uuid(),
    description: z.string().nullable(),
    color: z.string().nullable(),
    icon: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'MailTag', description: 'A tag or folder for received messages.' })

export const TagCreate = z.object({ name, type: TagType.default('tag'), ...optional }).meta({ id: 'MailTagCreate' })
export type TagCreate = z.output<typeof TagCreate>

export const TagUpdate = z
  .object({ name: name.optional(), type: TagType.optional(), ...optional, is_visible: z.boolean().optional() })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'MailTagUpdate', description: 'Only the fields sent are changed; null clears.' })
export type TagUpdate = z.output<typeof TagUpdate>

export const TagParams = z.object({ tag_id: idParam })

export const TagListQuery = z.object({
  include_hidden: booleanParam(false).describe('Those with is_visible false too.'),
})

export const MessageTags = z
  .object({
    tag_ids: z.array(z.uuid()).max(50),
    note: z.string().max(1000).nullable().optional().describe('Kept with each of these tags.'),
  })
  .meta({ id: 'MailMessageTags' })
export type MessageTags = z.output<typeof MessageTags>

export const EmailTag = z
  .object({
    tag: TagSummary,
    tagged_by: z.string(),
    tagged_at: timestamp,
    note: z.string().nullable(),
  })
  .meta({ id: 'MailEmailTag', description: 'A tag on a message.' })
