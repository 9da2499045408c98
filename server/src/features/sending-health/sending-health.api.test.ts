import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import { alertsOf, launch, people, post, sequence, statusOf } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { judgeWorkspace } from './judge-workspace.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

type Figures = {
  band: string
  accepted: number
  hard_bounces: number
  complaints: number
  reasons: string[]
  lifted_until: string | null
}
type Health = { workspace: Figures; domains: (Figures & { domain_id: string; domain: string })[] }

const healthOf = async (tenant: TestTenant): Promise<Health> => {
  const shown = await h.call<Health>('GET', '/api/v1/sending-health', { as: tenant.key })
  assert.equal(shown.status, 200, shown.text)
  return shown.body
}

/** Sends to so many people of each kind and lets everything happen that follows. */
const run = async (tenant: TestTenant, rows: Record<string, string>[], domain?: string) => {
  const made = await createCampaign(h, tenant, {
    rows,
    aliases: 10,
    steps: await sequence(h, tenant, [{}]),
    ...(domain ? { domain } : {}),
  })
  await launch(h, tenant, made.campaign_id)
  await advance(h, tenant, { seconds: 2 * 86_400 })
  await h.worker.drain()
  return made
}

const recount = async (tenant: TestTenant) => {
  const [kept, real] = await Promise.all(
    [
      sql`select coalesce(sum(accepted), 0)::int as accepted, coalesce(sum(bounced), 0)::int as bounced, coalesce(sum(hard_bounced), 0)::int as hard,
            coalesce(sum(complained), 0)::int as complained from mail_hour_counts where workspace_id = ${tenant.workspace_id}`,
      sql`select count(*)::int as accepted, (count(*) filter (where bounced_at is not null))::int as bounced,
            (count(*) filter (where bounced_at is not null and bounce_kind = 'hard'))::int as hard,
            (count(*) filter (where complained_at is not null))::int as complained
          from emails where workspace_id = ${tenant.workspace_id} and sent_at is not null`,
    ].map((query) => query.execute(h.deps.db).then(({ rows }) => rows[0])),
  )
  return { kept, real }
}

test('health is unknown before fifty messages and healthy after, and the hourly figures are a recount', async () => {
  const tenant = await createTenant(h)
  assert.equal((await healthOf(tenant)).workspace.band, 'unknown')
  await run(tenant, [...people(30), ...people(2, 'bounce')])
  assert.equal((await healthOf(tenant)).workspace.band, 'unknown')
  await run(tenant, [...people(60, 'accept', 'others.example'), ...people(1, 'softbounce', 'others.example')])
  const { workspace, domains } = await healthOf(tenant)
  assert.deepEqual([workspace.band, workspace.accepted, workspace.hard_bounces], ['healthy', 93, 2])
  assert.deepEqual(domains.map(({ accepted }) => accepted).sort(), [32, 61])
  const { kept, real } = await recount(tenant)
  assert.deepEqual(kept, real)
})

test('a workspace over the line is warned, then paused, then blocked, each once, and a person may lift the block', async () => {
  const tenant = await createTenant(h)
  const about = async () => (await alertsOf(h, tenant)).filter(({ metadata }) => metadata.kind === 'sending_health')
  const good = await createCampaign(h, tenant, {
    rows: people(1, 'accept', 'waiting.example'),
    steps: await sequence(h, tenant, [{}, { delay_days: 30 }]),
  })
  await launch(h, tenant, good.campaign_id)
  await run(tenant, [...people(96), ...people(4, 'bounce')], `warn-${tenant.workspace_id.slice(-6)}.example`)
  assert.equal((await healthOf(tenant)).workspace.band, 'warning')
  assert.deepEqual(
    (await about()).map(({ severity }) => severity),
    ['warning', 'warning'],
    'the domain and the workspace',
  )
  assert.notEqual(await statusOf(h, good.campaign_id), 'paused')

  await run(tenant, [...people(1, 'accept', 'b.example'), ...people(14, 'bounce', 'b.example')])
  const critical = await healthOf(tenant)
  assert.equal(critical.workspace.band, 'blocked', JSON.stringify(critical.workspace))
  assert.match(critical.workspace.reasons.join(), /18 hard bounces on 116 messages/)
  assert.equal(await statusOf(h, good.campaign_id), 'paused')
  const alerts = await about()
  await judgeWorkspace(h.deps, tenant.workspace_id, h.clock.now())
  assert.equal((await about()).length, alerts.length, 'what was concluded is not said again')

  const refused = await post<{ detail: string; message: string }>(
    h,
    tenant,
    `/api/v1/campaigns/${good.campaign_id}/resume`,
  )
  assert.deepEqual([refused.status, refused.body.detail], [409, 'SENDING_BLOCKED'])
  assert.match(refused.body.message, /hard bounces/)
  const byKey = await post(h, tenant, '/api/v1/sending-health/lift', { note: 'cleaned' })
  assert.equal(byKey.status, 403)
  const lift = (body: object) => h.call('POST', '/api/v1/sending-health/lift', { as: tenant.session, body })
  assert.equal((await lift({ note: 'The list was cleaned.' })).status, 204)
  assert.ok((await healthOf(tenant)).workspace.lifted_until)
  const resumed = await post(h, tenant, `/api/v1/campaigns/${good.campaign_id}/resume`)
  assert.equal(resumed.status, 200, resumed.text)
  const healthy = (await healthOf(tenant)).domains.find(({ band }) => band !== 'blocked')
  assert.equal((await lift({ domain_id: healthy?.domain_id, note: 'Nothing to lift.' })).status, 409)
})

test('figures age: a week later the band is no longer what it was', async () => {
  const tenant = await createTenant(h)
  await run(tenant, [...people(56), ...people(4, 'bounce')])
  assert.equal((await healthOf(tenant)).workspace.band, 'warning')
  await advance(h, tenant, { seconds: 8 * 86_400 })
  await h.worker.drain()
  assert.equal((await healthOf(tenant)).workspace.band, 'unknown')
  const kept = await sql<{
    band: string
  }>`select band from sending_health where workspace_id = ${tenant.workspace_id} and scope = 'workspace'`.execute(
    h.deps.db,
  )
  assert.equal(kept.rows[0]?.band, 'unknown')
})
