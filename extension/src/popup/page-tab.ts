import type { PageReading } from '../content/read-page.ts'
import { api } from './browser-api.ts'

type InPage = { bavlio: { read: () => PageReading; follow: () => string | null } }

/** The page cannot be looked at; the message is for the person. */
export class PageProblem extends Error {}

const POLL_MS = 400
const TURN_MS = 20_000

export type PageTab = {
  read: () => Promise<PageReading>
  /** Goes to the next page as the person's click would, and waits until it shows something new. */
  turn: (before: PageReading) => Promise<PageReading>
}

const closed = (): PageProblem =>
  new PageProblem('The browser does not let extensions read this page. Open the page of a list and try there.')

/** The tab that the person looks at. Only what they opened the extension on may be read (activeTab). */
export const openPageTab = async (): Promise<PageTab> => {
  const [tab] = await api.tabs.query({ active: true, currentWindow: true })
  const tabId = tab?.id
  if (tabId === undefined) throw closed()
  const target = { tabId }

  const run = async <T>(func: () => T): Promise<T> => {
    // From the root: Firefox takes a path without the slash for one beside this page.
    await api.scripting.executeScript({ target, files: ['/content/read-page.js'] })
    const [answer] = await api.scripting.executeScript({ target, func })
    if (answer?.result === undefined) throw closed()
    return answer.result
  }
  const read = (): Promise<PageReading> => run(() => (globalThis as unknown as InPage).bavlio.read())

  return {
    read: async () => {
      try {
        return await read()
      } catch {
        throw closed()
      }
    },
    turn: async (before) => {
      // A null would be no result, so the answer is wrapped.
      const { obstacle } = await run(() => ({ obstacle: (globalThis as unknown as InPage).bavlio.follow() })).catch(
        () => {
          throw closed()
        },
      )
      if (obstacle) throw new PageProblem(obstacle)
      const deadline = performance.now() + TURN_MS
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        // Between two pages there is none to read.
        const reading = await read().catch(() => null)
        if (reading?.is_loaded && (reading.trouble || isOther(reading, before))) return reading
        if (performance.now() > deadline)
          throw new PageProblem('The next page did not come. Look at the tab, and open this again there.')
      }
    },
  }
}

/** Applications change their rows without changing the address, and some links change the address first. */
const isOther = (reading: PageReading, before: PageReading): boolean =>
  reading.lists.length > 0 && JSON.stringify(reading.lists.map(bare)) !== JSON.stringify(before.lists.map(bare))

const bare = ({ reader, rows }: PageReading['lists'][number]) => ({ reader, rows })
