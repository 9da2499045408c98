import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { advance } from '../server/test/builders.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard } from './dashboard.ts'

describe('home in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  before(async () => {
    d = await startDashboard({ tenant: { postal_address: null } })
  })
  after(() => d?.close())

  test('the first campaign is three steps, and one click with sample data', async () => {
    const { page, h, tenant } = d
    await d.open('/')
    await page.getByRole('heading', { name: 'Three steps to your first campaign' }).waitFor()
    await assertAccessible(page, 'the first run')
    await page.getByRole('button', { name: 'Use a sample address' }).click()
    await page.getByRole('button', { name: 'Use 60 sample leads' }).waitFor()
    assert.equal(await page.getByRole('img', { name: 'Done' }).count(), 1)
    await page.getByRole('button', { name: 'Do it all with sample data' }).click()
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}/)
    const campaign_id = new URL(page.url()).pathname.split('/')[2] as string
    const check = await h.call<{ warnings: { code: string }[] }>(
      'POST',
      `/api/v1/campaigns/${campaign_id}/launch-preflight`,
      { as: tenant.key },
    )
    assert.deepEqual(
      check.body.warnings.map(({ code }) => code),
      [],
      check.text,
    )
    await d.open('/')
    await page.getByRole('heading', { name: 'Your first campaign is ready to launch' }).waitFor()
    const launched = await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
    assert.equal(launched.status, 200, launched.text)
    await h.worker.drain()
  })

  test('then it says what needs a person, what went out and what came back', async () => {
    const { page, h, tenant } = d
    await advance(h, tenant, { seconds: 2 * 86_400 })
    const listening = page.waitForResponse((response) => /\/api\/v1\/events/.test(response.url()))
    await d.open('/')
    const answers = page.getByRole('link', { name: /(?:replies wait|reply waits) for an answer/ })
    await answers.waitFor()
    await page.getByRole('img', { name: /^Messages sent on each of the last 30 days: \d+ in all$/ }).waitFor()
    const sent = page.locator('dl').getByText('Sent', { exact: true }).locator('..')
    assert.match((await sent.textContent()) ?? '', /\d/)
    await assertAccessible(page, 'home')
    assert.equal((await listening).status(), 200)
    const before = await sent.textContent()
    await advance(h, tenant, { seconds: 5 * 86_400 })
    // Sooner than the page asks by itself.
    await page.waitForFunction(
      ([element, words]) => element?.textContent !== words,
      [await sent.elementHandle(), before] as const,
      { timeout: 15_000 },
    )
    await page.getByLabel('Time shown').selectOption('7')
    await page.getByRole('heading', { name: 'The last 7 days' }).waitFor()
    await answers.click()
    await page.getByRole('button', { name: /^Replies/, pressed: true }).waitFor()
    await page.getByRole('list', { name: 'Threads' }).getByRole('listitem').first().waitFor()
  })

  test('what was told can be read and put away', async () => {
    const { page, h, tenant } = d
    await advance(h, tenant, { until_idle: true })
    await d.open('/notifications')
    await page.getByText(/is completed/).waitFor()
    await assertAccessible(page, 'the notifications')
    await page.getByRole('button', { name: 'Mark these as read' }).click()
    await page.getByText('Nothing is unread').waitFor()
    assert.deepEqual(d.complaints, [])
  })

  test('fits a phone in the dark', async () => {
    const { page } = d
    await page.evaluate(() => localStorage.setItem('theme', 'dark'))
    await page.setViewportSize({ width: 360, height: 740 })
    await d.open('/')
    await page.getByRole('heading', { name: 'The last 30 days' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    await assertAccessible(page, 'home on a phone in the dark')
  })
})
