import { z } from 'zod'
import { listParams, pageFields, pageParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

export const TemplateContent = z
  .object({
    subject: z
      .string()
      .max(998)
      .describe('Subject line; may hold {{variable}} placeholders; empty in a follow-up continues the thread.'),
    body: z.string().min(1).max(50000).describe('Body, HTML or text; may hold {{variable}} placeholders.'),
    body_text: z
      .string()
      .max(50000)
      .nullable()
      .optional()
      .describe('Text part beside an HTML body; made from the body when absent; ours.'),
  })
  .meta({ id: 'TemplateContent' })
export type TemplateContent = z.output<typeof TemplateContent>

const name = z.string().min(1).max(255)

export const TemplateCreateRequest = z.object({ name, content: TemplateContent }).meta({ id: 'TemplateCreateRequest' })

export const TemplateUpdateRequest = z
  .object({
    name: name.nullable().optional(),
    content: TemplateContent.nullable().optional().describe('Replaced as a whole.'),
  })
  .meta({ id: 'TemplateUpdateRequest' })
export type TemplateUpdateRequest = z.output<typeof TemplateUpdateRequest>

export const Template = z
  .object({
    template_id: z.uuid(),
    user_id: z.uuid().describe('Who made it.'),
    name: z.string(),
    content: TemplateContent,
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Template' })

export const TemplateList = z.object({ items: z.array(Template), ...pageFields }).meta({ id: 'TemplateList' })

export const TemplateParams = z.object({ template_id: idParam })

export const TemplateListQuery = z.object({ ...pageParams(50, 100), ...listParams(200) })
