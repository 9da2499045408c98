import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDataset } from '../server/test/builders.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard } from './dashboard.ts'

describe('senders in the dashboard', { skip: noBrowser, timeout: 600_000 }, () => {
  let d: Dashboard
  before(async () => {
    d = await startDashboard()
  })
  after(() => d?.close())

  const toast = (words: string) => d.page.locator('[data-sonner-toast]').filter({ hasText: words })

  test('a domain is added, its records are shown as DNS has them, and an alias ramps up on it', async () => {
    const { page } = d
    const dialog = page.getByRole('dialog')
    await d.open('/senders/domains')
    await page.getByText('No domain yet').waitFor()
    await assertAccessible(page, 'no domains')
    await page.getByRole('button', { name: 'Add a domain' }).first().click()
    await dialog.getByLabel('Domain').fill('not a domain')
    await dialog.getByRole('button', { name: 'Add the domain' }).click()
    await dialog.getByRole('alert').waitFor()
    await assertAccessible(page, 'a refused domain')
    await dialog.getByLabel('Domain').fill('outreach.example')
    await dialog.getByRole('button', { name: 'Add the domain' }).click()
    await page.getByRole('heading', { name: 'outreach.example' }).waitFor()
    await page.getByText('Verified', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'DNS records' }).click()
    await page.getByText('2 of 2 found').waitFor()
    await page.getByRole('button', { name: 'Copy the value of Signature (DKIM)' }).waitFor()
    await assertAccessible(page, 'the DNS records')
    await page.getByRole('button', { name: 'Make the next signing key' }).click()
    await page.getByRole('heading', { name: 'Former signature (DKIM)' }).waitFor()

    await page.getByRole('button', { name: 'Aliases and health' }).click()
    await page.getByRole('button', { name: 'Add an alias' }).first().click()
    await dialog.getByLabel('Local part').fill('mara')
    await dialog.getByLabel('Name of the sender').fill('Mara Jensen')
    await dialog.getByLabel('First day').fill('10')
    await dialog.getByLabel('More each day').fill('20')
    await dialog.getByText('10 messages on the first day, 20 more on each further day, 50 from day 3 on.').waitFor()
    await assertAccessible(page, 'a new alias')
    await dialog.getByRole('button', { name: 'Add the alias' }).click()
    await page.getByRole('row', { name: /mara@outreach\.example.*Mara Jensen.*50/ }).waitFor()
    await assertAccessible(page, 'a domain')

    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await page.getByLabel('Most messages a day').fill('200')
    await page.getByRole('button', { name: 'Save' }).click()
    await toast('The settings are saved').waitFor()
    await assertAccessible(page, 'the settings of a domain')
    await d.open('/senders/domains')
    await page.getByRole('row', { name: /outreach\.example.*Verified.*1.*200/ }).waitFor()
    await assertAccessible(page, 'the domains')
  })

  test('an alias is removed, and so is its domain', async () => {
    const { page } = d
    await page.getByRole('link', { name: 'outreach.example' }).click()
    await page.getByRole('button', { name: 'Actions for mara@outreach.example' }).click()
    await page.getByRole('menuitem', { name: 'Remove' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the alias' }).click()
    await page.getByText('No alias yet').waitFor()
    await page.getByRole('button', { name: 'Remove the domain' }).click()
    await assertAccessible(page, 'a domain about to go')
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the domain' }).click()
    await page.getByText('No domain yet').waitFor()
  })

  test('a template is written with variables and seen through the eyes of a lead', async () => {
    const { page } = d
    await d.open('/senders/templates')
    await page.getByText('No templates yet').waitFor()
    await assertAccessible(page, 'no templates')
    await page.getByRole('link', { name: 'New template' }).first().click()
    await page.getByLabel('Name').fill('First touch')
    await page.getByLabel('Subject').fill('A question, {{ first_name }}')
    await page.getByRole('heading', { name: 'Preview' }).waitFor()
    await page.getByLabel('Body').fill('Hello ')
    await page.getByRole('button', { name: 'company_name' }).click()
    await page.getByText('Hello North AS').waitFor()
    await page.getByText('A question, Ann').waitFor()
    await assertAccessible(page, 'a template')
    await page.getByLabel('Body').fill('<p>Hello {{ salary }}you</p>')
    await page.getByText('Blank for this lead: salary').waitFor()
    await page.getByRole('button', { name: 'HTML', exact: true }).click()
    await page.frameLocator('iframe').getByText('Hello you').waitFor()
    await page.getByRole('button', { name: 'Text', exact: true }).click()
    await page.getByLabel('Body').fill('Hello {{ first_name | shout }}')
    await page
      .getByText(/line 1, column .*shout/i)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Save' }).click()
    await page
      .getByRole('alert')
      .getByText(/line 1, column/)
      .waitFor()
    await page.getByLabel('Body').fill('Hello {{ first_name | upcase }}')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'First touch' }).waitFor()
    await page.getByText('Hello ANN').waitFor()
    await d.open('/senders/templates')
    await page.getByRole('row', { name: /First touch.*A question/ }).waitFor()

    const { h, tenant } = d
    const dataset_id = await createDataset(
      h,
      tenant,
      ['Ada', 'Bo', 'Cleo'].map((first_name) => ({ first_name, email: `${first_name}@firm.example` })),
    )
    const rows = `/api/v1/datasets/${dataset_id}/rows`
    const { body } = await h.call<{ items: { row_id: string }[] }>('GET', rows, { as: tenant.key })
    assert.equal((await h.call('DELETE', `${rows}/${body.items[1]?.row_id}`, { as: tenant.key })).status, 200)
    await page.getByRole('link', { name: 'First touch' }).click()
    await page.getByText('Hello ADA').waitFor()
    await page.getByRole('button', { name: 'The next row' }).click()
    await page.getByText('Hello CLEO').waitFor()
    await page.getByText('Row 2 of 2, Cleo').waitFor()
    await assertAccessible(page, 'a template for a lead')
    await d.open('/senders/templates')
    await assertAccessible(page, 'the templates')
  })

  test('the guided chat asks for a sender profile and makes it; its facts and prompts are changed', async () => {
    const { page } = d
    await d.open('/senders/profiles')
    await page.getByText('No profile yet').waitFor()
    await assertAccessible(page, 'no profiles')
    await page.getByRole('link', { name: 'Guided chat' }).first().click()
    await page.getByRole('log').getByText('full name').waitFor()
    await assertAccessible(page, 'the chat')
    const answers = ['Mara Jensen', 'Larkfield', 'Founder', 'We match invoices with orders', 'Finance in Oslo']
    for (const answer of [...answers, ...Array.from({ length: 12 }, () => 'skip')]) {
      if (await page.getByText('The profile is made.').count()) break
      const said = await page.getByRole('log').locator('p').count()
      await page.getByLabel('Your answer').fill(answer)
      await page.getByRole('button', { name: 'Send' }).click()
      await page
        .getByRole('log')
        .locator('p')
        .nth(said + 1)
        .waitFor()
      await page.getByText('Thinking').waitFor({ state: 'detached' })
    }
    await page.getByText('The profile is made.').waitFor()
    await page.getByText('Mara Jensen').first().waitFor()
    await page.getByRole('link', { name: 'Open the profile' }).click()
    await page.getByRole('heading', { name: 'Facts' }).waitFor()
    await assertAccessible(page, 'a profile')
    await page.getByLabel('Name of the profile').fill('Mara')
    await page.getByRole('button', { name: 'Add a fact' }).click()
    await page
      .getByLabel(/^Name of fact/)
      .last()
      .fill('city')
    await page.getByRole('textbox', { name: 'city', exact: true }).fill('Oslo')
    await page.getByRole('button', { name: 'Save' }).click()
    await toast('The profile is saved').waitFor()

    await page.getByRole('button', { name: 'New prompt' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Plain')
    assert.ok(
      (await dialog.getByLabel('Prompt', { exact: true }).inputValue()).length > 50,
      'it begins with the stock prompt',
    )
    await dialog.getByLabel('Prompt', { exact: true }).fill('Be brief.')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').waitFor()
    await assertAccessible(page, 'a refused prompt')
    await dialog
      .getByLabel('Prompt', { exact: true })
      .fill(
        'Write in plain words. Ask one question. Use at most sixty words in all. Say nothing about the weather or the season.',
      )
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('In use', { exact: true }).waitFor()
    // By keyboard: what was just said lies over the corner for a while.
    await page.getByRole('button', { name: 'Actions for Plain' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByText('The stock prompt is used').waitFor()
    await toast('Plain is deleted').getByRole('button', { name: 'Undo' }).click()
    await page.getByText('In use', { exact: true }).waitFor()
    await d.open('/senders/profiles')
    await page.getByRole('link', { name: 'Mara', exact: true }).waitFor()
    await assertAccessible(page, 'the profiles')
  })

  test('addresses are suppressed by hand and by a list; what a person asked for is lifted with a note only', async () => {
    const { page, h, tenant } = d
    const dialog = page.getByRole('dialog')
    await d.open('/senders/suppression')
    await page.getByText('Nobody is suppressed').waitFor()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await dialog.getByLabel('Address or domain').fill('rival.example')
    await assertAccessible(page, 'a new entry')
    await dialog.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('row', { name: /rival\.example.*Domain/ }).waitFor()
    await page.getByRole('button', { name: 'Lift rival.example' }).click()
    await page.getByText('Nobody is suppressed').waitFor()
    await toast('can be written to again').getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('row', { name: /rival\.example/ }).waitFor()

    await page.getByRole('button', { name: 'Import a list' }).click()
    await dialog.locator('input[type=file]').setInputFiles({
      name: 'old.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('email\nann@x.example\nbo@x.example\nnobody\n'),
    })
    await dialog.getByText('Row 4, nobody').waitFor()
    await assertAccessible(page, 'an imported list')
    await dialog.getByRole('button', { name: 'Close' }).first().click()
    await page.getByRole('row', { name: /bo@x\.example.*Imported/ }).waitFor()

    await h.call('POST', '/api/v1/suppression/', {
      as: tenant.key,
      body: { email: 'gone@x.example', reason: 'unsubscribed' },
    })
    await page.getByLabel('Search addresses').fill('gone')
    await page.getByRole('button', { name: 'Lift gone@x.example' }).click()
    await dialog.getByRole('button', { name: 'Lift' }).click()
    await dialog.getByText('A note is needed').waitFor()
    await dialog.getByLabel('Why').fill('Wrote on 14 January and asked to hear from us again.')
    await dialog.getByRole('button', { name: 'Lift' }).click()
    await page.getByText('No entry fits').waitFor()
    await page.getByLabel('In force or lifted').selectOption('lifted')
    await page.getByRole('row', { name: /gone@x\.example.*Lifted/ }).waitFor()
    await assertAccessible(page, 'the suppression list')
  })

  test('mailboxes say why a sandbox has none', async () => {
    const { page } = d
    await d.open('/senders/mailboxes')
    await page.getByText('A sandbox connects no mailbox').waitFor()
    await assertAccessible(page, 'the mailboxes')
    // The frame of the preview may not even read what the tests put into every page.
    assert.deepEqual(
      d.complaints.filter((words) => !/sandboxed/.test(words)),
      [],
    )
  })

  test('fits a phone in the dark', async () => {
    const { page } = d
    await page.evaluate(() => localStorage.setItem('theme', 'dark'))
    await page.setViewportSize({ width: 360, height: 780 })
    for (const path of ['/senders/domains', '/senders/templates/new', '/senders/profiles', '/senders/suppression']) {
      await d.open(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByText('Loading').first().waitFor({ state: 'detached' })
      await assertAccessible(page, `${path} on a phone`)
      const width = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(width) <= 360, `${path} is ${width} wide`)
    }
  })
})
