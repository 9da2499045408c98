import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What a browser loads of a built dashboard before the first page stands, in gzipped bytes, so that growth is seen. */
export type FirstPage = { files: { path: string; bytes: number }[]; bytes: number }

/** Over so many gzipped bytes it is time to look what came in. */
export const FIRST_PAGE_LIMIT = 250_000

/** Fonts are packed already: gzip would only add to them. */
const weigh = (path: string, content: Buffer): number =>
  path.endsWith('.woff2') ? content.length : gzipSync(content, { level: 9 }).length

/** Chunks that a script cannot begin without. Those it asks for later, by `import()`, are not among them. */
const staticImports = (path: string, code: string): string[] =>
  [...code.matchAll(/(?:\bfrom|\bimport)\s*["']([^"']+\.js)["']/g)].map(([, target]) =>
    posix.join(posix.dirname(path), target as string),
  )

/**
 * Reads it from the built files: all that index.html names, what its scripts import, and with `page` (the beginning of a
 * chunk's name, such as "home-page") also what that page imports beyond.
 */
export const readFirstPage = async (folder: string, page?: string): Promise<FirstPage> => {
  const html = await readFile(join(folder, 'index.html'), 'utf8')
  const waiting = ['index.html', ...[...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path as string)]
  if (page) {
    const chunk = (await readdir(join(folder, 'assets'))).find(
      (name) => name.startsWith(`${page}-`) && /\.js$/.test(name),
    )
    if (!chunk) throw new Error(`the build has no chunk ${page}`)
    waiting.push(`assets/${chunk}`)
  }
  const files = new Map<string, number>()
  for (const path of waiting) {
    if (files.has(path)) continue
    const content = await readFile(join(folder, path))
    files.set(path, weigh(path, content))
    if (path.endsWith('.js')) waiting.push(...staticImports(path, content.toString('utf8')))
  }
  return {
    files: [...files].map(([path, bytes]) => ({ path, bytes })).sort((a, b) => b.bytes - a.bytes),
    bytes: [...files.values()].reduce((sum, bytes) => sum + bytes, 0),
  }
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

/** One line for the build's output; over the limit a warning with the largest files. */
export const describeFirstPage = (name: string, { files, bytes }: FirstPage, limit = FIRST_PAGE_LIMIT): string => {
  const line = `${name} loads ${kilobytes(bytes)} gzipped in ${files.length} files`
  if (bytes <= limit) return line
  const largest = files.slice(0, 5).map((file) => `\n  ${kilobytes(file.bytes)}  ${file.path}`)
  return `WARNING: ${line}, more than ${kilobytes(limit)}. The largest:${largest.join('')}`
}
