import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { advance, createAliases, createCampaign, createTemplate } from '../server/test/builders.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard, whenAccepted } from './dashboard.ts'

const CSV = `First Name,Last Name,Company,Mail
Ada,Berg,Fjord Freight,ada+accept@people.example
Edsger,Dahl,Harbour Lines,edsger+accept@people.example
Radia,Holm,Nordic Rail,radia+accept@people.example
Frances,Lie,Birch Storage,frances@people.example
Nobody,Moen,Polar Air,
`

describe('campaigns in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  before(async () => {
    d = await startDashboard()
  })
  after(() => d?.close())

  test('a campaign is built from a file, checked, launched and followed to its leads', async () => {
    const { page, h, tenant } = d
    await createAliases(h, tenant, { domain: 'journey.example', count: 2 })
    await h.call('POST', '/api/v1/suppression', { as: tenant.key, body: { email: 'frances@people.example' } })
    await d.open('/campaigns')
    await page.getByRole('link', { name: 'Build the first one' }).waitFor()
    await assertAccessible(page, 'the empty list')
    await page.getByRole('link', { name: 'New campaign' }).click()
    await page.getByRole('heading', { name: 'New campaign' }).waitFor()
    await assertAccessible(page, 'the empty builder')

    await page.getByLabel('Name of the campaign').fill('Spring letters')
    await page.getByRole('button', { name: 'File', exact: true }).click()
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'spring.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) })
    await page.getByText('5 rows, 4 columns').waitFor()
    assert.equal(await page.getByLabel('What Mail holds').inputValue(), 'email')
    await page.getByLabel('What Last Name holds').selectOption('')
    await assertAccessible(page, 'the columns of a file')
    await page.getByRole('button', { name: 'Load these rows' }).click()
    await page.getByRole('button', { name: 'Choose another' }).waitFor()
    await page.getByText('1 row cannot be used').waitFor()
    assert.equal(await page.getByLabel('What Last Name holds').inputValue(), '', 'what was chosen is what was stored')
    await page.getByLabel('What Last Name holds').selectOption('last_name')

    await page.getByRole('button', { name: 'New text' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Subject').fill('A question, {{ first_name }}')
    await dialog.getByLabel('Text', { exact: true }).fill('Hello ')
    await dialog.getByRole('button', { name: 'first_name' }).click()
    assert.equal(await dialog.getByLabel('Text', { exact: true }).inputValue(), 'Hello {{ first_name }}')
    const preview = dialog.getByRole('region', { name: 'Preview' })
    await preview.getByText('A question, Ada', { exact: true }).waitFor()
    await preview.getByText('Row 1 of 4, Ada Berg').waitFor()
    await dialog.getByLabel('Text', { exact: true }).fill('Hello {{ first_name }} of {{ planet')
    await preview.getByText('is never closed', { exact: false }).waitFor()
    await preview.getByText('A question, Ada', { exact: true }).waitFor()
    await dialog.getByLabel('Text', { exact: true }).fill('Hello {{ first_name }} of {{ planet }}')
    await preview.getByText('Blank for this lead: planet').waitFor()
    await preview.getByRole('button', { name: 'The next row' }).click()
    await preview.getByText('Hello Edsger of', { exact: false }).waitFor()
    await preview.getByText('Main Street 1', { exact: false }).waitFor()
    await preview.getByRole('button', { name: 'HTML' }).click()
    const html = preview.frameLocator('iframe')
    await html.getByText('Hello Edsger of').waitFor()
    await dialog.getByLabel('Text', { exact: true }).fill('Hello {{ first_name }}')
    await html.getByText('Hello Edsger', { exact: true }).waitFor()
    await assertAccessible(page, 'the text dialog')
    await dialog.getByRole('button', { name: 'Add the text' }).click()
    await dialog.waitFor({ state: 'detached' })
    const variant = page.getByRole('article', { name: 'Variant A' })
    await variant.getByText('{{ first_name }}').first().waitFor()
    await page.getByLabel('Show the texts').selectOption('as a lead gets them')
    await variant.getByText('A question, Ada').waitFor()
    await page.locator('#steps').getByRole('button', { name: 'The next row' }).click()
    await variant.getByText('A question, Edsger').waitFor()
    await page.locator('#steps').getByText('Row 2 of 4, Edsger Dahl').waitFor()
    await page.getByLabel('Show the texts').selectOption('as they are written')

    await page.getByRole('button', { name: 'Save and check' }).click()
    await page.getByRole('alert').getByText('Choose at least one address to send from.').waitFor()
    await page.getByRole('button', { name: 'Choose all verified' }).click()
    await page.getByRole('button', { name: 'send on Friday' }).click()
    await page.getByRole('button', { name: 'Save and check' }).click()
    await page.getByText('of 4 rows become leads').waitFor()
    assert.match(page.url(), /\/campaigns\/[0-9a-f-]{36}\/edit#review$/)
    const review = page.locator('#review')
    await review.getByText('on the suppression list and are skipped').waitFor()
    assert.equal(await review.getByRole('link', { name: 'Edit the text' }).getAttribute('href'), '#step-1')
    const suppression = review.getByRole('link', { name: 'Open suppression' })
    assert.equal(await suppression.getAttribute('href'), '/senders/suppression')
    await review.getByRole('img', { name: /3 messages over 1 day,/ }).waitFor()
    await assertAccessible(page, 'the checked builder')

    await review.getByRole('button', { name: 'Launch' }).click()
    await dialog.getByText('3, 1 rows are skipped').waitFor()
    await assertAccessible(page, 'the launch dialog')
    await whenAccepted(page, /launch$/, () => dialog.getByRole('button', { name: 'Launch to 3 leads' }).click())
    await page.getByRole('heading', { name: 'Spring letters' }).waitFor()
    await page.getByText('Launching', { exact: true }).first().waitFor()
    await h.worker.drain()
    await page.getByText('Active', { exact: true }).waitFor()
    await advance(h, tenant, { seconds: 6 * 3600 })
    await page.getByRole('progressbar', { name: 'Leads that have begun' }).waitFor()
    await page.locator('dl').filter({ hasText: 'Delivered' }).getByText('100%').waitFor()
    await page.getByText('0 of 3 delivered').first().waitFor()
    await assertAccessible(page, 'the overview')

    await page.getByRole('button', { name: 'Leads', exact: false }).click()
    await page.getByLabel('Search by address').fill('radia')
    await page.getByRole('button', { name: 'Radia Holm' }).click()
    await dialog.getByText('Delivered', { exact: false }).first().waitFor()
    await dialog.getByText('A question, Radia').first().waitFor()
    await dialog.getByText('Nothing more is sent', { exact: false }).waitFor()
    assert.match(page.url(), /lead=/, 'a link brings the lead back')
    await assertAccessible(page, 'the drawer of a lead')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Setup' }).click()
    await page.getByText('sender1@journey.example').waitFor()
    await assertAccessible(page, 'the setup')
    const asked: string[] = []
    // What the page before asks to its last moment is not meant.
    page.on('request', (request) => {
      if (request.isNavigationRequest()) asked.length = 0
      asked.push(request.url())
    })
    await d.open('/campaigns')
    await page
      .getByRole('row', { name: /Spring letters/ })
      .getByText('3', { exact: true })
      .waitFor()
    await assertAccessible(page, 'the list')
    assert.ok(!asked.some((url) => url.endsWith('/stats')), 'the list asks once, not once for each campaign')
    assert.deepEqual(d.complaints, [])
  })

  test('what blocks a launch is named with the way to its mend, and the launch waits for it', async () => {
    const { page, h, tenant } = d
    const template = await createTemplate(h, tenant, { subject: 'Hello', body: 'Hi there' })
    const { campaign_id } = await createCampaign(h, tenant, {
      steps: [{ delay_days: 0, templates: [{ id: template, weight: 100, label: 'A' }] }],
    })
    await h.call('DELETE', `/api/v1/templates/${template}`, { as: tenant.key })
    await d.open(`/campaigns/${campaign_id}/edit`)
    const review = page.locator('#review')
    await page.getByRole('button', { name: 'Save and check' }).waitFor({ state: 'detached' })
    await review.getByText('has no template any more').waitFor()
    assert.equal(await review.getByRole('link', { name: 'Look at the step' }).getAttribute('href'), '#step-1')
    assert.ok(await review.getByRole('button', { name: 'Launch' }).isDisabled())
  })

  test('a sender that cannot send leads to its own domain', async () => {
    const { page, h, tenant } = d
    const { campaign_id, domain } = await createCampaign(h, tenant)
    const found = await h.deps.db
      .updateTable('sending_domains')
      .set({ is_active: false })
      .where('domain', '=', domain)
      .returning('id')
      .executeTakeFirstOrThrow()
    await d.open(`/campaigns/${campaign_id}/edit`)
    const link = page.locator('#review').getByRole('link', { name: 'Open the domain' })
    assert.equal(await link.getAttribute('href'), `/senders/domains/${found.id}`)
  })

  test('the numbers of a campaign follow its events, nothing moves, and without a stream they come by the clock', async () => {
    const { page, h, tenant } = d
    const id = await createTemplate(h, tenant, { subject: 'Hello', body: 'Hi {{ first_name }}, a question.' })
    const templates = [{ id, weight: 100, label: 'A' }]
    const { campaign_id } = await createCampaign(h, tenant, {
      rows: Array.from({ length: 4 }, (_, n) => ({ email: `p${n}+accept@live.example`, first_name: `P${n}` })),
      steps: [
        { delay_days: 0, templates },
        { delay_days: 2, templates },
      ],
      // Open at all times, whatever the tests before left on the clock.
      body: {
        sending_window_start: '00:00',
        sending_window_end: '23:59',
        send_days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      },
    })
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
    await h.worker.drain()
    const stream = page.waitForResponse((response) => response.url().includes('/api/v1/events'))
    await d.open(`/campaigns/${campaign_id}`)
    await stream
    // One address writes once a minute, and the clock stands still.
    await page.getByText('1 of 4', { exact: true }).waitFor()
    await page.getByText('Waiting', { exact: true }).waitFor()
    await page.waitForTimeout(2_000)
    let asked = 0
    page.on('request', (request) => {
      if (request.url().endsWith('/stats')) asked++
    })
    await page.waitForTimeout(5_000)
    assert.equal(asked, 0, 'nobody asks while nothing happens')
    const heading = page.getByRole('heading', { name: 'Where the leads stand' })
    const before = await heading.boundingBox()
    // Sooner than the page would ask by itself.
    await advance(h, tenant, { seconds: 3600 })
    await page.getByText('4 of 4', { exact: true }).waitFor()
    assert.deepEqual(await heading.boundingBox(), before)
    await page.getByText('not counted').first().waitFor()
    await assertAccessible(page, 'a campaign under way')

    await page.route('**/api/v1/events*', (route) => route.abort())
    await page.reload()
    const sent = page.locator('dl > div').filter({ hasText: 'Sent' })
    await sent.getByText('4', { exact: true }).waitFor()
    await advance(h, tenant, { seconds: 4 * 86_400 })
    await sent.getByText('8', { exact: true }).waitFor()
    await page.unroute('**/api/v1/events*')
  })

  test('a link opens a lead whatever the list is filtered to, and says so where there is none', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createCampaign(h, tenant, {
      rows: [
        { email: 'p0+accept@address.example', first_name: 'Ada' },
        { email: 'p1+refuse@address.example', first_name: 'Edsger' },
      ],
    })
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
    await h.worker.drain()
    await advance(h, tenant, { seconds: 4 * 86_400 })
    type Leads = { items: { campaign_lead_id: string; first_name: string; email: string }[] }
    const leads = await h.call<Leads>('GET', `/api/v1/campaigns/${campaign_id}/leads`, { as: tenant.key })
    const ada = leads.body.items.find(({ email }) => email.startsWith('p0'))?.campaign_lead_id
    await d.open(`/campaigns/${campaign_id}?tab=leads&status=bounced&lead=${ada}`)
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { name: 'Ada' }).waitFor()
    await dialog.getByText('Nothing more is sent', { exact: false }).waitFor()
    await dialog.getByText('Delivered', { exact: false }).first().waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await page.getByRole('row', { name: /Ada/ }).count(), 0, 'the list is filtered as the link says')
    await d.open(`/campaigns/${campaign_id}?tab=leads&lead=${campaign_id}`)
    await dialog.getByText('NOT_FOUND', { exact: false }).waitFor()
    await assertAccessible(page, 'a lead that is not there')
  })

  test('a running campaign is paused, taken back, and changed where that is allowed', async () => {
    const { page, h, tenant } = d
    const { campaign_id, domain } = await createCampaign(h, tenant, {
      rows: Array.from({ length: 3 }, (_, n) => ({ email: `p${n}+accept@slow.example`, first_name: `P${n}` })),
    })
    await h.call('POST', `/api/v1/campaigns/${campaign_id}/launch`, { as: tenant.key })
    await h.worker.drain()
    await d.open(`/campaigns/${campaign_id}`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('Nothing is sent while it is paused').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Nothing is sent while it is paused').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Edit' }).click()
    await page.getByText('The steps are fixed since the launch').waitFor()
    assert.ok(await page.getByLabel('Where the words of step 1, variant A come from').isDisabled())
    assert.ok(
      await page.getByRole('checkbox', { name: new RegExp(`sender1@${domain}`) }).isDisabled(),
      'its sender stays',
    )
    await page.getByLabel('Messages a day').fill('77')
    await assertAccessible(page, 'the builder of a running campaign')
    await page.getByRole('button', { name: 'Save changes' }).click()
    await page.getByRole('button', { name: 'Saved', exact: true }).waitFor()
    const stored = await h.call<{ daily_limit: number }>('GET', `/api/v1/campaigns/${campaign_id}`, { as: tenant.key })
    assert.equal(stored.body.daily_limit, 77)
  })

  test('in the dark and on a phone every screen is readable and fits', async () => {
    const { page, h, tenant } = d
    const { campaign_id } = await createCampaign(h, tenant)
    await page.setViewportSize({ width: 360, height: 800 })
    await page.emulateMedia({ colorScheme: 'dark' })
    const screens = ['', '/new', `/${campaign_id}`, `/${campaign_id}?tab=leads`, `/${campaign_id}/edit`]
    for (const screen of screens) {
      await d.open(`/campaigns${screen}`)
      await page.locator('h1').waitFor()
      // The stream of events stays open, so the network never rests.
      await page.getByText('Loading…').first().waitFor({ state: 'detached' })
      assert.ok(await page.evaluate('document.documentElement.classList.contains("dark")'))
      assert.ok(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), `${screen} is too wide`)
      await assertAccessible(page, `${screen || 'the list'} in the dark on a phone`)
    }
  })
})
