import type { PageList, PageReading } from '../content/read-page.ts'
import {
  type Account,
  AccountProblem,
  askForAccess,
  checkAccount,
  forgetAccount,
  hostOf,
  loadAccount,
  readLogIn,
  saveAccount,
} from './account.ts'
import { addRows, type Gathered, leadsOf, listLike, nothingGathered, problemWith } from './gathered-rows.ts'
import { openPageTab, PageProblem, type PageTab } from './page-tab.ts'
import { drawPreview } from './preview-table.ts'
import { downloadExtraction, sendExtraction } from './send-extraction.ts'

const part = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T

const FIRST_ROWS = 20

/** Everything lives as long as the popup is open; only the account is stored. */
type Work = {
  tab: PageTab
  reading: PageReading
  list: PageList
  gathered: Gathered
  turned_at: number
  has_turned: boolean
}

let account: Account | null = null
let work: Work | null = null
let shows_all = false
/** Made anew with every change, so that a send which is repeated after a fault is stored once, and a changed one twice. */
let request_key = crypto.randomUUID()

const say = (text: string): void => {
  part('status').textContent = text
}

const complain = (error: unknown): void => {
  const known = error instanceof AccountProblem || error instanceof PageProblem
  if (!known) console.error(error)
  part('problem').textContent = known ? error.message : 'Something went wrong. Close this and try again.'
  part('allow').hidden = !(error instanceof AccountProblem && error.can_allow && !account)
}

/** Runs a piece of work with everything that could start another one switched off. */
const busy = async (text: string, run: () => Promise<void>): Promise<void> => {
  part('problem').textContent = ''
  say(text)
  part('progress').hidden = false
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('button')]
  const was = buttons.map(({ disabled }) => disabled)
  for (const button of buttons) button.disabled = true
  try {
    await run()
  } catch (error) {
    say('')
    complain(error)
  } finally {
    part('progress').hidden = true
    for (const [at, button] of buttons.entries()) button.disabled = was[at] ?? false
    drawTurn()
  }
}

const showLogIn = (): void => {
  part('account').hidden = true
  part('gather').hidden = true
  part('log-in').hidden = false
  part('base-url').focus()
}

const showAccount = (known: Account): void => {
  part('log-in').hidden = true
  part('account').hidden = false
  part('host').textContent = hostOf(known)
  part('gather').hidden = false
}

const logIn = (): Promise<void> =>
  busy('Checking the key…', async () => {
    const fields = [part<HTMLInputElement>('base-url'), part<HTMLInputElement>('api-key')] as const
    for (const field of fields) field.removeAttribute('aria-invalid')
    try {
      const given = readLogIn(fields[0].value, fields[1].value)
      await checkAccount(given)
      await saveAccount(given)
      account = given
    } catch (error) {
      const field = error instanceof AccountProblem && error.field === 'api_key' ? fields[1] : fields[0]
      field.setAttribute('aria-invalid', 'true')
      field.focus()
      throw error
    }
    fields[1].value = ''
    showAccount(account)
    await lookAtPage()
  })

const logOut = async (): Promise<void> => {
  await forgetAccount(account)
  account = null
  work = null
  say('Logged out. The key is forgotten.')
  part('problem').textContent = ''
  showLogIn()
}

const lookAtPage = async (): Promise<void> => {
  for (const id of ['lists', 'marked-choice', 'chosen', 'sent']) part(id).hidden = true
  const tab = await openPageTab()
  const reading = await tab.read()
  if (reading.trouble) throw new PageProblem(reading.trouble)
  if (!reading.lists.length) {
    say('No table and no list of people was found on this page.')
    return
  }
  const choices = part('list-choices')
  choices.replaceChildren(
    ...reading.lists.map((list, at) => {
      const label = document.createElement('label')
      const radio = document.createElement('input')
      radio.type = 'radio'
      radio.name = 'list'
      radio.checked = at === 0
      radio.addEventListener('change', () => choose(tab, reading, list))
      label.append(radio, describeList(list))
      return label
    }),
  )
  part('lists').hidden = false
  const count = reading.lists.length
  say(count === 1 ? 'One list was found.' : `${count} lists were found.`)
  choose(tab, reading, reading.lists[0] as PageList)
}

const describeList = (list: PageList): string => {
  const title = list.title ? ` “${list.title}”` : ''
  return `${list.reader_title}${title}: ${plural(list.rows.length, 'row')}, ${plural(list.columns.length, 'column')}`
}

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

const choose = (tab: PageTab, reading: PageReading, list: PageList): void => {
  const marked = list.marked?.filter(Boolean).length ?? 0
  part('marked-choice').hidden = !list.marked
  part('marked-label').textContent = `Only the rows you have marked on the page (${marked})`
  const only = part<HTMLInputElement>('only-marked')
  only.checked = marked > 0
  only.disabled = !marked
  work = { tab, reading, list, gathered: nothingGathered(), turned_at: performance.now(), has_turned: false }
  shows_all = false
  gatherPage()
  part<HTMLInputElement>('title').value = (list.title || reading.title || new URL(reading.url).hostname).slice(0, 255)
}

/** Begins again with the rows of the first page. */
const gatherPage = (): void => {
  if (!work) return
  work.gathered = nothingGathered()
  work.has_turned = false
  const only = part<HTMLInputElement>('only-marked').checked ? work.list.marked : null
  addRows(work.gathered, work.list, work.reading.url, only)
  draw()
}

const draw = (): void => {
  if (!work) return
  const { gathered } = work
  part('chosen').hidden = false
  part('sent').hidden = true
  drawPreview(part('preview'), gathered, shows_all ? gathered.rows.length : FIRST_ROWS, () => {
    request_key = crypto.randomUUID()
    part('sent').hidden = true
    drawCount()
  })
  const showAll = part('show-all')
  showAll.hidden = shows_all || gathered.rows.length <= FIRST_ROWS
  showAll.textContent = `Show all ${gathered.rows.length} rows`
  request_key = crypto.randomUUID()
  drawCount()
  drawTurn()
}

const drawCount = (): void => {
  if (!work) return
  const { gathered } = work
  const kept = leadsOf(gathered).length
  const columns = gathered.columns.filter(({ is_kept }) => is_kept).length
  const facts = [
    `${kept} of ${plural(gathered.rows.length, 'row')} and ${columns} of ${plural(gathered.columns.length, 'column')} chosen`,
  ]
  if (gathered.duplicates) facts.push(`${gathered.duplicates} left out that were there already`)
  if (gathered.page_urls.length > 1) facts.push(`from ${gathered.page_urls.length} pages`)
  part('count').textContent = `${facts.join('; ')}.`
}

let ticking: ReturnType<typeof setTimeout> | undefined

const drawTurn = (): void => {
  clearTimeout(ticking)
  const next = work?.reading.next
  const button = part<HTMLButtonElement>('turn')
  button.hidden = !next
  part('pause-choice').hidden = !next
  if (!work || !next) return
  const left = Number(part<HTMLSelectElement>('pause').value) * 1_000 - (performance.now() - work.turned_at)
  button.disabled = left > 0 || !part('progress').hidden
  button.textContent = left > 0 ? `Next page in ${Math.ceil(left / 1_000)} s` : `Read the next page too`
  if (left > 0) ticking = setTimeout(drawTurn, Math.min(left, 500))
}

const turnPage = (): Promise<void> =>
  busy('Turning the page…', async () => {
    if (!work) return
    const { tab, reading, list, gathered } = work
    work.turned_at = performance.now()
    const next = await tab.turn(reading)
    // The pause counts from when the site has answered.
    work.turned_at = performance.now()
    work.has_turned = true
    work.reading = next.trouble ? { ...next, next: null } : next
    part('marked-choice').hidden = true
    if (next.trouble) throw new PageProblem(`${next.trouble} What was read before is kept.`)
    const found = listLike(next.lists, list.reader, gathered)
    if (!found) throw new PageProblem('The next page holds no list like this one. What was read before is kept.')
    const { added, duplicates } = addRows(gathered, found, next.url, null)
    draw()
    say(`${plural(added, 'row')} added${duplicates ? `, ${duplicates} were there already` : ''}.`)
  })

const send = (): Promise<void> =>
  busy('Sending…', async () => {
    if (!work || !account) return
    const problem = problemWith(work.gathered)
    if (problem) throw new PageProblem(problem)
    const title = part<HTMLInputElement>('title').value
    const sent = await sendExtraction(account, work.gathered, { title, reader: work.list.reader, request_key })
    say('')
    const heading = part('sent-heading')
    heading.textContent = `${plural(sent.leads_count, 'lead')} stored in Bavlio as “${sent.title}”.`
    const result = part('result')
    result.dataset.extraction_id = sent.extraction_id
    result.dataset.title = sent.title
    part('sent').hidden = false
    heading.focus()
  })

/** What was stored, from the instance itself. A link cannot carry the key, so the file is fetched here and saved from memory. */
const download = (): Promise<void> =>
  busy('Fetching the file…', async () => {
    const { extraction_id, title } = part('result').dataset
    if (!account || !extraction_id) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await downloadExtraction(account, extraction_id))
    link.download = `${(title ?? 'leads').replaceAll(/[\\/:*?"<>|]+/g, '_')}.csv`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    say('Saved.')
  })

part('log-in').addEventListener('submit', (event) => {
  event.preventDefault()
  void logIn()
})
part('allow').addEventListener('click', () => {
  const address = part<HTMLInputElement>('base-url').value
  const { base_url } = readLogIn(address, part<HTMLInputElement>('api-key').value)
  void askForAccess(base_url).then((granted) => (granted ? logIn() : say('Access was not allowed.')))
})
part('log-out').addEventListener('click', () => void logOut())
part('only-marked').addEventListener('change', gatherPage)
part('show-all').addEventListener('click', () => {
  shows_all = true
  draw()
  part('preview').focus()
})
part('turn').addEventListener('click', () => void turnPage())
part('pause').addEventListener('change', drawTurn)
part('title').addEventListener('input', () => {
  request_key = crypto.randomUUID()
})
part('send').addEventListener('submit', (event) => {
  event.preventDefault()
  void send()
})
part('result').addEventListener('click', () => void download())

account = await loadAccount()
if (account) {
  showAccount(account)
  await busy('Looking at the page…', lookAtPage)
} else showLogIn()
document.body.dataset.ready = 'true'
