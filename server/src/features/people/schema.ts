import { z } from 'zod'
import { cursorFields, listParams } from '../../http/pagination.ts'
import { idParam, timestamp } from '../../http/params.ts'

export const Person = z
  .object({
    person_id: z.uuid(),
    email: z.string().nullable(),
    linkedin_url: z.string().nullable(),
    full_name: z.string().nullable(),
    first_name: z.string().nullable(),
    last_name: z.string().nullable(),
    title: z.string().nullable(),
    company_name: z.string().nullable(),
    company_domain: z.string().nullable(),
    company_id: z.uuid().nullable(),
    phone: z.string().nullable(),
    country: z.string().nullable(),
    city: z.string().nullable(),
    row_count: z.int().describe('Rows of datasets in which the person stands, at most 50 counted.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Person' })

export const PersonListQuery = z.object({
  search: z
    .string()
    .max(200)
    .optional()
    .describe(
      'Words or their beginnings, a part of one, or something spelt nearly so; in names, addresses, titles, companies and places. Best matches first.',
    ),
  company_id: z.uuid().optional(),
  company_domain: z.string().max(253).optional(),
  country: z.string().max(100).optional().describe('As the rows have it, whatever its case.'),
  has_email: z.enum(['true', 'false']).optional(),
  dataset_id: z.uuid().optional().describe('Only people who stand in this dataset.'),
  ...listParams(200),
})

export const PersonList = z
  .object({ items: z.array(Person), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'PersonList' })

export const PersonParams = z.object({ person_id: idParam })

const FactSource = z
  .object({
    kind: z.string().describe('Where the dataset came from: csv, excel, google_sheets, extraction, api, …'),
    dataset_id: z.uuid(),
    dataset_name: z.string(),
    row_id: z.uuid(),
    source_row: z.int().nullable().describe('The row in the file.'),
    import_id: z.uuid().nullable(),
    filename: z.string().nullable(),
    imported_by: z.uuid().nullable().describe('The account that brought it.'),
    known_since: timestamp,
  })
  .meta({ id: 'FactSource' })

const Fact = z
  .object({
    field: z.string(),
    value: z.string(),
    sources: z.array(FactSource).describe('Every row that says so, the newest first.'),
  })
  .meta({ id: 'PersonFact' })

export const PersonDetail = Person.extend({
  facts: z.array(Fact),
  correspondence: z.object({
    messages_sent: z.int(),
    first_sent_at: timestamp.nullable(),
    last_sent_at: timestamp.nullable(),
    messages_received: z.int(),
    last_received_at: timestamp.nullable(),
    campaigns: z.array(
      z.object({
        campaign_id: z.uuid(),
        name: z.string(),
        status: z.string(),
        lead_status: z.string(),
        campaign_lead_id: z.uuid(),
      }),
    ),
  }),
  suppression: z
    .object({ entry_id: z.uuid(), kind: z.string(), reason: z.string() })
    .nullable()
    .describe('The entry of the suppression list that holds the person back, if any.'),
}).meta({ id: 'PersonDetail' })

export const Company = z
  .object({
    company_id: z.uuid(),
    domain: z.string(),
    company_name: z.string().nullable(),
    people_count: z.int().describe('At most 10,001 are counted.'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Company' })

export const CompanyListQuery = z.object({
  search: z.string().max(200).optional().describe('A part of the name or domain, or something spelt nearly so.'),
  ...listParams(200),
})

export const CompanyList = z
  .object({ items: z.array(Company), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'CompanyList' })

export const CompanyParams = z.object({ company_id: idParam })

export const ErasureRequest = z
  .object({
    email: z.string().max(320).optional(),
    linkedin_url: z.string().max(2_000).optional(),
    note: z.string().max(500).optional().describe('Such as the number of the request. It must not name the person.'),
  })
  .meta({ id: 'ErasureRequest' })

export const Erasure = z
  .object({
    erasure_id: z.uuid(),
    status: z.enum(['queued', 'running', 'completed', 'failed']),
    subject_hash: z
      .string()
      .nullable()
      .describe('Hexadecimal HMAC-SHA256 of the address, as the suppression list keeps it; null without an address.'),
    requested_by: z.uuid().nullable(),
    job_id: z.uuid().nullable(),
    note: z.string().nullable(),
    removed: z.record(z.string(), z.int()).describe('How much was removed of what.'),
    created_at: timestamp,
    completed_at: timestamp.nullable(),
  })
  .meta({ id: 'Erasure' })

export const ErasureListQuery = z.object({ ...listParams(200) })
export const ErasureList = z
  .object({ items: z.array(Erasure), ...cursorFields, limit: z.int(), offset: z.int() })
  .meta({ id: 'ErasureList' })
export const ErasureParams = z.object({ erasure_id: idParam })
