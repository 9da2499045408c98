import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { createTenant, type TestTenant } from '../../server/test/builders.ts'
import { type Harness, startHarness } from '../../server/test/harness.ts'
import { type Browser, noBrowser, type PageServer, type Popup, startBrowser, startPages } from './browser.ts'

type Extraction = {
  extraction_id: string
  title: string
  source: string
  leads_count: number
  columns: string[]
  metadata: Record<string, unknown>
}

const person = (n: number): string =>
  `<li class="hit"><a href="/in/p${n}?trk=page"><span>Person ${String.fromCharCode(64 + n)}son</span></a><div>Head of ${n}</div><div>Oslo</div></li>`

/** Two pages of a search, of which the second repeats somebody of the first, then one that asks for a human. */
const search = (page: number): { status?: number; html: string } => {
  if (page > 2) return { html: '<title>Are you a human?</title><form id="challenge-form">Prove it</form>' }
  const people = page === 1 ? [1, 2, 3, 4] : [4, 5, 6]
  return {
    html: `<!doctype html><title>Search</title><main><h2>People</h2><ul>${people.map(person).join('')}</ul>
      <div class="pagination"><a href="/search?page=${page - 1}">Previous</a> <a rel="next" href="/search?page=${page + 1}">Next ›</a></div></main>`,
  }
}

const table = (rows: [string, string, string][]): string =>
  `<!doctype html><title>Directory</title><table id="people"><caption>Directory</caption>
    <tr><th>Name</th><th>Email</th><th>Town</th></tr>
    ${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`

const PEOPLE: [string, string, string][] = [
  ['Ada Lovelace', 'ada@list.example', 'London'],
  ['Bo Ek', 'bo@list.example', 'Oslo'],
  ['Cy Dahl', 'cy@list.example', 'Bergen'],
  ['ada lovelace', 'ADA@list.example', 'London'],
]

describe('the extension, in a real browser before a real instance', { skip: noBrowser }, () => {
  let h: Harness
  let tenant: TestTenant
  let browser: Browser
  let pages: PageServer

  before(async () => {
    h = await startHarness()
    tenant = await createTenant(h)
    pages = await startPages((path, query) => {
      if (path === '/search') return search(Number(query.get('page') ?? 1))
      if (path === '/directory') return { html: table(PEOPLE) }
      if (path === '/many')
        return { html: table(Array.from({ length: 60 }, (_, n) => [`Person ${n}`, `p${n}@many.example`, 'Oslo'])) }
      return null
    })
    browser = await startBrowser()
  })
  after(async () => {
    await browser?.close()
    await pages?.close()
    await h?.close()
  })

  const logIn = async (popup: Popup, key = tenant.key, address = h.base_url): Promise<void> => {
    await popup.until("!document.getElementById('log-in').hidden")
    await popup.fill('base-url', address)
    await popup.fill('api-key', key)
    await popup.click('log-in-button')
  }

  /** The popup on a page, logged in and with what it found. */
  const openOn = async (path: string): Promise<{ page: Page; popup: Popup }> => {
    const page = await browser.newPage(pages.origin + path)
    const popup = await browser.openPopup(page)
    if (await popup.evaluate("!document.getElementById('log-in').hidden")) await logIn(popup)
    await popup.until("!document.getElementById('chosen').hidden && document.getElementById('progress').hidden")
    return { page, popup }
  }

  const list = async (): Promise<Extraction[]> =>
    (await h.call<{ items: Extraction[] }>('GET', '/api/v1/user-extractions/', { as: tenant.key })).body.items

  const rowsOf = async (id: string): Promise<Record<string, string>[]> =>
    (
      await h.call<Record<string, string>[]>('GET', `/api/v1/user-extractions/${id}/download?format=json`, {
        as: tenant.key,
      })
    ).body

  const sendIt = async (popup: Popup): Promise<Extraction> => {
    await popup.click('send-button')
    await popup.until("!document.getElementById('sent').hidden")
    return (await list())[0] as Extraction
  }

  test('a wrong key, a wrong address and a key without its scope are told apart, and nothing is stored', async () => {
    const page = await browser.newPage(`${pages.origin}/directory`)
    const popup = await browser.openPopup(page)
    const narrow = await createTenant(h, { scopes: ['campaigns:read'] })
    const cases: [key: string, address: string, message: RegExp, field: string][] = [
      [`bav_live_${'x'.repeat(43)}`, h.base_url, /does not know this key/, 'api-key'],
      ['secret', h.base_url, /begin with bav_live_/, 'api-key'],
      [narrow.key, h.base_url, /may not do that.*leads:read/, 'api-key'],
      [tenant.key, 'http://127.0.0.1:9', /cannot be reached/, 'base-url'],
      [tenant.key, 'http://bavlio.example.com', /Without https/, 'base-url'],
      [tenant.key, 'not an address', /not an address/, 'base-url'],
    ]
    for (const [key, address, message, field] of cases) {
      await logIn(popup, key, address)
      await popup.until(`${message}.test(document.getElementById('problem').textContent)`)
      await popup.until("document.getElementById('progress').hidden")
      assert.equal(await popup.evaluate('document.activeElement.id'), field, String(message))
      assert.equal(await popup.evaluate(`document.getElementById('${field}').getAttribute('aria-invalid')`), 'true')
      const mayAllow = await popup.evaluate("!document.getElementById('allow').hidden")
      assert.equal(mayAllow, /cannot be reached/.test(String(message)), 'only where the browser may be in the way')
    }
    await popup.close()
    assert.deepEqual(await browser.stored(), {})
    await page.close()
  })

  test('log in, see the list, leave out a row and a column, rename one, send: the instance has exactly that', async () => {
    const { page, popup } = await openOn('/directory')
    const stored = await popup.evaluate<object>('chrome.storage.local.get()')
    assert.deepEqual(stored, { base_url: h.base_url, api_key: tenant.key })
    assert.match(await popup.text('list-choices'), /Table “Directory”: 4 rows, 3 columns/)
    assert.match(await popup.text('count'), /3 of 3 rows and 3 of 3 columns chosen; 1 left out that were there already/)
    await popup.evaluate(`document.querySelector('[aria-label="Take row 2"]').click()`)
    await popup.evaluate(`document.querySelector('[aria-label="Take the column Town"]').click()`)
    await popup.evaluate(`{
      const name = document.querySelector('[aria-label="Name of the column Name"]')
      name.value = 'Full name'
      name.dispatchEvent(new Event('input', { bubbles: true })); undefined }`)
    assert.match(await popup.text('count'), /2 of 3 rows and 2 of 3 columns chosen/)
    await popup.fill('title', 'Directory of May')
    const sent = await sendIt(popup)
    assert.match(await popup.text('sent-heading'), /2 leads stored in Bavlio as “Directory of May”/)
    assert.equal(await popup.evaluate('document.activeElement.id'), 'sent-heading')
    assert.deepEqual([sent.title, sent.source, sent.leads_count], ['Directory of May', '127.0.0.1', 2])
    assert.deepEqual(await rowsOf(sent.extraction_id), [
      { 'Full name': 'Ada Lovelace', Email: 'ada@list.example' },
      { 'Full name': 'Cy Dahl', Email: 'cy@list.example' },
    ])
    const { title: _title, client, ...facts } = sent.metadata
    assert.match(String(client), /^browser extension \d/)
    assert.deepEqual(facts, {
      reader: 'html-table',
      source_host: '127.0.0.1',
      page_urls: [`${pages.origin}/directory`],
      duplicates_left_out: 1,
    })
    await popup.click('send-button')
    await popup.until("document.getElementById('progress').hidden && !document.getElementById('sent').hidden")
    assert.equal(
      (await list()).filter(({ title }) => title === 'Directory of May').length,
      1,
      'sent again, stored once',
    )
    await popup.close()
    await page.close()
  })

  test('two columns of one name and no row at all are said before anything is sent', async () => {
    const before = (await list()).length
    const { page, popup } = await openOn('/directory')
    const rename = (to: string): Promise<void> =>
      popup.evaluate(`{
        const name = document.querySelector('[aria-label="Name of the column Town"]')
        name.value = ${JSON.stringify(to)}
        name.dispatchEvent(new Event('input', { bubbles: true })); undefined }`)
    await rename('Email')
    await popup.click('send-button')
    await popup.until("/Two columns are called “Email”/.test(document.getElementById('problem').textContent)")
    await rename('Town')
    await popup.evaluate(`document.querySelector('[aria-label="Take all rows"]').click()`)
    await popup.click('send-button')
    await popup.until("/No row is chosen/.test(document.getElementById('problem').textContent)")
    assert.equal((await list()).length, before)
    await popup.close()
    await page.close()
  })

  test('with a stretch of the page marked, only the rows in it are meant, until the person says otherwise', async () => {
    const page = await browser.newPage(`${pages.origin}/directory`)
    await page.evaluate(() => {
      const rows = document.querySelectorAll('#people tr')
      getSelection()?.setBaseAndExtent(rows[2] as Node, 0, rows[4] as Node, 0)
    })
    const popup = await browser.openPopup(page)
    await popup.until("!document.getElementById('chosen').hidden")
    assert.match(await popup.text('marked-label'), /\(2\)/)
    assert.match(await popup.text('count'), /2 of 2 rows/)
    const sent = await sendIt(popup)
    assert.deepEqual(
      (await rowsOf(sent.extraction_id)).map(({ Name }) => Name),
      ['Bo Ek', 'Cy Dahl'],
    )
    await popup.click('only-marked')
    assert.match(await popup.text('count'), /3 of 3 rows/)
    await popup.close()
    await page.close()
  })

  test('the next page is read on the person’s click alone, not sooner than the pause, without people who are there already, and no further than a question for a human', async () => {
    const { page, popup } = await openOn('/search?page=1')
    assert.match(await popup.text('count'), /4 of 4 rows/)
    assert.equal(
      await popup.evaluate("document.getElementById('turn').disabled"),
      true,
      'the pause begins with this page',
    )
    await popup.click('turn')
    await popup.until(
      "document.getElementById('progress').hidden && /from 2 pages/.test(document.getElementById('count').textContent)",
    )
    assert.match(await popup.text('count'), /6 of 6 rows.*1 left out that were there already; from 2 pages/)
    assert.match(await popup.text('status'), /2 rows added, 1 were there already/)
    assert.equal(page.url(), `${pages.origin}/search?page=2`)
    await popup.click('turn')
    await popup.until("/human/.test(document.getElementById('problem').textContent)")
    assert.match(await popup.text('problem'), /What was read before is kept/)
    assert.equal(await popup.evaluate("document.getElementById('turn').hidden"), true, 'it goes no further')
    const asked = pages.asked.filter(({ path }) => path.startsWith('/search'))
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/search?page=1', '/search?page=2', '/search?page=3'],
      'one request for each click',
    )
    for (const [at, { at: time }] of asked.entries())
      if (at)
        assert.ok(
          time - (asked[at - 1]?.at ?? 0) >= 5_000,
          `page ${at + 1} after ${time - (asked[at - 1]?.at ?? 0)} ms`,
        )
    const sent = await sendIt(popup)
    assert.equal(sent.leads_count, 6)
    assert.deepEqual(sent.metadata.page_urls, [`${pages.origin}/search?page=1`, `${pages.origin}/search?page=2`])
    const rows = await rowsOf(sent.extraction_id)
    assert.deepEqual(
      rows.map(({ Profile }) => Profile),
      [1, 2, 3, 4, 5, 6].map((n) => `${pages.origin}/in/p${n}`),
    )
    await popup.close()
    await page.close()
  })

  test('a long list shows its first rows, and all of them when asked; all are sent', async () => {
    const { page, popup } = await openOn('/many')
    const shown = (): Promise<number> => popup.evaluate("document.querySelectorAll('#preview tbody tr').length")
    assert.equal(await shown(), 20)
    assert.equal(await popup.text('show-all'), 'Show all 60 rows')
    await popup.click('show-all')
    assert.equal(await shown(), 60)
    assert.equal((await sendIt(popup)).leads_count, 60)
    await popup.close()
    await page.close()
  })

  test('a page without people and a page of the browser itself are said to be so', async () => {
    const page = await browser.newPage(`${pages.origin}/pages/nothing.html`)
    const popup = await browser.openPopup(page)
    await popup.until("/No table and no list of people/.test(document.getElementById('status').textContent)")
    await popup.close()
    await page.close()
    const own = await browser.newPage('chrome://version/')
    const other = await browser.openPopup(own)
    await other.until("/does not let extensions read this page/.test(document.getElementById('problem').textContent)")
    await other.close()
    await own.close()
  })

  test('a key that was revoked meanwhile is said when sending, and what was chosen stays', async () => {
    const { page, popup } = await openOn('/directory')
    await h.deps.db
      .updateTable('api_keys')
      .set({ revoked_at: h.clock.now() })
      .where('workspace_id', '=', tenant.workspace_id)
      .execute()
    try {
      // A key is believed for a moment after it was seen.
      await popup.until(
        `(document.getElementById('problem').textContent || document.getElementById('send-button').disabled || document.getElementById('send-button').click(), /does not know this key/.test(document.getElementById('problem').textContent))`,
      )
      assert.match(await popup.text('count'), /3 of 3 rows/)
    } finally {
      await h.deps.db
        .updateTable('api_keys')
        .set({ revoked_at: null })
        .where('workspace_id', '=', tenant.workspace_id)
        .execute()
    }
    await popup.close()
    await page.close()
  })

  test('every control has a name, the keyboard reaches them in order, and both colour schemes are readable', async () => {
    const { page, popup } = await openOn('/directory')
    const nameless = await popup.evaluate<string[]>(`[...document.querySelectorAll('input, select, button, a[href]')]
      .filter((one) => one.checkVisibility() && !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim()))
      .map((one) => one.outerHTML)`)
    assert.deepEqual(nameless, [])
    await popup.evaluate("document.getElementById('log-out').focus()")
    const order: string[] = []
    for (let n = 0; n < 4; n++) {
      await popup.press('Tab')
      order.push(
        await popup.evaluate(
          "document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.name",
        ),
      )
    }
    assert.deepEqual(order, ['list', 'preview', 'Take all rows', 'Take the column Name'])
    await popup.press(' ')
    assert.match(await popup.text('count'), /2 of 3 columns/, 'a box is switched by the space bar')
    for (const scheme of ['light', 'dark']) {
      await popup.evaluate(`document.documentElement.style.colorScheme = '${scheme}'; undefined`)
      const poor = await popup.evaluate<string[]>(`(() => {
        const light = (text) => {
          const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map((one) => one / 255).map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
          return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        const ground = (one) => { for (let at = one; at; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor; if (!/rgba\\(.*, 0\\)|transparent/.test(color)) return color } return 'rgb(255,255,255)' }
        return [...document.querySelectorAll('h1, h2, p, label, legend, button, td, th input, a, span')]
          .filter((one) => one.checkVisibility() && !one.disabled && one.textContent.trim())
          .map((one) => { const [a, b] = [light(getComputedStyle(one).color), light(ground(one))]; return [one.outerHTML.slice(0, 80), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)] })
          .filter(([, ratio]) => ratio < 4.5)
          .map(([text, ratio]) => ratio.toFixed(1) + ' ' + text)
      })()`)
      assert.deepEqual(poor, [], `${scheme}: text under a contrast of 4.5 to 1`)
    }
    await popup.close()
    await page.close()
  })

  test('logging out forgets the key', async () => {
    const { page, popup } = await openOn('/directory')
    await popup.click('log-out')
    await popup.until("!document.getElementById('log-in').hidden")
    assert.match(await popup.text('status'), /forgotten/)
    await popup.close()
    assert.deepEqual(await browser.stored(), {})
    await page.close()
  })
})
