import { z } from 'zod'
import { normalizeEmailAddress } from '../../email-address.ts'
import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { linkedinKey } from '../../linkedin-url.ts'
import { findSuppressed } from '../suppression/suppress.ts'
import {
  type ErasureRow,
  findCompany,
  findErasure,
  findPersonById,
  listCompanies,
  listErasures,
  listPeople,
} from './queries.ts'
import { readCorrespondence, readFacts } from './read-person.ts'
import { requestErasure } from './request-erasure.ts'
import {
  Company,
  CompanyList,
  CompanyListQuery,
  CompanyParams,
  Erasure,
  ErasureList,
  ErasureListQuery,
  ErasureParams,
  ErasureRequest,
  PersonDetail,
  PersonList,
  PersonListQuery,
  PersonParams,
} from './schema.ts'

const tag = 'people'
const noPerson = () => notFound('There is no such person in this workspace.')

const people = defineOperation({
  id: 'list_people',
  method: 'GET',
  path: '/api/v1/people',
  tag,
  source: 'ours',
  summary: 'Everyone known to the workspace',
  description:
    'One entry for each address, or LinkedIn profile where there is no address, over the rows of all datasets; new rows appear within seconds, those of a large import within minutes. With search the best matches come first, otherwise the newest. total counts up to 10,001.',
  access: 'leads:read',
  impact: 'read',
  query: PersonListQuery,
  responses: { 200: PersonList },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.int().min(0).max(2), z.uuid()] })
    const { search, company_id, company_domain, country, has_email, dataset_id } = request.query
    const { rows, total } = await listPeople(
      deps.db,
      {
        workspace_id: request.workspace.workspace_id,
        search: search?.trim() || null,
        company_id: company_id ?? null,
        company_domain: company_domain ?? null,
        country: country ?? null,
        has_email: has_email === undefined ? null : has_email === 'true',
        dataset_id: dataset_id ?? null,
      },
      page,
    )
    const cut = cutPage(rows, page, (row) => [row.level, row.person_id])
    return {
      ...cut,
      items: cut.items.map(({ level, ...person }) => person),
      total,
      limit: page.limit,
      offset: page.offset,
    }
  },
})

const person = defineOperation({
  id: 'get_person',
  method: 'GET',
  path: '/api/v1/people/{person_id}',
  tag,
  source: 'ours',
  summary: 'What is known of a person, and from where',
  description:
    'Every value of the newest 50 rows with all the rows that say so and since when; what has gone between the workspace and the person; campaigns; suppression.',
  access: 'leads:read',
  impact: 'read',
  params: PersonParams,
  responses: { 200: PersonDetail },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const found = await findPersonById(deps.db, workspace_id, request.params.person_id)
    if (!found?.row_count) throw noPerson()
    const suppressed = found.email
      ? (await findSuppressed(deps.db, workspace_id, [found.email], deps.secrets)).get(found.email)
      : undefined
    return {
      ...found,
      facts: await readFacts(deps.db, workspace_id, found.person_id),
      correspondence: await readCorrespondence(deps.db, workspace_id, found.email),
      suppression: suppressed ?? null,
    }
  },
})

const companies = defineOperation({
  id: 'list_companies',
  method: 'GET',
  path: '/api/v1/companies',
  tag,
  source: 'ours',
  summary: 'Companies of which somebody is known',
  description:
    'One for each domain that rows name or that a business address tells; mailbox providers are none. The newest first.',
  access: 'leads:read',
  impact: 'read',
  query: CompanyListQuery,
  responses: { 200: CompanyList },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { rows, total } = await listCompanies(
      deps.db,
      { workspace_id: request.workspace.workspace_id, search: request.query.search?.trim() || null },
      page,
    )
    return { ...cutPage(rows, page, (row) => [row.company_id]), total, limit: page.limit, offset: page.offset }
  },
})

const company = defineOperation({
  id: 'get_company',
  method: 'GET',
  path: '/api/v1/companies/{company_id}',
  tag,
  source: 'ours',
  summary: 'A company',
  description: 'Its people are in the list of people with company_id.',
  access: 'leads:read',
  impact: 'read',
  params: CompanyParams,
  responses: { 200: Company },
  handle: async (request, deps) => {
    const found = await findCompany(deps.db, request.workspace.workspace_id, request.params.company_id)
    if (!found) throw notFound('There is no such company in this workspace.')
    return found
  },
})

const shown = (row: ErasureRow) => ({ ...row, subject_hash: row.subject_hash?.toString('hex') ?? null })

const erase = defineOperation({
  id: 'erase_person',
  method: 'POST',
  path: '/api/v1/erasures',
  tag,
  source: 'ours',
  summary: 'Forget a person',
  description:
    'For a person’s own request. Removes them by address, LinkedIn profile or both from rows, campaigns, messages, received mail, imported files, extractions and logs, and leaves a keyed hash of the address on the suppression list. Sent messages stay without address and words. Not reversible, so it takes a log-in session. The answer is the same whether or not anybody is known.',
  access: 'session:leads:write',
  impact: 'destructive',
  body: ErasureRequest,
  responses: { 202: Erasure },
  handle: async (request, deps) => {
    const { email, linkedin_url, note } = request.body
    const address = email === undefined ? null : normalizeEmailAddress(email)
    if (address && !address.ok) throw invalid([{ loc: ['body', 'email'], msg: address.message, type: address.reason }])
    if (!address && !linkedin_url?.trim())
      throw invalid([{ loc: ['body'], msg: 'needs email, linkedin_url or both', type: 'missing' }])
    const id = await requestErasure(
      deps,
      request.principal,
      {
        email: address?.ok ? address.email : null,
        linkedin_url: linkedin_url?.trim() ? linkedinKey(linkedin_url) : null,
      },
      note ?? null,
      request.now,
    )
    const made = await findErasure(deps.db, request.workspace.workspace_id, id)
    return answer(202, shown(made as ErasureRow))
  },
})

const erasures = defineOperation({
  id: 'list_erasures',
  method: 'GET',
  path: '/api/v1/erasures',
  tag,
  source: 'ours',
  summary: 'What was erased, when and at whose hand',
  description: 'The proof of each request: how much was removed of what, and the hash that is kept. It names nobody.',
  access: 'leads:read',
  impact: 'read',
  query: ErasureListQuery,
  responses: { 200: ErasureList },
  handle: async (request, deps) => {
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const { rows, total } = await listErasures(deps.db, request.workspace.workspace_id, page)
    return {
      ...cutPage(rows.map(shown), page, (row) => [row.erasure_id]),
      total,
      limit: page.limit,
      offset: page.offset,
    }
  },
})

const erasure = defineOperation({
  id: 'get_erasure',
  method: 'GET',
  path: '/api/v1/erasures/{erasure_id}',
  tag,
  source: 'ours',
  summary: 'An erasure',
  description: 'Its state and counts; the job of job_id tells the progress.',
  access: 'leads:read',
  impact: 'read',
  params: ErasureParams,
  responses: { 200: Erasure },
  handle: async (request, deps) => {
    const found = await findErasure(deps.db, request.workspace.workspace_id, request.params.erasure_id)
    if (!found) throw notFound('There is no such erasure in this workspace.')
    return shown(found)
  },
})

export const operations: Operation[] = [people, person, companies, company, erase, erasures, erasure]
