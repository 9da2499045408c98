import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import EmailReplyParser from 'email-reply-parser'
import { mails } from './fixtures/replies/mails.ts'
import { planerCases } from './fixtures/replies/planer-cases.ts'
import { textFromHtml } from './parse-message.ts'
import { splitReply } from './reply-text.ts'

const require = createRequire(import.meta.url)
const planer = require('planer') as { extractFrom(body: string, type: 'text/plain'): string }

interface Case {
  name: string
  text?: string
  html?: string
  /** Any of these is exact. */
  wanted: readonly string[]
}

/** Blank lines and blanks at line ends say nothing about who wrote a line. */
const plain = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')

/** The two libraries read text only (planer's way over HTML needs a browser's document); HTML is given to them as text. */
const asText = (mail: Case): string => (mail.text ?? textFromHtml(mail.html ?? '')).replace(/\r\n/g, '\n')

const READERS: Record<string, (mail: Case) => string> = {
  ours: (mail) => splitReply(mail.text ?? null, mail.html ?? null).reply,
  'email-reply-parser': (mail) => new EmailReplyParser().parseReply(asText(mail)),
  planer: (mail) => planer.extractFrom(asText(mail), 'text/plain'),
}

function compare(cases: readonly Case[]): Record<string, string[]> {
  const misses: Record<string, string[]> = {}
  for (const [reader, read] of Object.entries(READERS))
    misses[reader] = cases
      .filter((mail) => !mail.wanted.some((wanted) => plain(read(mail)) === plain(wanted)))
      .map(({ name }) => name)
  return misses
}

function judge(cases: readonly Case[], say: (line: string) => void): void {
  const misses = compare(cases)
  const exact = (reader: string): number => cases.length - (misses[reader] as string[]).length
  for (const reader of Object.keys(READERS)) say(`${reader}: ${exact(reader)} of ${cases.length} exact`)
  for (const name of misses.ours as string[]) say(`ours misses: ${name}`)
  assert.ok(exact('ours') > exact('email-reply-parser'))
  assert.ok(exact('ours') > exact('planer'))
}

const own: Case[] = mails.map((mail) => ({
  ...mail,
  name: `${mail.language}: ${mail.name}`,
  wanted: mail.unsigned === undefined ? [mail.reply] : [mail.reply, mail.unsigned],
}))

test('ours is exact more often than either library on mail of many languages and programs', (t) => {
  assert.ok(own.length >= 60 && new Set(mails.map(({ language }) => language)).size >= 20)
  judge(own, (line) => t.diagnostic(line))
})

test('at least nine in ten of the mails of many languages and programs are exact', () => {
  assert.ok((compare(own).ours as string[]).length <= own.length / 10)
})

test('what planer expects of its own mails, and where ours means something else', (t) => {
  const cases = planerCases().map(({ name, text, theirs }) => ({ name, text, wanted: [theirs] }))
  const misses = compare(cases)
  for (const [reader, names] of Object.entries(misses))
    t.diagnostic(`${reader}: ${cases.length - names.length} of ${cases.length}`)
  // Both are named in planer-cases.ts: inline answers and forwarded messages.
  for (const name of misses.ours as string[]) t.diagnostic(`ours differs: ${name}`)
  assert.deepEqual(misses.ours, ['detects inline replies', 'preserves forwarded messages'])
})

/** planer's three HTML mails: what must be in the answer, and what of the old text must not. */
const examples = [
  [
    'microsoft-namespaces',
    '3b14b933e5713c3129dbc157e78b9e2918f997604cf2312b5264ebf43ee56090',
    'Lorem ipsum dolor sit amet',
    'Odio et pretium rutrum neque',
  ],
  [
    'office-365',
    'b36826fb77f5a79283ebce7dac26938602308e9bb153c1c1c06340036ee20e3d',
    "I really hope that you're doing well!",
    'Do you like the holidays?',
  ],
  [
    'outlook-mixed',
    '6a500646a003187cd955fe3214a10ec30671147aab44e67c63b90bac9b97d375',
    'This is how it looks on my emails',
    "We'd love to set up a quick phone call with you",
  ],
] as const

test('ours is right more often than either library on the mails of planer itself, text and HTML', (t) => {
  const texts = planerCases()
  assert.ok(texts.length >= 38)
  const misses = compare(texts.map(({ name, text, wanted }) => ({ name, text, wanted: [wanted] })))
  const flat = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('\u2019', "'")
  for (const [name, sha256, fresh, old] of examples) {
    const bytes = readFileSync(require.resolve(`planer/test/examples/html/${name}.html`))
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256)
    for (const [reader, read] of Object.entries(READERS)) {
      const reply = flat(read({ name, html: bytes.toString(), wanted: [] }))
      if (!reply.includes(fresh) || reply.includes(old)) (misses[reader] as string[]).push(`${name}.html`)
    }
  }
  const total = texts.length + examples.length
  for (const [reader, names] of Object.entries(misses)) {
    t.diagnostic(`${reader}: ${total - names.length} of ${total} right`)
    if (reader !== 'ours') assert.ok((misses.ours as string[]).length < names.length)
  }
  for (const name of misses.ours as string[]) t.diagnostic(`ours misses: ${name}`)
  // It begins with a header block, so for ours all of it is old text: an answer without a word of its own looks the
  // same, and taking the text of our own mail, opt-out line and all, for the person's words could unsubscribe them.
  assert.deepEqual(misses.ours, ['outlook-mixed.html'])
})

test('text that has a mark of its own in it is parted like any other, and no mark is shown', () => {
  const split = splitReply(null, '<p>\ue0f2 Yes \ue0f4 please</p><blockquote>old</blockquote>')
  assert.equal(split.reply, 'Yes  please'.replace(/ {2}/, ' '))
})

test('who answers inside the element of the signature is still heard', () => {
  assert.equal(splitReply(null, '<div class="gmail_signature">Yes, call me.</div>').reply, 'Yes, call me.')
})

/** Processor time in milliseconds, since the wall's says more of the machine than of the text. */
const spent = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const shapes: Record<string, string> = {
  attributions: 'On Tue, May 12, 2026 at 9:14 AM Ada <a@b.test> wrote:\n> x\nno\n',
  'half attributions': 'On 12 May 2026 at 09:14 Ada <a@b.test>\n',
  'text before an attribution': 'a b c On Tue May 12 On Tue wrote, 2026 wrote:\n',
  'header lines': 'From: a@b.test\nTo: b@c.test\nhello\n',
  'dates as labels': 'Date: 12\nx\n',
  rules: '______________\n\n',
  'device lines': 'Sent from my own side, dear iPhone, and so on and on.\n',
  notices: 'This e-mail is for you and says nothing else at all, dear reader.\n\n',
  'one paragraph of notices': 'This e-mail is confidential and intended only for you, dear reader.\n',
  'signature marks': '--\nx\n',
  'blank lines': '\n \n',
  'quoted links': '> see (http://a.test/b\nc)\n',
  'names on lines of their own': 'Ada Quill\n<ada@b.test> said\n\n',
  'broken mobile words': 'a gönderildi dan den dan den iPhone gönderil\n',
  colons: 'a 12:00 b 2026 c <a@b.test> :  d\n',
}
for (const [name, piece] of Object.entries(shapes))
  test(`twice the text takes no four times the time: ${name}`, () => {
    for (const lead of ['', 'Yes.\n\n']) {
      const time = (length: number): number => {
        const text = lead + piece.repeat(Math.ceil(length / piece.length))
        let best = Infinity
        for (let run = 0; run < 3; run++) {
          const began = spent()
          splitReply(text)
          best = Math.min(best, spent() - began)
        }
        return best
      }
      time(2000)
      const [once, twice] = [time(40_000), time(80_000)]
      // Below this the clock measures noise.
      assert.ok(twice < 40 || twice < once * 4, `${once} ms, then ${twice} ms`)
      assert.ok(time(400_000) < 2500)
    }
  })

for (const [name, piece] of Object.entries({
  div: '<div class="gmail_attr">',
  closed: '<div class="moz-signature">x</div>',
  bare: '<p id="',
}))
  test(`twice the HTML takes no four times the time: ${name}`, () => {
    const time = (count: number): number => {
      const began = spent()
      splitReply(null, piece.repeat(count))
      return spent() - began
    }
    time(100)
    const [once, twice] = [Math.min(time(2000), time(2000)), Math.min(time(4000), time(4000))]
    assert.ok(twice < 150 || twice < once * 4, `${once} ms, then ${twice} ms`)
  })
