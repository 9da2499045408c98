import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { advance, createCampaign, createTenant } from '../../../test/builders.ts'
import { launch, people, post } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { approve, createWrittenCampaign, draftsOf, generate, prospects } from '../../../test/playground-steps.ts'

type Figures = Record<'sent' | 'delivered' | 'replied' | 'bounced', number>
type Overview = {
  now: string
  timezone: string
  totals: Figures
  previous: Figures
  series: (Figures & { day: string })[]
  needs: {
    answers: number
    drafts: { campaign_id: string; drafts: number }[]
    paused: { campaign_id: string; reason: string | null }[]
    domains: { domain: string; status: string }[]
    alerts: number
  }
  campaigns: { status: string; count: number }[]
  first_run: Record<string, boolean>
}

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h.close())

const read = async (as: string, query = ''): Promise<Overview> => {
  const answer = await h.call<Overview>('GET', `/api/v1/overview${query}`, { as })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

test('a new workspace has nothing yet, and every day is there all the same', async () => {
  const { key } = await createTenant(h, { timezone: 'Europe/Oslo' })
  const { series, totals, first_run, needs } = await read(key, '?days=7')
  assert.deepEqual([series.length, series[0]?.day, series.at(-1)?.day], [7, '2026-01-08', '2026-01-14'])
  assert.deepEqual([totals.sent, totals.replied, needs.answers], [0, 0, 0])
  assert.deepEqual(first_run, { has_sender: false, has_leads: false, has_campaign: false, has_launched: false })
})

test('what went out and came back stands on its days, and what waits for a person is named', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: [...people(6), ...people(2, 'reply', 'others.example')],
  })
  const draft = await read(tenant.key)
  assert.deepEqual(draft.first_run, { has_sender: true, has_leads: true, has_campaign: true, has_launched: false })
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { to: '2026-01-20T08:00:00Z' })
  const after = await read(tenant.key, '?days=7')
  assert.equal(after.totals.sent, 8)
  assert.equal(after.series.find(({ day }) => day === '2026-01-14')?.sent, 8)
  assert.equal(after.totals.replied, 2)
  assert.equal(after.needs.answers, 2)
  assert.deepEqual(
    after.campaigns.map(({ count }) => count).reduce((a, b) => a + b, 0),
    1,
  )
  // A week on, the same is what was before.
  await advance(h, tenant, { to: '2026-01-27T08:00:00Z' })
  const later = await read(tenant.key, '?days=7')
  assert.deepEqual([later.totals.sent, later.previous.sent], [0, 8])
  const other = await createTenant(h)
  assert.deepEqual((await read(other.key)).totals.sent, 0)
})

test('a paused campaign and a domain without its records wait for a person', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, { rows: people(3) })
  await launch(h, tenant, campaign_id)
  assert.equal((await post(h, tenant, `/api/v1/campaigns/${campaign_id}/pause`)).status, 200)
  const { needs } = await read(tenant.key)
  assert.deepEqual(
    needs.paused.map((one) => one.campaign_id),
    [campaign_id],
  )
  assert.deepEqual(needs.domains, [])
})

test('written texts wait for approval until they are approved', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(3) })
  const waiting = async () => (await read(tenant.key)).needs.drafts.map((one) => [one.campaign_id, one.drafts])
  assert.deepEqual(await waiting(), [])
  const { batch_id } = await generate(h, tenant, campaign_id)
  assert.deepEqual(await waiting(), [[campaign_id, 3]])
  for (const { campaign_lead_id, subject, body } of await draftsOf(h, tenant, campaign_id, batch_id)) {
    const seen = await waiting()
    const answer = await approve(h, tenant, campaign_id, campaign_lead_id, { subject, body })
    assert.equal(answer.status, 200, answer.text)
    const left = (seen[0]?.[1] as number) - 1
    assert.deepEqual(await waiting(), left ? [[campaign_id, left]] : [])
  }
})
