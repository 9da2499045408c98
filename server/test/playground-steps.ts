import assert from 'node:assert/strict'
import { type CampaignOptions, createAliases, createDataset, type TestTenant } from './builders.ts'
import { post } from './campaign-steps.ts'
import { type Harness, unique } from './harness.ts'

export const SENDER = {
  full_name: 'Grace Hopper',
  first_name: 'Grace',
  last_name: 'Hopper',
  title: 'Head of Partnerships',
  company_name: 'Northwind Analytics',
  industry: 'Logistics software',
  city: 'Oslo',
  offer: 'We help logistics teams see delays a day earlier.',
}

const COMPANIES = ['Fjord Freight', 'Harbour Lines', 'Nordic Rail', 'Polar Air Cargo', 'Birch Storage', 'Lund Parcels']
const TITLES = ['Head of Operations', 'Fleet Manager', 'COO', 'Supply Chain Director', 'Warehouse Lead']
const FIRST = ['Ada', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Niklaus', 'Radia', 'Leslie', 'Shafi', 'Tony']
const LAST = ['Berg', 'Dahl', 'Holm', 'Lie', 'Moen', 'Ness', 'Strand', 'Vik']

/** Rows with enough in them to write something about. Whoever has `tag` in the address behaves so in the local mail world. */
export const prospects = (count: number, tag = 'accept'): Record<string, string>[] =>
  Array.from({ length: count }, (_, i) => ({
    email: `lead${i}+${tag}@people${i % 9}.example`,
    first_name: FIRST[i % FIRST.length] as string,
    last_name: LAST[i % LAST.length] as string,
    company_name: `${COMPANIES[i % COMPANIES.length]} ${Math.floor(i / COMPANIES.length) + 1}`,
    title: TITLES[i % TITLES.length] as string,
    industry: 'Logistics',
    city: i % 2 ? 'Oslo' : 'Bergen',
  }))

export const createProfile = async (h: Harness, tenant: TestTenant, sender_data = SENDER): Promise<string> => {
  const made = await h.call<{ id: string }>('POST', '/api/v1/sender-profiles/', {
    as: tenant.key,
    body: { profile_name: unique('profile'), sender_data },
  })
  assert.ok(made.status < 300, made.text)
  return made.body.id
}

export type WrittenCampaign = { campaign_id: string; dataset_id: string; profile_id: string; alias_ids: string[] }

/** A draft whose steps are written by AI for one sender profile. */
export const createWrittenCampaign = async (
  h: Harness,
  tenant: TestTenant,
  options: Pick<CampaignOptions, 'rows' | 'aliases' | 'body'> & { steps?: Record<string, unknown>[] } = {},
): Promise<WrittenCampaign> => {
  const profile_id = await createProfile(h, tenant)
  const { alias_ids } = await createAliases(h, tenant, {
    count: options.aliases ?? 1,
    domain: `${unique('mail')}.example`,
  })
  const dataset_id = await createDataset(h, tenant, options.rows ?? prospects(3))
  const steps = options.steps ?? [{}]
  const made = await post<{ campaign_id: string }>(h, tenant, '/api/v1/campaigns/', {
    name: unique('campaign'),
    dataset_id,
    alias_ids,
    min_interval_seconds: 60,
    steps: steps.map((step, i) => ({
      step: i + 1,
      delay_days: i === 0 ? 0 : 2,
      variants: [{ label: 'A', weight: 100, type: 'PERSONALIZATION', sender_profile_id: profile_id }],
      ...step,
    })),
    ...options.body,
  })
  assert.equal(made.status, 201, made.text)
  return { campaign_id: made.body.campaign_id, dataset_id, profile_id, alias_ids }
}

export type Generated = {
  batch_id: string
  enqueued_lead_ids: string[]
  prompt_version_hash: string
  total: number
  step_index: number
}

/** Makes a batch and lets it be written. */
export const generate = async (
  h: Harness,
  tenant: TestTenant,
  campaignId: string,
  body: Record<string, unknown> = {},
): Promise<Generated> => {
  const made = await post<Generated>(h, tenant, `/api/v1/campaigns/${campaignId}/playground/generate`, {
    step_index: 1,
    ...body,
  })
  assert.equal(made.status, 202, made.text)
  await h.worker.drain()
  return made.body
}

export type Draft = {
  campaign_lead_id: string
  draft_id: string
  variant_label: string
  status: string
  subject: string
  body: string
  model: string
  prompt_version_hash: string
  step_config_fingerprint: string
  lead_identity_fingerprint: string
  used_facts: { text: string; source: { kind: string; name: string } }[]
  quality: { score: number; passed: boolean; checks: { name: string; passed: boolean; message: string }[] }
  edit: { subject: string; body: string; diff: { body: { kind: string; text: string }[] } } | null
  is_approved: boolean
}

export const draftsOf = async (
  h: Harness,
  tenant: TestTenant,
  campaignId: string,
  batchId: string,
): Promise<Draft[]> => {
  const read = await h.call<{ drafts: Draft[] }>(
    'GET',
    `/api/v1/campaigns/${campaignId}/playground/drafts?batch_id=${batchId}`,
    { as: tenant.key },
  )
  assert.equal(read.status, 200, read.text)
  return read.body.drafts
}

export const approve = <T = Record<string, never>>(
  h: Harness,
  tenant: TestTenant,
  campaignId: string,
  leadId: string,
  body: Record<string, unknown>,
) =>
  post<T>(h, tenant, `/api/v1/campaigns/${campaignId}/leads/${leadId}/approve`, {
    step_index: 1,
    variant_label: 'A',
    ...body,
  })
