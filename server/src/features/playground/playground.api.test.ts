import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import {
  eventsOf,
  type Failure,
  launch,
  patch,
  people,
  post,
  recordWire,
  sequence,
} from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import {
  approve,
  createWrittenCampaign,
  type Draft,
  draftsOf,
  type Generated,
  generate,
  prospects,
  SENDER,
} from '../../../test/playground-steps.ts'
import { digestsOf, signedDigests, undone } from '../../../test/received-mail.ts'
import { loadSendingContext, type SendingContext } from '../campaigns/sending-context.ts'
import { earlierTexts } from './earlier-texts.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

const PROMPT =
  'Write one friendly sentence about what the company of the lead does, in plain words, and end with one easy question.'

type Approved = {
  approved_steps: number[]
  approved_entry: { approval_id: string; prompt_snapshot: string; approved_by: string } | null
} & Failure
type Status = {
  overall: Record<string, number>
  per_lead: { campaign_lead_id: string; status: string; subject_preview: string | null }[]
}

const path = (campaignId: string, rest: string): string => `/api/v1/campaigns/${campaignId}/playground/${rest}`
const read = <T>(tenant: TestTenant, url: string) => h.call<T>('GET', url, { as: tenant.key })

/** A campaign with one written draft for each of so many leads. */
const drafted = async (count = 3, options: Parameters<typeof createWrittenCampaign>[2] = {}) => {
  const tenant = await createTenant(h)
  const campaign = await createWrittenCampaign(h, tenant, { rows: prospects(count), ...options })
  const batch = await generate(h, tenant, campaign.campaign_id, { n_leads: count })
  return { tenant, ...campaign, batch, drafts: await draftsOf(h, tenant, campaign.campaign_id, batch.batch_id) }
}

const approveDraft = async (tenant: TestTenant, campaignId: string, draft: Draft): Promise<string> => {
  const { subject, body, campaign_lead_id, step_config_fingerprint } = draft
  const made = await approve<Approved>(h, tenant, campaignId, campaign_lead_id, {
    subject,
    body,
    expected_step_config_fingerprint: step_config_fingerprint,
  })
  assert.equal(made.status, 200, made.text)
  return made.body.approved_entry?.approval_id ?? ''
}

const voidsOf = async (leadId: string): Promise<string[]> => {
  const { rows } = await sql<{ reason: string }>`
    select metadata->>'reason' as reason from events where campaign_lead_id = ${leadId} and event_type = 'voided' order by event_id`.execute(
    h.deps.db,
  )
  return rows.map((row) => row.reason)
}

const approvedSteps = async (leadId: string): Promise<string[]> => {
  const { rows } = await sql<{ steps: string[] }>`
    select array(select jsonb_object_keys(approvals)) as steps from campaign_leads where campaign_lead_id = ${leadId}`.execute(
    h.deps.db,
  )
  return rows[0]?.steps ?? []
}

test('leads are made by the first call and found by the next, for what is neither approved nor sent', async () => {
  const { tenant, campaign_id, batch, drafts } = await drafted(4)
  assert.deepEqual([batch.total, drafts.length], [4, 4])
  await approveDraft(tenant, campaign_id, drafts[0] as Draft)
  const again = await generate(h, tenant, campaign_id, { n_leads: 2 })
  assert.notEqual(again.batch_id, batch.batch_id)
  assert.deepEqual(again.enqueued_lead_ids, batch.enqueued_lead_ids.slice(1, 3))
  const named = await generate(h, tenant, campaign_id, { campaign_lead_ids: [batch.enqueued_lead_ids[0]] })
  assert.deepEqual(named.enqueued_lead_ids, batch.enqueued_lead_ids.slice(0, 1))
  const made = await sql<{ n: number; due: number }>`
    select count(*)::int as n, count(next_action_at)::int as due from campaign_leads where campaign_id = ${campaign_id}`.execute(
    h.deps.db,
  )
  assert.deepEqual(made.rows[0], { n: 4, due: 0 })
})

test('whoever has a draft is passed over when asked, before and after the launch, and a cancelled one is none', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(6) })
  const more = (n_leads: number) => generate(h, tenant, campaign_id, { n_leads, only_without_draft: true })
  const first = await more(2)
  const second = await more(2)
  const both = [...first.enqueued_lead_ids, ...second.enqueued_lead_ids]
  assert.equal(new Set(both).size, 4, 'the next two, not the same')
  const again = await generate(h, tenant, campaign_id, { n_leads: 2 })
  assert.deepEqual(again.enqueued_lead_ids, first.enqueued_lead_ids, 'without it the first are written anew')
  const cancelled = await post<Generated>(h, tenant, path(campaign_id, 'generate'), {
    step_index: 1,
    n_leads: 2,
    only_without_draft: true,
  })
  await post(h, tenant, path(campaign_id, 'cancel'), { batch_id: cancelled.body.batch_id })
  await launch(h, tenant, campaign_id)
  await post(h, tenant, `/api/v1/campaigns/${campaign_id}/pause`)
  const last = await more(6)
  assert.deepEqual(last.enqueued_lead_ids, cancelled.body.enqueued_lead_ids)
  const none = await post<Failure>(h, tenant, path(campaign_id, 'generate'), {
    step_index: 1,
    n_leads: 2,
    only_without_draft: true,
  })
  assert.deepEqual(
    [none.status, none.body.message],
    [400, 'Every lead has a draft for step 1, or its text is approved or sent.'],
  )
  const mixed = await post(h, tenant, path(campaign_id, 'generate'), {
    step_index: 1,
    campaign_lead_ids: first.enqueued_lead_ids,
    only_without_draft: true,
  })
  assert.equal(mixed.status, 422)
})

test('batches are listed newest first with their prompt and how far they are, page by page and by step', async () => {
  type Batches = {
    items: {
      batch_id: string
      step_index: number
      custom_prompt: string | null
      counts: Record<string, number>
      approved: number
      total: number
      is_over: boolean
    }[]
    total: number
    next_cursor: string | null
  }
  const { tenant, campaign_id, batch, drafts } = await drafted(3)
  const of = async (query = '') => (await read<Batches>(tenant, path(campaign_id, `batches${query}`))).body
  await approveDraft(tenant, campaign_id, drafts[0] as Draft)
  const asked = await post<Generated>(h, tenant, path(campaign_id, 'generate'), {
    step_index: 1,
    n_leads: 1,
    custom_prompt: PROMPT,
  })
  const [newest, oldest] = (await of()).items
  assert.deepEqual(
    [newest?.batch_id, newest?.custom_prompt, newest?.is_over, newest?.total, newest?.counts.pending],
    [asked.body.batch_id, PROMPT, false, 1, 1],
  )
  assert.deepEqual(
    [
      oldest?.batch_id,
      oldest?.custom_prompt,
      oldest?.is_over,
      oldest?.total,
      oldest?.counts.completed,
      oldest?.approved,
    ],
    [batch.batch_id, null, true, 3, 3, 1],
  )
  const first = await of('?limit=1')
  assert.deepEqual([first.items.length, first.total], [1, 2])
  assert.deepEqual((await of(`?limit=1&cursor=${first.next_cursor}`)).items[0]?.batch_id, batch.batch_id)
  assert.deepEqual((await of('?step_index=2')).items, [])
  const stranger = await createTenant(h)
  assert.equal((await read(stranger, path(campaign_id, 'batches'))).status, 404)
})

test('a second call refreshes what a lead says, and voids what was approved of it', async () => {
  const { tenant, campaign_id, dataset_id, batch, drafts } = await drafted(2)
  await approveDraft(tenant, campaign_id, drafts[0] as Draft)
  await sql`update dataset_rows set data = data || '{"city": "Paris"}' where dataset_id = ${dataset_id}`.execute(
    h.deps.db,
  )
  await launch(h, tenant, campaign_id)
  assert.deepEqual(await voidsOf(batch.enqueued_lead_ids[0] as string), ['lead_changed'])
  const { rows } = await sql<{
    city: string
  }>`select lead_data->>'city' as city from campaign_leads where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.deepEqual(rows, [{ city: 'Paris' }, { city: 'Paris' }])
})

test('drafts show the facts they lean on with their source, and name their writer', async () => {
  const { drafts } = await drafted(1)
  const [draft] = drafts as [Draft]
  assert.equal(draft.model, 'bavlio-rule-writer/1')
  assert.ok(draft.used_facts.length > 0)
  for (const { source } of draft.used_facts) assert.ok(['row', 'profile'].includes(source.kind))
  assert.equal(draft.quality.passed, true, JSON.stringify(draft.quality.checks.filter(({ passed }) => !passed)))
  assert.equal(draft.status, 'completed')
})

test('the status counts jobs and shows subjects, of one batch or of all, and of nobody else’s', async () => {
  const { tenant, campaign_id, batch, drafts } = await drafted(3)
  const one = (await read<Status>(tenant, path(campaign_id, `status?batch_id=${batch.batch_id}`))).body
  assert.deepEqual(one.overall, { pending: 0, running: 0, completed: 3, failed: 0, cancelled: 0 })
  assert.deepEqual(
    one.per_lead.map(({ subject_preview }) => subject_preview),
    drafts.map(({ subject }) => subject.slice(0, 120)),
  )
  await generate(h, tenant, campaign_id, { n_leads: 1 })
  const all = (await read<Status>(tenant, path(campaign_id, 'status'))).body
  assert.deepEqual([all.overall.completed, all.per_lead.length], [4, 3])
  const other = await drafted(1)
  for (const rest of [`status?batch_id=${other.batch.batch_id}`, `drafts?batch_id=${other.batch.batch_id}`])
    assert.equal((await read(tenant, path(campaign_id, rest))).status, 404)
  assert.equal((await post(h, tenant, path(campaign_id, 'cancel'), { batch_id: other.batch.batch_id })).status, 404)
  assert.equal((await read(tenant, path(other.campaign_id, 'status'))).status, 404)
  const empty = await createWrittenCampaign(h, tenant)
  assert.deepEqual((await read<Status>(tenant, path(empty.campaign_id, 'status'))).body.per_lead, [])
})

test('what cannot be generated is refused with the reason', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant)
  const ask = (id: string, body: unknown) => post<Failure>(h, tenant, path(id, 'generate'), body)
  assert.equal((await ask(campaign_id, { step_index: 2 })).status, 422)
  for (const body of [
    { step_index: 1, n_leads: 0 },
    { step_index: 1, n_leads: 201 },
    { step_index: 0 },
    {},
    { step_index: 1, custom_prompt: 'x'.repeat(32_001) },
  ])
    assert.equal((await ask(campaign_id, body)).status, 422, JSON.stringify(body).slice(0, 60))
  const templates = await createCampaign(h, tenant)
  const none = await ask(templates.campaign_id, { step_index: 1 })
  assert.deepEqual([none.status, none.body.detail], [400, 'BAD_REQUEST'])
  const nobody = await createWrittenCampaign(h, tenant, { rows: [{ email: '', first_name: 'Ada' }] })
  assert.match((await ask(nobody.campaign_id, { step_index: 1 })).body.message, /No lead is left/)
  const stranger = await createTenant(h)
  assert.equal((await post(h, stranger, path(campaign_id, 'generate'), { step_index: 1 })).status, 404)
})

test('a batch is written with the prompt of its order, and a custom one is for that batch only', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { body: { system_prompt: PROMPT } })
  const own = await generate(h, tenant, campaign_id, { n_leads: 1, custom_prompt: `${PROMPT} In one line.` })
  const plain = await generate(h, tenant, campaign_id, { n_leads: 1 })
  assert.notEqual(own.prompt_version_hash, plain.prompt_version_hash)
  const drafts = [
    ...(await draftsOf(h, tenant, campaign_id, own.batch_id)),
    ...(await draftsOf(h, tenant, campaign_id, plain.batch_id)),
  ]
  assert.deepEqual(
    drafts.map((draft) => (draft as unknown as { prompt_source: string }).prompt_source),
    ['override', 'campaign'],
  )
  assert.deepEqual(
    drafts.map(({ prompt_version_hash }) => prompt_version_hash),
    [own.prompt_version_hash, plain.prompt_version_hash],
  )
  // An approval is bound to the prompt that its text was written with: the campaign's, or one that was given for it alone.
  const [custom] = drafts as [Draft]
  const words = { subject: custom.subject, body: custom.body }
  const put = (prompt_snapshot: string) =>
    approve(h, tenant, campaign_id, custom.campaign_lead_id, { ...words, prompt_snapshot })
  assert.equal((await put(`${PROMPT} In one line.`)).status, 200)
  await patch(h, tenant, campaign_id, { system_prompt: `${PROMPT} Be brief.` })
  assert.deepEqual(await approvedSteps(custom.campaign_lead_id), ['1'])
  assert.equal((await put(`${PROMPT} Be brief.`)).status, 200)
  await patch(h, tenant, campaign_id, { system_prompt: null })
  assert.deepEqual(await voidsOf(custom.campaign_lead_id), ['prompt_changed'])
})

test('cancelling is decided in the database: what is not finished is never written, and finished drafts stay', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(3) })
  const first = await generate(h, tenant, campaign_id, { n_leads: 1 })
  const made = await post<Generated>(h, tenant, path(campaign_id, 'generate'), { step_index: 1, n_leads: 3 })
  const cancelled = await post<{ cancelled_count: number }>(h, tenant, path(campaign_id, 'cancel'), {
    batch_id: made.body.batch_id,
  })
  assert.equal(cancelled.body.cancelled_count, 3)
  await h.worker.drain()
  const status = (await read<Status>(tenant, path(campaign_id, `status?batch_id=${made.body.batch_id}`))).body
  assert.deepEqual([status.overall.cancelled, status.overall.completed], [3, 0])
  assert.equal((await draftsOf(h, tenant, campaign_id, first.batch_id))[0]?.status, 'completed')
  const again = await post<{ cancelled_count: number }>(h, tenant, path(campaign_id, 'cancel'), {
    batch_id: made.body.batch_id,
  })
  assert.equal(again.body.cancelled_count, 0)
})

test('an approval is refused where it would not be what was seen', async () => {
  const { tenant, campaign_id, drafts } = await drafted(1)
  const [draft] = drafts as [Draft]
  const words = { subject: 'A question', body: 'Hello.' }
  const refused = async (body: Record<string, unknown>): Promise<string> => {
    const answer = await approve<Failure>(h, tenant, campaign_id, draft.campaign_lead_id, body)
    assert.equal(answer.status, 422, answer.text)
    return answer.body.details?.[0]?.type ?? ''
  }
  assert.equal(await refused({ ...words, variant_label: 'B' }), 'variant_mismatch')
  assert.equal(await refused({ ...words, expected_step_config_fingerprint: 'f'.repeat(64) }), 'step_changed')
  assert.equal(await refused({ ...words, subject: 'A question\r\nBcc: all@people.example' }), 'line_break')
  assert.equal(await refused({ ...words, body: ' \n ' }), 'missing')
  assert.equal(await refused({ ...words, step_index: 2 }), 'value_error')
  const stranger = await createTenant(h)
  assert.equal((await approve(h, stranger, campaign_id, draft.campaign_lead_id, words)).status, 404)
  await launch(h, tenant, campaign_id)
  await advance(h, tenant, { until_idle: true })
  assert.equal(await refused(words), 'already_sent')
})

test('approvals are overwritten, withdrawn step by step and cleared, and every change stays on record', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createWrittenCampaign(h, tenant, { rows: prospects(1), steps: [{}, {}] })
  const { enqueued_lead_ids } = await generate(h, tenant, campaign_id)
  const lead = enqueued_lead_ids[0] as string
  const base = `/api/v1/campaigns/${campaign_id}/leads/${lead}`
  const put = async (step_index: number, subject: string) => {
    const made = await approve<Approved>(h, tenant, campaign_id, lead, { step_index, subject, body: 'Hello.' })
    assert.equal(made.status, 200, made.text)
    return made.body
  }
  const first = await put(1, 'One')
  await put(1, 'One again')
  assert.deepEqual((await put(2, 'Two')).approved_steps, [1, 2])
  const less = await post<Approved>(h, tenant, `${base}/unapprove`, { step_index: 1 })
  assert.deepEqual([less.body.approved_steps, less.body.approved_entry], [[2], null])
  assert.deepEqual((await post<Approved>(h, tenant, `${base}/unapprove`, { step_index: 1 })).body.approved_steps, [2])
  await put(1, 'One, third')
  assert.deepEqual((await post<Approved>(h, tenant, `${base}/reset`, { step_indices: [2] })).body.approved_steps, [1])
  await put(2, 'Two again')
  assert.deepEqual((await post<Approved>(h, tenant, `${base}/reset`)).body.approved_steps, [])
  const records = (
    await read<{ items: { kind: string; reason: string | null; step_index: number }[] }>(tenant, `${base}/approvals`)
  ).body
  assert.deepEqual(
    records.items.reverse().map(({ kind, reason, step_index }) => [kind, reason, step_index]),
    [
      ['approved', null, 1],
      ['withdrawn', 'replaced', 1],
      ['approved', null, 1],
      ['approved', null, 2],
      ['withdrawn', 'withdrawn', 1],
      ['approved', null, 1],
      ['withdrawn', 'withdrawn', 2],
      ['approved', null, 2],
      ['withdrawn', 'withdrawn', 1],
      ['withdrawn', 'withdrawn', 2],
    ],
  )
  assert.equal(first.approved_entry?.approved_by, tenant.email)
  for (const change of [sql`update approval_records set reason = 'x'`, sql`delete from approval_records`])
    await assert.rejects(change.execute(h.deps.db), /kept as they are/)
})

test('a person’s version stays beside the draft with what changed, and is what an approval by rule freezes', async () => {
  const { tenant, campaign_id, batch, drafts } = await drafted(2)
  const [draft, other] = drafts as [Draft, Draft]
  const url = path(campaign_id, `drafts/${draft.draft_id}`)
  const body = draft.body.replace(/^(Hello|Hi|Dear) \S+/, 'Good morning')
  const edited = await h.call<Draft>('PATCH', url, { as: tenant.key, body: { body } })
  assert.equal(edited.status, 200, edited.text)
  assert.deepEqual([edited.body.body, edited.body.edit?.body], [draft.body, body])
  const diff = edited.body.edit?.diff.body ?? []
  const side = (without: string) =>
    diff
      .filter(({ kind }) => kind !== without)
      .map(({ text }) => text)
      .join('')
  assert.deepEqual([side('added'), side('removed')], [draft.body, body])
  const ruled = await post<{ approved_lead_ids: string[] }>(h, tenant, path(campaign_id, 'approve'), {
    batch_id: batch.batch_id,
    checks: [],
  })
  assert.equal(ruled.body.approved_lead_ids.length, 2, ruled.text)
  const { rows } = await sql<{ body: string; edited: boolean }>`
    select r.contents->'words'->>'body' as body, (r.statement::jsonb->>'edited')::boolean as edited from approval_records r
    where r.campaign_id = ${campaign_id} order by r.record_id`.execute(h.deps.db)
  assert.deepEqual(rows, [
    { body, edited: true },
    { body: other.body, edited: false },
  ])
  const back = await h.call<Draft>('PATCH', url, { as: tenant.key, body: { subject: null, body: null } })
  assert.equal(back.body.edit, null)
  assert.equal((await h.call('PATCH', url, { as: tenant.key, body: { body: '' } })).status, 422)
  const stranger = await createTenant(h)
  assert.equal((await h.call('PATCH', url, { as: stranger.key, body: { body: 'x' } })).status, 404)
})

test('approving by rule lists every exception with its reasons, and a dry run approves nothing', async () => {
  const { tenant, campaign_id, batch, drafts, dataset_id } = await drafted(5)
  const [good, bad, done, changed, last] = drafts as [Draft, Draft, Draft, Draft, Draft]
  await h.call('PATCH', path(campaign_id, `drafts/${bad.draft_id}`), {
    as: tenant.key,
    body: { body: 'Hi {{ first_name }}, [COMPANY NAME]!' },
  })
  await approveDraft(tenant, campaign_id, done)
  await sql`update campaign_leads set lead_data = lead_data || '{"city": "Rome"}' where campaign_lead_id = ${changed.campaign_lead_id}`.execute(
    h.deps.db,
  )
  type Result = { approved_lead_ids: string[]; exceptions: { campaign_lead_id: string; reasons: { code: string }[] }[] }
  const ask = async (body: Record<string, unknown>) => {
    const answer = await post<Result>(h, tenant, path(campaign_id, 'approve'), { batch_id: batch.batch_id, ...body })
    assert.equal(answer.status, 200, answer.text)
    return answer.body
  }
  const dry = await ask({ dry_run: true })
  assert.deepEqual(dry.approved_lead_ids, [good.campaign_lead_id, last.campaign_lead_id])
  assert.deepEqual(await approvedSteps(good.campaign_lead_id), [])
  const real = await ask({})
  assert.deepEqual(real, { ...dry, dry_run: false })
  const codes = new Map(
    real.exceptions.map(({ campaign_lead_id, reasons }) => [campaign_lead_id, reasons.map(({ code }) => code)]),
  )
  assert.deepEqual(codes.get(done.campaign_lead_id), ['already_approved'])
  assert.deepEqual(codes.get(changed.campaign_lead_id), ['lead_changed'])
  assert.ok(codes.get(bad.campaign_lead_id)?.some((code) => code.startsWith('check:')))
  assert.deepEqual(await approvedSteps(good.campaign_lead_id), ['1'])
  const strict = await ask({ min_score: 1, checks: ['no_such_check'], campaign_lead_ids: [bad.campaign_lead_id] })
  assert.ok(strict.exceptions[0]?.reasons.some(({ code }) => code === 'check:no_such_check'))
  assert.ok(dataset_id)
})

test('of several approvals by rule at once one approves, and the others find what it did', async () => {
  const { tenant, campaign_id, batch, drafts } = await drafted(3)
  const answers = await Promise.all(
    Array.from({ length: 4 }, () =>
      post<{ approved_lead_ids: string[]; exceptions: { reasons: { code: string }[] }[] }>(
        h,
        tenant,
        path(campaign_id, 'approve'),
        { batch_id: batch.batch_id, checks: [] },
      ),
    ),
  )
  assert.deepEqual(answers.map(({ body }) => body.approved_lead_ids.length).sort(), [0, 0, 0, 3])
  const late = answers.find(({ body }) => body.approved_lead_ids.length === 0)
  assert.deepEqual(
    late?.body.exceptions.map(({ reasons }) => reasons[0]?.code),
    Array(3).fill('already_approved'),
  )
  const records = await sql<{ kind: string }>`
    select kind from approval_records where campaign_id = ${campaign_id}`.execute(h.deps.db)
  assert.equal(records.rows.length, drafts.length)
})

test('a person’s version is judged as a draft is: against other texts, and in the language that was asked for', async () => {
  const { tenant, campaign_id, drafts } = await drafted(2)
  const [one, other] = drafts as [Draft, Draft]
  const failed = async (body: string): Promise<string[]> => {
    const answer = await h.call<{ edit: { quality: Draft['quality'] } }>(
      'PATCH',
      path(campaign_id, `drafts/${one.draft_id}`),
      { as: tenant.key, body: { body } },
    )
    assert.equal(answer.status, 200, answer.text)
    return answer.body.edit.quality.checks.filter(({ passed }) => !passed).map(({ name }) => name)
  }
  assert.ok((await failed(`${other.body} Kind regards to you.`)).includes('duplicate'))
  const norwegian =
    'Hei,\n\njeg har lest om det dere gjør og ville gjerne ha hørt mer om hvordan dere arbeider til daglig.'
  assert.ok((await failed(norwegian)).includes('language'))
})

test('a follow-up is told of the template that the lead itself was given', async () => {
  const tenant = await createTenant(h)
  const templates = [
    await createTemplate(h, tenant, { subject: 'First of A', body: 'About apples.' }),
    await createTemplate(h, tenant, { subject: 'First of B', body: 'About bridges.' }),
  ]
  const { campaign_id } = await createWrittenCampaign(h, tenant, {
    rows: prospects(8),
    steps: [
      {
        variants: templates.map((template_id, i) => ({ label: 'AB'[i], weight: 50, type: 'TEMPLATE', template_id })),
      },
      {},
    ],
  })
  const batch = await generate(h, tenant, campaign_id, { step_index: 2, n_leads: 8 })
  assert.equal(batch.total, 8)
  const { rows } = await sql<{ campaign_lead_id: string; label: string; lead_data: Record<string, string> }>`
    select campaign_lead_id, variant_assignments->>'1' as label, lead_data from campaign_leads
    where campaign_id = ${campaign_id}`.execute(h.deps.db)
  const context = (await loadSendingContext(h.deps.db, campaign_id)) as SendingContext
  assert.equal(new Set(rows.map(({ label }) => label)).size, 2)
  for (const { label } of rows) {
    const draft = { step: 2, approvals: {}, written: {}, dataset_row_id: 'x', variant_assignments: { '1': label } }
    assert.equal(earlierTexts(context, draft, {}, h.clock.now())[0]?.subject, `First of ${label}`)
  }
})

test('a change of step, prompt, sender or template ends the approvals that depend on it, each with its reason', async () => {
  const { tenant, campaign_id, profile_id, drafts } = await drafted(1, { steps: [{}, {}] })
  const [draft] = drafts as [Draft]
  const lead = draft.campaign_lead_id
  await approveDraft(tenant, campaign_id, draft)
  await patch(h, tenant, campaign_id, { name: 'Another name', daily_limit: 7 })
  assert.deepEqual(await approvedSteps(lead), ['1'])
  await patch(h, tenant, campaign_id, { system_prompt: PROMPT })
  assert.deepEqual([await approvedSteps(lead), await voidsOf(lead)], [[], ['prompt_changed']])

  const words = { subject: 'A question', body: 'Hello, may I ask something?', prompt_snapshot: PROMPT }
  const again = async () => assert.equal((await approve(h, tenant, campaign_id, lead, words)).status, 200)
  await again()
  const update = (body: Record<string, unknown>) =>
    h.call('PUT', `/api/v1/sender-profiles/${profile_id}`, { as: tenant.key, body })
  assert.equal((await update({ profile_name: 'Other', description: 'For ports.' })).status, 200)
  assert.deepEqual(await approvedSteps(lead), ['1'])
  assert.equal((await update({ sender_data: { ...SENDER, company_name: 'Southwind' } })).status, 200)
  assert.deepEqual(await voidsOf(lead), ['prompt_changed', 'sender_changed'])

  await again()
  const variants = [{ label: 'B', weight: 100, type: 'PERSONALIZATION', sender_profile_id: profile_id }]
  const steps = await patch(h, tenant, campaign_id, { steps: [{ step: 1, delay_days: 0, variants }] })
  assert.equal(steps.status, 200, JSON.stringify(steps.body))
  assert.deepEqual(await voidsOf(lead), ['prompt_changed', 'sender_changed', 'step_changed'])
  const { rows } = await sql`select variant_assignments from campaign_leads where campaign_lead_id = ${lead}`.execute(
    h.deps.db,
  )
  assert.deepEqual(rows, [{ variant_assignments: { 1: 'B' } }])

  const template = await createTemplate(h, tenant, { subject: 'Hello', body: 'Hi {{ first_name }}' })
  const filled = await createCampaign(h, tenant, {
    rows: people(1),
    steps: [{ delay_days: 0, templates: [{ id: template, weight: 100, label: 'A' }] }],
  })
  await launch(h, tenant, filled.campaign_id)
  const found = await sql<{
    id: string
  }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${filled.campaign_id}`.execute(h.deps.db)
  const reader = found.rows[0]?.id as string
  assert.equal(
    (await approve(h, tenant, filled.campaign_id, reader, { subject: 'Hello', body: 'Hi dear N0' })).status,
    200,
  )
  await h.call('PATCH', `/api/v1/templates/${template}`, {
    as: tenant.key,
    body: { content: { subject: 'Hello', body: 'Hi you' } },
  })
  assert.deepEqual(await voidsOf(reader), ['template_changed'])
  assert.ok((await eventsOf(h, reader)).includes('voided'))
})

test('a template’s text may be approved too, and goes out as approved, HTML and thread included', async () => {
  const tenant = await createTenant(h)
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: people(1),
    steps: await sequence(h, tenant, [{ track_clicks: true }, { delay_days: 1, subject: '' }]),
  })
  await launch(h, tenant, campaign_id)
  const found = await sql<{
    id: string
  }>`select campaign_lead_id as id from campaign_leads where campaign_id = ${campaign_id}`.execute(h.deps.db)
  const lead = found.rows[0]?.id as string
  const html = '<p>Hi <b>Ada</b>, look <a href="https://acme.example/?a=1&amp;b=2">here</a>.</p>'
  const first = await approve<Approved>(h, tenant, campaign_id, lead, { subject: 'Änderung 🎉', body: html })
  const second = await approve<Approved>(h, tenant, campaign_id, lead, {
    step_index: 2,
    subject: 'Re: Änderung 🎉',
    body: 'Any news?',
  })
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  assert.equal(wire.length, 2)
  for (const [n, approved] of [first, second].entries()) {
    const proof = (
      await read<{ statement: string; sent: { matches: boolean } }>(
        tenant,
        `/api/v1/approvals/${approved.body.approved_entry?.approval_id}`,
      )
    ).body
    const {
      subject,
      text,
      html: received,
    } = await undone(h, wire[n]?.raw as Buffer, 'https://unsubscribe.invalid/recipient')
    assert.deepEqual(digestsOf({ subject, text, html: received }), signedDigests(proof.statement))
    assert.equal(proof.sent.matches, true)
  }
  const ids = await sql<{ message_id: string; in_reply_to: string | null }>`
    select message_id, in_reply_to from emails where campaign_id = ${campaign_id} order by step`.execute(h.deps.db)
  assert.equal(ids.rows[1]?.in_reply_to, ids.rows[0]?.message_id)
})

test('an approval that somebody changed in the database does not go out', async () => {
  const { tenant, campaign_id, drafts } = await drafted(1)
  const [draft] = drafts as [Draft]
  await approveDraft(tenant, campaign_id, draft)
  await launch(h, tenant, campaign_id)
  await sql`
    update campaign_leads set approvals = jsonb_set(approvals, '{1,rendered,text}', '"Send me money"') where campaign_lead_id = ${draft.campaign_lead_id}`.execute(
    h.deps.db,
  )
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  assert.deepEqual(await voidsOf(draft.campaign_lead_id), ['record_invalid'])
  assert.equal(wire.length, 1)
  assert.ok(!wire[0]?.raw.toString().includes('money'))
})

test('what a draft says in tags or braces arrives as text', async () => {
  const { tenant, campaign_id, drafts } = await drafted(1)
  const [draft] = drafts as [Draft]
  const body = 'Hello {{ first_name }} <script>alert(1)</script> and <p>more</p>'
  await sql`update draft_contents set body = ${body} where draft_id = ${draft.draft_id}`.execute(h.deps.db)
  await approveDraft(tenant, campaign_id, { ...draft, body })
  await launch(h, tenant, campaign_id)
  const wire = recordWire(h)
  await advance(h, tenant, { until_idle: true })
  const { text, html } = await undone(h, wire[0]?.raw as Buffer, 'x')
  assert.ok(text.startsWith(body))
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt; and &lt;p&gt;more&lt;/p&gt;'), html)
})

test('a proof is verified by its signature and by what was received, and by nothing else', async () => {
  const { tenant, campaign_id, drafts } = await drafted(1)
  const approval_id = await approveDraft(tenant, campaign_id, drafts[0] as Draft)
  type Proof = {
    statement: string
    signature: string
    contents: { rendered: Record<string, string> }
    verdict: { is_valid: boolean }
    sent: unknown
  }
  const proof = (await read<Proof>(tenant, `/api/v1/approvals/${approval_id}`)).body
  assert.deepEqual([proof.verdict.is_valid, proof.sent], [true, null])
  const verify = async (body: Record<string, unknown>) =>
    (
      await post<{ is_valid: boolean; differing_parts: string[] }>(h, tenant, '/api/v1/approvals/verify', {
        statement: proof.statement,
        signature: proof.signature,
        ...body,
      })
    ).body
  assert.equal((await verify({ rendered: proof.contents.rendered })).is_valid, true)
  const other = await verify({ rendered: { ...proof.contents.rendered, text: 'Another text' } })
  assert.deepEqual([other.is_valid, other.differing_parts], [false, ['text']])
  assert.equal(
    (await verify({ statement: proof.statement.replace('"step_index":1', '"step_index":2') })).is_valid,
    false,
  )
  assert.equal((await verify({ signature: '0'.repeat(64) })).is_valid, false)
  assert.equal((await verify({ statement: 'not JSON' })).is_valid, false)
  // Somebody put a link of their own in the place of the recipient's and says that this is it.
  const forged = 'https://evil.example/u/recipient'
  const { html = '', text = '' } = proof.contents.rendered
  const marker = 'https://unsubscribe.invalid/recipient'
  const swapped = await verify({
    rendered: {
      ...proof.contents.rendered,
      html: html.replaceAll(marker, forged),
      text: text.replaceAll(marker, forged),
    },
    unsubscribe_url: forged,
  })
  assert.deepEqual([swapped.is_valid, swapped.differing_parts], [false, ['text', 'html']])
  const stranger = await createTenant(h)
  assert.equal((await read(stranger, `/api/v1/approvals/${approval_id}`)).status, 404)
})

test('the text of one lead comes at once: the approved one for nothing, another when it is asked for', async () => {
  const { tenant, campaign_id, drafts } = await drafted(1)
  const [draft] = drafts as [Draft]
  const url = `/api/v1/campaigns/${campaign_id}/personalize`
  const ask = (body: Record<string, unknown> = {}) =>
    post<{ source: string; subject: string; body: string } & Failure>(h, tenant, url, {
      campaign_lead_id: draft.campaign_lead_id,
      step_index: 1,
      ...body,
    })
  assert.equal((await ask()).body.source, 'generated')
  await approve(h, tenant, campaign_id, draft.campaign_lead_id, { subject: 'Mine', body: 'My words.' })
  const approved = await ask()
  assert.deepEqual([approved.body.source, approved.body.subject, approved.body.body], ['approved', 'Mine', 'My words.'])
  assert.equal((await ask({ force_regenerate: true })).body.source, 'generated')
  assert.equal((await ask({ variant_label: 'Z' })).status, 422)
  assert.equal((await ask({ step_index: 9 })).status, 422)
  const stranger = await createTenant(h)
  assert.equal((await post(h, stranger, url, { campaign_lead_id: draft.campaign_lead_id, step_index: 1 })).status, 404)
})

test('a campaign with written steps names what it lacks', async () => {
  const tenant = await createTenant(h)
  const { dataset_id, alias_ids, campaign_id } = await createWrittenCampaign(h, tenant)
  const make = (variant: Record<string, unknown>, step: Record<string, unknown> = {}) =>
    post<Failure>(h, tenant, '/api/v1/campaigns/', {
      name: 'X',
      dataset_id,
      alias_ids,
      steps: [
        {
          step: 1,
          delay_days: 0,
          variants: [{ label: 'A', weight: 100, type: 'PERSONALIZATION', ...variant }],
          ...step,
        },
      ],
    })
  const where = async (answer: ReturnType<typeof make>) => (await answer).body.details?.map(({ loc }) => loc.at(-1))
  assert.deepEqual(await where(make({})), ['sender_profile_id'])
  const { profile_id } = await createWrittenCampaign(h, tenant)
  assert.deepEqual(await where(make({ sender_profile_id: profile_id, template_id: dataset_id })), ['template_id'])
  assert.deepEqual(await where(make({ sender_profile_id: profile_id }, { ai_personalization_enabled: false })), [
    'ai_personalization_enabled',
  ])
  const foreign = await make({ sender_profile_id: dataset_id })
  assert.deepEqual([foreign.status, foreign.body.message.includes(`sender profile ${dataset_id}`)], [404, true])
  type Preflight = { can_launch: boolean; warnings: { code: string; severity: string; affected_rows: number }[] }
  const check = async () => (await post<Preflight>(h, tenant, `/api/v1/campaigns/${campaign_id}/launch-preflight`)).body
  const open = await check()
  assert.equal(open.can_launch, true)
  assert.deepEqual(
    open.warnings
      .filter(({ code }) => code === 'unreviewed_drafts')
      .map(({ severity, affected_rows }) => [severity, affected_rows]),
    [['info', 3]],
  )
  await patch(h, tenant, campaign_id, { unreviewed_launch_policy: 'hold' })
  assert.equal((await check()).warnings.find(({ code }) => code === 'unreviewed_drafts')?.severity, 'warning')
})
