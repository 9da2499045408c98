import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../../../test/hostile-memory-program.ts', import.meta.url))
const MB = 1_000_000
/** What INBOUND_MAX_BYTES is by itself. */
const LARGEST = 26 * MB
/** A thread of half a gigabyte, beside which the message stands in a copy; measured are at most 360 MB. */
const MOST = 560 * MB
/** The thread's ten seconds, and starting and ending it. */
const LONGEST_MS = 14_000

type Report = { before: number; most: number; ms: number; size: number; error: string | null }

const run = async (name: string, size: number): Promise<Report> => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, name, String(size)])
  return JSON.parse(stdout) as Report
}

/** The dearest of hostile-mime.test.ts at the largest size that is let in, and one far beyond it. */
const CASES: [name: string, size: number][] = [
  ['500 levels of message/rfc822', LARGEST],
  ['a charset that ends in the middle', LARGEST],
  ['10,000 headers', LARGEST],
  ['tags that never close', LARGEST],
  ['boundaries that never end', LARGEST],
  ['comments that never close', LARGEST],
  ['a part of the largest size', 70 * MB],
]

describe('a hostile message holds bounded memory, measured in a process of its own', () => {
  for (const [name, size] of CASES)
    test(`${name}, ${size / MB} MB`, async (t) => {
      const { before, most, ms, size: made, error } = await run(name, size)
      assert.ok(made > size / 2, `${made} octets`)
      t.diagnostic(`${Math.round((most - before) / MB)} MB in ${Math.round(ms)} ms${error ? `: ${error}` : ''}`)
      assert.ok(most - before < MOST, `${Math.round((most - before) / MB)} MB`)
      assert.ok(ms < LONGEST_MS, `${Math.round(ms)} ms`)
    })

  test('the measure sees what is held: a large part costs more than nothing', async () => {
    const [nothing, part] = [await run('nothing', 0), await run('a part of the largest size', LARGEST)]
    assert.ok(nothing.most - nothing.before < 20 * MB)
    assert.ok(part.most - part.before > LARGEST)
  })
})
