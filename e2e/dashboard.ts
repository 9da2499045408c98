import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { Deps } from '../server/src/deps.ts'
import { DASHBOARD_FOLDER } from '../server/src/features/system/dashboard-pages.ts'
import { createTenant, type TestTenant } from '../server/test/builders.ts'
import { type Harness, startHarness } from '../server/test/harness.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Why tests of the dashboard cannot run here, for `skip`; false where they can. */
export const noBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : `there is no browser at ${CHROMIUM}; install Chromium or set CHROMIUM_PATH`

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const PATIENCE_MS = 45_000

export type Dashboard = {
  h: Harness
  tenant: TestTenant
  page: Page
  open: (path: string) => Promise<void>
  /** What the page said to its console as an error, apart from calls that were refused: those the page shows. */
  complaints: string[]
  close: () => Promise<void>
}

/** Playwright hides scrollbars, which somebody who draws one has to see. */
export const launchBrowser = (has_scrollbars = false): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
    ...(has_scrollbars ? { ignoreDefaultArgs: ['--hide-scrollbars'] } : {}),
  })

/** A window in which somebody is logged in, or nobody where `stored` is null; and what it says to its console as an error. */
export const openWindow = async (
  browser: Browser,
  stored: { refresh_token: string; workspace_id: string } | null,
  width = 1440,
): Promise<{ page: Page; complaints: string[] }> => {
  const context: BrowserContext = await browser.newContext({
    viewport: { width, height: 900 },
    timezoneId: 'UTC',
    locale: 'en-GB',
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(PATIENCE_MS)
  if (stored)
    await context.addInitScript((value) => {
      // Only once: a renewed token must not be written over.
      if (!localStorage.getItem('bavlio.session')) localStorage.setItem('bavlio.session', value)
    }, JSON.stringify(stored))
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
  })
  return { page, complaints }
}

/** Builds the dashboard where it is stale. */
export const buildDashboard = async (): Promise<void> => {
  const build = fileURLToPath(new URL('../web/build.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [build, '--if-stale'])
}

/** The server with the dashboard, and a browser in which somebody is logged in. Builds the dashboard where it is stale. */
export const startDashboard = async (
  options: {
    tenant?: Parameters<typeof createTenant>[1]
    width?: number
    env?: Record<string, string>
    overrides?: Partial<Deps>
    has_scrollbars?: boolean
  } = {},
): Promise<Dashboard> => {
  await buildDashboard()
  const h = await startHarness({ env: options.env, overrides: options.overrides, dashboard: DASHBOARD_FOLDER })
  const tenant = await createTenant(h, options.tenant)
  const { refresh_token } = await h.deps.sessions.open(tenant.user_id)
  const browser = await launchBrowser(options.has_scrollbars)
  const { page, complaints } = await openWindow(
    browser,
    { refresh_token, workspace_id: tenant.workspace_id },
    options.width,
  )
  return {
    h,
    tenant,
    page,
    complaints,
    open: async (path) => {
      await page.goto(h.base_url + path)
    },
    close: async () => {
      await within(browser.close(), 'closing the browser').catch(() => {})
      await h.close()
    },
  }
}

/** What a browser that stands still never answers fails with words after a minute; Playwright waits for ever for some of it. */
const within = async <T>(work: Promise<T>, what: string): Promise<T> => {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} took more than a minute: the browser stands still`)), 60_000)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Does something that asks the server for work, and waits until it was asked: what the page shows may come before the answer, and
 * a worker that looks too early finds nothing to do.
 */
export const whenAccepted = async (page: Page, path: RegExp, act: () => Promise<void>): Promise<void> => {
  const answered = page.waitForResponse((answer) => path.test(answer.url()) && answer.request().method() !== 'GET')
  await act()
  await answered
}

type Violation = { id: string; help: string; nodes: { target: unknown[]; failureSummary?: string }[] }
let axeSource: string | null = null

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** The rules whose verdict a change of colours can change: names, roles and order stay what they were. */
export const COLOUR_RULES = ['color-contrast', 'link-in-text-block']

/**
 * Whatever axe finds on the page as it stands; with where, so that a failure can be mended from its text. `rules` are asked alone
 * where all others were asked of the same page before.
 */
export const assertAccessible = async (page: Page, where: string, rules?: readonly string[]): Promise<void> => {
  axeSource ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  if (!(await page.evaluate('Boolean(window.axe)'))) await within(page.evaluate(axeSource), `axe on ${where}`)
  const only = rules ? { type: 'rule', values: rules } : STANDARDS
  const found = (await within(
    page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(only)} }).then((r) => r.violations)`),
    `axe on ${where}`,
  )) as Violation[]
  const lines = found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')} (${failureSummary ?? ''})`),
  )
  assert.deepEqual(lines, [], `axe on ${where}`)
}
