import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core'
import { buildExtension } from '../build.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Why tests of the browser cannot run here, for `skip`; false where they can. */
export const noBrowser: string | false = existsSync(CHROMIUM)
  ? false
  : `there is no browser at ${CHROMIUM}; install Chromium or set CHROMIUM_PATH`

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Lets the test press the extension's button, as a person would, and load it without a dialogue.
  '--enable-unsafe-extension-debugging',
]

const PATIENCE_MS = 20_000

/** The popup of the extension, as it hangs under its button. It is no tab, so it is spoken to by the protocol itself. */
export type Popup = {
  evaluate: <T>(expression: string) => Promise<T>
  /** Waits until an expression is true. */
  until: (expression: string) => Promise<void>
  click: (id: string) => Promise<void>
  fill: (id: string, value: string) => Promise<void>
  text: (id: string) => Promise<string>
  press: (key: string) => Promise<void>
  close: () => Promise<void>
}

export type Browser = {
  context: BrowserContext
  extension_id: string
  newPage: (url: string) => Promise<Page>
  /** Presses the extension's button on a page. */
  openPopup: (page: Page) => Promise<Popup>
  /** What the extension has stored, read in a page of its own. */
  stored: () => Promise<Record<string, unknown>>
  close: () => Promise<void>
}

export const startBrowser = async (): Promise<Browser> => {
  const folder = await mkdtemp(join(tmpdir(), 'bavlio-browser-'))
  await buildExtension(join(folder, 'dist'))
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath: CHROMIUM,
    headless: false,
    args: FLAGS,
    ignoreDefaultArgs: ['--disable-extensions'],
  })
  const browser = context.browser()
  if (!browser) throw new Error('The browser cannot be spoken to.')
  const cdp = await browser.newBrowserCDPSession()
  const send = cdp.send.bind(cdp) as (method: string, params?: object) => Promise<Record<string, unknown>>
  const { id } = (await send('Extensions.loadUnpacked', { path: join(folder, 'dist', 'chrome') })) as { id: string }

  const targets = async (type: string): Promise<{ targetId: string; url: string }[]> => {
    const filter = [{ type, exclude: false }]
    const { targetInfos } = await send('Target.getTargets', { filter })
    return targetInfos as { targetId: string; url: string }[]
  }
  const openPopup = async (page: Page): Promise<Popup> => {
    await page.bringToFront()
    const tab = (await targets('tab')).find(({ url }) => url === page.url())
    if (!tab) throw new Error(`There is no tab at ${page.url()}.`)
    await send('Extensions.triggerAction', { id, targetId: tab.targetId })
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      const found = (await targets('page')).find(({ url }) => url === `chrome-extension://${id}/popup/popup.html`)
      if (found) return speakTo(cdp, found.targetId)
      if (performance.now() > deadline) throw new Error('The popup did not open.')
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return {
    context,
    extension_id: id,
    newPage: async (url) => {
      const page = await context.newPage()
      await page.goto(url)
      return page
    },
    openPopup,
    stored: async () => {
      const page = await context.newPage()
      await page.goto(`chrome-extension://${id}/popup/popup.html`)
      const found = await page.evaluate(async () => ({
        ...(await (chrome as unknown as { storage: { local: { get: () => Promise<object> } } }).storage.local.get()),
        ...Object.fromEntries(Object.entries(localStorage)),
      }))
      await page.close()
      return found
    },
    close: async () => {
      await context.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

type Answer = { id: number; result?: Record<string, unknown>; error?: { message: string } }

const speakTo = async (cdp: CDPSession, targetId: string): Promise<Popup> => {
  const raw = cdp as unknown as {
    send: (method: string, params: object) => Promise<{ sessionId: string }>
    on: (event: string, listener: (event: { sessionId: string; message: string }) => void) => void
    off: (event: string, listener: (event: { sessionId: string; message: string }) => void) => void
  }
  const { sessionId } = await raw.send('Target.attachToTarget', { targetId, flatten: false })
  let count = 0
  const waiting = new Map<number, (answer: Answer) => void>()
  const listen = (event: { sessionId: string; message: string }): void => {
    if (event.sessionId !== sessionId) return
    const answer = JSON.parse(event.message) as Answer
    waiting.get(answer.id)?.(answer)
    waiting.delete(answer.id)
  }
  raw.on('Target.receivedMessageFromTarget', listen)
  const ask = async (method: string, params: object = {}): Promise<Record<string, unknown>> => {
    const id = ++count
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve))
    await raw.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
    const answer = await answered
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
    return answer.result ?? {}
  }
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = (await ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } }
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the expression failed')
    return result.value
  }
  const until = async (expression: string): Promise<void> => {
    const deadline = performance.now() + PATIENCE_MS
    while (!(await evaluate(`Boolean(${expression})`).catch(() => false)))
      if (performance.now() > deadline)
        throw new Error(`never true: ${expression}; the popup says: ${await evaluate('document.body.innerText')}`)
  }
  const find = (id: string): string => `document.getElementById(${JSON.stringify(id)})`
  await until("document.body?.dataset.ready === 'true'")
  return {
    evaluate,
    until,
    click: async (id) => {
      await until(`${find(id)} && !${find(id)}.disabled && ${find(id)}.checkVisibility()`)
      await evaluate(`${find(id)}.click()`)
    },
    fill: (id, value) =>
      evaluate(
        `{ const field = ${find(id)}; field.focus(); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('input', { bubbles: true })); undefined }`,
      ),
    text: (id) => evaluate(`${find(id)}.textContent.trim()`),
    press: async (key) => {
      const code = { Tab: 9, Enter: 13, ' ': 32 }[key] ?? 0
      const text = key === 'Enter' ? '\r' : key === ' ' ? ' ' : undefined
      const event = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: code, ...(text ? { text } : {}) }
      await ask('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...event })
      await ask('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    },
    close: async () => {
      raw.off('Target.receivedMessageFromTarget', listen)
      await (cdp.send as (method: string, params: object) => Promise<unknown>)('Target.closeTarget', { targetId })
    },
  }
}

export type PageServer = {
  origin: string
  /** Pages that were asked for, each with its time. */
  asked: { path: string; at: number }[]
  close: () => Promise<void>
}

type Serve = (path: string, query: URLSearchParams) => { status?: number; html: string } | null

/** The pages of ./pages on loopback, and what `serve` answers beside them. */
export const startPages = async (serve: Serve = () => null): Promise<PageServer> => {
  const asked: PageServer['asked'] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://x${request.url}`)
    asked.push({ path: `${url.pathname}${url.search}`, at: performance.now() })
    const made = serve(url.pathname, url.searchParams)
    const name = /^\/pages\/([\w-]+\.html)$/.exec(url.pathname)?.[1]
    const html = made?.html ?? (name ? await readFile(new URL(`./pages/${name}`, import.meta.url), 'utf8') : null)
    response.writeHead(html === null ? 404 : (made?.status ?? 200), { 'content-type': 'text/html; charset=utf-8' })
    response.end(html ?? '')
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
