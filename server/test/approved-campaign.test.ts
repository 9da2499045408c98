import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createTenant } from './builders.ts'
import { launch, patch, post, recordWire } from './campaign-steps.ts'
import { type Harness, startHarness } from './harness.ts'
import { approve, createWrittenCampaign, draftsOf, generate, prospects } from './playground-steps.ts'
import { digestsOf, signedDigests, undone } from './received-mail.ts'

const LEADS = 500
const APPROVED = 60
const EDITED = 20
const VOIDED = 5
const MARKER = 'https://unsubscribe.invalid/recipient'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

type Entry = { approval_id: string; campaign_lead_id: string; email: string; statement: string }

const approvalsOf = async (campaignId: string): Promise<Entry[]> => {
  const { rows } = await sql<Entry>`
    select r.approval_id, r.campaign_lead_id, l.email, r.statement from approval_records r join campaign_leads l on l.campaign_lead_id = r.campaign_lead_id
    where r.campaign_id = ${campaignId} and r.kind = 'approved' order by r.record_id`.execute(h.deps.db)
  return rows
}

test('of 500 leads every approved text arrives as it was approved, edited ones too, and what is void or unreviewed is written anew', async () => {
  const tenant = await createTenant(h)
  const { campaign_id, dataset_id } = await createWrittenCampaign(h, tenant, {
    rows: prospects(LEADS),
    aliases: 40,
    steps: [{ track_opens: true, track_clicks: true }],
  })
  const batch = await generate(h, tenant, campaign_id, { n_leads: 100 })
  const drafts = await draftsOf(h, tenant, campaign_id, batch.batch_id)
  assert.equal(drafts.filter(({ status }) => status === 'completed').length, 100)

  for (const draft of drafts.slice(0, EDITED)) {
    const path = `/api/v1/campaigns/${campaign_id}/playground/drafts/${draft.draft_id}`
    const body = `${draft.body}\n\nThe numbers: https://northwind.example/report?a=1&b=2 <ours> & {{ not Liquid }}`
    const edited = await h.call('PATCH', path, { as: tenant.key, body: { body } })
    assert.equal(edited.status, 200, edited.text)
    const approved = await approve(h, tenant, campaign_id, draft.campaign_lead_id, { subject: draft.subject, body })
    assert.equal(approved.status, 200, approved.text)
  }
  const ids = drafts.slice(EDITED, EDITED + APPROVED).map(({ campaign_lead_id }) => campaign_lead_id)
  const ruled = await post<{ approved_lead_ids: string[]; exceptions: unknown[] }>(
    h,
    tenant,
    `/api/v1/campaigns/${campaign_id}/playground/approve`,
    { batch_id: batch.batch_id, campaign_lead_ids: ids, checks: [] },
  )
  assert.deepEqual([ruled.body.approved_lead_ids?.length, ruled.body.exceptions?.length], [APPROVED, 0], ruled.text)

  // The rows of five approved leads change before the launch: their approvals end there.
  const approvals = await approvalsOf(campaign_id)
  assert.equal(approvals.length, APPROVED + EDITED)
  const changed = [0, 5, 30, 50, 79].map((n) => (approvals[n] as Entry).campaign_lead_id)
  await sql`
    update dataset_rows r set data = r.data || '{"title": "Retired"}' from campaign_leads l
    where l.campaign_lead_id = any(${changed}::uuid[]) and r.id = l.dataset_row_id and r.dataset_id = ${dataset_id}`.execute(
    h.deps.db,
  )
  const wire = recordWire(h)
  assert.equal((await patch(h, tenant, campaign_id, { daily_limit: 10_000 })).status, 200)
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })

  const arrived = new Map<string, Awaited<ReturnType<typeof undone>>>()
  for (const mail of wire) {
    assert.equal(mail.reply.reply_code, 250)
    arrived.set(mail.rcpt_to, await undone(h, mail.raw, MARKER))
  }
  const states = await sql<{ status: string; text_state: string | null; error: string | null; n: number }>`
    select status, text_state, min(error) as error, count(*)::int as n from campaign_leads where campaign_id = ${campaign_id} group by 1, 2`.execute(
    h.deps.db,
  )
  assert.deepEqual([wire.length, arrived.size], [LEADS, LEADS], JSON.stringify(states.rows))

  let exact = 0
  for (const { email, statement, campaign_lead_id } of approvals) {
    const { subject, text, html } = arrived.get(email) as Awaited<ReturnType<typeof undone>>
    if (changed.includes(campaign_lead_id)) {
      assert.notDeepEqual(digestsOf({ subject, text, html }), signedDigests(statement), `${email} was voided`)
      continue
    }
    assert.deepEqual(digestsOf({ subject, text, html }), signedDigests(statement), `${email} got what was approved`)
    exact++
  }
  assert.equal(exact, APPROVED + EDITED - VOIDED)
  const edited = approvals.slice(0, EDITED).filter(({ campaign_lead_id }) => !changed.includes(campaign_lead_id))
  for (const { email } of edited) assert.equal(arrived.get(email)?.tracked, 1, 'its link was tracked on the way')

  const written = await sql<{ n: number; leads: string[] }>`
    select count(*)::int as n, array_agg(campaign_lead_id) as leads from campaign_drafts where campaign_id = ${campaign_id} and batch_id is null and status = 'completed'`.execute(
    h.deps.db,
  )
  assert.equal(written.rows[0]?.n, LEADS - exact, 'a text was written for every other lead, and for no approved one')
  for (const lead of changed) assert.ok(written.rows[0]?.leads.includes(lead))
  const voided = await sql<{ reason: string; campaign_lead_id: string }>`
    select metadata->>'reason' as reason, campaign_lead_id from events where campaign_id = ${campaign_id} and event_type = 'voided' order by 2`.execute(
    h.deps.db,
  )
  assert.deepEqual(
    voided.rows,
    [...changed].sort().map((campaign_lead_id) => ({ reason: 'lead_changed', campaign_lead_id })),
  )

  const proof = await h.call<{ sent: { matches: boolean }; verdict: { is_valid: boolean } }>(
    'GET',
    `/api/v1/approvals/${approvals[1]?.approval_id}`,
    { as: tenant.key },
  )
  assert.deepEqual([proof.body.verdict.is_valid, proof.body.sent.matches], [true, true])
})
