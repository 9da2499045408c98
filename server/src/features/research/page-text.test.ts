import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPageText } from './page-text.ts'

const textOf = (html: string): string[] => readPageText(html).blocks.map(({ text }) => text)

test('title, description, headings, paragraphs and links are read, with entities and inline markup', () => {
  const page = readPageText(`<!doctype html><html><head><title>Acme &amp; Sons\n – pumps</title>
    <meta name="description" content="Pumps for breweries."><meta property="og:site_name" content="Acme"></head>
    <body><nav><a href="/about">About <b>us</b></a></nav><h1>Pumps&nbsp;that last</h1><p>Acme builds <em>pumps</em>.<br>Since 1954.</p></body></html>`)
  assert.equal(page.title, 'Acme & Sons – pumps')
  assert.equal(page.description, 'Pumps for breweries.')
  assert.equal(page.site_name, 'Acme')
  assert.deepEqual(page.blocks, [
    { kind: 'heading', text: 'Pumps that last', date: null },
    { kind: 'text', text: 'Acme builds pumps.', date: null },
    { kind: 'text', text: 'Since 1954.', date: null },
  ])
  assert.deepEqual(page.links, [{ href: '/about', text: 'About us' }])
})

test('what a reader does not see is not read', () => {
  const hidden = [
    '<!-- SECRET -->',
    '<!--[if mso]><p>SECRET</p><![endif]-->',
    '<script>SECRET</script>',
    '<style>.x{content:"SECRET"}</style>',
    '<noscript>SECRET</noscript>',
    '<template><p>SECRET</p></template>',
    '<p hidden>SECRET</p>',
    '<p aria-hidden="true">SECRET</p>',
    '<p style="display: none">SECRET</p>',
    '<div style="visibility:hidden"><p><b>SECRET</b></p></div>',
    '<p style="font-size:0">SECRET</p>',
    '<p style="font-size: 1px; line-height:1">SECRET</p>',
    '<p style="opacity:0">SECRET</p>',
    '<p style="color:#FFF">SECRET</p>',
    '<p style="color: rgba(0,0,0,0)">SECRET</p>',
    '<p style="position:absolute;left:-9999px">SECRET</p>',
    '<p style="text-indent:-5000px">SECRET</p>',
    '<div style="height:0;overflow:hidden">SECRET</div>',
    '<p class="text sr-only">SECRET</p>',
    '<p class="d-none">SECRET</p>',
    '<style>.a, .trick { display : none } #gone{visibility:hidden}</style><p class="b trick">SECRET</p><p id="gone">SECRET</p>',
    '<div id="cookie-banner">SECRET</div>',
    '<form><label>SECRET</label><textarea>SECRET</textarea></form>',
    '<select><option>SECRET</option></select>',
    '<svg><text>SECRET</text></svg>',
    '<iframe srcdoc="SECRET">SECRET</iframe>',
    '<footer>SECRET</footer>',
    '<img alt="SECRET" title="SECRET">',
    '<p title="SECRET" data-x="SECRET"></p>',
  ]
  for (const html of hidden) assert.deepEqual(textOf(`<body>${html}<p>seen</p></body>`), ['seen'], html)
  for (const html of [
    '<p style="opacity:0.9">seen</p>',
    '<p style="font-size:10px">seen</p>',
    '<p style="background-color:#fff;width:100px">seen</p>',
  ])
    assert.deepEqual(textOf(html), ['seen'], html)
})

test('organisations are found in JSON-LD, below @graph and as publisher; JSON that is none says nothing', () => {
  const { organisations } = readPageText(`<script type="application/ld+json">{"@context":"https://schema.org","@graph":[
      {"@type":"WebSite","publisher":{"@type":["Corporation"],"name":"Acme GmbH","slogan":"Pumps that last","foundingDate":"1954-03-01",
        "numberOfEmployees":{"@type":"QuantitativeValue","minValue":50,"maxValue":80},"industry":"Mechanical engineering",
        "address":{"addressLocality":"Graz","addressCountry":{"name":"Austria"}},"award":["Pump of the year 2024"]}}]}</script>
    <script type="application/ld+json">{"@type":"Organization", broken</script>
    <script type="application/ld+json">{"@type":"Person","name":"Ada"}</script>`)
  assert.deepEqual(organisations, [
    {
      name: 'Acme GmbH',
      description: '',
      slogan: 'Pumps that last',
      founded: '1954',
      employees: '50–80',
      industry: 'Mechanical engineering',
      place: 'Graz, Austria',
      awards: ['Pump of the year 2024'],
    },
  ])
})

test('the date of an article belongs to its heading, above or below it, and not to the next article', () => {
  const { blocks } = readPageText(`<article><time datetime="2026-01-05">5 Jan</time><h2>One</h2></article>
    <article><h2>Two</h2><time datetime="2025-12-01">1 Dec</time></article><article><h2>Three</h2></article>`)
  assert.deepEqual(
    blocks.filter(({ kind }) => kind === 'heading').map(({ text, date }) => [text, date]),
    [
      ['One', '2026-01-05'],
      ['Two', '2025-12-01'],
      ['Three', null],
    ],
  )
})

test('broken, endless and deep markup ends in time and never throws', () => {
  for (const html of [
    '<p'.repeat(300_000),
    '<div>'.repeat(200_000),
    '<style>'.repeat(100_000),
    '<!--'.repeat(250_000),
    '</p>'.repeat(250_000),
    `<p ${'style="color:red" '.repeat(50_000)}>x`,
    '<script type="application/ld+json">'.repeat(20_000),
    `<script type="application/ld+json">${'['.repeat(200_000)}</script>`,
    '&amp'.repeat(250_000),
    '<a href="/x">'.repeat(80_000),
    // Styles that are made to be searched for ever.
    `<p style="${' color:rgba('.repeat(80_000)}">x`,
    `<p style="color:rgba(${' ,'.repeat(400_000)}">x`,
    `<p style="${'clip : rect('.repeat(80_000)}">x`,
    `<style>${'/*a'.repeat(330_000)}</style><p>x`,
    `<style>${'/*a'.repeat(60_000)}</style>`.repeat(5),
    `<style>.a${'{'.repeat(190_000)}}</style>`.repeat(5),
    '\0\uFFFD\u202e',
  ]) {
    const started = performance.now()
    assert.ok(readPageText(html).blocks.length <= 1_500)
    const took = performance.now() - started
    assert.ok(took < 2_000, `${html.slice(0, 40)}: ${took} ms`)
  }
})
