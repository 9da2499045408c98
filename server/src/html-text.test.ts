import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  appendToBody,
  attributeOf,
  decodeEntities,
  escapeHtml,
  forEachTag,
  type HtmlTag,
  htmlToText,
  isHtml,
  textToHtml,
  tidyText,
} from './html-text.ts'

test('a body is HTML when it has a block tag and text otherwise', () => {
  for (const body of [
    '<p>x</p>',
    'a<br>b',
    'a<BR/>b',
    '<div class="x">',
    '<!DOCTYPE html>',
    '<h1>x',
    '<table\nborder=0>',
  ]) {
    assert.equal(isHtml(body), true, body)
  }
  for (const body of ['x', 'a < b and p > q', '<3', '<b>x</b>', '<a href="x">y</a>', '<product>', '<p', '< p >', '']) {
    assert.equal(isHtml(body), false, body)
  }
})

test('escaping and decoding are exact opposites for the five characters', () => {
  const text = `<a href="x">'&amp;'</a>`
  assert.equal(decodeEntities(escapeHtml(text)), text)
  assert.equal(escapeHtml('plain'), 'plain')
})

test('entities decode with their semicolon only, and never to something that is no character', () => {
  const cases: [string, string][] = [
    ['?a=1&amp;b=2', '?a=1&b=2'],
    ['?a=1&copy=2&amp=3', '?a=1&copy=2&amp=3'],
    ['&#38;&#x26;&#X26;', '&&&'],
    ['&#0;&#xd800;&#x110000;&#9999999;', '&#0;&#xd800;&#x110000;&#9999999;'],
    ['&eacute;&constructor;', '&eacute;&constructor;'],
  ]
  for (const [written, read] of cases) assert.equal(decodeEntities(written), read)
})

test('text becomes paragraphs, line breaks and links, and nothing of it becomes markup', () => {
  const cases: [text: string, html: string][] = [
    ['Hi,\n\nhow are\nyou?', '<p>Hi,</p>\n<p>how are<br>\nyou?</p>'],
    ['a\r\n \r\n\r\nb  \nc', '<p>a</p>\n<p>b<br>\nc</p>'],
    ['<script>x</script> & "y"', '<p>&lt;script&gt;x&lt;/script&gt; &amp; &quot;y&quot;</p>'],
    [
      'See https://a.example/?x=1&y=2.',
      '<p>See <a href="https://a.example/?x=1&amp;y=2">https://a.example/?x=1&amp;y=2</a>.</p>',
    ],
    ['(https://a.example/b_(c))', '<p>(<a href="https://a.example/b_(c)">https://a.example/b_(c)</a>)</p>'],
    ['javascript:alert(1) xhttps://a.example', '<p>javascript:alert(1) xhttps://a.example</p>'],
    [
      'https://a.example/"onclick="x',
      '<p><a href="https://a.example/">https://a.example/</a>&quot;onclick=&quot;x</p>',
    ],
    ['', ''],
    [' \n\n ', ''],
  ]
  for (const [text, html] of cases) assert.equal(textToHtml(text), html, text)
})

test('HTML becomes readable text with its links, lists and paragraphs', () => {
  const html =
    '<style>p{}</style><h1>Hello</h1><p>See <a href="https://a.example/?x=1&amp;y=2">our site</a> or <a href="https://b.example">https://b.example</a>.</p>' +
    '<ul><li>one</li><li>two</li></ul><p>Best,<br>Bob&nbsp;B.</p><img src="x.png" alt="pixel"><!-- secret -->'
  assert.equal(
    htmlToText(html),
    'Hello\n\nSee our site <https://a.example/?x=1&y=2> or https://b.example.\n\n * one\n * two\n\nBest,\nBob B.',
  )
})

test('tidying removes what no reader wants and keeps indentation', () => {
  assert.equal(tidyText('\n\na  b \t\r\n\r\n\r\n\r\n * c\n   d <>\n'), 'a b\n\n * c\n   d')
})

function names(html: string): string[] {
  const found: string[] = []
  forEachTag(html, (tag) => found.push((tag.closing ? '/' : '') + tag.name))
  return found
}

test('only real tags are seen: not those in comments, styles, scripts, attributes or text', () => {
  const cases: [html: string, tags: string[]][] = [
    ['<a><b></b></A >', ['a', 'b', '/b', '/a']],
    ['<!-- <a> --><!--[if mso]><a><![endif]--><!doctype html><?xml ?><p>', ['p']],
    ['<style>a > b { } <a></style><i>', ['style', '/style', 'i']],
    ['<script>"<a></b>"</SCRIPT\n><i>', ['script', '/script', 'i']],
    ['<p title="<a>" alt=\'>\'><i>', ['p', 'i']],
    ['1 < 2, <3, a<b>c', ['b']],
    ['<a href="never closed><b>', []],
    ['<a href=x"y><b>', ['a', 'b']],
    ['<!--><i><!-- open <b>', ['i']],
    ['<p', []],
    ['<', []],
  ]
  for (const [html, tags] of cases) assert.deepEqual(names(html), tags, html)
})

test('attributes are read quoted, unquoted, spaced, upper-case and entity-encoded, the first of a name counts', () => {
  const cases: [html: string, value: string | null][] = [
    ['<a href="x">', 'x'],
    ["<a class=b HREF = 'x y' >", 'x y'],
    ['<a href=x/y?z=1>', 'x/y?z=1'],
    ['<a href="a&amp;b" href="c">', 'a&b'],
    ['<a data-href="n" title="href=no" href="x">', 'x'],
    ['<a/href="x"/>', 'x'],
    ['<a href>', null],
    ['<a href="">', ''],
    ['<a>', null],
  ]
  for (const [html, value] of cases) {
    forEachTag(html, (tag: HtmlTag) => {
      const attribute = attributeOf(html, tag, 'href')
      assert.equal(attribute?.value ?? null, value, html)
      if (attribute) assert.match(html.slice(attribute.start, attribute.end), /^("[^"]*"|'[^']*'|[^\s>"']*)$/)
    })
  }
})

test('a piece goes to the end of the visible body', () => {
  const cases: [html: string, result: string][] = [
    ['<p>x</p>', '<p>x</p>#'],
    ['<html><body>x</body></html>', '<html><body>x#</body></html>'],
    ['<html>x</HTML>', '<html>x#</HTML>'],
    ['<body>x</body ><!-- </body> -->', '<body>x#</body ><!-- </body> -->'],
    ['<pre>&lt;/body></pre>', '<pre>&lt;/body></pre>#'],
  ]
  for (const [html, result] of cases) assert.equal(appendToBody(html, '#'), result)
})

test('hostile input costs time in proportion to its length', () => {
  const inputs = [
    '<a '.repeat(60_000),
    '<style>'.repeat(30_000),
    '<!--'.repeat(50_000),
    '<a href="'.repeat(20_000),
    ' '.repeat(200_000),
    `a${' '.repeat(200_000)}b`,
    '\n '.repeat(100_000),
    `https://a.example/${'('.repeat(100_000)}${')'.repeat(100_000)}`,
    `https://a.example/${'.'.repeat(200_000)}`,
    '<p '.repeat(60_000),
    '&#'.repeat(100_000),
  ]
  for (const input of inputs) {
    const start = performance.now()
    isHtml(input)
    tidyText(input)
    textToHtml(input)
    decodeEntities(input)
    names(input)
    appendToBody(`${input}</body>`, '#')
    assert.ok(performance.now() - start < 700, `${input.slice(0, 20)}… took ${performance.now() - start} ms`)
  }
})
