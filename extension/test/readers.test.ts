import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { buildFor } from '../build.ts'
import type { PageReading } from '../src/content/read-page.ts'
import { type Browser, noBrowser, type PageServer, startBrowser, startPages } from './browser.ts'

type Expected = { reader: string; title: string; columns: string[]; rows: string[][] }

describe('readers, in a real page', { skip: noBrowser }, () => {
  let browser: Browser
  let pages: PageServer
  let script: string

  before(async () => {
    browser = await startBrowser()
    pages = await startPages((path) =>
      path === '/trouble'
        ? { status: 429, html: '<title>Slow down</title><p>Too many requests</p>' }
        : path === '/challenge'
          ? { html: '<title>Just a moment...</title><form id="challenge-form"><input></form>' }
          : null,
    )
    const files = await buildFor('chrome', '0.0.0')
    script = files.find(({ path }) => path === 'content/read-page.js')?.content.toString() ?? ''
  })
  after(async () => {
    await browser?.close()
    await pages?.close()
  })

  const read = async (path: string, select?: string): Promise<PageReading> => {
    const page = await browser.newPage(`${pages.origin}${path}`)
    try {
      if (select) await page.evaluate(select)
      await page.evaluate(script)
      return await page.evaluate(() => (globalThis as unknown as { bavlio: { read: () => PageReading } }).bavlio.read())
    } finally {
      await page.close()
    }
  }

  const names = readdirSync(new URL('./pages', import.meta.url))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.replace('.json', ''))

  for (const name of names)
    test(`${name}: the page gives the table that is written down for it, and no other list`, async () => {
      const text = readFileSync(new URL(`./pages/${name}.json`, import.meta.url), 'utf8')
      const expected = JSON.parse(text.replaceAll('{origin}', pages.origin)) as Expected[]
      const { lists, trouble } = await read(`/pages/${name}.html`)
      assert.deepEqual(
        lists.map(({ reader, title, columns, rows }) => ({ reader, title, columns, rows })),
        expected,
      )
      assert.equal(trouble, null)
    })

  test('each reader has a page of its own', () => {
    const readers = readdirSync(new URL('../src/content/readers', import.meta.url))
      .map((name) => name.replace('.ts', ''))
      .filter((name) => !['person-fields', 'repeated-items'].includes(name))
    assert.deepEqual(
      readers.filter((name) => !names.includes(name)),
      [],
    )
  })

  test('a marked stretch of the page marks the rows whose text is in it, not those it only touches', async () => {
    // From the middle of the first row to the very beginning of the third.
    const select = `{
      const rows = document.querySelectorAll('#people tbody tr')
      const range = document.createRange()
      range.setStart(rows[0].cells[2].firstChild, 3)
      range.setEnd(rows[3], 0)
      getSelection().removeAllRanges()
      getSelection().addRange(range)
    }`
    const { lists } = await read('/pages/html-table.html', select)
    assert.deepEqual(lists[0]?.marked, [true, true, false])
    assert.deepEqual(lists[1]?.marked, [false, false])
    const { lists: unmarked } = await read('/pages/html-table.html')
    assert.equal(unmarked[0]?.marked, null)
  })

  test('a page that asks for patience or for a human is said to, and one that writes about it is not', async () => {
    assert.match((await read('/trouble')).trouble ?? '', /429/)
    assert.match((await read('/challenge')).trouble ?? '', /human/)
    assert.equal((await read('/pages/nothing.html')).trouble, null)
  })
})
