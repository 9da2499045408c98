import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { createApiClient } from '../server/src/demo/api-client.ts'
import { assertAccessible, COLOUR_RULES, type Dashboard, noBrowser, openWindow, startDashboard } from './dashboard.ts'
import { furnish, HOOK, type ScreenData } from './furnish.ts'
import { pathOf, readRoutes, SCREENS, type Screen, settle } from './screens.ts'

test('every route of the dashboard is among the screens that are looked at, and no other', async () => {
  const routes = [...new Set(await readRoutes())].sort()
  assert.ok(routes.length > 30, 'the routes were read')
  assert.deepEqual([...new Set(SCREENS.map(({ route }) => route))].sort(), routes)
  assert.equal(new Set(SCREENS.map(({ name }) => name)).size, SCREENS.length, 'each screen has a name of its own')
})

/** The frames of letters may not even read what the tests put into every page, and say so. */
const isOfFrame = (words: string): boolean => /sandboxed/.test(words)

describe('every screen of the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  let data: ScreenData
  type Window = { page: Page; complaints: string[] }
  const windows: Partial<Record<'somebody' | 'newcomer' | 'nobody', Window>> = {}
  before(async () => {
    d = await startDashboard({ env: { EGRESS_ALLOW: HOOK } })
    const { h, tenant } = d
    const signal = new AbortController().signal
    const client = (credential: string) => createApiClient(h.base_url, credential, signal)
    data = await furnish(client(tenant.key), {
      workspace_id: tenant.workspace_id,
      session: client(tenant.session),
      work: () => h.worker.drain(),
    })
    const browser = d.page.context().browser()
    assert.ok(browser)
    const { refresh_token } = await h.deps.sessions.open(tenant.user_id)
    windows.somebody = d
    windows.newcomer = await openWindow(browser, { refresh_token, workspace_id: data.empty_workspace_id })
    windows.nobody = await openWindow(browser, null)
  })
  after(() => d?.close())

  const open = async (screen: Screen): Promise<Page> => {
    const { page } = windows[screen.as ?? 'somebody'] as Window
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.goto(d.h.base_url + pathOf(screen, data))
    await settle(page)
    await screen.act?.(page, data)
    return page
  }

  /** As the button does it. Windows of tests ask for less motion, with which colours change at once. */
  const wear = (page: Page, theme: 'light' | 'dark'): Promise<unknown> =>
    page.evaluate(`(async () => {
      document.documentElement.classList.toggle('dark', ${theme === 'dark'})
      for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame)
      if (document.getAnimations().some((one) => one instanceof CSSTransition)) throw new Error('Something still changes its colour.')
    })()`)

  /** The nearest thing that is wider than the window, so that a failure can be mended from its text. */
  const assertFits = async (page: Page, where: string): Promise<void> => {
    const wide = await page.evaluate(`(() => {
      if (document.documentElement.scrollWidth <= innerWidth) return null
      const over = [...document.querySelectorAll('body *')].find((one) => one.getBoundingClientRect().right > innerWidth + 1)
      return over ? over.outerHTML.slice(0, 200) : 'something'
    })()`)
    assert.equal(wide, null, `${where} is wider than its window`)
  }

  for (const screen of SCREENS)
    test(`${screen.name} is readable in light and dark, at a desk and on a phone`, async () => {
      const { complaints } = windows[screen.as ?? 'somebody'] as Window
      complaints.length = 0
      const page = await open(screen)
      const where = (width: number, theme: string) => `${screen.name} at ${width}, ${theme}`
      assert.match(await page.title(), /^.+ · Bavlio$/, `${screen.name} names its tab`)
      assert.equal(await page.locator('h1').count(), 1, `${screen.name} has one h1`)
      await assertAccessible(page, where(1440, 'light'))
      await wear(page, 'dark')
      await assertAccessible(page, where(1440, 'dark'), COLOUR_RULES)
      await page.setViewportSize({ width: 360, height: 800 })
      await assertFits(page, where(360, 'dark'))
      await assertAccessible(page, where(360, 'dark'))
      await page.setViewportSize({ width: 390, height: 844 })
      await wear(page, 'light')
      await assertAccessible(page, where(390, 'light'), [...COLOUR_RULES, 'target-size'])
      assert.deepEqual(
        complaints.filter((words) => !isOfFrame(words)),
        [],
      )
    })

  /** What has the focus, and whether one sees that it has. */
  const FOCUSED = `(() => {
    const one = document.activeElement
    if (!one || one === document.body) return null
    const style = getComputedStyle(one)
    const outline = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
    return { words: (one.getAttribute('aria-label') || one.textContent || one.getAttribute('type') || one.tagName).trim().slice(0, 60), is_seen: outline || style.boxShadow !== 'none', in_main: Boolean(one.closest('main')) }
  })()`
  type Focused = { words: string; is_seen: boolean; in_main: boolean } | null

  for (const screen of SCREENS.filter(({ act }) => !act))
    test(`${screen.name} is walked through by Tab, and one sees where one is`, async () => {
      const page = await open(screen)
      const main = page.locator('main')
      if (screen.as !== 'nobody') {
        await page.evaluate('document.activeElement?.blur()')
        // A field that takes the focus by itself would be where Tab begins.
        await page.evaluate('getSelection()?.removeAllRanges()')
        const skip = page.getByRole('link', { name: 'Skip to the page' })
        await skip.focus()
        const box = await skip.boundingBox()
        assert.ok(box && box.width > 50, 'the way past the navigation is seen once it has the focus')
        await page.keyboard.press('Enter')
        await page.waitForFunction("document.activeElement?.id === 'content'")
      }
      const actions = main.locator(
        'a[href], button:not(:disabled), input:not(:disabled):not(.hidden), select, textarea',
      )
      const first = await actions.count()
      if (first === 0) return
      const seen: Focused[] = []
      for (let n = 0; n < 6; n++) {
        await page.keyboard.press('Tab')
        await pause(0)
        seen.push((await page.evaluate(FOCUSED)) as Focused)
      }
      const inMain = seen.filter((one) => one?.in_main)
      assert.ok(inMain.length > 0, `Tab reaches nothing of ${screen.name}`)
      for (const one of inMain) assert.ok(one?.is_seen, `${one?.words} has the focus, and nothing shows it`)
    })
})
