import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayRead, readRobots } from './robots.ts'

const may = (text: string, path: string): boolean => mayRead(readRobots(text, 'Bavlio'), path)

test('the group that names us decides, whatever its case and version, and groups that name us twice are one', () => {
  const text = `User-agent: *
Disallow: /

User-Agent: OtherBot
User-agent: bavlio/2.0
Disallow: /private # not for you

user-agent: BAVLIO
Disallow: /secret`
  assert.equal(may(text, '/'), true)
  assert.equal(may(text, '/private/x'), false)
  assert.equal(may(text, '/secret'), false)
  assert.equal(mayRead(readRobots(text, 'Someone'), '/'), false)
})

test('without a group for us that for everybody decides, and without one everything may be read', () => {
  assert.equal(may('User-agent: *\nDisallow: /a', '/a'), false)
  assert.equal(may('User-agent: Other\nDisallow: /', '/a'), true)
  assert.equal(may('', '/a'), true)
  assert.equal(may('User-agent: *\nDisallow:', '/a'), true)
  assert.equal(may('<html><body>Not found</body></html>', '/a'), true)
  assert.equal(may('Disallow: /', '/a'), true, 'a rule before any group is of nobody')
})

test('the longest rule decides, and of equals the one that allows (RFC 9309 §2.2.2)', () => {
  const text = 'User-agent: *\nDisallow: /example/\nAllow: /example/page\nDisallow: /same\nAllow: /same'
  assert.equal(may(text, '/example/page/1'), true)
  assert.equal(may(text, '/example/other'), false)
  assert.equal(may(text, '/same'), true)
  assert.equal(may('User-agent: *\nDisallow: /', '/robots.txt'), true)
})

test('wildcards, the end of a path, the query and percent signs are read as the RFC has them', () => {
  const cases: [string, string, boolean][] = [
    ['/*.pdf$', '/a/b.pdf', false],
    ['/*.pdf$', '/a/b.pdf?x=1', true],
    ['/a*b*c', '/a1b2c3', false],
    ['/a*b*c', '/a1c2b3', true],
    ['/page?id=', '/page?id=3', false],
    ['/ünder', '/%C3%BCnder/x', false],
    ['/%7Efoo', '/~foo', false],
    ['/%2a', '/*', false],
    ['/%2a', '/a', true],
    ['*/news', '/de/news', false],
    ['/x$', '/x', false],
    ['/x$', '/xy', true],
  ]
  for (const [rule, path, expected] of cases)
    assert.equal(may(`User-agent: *\nDisallow: ${rule}`, path), expected, `${rule} ${path}`)
})

test('a crawl delay is read, and the longer one holds', () => {
  assert.equal(readRobots('User-agent: *\nCrawl-delay: 2\nCrawl-delay: x', 'Bavlio').crawl_delay_s, 2)
  assert.equal(readRobots('User-agent: *\nDisallow: /a', 'Bavlio').crawl_delay_s, null)
})

test('a pattern made to be slow is not', () => {
  const started = performance.now()
  const text = `User-agent: *\n${`Disallow: /${'*a'.repeat(1_000)}b$\n`.repeat(200)}`
  assert.equal(may(text, `/${'a'.repeat(5_000)}`), true)
  assert.ok(performance.now() - started < 3_000)
})
