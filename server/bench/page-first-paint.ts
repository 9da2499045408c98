import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import type { BenchContext, Measurement } from './bench.ts'
import { BENCH_SECRET, createBenchDatabase, createBenchTenant } from './bench-database.ts'
import { startProgram } from './child-process.ts'
import { median } from './median.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const ROUNDS = 15
/** The first windows of a browser pay for its start. */
const WARM_UP = 3

type Paint = { first: number; heading: number }

/**
 * Opens a page in a window that knows nothing of it (no cache, no connection) and reads, in milliseconds since the request,
 * when the first text or picture was painted, and when the page's heading was there.
 */
const paint = async (browser: Browser, url: string, stored: string | null): Promise<Paint> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  try {
    if (stored) await context.addInitScript((value) => localStorage.setItem('bavlio.session', value), stored)
    await context.addInitScript(`
      globalThis.headingAt = new Promise((done) => {
        const look = () => document.querySelector('h1') ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look)
        look()
      })`)
    const page = await context.newPage()
    await page.goto(url)
    return (await page.evaluate(`(async () => {
      const first = await new Promise((done) => new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (entry.name === 'first-contentful-paint') done(entry.startTime)
      }).observe({ type: 'paint', buffered: true }))
      return { first, heading: await globalThis.headingAt }
    })()`)) as Paint
  } finally {
    await context.close()
  }
}

const measure = async (context: BenchContext, isLoggedIn: boolean): Promise<Measurement | null> => {
  if (!existsSync(CHROMIUM)) {
    context.note(`there is no browser at ${CHROMIUM}; install Chromium or set CHROMIUM_PATH`)
    return null
  }
  const build = fileURLToPath(new URL('../../web/build.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [build, '--if-stale'])
  const database = await createBenchDatabase(context.database_url)
  try {
    const tenant = await createBenchTenant(database.client, { aliases: 1, mode: 'sandbox' })
    await database.client.query('update plans set requests_per_minute = 100000000')
    const windows = ROUNDS + WARM_UP
    const args = { database_url: database.url, folder: context.folder, secret: BENCH_SECRET, user_id: tenant.user_id }
    const server = await startProgram('./page-server.ts', [JSON.stringify({ ...args, windows })])
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
    try {
      const { address, refresh_tokens } = JSON.parse(server.line) as { address: string; refresh_tokens: string[] }
      const ours: Paint[] = []
      const limit: Paint[] = []
      for (let round = 0; round < windows; round++) {
        const stored = isLoggedIn
          ? JSON.stringify({ refresh_token: refresh_tokens[round], workspace_id: tenant.workspace_id })
          : null
        const page = await paint(browser, `${address}${isLoggedIn ? '/' : '/log-in'}`, stored)
        const empty = await paint(browser, `${address}/empty-page`, null)
        if (round < WARM_UP) continue
        ours.push(page)
        limit.push(empty)
      }
      const heading = median(ours.map((one) => one.heading))
      context.note(`the page's heading was there after ${heading.toFixed(0)} ms`)
      return {
        ours: median(ours.map((one) => one.first)),
        limit: median(limit.map((one) => one.first)),
        unit: 'ms',
      }
    } finally {
      await browser.close()
      await server.stop()
    }
  } finally {
    await database.drop()
  }
}

/** From the request to the first text or picture of the log-in page, against a page of one word from the same server. */
export const measurePageFirstPaint = (context: BenchContext): Promise<Measurement | null> => measure(context, false)

/** The same for the first page of somebody who is logged in. */
export const measureHomeFirstPaint = (context: BenchContext): Promise<Measurement | null> => measure(context, true)
