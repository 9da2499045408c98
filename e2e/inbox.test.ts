import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newId } from '../server/src/ids.ts'
import { openSmtpConnection } from '../server/src/ports/mail/smtp-client.ts'
import { worldGreeting } from '../server/src/world-greeting.ts'
import { startImageServer } from '../server/test/image-server.ts'
import { createSender, sendMail, type TestSender } from '../server/test/outgoing.ts'
import { assertAccessible, type Dashboard, noBrowser, startDashboard } from './dashboard.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** A reply with everything that must not happen in it: a script, a picture from elsewhere; and a file and a picture of its own. */
const hostileReply = (from: string, to: string, answered: string): string =>
  [
    `From: Hedda Holm <${from}>`,
    `To: ${to}`,
    'Subject: Re: A question',
    `In-Reply-To: ${answered}`,
    'Message-ID: <hostile@people.example>',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=outer',
    '',
    '--outer',
    'Content-Type: multipart/related; boundary=inner',
    '',
    '--inner',
    'Content-Type: text/html; charset=utf-8',
    '',
    `<p>Here is our <b>price list</b>.</p><script>parent.document.title = 'taken over'</script><img src="https://tracker.example/p.gif" alt="Banner"><img src="cid:logo" alt="Our logo"><p onclick="alert(1)">Hedda</p>`,
    '--inner',
    'Content-Type: image/png',
    'Content-ID: <logo>',
    'Content-Disposition: inline; filename=logo.png',
    'Content-Transfer-Encoding: base64',
    '',
    PIXEL,
    '--inner--',
    '--outer',
    'Content-Type: text/plain; name=prices.txt',
    'Content-Disposition: attachment; filename=prices.txt',
    '',
    'One: 10',
    '--outer--',
    '',
  ].join('\r\n')

describe('images from elsewhere in the dashboard', { skip: noBrowser }, () => {
  test('are loaded by the server when somebody asks for them, and the browser itself asks nobody', async () => {
    const images = await startImageServer({
      '/banner.png': {},
      '/drawing.svg': { type: 'image/svg+xml', body: '<svg/>' },
    })
    const d = await startDashboard({ tenant: { mode: 'live' }, overrides: { guest_http: images.http } })
    try {
      const { page, h, tenant } = d
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      const sender = await createSender(h, tenant)
      const sent = await sendMail(h, tenant, sender, 'hedda+accept@people.example')
      const now = h.clock.now()
      await h.deps.db
        .insertInto('inbound_emails')
        .values({
          id: newId(),
          workspace_id: tenant.workspace_id,
          user_id: tenant.user_id,
          alias_id: sender.alias_id,
          domain_id: sender.domain_id,
          conversation_id: sent.conversation_id,
          kind: 'human_reply',
          from_email: 'hedda@people.example',
          to_email: sender.full_email,
          subject: 'Re: A question',
          body_text: 'Here is our price list.',
          body_html: `<p>Here is our <b>price list</b>.</p><img src="${images.base_url}/banner.png" alt="Banner"><img src="${images.base_url}/drawing.svg" alt="Drawing"><img src="${images.base_url}/open.gif" width="1" height="1">`,
          raw_email_size: 400,
          received_at: now,
          created_at: now,
          updated_at: now,
        })
        .execute()
      await d.open(`/inbox?thread=${sent.conversation_id}`)
      await page.getByRole('button', { name: 'Show original' }).click()
      await page.getByText('3 images from elsewhere not loaded').waitFor()
      const frame = page.frameLocator('iframe[title^="Message of"]')
      await frame.getByText('price list').waitFor()
      assert.equal(await frame.locator('img[src]').count(), 0)
      assert.equal(images.asked.length, 0)
      await page.getByRole('button', { name: 'Load images' }).click()
      await page.getByText('One image loaded. One image could not be loaded. One tracking pixel stays out').waitFor()
      const banner = frame.getByRole('img', { name: 'Banner' })
      await banner.waitFor()
      assert.match((await banner.getAttribute('src')) ?? '', /^data:image\/png;base64,/)
      assert.equal(await banner.evaluate((image) => (image as HTMLImageElement).naturalWidth), 1)
      assert.deepEqual(images.asked.map(({ path }) => path).sort(), ['/banner.png', '/drawing.svg'])
      assert.deepEqual(
        asked.filter((url) => url.includes(images.host)),
        [],
      )
      await assertAccessible(page, 'a message with its images')
      assert.deepEqual(d.complaints, [])
    } finally {
      await d.close()
      await images.close()
    }
  })
})

describe('the inbox in the dashboard', { skip: noBrowser }, () => {
  let d: Dashboard
  let sender: TestSender
  before(async () => {
    d = await startDashboard()
    sender = await createSender(d.h, d.tenant)
  })
  after(() => d?.close())

  const rows = () => d.page.getByRole('list', { name: 'Threads' }).getByRole('listitem')
  const toast = (words: string) => d.page.locator('[data-sonner-toast]').filter({ hasText: words })

  /** Two people of the sandbox answer, one is away. */
  const letThemAnswer = async (): Promise<void> => {
    for (const to of ['rita+reply@people.example', 'nora+reply@people.example', 'otto+ooo@people.example'])
      await sendMail(d.h, d.tenant, sender, to)
    d.h.clock.advance(4 * 86_400_000)
    await d.h.worker.drain()
  }

  const receive = async (raw: string, from: string, to: string): Promise<void> => {
    const session = await openSmtpConnection({
      host: '127.0.0.1',
      port: d.h.deps.address.inbound_smtp_port as number,
      name: worldGreeting(d.h.deps.secrets.key('mail-tokens'), d.tenant.workspace_id),
      secure: 'none',
    })
    await session.send({ mail_from: from, rcpt_to: to, raw: Buffer.from(raw) })
    session.close()
    await d.h.worker.drain()
  }

  test('is empty and says what it is for', async () => {
    await d.open('/inbox')
    await d.page.getByText('Nothing is left to do').waitFor()
    await assertAccessible(d.page, 'the empty inbox')
  })

  test('asks for the stream of events less and less often while it fails, and lists the threads all the same', async () => {
    const { page } = d
    let asked = 0
    await page.route(/\/api\/v1\/events/, (route) => {
      asked++
      return route.fulfill({ status: 500, json: { detail: 'INTERNAL_ERROR', message: 'Not now.', request_id: 'r' } })
    })
    await page.reload()
    await page.getByText('Nothing is left to do').waitFor()
    // After six seconds and then after twelve; every three it would be three times by now.
    await page.waitForTimeout(8_500)
    assert.equal(asked, 2)
    await page.unroute(/\/api\/v1\/events/)
  })

  test('sorts answers by kind, and opening one reads it', async () => {
    await letThemAnswer()
    const { page } = d
    await page.reload()
    await page.getByRole('button', { name: /^Replies 2$/ }).waitFor()
    await rows().nth(2).waitFor()
    assert.equal(await rows().count(), 3)
    await page.getByRole('button', { name: /^Automatic/ }).click()
    await rows().getByText('Automatic').waitFor()
    assert.equal(await rows().count(), 1)
    await page.getByRole('button', { name: /^Replies/ }).click()
    await page.getByRole('button', { name: /^Replies/, pressed: true }).waitFor()
    await rows().nth(1).waitFor()
    const [first] = await rows().all()
    assert.match((await first?.textContent()) ?? '', /Unread/)
    await page.keyboard.press('j')
    await page
      .getByRole('region', { name: 'Thread' })
      .getByRole('heading', { name: /question/ })
      .waitFor()
    await rows().first().getByText('Unread.').waitFor({ state: 'detached' })
    await assertAccessible(page, 'a thread')
  })

  test('is worked through by keyboard: snooze, done, undo', async () => {
    const { page } = d
    await page.keyboard.press('s')
    await page.getByRole('dialog', { name: 'Snooze' }).waitFor()
    await assertAccessible(page, 'the snooze dialog')
    await page.keyboard.press('2')
    await toast('Snoozed until').waitFor()
    assert.equal(await rows().count(), 1)
    await page.keyboard.press('e')
    await toast('Marked as done.').waitFor()
    await page.getByText('No thread fits').waitFor()
    await toast('Marked as done.').getByRole('button', { name: 'Undo' }).click()
    await rows().first().waitFor()
    await page.getByLabel('Folder').selectOption('snoozed')
    await rows()
      .getByText(/^back /)
      .waitFor()
    // The night passes.
    d.h.clock.advance(2 * 86_400_000)
    await d.open('/inbox')
    await page.getByText('back from snooze').waitFor()
  })

  test('many are selected by keyboard or by box, and what is pressed is done to all of them, and undone', async () => {
    const { page } = d
    await d.open('/inbox')
    await rows().nth(1).waitFor()
    const all = await rows().count()
    await page.keyboard.press('x')
    await page.getByText('1 selected').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    // Walking on while something is selected opens nothing, so nothing is read by it.
    assert.equal(await page.getByRole('region', { name: 'Thread', exact: true }).count(), 0)
    await page.keyboard.press('Shift+X')
    await page.getByText(`${Math.min(3, all)} selected`).waitFor()
    await assertAccessible(page, 'selected threads')
    await page.keyboard.press('Escape')
    await page.getByText(/ selected$/).waitFor({ state: 'detached' })
    await page.keyboard.press('Shift+A')
    await page.getByText(`${all} selected`).waitFor()
    const marked = page.waitForResponse((response) => response.request().method() === 'PATCH')
    await page.keyboard.press('e')
    await toast('marked as done.').waitFor()
    await page.getByText('Nothing is left to do').waitFor()
    await marked
    const done = await d.h.deps.db
      .selectFrom('conversations')
      .select('id')
      .where('workspace_id', '=', d.tenant.workspace_id)
      .where('done_at', 'is not', null)
      .execute()
    assert.equal(done.length, all)
    await toast('marked as done.').getByRole('button', { name: 'Undo' }).click()
    await rows()
      .nth(all - 1)
      .waitFor()
    await rows().first().hover()
    await rows().first().getByRole('checkbox').check()
    await rows()
      .nth(all - 1)
      .getByRole('checkbox')
      .click({ modifiers: ['Shift'] })
    const bar = page.getByRole('toolbar', { name: 'Selected threads' })
    await bar.getByText(`${all} selected`).waitFor()
    if (await bar.getByRole('button', { name: 'Mark as read' }).count())
      await bar.getByRole('button', { name: 'Mark as read' }).click()
    else await page.keyboard.press('Escape')
    await page.keyboard.press('Shift+A')
    await bar.getByRole('button', { name: 'Mark as unread' }).click()
    await toast('marked as unread.').waitFor()
    await rows().first().getByText('Unread.').waitFor({ state: 'attached' })
    assert.equal(await rows().getByText('Unread.').count(), all)
  })

  test('what comes in stands there without a reload, and nothing jumps while one reads further down', async () => {
    const { page, h, tenant } = d
    const comesIn = async (name: string): Promise<void> => {
      const from = `${name.toLowerCase()}+accept@people.example`
      const sent = await sendMail(h, tenant, sender, from)
      const lines = [
        `From: ${name} Live <${from}>`,
        `To: ${sender.full_email}`,
        'Subject: Re: A question',
        `In-Reply-To: ${sent.message_id}`,
        `Message-ID: <${name}@people.example>`,
        '',
        'Just now.',
      ]
      await receive(lines.join('\r\n'), from, sender.full_email)
    }
    const listening = page.waitForResponse((response) => /\/api\/v1\/events/.test(response.url()))
    await d.open('/inbox')
    assert.equal((await listening).status(), 200)
    await rows().first().waitFor()
    const count = await rows().count()
    const begun = Date.now()
    await comesIn('Liv')
    await rows().getByText('Liv Live').waitFor()
    assert.equal(await rows().count(), count + 1)
    assert.ok(Date.now() - begun < 30_000, 'sooner than the page asks by itself')
    await page.setViewportSize({ width: 1440, height: 420 })
    const last = rows().last()
    await last.scrollIntoViewIfNeeded()
    const before = await last.boundingBox()
    await comesIn('Lea')
    const word = page.getByRole('button', { name: 'One has come in' })
    await word.waitFor()
    assert.equal((await last.boundingBox())?.y, before?.y)
    await assertAccessible(page, 'what has come in')
    await word.click()
    await word.waitFor({ state: 'detached' })
    assert.ok(((await rows().first().boundingBox())?.y ?? 0) > 0)
    await rows().first().getByText('Lea Live').waitFor()
    await page.setViewportSize({ width: 1440, height: 900 })
  })

  test('an answer leaves after ten seconds, and can be called back until then', async () => {
    const { page, h } = d
    await page.getByRole('button', { name: /^Replies/ }).click()
    await page.getByRole('button', { name: /^Replies/, pressed: true }).waitFor()
    await rows().first().getByRole('link').click()
    await page.getByRole('textbox', { name: /^Answer / }).waitFor()
    await page.keyboard.press('r')
    await page.keyboard.type('Thank you, gladly.')
    await page.keyboard.press('Control+Enter')
    await page.getByText('Scheduled').waitFor()
    await toast('leaves in 10 s').getByRole('button', { name: 'Undo' }).click()
    await toast('called back').waitFor()
    const field = page.getByRole('textbox', { name: /^Answer / })
    assert.equal(await field.inputValue(), 'Thank you, gladly.')
    await page.getByText('Scheduled').waitFor({ state: 'detached' })
    await page
      .getByLabel('Files to attach')
      .setInputFiles(
        ['offer', 'terms'].map((name) => ({ name: `${name}.txt`, mimeType: 'text/plain', buffer: Buffer.from(name) })),
      )
    await page.getByRole('button', { name: 'Leave out offer.txt' }).click()
    await page.getByRole('button', { name: 'Leave out terms.txt' }).waitFor()
    await field.focus()
    await page.keyboard.press('Control+Enter')
    await page.getByText('Scheduled').waitFor()
    h.clock.advance(11_000)
    await h.worker.drain()
    await page.getByText('Scheduled').waitFor({ state: 'detached' })
    const sent = await h.deps.db
      .selectFrom('emails')
      .select(['to_email', 'status', 'in_reply_to'])
      .where('source', '=', 'api')
      .where('status', '!=', 'cancelled')
      .where('conversation_id', '=', new URL(page.url()).searchParams.get('thread'))
      .execute()
    await page.getByRole('button', { name: /^Download terms.txt/ }).waitFor()
    const answers = sent.filter(({ in_reply_to }) => in_reply_to !== null)
    assert.equal(answers.length, 1)
    assert.equal(answers[0]?.status, 'delivered')
  })

  test('a stranger’s message is shown in a frame where nothing runs and nothing is loaded from elsewhere', async () => {
    const { page, h, tenant } = d
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const sent = await sendMail(h, tenant, sender, 'hedda+accept@people.example')
    await receive(
      hostileReply('hedda+accept@people.example', sender.full_email, sent.message_id),
      'hedda+accept@people.example',
      sender.full_email,
    )
    await d.open(`/inbox?thread=${sent.conversation_id}`)
    await page.getByText('Here is our').first().waitFor()
    await page.getByRole('button', { name: 'Show original' }).click()
    const frame = page.frameLocator('iframe[title^="Message of"]')
    await frame.getByText('price list').waitFor()
    await page.getByText('One image from elsewhere not loaded').waitFor()
    await page.getByText('A sandbox reaches no real server.').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Load images' }).count(), 0)
    const own = frame.getByRole('img', { name: 'Our logo' })
    assert.match((await own.getAttribute('src')) ?? '', /^data:image\/png;base64,/)
    assert.equal(await page.title(), 'Inbox · Bavlio')
    assert.deepEqual(
      asked.filter((url) => /tracker\.example/.test(url)),
      [],
    )
    await assertAccessible(page, 'an original message')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: /^Download prices.txt/ }).click()
    assert.equal((await download).suggestedFilename(), 'prices.txt')
    assert.deepEqual(d.complaints, [])
  })

  test('fits a phone: the list, then the thread, and back', async () => {
    const { page } = d
    await page.setViewportSize({ width: 360, height: 740 })
    await d.open('/inbox')
    await rows().first().getByRole('link').click()
    await page.getByRole('button', { name: 'Back to the list' }).click()
    await rows().first().waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    await assertAccessible(page, 'the inbox on a phone')
  })
})
