import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import {
  createSender,
  createTestCampaign,
  createTestLead,
  type SentMail,
  sendMail,
  type TestCampaign,
  type TestSender,
} from '../../../test/outgoing.ts'
import { newId } from '../../ids.ts'
import { unsubscribeUrl } from './link-builder.ts'

const BROWSER = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

let h: Harness
let tenant: TestTenant
let sender: TestSender
let campaign: TestCampaign

before(async () => {
  h = await startHarness()
  tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  campaign = await createTestCampaign(h, tenant, sender)
})
after(() => h.close())

const send = async (to: string): Promise<SentMail & { lead: string }> => {
  const lead = await createTestLead(h, tenant, campaign, sender, to)
  const sent = await sendMail(h, tenant, sender, to, { campaign, campaign_lead_id: lead })
  h.clock.advance(60_000)
  return { ...sent, lead }
}

const visit = (
  url: string,
  options: { method?: string; agent?: string; headers?: Record<string, string>; body?: string | FormData } = {},
) =>
  fetch(url, {
    method: options.method ?? 'GET',
    redirect: 'manual',
    body: options.body,
    headers: { 'user-agent': options.agent ?? BROWSER, ...options.headers },
  })

const row = (id: string) => h.deps.db.selectFrom('emails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

describe('opens and clicks', () => {
  test('a load of the pixel counts an open, is never cached, and a machine counts apart', async () => {
    const sent = await send('reader+accept@example.org')
    const picture = await visit(sent.links.pixel)
    assert.equal(picture.headers.get('content-type'), 'image/gif')
    assert.match(picture.headers.get('cache-control') ?? '', /no-store/)
    assert.equal(picture.headers.get('set-cookie'), null)
    await picture.arrayBuffer()
    await visit(sent.links.pixel, { agent: 'Mozilla/5.0' })
    const seen = await row(sent.email_id)
    assert.deepEqual([seen.open_count, seen.machine_open_count], [1, 1])
    assert.equal(seen.first_opened_at?.getTime(), h.clock.now().getTime())
  })

  test('a click leads to the stored address and counts once as unique; a HEAD request counts as a machine', async () => {
    const sent = await send('clicker+accept@example.org')
    const before = await h.deps.db
      .selectFrom('campaign_link_counts')
      .selectAll()
      .where('campaign_id', '=', campaign.campaign_id)
      .executeTakeFirst()
    for (let i = 0; i < 2; i++) {
      const answer = await visit(sent.links.click)
      assert.equal(answer.status, 302)
      assert.equal(answer.headers.get('location'), 'https://example.com/offer?a=1&b=2')
    }
    assert.equal((await visit(sent.links.click, { method: 'HEAD' })).status, 302)
    const seen = await row(sent.email_id)
    assert.deepEqual([seen.click_count, seen.machine_click_count], [2, 1])
    const counts = await h.deps.db
      .selectFrom('campaign_link_counts')
      .selectAll()
      .where('campaign_id', '=', campaign.campaign_id)
      .executeTakeFirstOrThrow()
    assert.equal(counts.total_clicks - (before?.total_clicks ?? 0), 2)
    assert.equal(counts.unique_clicks - (before?.unique_clicks ?? 0), 1)
  })

  test('a token that was changed, or of a link that does not exist, leads nowhere', async () => {
    const sent = await send('safe+accept@example.org')
    const changed = sent.links.click.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const missing = `${h.base_url}/t/c/${h.deps.mail_tokens.sign('click', sent.email_id, '7')}`
    const evil = `${h.base_url}/t/c/${h.deps.mail_tokens.sign('click', sent.email_id, 'https://evil.example/')}`
    for (const url of [changed, missing, evil, `${h.base_url}/t/c/x`]) {
      const answer = await visit(url)
      assert.equal(answer.status, 404)
      assert.equal(answer.headers.get('location'), null)
    }
    assert.equal((await visit(`${h.base_url}/t/o/nonsense.gif`)).status, 404)
    assert.equal((await row(sent.email_id)).click_count, 0)
  })

  test('a crowd that opens at once is counted exactly', async () => {
    const mails = await Promise.all(Array.from({ length: 8 }, (_, i) => send(`crowd${i}+accept@example.org`)))
    await Promise.all(
      mails.flatMap((sent) =>
        Array.from({ length: 5 }, () => visit(sent.links.pixel).then((answer) => answer.arrayBuffer())),
      ),
    )
    for (const sent of mails) assert.equal((await row(sent.email_id)).open_count, 5)
    const total = await h.deps.db
      .selectFrom('campaign_step_counts')
      .select('opened')
      .where('campaign_id', '=', campaign.campaign_id)
      .executeTakeFirstOrThrow()
    const opened = await h.deps.db.selectFrom('emails').select('id').where('first_opened_at', 'is not', null).execute()
    assert.equal(total.opened, opened.length)
  })
})

describe('unsubscribing', () => {
  const suppressed = (email: string) =>
    h.deps.db.selectFrom('suppressions').select(['reason', 'source']).where('email', '=', email).execute()

  test('looking at the page changes nothing; posting the button does, without cookies or log-in', async () => {
    const sent = await send('page+accept@example.org')
    const page = await visit(sent.links.unsubscribe)
    assert.equal(page.status, 200)
    const html = await page.text()
    assert.match(html, /p…@example\.org/)
    assert.doesNotMatch(html, /page\+accept/)
    assert.equal(page.headers.get('set-cookie'), null)
    assert.equal((await row(sent.email_id)).unsubscribed_at, null)

    const action = /action="([^"]+)"/.exec(html)?.[1] as string
    const done = await visit(new URL(action, h.base_url).href, {
      method: 'POST',
      body: 'List-Unsubscribe=One-Click',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: h.base_url },
    })
    assert.match(await done.text(), /You are unsubscribed/)
    assert.deepEqual(await suppressed('page+accept@example.org'), [
      { reason: 'unsubscribed', source: 'unsubscribe_link' },
    ])
    const lead = await h.deps.db
      .selectFrom('campaign_leads')
      .select('status')
      .where('campaign_lead_id', '=', sent.lead)
      .executeTakeFirstOrThrow()
    assert.equal(lead.status, 'unsubscribed')
  })

  test('one click works as a form and as multipart, and a second one changes nothing', async () => {
    const form = await send('form+accept@example.org')
    const multi = await send('multi+accept@example.org')
    const data = new FormData()
    data.set('List-Unsubscribe', 'One-Click')
    for (let i = 0; i < 2; i++) {
      assert.equal(
        (
          await visit(form.links.unsubscribe, {
            method: 'POST',
            body: 'List-Unsubscribe=One-Click',
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          })
        ).status,
        200,
      )
      assert.equal((await visit(multi.links.unsubscribe, { method: 'POST', body: data })).status, 200)
    }
    assert.deepEqual(await suppressed('form+accept@example.org'), [
      { reason: 'unsubscribed', source: 'unsubscribe_one_click' },
    ])
    assert.equal((await suppressed('multi+accept@example.org')).length, 1)
    const events = await h.deps.db
      .selectFrom('events')
      .select('event_type')
      .where('email_id', '=', form.email_id)
      .execute()
    assert.deepEqual(events, [{ event_type: 'unsubscribed' }])
  })

  test('the link still works when the message is gone', async () => {
    const sent = await send('later+accept@example.org')
    await h.deps.db.deleteFrom('emails').where('id', '=', sent.email_id).execute()
    assert.match(await (await visit(sent.links.unsubscribe)).text(), /l…@example\.org/)
    assert.equal((await visit(sent.links.unsubscribe, { method: 'POST' })).status, 200)
    assert.equal((await suppressed('later+accept@example.org')).length, 1)
  })

  test('a link made for another address or workspace by hand is refused', async () => {
    const sent = await send('real+accept@example.org')
    const url = sent.links.unsubscribe
    const changed = `${url.slice(0, -3)}${url.endsWith('aaa') ? 'bbb' : 'aaa'}`
    for (const method of ['GET', 'POST']) assert.equal((await visit(changed, { method })).status, 404)
    assert.equal((await row(sent.email_id)).unsubscribed_at, null)
  })

  test('the longest address fits into a link that the server takes', async () => {
    const long = `${'l'.repeat(64)}@${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}.example`
    const url = unsubscribeUrl(
      { base_url: h.base_url, mail_tokens: h.deps.mail_tokens },
      { email_id: newId(), workspace_id: tenant.workspace_id, to_email: long },
    )
    assert.equal((await visit(url)).status, 200)
  })
})

describe('sent messages in the API', () => {
  test('are read with their counters and are a 404 to another workspace', async () => {
    const sent = await send('api+accept@example.org')
    const read = await h.call<{ to_emails: string[]; tracked_links_count: number; status: string }>(
      'GET',
      `/api/v1/bavimail/emails/${sent.email_id}`,
      { as: tenant.key },
    )
    assert.deepEqual(
      [read.body.to_emails, read.body.tracked_links_count, read.body.status],
      [['api+accept@example.org'], 1, 'delivered'],
    )
    const stranger = await createTenant(h)
    assert.equal((await h.call('GET', `/api/v1/bavimail/emails/${sent.email_id}`, { as: stranger.key })).status, 404)
    const list = await h.call<{ id: string }[]>('GET', '/api/v1/bavimail/emails?limit=3', { as: tenant.key })
    assert.equal(list.body[0]?.id, sent.email_id)
    assert.match(list.headers.link ?? '', /rel="next"/)
    assert.equal(
      (await h.call('GET', '/api/v1/bavimail/emails?limit=3&offset=1&cursor=x', { as: tenant.key })).status,
      422,
    )
  })
})
