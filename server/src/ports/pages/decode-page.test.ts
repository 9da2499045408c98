import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { decodePage, PageTooLarge, PageUnreadable, unpackBody } from './decode-page.ts'

const TEXT = Buffer.from('Köln and Łódź, '.repeat(100))

test('each coding that is asked for is undone, deflate with and without its header', async () => {
  const packed: [string, Buffer][] = [
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP ', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', TEXT],
    ['', TEXT],
  ]
  for (const [coding, body] of packed) assert.ok((await unpackBody(body, coding, 10_000)).equals(TEXT), coding)
})

test('what was cut off gives what is there; what is damaged or packed otherwise is refused', async () => {
  const packed = gzipSync(Buffer.from(Array.from({ length: 20_000 }, (_, index) => index).join(' ')))
  const part = await unpackBody(packed.subarray(0, packed.length / 2), 'gzip', 1_000_000)
  assert.ok(part.toString().startsWith('0 1 2 3 4'))
  await assert.rejects(unpackBody(Buffer.from('no gzip'), 'gzip', 1_000), PageUnreadable)
  await assert.rejects(unpackBody(TEXT, 'zstd', 1_000), PageUnreadable)
  await assert.rejects(unpackBody(TEXT, 'gzip, gzip', 1_000), PageUnreadable)
  for (const [coding, body] of [
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
  ] as const)
    await assert.rejects(unpackBody(body, coding, TEXT.length - 1), PageTooLarge)
})

test('a bomb of a gigabyte takes no more memory than the limit', async () => {
  const program = `
    import { gzipSync, brotliCompressSync } from 'node:zlib'
    import { unpackBody, PageTooLarge } from ${JSON.stringify(new URL('./decode-page.ts', import.meta.url).href)}
    const member = gzipSync(Buffer.alloc(1_000_000))
    const bomb = Buffer.concat(Array.from({ length: 1_000 }, () => member))
    const before = process.resourceUsage().maxRSS
    await unpackBody(bomb, 'gzip', 4_194_304).then(() => process.exit(3), (error) => { if (!(error instanceof PageTooLarge)) throw error })
    console.log(process.resourceUsage().maxRSS - before)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program])
  assert.ok(Number(stdout) < 40_000, `${stdout} KiB more`)
})

test('the charset is what the bytes say, then what the header, then what the page says', () => {
  const cases: [Buffer, string, string][] = [
    [Buffer.from('Köln'), 'text/html; charset=iso-8859-1', 'Köln'],
    [Buffer.from('Köln', 'latin1'), 'text/html; charset=utf-8', 'Köln'],
    [Buffer.from('Köln', 'latin1'), 'text/html', 'Köln'],
    [Buffer.from('\ufeffKöln', 'utf16le'), 'text/html; charset=utf-8', 'Köln'],
    [Buffer.from('Köln', 'utf16le'), 'text/html; charset="utf-16le"', 'Köln'],
    [Buffer.from([0xa3, 0xf3, 0x64, 0xbc]), 'text/html; charset=iso-8859-2', 'Łódź'],
    [
      Buffer.concat([Buffer.from('<meta charset=windows-1251>'), Buffer.from([0xcf, 0xf0])]),
      '',
      '<meta charset=windows-1251>Пр',
    ],
    [Buffer.from('Köln'), 'text/html; charset=nonsense', 'Köln'],
    // A limit fell into a character.
    [Buffer.from('Köl').subarray(0, 2), '', 'K'],
  ]
  for (const [bytes, type, expected] of cases) assert.equal(decodePage(bytes, type), expected, type)
})
