import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { tenDraftsPage, writeTenDrafts } from './ten-drafts.ts'

test('docs/ten-drafts.md holds what the writer writes, unedited', async () => {
  const page = await readFile(new URL('../../../docs/ten-drafts.md', import.meta.url), 'utf8')
  assert.equal(page, await tenDraftsPage(), 'Run "npm run generate".')
})

test('no two of them are alike, and each passes the checks', async () => {
  const drafts = await writeTenDrafts()
  assert.equal(drafts.length, 10)
  assert.equal(new Set(drafts.map(({ message }) => message.body.split('\n\n')[1])).size, 10)
  assert.deepEqual(
    drafts.filter(({ passed }) => !passed),
    [],
  )
})

test('a hundred people get letters that are neither copies nor refused', async () => {
  const drafts = await writeTenDrafts(100)
  assert.equal(new Set(drafts.map(({ message }) => message.body)).size, 100)
  assert.deepEqual(
    drafts.filter(({ passed }) => !passed).map(({ message }) => message.body),
    [],
  )
})
