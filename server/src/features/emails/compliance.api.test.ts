import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import { alertsOf, launch, people, post, sequence, statusOf } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { type SmtpSink, startSmtpSink } from '../../../test/smtp-sink.ts'

let sink: SmtpSink
let h: Harness
before(async () => {
  sink = await startSmtpSink()
  h = await startHarness({
    env: { SMTP_RELAY_URL: `smtp://127.0.0.1:${sink.port}`, EGRESS_ALLOW: `127.0.0.1:${sink.port}` },
  })
  h.deps.address.base_url = 'https://out.example'
})
after(async () => {
  await h?.close()
  await sink?.close()
})

const liveCampaign = async (): Promise<{ tenant: TestTenant; campaign_id: string; domain: string }> => {
  const tenant = await createTenant(h, { mode: 'live' })
  await sql`update workspaces set postal_address = ${'Acme & Sons\n1 Main St'} where id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  const made = await createCampaign(h, tenant, {
    rows: people(3),
    steps: await sequence(h, tenant, [
      { body: '<p>Look: <a href="https://shop.example/">shop</a></p>', track_clicks: true },
    ]),
  })
  await sql`
    update sending_domains set status = 'verified', verified_at = ${h.clock.now()}, next_check_at = null, tracking_host = ${`track.${made.domain}`}
    where workspace_id = ${tenant.workspace_id}`.execute(h.deps.db)
  await launch(h, tenant, made.campaign_id)
  return { tenant, campaign_id: made.campaign_id, domain: made.domain }
}

const sentTo = (domain: string) => sink.received.filter(({ mail_from }) => mail_from.endsWith(domain))

test('a message without a postal address does not leave: its campaign is paused with the reason, and goes on once it is mended', async () => {
  const { tenant, campaign_id, domain } = await liveCampaign()
  await sql`update workspaces set postal_address = ' ' where id = ${tenant.workspace_id}`.execute(h.deps.db)
  h.clock.set(new Date('2026-01-14T09:05:00Z'))
  await h.worker.drain()
  assert.equal(sentTo(domain).length, 0)
  assert.equal(await statusOf(h, campaign_id), 'paused')
  const alert = (await alertsOf(h, tenant)).find(({ alert_type }) => alert_type === 'campaign_paused')
  assert.deepEqual(alert?.metadata.problems, ['missing_postal_address'])
  assert.match(alert?.message ?? '', /postal address/)
  const leads = await sql<{
    status: string
  }>`select status from campaign_leads where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.deepEqual(
    leads.rows.map(({ status }) => status),
    ['pending', 'pending', 'pending'],
    'nobody is lost',
  )
  const left = await sql`select 1 from emails where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal(left.rows.length, 0)

  await sql`update workspaces set postal_address = 'Acme, 1 Main St' where id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  assert.equal((await post(h, tenant, `/api/v1/campaigns/${campaign_id}/resume`)).status, 200)
  for (let minute = 0; minute < 6; minute++) {
    h.clock.advance(90_000)
    await h.worker.drain()
  }
  assert.equal(sentTo(domain).length, 3)
})

test('tracked links carry the domain’s own name once it answers there, the opt-out never does', async () => {
  const { tenant, domain } = await liveCampaign()
  const text = async (): Promise<string> => {
    const before = sentTo(domain).length
    h.clock.advance(90_000)
    await h.worker.drain()
    const mail = sentTo(domain)[before]
    assert.ok(mail, 'a message left')
    return mail.raw.toString('latin1').replace(/=\r\n/g, '').replaceAll('=3D', '=')
  }
  assert.match(await text(), /https:\/\/out\.example\/t\/c\//)
  await sql`update sending_domains set tracking_verified_at = ${h.clock.now()} where workspace_id = ${tenant.workspace_id}`.execute(
    h.deps.db,
  )
  const mail = await text()
  assert.ok(mail.includes(`https://track.${domain}/t/c/`))
  assert.ok(!mail.includes('https://out.example/t/c/'))
  assert.match(mail, /https:\/\/out\.example\/u\//)
  assert.ok(!mail.includes(`https://track.${domain}/u/`))
})

test('the instance says under each name that it is the one there, and the answers differ', async () => {
  const ask = async (host: string): Promise<string> => (await h.app.inject({ url: '/t/here', headers: { host } })).body
  const one = await ask('track.a.example:8080')
  assert.match(one, /^[0-9a-f]{64}$/)
  assert.equal(await ask('TRACK.a.example'), one)
  assert.notEqual(await ask('track.b.example'), one)
})
