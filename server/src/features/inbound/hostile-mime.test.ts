import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import type { ParsedMessage } from './parse-message.ts'
import { readMessage } from './read-message.ts'

const HEAD = 'From: Eve <eve@people.example>\r\nTo: anna@ours.example\r\nSubject: hostile\r\nMIME-Version: 1.0\r\n'
const times = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('')

/** Messages by a measure of their size: at 1 as the name says, at 4 four times that. */
const MESSAGES: Record<string, (k: number) => string> = {
  '500 levels of multipart': (k) =>
    `${HEAD}${times(500 * k, (i) => `Content-Type: multipart/mixed; boundary="b${i}"\r\n\r\n--b${i}\r\n`)}\r\nhi`,
  '500 levels of message/rfc822': (k) =>
    `${HEAD}${times(500 * k, (i) => `Content-Type: message/rfc822\r\n\r\nSubject: ${i}\r\n`)}\r\nhi`,
  'boundaries that never end': (k) =>
    `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${times(20_000 * k, (i) => `--b${i}\r\n`)}`,
  '100,000 tiny parts': (k) =>
    `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(100_000 * k)}--b--\r\n`,
  '10,000 headers': (k) => `${HEAD}${times(10_000 * k, (i) => `X-${i}: v\r\n`)}\r\nhello`,
  'a header of 10 MB': (k) => `${HEAD}X-Big: ${'a'.repeat(10_000_000 * k)}\r\n\r\nhello`,
  'a header folded 100,000 times': (k) => `${HEAD}X-Big: a${'\r\n b'.repeat(100_000 * k)}\r\n\r\nhello`,
  'addresses nested in groups': (k) => `${HEAD}Cc: ${'a:'.repeat(20_000 * k)}\r\n\r\nhi`,
  'comments that never close': (k) =>
    `${HEAD}Cc: ${'('.repeat(50_000 * k)}\r\nDate: ${'('.repeat(50_000 * k)}\r\n\r\nhi`,
  'encoded words that never end': (k) => `${HEAD}Comments: ${'=?utf-8?B?'.repeat(10_000 * k)}\r\n\r\nhi`,
  'parameters that never end (RFC 2231)': (k) =>
    `${HEAD}Content-Disposition: attachment; filename*0*="${'%'.repeat(50_000 * k)}\r\n\r\nhi`,
  'parameters in thousands of pieces': (k) =>
    `${HEAD}Content-Type: application/x; ${times(5_000 * k, (i) => `name*${i}*=utf-8''%C3; `)}\r\n\r\nhi`,
  'rubbish as base64': (k) =>
    `${HEAD}Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n${'!!!=*\r\n'.repeat(50_000 * k)}`,
  'rubbish as quoted-printable': (k) =>
    `${HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n${'=Z=\r\n='.repeat(50_000 * k)}`,
  'a charset that is none': (k) =>
    `${HEAD}Content-Type: text/plain; charset=no-such\r\n\r\n${'+AG'.repeat(100_000 * k)}`,
  'a charset that ends in the middle': (k) =>
    `${HEAD}Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n${'\x1b'.repeat(100_000 * k)}`,
  'tags that never close': (k) => `${HEAD}Content-Type: text/html\r\n\r\n${'<div a="'.repeat(40_000 * k)}`,
  'nothing but NUL': (k) => `${HEAD}\r\n${'\0'.repeat(500_000 * k)}`,
  'nothing but line ends': (k) => '\n'.repeat(200_000 * k),
  'nothing but carriage returns': (k) => `${HEAD}\r\n${'\r'.repeat(200_000 * k)}`,
}

/** Processor time, since the wall's says more of the machine than of the message; threads of this process count too. */
const measured = async (raw: Buffer): Promise<{ ms: number; message: ParsedMessage }> => {
  const start = process.cpuUsage()
  const message = await readMessage(raw)
  const { user, system } = process.cpuUsage(start)
  return { ms: (user + system) / 1000, message }
}

/** Below this a figure is that of starting up and collecting garbage. */
const NOISE_MS = 100

describe('a hostile message costs no more than its size, and whatever can be read of it is', () => {
  before(() => readMessage(Buffer.from(`${HEAD}\r\n${'warm\r\n'.repeat(20_000)}`)))
  for (const [name, make] of Object.entries(MESSAGES))
    test(name, async () => {
      const small = await measured(Buffer.from(make(1), 'latin1'))
      const large = await measured(Buffer.from(make(4), 'latin1'))
      // Twice what four times the size may cost; what grows with the square would take sixteen times as long.
      assert.ok(
        large.ms <= 8 * Math.max(small.ms, NOISE_MS),
        `${small.ms.toFixed(0)} ms, then ${large.ms.toFixed(0)} ms`,
      )
      for (const { message } of [small, large]) {
        assert.doesNotMatch(message.processing_error ?? '', /memory|longer than|parser ended/)
        if (make(1).startsWith(HEAD))
          assert.deepEqual([message.subject, message.from?.address], ['hostile', 'eve@people.example'])
      }
    })
})

test('a part of 50 MB comes out octet for octet', async () => {
  const content = Buffer.alloc(50_000_000, 'All work and no play. ')
  const raw = Buffer.concat([
    Buffer.from(
      `${HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
    ),
    Buffer.from(content.toString('base64').replace(/.{76}/g, '$&\r\n')),
    Buffer.from('\r\n--b--\r\n'),
  ])
  const { attachments, text, processing_error } = await readMessage(raw)
  assert.equal(processing_error, null)
  assert.equal(text?.trim(), 'See below.')
  assert.deepEqual(
    attachments.map(({ filename, size_bytes, sha256 }) => [filename, size_bytes, sha256]),
    [['big.bin', content.length, createHash('sha256').update(content).digest('hex')]],
  )
})

test('an archive that would unfold to a gigabyte stays folded', async () => {
  let bomb: Buffer = Buffer.alloc(64_000_000)
  for (let layer = 0; layer < 2; layer++) bomb = deflateRawSync(bomb)
  const raw = Buffer.from(
    `${HEAD}Content-Type: application/zip; name=bomb.zip\r\nContent-Encoding: deflate\r\nContent-Transfer-Encoding: base64\r\n\r\n${bomb.toString('base64')}\r\n`,
  )
  const { attachments } = await readMessage(raw)
  assert.deepEqual(
    attachments.map(({ size_bytes, mime_type }) => [size_bytes, mime_type]),
    [[bomb.length, 'application/zip']],
  )
})

test('a small message is not kept waiting by a large one', async () => {
  const order: string[] = []
  const large = readMessage(Buffer.from(`${HEAD}\r\n${'line\r\n'.repeat(400_000)}`)).then(() => order.push('large'))
  await readMessage(Buffer.from(`${HEAD}\r\nhello`)).then(() => order.push('small'))
  await large
  assert.deepEqual(order, ['small', 'large'])
})
