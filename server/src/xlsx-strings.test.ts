import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createStringStore } from './xlsx-strings.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bavlio-strings-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Empty, short, of several bytes a character, around the size of a head of two bytes and across pages of 64 KiB. */
const textOf = (index: number): string => {
  if (index % 7 === 0) return ''
  if (index % 1000 === 1) return `${index} ${'ü'.repeat(40_000)}`
  if (index % 5 === 0) return `${index} ${'x'.repeat(55 + (index % 20))}`
  return `Person ${index} 東京 😀`
}
const isShortened = (index: number): boolean => index % 11 === 0

for (const [what, pages] of [
  ['in memory', 4096],
  ['with four pages in memory and the rest in a file', 4],
] as const)
  test(`every string comes back by its number, ${what}`, () => {
    const path = join(folder, `${pages}.strings`)
    const store = createStringStore({ path, pages_in_memory: pages })
    const count = 5003
    for (let index = 0; index < count; index++) store.add(textOf(index), isShortened(index))
    assert.equal(store.count(), count)
    const check = (index: number): void =>
      assert.deepEqual(store.get(index), { text: textOf(index), is_shortened: isShortened(index) }, String(index))
    for (let index = 0; index < count; index++) check(index)
    for (let index = count - 1; index >= 0; index -= 13) check(index)
    for (let step = 0; step < 3000; step++) check((step * 7919) % count)
    for (const index of [-1, count, 0.5, Number.NaN]) assert.equal(store.get(index), undefined)
    assert.equal(existsSync(path), pages === 4)
    store.close()
    assert.equal(existsSync(path), false)
  })
