import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createCampaign } from '../server/test/builders.ts'
import { launch, people } from '../server/test/campaign-steps.ts'
import { startReceiver, type WebhookReceiver } from '../server/test/webhook-receiver.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard } from './dashboard.ts'

describe('settings in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  let receiver: WebhookReceiver
  before(async () => {
    receiver = await startReceiver()
    d = await startDashboard({ env: { EGRESS_ALLOW: `127.0.0.1:${receiver.port}` } })
  })
  after(async () => {
    await d?.close()
    await receiver?.close()
  })

  test('the sandbox’s clock is advanced, and what happens is told', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createCampaign(h, tenant, { rows: people(4) })
    await launch(h, tenant, campaign_id)
    await d.open('/settings/clock')
    await page.getByText(/^Wednesday,? 14 January 2026 at 08:00$/).waitFor()
    await assertAccessible(page, 'the clock')
    await page.getByRole('button', { name: 'One day' }).click()
    await page.getByText('Advancing').waitFor()
    await h.worker.drain()
    await page.getByText(/^4 messages sent by/).waitFor()
    await page.getByText(/^Thursday,? 15 January 2026 at 08:00$/).waitFor()
  })

  test('an API key is made with its scopes, shown once, does what it may and nothing more, and is revoked', async () => {
    const { page, h } = d
    await d.open('/settings/api-keys')
    await page.getByRole('button', { name: 'Create a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Create the key' }).click()
    await dialog.getByText('A name is needed').waitFor()
    await dialog.getByLabel('Name').fill('CRM sync')
    await dialog.getByLabel('May do everything that I may').uncheck()
    await dialog.getByLabel('Campaigns').selectOption('read')
    await assertAccessible(page, 'the form of a key')
    await dialog.getByRole('button', { name: 'Create the key' }).click()
    await dialog.getByText('Copy the key now').waitFor()
    const key = (await dialog.locator('code').textContent()) ?? ''
    assert.match(key, /^bav_live_/)
    assert.equal((await h.call('GET', '/api/v1/campaigns/', { as: key })).status, 200)
    assert.equal((await h.call('GET', '/api/v1/bavimail/aliases', { as: key })).status, 403)
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    await page
      .getByRole('row', { name: /CRM sync/ })
      .getByText('campaigns (read)')
      .waitFor()
    assert.equal(await page.getByText(key).count(), 0)
    await assertAccessible(page, 'the keys')
    await page.getByRole('button', { name: 'Revoke CRM sync' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByRole('row', { name: /CRM sync/ }).waitFor({ state: 'detached' })
  })

  test('a webhook is added, verified and tried; what failed is looked at and sent again', async () => {
    const { page, h } = d
    await d.open('/settings/webhooks')
    await page.getByText('No endpoints yet').waitFor()
    await assertAccessible(page, 'no webhooks')
    await page.getByRole('button', { name: 'Add an endpoint' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Address').fill('http://intranet.example/hook')
    await dialog.getByRole('button', { name: 'Add the endpoint' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Address').fill(receiver.url)
    await dialog.getByLabel('Everything').uncheck()
    await dialog.getByLabel('lead.replied').check()
    await dialog.getByLabel('campaign.paused').check()
    await assertAccessible(page, 'the form of an endpoint')
    await dialog.getByRole('button', { name: 'Add the endpoint' }).click()
    await dialog.getByText(/^whsec_/).waitFor()
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('A code was sent to the address').waitFor()
    await h.worker.drain()
    await receiver.until(1)
    const code = /"verification_code":"([^"]+)"/.exec(receiver.posts[0]?.body ?? '')?.[1] ?? ''
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('Active', { exact: true }).waitFor()

    receiver.answer = (_post, response) => void response.writeHead(500).end('not today')
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByRole('row', { name: /webhook\.test/ }).waitFor()
    await h.worker.drain()
    await page
      .getByRole('row', { name: /webhook\.test.*500/ })
      .getByRole('button')
      .click()
    await page.getByText('not today').waitFor()
    await assertAccessible(page, 'a delivery')
    assert.equal(await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).count(), 0)
    await page.keyboard.press('Escape')
    receiver.answer = (_post, response) => void response.end('thanks')
    h.clock.advance(3_600_000)
    await h.worker.drain()
    // The log-in's token has ended meanwhile; a page that is opened anew gets another.
    await page.reload()
    await page
      .getByRole('row', { name: /webhook\.test.*Delivered/ })
      .getByRole('button')
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'Send again' }).click()
    await page.getByText('sent again', { exact: true }).waitFor()
    await h.worker.drain()
    await page.getByRole('row', { name: /sent again.*Delivered/ }).waitFor()
    await assertAccessible(page, 'an endpoint')
  })

  test('somebody is invited; without system mail the link is handed on', async () => {
    const { page } = d
    await d.open('/settings/members')
    await page.getByRole('button', { name: 'Invite' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('E-mail address').fill('grace@example.com')
    await dialog.getByLabel('Role').selectOption('viewer')
    await dialog.getByRole('button', { name: 'Invite' }).click()
    await dialog.getByText(/\/sign-up\?invitation=/).waitFor()
    await dialog.getByRole('button', { name: 'I have copied it' }).click()
    await page.getByText('grace@example.com').waitFor()
    await assertAccessible(page, 'the members')
    await page.getByRole('button', { name: 'Take back the invitation of grace@example.com' }).click()
    await page.getByText('grace@example.com').waitFor({ state: 'detached' })
  })

  test('the workspace’s name and address are changed', async () => {
    const { page } = d
    await d.open('/settings/workspace')
    await page.getByLabel('Name').fill('Fjord letters')
    await page.getByLabel('Postal address').fill('Harbour 1, 0150 Oslo')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByRole('complementary').getByText('Fjord letters').waitFor()
    await assertAccessible(page, 'the workspace')
    await page.getByRole('link', { name: 'Plan and limits' }).click()
    await page.getByText('Unlimited on this plan').waitFor()
    await assertAccessible(page, 'the plan')
    assert.deepEqual(d.complaints, [])
  })
})
