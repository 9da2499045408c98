import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { createUser } from '../server/src/features/auth/operator-accounts.ts'
import { DASHBOARD_FOLDER } from '../server/src/features/system/dashboard-pages.ts'
import { createTenant } from '../server/test/builders.ts'
import { type Harness, startHarness, unique } from '../server/test/harness.ts'
import { assertAccessible, buildDashboard, launchBrowser, noBrowser, openWindow, whenAccepted } from './dashboard.ts'

const PASSWORD = 'correct horse battery'

const logIn = async (page: Page, email: string): Promise<void> => {
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
}

describe('a newcomer on an empty instance', { skip: noBrowser }, () => {
  let h: Harness
  let browser: Browser
  before(async () => {
    await buildDashboard()
    h = await startHarness({ env: { SIGNUP: 'first_user' }, dashboard: DASHBOARD_FOLDER })
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await h?.close()
  })

  test('comes from the first page to letters that were sent and answered, without a request of their own', async () => {
    const { page, complaints } = await openWindow(browser, null)
    await page.goto(h.base_url)
    await page.getByRole('heading', { name: 'Make the first account' }).waitFor()
    await assertAccessible(page, 'the first sign-up')
    await page.getByLabel('Name').fill('Nina Newcomer')
    await page.getByLabel('E-mail address').fill('nina@example.com')
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByRole('heading', { name: 'Three steps to your first campaign' }).waitFor()
    await page.getByRole('button', { name: 'Do it all with sample data' }).click()
    await page.getByRole('button', { name: 'Launch', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Launch to 60 leads' }).click()
    await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/)
    await h.worker.drain()
    await page.getByRole('link', { name: 'Home' }).click()
    await page
      .getByRole('heading', { name: /^(?:Let time pass, and watch the first letters leave|Sandbox clock)$/ })
      .waitFor()
    await assertAccessible(page, 'home after the first launch')
    await whenAccepted(page, /clock\/advance$/, () => page.getByRole('button', { name: 'One week' }).click())
    await page.getByRole('progressbar').waitFor()
    await h.worker.drain()
    await page.getByText(/messages sent by/).waitFor()
    const sent = page.locator('dl').getByText('Sent', { exact: true }).locator('..').getByRole('definition').last()
    await page.waitForFunction((element) => Number(element?.textContent) >= 60, await sent.elementHandle())
    await page.getByRole('link', { name: /(?:replies wait|reply waits) for an answer/ }).waitFor()
    assert.deepEqual(complaints, [])
  })

  test('is the only one: whoever comes next needs an invitation, and one who is there already joins by it', async () => {
    const { page } = await openWindow(browser, null)
    await page.goto(h.base_url)
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'Make an account' }).count(), 0)
    assert.equal(await page.getByRole('button', { name: 'Continue with Google' }).count(), 0)
    await page.goto(`${h.base_url}/sign-up`)
    await page.getByText('by invitation only').waitFor()
    await assertAccessible(page, 'sign-up by invitation')
    const other = await createTenant(h)
    const email = `${unique('ida')}@example.com`
    await createUser(h.deps, { email, password: PASSWORD, name: 'Ida' })
    const invited = await h.call<{ token: string }>('POST', `/api/v1/workspaces/${other.workspace_id}/invitations`, {
      as: other.session,
      body: { email, role: 'member' },
    })
    await page.goto(`${h.base_url}/sign-up?invitation=${invited.body.token}`)
    await page.getByRole('link', { name: 'Log in' }).click()
    await logIn(page, email)
    await page.getByText(`You are logged in as ${email}.`).waitFor()
    await assertAccessible(page, 'an invitation')
    await page.getByRole('button', { name: 'Join the workspace' }).click()
    await page.waitForFunction(
      (id) => (document.querySelector('select[aria-label="Workspace"]') as HTMLSelectElement | null)?.value === id,
      other.workspace_id,
    )
  })
})

describe('Google', { skip: noBrowser }, () => {
  let h: Harness
  let browser: Browser
  before(async () => {
    await buildDashboard()
    h = await startHarness({
      env: { GOOGLE_CLIENT_ID: 'client', GOOGLE_CLIENT_SECRET: 'secret', SIGNUP: 'invite' },
      dashboard: DASHBOARD_FOLDER,
    })
    browser = await launchBrowser()
  })
  after(async () => {
    await browser?.close()
    await h?.close()
  })

  test('is a way in where it is set up: there and back to the page one wanted, and only if it was begun in this tab', async () => {
    const { page, complaints } = await openWindow(browser, null)
    const email = `${unique('gus')}@example.com`
    const { user_id } = await createUser(h.deps, { email, password: PASSWORD, name: 'Gus' })
    // Google itself is the one that is not here: it agrees at once, and its answer is taken at its word.
    const finished: string[][] = []
    h.deps.sessions.finishGoogle = async (code, state) => {
      finished.push([code, state])
      return { user_id, tokens: await h.deps.sessions.open(user_id), created: false }
    }
    let answer = ''
    await page.route('https://accounts.google.com/**', async (route) => {
      const asked = new URL(route.request().url()).searchParams
      answer = `${asked.get('redirect_uri')}?code=4%2F123&state=${asked.get('state')}`
      await route.fulfill({ status: 302, headers: { location: answer } })
    })
    await page.goto(`${h.base_url}/notifications`)
    await page.getByRole('button', { name: 'Continue with Google' }).waitFor()
    await assertAccessible(page, 'the log-in with Google')
    await page.getByRole('button', { name: 'Continue with Google' }).click()
    await page.getByRole('heading', { name: 'Notifications' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/notifications')
    assert.deepEqual(finished, [['4/123', new URL(answer).searchParams.get('state')]])
    await page.getByRole('button', { name: email }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    // The same answer as a link from somebody else.
    await page.goto(answer)
    await page.getByText('This log-in was not begun in this tab.').waitFor()
    await assertAccessible(page, 'a log-in that was not begun here')
    await page.goto(`${h.base_url}/log-in/google?error=access_denied`)
    await page.getByText('You did not agree at Google.').waitFor()
    assert.equal(finished.length, 1)
    await page.goto(`${h.base_url}/sign-up?invitation=one`)
    await page.getByRole('button', { name: 'Make the account' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Continue with Google' }).count(), 0)
    assert.deepEqual(complaints, [])
  })
})

describe('a session', { skip: noBrowser }, () => {
  let h: Harness
  let browser: Browser
  let page: Page
  let complaints: string[]
  let email: string
  /** The paths of the API that were asked, with their answers. */
  const answers: { path: string; status: number }[] = []
  const refreshes = () => answers.filter(({ path }) => path === '/api/v1/account/refresh')
  before(async () => {
    await buildDashboard()
    h = await startHarness({ dashboard: DASHBOARD_FOLDER })
    browser = await launchBrowser()
    email = `${unique('ada')}@example.com`
    await createUser(h.deps, { email, password: PASSWORD, name: 'Ada' })
    const window = await openWindow(browser, null)
    page = window.page
    complaints = window.complaints
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname.startsWith('/api/')) answers.push({ path: pathname, status: response.status() })
    })
  })
  after(async () => {
    await browser?.close()
    await h?.close()
  })

  test('whose token the server takes no more is renewed once for all calls that were refused, and nobody notices', async () => {
    await page.goto(h.base_url)
    await logIn(page, email)
    await page.getByRole('heading', { name: 'Three steps to your first campaign' }).waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByLabel('Postal address').waitFor()
    // Two hours later by the server's clock; by the browser's own the token is as good as new.
    h.clock.advance(2 * 3_600_000)
    // For most of a second the server believes a token it has just looked up.
    await page.waitForTimeout(1_000)
    answers.length = 0
    await page.getByRole('link', { name: 'Plan and limits' }).click()
    await page.getByText('Unlimited on this plan').waitFor()
    const refused = answers.filter(({ status }) => status === 401)
    assert.ok(refused.length >= 2, `several calls met the end of the token: ${JSON.stringify(answers)}`)
    assert.deepEqual(refreshes(), [{ path: '/api/v1/account/refresh', status: 200 }])
    assert.equal(await page.getByText('UNAUTHORIZED').count(), 0)
  })

  test('that has ended leads to the log-in, and from there back to the same page of the same workspace', async () => {
    const made = await h.call<{ workspace_id: string }>('POST', '/api/v1/workspaces', {
      as: (await h.deps.sessions.open((await userId(h, email)) as string)).access_token,
      body: { name: 'Second one', mode: 'sandbox' },
    })
    await page.reload()
    await page.getByLabel('Workspace', { exact: true }).selectOption(made.body.workspace_id)
    await page.goto(`${h.base_url}/notifications?all=true`)
    await page.getByText('No notifications yet').waitFor()
    await h.deps.db.deleteFrom('auth_sessions').execute()
    h.clock.advance(2 * 3_600_000)
    // For most of a second the server believes a token it has just looked up.
    await page.waitForTimeout(1_000)
    answers.length = 0
    await page.getByRole('button', { name: 'Unread' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.equal(refreshes().length, 1)
    assert.equal(new URL(page.url()).searchParams.get('next'), '/notifications')
    await assertAccessible(page, 'the log-in')
    await logIn(page, email)
    await page.getByText('Nothing is unread').waitFor()
    assert.equal(await page.getByLabel('Workspace', { exact: true }).inputValue(), made.body.workspace_id)
  })

  test('leads nowhere else than to our own pages after a log-in', async () => {
    await page.getByRole('button', { name: email }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.equal(await page.evaluate(() => localStorage.getItem('bavlio.session')), null)
    await page.goto(`${h.base_url}/log-in?next=${encodeURIComponent('//elsewhere.example/')}`)
    await logIn(page, email)
    await page.getByRole('heading', { name: 'Three steps to your first campaign' }).waitFor()
    assert.equal(new URL(page.url()).host, new URL(h.base_url).host)
    assert.deepEqual(complaints, [])
  })
})

const userId = async (h: Harness, email: string): Promise<string | undefined> =>
  (await h.deps.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirst())?.id
