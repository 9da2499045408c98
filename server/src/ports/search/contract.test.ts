import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { readConfig } from '../../config.ts'
import { createEgressPolicy } from '../egress.ts'
import { createOutboundHttp, type OutboundHttp } from '../outbound-http.ts'
import { createSearchPort } from './choose-search.ts'
import { DEMO_CORPUS_NAME, searchDemoCorpus } from './demo-corpus.ts'
import { type SearchEngine, SearchError } from './port.ts'

/** Answers each service's protocol for real; what it answers is decided by the words of the question. */
type Asked = { method: string; path: string; headers: IncomingMessage['headers']; query: string; limit: number | null }
const asked: Asked[] = []
let port = 0
let http: OutboundHttp

const RESULTS = Array.from({ length: 12 }, (_, index) => ({
  title: `Result <strong>${index}</strong> &amp; more`,
  address: `https://news.test/${index}`,
  text: `Acme <b>Pumps</b> &quot;number&quot; ${index}.`,
}))

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => answer(request, Buffer.concat(chunks).toString(), response))
})

const answer = (request: IncomingMessage, body: string, response: ServerResponse): void => {
  const url = new URL(request.url ?? '/', 'http://local')
  const posted = body ? (JSON.parse(body) as { q: string; num: number }) : null
  const query = posted?.q ?? url.searchParams.get('q') ?? ''
  const limit = posted?.num ?? (url.searchParams.has('count') ? Number(url.searchParams.get('count')) : null)
  asked.push({ method: request.method ?? '', path: url.pathname, headers: request.headers, query, limit })
  const status = /^status (\d+)$/.exec(query)?.[1]
  if (status)
    return void response.writeHead(Number(status), { location: 'http://127.0.0.1/elsewhere' }).end('secret words')
  if (query === 'rubbish') return void response.end('<html>')
  if (query === 'endless') return void response.end(`"${'x'.repeat(3_000_000)}"`)
  if (query === 'silence') return
  const odd = [
    null,
    7,
    'x',
    { title: 5 },
    { title: 'No address', url: 'javascript:alert(1)', link: 'javascript:alert(1)' },
    { title: 'Odd address', url: 'https://news.test/a\0b\ud800\n', link: 'https://news.test/a\0b\ud800\n' },
  ]
  const list = (names: [string, string, string]): unknown[] =>
    query === 'odd'
      ? odd
      : RESULTS.map(({ title, address, text }) => ({ [names[0]]: title, [names[1]]: address, [names[2]]: text }))
  const data =
    query === 'empty'
      ? { results: null }
      : url.pathname === '/res/v1/web/search'
        ? { web: { results: list(['title', 'url', 'description']) } }
        : request.method === 'POST'
          ? { organic: list(['title', 'link', 'snippet']) }
          : { results: list(['title', 'url', 'content']) }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(data))
}

before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  port = (server.address() as AddressInfo).port
  http = createOutboundHttp(createEgressPolicy([`127.0.0.1:${port}`]))
})
after(async () => {
  await http.close()
  server.closeAllConnections()
  server.close()
})

const engine = (provider: string): SearchEngine => {
  const config = readConfig({
    SEARCH_PROVIDER: provider,
    SEARCH_URL: `http://127.0.0.1:${port}/`,
    ...(provider === 'searxng' ? {} : { SEARCH_API_KEY: 'the-key' }),
  })
  const found = createSearchPort(config, http).engineFor({ mode: 'live' })
  assert.ok(found)
  return found
}
const find = (from: SearchEngine, query: string, limit = 5) =>
  from.search(query, { limit, signal: new AbortController().signal })

for (const provider of ['searxng', 'brave', 'serper'])
  describe(provider, () => {
    test('finds at most what is asked for, as plain text with addresses of the web', async () => {
      const results = await find(engine(provider), '"Acme Pumps" acme.test')
      assert.equal(results.length, 5)
      assert.deepEqual(results[0], {
        title: 'Result 0 & more',
        url: 'https://news.test/0',
        snippet: 'Acme Pumps "number" 0.',
      })
      const { query, headers, limit } = asked.at(-1) as Asked
      assert.equal(query, '"Acme Pumps" acme.test')
      if (provider === 'brave') assert.deepEqual([headers['x-subscription-token'], limit], ['the-key', 5])
      if (provider === 'serper') assert.deepEqual([headers['x-api-key'], limit], ['the-key', 5])
    })

    test('reads an answer without results, and one with rubbish among them', async () => {
      assert.deepEqual(await find(engine(provider), 'empty'), [])
      assert.deepEqual(await find(engine(provider), 'odd'), [
        { title: 'No address', url: null, snippet: '' },
        { title: 'Odd address', url: 'https://news.test/a%00b%EF%BF%BD', snippet: '' },
      ])
    })

    test('says what kind of fault it is, in words of our own', async () => {
      const cases: [string, string][] = [
        ['status 429', 'rate_limited'],
        ['status 401', 'misconfigured'],
        ['status 403', 'misconfigured'],
        ['status 302', 'misconfigured'],
        ['status 500', 'unavailable'],
        ['rubbish', 'unavailable'],
        ['endless', 'unavailable'],
      ]
      for (const [query, failure] of cases)
        await assert.rejects(find(engine(provider), query), (error) => {
          assert.ok(error instanceof SearchError, query)
          assert.equal(error.failure, failure, query)
          assert.doesNotMatch(error.message, /the-key|secret words/)
          return true
        })
      // A redirect would take the key along.
      assert.ok(!asked.some(({ path }) => path === '/elsewhere'))
    })

    test('ends with the reason of whoever waits', async () => {
      const signal = AbortSignal.timeout(50)
      await assert.rejects(engine(provider).search('silence', { limit: 5, signal }), { name: 'TimeoutError' })
    })

    test('is not reached in a private network that the operator did not list', async () => {
      const closed = createOutboundHttp(createEgressPolicy([]))
      const config = readConfig({
        SEARCH_PROVIDER: provider,
        SEARCH_URL: `http://127.0.0.1:${port}`,
        SEARCH_API_KEY: 'k',
      })
      const found = createSearchPort(config, closed).engineFor({ mode: 'live' }) as SearchEngine
      await assert.rejects(find(found, 'x'), /EGRESS_ALLOW/)
      await closed.close()
    })
  })

describe('the bundled corpus', () => {
  test('serves every sandbox whatever is configured, and no live workspace', () => {
    const config = readConfig({ SEARCH_PROVIDER: 'searxng', SEARCH_URL: `http://127.0.0.1:${port}` })
    assert.equal(createSearchPort(config, http).engineFor({ mode: 'sandbox' }), searchDemoCorpus)
    assert.equal(createSearchPort(readConfig({}), http).engineFor({ mode: 'sandbox' }), searchDemoCorpus)
    assert.equal(createSearchPort(readConfig({}), http).engineFor({ mode: 'live' }), null)
  })

  test('says the same of a company each time, names it and says that it is made up', async () => {
    const first = await find(searchDemoCorpus, '"Müller Energy" mueller-energy.example')
    assert.equal(first.length, 2)
    assert.deepEqual(await find(searchDemoCorpus, '"Müller Energy" mueller-energy.example'), first)
    for (const { title, url, snippet } of first) {
      assert.ok(title.includes(DEMO_CORPUS_NAME))
      assert.ok(snippet.startsWith('Müller Energy '))
      assert.equal(url, null)
    }
    assert.equal((await find(searchDemoCorpus, '"Müller Energy" mueller-energy.example', 1)).length, 1)
  })

  test('knows nothing of a company whose domain could be real', async () => {
    for (const query of [
      '"Müller Energy" mueller-energy.de',
      '"Müller Energy"',
      '"Müller Energy" example.de',
      '"Acme" acme.example',
    ])
      assert.deepEqual(await find(searchDemoCorpus, query), [], query)
  })
})

test('the settings of a search have to fit together, and name what is wrong', () => {
  for (const [env, problem] of [
    [{ SEARCH_API_KEY: 'x' }, /SEARCH_PROVIDER is needed with SEARCH_API_KEY/],
    [{ SEARCH_PROVIDER: 'searxng' }, /SEARCH_URL is needed/],
    [{ SEARCH_PROVIDER: 'brave' }, /SEARCH_API_KEY is needed/],
    [{ SEARCH_PROVIDER: 'serper', SEARCH_API_KEY: 'a b' }, /visible ASCII/],
    [{ SEARCH_PROVIDER: 'bing' }, /must be one of/],
  ] as const)
    assert.throws(() => readConfig(env), problem)
  assert.equal(
    readConfig({ SEARCH_PROVIDER: 'brave', SEARCH_API_KEY: 'x' }).search?.base_url,
    'https://api.search.brave.com',
  )
})
