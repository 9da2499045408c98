import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { createTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { createSender, type TestSender } from '../../../test/outgoing.ts'
import { worldGreeting } from '../../world-greeting.ts'

let h: Harness
let sender: TestSender
let greeting: string
before(async () => {
  h = await startHarness()
  const tenant = await createTenant(h)
  sender = await createSender(h, tenant)
  greeting = worldGreeting(h.deps.secrets.key('mail-tokens'), tenant.workspace_id)
})
after(() => h?.close())

/** Says the commands one by one, then writes `data` in pieces of `size` octets as a DATA block, and QUIT. Returns all replies. */
const talk = async (data: string, size: number): Promise<string> => {
  const socket = connect({ host: '127.0.0.1', port: h.deps.address.inbound_smtp_port as number, noDelay: true })
  let heard = ''
  let waiting: (() => void) | null = null
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1')
    waiting?.()
  })
  socket.on('error', () => {})
  const replyTo = async (command: string | null): Promise<void> => {
    const before = heard.length
    if (command !== null) socket.write(`${command}\r\n`)
    while (!/^\d{3} .*\r\n$/m.test(heard.slice(before)))
      await new Promise<void>((resolve) => {
        waiting = resolve
      })
  }
  await replyTo(null)
  await replyTo(`EHLO ${greeting}`)
  await replyTo('MAIL FROM:<eve@people.example>')
  await replyTo(`RCPT TO:<${sender.full_email}>`)
  await replyTo('DATA')
  const bytes = Buffer.from(data, 'latin1')
  for (let at = 0; at < bytes.length; at += size) {
    socket.write(bytes.subarray(at, at + size))
    if (size < bytes.length) await nextTurn()
  }
  socket.write('QUIT\r\n')
  await once(socket, 'close')
  return heard
}

const subjects = async (mark: string): Promise<string[]> => {
  await h.worker.drain()
  const rows = await h.deps.db
    .selectFrom('inbound_emails')
    .select('subject')
    .where('subject', 'like', `${mark}%`)
    .orderBy('id')
    .execute()
  return rows.map(({ subject }) => subject)
}

const ENDS: [name: string, octets: string][] = [
  ['LF . LF', '\n.\n'],
  ['CR LF . LF', '\r\n.\n'],
  ['LF . CR LF', '\n.\r\n'],
  ['CR . CR', '\r.\r'],
  ['CR LF . CR', '\r\n.\r'],
  ['CR . CR LF', '\r.\r\n'],
  ['CR LF NUL . CR LF', '\r\n\0.\r\n'],
]

for (const [index, [name, end]] of ENDS.entries())
  for (const size of [1_000_000, 1, 3])
    test(`${name} in pieces of ${size} does not end a message: no second one can hide in the first`, async () => {
      const mark = `s${index}x${size}`
      const inner = `MAIL FROM:<boss@people.example>\r\nRCPT TO:<${sender.full_email}>\r\nDATA\r\nFrom: boss@people.example\r\nSubject: ${mark} smuggled\r\n\r\nPay at once.`
      const heard = await talk(
        `From: eve@people.example\r\nSubject: ${mark} outer\r\n\r\nHello${end}${inner}\r\n.\r\n`,
        size,
      )
      assert.ok(!(await subjects(mark)).includes(`${mark} smuggled`), heard)
      // Taken whole or refused whole: one answer to the one DATA block, then the farewell.
      const answers = heard.split('\r\n').filter((line) => /^\d{3} /.test(line))
      assert.match(answers[5] ?? '', /^(?:250|5\d\d) /, heard)
      assert.equal(answers.filter((line) => line.startsWith('354')).length, 1, heard)
    })

test('the right end does end it: what follows is a second message, which shows that one would have been seen', async () => {
  const second = `MAIL FROM:<eve@people.example>\r\nRCPT TO:<${sender.full_email}>\r\nDATA\r\nFrom: eve@people.example\r\nSubject: plain second\r\n\r\nTwo`
  await talk(`From: eve@people.example\r\nSubject: plain first\r\n\r\nOne\r\n.\r\n${second}\r\n.\r\n`, 1_000_000)
  assert.deepEqual(await subjects('plain'), ['plain first', 'plain second'])
})

test('dots at the beginning of lines come out as they were, wherever the network cuts them', async () => {
  const body = ['..', '.', '..two', '.one', 'end.'].map((line) => (line.startsWith('.') ? `.${line}` : line))
  for (const size of [1_000_000, 1, 2, 5]) {
    const mark = `dots${size}.`
    await talk(
      `From: eve@people.example\r\nSubject: ${mark}\r\nContent-Type: text/plain\r\n\r\n${body.join('\r\n')}\r\n.\r\n`,
      size,
    )
    assert.deepEqual(await subjects(mark), [mark])
    const row = await h.deps.db
      .selectFrom('inbound_emails')
      .select('body_text')
      .where('subject', '=', mark)
      .executeTakeFirstOrThrow()
    assert.equal(row.body_text?.trimEnd(), '..\n.\n..two\n.one\nend.')
  }
})
