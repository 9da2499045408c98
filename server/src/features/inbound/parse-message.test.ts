import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { parseMessage, readableText, readMessageIds } from './parse-message.ts'

const parse = (raw: string | Uint8Array) => parseMessage(typeof raw === 'string' ? Buffer.from(raw) : raw)

const full = `Received: from a by b; Sat, 1 Aug 2026 08:00:01 +0000
Received: from c by a; Sat, 1 Aug 2026 08:00:00 +0000
From: =?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= <juergen@receiver.test>
To: "Sender, Ada" <ada@sender.test>, team: x@sender.test, y@sender.test;
Cc: z@sender.test
Reply-To: other@receiver.test
Subject: =?utf-8?B?R3LDvMOfZQ==?=
 und mehr
Date: Sat, 01 Aug 2026 10:00:00 +0200 (CEST)
Message-ID: <m1@receiver.test>
In-Reply-To: <o2@sender.test>
References: <o1@sender.test>
	<o2@sender.test>
X-Twice: one
X-Twice: two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=mix

--mix
Content-Type: multipart/related; boundary=rel

--rel
Content-Type: multipart/alternative; boundary=alt

--alt
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--alt
Content-Type: text/html; charset=utf-8

<p>Grüße <img src="cid:pic@x"></p>
--alt--
--rel
Content-Type: image/png; name=a.png
Content-Transfer-Encoding: base64
Content-ID: <pic@x>
Content-Disposition: inline; filename=a.png

aGVsbG8=
--rel--
--mix
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="price list.pdf"

d29ybGQ=
--mix--
`

test('a full message is read with addresses, ids, both bodies and attachments', async () => {
  const message = await parse(full)
  assert.equal(message.processing_error, null)
  assert.deepEqual(message.from, { address: 'juergen@receiver.test', name: 'Jürgen Müller' })
  assert.deepEqual(message.to, [
    { address: 'ada@sender.test', name: 'Sender, Ada' },
    { address: 'x@sender.test', name: '' },
    { address: 'y@sender.test', name: '' },
  ])
  assert.deepEqual(
    message.cc.map((entry) => entry.address),
    ['z@sender.test'],
  )
  assert.deepEqual(
    message.reply_to.map((entry) => entry.address),
    ['other@receiver.test'],
  )
  assert.equal(message.subject, 'Grüße und mehr')
  assert.equal(message.date, '2026-08-01T08:00:00.000Z')
  assert.equal(message.message_id, '<m1@receiver.test>')
  assert.equal(message.in_reply_to, '<o2@sender.test>')
  assert.deepEqual(message.references, ['<o1@sender.test>', '<o2@sender.test>'])
  assert.equal(message.text?.trim(), 'Grüße')
  assert.match(message.html ?? '', /<p>Grüße/)
  assert.deepEqual(
    message.attachments.map((a) => [a.filename, a.mime_type, a.size_bytes, a.content_id, a.is_inline]),
    [
      ['a.png', 'image/png', 5, 'pic@x', true],
      ['price list.pdf', 'application/pdf', 5, null, false],
    ],
  )
  assert.equal(message.attachments[1]?.sha256, createHash('sha256').update('world').digest('hex'))
  assert.equal(Buffer.from(message.attachments[1]?.content ?? []).toString(), 'world')
})

test('headers keep their order, spelling and repetitions', async () => {
  const { headers } = await parse(full)
  assert.deepEqual(
    headers.slice(0, 3).map((header) => header.name),
    ['Received', 'Received', 'From'],
  )
  assert.deepEqual(
    headers.filter((header) => header.name === 'X-Twice').map((header) => header.value),
    ['one', 'two'],
  )
})

test('a message inside the message is a report part and an attachment, never part of the text', async () => {
  const message = await parse(
    'From: a@b.test\nContent-Type: multipart/mixed; boundary=q\n\n--q\n\nSee below\n--q\nContent-Type: message/rfc822\n\nSubject: inner\n\ninner text\n--q--\n',
  )
  assert.equal(message.text?.trim(), 'See below')
  assert.deepEqual(
    message.report_parts.map((part) => part.mime_type),
    ['message/rfc822'],
  )
  assert.match(message.report_parts[0]?.content ?? '', /inner text/)
  assert.equal(message.attachments.length, 1)
})

test('a message that exceeds a limit keeps its headers and says what is missing', async () => {
  let nested = 'From: a@b.test\nSubject: deep\n'
  for (let depth = 0; depth < 60; depth++)
    nested += `Content-Type: multipart/mixed; boundary=b${depth}x\n\n--b${depth}x\n`
  const deep = await parse(`${nested}\n\ntext`)
  assert.equal(deep.subject, 'deep')
  assert.match(deep.processing_error ?? '', /nesting depth/)

  const parts = await parse(
    `From: a@b.test\nSubject: many\nContent-Type: multipart/mixed; boundary=p\n\n${'--p\n\nx\n'.repeat(1500)}--p--\n`,
  )
  assert.equal(parts.from?.address, 'a@b.test')
  assert.match(parts.processing_error ?? '', /1000 MIME parts/)

  const lines = await parse(`From: a@b.test\nSubject: lines\n\n${'\n'.repeat(2_000_001)}`)
  assert.equal(lines.subject, 'lines')
  assert.match(lines.processing_error ?? '', /2000000 lines/)

  const big = await parse(`From: a@b.test\nSubject: big\nX-Fill: ${'y'.repeat(600 * 1024)}\n\ntext`)
  assert.equal(big.subject, 'big')
  assert.match(big.processing_error ?? '', /header size/)
})

test('bytes that are no message give an empty reading with an error, not an exception', async () => {
  for (const raw of ['', '\n\n\n', '\u0000\u0001\u0002', 'no header here at all', ':::\n\n']) {
    const message = await parse(raw)
    assert.equal(message.from, null)
    assert.notEqual(message.processing_error, null, JSON.stringify(raw))
  }
  const binary = await parse(new Uint8Array(5000).map((_, at) => (at * 97) % 256))
  assert.equal(binary.from, null)
})

test('an unknown charset and broken encodings still give text', async () => {
  const message = await parse(
    'From: a@b.test\nContent-Type: text/plain; charset=x-unknown-9\nContent-Transfer-Encoding: base64\n\naGVsbG8gd29y!!bGQ\n',
  )
  assert.match(message.text ?? '', /hello wor/)
  const japanese = await parse(
    Buffer.concat([
      Buffer.from('From: a@b.test\nContent-Type: text/plain; charset=iso-2022-jp\n\n'),
      Buffer.from([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]),
    ]),
  )
  assert.equal(japanese.text?.trim(), '日本')
})

test('an mbox line before the headers is no header', async () => {
  const message = await parse('From a@b.test Sat Aug  1 08:00:00 2026\nFrom: a@b.test\nSubject: s\n\nx\n')
  assert.equal(message.from?.address, 'a@b.test')
})

test('message ids are found in any usual spelling, each once', () => {
  assert.deepEqual(readMessageIds('<a@b> <c@d>\n <a@b>'), ['<a@b>', '<c@d>'])
  assert.deepEqual(readMessageIds('< a@b >'), ['<a@b>'])
  assert.deepEqual(readMessageIds('a@b'), ['<a@b>'])
  assert.deepEqual(readMessageIds('hello'), [])
  assert.deepEqual(readMessageIds(null), [])
})

test('a message with HTML only is readable as text', async () => {
  const message = await parse('From: a@b.test\nContent-Type: text/html\n\n<p>One</p><blockquote>old</blockquote>\n')
  assert.equal(message.text, null)
  assert.equal(readableText(message), 'One\n\n> old')
})
