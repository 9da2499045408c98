import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { copyTransaction } from '../server/src/db/copy-transaction.ts'
import { newId } from '../server/src/ids.ts'
import { createDataset } from '../server/test/builders.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard } from './dashboard.ts'

const ROWS = 1_000_000
const PIECE = 20_000

type Frames = { count: number; median: number; p95: number; longest: number }
type Seen = { number: number; person: string; email: string }

describe('a dataset of a million rows in the dashboard', { skip: noBrowser, timeout: 600_000 }, () => {
  let d: Dashboard
  let dataset_id = ''
  before(async () => {
    d = await startDashboard({ has_scrollbars: true })
    dataset_id = await createDataset(d.h, d.tenant, [])
    await fill()
  })
  after(() => d?.close())

  const fill = async (): Promise<void> => {
    const { workspace_id } = d.tenant
    await copyTransaction(d.h.deps.pool, async ({ copyInto }) => {
      const copy = copyInto(
        'copy dataset_rows (id, workspace_id, dataset_id, row_index, source_row, email, data) from stdin',
      )
      for (let start = 0; start < ROWS; start += PIECE) {
        let text = ''
        for (let n = start; n < start + PIECE; n++)
          text += `${newId()}\t${workspace_id}\t${dataset_id}\t${n}\t${n + 2}\tp${n}@firm.example\t${JSON.stringify({
            Person: `Person ${n}`,
            Mail: `p${n}@firm.example`,
            Company: `Firm ${n % 300}`,
            City: 'Oslo',
            Title: 'Head of Operations',
          })}\n`
        await copy.write(text)
      }
      await copy.end()
    })
    await d.h.deps.db
      .updateTable('datasets')
      .set({ row_count: ROWS, columns: JSON.stringify(['Person', 'Mail', 'Company', 'City', 'Title']) as never })
      .where('dataset_id', '=', dataset_id)
      .execute()
  }

  const grid = () => d.page.getByRole('grid', { name: 'Rows of Test leads' })
  const cell = (text: string) => d.page.getByRole('gridcell', { name: text, exact: true })

  /** The rows in sight, as a person reads them, once all of them are there. */
  const seen = async (): Promise<Seen[]> => {
    const isThere = (): Promise<boolean> =>
      d.page.evaluate(
        `Boolean(document.querySelector('[role=gridcell]')) && !document.querySelector('[role=grid] [aria-busy]')`,
      )
    const end = Date.now() + 20_000
    while (!(await isThere())) {
      assert.ok(Date.now() < end, 'the rows in sight are not there after 20 seconds')
      await d.page.waitForTimeout(50)
    }
    return (await d.page.evaluate(`(() => {
      const grid = document.querySelector('[role=grid]').getBoundingClientRect()
      return [...document.querySelectorAll('[role=rowgroup] [role=row]')]
        .filter((row) => { const at = row.getBoundingClientRect(); return at.top >= grid.top + 40 && at.bottom <= grid.bottom })
        .map((row) => ({
          number: Number(row.querySelector('[role=rowheader]').innerText.replaceAll(/[^0-9]/g, '')),
          person: row.querySelectorAll('[role=gridcell]')[0].innerText,
          email: row.querySelectorAll('[role=gridcell]')[1].innerText,
        }))
        .sort((a, b) => a.number - b.number)
    })()`)) as Seen[]
  }
  const assertRight = (rows: Seen[], where: string): void => {
    assert.ok(rows.length > 10, `${rows.length} rows in sight ${where}`)
    for (const [at, row] of rows.entries())
      assert.deepEqual(
        row,
        {
          number: (rows[0]?.number ?? 0) + at,
          person: `Person ${row.number - 1}`,
          email: `p${row.number - 1}@firm.example`,
        },
        where,
      )
  }

  /** What lies between two frames while something is done, in milliseconds. */
  const framesOf = async (act: () => Promise<void>): Promise<Frames> => {
    await d.page.evaluate(`(() => {
      const gaps = (window.frameGaps = [])
      let last = performance.now()
      const next = (now) => { gaps.push(now - last); last = now; window.frameRequest = requestAnimationFrame(next) }
      window.frameRequest = requestAnimationFrame(next)
    })()`)
    await act()
    const gaps = (await d.page.evaluate(`(cancelAnimationFrame(window.frameRequest), window.frameGaps)`)) as number[]
    gaps.sort((a, b) => a - b)
    const at = (share: number): number => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))] ?? 0
    return { count: gaps.length, median: at(0.5), p95: at(0.95), longest: at(1) }
  }
  const drawnRows = (): Promise<number> => d.page.evaluate(`document.querySelectorAll('[role=row]').length`)
  const wheel = async (): Promise<void> => {
    // As a finger lets go: large steps that become small.
    for (let speed = 2_400; speed > 8; speed *= 0.93) {
      await d.page.mouse.wheel(0, speed)
      await d.page.waitForTimeout(8)
    }
  }
  const report = (t: TestContext, what: string, { count, median, p95, longest }: Frames, empty: Frames): void =>
    t.diagnostic(
      `${what}: ${count} frames, gaps ${median.toFixed(1)} ms median, ${p95.toFixed(1)} ms p95, ${longest.toFixed(1)} ms longest; ` +
        `${(median / empty.median).toFixed(2)} and ${(p95 / empty.p95).toFixed(2)} times those of an empty page`,
    )
  let empty: Frames

  test('the first, the last and the middle rows are where they belong, by keyboard and by the scrollbar', async (t) => {
    const { page } = d
    await d.open('/health')
    await page.mouse.move(700, 500)
    empty = await framesOf(wheel)
    t.diagnostic(
      `an empty page: ${empty.count} frames, gaps ${empty.median.toFixed(1)} ms median, ${empty.p95.toFixed(1)} ms p95, ${empty.longest.toFixed(1)} ms longest`,
    )
    await d.open(`/leads/datasets/${dataset_id}`)
    await cell('Person 0').waitFor()
    assert.equal(await grid().getAttribute('aria-rowcount'), '1000001')
    assertRight(await seen(), 'at the top')
    await assertAccessible(page, 'a million rows')
    await grid().focus()
    await page.keyboard.press('Control+End')
    await cell('Person 999999').waitFor()
    const last = await seen()
    assertRight(last, 'at the end')
    assert.equal(last.at(-1)?.number, ROWS)

    const box = await grid().boundingBox()
    assert.ok(box)
    // Above the arrow at the end of the scrollbar.
    const thumb = { x: box.x + box.width - 7, bottom: box.y + box.height - 25 }
    let asked = 0
    page.on('request', (request) => {
      if (/\/rows\?/.test(request.url())) asked++
    })
    let drawn = 0
    const drag = await framesOf(async () => {
      await page.mouse.move(thumb.x, thumb.bottom)
      await page.mouse.down()
      for (let step = 1; step <= 120; step++) {
        await page.mouse.move(thumb.x, thumb.bottom + (box.y + box.height / 2 - thumb.bottom) * (step / 120))
        if (step % 10 === 0) drawn = Math.max(drawn, await drawnRows())
      }
      await page.mouse.up()
    })
    report(t, 'the scrollbar drawn to the middle', drag, empty)
    const middle = await seen()
    assertRight(middle, 'in the middle')
    const share = (middle[0]?.number ?? 0) / ROWS
    assert.ok(share > 0.4 && share < 0.6, `the middle of the scrollbar is row ${middle[0]?.number}`)
    assert.ok(drawn < 100, `${drawn} rows are drawn at a time`)
    t.diagnostic(`${asked} pages of rows were asked for on the way`)
  })

  test('page keys and a fling move row by row from where one is', async (t) => {
    const { page } = d
    const before = (await seen())[3]
    assert.ok(before)
    await cell(before.person).click()
    const paged = await framesOf(async () => {
      for (let n = 0; n < 40; n++) await page.keyboard.press('PageDown')
    })
    report(t, '40 times Page Down', paged, empty)
    const size = await grid().evaluate((element) => Math.max(1, Math.floor((element.clientHeight - 44) / 34) - 1))
    await cell(`Person ${before.number - 1 + 40 * size}`).waitFor()
    assertRight(await seen(), 'after the page keys')
    await page.mouse.move(700, 500)
    const from = (await seen())[0]?.number ?? 0
    const flung = await framesOf(wheel)
    report(t, 'a fling', flung, empty)
    await page.waitForTimeout(300)
    const there = await seen()
    assertRight(there, 'after a fling')
    const moved = (there[0]?.number ?? 0) - from
    // The steps of the wheel together are 34,000 pixels and some.
    assert.ok(moved > 900 && moved < 1_100, `the fling moved ${moved} rows`)
  })

  test('a row taken out moves those below it up, however deep', async () => {
    const { page, h, tenant } = d
    const deep = await h.call<{ items: { row_id: string }[] }>(
      'GET',
      `/api/v1/datasets/${dataset_id}/rows?limit=1&offset=600000`,
      { as: tenant.key },
    )
    const row_id = deep.body.items[0]?.row_id
    assert.equal(
      (await h.call('DELETE', `/api/v1/datasets/${dataset_id}/rows/${row_id}`, { as: tenant.key })).status,
      200,
    )
    await page.reload()
    await page.getByText('999,999 rows').waitFor()
    await cell('Person 0').waitFor()
    await grid().focus()
    await page.keyboard.press('Control+End')
    await cell('Person 999999').waitFor()
    const rows = await drawnRows()
    assert.ok(rows < 100, `${rows} rows are drawn`)
    assert.equal(await grid().getAttribute('aria-rowcount'), '1000000')
    assert.deepEqual(d.complaints, [])
  })
})
