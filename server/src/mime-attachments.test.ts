import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import PostalMime from 'postal-mime'
import { base64Lines, composeMessage, type MessageAttachment, MessageInputError } from './mime-message.ts'

const attach = (filename: string, content: Uint8Array, more: Partial<MessageAttachment> = {}): MessageAttachment => ({
  filename,
  mime_type: 'application/octet-stream',
  base64: base64Lines(content),
  ...more,
})

const compose = (attachments: MessageAttachment[], html: string | null = '<p>Hi</p>') =>
  composeMessage({
    from: { address: 'ada@engines.example' },
    to: [{ address: 'bob@people.example' }],
    subject: 'Files',
    date: new Date('2026-01-14T08:00:00Z'),
    message_id: '<files@engines.example>',
    text: 'Hi',
    html,
    attachments,
  }).raw

/** The tree of content types, as a reader of boundaries alone sees it. */
const treeOf = (raw: Buffer): string =>
  [...raw.toString('latin1').matchAll(/^Content-Type: ([^;\r\n]+)/gm)].map((found) => found[1]).join(' ')

test('every shape is the tree that readers expect, and no level holds a single part', () => {
  const file = attach('a.bin', Buffer.from('a'))
  const picture = attach('b.png', Buffer.from('b'), { mime_type: 'image/png', is_inline: true, content_id: 'b@x' })
  const cases: [MessageAttachment[], string | null, string][] = [
    [[file], null, 'multipart/mixed text/plain application/octet-stream'],
    [[file], '<p>x</p>', 'multipart/mixed multipart/alternative text/plain text/html application/octet-stream'],
    [[picture], '<p>x</p>', 'multipart/alternative text/plain multipart/related text/html image/png'],
    [
      [file, picture],
      '<p>x</p>',
      'multipart/mixed multipart/alternative text/plain multipart/related text/html image/png application/octet-stream',
    ],
    [[picture], null, 'multipart/mixed text/plain image/png'],
  ]
  for (const [attachments, html, tree] of cases) assert.equal(treeOf(compose(attachments, html)), tree)
})

test('contents of every length come back byte for byte, in lines of at most 76', async () => {
  const contents = [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 10_000].map((length) => randomBytes(length))
  const raw = compose(contents.map((content, i) => attach(`${i}.bin`, content)))
  for (const line of raw.toString('latin1').split('\r\n')) assert.ok(line.length <= 78, line)
  const { attachments, text, html } = await PostalMime.parse(raw)
  assert.deepEqual([text?.trim(), html?.trim()], ['Hi', '<p>Hi</p>'])
  assert.deepEqual(
    attachments.map(({ content }) => Buffer.from(content as ArrayBuffer)),
    contents,
  )
})

test('a name arrives whatever letters and however many it has, and cannot end its header', async () => {
  const names = [
    'plain.txt',
    'two words.txt',
    `quote"and\\slash.txt`,
    'Grüße.pdf',
    '报价单 – 最终版（2026）.pdf',
    `${'very long name '.repeat(15)}.docx`,
    `${'ñ'.repeat(200)}.pdf`,
    '😀 party 🎉.png',
    `semi;colon=equals'.txt`,
    'a'.repeat(61),
  ]
  const { attachments } = await PostalMime.parse(compose(names.map((name) => attach(name, Buffer.from('x')))))
  assert.deepEqual(
    attachments.map(({ filename }) => filename),
    names,
  )
})

test('a content id that would end its header is refused with everything else that is wrong', () => {
  assert.throws(
    () => compose([attach('a', Buffer.from('a'), { is_inline: true, content_id: 'a>\r\nX: y' })]),
    (error) => error instanceof MessageInputError && error.code === 'HEADER_INJECTION',
  )
})
