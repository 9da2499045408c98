import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentDisposition, isShownInline, safeFilename, safeMediaType } from './attachment-name.ts'

test('a file name is one plain name, whatever was given', () => {
  const cases: [string, string][] = [
    ['report.pdf', 'report.pdf'],
    ['C:\\Users\\ada\\offer.docx', 'offer.docx'],
    ['../../x', 'x'],
    ['..', 'attachment'],
    ['dir/', 'attachment'],
    ['', 'attachment'],
    [' \t ', 'attachment'],
    ['a\r\nContent-Type: text/html\r\n.pdf', 'html.pdf'],
    ['a\u202efdp.exe', 'afdp.exe'],
    ['\ud83dhalf', '\ufffdhalf'],
  ]
  for (const [given, expected] of cases) assert.equal(safeFilename(given), expected, JSON.stringify(given))
  const long = safeFilename(`${'ä'.repeat(400)}.tar.gz`)
  assert.equal(long.length, 255)
  assert.ok(long.endsWith('.gz'))
})

test('a media type is one, without parameters, and none that base64 cannot carry', () => {
  const cases: [string | null, string][] = [
    ['image/PNG', 'image/png'],
    ['text/plain; charset="utf-8"', 'text/plain'],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    ],
    ['message/rfc822', 'application/octet-stream'],
    ['multipart/mixed', 'application/octet-stream'],
    ['text', 'application/octet-stream'],
    ['text/plain\r\nX: y', 'application/octet-stream'],
    [null, 'application/octet-stream'],
  ]
  for (const [given, expected] of cases) assert.equal(safeMediaType(given), expected)
})

test('only what cannot run anything is shown, and a name never ends its header', () => {
  assert.deepEqual(['image/png', 'application/pdf', 'text/plain'].map(isShownInline), [true, true, true])
  assert.deepEqual(['image/svg+xml', 'text/html', 'application/xhtml+xml', 'text/xml'].map(isShownInline), [
    false,
    false,
    false,
    false,
  ])
  assert.equal(
    contentDisposition('attachment', 'a"b\\c%.txt'),
    `attachment; filename="a_b_c_.txt"; filename*=UTF-8''a%22b%5Cc%25.txt`,
  )
  assert.equal(contentDisposition('inline', 'plain.txt'), 'inline; filename="plain.txt"')
})
