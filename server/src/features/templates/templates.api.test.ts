import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCampaign, createDataset, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'

type Template = {
  template_id: string
  user_id: string
  name: string
  content: { subject: string; body: string; body_text: string | null }
  created_at: string
  updated_at: string
}
type Page = { items: Template[]; total: number; total_pages: number; has_more: boolean; next_cursor: string | null }
type Failure = { detail: string; details?: { loc: (string | number)[]; msg: string; type: string }[] }

const content = { subject: 'Hello {{first_name}}', body: '<p>Hi {{ first_name | default: "there" }}</p>' }

describe('templates', () => {
  let h: Harness
  let me: TestTenant
  let other: TestTenant
  before(async () => {
    h = await startHarness()
    me = await createTenant(h)
    other = await createTenant(h)
  })
  after(() => h.close())

  const create = async (as = me.key, fields: object = {}): Promise<Template> => {
    const made = await h.call<Template>('POST', '/api/v1/templates/', {
      as,
      body: { name: 'First', content, ...fields },
    })
    assert.equal(made.status, 201, made.text)
    return made.body
  }

  /** A campaign row with these steps; only what a template's deletion may touch matters here. */
  const insertCampaign = async (tenant: TestTenant, steps: unknown): Promise<string> => {
    const now = h.clock.now()
    const dataset_id = newId()
    const campaign_id = newId()
    const { workspace_id, user_id } = tenant
    await h.deps.db
      .insertInto('datasets')
      .values({
        dataset_id,
        workspace_id,
        user_id,
        dataset_name: 'd',
        pipeline_type: 'personalization',
        source_type: 'csv',
        status: 'completed',
        created_at: now,
        updated_at: now,
      })
      .execute()
    await h.deps.db
      .insertInto('campaigns')
      .values({
        campaign_id,
        workspace_id,
        user_id,
        dataset_id,
        name: 'c',
        type: 'email',
        status: 'draft',
        launch_type: 'immediate',
        daily_limit: 10,
        sending_window_start: '09:00:00',
        sending_window_end: '17:00:00',
        min_interval_seconds: 60,
        timezone: 'UTC',
        send_days: ['mon'],
        steps_config: JSON.stringify(steps),
        created_at: now,
        updated_at: now,
      })
      .execute()
    return campaign_id
  }
  const stepsOf = async (campaignId: string): Promise<unknown> =>
    (
      await h.deps.db
        .selectFrom('campaigns')
        .select('steps_config')
        .where('campaign_id', '=', campaignId)
        .executeTakeFirstOrThrow()
    ).steps_config

  test('a created template is read back with its text part, and a list names it', async () => {
    const made = await create(me.key, { content: { ...content, body_text: 'Hi {{first_name}}' } })
    assert.equal(made.user_id, me.user_id)
    assert.deepEqual(made.content, { ...content, body_text: 'Hi {{first_name}}' })
    assert.deepEqual(
      (await h.call<Template>('GET', `/api/v1/templates/${made.template_id}`, { as: me.key })).body,
      made,
    )
    const list = await h.call<Page>('GET', '/api/v1/templates', { as: me.key })
    assert.ok(list.body.items.some(({ template_id }) => template_id === made.template_id))
  })

  test('every mistake in subject, body and text part is named with its line and column, on create and on change', async () => {
    const bad = { subject: 'Hi {{ name', body: 'one\n{% if x %}two\n{{ a | nosuch }}', body_text: '{% include "f" %}' }
    const refused = await h.call<Failure>('POST', '/api/v1/templates/', {
      as: me.key,
      body: { name: 'x', content: bad },
    })
    assert.equal(refused.status, 422)
    assert.equal(refused.body.detail, 'VALIDATION_ERROR')
    const parts = new Set(refused.body.details?.map(({ loc }) => loc.join('.')))
    assert.deepEqual(parts, new Set(['body.content.subject', 'body.content.body', 'body.content.body_text']))
    for (const { msg, type } of refused.body.details ?? []) {
      assert.match(msg, /^line \d+, column \d+: ./)
      assert.equal(type, 'template_syntax')
    }
    const made = await create()
    const change = await h.call<Failure>('PATCH', `/api/v1/templates/${made.template_id}`, {
      as: me.key,
      body: { content: bad },
    })
    assert.equal(change.status, 422)
    assert.deepEqual(
      (await h.call<Template>('GET', `/api/v1/templates/${made.template_id}`, { as: me.key })).body,
      made,
    )
  })

  test('a subject with a line break is refused, so that it cannot bring a header along', async () => {
    const refused = await h.call<Failure>('POST', '/api/v1/templates/', {
      as: me.key,
      body: { name: 'x', content: { subject: 'Hi\r\nBcc: victim@example.com', body: 'b' } },
    })
    assert.equal(refused.status, 422)
    assert.equal(refused.body.details?.[0]?.type, 'line_break')
  })

  test('absent and null fields stay as they are, content is replaced as a whole, and updated_at moves', async () => {
    const made = await create(me.key, { content: { ...content, body_text: 'text' } })
    h.clock.advance(5_000)
    const path = `/api/v1/templates/${made.template_id}`
    const renamed = await h.call<Template>('PATCH', path, { as: me.key, body: { name: 'Second', content: null } })
    assert.equal(renamed.status, 200)
    assert.deepEqual(renamed.body.content, made.content)
    assert.equal(renamed.body.name, 'Second')
    assert.ok(renamed.body.updated_at > made.updated_at)
    const rewritten = await h.call<Template>('PATCH', path, {
      as: me.key,
      body: { content: { subject: '', body: 'new' }, name: null },
    })
    assert.deepEqual(rewritten.body.content, { subject: '', body: 'new', body_text: null })
    assert.equal(rewritten.body.name, 'Second')
  })

  test('deleting a template in use empties template_id in the campaigns of this workspace and nothing else', async () => {
    const [gone, kept] = [await create(), await create()]
    const variant = (template_id: string | null) => ({ label: 'A', weight: 50, type: 'TEMPLATE', template_id })
    const steps = (spelling: string) => [
      { step: 1, delay_days: 0, variants: [variant(kept.template_id), { ...variant(spelling), label: 'B' }] },
      { step: 2, delay_days: 3, variants: [variant(spelling)], track_opens: true },
      { step: 3, delay_days: 1, channel: 'linkedin', variants: [] },
    ]
    const [lower, upper, theirs] = [
      await insertCampaign(me, steps(gone.template_id)),
      await insertCampaign(me, steps(gone.template_id.toUpperCase())),
      await insertCampaign(other, steps(gone.template_id)),
    ]
    const unrelated = await insertCampaign(me, [{ step: 1, delay_days: 0, variants: [variant(kept.template_id)] }])
    const answer = await h.call('DELETE', `/api/v1/templates/${gone.template_id}`, { as: me.key })
    assert.equal(answer.status, 204)
    const emptied = [
      { step: 1, delay_days: 0, variants: [variant(kept.template_id), { ...variant(null), label: 'B' }] },
      { step: 2, delay_days: 3, variants: [variant(null)], track_opens: true },
      { step: 3, delay_days: 1, channel: 'linkedin', variants: [] },
    ]
    assert.deepEqual(await stepsOf(lower), emptied)
    assert.deepEqual(await stepsOf(upper), emptied)
    assert.deepEqual(await stepsOf(theirs), steps(gone.template_id))
    assert.deepEqual(await stepsOf(unrelated), [{ step: 1, delay_days: 0, variants: [variant(kept.template_id)] }])
    assert.equal((await h.call('GET', `/api/v1/templates/${gone.template_id}`, { as: me.key })).status, 404)
    assert.equal((await h.call('DELETE', `/api/v1/templates/${gone.template_id}`, { as: me.key })).status, 404)
  })

  test('a text that is stored nowhere is shown for a row, for a lead and for given values, as it would be sent', async () => {
    type Shown = {
      subject: string
      text: string
      html: string
      variables: Record<string, string | null>
      missing_variables: string[]
      row: { row_index: number; data: Record<string, string> } | null
    } & Failure
    const preview = (body: object) => h.call<Shown>('POST', '/api/v1/templates/preview', { as: me.key, body })
    const text = {
      subject: 'For {{ first_name }}',
      body: 'Hi {{ first_name }}, {{ "this|that" | spin }} of {{ company }}',
    }
    const rows = [
      { email: 'a+accept@people.example', first_name: 'Ada' },
      { email: 'b+accept@people.example', first_name: 'Bo <b>' },
    ]
    const dataset_id = await createDataset(h, me, rows)
    const shown = await preview({ content: text, dataset_id, row_index: 1 })
    assert.equal(shown.status, 200, shown.text)
    assert.equal(shown.body.subject, 'For Bo <b>')
    assert.match(shown.body.html, /Hi Bo &lt;b&gt;/)
    assert.match(shown.body.text, /Main Street 1/, 'the footer is below it')
    assert.deepEqual(shown.body.missing_variables, ['company'])
    assert.deepEqual(shown.body.row, { row_index: 1, data: rows[1] })
    assert.equal((await preview({ content: text, dataset_id, row_index: 2 })).status, 404)
    const given = await preview({ content: text, variables: { first_name: 'Grace', company: 'Fjord' } })
    assert.deepEqual([given.body.subject, given.body.missing_variables, given.body.row], ['For Grace', [], null])

    const { campaign_id } = await createCampaign(h, me, { rows })
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: me.key })
    await h.worker.drain()
    const leads = await h.call<{ items: { campaign_lead_id: string }[] }>(
      'GET',
      `/api/v1/campaigns/${campaign_id}/leads`,
      {
        as: me.key,
      },
    )
    const campaign_lead_id = leads.body.items[0]?.campaign_lead_id
    assert.equal((await preview({ content: text, campaign_lead_id })).body.subject, 'For Ada')
    assert.equal((await preview({ content: text, campaign_lead_id, dataset_id })).status, 422)

    const broken = await preview({ content: { subject: 'Hello', body: 'Hi {{ first_name' } })
    assert.equal(broken.status, 422)
    assert.deepEqual(broken.body.details?.[0]?.loc, ['body', 'content', 'body'])
    assert.match(broken.body.details?.[0]?.msg ?? '', /^line 1, column 4/)
  })

  test('a template of another workspace is the same 404 as a missing one, and survives the attempts', async () => {
    const theirs = await create(other.key)
    for (const id of [theirs.template_id, newId()]) {
      const path = `/api/v1/templates/${id}`
      assert.equal((await h.call('GET', path, { as: me.key })).status, 404)
      assert.equal((await h.call('PATCH', path, { as: me.key, body: { name: 'mine' } })).status, 404)
      assert.equal((await h.call('DELETE', path, { as: me.key })).status, 404)
    }
    assert.deepEqual(
      (await h.call<Template>('GET', `/api/v1/templates/${theirs.template_id}`, { as: other.key })).body,
      theirs,
    )
  })

  test('pages by cursor, by offset and by number give every template once, newest first', async () => {
    const tenant = await createTenant(h)
    const ids: string[] = []
    for (let i = 0; i < 7; i++) ids.unshift((await create(tenant.key, { name: `t${i}` })).template_id)
    const byCursor: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { body: Page } = await h.call<Page>(
        'GET',
        `/api/v1/templates/?limit=3${cursor ? `&cursor=${cursor}` : ''}`,
        { as: tenant.key },
      )
      byCursor.push(...page.body.items.map(({ template_id }) => template_id))
      assert.equal(page.body.total, 7)
      // A row that arrives meanwhile stands in front and must not shift the rest.
      if (cursor === '')
        await create(tenant.key).then((late) =>
          h.call('DELETE', `/api/v1/templates/${late.template_id}`, { as: tenant.key }),
        )
      cursor = page.body.next_cursor
    }
    assert.deepEqual(byCursor, ids)
    const offset = await h.call<Page>('GET', '/api/v1/templates/?limit=3&offset=3', { as: tenant.key })
    assert.deepEqual(
      offset.body.items.map(({ template_id }) => template_id),
      ids.slice(3, 6),
    )
    const numbered = await h.call<Page>('GET', '/api/v1/templates/?page=3&page_size=3', { as: tenant.key })
    assert.deepEqual(
      numbered.body.items.map(({ template_id }) => template_id),
      ids.slice(6),
    )
    assert.equal(numbered.body.total_pages, 3)
    const far = await h.call<Page>('GET', '/api/v1/templates/?page=900000000&page_size=100', { as: tenant.key })
    assert.deepEqual([far.status, far.body.items.length], [200, 0])
    assert.equal((await h.call('GET', '/api/v1/templates/?page=1&limit=3', { as: tenant.key })).status, 422)
  })

  test('bad bodies are 4xx with every problem named, never a 500', async () => {
    const send = (body: unknown) => h.call<Failure>('POST', '/api/v1/templates/', { as: me.key, body })
    const both = await send({ name: '', content: { subject: 'x'.repeat(999), body: '' } })
    assert.equal(both.status, 422)
    assert.deepEqual(both.body.details?.map(({ loc }) => loc.at(-1)).sort(), ['body', 'name', 'subject'])
    assert.equal((await send({ name: 'a\0b', content })).status, 422)
    assert.equal((await send({ name: 'a', content: { ...content, body: 'x\ud800' } })).status, 422)
    assert.equal((await send('{')).status, 422)
    assert.equal((await send([])).status, 422)
    assert.equal((await send({ name: 'a', content: { ...content, body: 'x'.repeat(10_000_000) } })).status, 413)
    assert.equal(
      (await send({ name: 'loop', content: { subject: 's', body: '{% for i in (1..999999999) %}x{% endfor %}' } }))
        .status < 500,
      true,
    )
    assert.equal((await h.call('GET', '/api/v1/templates/not-a-uuid', { as: me.key })).status, 422)
    assert.equal((await h.call('GET', '/api/v1/templates/')).status, 401)
  })
})
