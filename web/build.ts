import { createHash } from 'node:crypto'
import { glob, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'vite'
import { describeFirstPage, readFirstPage } from './first-page.ts'
import { oneAtATime } from './one-at-a-time.ts'

/**
 * Builds the dashboard into dist/. With `--if-stale` only where the sources are not those it was built from, which `npm start`
 * asks for each time. The new build takes the old one's place at its end, so a build that is cut off leaves the old one whole.
 */
const HERE = import.meta.dirname
const DIST = join(HERE, 'dist')
const STAMP = 'sources'

const fingerprint = async (): Promise<string> => {
  const hash = createHash('sha256')
  const sources = [
    ...(await Array.fromAsync(glob('{src,public}/**/*.*', { cwd: HERE }))).map((path) => join(HERE, path)),
    ...(await Array.fromAsync(glob('sdk/src/**/*.ts', { cwd: join(HERE, '..') }))).map((path) =>
      join(HERE, '..', path),
    ),
    ...['index.html', 'vite.config.ts', 'package.json', 'build.ts', 'first-page.ts', 'one-at-a-time.ts'].map((path) =>
      join(HERE, path),
    ),
    join(HERE, '..', 'package-lock.json'),
  ]
  for (const path of sources.sort()) hash.update(`${path.slice(HERE.length - 4)}\0`).update(await readFile(path))
  return hash.digest('hex')
}

const isFresh = async (): Promise<boolean> => (await readFile(join(DIST, STAMP), 'utf8').catch(() => null)) === wanted

const buildAll = async (): Promise<void> => {
  process.stderr.write('bavlio: building the dashboard (a few seconds, once for each version)\n')
  const draft = `${DIST}.new`
  await build({
    root: HERE,
    configFile: join(HERE, 'vite.config.ts'),
    logLevel: ifStale ? 'error' : 'info',
    build: { outDir: draft, emptyOutDir: true },
  })
  for await (const path of glob('**/*.{js,css,html,svg}', { cwd: draft })) {
    const content = await readFile(join(draft, path))
    if (content.length < 1_000) continue
    const packed = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
    await writeFile(join(draft, `${path}.br`), packed)
  }
  const sizes = [
    describeFirstPage('the log-in page', await readFirstPage(draft)),
    describeFirstPage('the first page of somebody logged in', await readFirstPage(draft, 'home-page')),
  ].filter((line) => !ifStale || line.startsWith('WARNING'))
  for (const line of sizes) process.stderr.write(`bavlio: ${line}\n`)
  await writeFile(join(draft, STAMP), wanted)
  await rm(DIST, { recursive: true, force: true })
  await rename(draft, DIST)
}

const ifStale = process.argv.includes('--if-stale')
const wanted = await fingerprint()
// Tests and servers that start together each find the build stale. One builds; were the others to put theirs in its place, it
// would be gone for an instant, in which the first one's server looks for it.
if (!ifStale || !(await isFresh()))
  await oneAtATime(`${DIST}.lock`, async () => {
    if (!ifStale || !(await isFresh())) await buildAll()
  })
