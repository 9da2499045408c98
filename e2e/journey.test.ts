import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { DASHBOARD_FOLDER } from '../server/src/features/system/dashboard-pages.ts'
import { type Harness, startHarness } from '../server/test/harness.ts'
import { buildDashboard, launchBrowser, noBrowser, openWindow, whenAccepted } from './dashboard.ts'

/** Two people who answer by what their address says, one who only takes the mail, and a row that no import can use. */
const CSV = `First Name,Last Name,Company,Job Title,Mail
Ada,Berg,Fjord Freight,Head of Operations,ada.berg+reply@fjord-freight.example
Radia,Holm,Nordic Rail,COO,radia.holm+reply@nordic-rail.example
Edsger,Dahl,Harbour Lines,Fleet Manager,edsger.dahl+accept@harbour-lines.example
Nobody,Moen,Polar Air,COO,not an address
`

describe('a person’s way through the dashboard, from the account to an answered reply', { skip: noBrowser }, () => {
  let h: Harness
  let page: Page
  let complaints: string[]
  before(async () => {
    await buildDashboard()
    h = await startHarness({ env: { SIGNUP: 'open' }, dashboard: DASHBOARD_FOLDER })
    const opened = await openWindow(await launchBrowser(), null)
    page = opened.page
    complaints = opened.complaints
  })
  after(async () => {
    await page?.context().browser()?.close()
    await h?.close()
  })

  const dialog = () => page.getByRole('dialog')
  const go = (name: string) =>
    page
      .getByRole('navigation', { name: 'Pages' })
      .getByRole('link', { name: new RegExp(`^${name}`) })
      .click()
  /** The worker of a test does what waits when it is told to; the page asks again by itself. */
  const work = () => h.worker.drain()

  test('signing up leads to the three steps of a first campaign', async () => {
    await page.goto(h.base_url)
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    await page.getByRole('link', { name: 'Make an account' }).click()
    await page.getByLabel('Name').fill('Grace Hopper')
    await page.getByLabel('E-mail address').fill('grace@northwind.example')
    await page.getByLabel('Password').fill('a long way home')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByRole('heading', { name: 'Three steps to your first campaign' }).waitFor()
    await page
      .getByRole('complementary')
      .getByText(/^Sandbox/)
      .waitFor()
  })

  test('a file is looked at and imported; what cannot be used is said', async () => {
    await go('Datasets')
    await page.getByRole('link', { name: 'Upload leads' }).first().click()
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'fair.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) })
    await page.getByText('4 rows').waitFor()
    assert.equal(await page.getByLabel('Lead field of Mail').inputValue(), 'email')
    assert.equal(await page.getByLabel('Lead field of Company').inputValue(), 'company_name')
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('Imported', { exact: true }).waitFor()
    const added = page.locator('dl > div').filter({ hasText: 'Added' })
    assert.match((await added.textContent()) ?? '', /3/)
    await page.getByText('Cannot be used').first().waitFor()
    await page.getByRole('link', { name: 'Open the dataset' }).click()
    await page.getByRole('gridcell', { name: 'Fjord Freight' }).waitFor()
  })

  test('an address to send from is made', async () => {
    await go('Home')
    await page.getByRole('button', { name: 'Use a sample address' }).click()
    await page.getByRole('img', { name: 'Done' }).nth(1).waitFor()
    await go('Domains')
    await page.getByRole('row', { name: /sample-sender\.example.*Verified/ }).waitFor()
  })

  test('a sender profile is written, so that letters can be', async () => {
    await go('Sender profiles')
    await page.getByRole('link', { name: 'Empty profile' }).first().click()
    await page.getByLabel('Name of the profile').fill('Grace')
    for (const [name, value] of [
      ['full name', 'Grace Hopper'],
      ['company', 'Northwind Analytics'],
      ['offer', 'We help logistics teams see delays a day earlier.'],
    ] as const)
      await page.getByRole('textbox', { name, exact: true }).fill(value)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Grace' }).waitFor()
  })

  test('a campaign is built whose letters are written for each lead', async () => {
    await go('Campaigns')
    await page.getByRole('link', { name: 'New campaign' }).click()
    await page.getByLabel('Name of the campaign').fill('After the fair')
    await page.getByText('fair', { exact: true }).click()
    await page
      .getByLabel('Where the words of step 1, variant A come from')
      .selectOption({ label: 'Written by AI for each lead' })
    await page.getByRole('checkbox', { name: /mara@sample-sender/ }).check()
    await page.getByLabel(/^Sender profile/).selectOption({ label: 'Grace' })
    await page.getByRole('button', { name: 'Save and check' }).click()
    await page.getByText('of 3 rows become leads').waitFor()
  })

  test('drafts are written in the playground and approved', async () => {
    await go('Campaigns')
    await page.getByRole('link', { name: 'After the fair' }).click()
    await page.getByRole('link', { name: 'Playground' }).click()
    await whenAccepted(page, /playground\/generate$/, () => page.getByRole('button', { name: 'Write drafts' }).click())
    const rows = page.getByRole('list', { name: 'Leads with drafts' }).getByRole('button')
    await rows.nth(2).waitFor()
    await work()
    await page.getByText('0 approved, 3 to review').waitFor()
    await page.getByRole('heading', { name: 'Facts used' }).waitFor()
    await page.keyboard.press('a')
    await page.getByText('1 approved, 2 to review').waitFor()
    await page.keyboard.press('a')
    await page.getByText('2 approved, 1 to review').waitFor()
    await page.keyboard.press('a')
    await page.getByText('3 approved, 0 to review').waitFor()
  })

  test('the campaign is launched after one look at what will leave', async () => {
    await go('Campaigns')
    await page.getByRole('link', { name: 'After the fair' }).click()
    await page.getByRole('link', { name: 'Edit' }).first().click()
    await page.locator('#review').getByRole('button', { name: 'Launch' }).click()
    await dialog().getByText('Mail that has left cannot be called back').waitFor()
    await whenAccepted(page, /launch$/, () => dialog().getByRole('button', { name: 'Launch to 3 leads' }).click())
    await page.getByText('Launching', { exact: true }).first().waitFor()
    await work()
    await page.getByText('Active', { exact: true }).waitFor()
  })

  test('time passes at a press of a button: the letters leave, and people answer', async () => {
    await go('Settings')
    await page.getByRole('link', { name: 'Sandbox clock' }).click()
    await whenAccepted(page, /clock\/advance$/, () => page.getByRole('button', { name: 'One week' }).click())
    await page.getByText('Advancing').waitFor()
    await work()
    await page.getByText(/^\d+ messages? sent by/).waitFor()
    await go('Home')
    await page.getByRole('link', { name: /2 replies wait for an answer/ }).waitFor()
    await page.getByRole('img', { name: /^Messages sent on each of the last 30 days: 3 in all$/ }).waitFor()
  })

  test('the reply is read and answered, and nothing more is left to do for it', async () => {
    await page.getByRole('link', { name: /2 replies wait for an answer/ }).click()
    const threads = page.getByRole('list', { name: 'Threads' }).getByRole('listitem')
    await threads.nth(1).waitFor()
    await threads.first().getByRole('link').click()
    await page.getByRole('textbox', { name: /^Answer / }).fill('Gladly. Would Thursday at ten suit you?')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.locator('[data-sonner-toast]').filter({ hasText: 'leaves in 10 s' }).waitFor()
    await page.getByText('Scheduled').waitFor()
    // The ten seconds in which it could be called back.
    h.clock.advance(11_000)
    await work()
    await page.getByText('Scheduled').waitFor({ state: 'detached' })
    await page.getByRole('region', { name: 'Thread' }).getByText('Would Thursday at ten suit you?').first().waitFor()
    await go('Home')
    await page.getByRole('link', { name: /One reply waits for an answer/ }).waitFor()
    const sent = await h.deps.db
      .selectFrom('emails')
      .select(['status', 'in_reply_to'])
      .where('source', '=', 'api')
      .execute()
    assert.deepEqual(
      sent.map(({ status, in_reply_to }) => [status, in_reply_to !== null]),
      [['delivered', true]],
      'the answer went out once, in the thread of the reply',
    )
    assert.deepEqual(complaints, [])
  })
})
