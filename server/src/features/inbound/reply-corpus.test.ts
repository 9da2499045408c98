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
  assert.ok(exact('ours') >= exact('email-reply-parser'))
  assert.ok(exact('ours') >= exact('planer'))
}

const own: Case[] = mails.map((mail) => ({
  ...mail,
  name: `${mail.language}: ${mail.name}`,
  wanted: mail.unsigned === undefined ? [mail.reply] : [mail.reply, mail.unsigned],
}))

test('ours is exact at least as often as either library on mail of many languages and programs', (t) => {
  assert.ok(own.length >= 60)
  judge(own, (line) => t.diagnostic(line))
})

test('at least nine in ten of the mails of many languages and programs are exact', () => {
  assert.ok((compare(own).ours as string[]).length <= own.length / 10)
})

test('ours is exact at least as often as either library on the mails of planer itself', (t) => {
  const cases = planerCases()
  assert.ok(cases.length >= 40)
  judge(
    cases.map(({ name, text, wanted }) => ({ name, text, wanted: [wanted] })),
    (line) => t.diagnostic(line),
  )
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

for (const [name, sha256, fresh, old] of examples)
  test(`the HTML mail "${name}" of planer is parted`, () => {
    const bytes = readFileSync(require.resolve(`planer/test/examples/html/${name}.html`))
    assert.equal(createHash('sha256').update(bytes).digest('hex'), sha256)
    const split = splitReply(null, bytes.toString())
    const flat = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('\u2019', "'")
    assert.ok(flat(split.reply).includes(fresh), split.reply.slice(0, 400))
    assert.ok(!flat(split.reply).includes(old), split.reply.slice(0, 800))
    assert.ok(flat(split.quoted).includes(old))
  })
