import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { advance, createCampaign, createTemplate, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, unique } from '../../../test/harness.ts'

type Alias = {
  id: string
  full_email: string
  signature_text: string | null
  daily_limit: number
  jitter_ratio: number
  domain_name: string
  alias: string
  signature_html: string | null
  warmup_token: string | null
}

let h: Harness
let tenant: TestTenant
let domainId: string

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  domainId = (
    await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', {
      as: tenant.key,
      body: { domain: 'aliases.example' },
    })
  ).body.id
})
after(() => h.close())

const create = (body: object, as = tenant.key) => h.call<Alias>('POST', '/api/v1/bavimail/aliases', { as, body })

test('an alias gets its address, a text form of its signature and the given limits', async () => {
  const { status, body } = await create({
    domain_id: domainId,
    alias: 'Anna.Berg',
    signature_html: '<p>Anna <b>Berg</b></p><p>Oslo</p>',
    daily_limit: 30,
    ramp_start: 5,
    ramp_step: 5,
    jitter_ratio: 0.4,
    display_name: 'Anna Berg',
  })
  assert.equal(status, 200)
  assert.equal(body.full_email, 'anna.berg@aliases.example')
  assert.match(body.signature_text ?? '', /^Anna Berg\s+Oslo$/)
  assert.equal(body.daily_limit, 30)
  assert.ok(Math.abs(body.jitter_ratio - 0.4) < 1e-6)
  const read = await h.call<Alias>('GET', `/api/v1/bavimail/aliases/${body.id}`, { as: tenant.key })
  assert.deepEqual(read.body, body)
})

test('a taken local part is 409 in any case, and names that tokens use are refused', async () => {
  assert.equal((await create({ domain_id: domainId, alias: 'taken' })).status, 200)
  assert.equal((await create({ domain_id: domainId, alias: 'TAKEN' })).status, 409)
  assert.equal((await create({ domain_id: domainId, alias: 'b+token' })).status, 422)
  for (const alias of ['', '.a', 'a..b', 'a b', 'ä', 'a@b', 'x'.repeat(65)])
    assert.equal((await create({ domain_id: domainId, alias })).status, 422, alias)
  assert.equal((await create({ domain_id: domainId, alias: 'half', ramp_start: 5 })).status, 422)
})

test('a domain and an alias of another workspace are a 404', async () => {
  const other = await createTenant(h)
  assert.equal((await create({ domain_id: domainId, alias: 'thief' }, other.key)).status, 404)
  const { body } = await create({ domain_id: domainId, alias: 'private' })
  assert.equal((await h.call('GET', `/api/v1/bavimail/aliases/${body.id}`, { as: other.key })).status, 404)
})

test('the list is whole, filtered by domain, or paged with a Link header', async () => {
  const second = (
    await h.call<{ id: string }>('POST', '/api/v1/bavimail/domains', {
      as: tenant.key,
      body: { domain: 'second.example' },
    })
  ).body.id
  await create({ domain_id: second, alias: 'solo' })
  const filtered = await h.call<Alias[]>('GET', `/api/v1/bavimail/aliases?domain_id=${second}`, { as: tenant.key })
  assert.deepEqual(
    filtered.body.map(({ full_email }) => full_email),
    ['solo@second.example'],
  )
  const all = await h.call<Alias[]>('GET', '/api/v1/bavimail/aliases', { as: tenant.key })
  const first = await h.call<Alias[]>('GET', '/api/v1/bavimail/aliases?limit=1', { as: tenant.key })
  assert.equal(first.body.length, 1)
  const rest = await h.call<Alias[]>(
    'GET',
    (/<([^>]+)>/.exec(first.headers.link ?? '') as RegExpExecArray)[1] as string,
    { as: tenant.key },
  )
  assert.equal(rest.body[0]?.id, all.body[1]?.id)
})

const change = (id: string, body: object, as = tenant.key) =>
  h.call<Alias>('PUT', `/api/v1/bavimail/aliases/${id}`, { as, body })
const remove = (id: string, query = '', as = tenant.key) =>
  h.call<{ detail: string; message: string }>('DELETE', `/api/v1/bavimail/aliases/${id}${query}`, { as })

describe('changing an alias', () => {
  test('touches only what is sent, derives the text of a signature, and takes one away by null', async () => {
    const { body: made } = await create({ domain_id: domainId, alias: 'careful', daily_limit: 7 })
    const signed = await change(made.id, { signature_html: '<p>Anna<br>Oslo</p>' })
    assert.equal(signed.status, 200)
    assert.deepEqual([signed.body.signature_text, signed.body.daily_limit], ['Anna\nOslo', 7])
    const bare = (await change(made.id, { signature_html: null, display_name: ' Anna ' })).body
    assert.deepEqual([bare.signature_html, bare.signature_text, bare.full_email], [null, null, made.full_email])
    for (const body of [{}, { alias: 'a..b' }, { daily_limit: 0 }, { ramp_start: 5 }])
      assert.equal((await change(made.id, body)).status, 422, JSON.stringify(body))
    assert.equal((await change(made.id, { alias: 'u+x' })).status, 422)
  })

  test('shows a signature in which nothing runs', async () => {
    const html =
      '<p onclick="x()" style="color:#123456;position:fixed">Hi<script>alert(1)</script><a href="javascript:x()">y</a></p><iframe src="https://a.example"></iframe>'
    const { body } = await create({ domain_id: domainId, alias: 'harmless', signature_html: html })
    assert.equal(body.signature_html, '<p style="color:#123456">Hi<a>y</a></p>')
  })

  test('to another address takes it over everywhere and frees the old one; a taken one is 409', async () => {
    const { body: made } = await create({ domain_id: domainId, alias: 'before' })
    const { body: other } = await create({ domain_id: domainId, alias: 'occupied' })
    assert.equal((await change(made.id, { alias: 'Occupied' })).status, 409)
    const renamed = (await change(made.id, { alias: 'After' })).body
    assert.deepEqual([renamed.alias, renamed.full_email], ['after', 'after@aliases.example'])
    assert.equal((await create({ domain_id: domainId, alias: 'before' })).status, 200)
    assert.equal((await change(other.id, { alias: 'before' })).status, 409)
    const stranger = await createTenant(h)
    assert.equal((await change(made.id, { alias: 'x' }, stranger.key)).status, 404)
  })

  test('sets and clears the token of its warm-up mail', async () => {
    const { body: made } = await create({ domain_id: domainId, alias: 'warm' })
    const path = `/mail/v1/aliases/${made.id}/warmup-token`
    const set = await h.call<Alias>('PUT', path, { as: tenant.key, body: { token: 'blue-horse' } })
    assert.deepEqual([set.status, set.body.warmup_token], [200, 'blue-horse'])
    assert.equal((await h.call('PUT', path, { as: tenant.key, body: { token: '  ' } })).status, 400)
    const cleared = await h.call<Alias>('DELETE', path, { as: tenant.key })
    assert.deepEqual([cleared.status, cleared.body.warmup_token, cleared.body.id], [200, null, made.id])
  })
})

describe('deleting an alias', () => {
  test('takes it out of lists, frees its address, and keeps what it sent readable', async () => {
    const { body: made } = await create({ domain_id: domainId, alias: 'gone' })
    assert.equal((await remove(made.id)).status, 204)
    assert.equal((await remove(made.id)).status, 404)
    for (const face of ['/api/v1/bavimail', '/mail/v1'])
      assert.equal((await h.call('GET', `${face}/aliases/${made.id}`, { as: tenant.key })).status, 404)
    const all = await h.call<Alias[]>('GET', '/mail/v1/aliases', { as: tenant.key })
    assert.ok(all.body.every(({ id }) => id !== made.id))
    const letter = { alias_id: made.id, to_email: 'ada+accept@people.example', subject: 'Hello', body: 'Hello' }
    assert.equal((await h.call('POST', '/mail/v1/emails', { as: tenant.key, body: letter })).status, 404)
    const again = await create({ domain_id: domainId, alias: 'gone' })
    assert.equal(again.status, 200)
    assert.notEqual(again.body.id, made.id)
  })

  test('is refused while a client’s message waits to leave from it', async () => {
    const { body: made } = await create({ domain_id: domainId, alias: 'later' })
    const letter = { alias_id: made.id, to_email: 'ada+accept@people.example', subject: 'Hello', body: 'Hello' }
    const scheduled = await h.call<{ id: string }>('POST', '/mail/v1/emails', {
      as: tenant.key,
      body: { ...letter, send_at: '2099-01-01T09:00:00Z' },
    })
    const refused = await remove(made.id)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
    await h.call('POST', `/mail/v1/emails/${scheduled.body.id}/cancel`, { as: tenant.key })
    assert.equal((await remove(made.id)).status, 204)
  })

  test('is refused while a campaign sends from it, which the answer names; a draft just loses it', async () => {
    const owner = await createTenant(h)
    const draft = await createCampaign(h, owner)
    const active = await createCampaign(h, owner)
    await h.call('POST', `/api/v1/campaigns/${active.campaign_id}/launch`, { as: owner.key })
    await h.worker.drain()
    const refused = await remove(active.alias_ids[0] as string, '', owner.key)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
    assert.ok(refused.body.message.includes(active.campaign_id))
    assert.equal((await remove(draft.alias_ids[0] as string, '', owner.key)).status, 204)
    const left = await h.deps.db
      .selectFrom('campaigns')
      .select('alias_ids')
      .where('campaign_id', '=', draft.campaign_id)
      .executeTakeFirstOrThrow()
    assert.deepEqual(left.alias_ids, [])
    for (const target of [active.alias_ids[0], (await create({ domain_id: domainId, alias: unique('far') })).body.id])
      assert.equal((await remove(active.alias_ids[0] as string, `?reassign_to=${target}`, owner.key)).status, 422)
  })

  test('waits for a launch that is on its way, whoever would take over', async () => {
    const owner = await createTenant(h)
    const { campaign_id, alias_ids } = await createCampaign(h, owner)
    const [from] = alias_ids as [string]
    const { domain_id } = (
      await h.call<{ domain_id: string }>('GET', `/api/v1/bavimail/aliases/${from}`, { as: owner.key })
    ).body
    const { body: other } = await create({ domain_id, alias: unique('other') }, owner.key)
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: owner.key })
    const status = async () =>
      (await h.call<{ status: string }>('GET', `/api/v1/campaigns/${campaign_id}`, { as: owner.key })).body.status
    assert.equal(await status(), 'launching')
    const refused = await remove(from, `?reassign_to=${other.id}`, owner.key)
    assert.deepEqual([refused.status, refused.body.detail], [409, 'IN_USE'])
    assert.ok(refused.body.message.includes(campaign_id) && refused.body.message.includes('launched'))
    await h.worker.drain()
    assert.equal((await remove(from, `?reassign_to=${other.id}`, owner.key)).status, 204)
  })

  test('with reassign_to the follow-ups leave from the other alias, each in a thread of its own', async () => {
    const leads = 40 // the alias goes by the lead's id, which is new each time: that all fall to one is 1 in 5e11
    const owner = await createTenant(h)
    const opening = await createTemplate(h, owner, { subject: 'A question', body: 'Hi, a question.' })
    const reminder = await createTemplate(h, owner, { subject: '', body: 'Did you see it?' })
    const { campaign_id, alias_ids } = await createCampaign(h, owner, {
      aliases: 2,
      rows: Array.from({ length: leads }, (_, i) => ({ email: `lead${i}+accept@people.example` })),
      steps: [opening, reminder].map((id, i) => ({
        delay_days: i * 2,
        templates: [{ id, weight: 100, label: 'A' }],
      })),
    })
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: owner.key })
    await h.worker.drain()
    await advance(h, owner, { seconds: 86_400 })
    const sent = () =>
      h.deps.db
        .selectFrom('emails as e')
        .innerJoin('email_contents as c', 'c.email_id', 'e.id')
        .select(['e.step', 'e.alias_id', 'e.in_reply_to', 'e.conversation_id', 'e.campaign_lead_id', 'c.subject'])
        .where('e.campaign_id', '=', campaign_id)
        .orderBy('e.campaign_lead_id')
        .execute()
    const [from, to] = alias_ids as [string, string]
    const first = await sent()
    assert.equal(first.length, leads)
    const moved = first.filter((row) => row.alias_id === from).length
    assert.ok(moved > 0 && moved < leads, `${moved} of ${leads} were sent from the alias that goes`)

    assert.equal((await remove(from, `?reassign_to=${to}`, owner.key)).status, 204)
    await advance(h, owner, { seconds: 4 * 86_400 })
    const followUps = (await sent()).filter(({ step }) => step === 2)
    assert.equal(followUps.length, leads)
    for (const row of followUps) {
      const before = first.find(({ campaign_lead_id }) => campaign_lead_id === row.campaign_lead_id)
      assert.equal(row.alias_id, to)
      if (before?.alias_id === to) {
        assert.equal(row.subject, 'Re: A question')
        assert.equal(row.conversation_id, before.conversation_id)
      } else {
        assert.deepEqual([row.subject, row.in_reply_to], ['A question', null])
        assert.notEqual(row.conversation_id, before?.conversation_id)
      }
    }
  })
})
