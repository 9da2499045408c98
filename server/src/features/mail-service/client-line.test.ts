import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readClientLine } from './client-line.ts'

test('the line of a client follows from the header made for it, else from its own User-Agent, else it is the first', () => {
  const cases: [Record<string, string | string[] | undefined>, 0 | 1][] = [
    [{}, 0],
    [{ 'user-agent': 'bavimail-python/0.1.16' }, 0],
    [{ 'user-agent': 'bavimail-python/1.0.0' }, 1],
    [{ 'user-agent': 'bavimail-node/2.3.1' }, 1],
    [{ 'user-agent': 'Bavimail-Python/1.0.0 httpx/0.28' }, 1],
    [{ 'user-agent': 'curl/8.5.0' }, 0],
    [{ 'user-agent': 'other bavimail-python/1.0.0' }, 0],
    [{ 'user-agent': 'bavimail-python/1.0.0', 'bavimail-version': '0' }, 0],
    [{ 'user-agent': 'curl/8.5.0', 'bavimail-version': '1' }, 1],
    [{ 'bavimail-version': 'v1.0' }, 1],
    [{ 'bavimail-version': '0.1.16' }, 0],
    [{ 'bavimail-version': 'latest', 'user-agent': 'bavimail-python/1.0.0' }, 1],
    [{ 'bavimail-version': ['1', '0'] }, 0],
  ]
  for (const [headers, expected] of cases) assert.equal(readClientLine(headers), expected, JSON.stringify(headers))
})
