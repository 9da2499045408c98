import assert from 'node:assert/strict'
import { test } from 'node:test'
import PostalMime from 'postal-mime'
import type { MessageInput } from './mime-message.ts'
import { composeMessage, isMessageId, MessageInputError, prependHeader } from './mime-message.ts'

const plain: MessageInput = {
  from: { name: 'Anna Berg', address: 'anna@example.com' },
  to: { name: 'Bo Li', address: 'bo@example.org' },
  subject: 'A question',
  date: Temporal.Instant.from('2026-11-02T07:08:09Z'),
  message_id: '<token@example.com>',
  text: 'Hello Bo,\n\nshall we talk?\n\nAnna',
}

const parse = (input: MessageInput) => PostalMime.parse(composeMessage(input).raw)

/** What must hold for every message, whatever went in. */
function checkForm(raw: Buffer): void {
  const text = raw.toString('latin1')
  assert.ok(!/[^\r]\n|\r[^\n]|\r$/.test(text), 'every line end is CRLF')
  assert.ok(!/[^\x20-\x7e\r\n\t]/.test(text), 'only printable ASCII')
  assert.ok(text.endsWith('\r\n'), 'the last line is ended')
  const split = text.indexOf('\r\n\r\n')
  for (const line of text.slice(0, split).split('\r\n')) {
    assert.ok(line.length <= 998, 'header line within 998')
    assert.ok(/^[!-9;-~]+:( |$)| \S/.test(line), `header line is a field or its continuation: ${line}`)
    assert.ok(line.trim() !== '', 'no blank continuation')
  }
  for (const line of text.slice(split + 4).split('\r\n')) {
    assert.ok(line.length <= 76, `body line within 76: ${line}`)
    assert.ok(!line.startsWith('.') && !line.startsWith('From '), `body line needs no stuffing: ${line}`)
    assert.ok(!/[ \t]$/.test(line), 'no white space at a line end')
  }
}

test('a text message comes out exactly as the standards write it', () => {
  assert.equal(
    composeMessage(plain).raw.toString(),
    [
      'From: Anna Berg <anna@example.com>',
      'To: Bo Li <bo@example.org>',
      'Subject: A question',
      'Date: Mon, 02 Nov 2026 07:08:09 +0000',
      'Message-ID: <token@example.com>',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Hello Bo,',
      '',
      'shall we talk?',
      '',
      'Anna',
      '',
    ].join('\r\n'),
  )
})

test('a full message has every header once and both parts', () => {
  const message = composeMessage({
    ...plain,
    subject: 'Grüße aus Köln',
    reply_to: { name: 'Anna "A" Berg', address: 'anna@bücher.example' },
    in_reply_to: '<two@example.org>',
    references: ['<one@example.com>', '<two@example.org>'],
    html: '<p>Hello Bo</p>',
    list_unsubscribe: { https: 'https://example.com/u/abc', mailto: 'mailto:u+abc@example.com' },
    feedback_id: 'campaign:workspace:mail:bavlio',
  })
  checkForm(message.raw)
  assert.equal(
    message.raw.toString(),
    [
      'From: Anna Berg <anna@example.com>',
      'To: Bo Li <bo@example.org>',
      'Subject: =?utf-8?B?R3LDvMOfZSBhdXMgS8O2bG4=?=',
      'Date: Mon, 02 Nov 2026 07:08:09 +0000',
      'Message-ID: <token@example.com>',
      'Reply-To: "Anna \\"A\\" Berg" <anna@xn--bcher-kva.example>',
      'In-Reply-To: <two@example.org>',
      'References: <one@example.com>',
      ' <two@example.org>',
      'List-Unsubscribe: <https://example.com/u/abc>,',
      ' <mailto:u+abc@example.com>',
      'List-Unsubscribe-Post: List-Unsubscribe=One-Click',
      'Feedback-ID: campaign:workspace:mail:bavlio',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      ' boundary="=_token"',
      '',
      '--=_token',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Hello Bo,',
      '',
      'shall we talk?',
      '',
      'Anna',
      '--=_token',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<p>Hello Bo</p>',
      '--=_token--',
      '',
    ].join('\r\n'),
  )
  const head = message.headers.map(([name, value]) => (value === '' ? `${name}:` : `${name}: ${value}`)).join('\r\n')
  assert.equal(`${head}\r\n\r\n${message.body.toString()}`, message.raw.toString())
})

// A small generator with a seed, so a failure can be repeated.
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pieces = [
  'a',
  'B',
  '7',
  ' ',
  ' ',
  '  ',
  '=',
  '.',
  '?',
  '_',
  '"',
  '\\',
  '<',
  '>',
  ',',
  ';',
  ':',
  '@',
  '(',
  ')',
  '=?utf-8?Q?x?=',
  'ä',
  'ß',
  'é',
  '—',
  '“',
  '日',
  '本',
  '한',
  'ק',
  'ا',
  '😀',
  '👩‍👩‍👧',
  '\u00a0',
  '\u0301',
  'From ',
  'word',
  'longerword',
  'x'.repeat(90),
  '--',
  '~',
  '`',
  '\u{10ffff}',
  '\ufeff',
]
const breaks = ['\n', '\r\n', '\n\n', '\n.', '\n..', '\nFrom ', ' \n', '\t\n', '\t', '\0', '\x07', '\x7f', '\u2028']

function sample(pick: (below: number) => number, longest: number, from: readonly string[]): string {
  let text = ''
  for (let left = pick(longest); left > 0; left--) text += from[pick(from.length)]
  return text
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes quoted-printable by the letter of RFC 2045, independent of any parser's leniency. */
function decodeQuotedPrintable(text: string): string {
  const bytes: number[] = []
  const joined = text.replace(/=\r\n/g, '')
  for (let index = 0; index < joined.length; index++) {
    if (joined[index] === '=') {
      bytes.push(Number.parseInt(joined.slice(index + 1, index + 3), 16))
      index += 2
    } else bytes.push(joined.charCodeAt(index))
  }
  return utf8.decode(Uint8Array.from(bytes))
}

test('any text and HTML comes back letter by letter, on lines that no hop has to touch', () => {
  const pick = random(1)
  for (let round = 0; round < 400; round++) {
    const text = sample(pick, 120, [...pieces, ...breaks])
    const html = `<p>${sample(pick, 120, [...pieces, ...breaks])}`
    const { raw, body } = composeMessage({ ...plain, text, html })
    checkForm(raw)
    const parts = body.toString('latin1').split(/(?:^|\r\n)--=_token(?:--)?\r\n/)
    assert.equal(parts.length, 4)
    const contents = [parts[1], parts[2]].map((part) =>
      decodeQuotedPrintable((part ?? '').replace(/^.*?\r\n\r\n/s, '')),
    )
    assert.equal(contents[0], text.replace(/\r\n|\r|\n/g, '\r\n'))
    assert.equal(contents[1], html.replace(/\r\n|\r|\n/g, '\r\n'))
  }
})

test('any subject and name comes back as it was, folded within 78 columns', async () => {
  const pick = random(2)
  for (let round = 0; round < 400; round++) {
    const subject = sample(pick, 40, pieces)
    const name = sample(pick, 20, pieces)
    const { raw, headers } = composeMessage({ ...plain, subject, to: { name, address: 'bo@example.org' } })
    checkForm(raw)
    for (const [header, value] of headers) {
      for (const [index, line] of value.split('\r\n').entries()) {
        assert.ok(line.length + (index === 0 ? header.length + 2 : 0) <= 78, `${header}: ${value}`)
        for (const word of line.match(/=\?utf-8\?.*?\?=/g) ?? []) assert.ok(word.length <= 75)
      }
    }
    const parsed = await PostalMime.parse(raw)
    const trimmed = (value: string) => value.replaceAll('\ufeff', '').trim()
    assert.equal(parsed.subject ?? '', trimmed(subject), JSON.stringify(subject))
    assert.equal(parsed.to?.[0]?.address, 'bo@example.org', JSON.stringify(name))
    assert.equal(parsed.to?.[0]?.name ?? '', trimmed(name), JSON.stringify(name))
  }
})

test('line breaks and NUL in subject and names become one space and never a header', async () => {
  for (const evil of [
    '\r\nBcc: x@evil.example',
    '\nBcc: x@evil.example',
    '\rBcc: x@evil.example',
    '\0Bcc: x@evil.example',
    '\r\n\r\nbody',
    '\u2028Bcc: a',
  ]) {
    const message = composeMessage({
      ...plain,
      subject: `Hello${evil}`,
      from: { name: `Anna${evil}`, address: 'anna@example.com' },
      to: { name: `Bö${evil}`, address: 'bo@example.org' },
    })
    checkForm(message.raw)
    const parsed = await PostalMime.parse(message.raw)
    assert.deepEqual(
      parsed.headers.map((header) => header.key),
      ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type', 'content-transfer-encoding'],
    )
    assert.equal(parsed.subject, `Hello${evil.replace(/[\r\n\0\u2028]+/g, ' ')}`)
    assert.equal(parsed.from?.address, 'anna@example.com')
  }
})

test('line breaks and NUL in ids, addresses and links throw', () => {
  for (const evil of ['\r\nBcc: x@evil.example', '\n', '\r', '\0']) {
    const attempts: [field: string, Partial<MessageInput>][] = [
      ['from', { from: { address: `anna@example.com${evil}` } }],
      ['to', { to: { address: `bo${evil}@example.org` } }],
      ['to', { to: [{ address: 'bo@example.org' }, { address: `c@example.org${evil}` }] }],
      ['reply_to', { reply_to: { address: `r@example.org${evil}` } }],
      ['message_id', { message_id: `<a@b>${evil}` }],
      ['in_reply_to', { in_reply_to: `<a${evil}@b>` }],
      ['references', { references: ['<a@b>', `<c@d>${evil}`] }],
      ['list_unsubscribe.https', { list_unsubscribe: { https: `https://example.com/${evil}` } }],
      ['list_unsubscribe.mailto', { list_unsubscribe: { mailto: `mailto:a@b${evil}` } }],
      ['feedback_id', { feedback_id: `a:b${evil}` }],
    ]
    for (const [field, change] of attempts) {
      assert.throws(
        () => composeMessage({ ...plain, ...change }),
        (error: unknown) =>
          error instanceof MessageInputError &&
          error.code === 'HEADER_INJECTION' &&
          error.problems.some((problem) => problem.field === field),
        `${field} with ${JSON.stringify(evil)}`,
      )
    }
  }
})

test('all problems are named at once', () => {
  assert.throws(
    () =>
      composeMessage({
        ...plain,
        from: { address: 'nobody' },
        to: { address: 'jürgen@example.org' },
        message_id: 'no brackets',
        list_unsubscribe: { https: 'ftp://example.com' },
        date: new Date(Number.NaN),
      }),
    (error: unknown) => {
      assert.ok(error instanceof MessageInputError)
      assert.equal(error.code, 'SMTPUTF8_REFUSED')
      assert.deepEqual(
        error.problems.map((problem) => `${problem.field} ${problem.code}`),
        [
          'from INVALID_VALUE',
          'to SMTPUTF8_REFUSED',
          'date INVALID_VALUE',
          'message_id INVALID_VALUE',
          'list_unsubscribe.https INVALID_VALUE',
        ],
      )
      return true
    },
  )
})

test('an address is one plain address or is refused', () => {
  for (const address of [
    '',
    '@',
    'a@',
    '@b',
    'a b@c.de',
    'a@b@c',
    'a@-b.de',
    'a..b@c.de',
    'a@b..c',
    '<a@b.de>',
    'a@b.de, c@d.de',
    '"a b"@c.de',
    'a@[127.0.0.1]',
    `${'a'.repeat(65)}@b.de`,
  ]) {
    assert.throws(() => composeMessage({ ...plain, to: { address } }), MessageInputError, address)
  }
  for (const address of ['a@b', "o'neil+x_1@mail.example.co.uk", 'a@1und1.de'])
    composeMessage({ ...plain, to: { address } })
})

test('long References keep the first and the last twenty', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `<${index}.${'x'.repeat(200)}@example.com>`)
  const { raw, headers } = composeMessage({ ...plain, references: ids })
  checkForm(raw)
  const value = headers.find(([name]) => name === 'References')?.[1] ?? ''
  assert.deepEqual(value.split('\r\n '), [ids[0], ...ids.slice(-20)])
})

test('one-click needs an https link', () => {
  const names = (input: MessageInput) => composeMessage(input).headers.map(([name]) => name)
  assert.ok(
    !names({ ...plain, list_unsubscribe: { mailto: 'mailto:u@example.com' } }).includes('List-Unsubscribe-Post'),
  )
  assert.ok(!names({ ...plain, list_unsubscribe: {} }).includes('List-Unsubscribe'))
})

test('an empty text is a message too', async () => {
  const { raw } = composeMessage({ ...plain, text: '', subject: '' })
  assert.ok(raw.toString().endsWith('\r\n\r\n'))
  assert.equal((await parse({ ...plain, text: '', html: '<p>x</p>' })).html?.trim(), '<p>x</p>')
})

test('half surrogates become U+FFFD instead of broken octets', async () => {
  const parsed = await parse({ ...plain, subject: 'a\ud800b', text: 'c\udc00d\ud83d' })
  assert.equal(parsed.subject, 'a\ufffdb')
  assert.equal(parsed.text?.trim(), 'c\ufffdd\ufffd')
})

test('a result stays as it is when the next message is composed', () => {
  const first = composeMessage(plain)
  const copy = first.raw.toString()
  composeMessage({ ...plain, text: 'Z'.repeat(300_000) })
  composeMessage({ ...plain, text: 'Y'.repeat(10) })
  assert.equal(first.raw.toString(), copy)
})

test('a header put on top leaves the rest alone', () => {
  const { raw } = composeMessage(plain)
  assert.equal(prependHeader(raw, 'X-Trace', 'a').toString(), `X-Trace: a\r\n${raw.toString()}`)
})

test('ids of odd mail clients are still ids', () => {
  for (const id of ['<a@b>', '<no-at-sign>', '<a@[1.2.3.4]>', '<A.B$c%d!e@f>']) assert.ok(isMessageId(id), id)
  for (const id of ['', '<>', 'a@b', '<a b@c>', '<ä@b>', '<a@b><c@d>', `<${'a'.repeat(1000)}>`])
    assert.ok(!isMessageId(id), id)
})
