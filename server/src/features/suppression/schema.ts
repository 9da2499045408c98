import { z } from 'zod'
import { listParams, pageFields, pageParams } from '../../http/pagination.ts'
import { booleanParam, idParam, timestamp } from '../../http/params.ts'

export const SuppressionReason = z.enum(['manual', 'unsubscribed', 'bounced', 'complained', 'imported'])
export type SuppressionReason = z.output<typeof SuppressionReason>

const note = z.string().max(500)
const addableKind = z.enum(['address', 'domain'])

export const SuppressionEntry = z
  .object({
    entry_id: z.uuid(),
    email: z.string().nullable().describe('The address, or the domain for kind domain; null for kind hash.'),
    reason: SuppressionReason.default('manual'),
    source: z.string().nullable().describe('Where the entry came from: api, webhook, campaign or import.'),
    campaign_id: z.uuid().nullable(),
    note: note.nullable(),
    created_at: timestamp,
    kind: z.enum(['address', 'domain', 'hash']).default('address'),
    released_at: timestamp.nullable(),
  })
  .meta({ id: 'SuppressionEntry' })

export const SuppressionList = z
  .object({ items: z.array(SuppressionEntry), ...pageFields })
  .meta({ id: 'SuppressionList' })

export const SuppressionCreateRequest = z
  .object({
    // Checked by the handler, since what is valid depends on kind; the document keeps the contract's format.
    email: z
      .string()
      .max(320)
      .meta({ format: 'email' })
      .describe('Address to suppress; also @acme.com, or a bare domain with kind domain, for everybody there.'),
    reason: SuppressionReason.default('manual'),
    note: note.nullable().optional(),
    kind: addableKind.optional().describe('Told by the @ in front when absent; ours.'),
  })
  .meta({ id: 'SuppressionCreateRequest' })

export const SuppressionListQuery = z.object({
  ...pageParams(50, 200),
  search: z.string().max(320).nullable().optional().describe('Substring of the address.'),
  reason: SuppressionReason.nullable().optional(),
  kind: z.enum(['address', 'domain', 'hash']).nullable().optional().describe('Only entries of this kind; ours.'),
  include_released: booleanParam(false).describe('Lifted entries too; ours.'),
  ...listParams(200),
})

export const EntryParams = z.object({ entry_id: idParam })

const liftNote = note.trim().min(1)

export const LiftQuery = z.object({
  note: liftNote
    .optional()
    .describe('Why the entry is lifted; needed for unsubscribed and complained. May stand in the body; ours.'),
})

export const LiftRequest = z.object({ note: liftNote.nullable().optional() }).meta({ id: 'SuppressionLiftRequest' })

export const ImportFields = z.object({
  reason: SuppressionReason.default('imported'),
  kind: addableKind.optional().describe('domain: a bare domain in the file means everybody there.'),
  note: note.optional().describe('Note on each new entry.'),
})

const count = z.int().min(0)

export const SuppressionImportResult = z
  .object({
    rows: count.describe('Rows read: the sum of the other three.'),
    added: count,
    already: count.describe('Rows that were on the list before, or stand in the file twice.'),
    invalid: count.describe('Rows that are no address and no domain; they were left out.'),
    problems: z
      .array(
        z.object({
          row: z.int().min(1).describe('Position in the file as a spreadsheet numbers it.'),
          value: z.string(),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe('The first 100 of the invalid rows.'),
  })
  .meta({ id: 'SuppressionImportResult' })
export type SuppressionImportResult = z.output<typeof SuppressionImportResult>
