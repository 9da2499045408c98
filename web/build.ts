import { createHash } from 'node:crypto'
import { glob, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'vite'
import { describeFirstPage, readFirstPage } from './first-page.ts'

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
    ...['index.html', 'vite.config.ts', 'package.json', 'build.ts', 'first-page.ts'].map((path) => join(HERE, path)),
    join(HERE, '..', 'package-lock.json'),
  ]
  for (const path of sources.sort()) hash.update(`${path.slice(HERE.length - 4)}\0`).update(await readFile(path))
  return hash.digest('hex')
}

const wanted = await fingerprint()
const present = await readFile(join(DIST, STAMP), 'utf8').catch(() => null)
if (present !== wanted || !process.argv.includes('--if-stale')) {
  process.stderr.write('bavlio: building the dashboard (a few seconds, once for each version)\n')
  // Of its own: tests and servers that start together each find the build stale.
  const draft = `${DIST}.new-${process.pid}`
  await build({
    root: HERE,
    configFile: join(HERE, 'vite.config.ts'),
    logLevel: process.argv.includes('--if-stale') ? 'error' : 'info',
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
  ].filter((line) => !process.argv.includes('--if-stale') || line.startsWith('WARNING'))
  for (const line of sizes) process.stderr.write(`bavlio: ${line}\n`)
  await writeFile(join(draft, STAMP), wanted)
  await rm(DIST, { recursive: true, force: true })
  await rename(draft, DIST).catch(async (error: Error) => {
    // Another one was through first; of the same sources it is as good.
    if ((await readFile(join(DIST, STAMP), 'utf8').catch(() => null)) !== wanted) throw error
    await rm(draft, { recursive: true, force: true })
  })
}
