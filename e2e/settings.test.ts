import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { createCampaign, createTenant } from '../server/test/builders.ts'
import { launch, people } from '../server/test/campaign-steps.ts'
import { type ModelServer, startModelServer } from '../server/test/model-server.ts'
import { startReceiver, type WebhookReceiver } from '../server/test/webhook-receiver.ts'
import { assertAccessible, type Dashboard, noBrowser, openWindow, startDashboard, whenAccepted } from './dashboard.ts'

const MODEL_KEY = 'own-key-5c0ffee1dea'

describe('settings in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  let receiver: WebhookReceiver
  let models: ModelServer
  before(async () => {
    receiver = await startReceiver()
    models = await startModelServer({ key: MODEL_KEY })
    d = await startDashboard({ env: { EGRESS_ALLOW: `127.0.0.1:${receiver.port},${models.host}` } })
  })
  after(async () => {
    await d?.close()
    await receiver?.close()
    await models?.close()
  })

  test('the sandbox’s clock is advanced, and what happens is told', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createCampaign(h, tenant, { rows: people(4) })
    await launch(h, tenant, campaign_id)
    await d.open('/settings/clock')
    await page.getByText(/^Wednesday,? 14 January 2026 at 08:00$/).waitFor()
    await assertAccessible(page, 'the clock')
    await whenAccepted(page, /clock\/advance$/, () => page.getByRole('button', { name: 'One day' }).click())
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

  test('a model is added with a key that is never shown again, tried, put in order, and what it took is told', async () => {
    const { page, h, tenant } = d
    await d.open('/settings/models')
    await page.getByText('No model of your own').waitFor()
    await page.getByText('Texts are written by the writer by rule').waitFor()
    await assertAccessible(page, 'no models')
    await page.getByRole('button', { name: 'Add a model' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Base URL').fill('http://intranet.example/v1')
    await dialog.getByLabel('Model', { exact: true }).fill('test-own')
    await dialog.getByLabel('Key', { exact: true }).fill('wrong')
    await dialog.getByLabel('In', { exact: true }).fill('3')
    await dialog.getByRole('button', { name: 'Add and test' }).click()
    await dialog.getByText('was not found').waitFor()
    await dialog.getByText('data need https').waitFor()
    await dialog.getByText('given together').waitFor()
    await assertAccessible(page, 'the form of a model')
    await dialog.getByLabel('Base URL').fill(models.base_url.openai_compatible)
    await dialog.getByLabel('Out', { exact: true }).fill('15')
    await dialog.getByRole('button', { name: 'Add and test' }).click()
    await dialog.getByRole('button', { name: 'Send the request' }).click()
    await dialog.getByText('Key, model or address is wrong').waitFor()
    await assertAccessible(page, 'a test that failed')
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    const menu = page.getByRole('button', { name: 'Actions for test-own' })
    await menu.click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    assert.equal(await dialog.getByLabel('Key', { exact: true }).inputValue(), '')
    await dialog.getByLabel('Key', { exact: true }).fill(MODEL_KEY)
    await dialog.getByRole('button', { name: 'Save and test' }).click()
    await dialog.getByRole('button', { name: 'Send the request' }).click()
    await dialog.getByText('It works').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    // Saved once more without a key, it still works: the stored one was kept.
    await menu.click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    await dialog.getByLabel('Requests at a time').fill('2')
    await dialog.getByRole('button', { name: 'Save and test' }).click()
    await dialog.getByRole('button', { name: 'Send the request' }).click()
    await dialog.getByText('It works').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    assert.equal((await page.content()).includes(MODEL_KEY), false)
    await page.getByRole('button', { name: 'Add a model' }).click()
    await dialog.getByLabel('Base URL').fill(models.base_url.openai_compatible)
    await dialog.getByLabel('Model', { exact: true }).fill('test-spare')
    await dialog.getByRole('button', { name: 'Add and test' }).click()
    await dialog.getByRole('button', { name: 'Send the request' }).waitFor()
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    // Closed while it is saved, it opens nothing any more.
    await page.getByRole('button', { name: 'Actions for test-spare' }).click()
    await page.getByRole('menuitem', { name: 'Edit' }).click()
    const { promise: answers_now, resolve: answerNow } = Promise.withResolvers<void>()
    await page.route(/\/models$/, async (route) => {
      if (route.request().method() === 'PUT') await answers_now
      await route.continue()
    })
    await dialog.getByRole('button', { name: 'Save and test' }).click()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    answerNow()
    await page.getByText('The model is saved.').waitFor()
    assert.equal(await dialog.count(), 0)
    await page.unroute(/\/models$/)
    const order = page.getByRole('list', { name: 'Models in the order in which they are asked' }).getByRole('listitem')
    await order.nth(1).getByText('test-spare').waitFor()
    await page.getByRole('button', { name: 'Actions for test-spare' }).click()
    const stored_anew = page.waitForResponse((response) => response.request().method() === 'PUT')
    await page.getByRole('menuitem', { name: 'Ask earlier' }).click()
    await order.nth(0).getByText('test-spare').waitFor()
    await stored_anew
    const stored = await h.call<{ items: { model: string; has_key: boolean; concurrency: number }[] }>(
      'GET',
      `/api/v1/workspaces/${tenant.workspace_id}/models`,
      { as: tenant.key },
    )
    await page.getByRole('row', { name: /test-own.*Tests/ }).waitFor()
    await page.getByLabel('Time shown').selectOption('7')
    await page.getByRole('img', { name: /^Requests on each day: \d+ in all$/ }).waitFor()
    assert.deepEqual(
      stored.body.items.map(({ model, has_key, concurrency }) => [model, has_key, concurrency]),
      [
        ['test-spare', false, 4],
        ['test-own', true, 2],
      ],
    )
    await assertAccessible(page, 'the models')
    await page.getByRole('button', { name: 'Actions for test-spare' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await dialog.getByRole('button', { name: 'Delete' }).click()
    await order.nth(1).waitFor({ state: 'detached' })
  })

  test('how mail leaves: a relay is logged in to before it is stored, and a sandbox has none', async () => {
    const { page, h } = d
    await d.open('/settings/mail')
    await page.getByText('A sandbox has a mail world of its own').waitFor()
    await page.getByLabel('Google').fill('400')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.reload()
    await page.getByLabel('Google').waitFor()
    assert.equal(await page.getByLabel('Google').inputValue(), '400')
    await assertAccessible(page, 'mail of a sandbox')
    const live = await createTenant(h, { mode: 'live' })
    const { refresh_token } = await h.deps.sessions.open(live.user_id)
    const { page: other } = await openWindow(page.context().browser() as Browser, {
      refresh_token,
      workspace_id: live.workspace_id,
    })
    await other.goto(`${h.base_url}/settings/mail`)
    await other.getByText('Nothing can be sent yet').waitFor()
    await other.getByLabel('Mail leaves').selectOption('relay')
    await other.getByLabel('Host').fill('127.0.0.1')
    await other.getByLabel('Port').fill('2526')
    await other.getByRole('button', { name: 'Log in and save' }).click()
    await other.getByText('Port 2526 is none of').waitFor()
    await other.getByRole('button', { name: 'Test' }).click()
    await other.getByText('It was not tried').waitFor()
    await assertAccessible(other, 'the form of a relay')
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
