import { z } from 'zod'
import { listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

const LOCAL_PART = /^[A-Za-z0-9](?:[A-Za-z0-9._+-]*[A-Za-z0-9])?$/

export const localPart = z
  .string()
  .min(1)
  .max(64)
  .regex(LOCAL_PART)
  .refine((local) => !local.includes('..'), 'cannot hold two dots in a row')
  .describe('Local part of the address.')

const signature = z.string().max(65_536).nullable()

const ours = {
  display_name: z.string().max(200).nullable().optional().describe('Name in the From header; ours.'),
  ramp_start: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .optional()
    .describe('Messages on the first day of a ramp-up; ours.'),
  ramp_step: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .optional()
    .describe('Messages more on each further day, up to daily_limit; ours.'),
}

const pace = {
  daily_limit: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Most messages per calendar day of the workspace, 50 for a new alias; ours.'),
  jitter_ratio: z
    .number()
    .min(0)
    .max(0.9)
    .optional()
    .describe('How far the pause between two messages may differ, as a share, 0.2 for a new alias; ours.'),
}

export const Alias = z
  .looseObject({
    id: z.uuid(),
    domain_id: z.uuid(),
    alias: z.string().describe('Local part.'),
    full_email: z.email(),
    domain_name: z.string(),
    domain_status: z.string().optional().describe('Of the domain it is on; ours.'),
    user_id: z.uuid(),
    signature_html: z.string().nullable().optional(),
    signature_text: z.string().nullable().optional(),
    warmup_token: z.string().nullable().optional(),
    raw_mime_retention_enabled: z.boolean().optional().describe('Whether raw inbound messages are kept for download.'),
    ...ours,
    daily_limit: z.int().optional().describe('Most messages per calendar day of the workspace; ours.'),
    ramp_started_on: z.iso.date().nullable().optional().describe('Day of the first message of the ramp-up; ours.'),
    jitter_ratio: z
      .number()
      .optional()
      .describe('How far the pause between two messages may differ, as a share; ours.'),
    created_at: timestamp.nullable().optional(),
    updated_at: timestamp.nullable().optional(),
  })
  .meta({ id: 'BavimailAlias', description: 'A mailbox identity on a domain; its id is what a send needs.' })

export const AliasCreate = z
  .object({
    domain_id: z.uuid(),
    alias: localPart,
    signature_html: signature.optional(),
    raw_mime_retention_enabled: z.boolean().default(false),
    ...ours,
    ...pace,
  })
  .refine((body) => (body.ramp_start == null) === (body.ramp_step == null), {
    error: 'ramp_start and ramp_step are given together',
    path: ['ramp_start'],
  })
  .meta({ id: 'BavimailAliasCreate' })
export type AliasCreate = z.output<typeof AliasCreate>

export const AliasUpdate = z
  .object({
    alias: localPart.optional().describe('New local part; the old address stops sending and receiving.'),
    signature_html: signature.optional().describe('null removes the signature.'),
    raw_mime_retention_enabled: z.boolean().optional(),
    ...ours,
    ...pace,
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'at least one field is needed')
  .meta({ id: 'BavimailAliasUpdate', description: 'Only the fields sent are changed.' })
export type AliasUpdate = z.output<typeof AliasUpdate>

export const AliasDeleteQuery = z.object({
  reassign_to: z
    .uuid()
    .optional()
    .describe('Another alias, which takes over the campaigns and leads of this one; ours.'),
})

export const WarmupToken = z
  .object({
    token: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe('Mail that carries this text is warm-up mail, which lists leave out.'),
  })
  .meta({ id: 'MailWarmupToken' })

export const AliasParams = z.object({ alias_id: idParam })

export const AliasListQuery = z.object({ domain_id: z.uuid().optional(), ...listParams(100) })
