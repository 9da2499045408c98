import { hostileHead, hostileMessages } from '../src/features/inbound/fixtures/hostile.ts'
import { readMessage } from '../src/features/inbound/read-message.ts'

/**
 * Reads one hostile message as the product does and prints what the process has ever held, in bytes, and how long it took.
 * A process of its own for each, since memory that was held once is not given back.
 */
const name = process.argv[2] ?? ''
const size = Number(process.argv[3] ?? 0)

/** Filled up to `size` octets by repeating what makes it hostile. */
const build = (): Buffer => {
  if (name === 'nothing') return Buffer.from(`${hostileHead}\r\nhello`)
  if (name === 'a part of the largest size') {
    const head = `${hostileHead}Content-Type: application/octet-stream; name=big.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n`
    return Buffer.from(head + `${'QUJD'.repeat(19)}\r\n`.repeat(Math.floor((size - head.length) / 78)))
  }
  const make = hostileMessages[name]
  if (!make) throw new Error(`There is no hostile message called ${name}.`)
  return Buffer.from(make(Math.max(1, Math.floor(size / make(1).length))), 'latin1')
}

const raw = build()
const before = process.memoryUsage().rss
const started = performance.now()
const message = await readMessage(raw)
console.log(
  JSON.stringify({
    before,
    most: process.resourceUsage().maxRSS * 1024,
    ms: performance.now() - started,
    size: raw.length,
    error: message.processing_error,
  }),
)
