import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { oneAtATime } from '../one-at-a-time.ts'

describe('one at a time', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bavlio-one-at-a-time-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('the others wait, also where one of them fails', async () => {
    const lock = join(folder, 'busy.lock')
    let working = 0
    let most = 0
    const done = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) =>
        oneAtATime(lock, async () => {
          most = Math.max(most, ++working)
          await pause(5)
          working--
          if (n === 0) throw new Error('it broke')
          return n
        }),
      ),
    )
    assert.equal(most, 1)
    assert.deepEqual(
      done.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message)),
      ['it broke', 1, 2, 3, 4, 5, 6, 7],
    )
    assert.equal(existsSync(lock), false)
  })

  test('a lock that a killed process left is taken over, one of a living process is not', async () => {
    const lock = join(folder, 'left.lock')
    await writeFile(lock, '')
    let begun = false
    const waiting = oneAtATime(lock, async () => {
      begun = true
    })
    await pause(400)
    assert.equal(begun, false)
    const minuteAgo = new Date(Date.now() - 60_000)
    await utimes(lock, minuteAgo, minuteAgo)
    await waiting
    assert.equal(begun, true)
  })
})
