import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describeFirstPage, FIRST_PAGE_LIMIT, readFirstPage } from '../first-page.ts'

describe('the size of the first page', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bavlio-first-page-'))
    await mkdir(join(folder, 'assets'))
    const files = {
      'index.html': '<script src="/assets/index-1.js"></script><link rel="stylesheet" href="/assets/index-2.css">',
      'assets/index-1.js': `import{a as b}from"./shared-3.js";import("./later-4.js")`,
      'assets/index-2.css': 'body{}',
      'assets/shared-3.js': 'export const a=1',
      'assets/later-4.js': 'export const never=1',
      'assets/home-page-5.js': 'import"./shared-3.js";import"./own-6.js"',
      'assets/own-6.js': `const text="${'x'.repeat(10_000)}"`,
    }
    for (const [path, text] of Object.entries(files)) await writeFile(join(folder, path), text)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const names = async (page?: string) => (await readFirstPage(folder, page)).files.map(({ path }) => path).sort()

  test('counts what the page names and what that imports, and nothing that is asked for later', async () => {
    assert.deepEqual(await names(), ['assets/index-1.js', 'assets/index-2.css', 'assets/shared-3.js', 'index.html'])
  })

  test('counts for a page what it imports beyond, once', async () => {
    const added = (await names('home-page')).filter((path) => !/index|shared/.test(path))
    assert.deepEqual(added, ['assets/home-page-5.js', 'assets/own-6.js'])
    await assert.rejects(readFirstPage(folder, 'no-page'), /has no chunk no-page/)
  })

  test('is in gzipped bytes, and warns with the largest file over the limit', async () => {
    const page = await readFirstPage(folder, 'home-page')
    assert.ok(page.bytes > 100 && page.bytes < 1_000, `${page.bytes} bytes`)
    assert.match(describeFirstPage('home', page), /^home loads 0\.\d kB gzipped in 6 files$/)
    assert.match(describeFirstPage('home', page, page.bytes - 1), /^WARNING: home .*\n.* kB {2}(?:index|assets)/s)
  })
})

test('the dashboard as it is built stays under the limit, with the page of somebody logged in', async () => {
  const build = fileURLToPath(new URL('../build.ts', import.meta.url))
  const { stderr } = await promisify(execFile)(process.execPath, [build, '--if-stale'])
  assert.doesNotMatch(stderr, /WARNING/)
  const dist = fileURLToPath(new URL('../dist', import.meta.url))
  for (const page of [undefined, 'home-page']) {
    const { bytes, files } = await readFirstPage(dist, page)
    assert.ok(bytes > 50_000 && files.length > 3, 'the built page was read')
    assert.ok(bytes <= FIRST_PAGE_LIMIT, `${page ?? 'the log-in page'} loads ${bytes} bytes`)
  }
})
