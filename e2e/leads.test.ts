import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { assertAccessible, type Dashboard, noBrowser, startDashboard, whenAccepted } from './dashboard.ts'

const CSV = `First Name,Last Name,Company,Mail,Employees
Ada,Berg,Fjord Freight,ada@fjord.example,40
Edsger,Dahl,Harbour Lines,edsger@harbour.example,9
Nobody,Moen,Polar Air,not an address,5
Ada,Berg,Fjord Freight,ada@fjord.example,41
Radia,Holm,Nordic Rail,radia@nordic.example,120
`

describe('leads in the dashboard', { skip: noBrowser, timeout: 600_000 }, () => {
  let d: Dashboard
  before(async () => {
    d = await startDashboard()
  })
  after(() => d?.close())

  const toast = (words: string) => d.page.locator('[data-sonner-toast]').filter({ hasText: words })
  const cell = (text: string) => d.page.getByRole('gridcell', { name: text, exact: true })
  const upload = (name: string, text: string) =>
    d.page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  /** As the browser tells of a file that is dragged over the page and let go. */
  const drop = async (name: string, text: string): Promise<void> => {
    const { page } = d
    const zone = page.getByRole('region', { name: 'Drop a file with leads here' })
    const dataTransfer = await page.evaluateHandle(
      `(() => { const held = new DataTransfer(); held.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'text/csv' })); return held })()`,
    )
    await zone.dispatchEvent('dragover', { dataTransfer })
    await page.waitForFunction(
      `document.querySelector('section[aria-label^="Drop a file"]').className.includes('border-accent')`,
    )
    await zone.dispatchEvent('drop', { dataTransfer })
  }

  /** A change of a large dataset is a job: once it was asked for, it is carried out. */
  const byJob = async (path: RegExp, act: () => Promise<void>): Promise<void> => {
    await whenAccepted(d.page, path, act)
    await d.h.worker.drain()
  }

  test('a file is looked at, tried, imported, undone, and its bad rows come back as a file', async () => {
    const { page } = d
    await d.open('/leads/datasets')
    await page.getByText('No leads yet').waitFor()
    await assertAccessible(page, 'the empty list of datasets')
    await page.getByRole('link', { name: 'Upload leads' }).first().click()
    await page.getByText('Drop a file with leads here').waitFor()
    await assertAccessible(page, 'the place to drop a file')
    await drop('fair.csv', CSV)
    await page.getByText('5 rows').waitFor()
    assert.equal(await page.getByLabel('Lead field of Mail').inputValue(), 'email')
    assert.equal(await page.getByLabel('Lead field of Employees').inputValue(), '')
    await page.getByLabel('Lead field of Employees').selectOption('email')
    await page.getByText('Two columns hold the same field').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled())
    await page.getByLabel('Lead field of Employees').selectOption('')
    await assertAccessible(page, 'the columns of a file')

    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.getByText('Nothing has changed yet').waitFor()
    await page.getByRole('row', { name: /There is no @ in the address/ }).waitFor()
    await assertAccessible(page, 'a plan')
    await page.getByLabel('Kind of change').selectOption('insert')
    await page.getByRole('row', { name: /radia@nordic\.example/ }).waitFor()
    await page.getByRole('button', { name: 'Import 3 rows' }).click()
    await page.getByText('Imported', { exact: true }).waitFor()
    await assertAccessible(page, 'an import')

    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Rows with problems' }).click()
    assert.match(await readFile(await (await download).path(), 'utf8'), /not an address/)

    await page.getByRole('button', { name: 'Undo the import' }).click()
    await page.getByText('The import was undone').waitFor()
    await d.open('/leads/imports')
    await page.getByRole('row', { name: /fair\.csv.*Undone/ }).waitFor()
    await assertAccessible(page, 'the imports')
  })

  test('a large file is read by a job whose progress is seen', async () => {
    const { page, h } = d
    const rows = Array.from(
      { length: 12_000 },
      (_, n) => `Ann,Person ${n},Firm ${n % 300},ann.${n}@firm.example,${n % 70}`,
    )
    await d.open('/leads/upload')
    await upload('large.csv', `First Name,Last Name,Company,Mail,Employees\n${rows.join('\n')}\n`)
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByRole('progressbar', { name: 'Reading the file' }).waitFor()
    await assertAccessible(page, 'an import under way')
    await h.worker.drain()
    await page.getByText('Imported', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Open the dataset' }).click()
    await page.getByRole('heading', { name: 'large' }).waitFor()
    await page.getByText('12,000 rows').waitFor()
  })

  test('a table of many rows is jumped through, edited and taken back by keyboard', async () => {
    const { page } = d
    const grid = page.getByRole('grid', { name: 'Rows of large' })
    await cell('Person 0').waitFor()
    assert.equal(await grid.getAttribute('aria-rowcount'), '12001')
    assert.ok((await page.getByRole('row').count()) < 80, 'only what is in sight is drawn')
    await assertAccessible(page, 'the table')
    await grid.focus()
    await page.keyboard.press('Control+End')
    await cell('Person 11999').waitFor()
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('Somebody else')
    await page.keyboard.press('Enter')
    await toast('Last Name of row 1 is saved').waitFor()
    await cell('Somebody else').waitFor()
    await toast('Last Name of row 1 is saved').getByRole('button', { name: 'Undo' }).click()
    await cell('Person 0').waitFor()
  })

  test('columns are made wider, pinned and hidden by keyboard, and stay so on this device', async () => {
    const { page } = d
    const head = (name: string) => page.getByRole('columnheader', { name: new RegExp(name) })
    const names = () => page.getByRole('columnheader').allInnerTexts()
    const width = page.getByRole('separator', { name: 'Width of Company' })
    const before = Number(await width.getAttribute('aria-valuenow'))
    await width.focus()
    for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight')
    assert.equal(Number(await width.getAttribute('aria-valuenow')), before + 48)
    assert.equal(Math.round((await head('Company').boundingBox())?.width ?? 0), before + 48)

    const box = await width.boundingBox()
    assert.ok(box)
    await page.mouse.move(box.x + 4, box.y + 10)
    await page.mouse.down()
    await page.mouse.move(box.x + 64, box.y + 10, { steps: 6 })
    await page.mouse.up()
    assert.equal(Number(await width.getAttribute('aria-valuenow')), before + 108)

    await page.getByRole('button', { name: 'Mail' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Pin to the left' }).press('Enter')
    assert.match((await names())[1] ?? '', /Mail/)
    await page.getByRole('button', { name: 'Columns', exact: true }).press('Enter')
    await page.getByRole('menuitemcheckbox', { name: 'Employees' }).press('Space')
    await assertAccessible(page, 'the menu of columns')
    await page.keyboard.press('Escape')
    await head('Employees').waitFor({ state: 'detached' })
    await assertAccessible(page, 'a table with a pinned column')

    await page.setViewportSize({ width: 700, height: 900 })
    const grid = page.getByRole('grid', { name: 'Rows of large' })
    await grid.focus()
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('End')
    const pinned = await cell('ann.0@firm.example').boundingBox()
    const last = await cell('Firm 0').first().boundingBox()
    assert.ok(pinned && last && pinned.x + pinned.width <= last.x + 1, 'the pinned column stays beside the last one')
    await page.setViewportSize({ width: 1440, height: 900 })

    await page.reload()
    await cell('Person 0').waitFor()
    assert.match((await names())[1] ?? '', /Mail/)
    assert.equal(Number(await width.getAttribute('aria-valuenow')), before + 108)
    await page.getByRole('button', { name: 'Columns, 1 hidden' }).click()
    await page.getByRole('menuitem', { name: 'Widths, pins and hidden columns as at first' }).click()
    await head('Employees').waitFor()
    assert.match((await names())[1] ?? '', /First Name/)
    assert.equal(Number(await width.getAttribute('aria-valuenow')), before)
  })

  test('rows are found, filtered, sorted, taken out and brought back', async () => {
    const { page } = d
    await page.getByLabel('Search every cell').fill('person 1199')
    await page.getByText('11 rows found').waitFor()
    await page.getByLabel('Search every cell').fill('')
    await cell('Person 0').waitFor()
    await page.getByRole('button', { name: 'Filter', exact: true }).click()
    await page.getByLabel('Column of condition 1').selectOption('Employees')
    await page.getByLabel('Comparison of condition 1').selectOption('greater')
    await page.getByLabel('Value of condition 1').fill('68')
    await assertAccessible(page, 'the filter')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('171 rows found').waitFor()
    await page.getByRole('button', { name: 'Last Name', exact: false }).click()
    await page.getByRole('menuitem', { name: 'Sort from Z to A' }).click()
    await cell('Person 9939').waitFor()
    assert.equal(await page.getByRole('columnheader', { name: /Last Name/ }).getAttribute('aria-sort'), 'descending')

    await page.getByLabel('Select every row').check()
    await page.getByRole('toolbar').getByText('Every row that fits selected').waitFor()
    await assertAccessible(page, 'selected rows')
    await byJob(/rows\/remove$/, () => page.getByRole('button', { name: 'Remove', exact: true }).click())
    await byJob(/rows\/restore$/, () => toast('171 rows removed').getByRole('button', { name: 'Undo' }).click())
    await toast('171 rows brought back').waitFor()
    await page.getByText('171 rows found').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
  })

  test('columns are added and renamed, rows go to a dataset of their own, datasets are archived and come back', async () => {
    const { page } = d
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Column' }).click()
    await dialog.getByLabel('Name').fill('Fair')
    await dialog.getByLabel('Value for every row').fill('Oslo')
    await assertAccessible(page, 'a new column')
    await byJob(/columns$/, () => dialog.getByRole('button', { name: 'Add the column' }).click())
    await cell('Oslo').first().waitFor()
    await page.getByLabel('Search every cell').fill('person 1199')
    await page.getByText('11 rows found').waitFor()
    await page.getByLabel('Select every row').check()
    await page.getByRole('button', { name: 'To a new dataset' }).click()
    await dialog.getByLabel('Name').fill('Eleven')
    await assertAccessible(page, 'rows to a new dataset')
    await byJob(/split$/, () => dialog.getByRole('button', { name: 'Make the dataset' }).click())
    await page.getByRole('heading', { name: 'Eleven' }).waitFor()
    await page.getByText('11 rows', { exact: true }).waitFor()

    await d.open('/leads/datasets')
    await page.getByRole('button', { name: 'Actions for Eleven' }).click()
    await page.getByRole('menuitem', { name: 'Archive' }).click()
    await page.getByRole('row', { name: /Eleven/ }).waitFor({ state: 'detached' })
    await page.getByLabel('Kept or archived').selectOption('archived')
    await page.getByRole('row', { name: /Eleven/ }).waitFor()
    await toast('Eleven is archived').getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Nothing is archived').waitFor()
    await page.getByLabel('Kept or archived').selectOption('')
    await page.getByRole('row', { name: /Eleven/ }).waitFor()
    await assertAccessible(page, 'the list of datasets')
  })

  test('an extraction is read, renamed, made into a dataset and deleted', async () => {
    const { page, h, tenant } = d
    const form = new FormData()
    const leads = [{ columnValues: { Name: 'Ann Vik', Email: 'ann@vik.example' } }]
    form.append('file', new File([JSON.stringify(leads)], 'leads.json'))
    form.append('title', 'Oslo search')
    form.append('source', 'LinkedIn')
    assert.equal((await h.call('POST', '/api/v1/user-extractions/', { as: tenant.key, form })).status, 201)
    await d.open('/leads/extractions')
    await page.getByRole('link', { name: 'Oslo search' }).waitFor()
    await assertAccessible(page, 'the extractions')
    await page.getByRole('link', { name: 'Oslo search' }).click()
    await page.getByRole('cell', { name: 'ann@vik.example' }).waitFor()
    await assertAccessible(page, 'an extraction')
    await page.getByRole('button', { name: 'Actions for Oslo search' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.getByRole('dialog').getByLabel('Title').fill('Oslo, November')
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('heading', { name: 'Oslo, November' }).waitFor()
    await page.getByRole('button', { name: 'Make a dataset' }).click()
    await cell('ann@vik.example').waitFor()
    await d.open('/leads/extractions')
    await page.getByRole('row', { name: /Made into a dataset/ }).waitFor()
    await page.getByLabel('Select Oslo, November').check()
    await page.getByRole('button', { name: 'Delete 1 extraction' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No extractions yet').waitFor()
  })

  test('a sheet of the folder becomes an extraction', async () => {
    const { page, h } = d
    const folder = join(h.deps.config.data_dir, 'sheets')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'Trade fair.csv'), 'Name,Mail\nCy Moe,cy@moe.example\n')
    await d.open('/leads/extractions')
    await page.getByRole('button', { name: 'From Google Sheets' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Sheet', { exact: true }).selectOption({ label: 'Trade fair' })
    await dialog.getByLabel('Trade fair').waitFor()
    await assertAccessible(page, 'a sheet')
    await dialog.getByRole('button', { name: 'Import the sheet' }).click()
    await page.getByRole('cell', { name: 'cy@moe.example' }).waitFor()
  })

  test('a dataset follows a sheet: what would change is shown, brought in, brought in again, and followed no more', async () => {
    const { page, h } = d
    const file = join(h.deps.config.data_dir, 'sheets', 'Guests.csv')
    await writeFile(file, 'Name,Mail\nCy Moe,cy@moe.example\nDi Foss,di@foss.example\n')
    await d.open('/leads/sheets')
    await page.getByText('No dataset follows a sheet').waitFor()
    await page.getByText('Sheets are files of a folder here').waitFor()
    await assertAccessible(page, 'no sheets')
    await d.open('/leads/datasets')
    await page.getByRole('link', { name: 'Eleven' }).click()
    await page.getByText('11 rows', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Rows of a Google sheet' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Sheet', { exact: true }).selectOption({ label: 'Guests' })
    await dialog.getByLabel('Again').selectOption({ label: 'Every hour' })
    await dialog.getByRole('button', { name: 'Dry run' }).click()
    await dialog.getByText('Nothing has changed yet').waitFor()
    await dialog.getByText('Would be added', { exact: true }).waitFor()
    await assertAccessible(page, 'a dry run of a sheet')
    await page.getByText('11 rows', { exact: true }).waitFor()
    await dialog.getByRole('button', { name: 'Synchronise' }).click()
    await toast('Eleven follows Guests: 2 added').waitFor()
    await page.getByText('13 rows', { exact: true }).waitFor()

    await writeFile(file, 'Name,Mail\nCy Moe,cy@moe.example\nDi Foss-Lie,di@foss.example\n')
    await d.open('/leads/sheets')
    await page.getByRole('row', { name: /Guests.*Eleven.*Every hour/ }).waitFor()
    await assertAccessible(page, 'the sheets')
    await page.getByRole('button', { name: 'Synchronise Guests now' }).click()
    await toast('Guests: 1 changed').waitFor()
    await page.getByRole('button', { name: 'Actions for Guests' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Change how it follows' }).press('Enter')
    await dialog.getByLabel('Again').selectOption({ label: 'Every day' })
    await dialog.getByRole('button', { name: 'Synchronise' }).click()
    await page.getByRole('row', { name: /Guests.*Every day/ }).waitFor()
    await page.getByRole('button', { name: 'Actions for Guests' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Follow it no more' }).press('Enter')
    await page.getByText('No dataset follows a sheet').waitFor()
  })

  test('a company leads to its people', async () => {
    const { page, h } = d
    await h.worker.drain()
    await d.open('/leads/companies')
    await page.getByRole('row', { name: /vik\.example/ }).waitFor()
    await assertAccessible(page, 'the companies')
    await page.getByLabel('Search companies').fill('no such company')
    await page.getByText('No company fits').waitFor()
    await page.getByLabel('Search companies').fill('vik.example')
    await page.getByRole('link', { name: 'vik.example' }).click()
    await page.getByRole('button', { name: 'Only people of vik.example' }).waitFor()
    await page.getByRole('row', { name: /Ann Vik/ }).waitFor()
  })

  test('a person is found, shown with the rows that know them, and erased', async () => {
    const { page, h } = d
    await h.worker.drain()
    await d.open('/leads/people?q=vik')
    await page.getByRole('link', { name: /Ann Vik/ }).click()
    await page.getByRole('heading', { name: 'What is known, and from where' }).waitFor()
    await page.getByRole('row', { name: /Email address.*ann@vik\.example/ }).waitFor()
    await page.getByRole('row', { name: new RegExp(d.tenant.email) }).waitFor()
    await assertAccessible(page, 'a person')
    await page.getByRole('button', { name: 'Erase' }).click()
    const dialog = page.getByRole('dialog')
    const erase = dialog.getByRole('button', { name: 'Erase for good' })
    assert.ok(await erase.isDisabled(), 'the address has to be written out')
    await dialog.getByLabel('Email address').fill('ann@vik.example')
    await assertAccessible(page, 'an erasure')
    await whenAccepted(page, /eras/, () => erase.click())
    await page.getByRole('heading', { name: 'Erasures' }).waitFor()
    await h.worker.drain()
    await page.getByText('Done', { exact: true }).waitFor()
    await assertAccessible(page, 'the erasures')
    await d.open('/leads/people?q=vik')
    await page.getByText('Nobody fits').waitFor()
    assert.deepEqual(d.complaints, [])
  })

  test('fits a phone in the dark', async () => {
    const { page } = d
    await page.evaluate(() => localStorage.setItem('theme', 'dark'))
    await page.setViewportSize({ width: 360, height: 780 })
    for (const path of [
      '/leads/datasets',
      '/leads/upload',
      '/leads/imports',
      '/leads/people',
      '/leads/companies',
      '/leads/sheets',
      '/leads/extractions',
    ]) {
      await d.open(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.getByRole('status').filter({ hasText: 'Loading' }).first().waitFor({ state: 'detached' })
      await assertAccessible(page, `${path} on a phone`)
      const width = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(width) <= 360, `${path} is ${width} wide`)
    }
  })
})
