import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { hostileHead as HEAD, hostileMessages } from './fixtures/hostile.ts'
import type { ParsedMessage } from './parse-message.ts'
import { readMessage } from './read-message.ts'

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
  for (const [name, make] of Object.entries(hostileMessages))
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
