import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openSmtpConnection } from '../server/src/ports/mail/smtp-client.ts'
import { worldGreeting } from '../server/src/world-greeting.ts'
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
