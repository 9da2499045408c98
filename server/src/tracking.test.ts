import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addOpenPixel, rewriteLinks } from './tracking.ts'

const track = (html: string, keep: string[] = []) =>
  rewriteLinks(html, (link) => `https://t.example/${link.position}?a=1&b=2`, keep)
const tracked = (position: number) => `"https://t.example/${position}?a=1&amp;b=2"`

test('links are replaced and everything around them stays byte for byte', () => {
  const cases: [html: string, result: string][] = [
    ['<a href="https://x.example">x</a>', `<a href=${tracked(0)}>x</a>`],
    [
      `<A class='c' HREF = 'http://x.example' target=_blank>x</A>`,
      `<A class='c' HREF = ${tracked(0)} target=_blank>x</A>`,
    ],
    ['<a href=https://x.example/y?z=1 class=b>x</a>', `<a href=${tracked(0)} class=b>x</a>`],
    ['<a href=https://x.example/>x</a>', `<a href=${tracked(0)}>x</a>`],
    ['<a title="a > b" href="https://x.example">x</a>', `<a title="a > b" href=${tracked(0)}>x</a>`],
    ['<map><area href="https://x.example"></map>', `<map><area href=${tracked(0)}></map>`],
    [
      '<a href=" https://x.example/\n a">x</a>',
      '<a href=" https://x.example/\n a">x</a>'.replace(/"[^"]*"/, tracked(0)),
    ],
    [
      'a<a href="https://x.example">1</a>b<a href="https://x.example">2</a>c',
      `a<a href=${tracked(0)}>1</a>b<a href=${tracked(1)}>2</a>c`,
    ],
  ]
  for (const [html, result] of cases) assert.equal(track(html).html, result)
})

test('other schemes, relative links, and links that only look like links are left alone', () => {
  const untouched = [
    '<a href="mailto:a@x.example">x</a>',
    '<a href="tel:+49">x</a>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="#top">x</a><a href="/path">x</a><a href="//x.example">x</a>',
    '<a href="https://">x</a>',
    '<a>x</a><a href>x</a><a href="">x</a>',
    '<a data-href="https://x.example">x</a>',
    '<!-- <a href="https://x.example">x</a> -->',
    '<!--[if mso]><a href="https://x.example"><![endif]-->',
    '<style>a[href="https://x.example"]{} <a href="https://x.example"></style>',
    '<script>"<a href=\'https://x.example\'>"</script>',
    '<img src="https://x.example/a.png"><link href="https://x.example/a.css">',
    '<p title="<a href=https://x.example>">x</p>',
    '<a href="https://x.example',
    'https://x.example 1 < 2 <3',
    '<abbr href="https://x.example">x</abbr>',
  ]
  for (const html of untouched) assert.deepEqual(track(html), { html, links: [] })
})

test('the unsubscribe link keeps its own target, entity-encoded or not', () => {
  const url = 'https://u.example/?a=1&b=2'
  const html = `<a href="https://u.example/?a=1&amp;b=2">stop</a> <a href="https://u.example/?a=1&b=2">stop</a> <a href="https://x.example">x</a>`
  const result = track(html, [url])
  assert.equal(result.html, html.replace('"https://x.example"', tracked(0)))
  assert.equal(result.links.length, 1)
})

test('the list names each link by position, decoded target and what the reader sees', () => {
  const html =
    '<p><a href="https://x.example/?a=1&amp;b=2#c"><b>Our</b>\n <i>site</i> &amp; more</a> and ' +
    '<a href="https://y.example"><img src="i.png" alt="A logo"></a>' +
    '<a href="https://z.example">never closed <a href="https://w.example">next<!-- no --></a>' +
    `<a href="https://v.example">${'long '.repeat(2000)}</a></p>`
  const { links } = track(html)
  assert.deepEqual(
    links.map(({ position, url, text }) => [position, url, text.slice(0, 20)]),
    [
      [0, 'https://x.example/?a=1&b=2#c', 'Our site & more'],
      [1, 'https://y.example', 'A logo'],
      [2, 'https://z.example', 'never closed'],
      [3, 'https://w.example', 'next'],
      [4, 'https://v.example', 'long long long long '],
    ],
  )
  assert.equal(links[4]?.text.length, 200)
})

test('a link for which no tracked target is answered stays as it is and keeps its position', () => {
  const html = '<a href="https://a.example">a</a><a href="https://b.example">b</a>'
  const result = rewriteLinks(html, (link) => (link.url.includes('b.') ? 'https://t.example' : null))
  assert.equal(result.html, '<a href="https://a.example">a</a><a href="https://t.example">b</a>')
  assert.deepEqual(
    result.links.map((link) => link.position),
    [0, 1],
  )
})

test('a tracked target cannot break out of its attribute', () => {
  const { html } = rewriteLinks('<a href=https://a.example>a</a>', () => 'https://t.example/"><script>')
  assert.equal(html, '<a href="https://t.example/&quot;&gt;&lt;script&gt;">a</a>')
})

test('the pixel stands at the end of the visible body, with its URL escaped', () => {
  const pixel =
    '<img src="https://t.example/?a=1&amp;b=2" width="1" height="1" alt="" style="border:0;width:1px;height:1px">'
  assert.equal(addOpenPixel('<p>x</p>', 'https://t.example/?a=1&b=2'), `<p>x</p>${pixel}`)
  assert.equal(
    addOpenPixel('<body>x</body><!-- </body> -->', 'https://t.example/?a=1&b=2'),
    `<body>x${pixel}</body><!-- </body> -->`,
  )
})

test('hostile HTML costs time in proportion to its length', () => {
  for (const html of [
    '<a href="https://x.example">'.repeat(7000),
    '<a href='.repeat(30_000),
    '<a href="https://x.example" '.repeat(9000),
  ]) {
    const start = performance.now()
    track(html)
    assert.ok(performance.now() - start < 700, `${html.slice(0, 30)}… took ${performance.now() - start} ms`)
  }
})
