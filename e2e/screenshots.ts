import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { createApiClient } from '../server/src/demo/api-client.ts'
import { buildDashboard, launchBrowser, noBrowser, openWindow } from './dashboard.ts'
import { furnish, HOOK } from './furnish.ts'
import { pathOf, SCREENS, type Screen, settle } from './screens.ts'

/**
 * Takes the picture of every screen of the dashboard, from the demo's data: at a desk and on a phone, light and dark. Says
 * which screens could not be taken, and fails where there was one.
 */
const HELP = `npm run screenshots -- [--only name,…] [--data folder] [--out folder] [--whole]

  --only   screens whose names begin so; all by default
  --data   keeps the demo's data there, so that the next run need not make them
  --out    where the pictures go; screenshots/ by default
  --whole  pictures as tall as what scrolls in them
`
const SIZES = [
  { name: '1440', width: 1440, height: 900 },
  { name: '390', width: 390, height: 844 },
] as const
const THEMES = ['light', 'dark'] as const
const TALLEST = 6_000

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    data: { type: 'string' },
    out: { type: 'string', default: 'screenshots' },
    whole: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
if (noBrowser) {
  process.stderr.write(`bavlio: ${noBrowser}\n`)
  process.exit(1)
}
const only = values.only?.flatMap((names) => names.split(','))
const screens = SCREENS.filter(({ name }) => !only || only.some((begin) => name.startsWith(begin)))
const folder = values.data ? resolve(values.data) : await mkdtemp(join(tmpdir(), 'bavlio-screenshots-'))
// As root the database runs as another user, who has to walk in here.
if (!values.data) await chmod(folder, 0o711)
const out = resolve(values.out)
await mkdir(out, { recursive: true })

type Demo = { base_url: string; api_key: string; email: string; password: string }

/** The demo as a person starts it, in a process of its own; it ends with us. */
const startDemo = async (): Promise<{ demo: Demo; stop: () => Promise<void> }> => {
  const main = fileURLToPath(new URL('../server/src/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, 'demo', '--json'], {
    env: { ...process.env, PORT: '0', DATA_DIR: folder, EGRESS_ALLOW: HOOK },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop().then(() => process.exit(1)))
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('{')) return { demo: JSON.parse(line) as Demo, stop }
  throw new Error('the demo ended before it was ready')
}

/** As tall as what scrolls in it, so that one picture shows all. */
const stretch = async (page: Page, size: { width: number; height: number }): Promise<void> => {
  const hidden = Number(
    await page.evaluate(
      '(() => { const main = document.querySelector("main"); return main ? main.scrollHeight - main.clientHeight : 0 })()',
    ),
  )
  if (hidden > 0)
    await page.setViewportSize({ width: size.width, height: Math.min(TALLEST, size.height + Math.ceil(hidden)) })
}

const failures: string[] = []
let taken = 0
await buildDashboard()
const { demo, stop } = await startDemo()
const browser = await launchBrowser()
try {
  const signal = new AbortController().signal
  const log_in = { email: demo.email, password: demo.password }
  const logIn = () =>
    createApiClient(demo.base_url, null, signal).call<{ access_token: string; refresh_token: string }>(
      'POST',
      '/api/v1/account/login',
      log_in,
    )
  const session = createApiClient(demo.base_url, (await logIn()).access_token, signal)
  const { items } = await session.call<{ items: { workspace_id: string; is_personal: boolean }[] }>(
    'GET',
    '/api/v1/workspaces',
  )
  const workspace_id = items.find(({ is_personal }) => is_personal)?.workspace_id ?? ''
  const data = await furnish(createApiClient(demo.base_url, demo.api_key, signal), { workspace_id, session })
  // A refresh token is used up by its first use, so each window has a log-in of its own.
  const windows = {
    somebody: await openWindow(browser, { ...(await logIn()), workspace_id }),
    newcomer: await openWindow(browser, { ...(await logIn()), workspace_id: data.empty_workspace_id }),
    nobody: await openWindow(browser, null),
  }
  const take = async (screen: Screen, size: (typeof SIZES)[number], theme: (typeof THEMES)[number]): Promise<void> => {
    const { page, complaints } = windows[screen.as ?? 'somebody']
    complaints.length = 0
    await page.setViewportSize(size)
    await page.emulateMedia({ colorScheme: theme })
    await page.goto(demo.base_url + pathOf(screen, data))
    await settle(page)
    await screen.act?.(page, data)
    if (values.whole && !(await page.getByRole('dialog').count())) await stretch(page, size)
    await page.screenshot({ path: join(out, `${screen.name}.${size.name}.${theme}.png`), animations: 'disabled' })
    taken++
    for (const words of complaints) failures.push(`${screen.name} at ${size.name}, ${theme}: the console says ${words}`)
  }
  for (const screen of screens) {
    process.stderr.write(`${screen.name}\n`)
    for (const size of SIZES)
      for (const theme of THEMES)
        await take(screen, size, theme).catch(async (error: Error) => {
          failures.push(`${screen.name} at ${size.name}, ${theme}: ${error.message.split('\n')[0]}`)
          // What was seen instead says more than the error.
          const { page } = windows[screen.as ?? 'somebody']
          await page.screenshot({ path: join(out, `${screen.name}.${size.name}.${theme}.failed.png`) }).catch(() => {})
        })
  }
} finally {
  await browser.close()
  await stop()
  if (!values.data) await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`${[...failures, `${taken} pictures in ${out}`].join('\n')}\n`)
process.exitCode = failures.length ? 1 : 0
