import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { crc32, deflateRawSync, deflateSync } from 'node:zlib'
import { type Browser, manifestFor } from './src/manifest.ts'

/**
 * Builds the extension into dist/: a folder and a ZIP for each browser. Node strips the types, so what runs in the browser is
 * what stands in the sources, line by line. Pages of the extension load their modules as they are; what is put into other
 * people's pages has to be one classic script, so its modules are joined here.
 */
const HERE = import.meta.dirname

export type BuiltFile = { path: string; content: Buffer }

/** The files of one browser's extension, by their paths. */
export const buildFor = async (browser: Browser, version: string): Promise<BuiltFile[]> => {
  const files: BuiltFile[] = []
  const add = (path: string, content: string | Buffer): void => {
    files.push({ path, content: Buffer.from(content) })
  }
  add('manifest.json', `${JSON.stringify(manifestFor(browser, version), null, 2)}\n`)
  add('content/read-page.js', await joinModules(join(HERE, 'src', 'content', 'read-page.ts')))
  const popup = join(HERE, 'src', 'popup')
  for (const name of (await readdir(popup)).sort()) {
    const text = await readFile(join(popup, name), 'utf8')
    if (name.endsWith('.ts')) add(`popup/${name.replace(/\.ts$/, '.js')}`, asModule(text))
    else add(`popup/${name}`, text)
  }
  for (const size of [16, 32, 48, 128]) add(`icons/${size}.png`, icon(size))
  return files
}

const IMPORT = /^import\s+\{([^}]*)\}\s+from\s+'(\.[^']+)'\s*;?[ \t]*$/gm
const DECLARED = /^(?:export\s+)?(?:async\s+)?(?:const|let|var|function|class)\s+([\w$]+)/gm

/** A module without its types; the paths of its imports end in .js. */
const asModule = (source: string): string => withoutTypes(source).replaceAll(/(from\s+'\.[^']+)\.ts'/g, "$1.js'")

const withoutTypes = (source: string): string => {
  const stripped = stripTypeScriptTypes(source)
  // What held only types leaves blank lines.
  return `${stripped
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

/**
 * One script of a module and all that it imports, each once, after what it needs. They come to share one scope, so no two may
 * declare the same name; that is checked, and so is that nothing is imported under another name.
 */
const joinModules = async (entry: string): Promise<string> => {
  const texts: string[] = []
  const done = new Set<string>()
  const declared = new Map<string, string>()
  const visit = async (path: string, from: string[]): Promise<void> => {
    if (from.includes(path)) throw new Error(`${[...from, path].map(shortName).join(' → ')} import each other.`)
    if (done.has(path)) return
    const text = withoutTypes(await readFile(path, 'utf8'))
    for (const [, names = '', target = ''] of text.matchAll(IMPORT)) {
      if (/\bas\b/.test(names)) throw new Error(`${shortName(path)} imports something under another name.`)
      await visit(resolve(dirname(path), target), [...from, path])
    }
    const body = text.replaceAll(IMPORT, '')
    if (/^import\b/m.test(body)) throw new Error(`${shortName(path)} imports something in a way that cannot be joined.`)
    for (const [, name = ''] of body.matchAll(DECLARED)) {
      const other = declared.get(name)
      if (other) throw new Error(`${shortName(path)} and ${shortName(other)} both declare ${name}.`)
      declared.set(name, path)
    }
    done.add(path)
    texts.push(`// ${shortName(path)}\n${body.replaceAll(/^export\s+/gm, '').trim()}\n`)
  }
  await visit(entry, [])
  return `(() => {\n'use strict'\n\n${texts.join('\n')}})()\n`
}

const shortName = (path: string): string => relative(join(HERE, 'src'), path)

/** The mark of the product as a PNG: a white letter on a blue tile, drawn by hand in a grid of 16. */
const icon = (size: number): Buffer => {
  const letter = ['1111110.', '11...11.', '11...11.', '111111..', '11...11.', '11....11', '11....11', '1111111.']
  const pixels = Buffer.alloc((size * 4 + 1) * size)
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const [u, v] = [((x + 0.5) * 16) / size, ((y + 0.5) * 16) / size]
      const corner = Math.hypot(Math.max(0, 3 - u, u - 13), Math.max(0, 3 - v, v - 13)) > 3
      const ink = letter[Math.floor(v) - 4]?.[Math.floor(u) - 4] === '1'
      pixels.set(
        corner ? [0, 0, 0, 0] : ink ? [255, 255, 255, 255] : [31, 95, 191, 255],
        y * (size * 4 + 1) + 1 + x * 4,
      )
    }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 6, 0, 0, 0], 8)
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A ZIP archive as the stores take it. All files bear one fixed day, so that equal sources give equal archives. */
const zipOf = (files: BuiltFile[]): Buffer => {
  const parts: Buffer[] = []
  const listing: Buffer[] = []
  let offset = 0
  for (const { path, content } of files) {
    const name = Buffer.from(path)
    const packed = deflateRawSync(content)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(20, 0)
    facts.writeUInt16LE(0x0800, 2)
    facts.writeUInt16LE(8, 4)
    facts.writeUInt16LE((2026 - 1980) * 512 + 1 * 32 + 1, 8)
    facts.writeUInt32LE(crc32(content), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(content.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    listing.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, rest, name]))
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, name, packed])
    parts.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(listing)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06', 'latin1'), end])
}

/** Writes dist/chrome, dist/firefox and their archives below `folder`. Answers what was written. */
export const buildExtension = async (folder = join(HERE, 'dist')): Promise<string[]> => {
  const { version } = JSON.parse(await readFile(join(HERE, 'package.json'), 'utf8')) as { version: string }
  const written: string[] = []
  for (const browser of ['chrome', 'firefox'] as const) {
    const files = await buildFor(browser, version)
    const target = join(folder, browser)
    await rm(target, { recursive: true, force: true })
    for (const { path, content } of files) {
      await mkdir(dirname(join(target, path)), { recursive: true })
      await writeFile(join(target, path), content)
    }
    const archive = join(folder, `bavlio-${browser}-${version}.zip`)
    await writeFile(archive, zipOf(files))
    written.push(target, archive)
  }
  return written
}

if (import.meta.main) {
  for (const path of await buildExtension()) process.stdout.write(`${relative(process.cwd(), path)}\n`)
}
