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

export const TextPreviewRequest = z
  .object({
    content: TemplateContent,
    dataset_id: z.uuid().optional().describe('Fills the placeholders from a row of this dataset.'),
    row_index: z.int().min(0).default(0).describe('Which row.'),
    campaign_lead_id: z.uuid().optional().describe('Fills them from this lead instead.'),
    variables: z
      .record(z.string().max(100), z.string().max(10_000))
      .optional()
      .describe('Values beside those of the row, and before them.'),
    step: z.int().min(1).max(32).default(1).describe('Decides, with the row, which words the spin filter takes.'),
  })
  .refine(
    (given) => !(given.dataset_id && given.campaign_lead_id),
    'needs dataset_id or campaign_lead_id, not both; without either only variables are filled in',
  )
  .meta({ id: 'TextPreviewRequest' })
export type TextPreviewRequest = z.output<typeof TextPreviewRequest>

export const TextPreview = z
  .object({
    subject: z.string(),
    text: z.string(),
    html: z.string(),
    variables: z.record(z.string(), z.string().nullable()).describe('Placeholder names and the values put in.'),
    missing_variables: z.array(z.string()).describe('Placeholders that left a blank.'),
    row: z
      .object({ row_index: z.int().min(0), data: z.record(z.string(), z.unknown()) })
      .nullable()
      .describe('The row it was read for.'),
  })
  .meta({ id: 'TextPreview' })

export const TemplateParams = z.object({ template_id: idParam })

export const TemplateListQuery = z.object({ ...pageParams(50, 100), ...listParams(200) })
