import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wholeResponse } from './whole-response.ts'

const read = async (response: Response): Promise<string> => {
  const reader = response.body?.getReader()
  const pieces: Uint8Array[] = []
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) pieces.push(next.value)
  await reader?.cancel()
  reader?.releaseLock()
  return Buffer.concat(pieces).toString()
}

test('what a provider reads of an answer is what the platform’s own Response would say', async () => {
  for (const { status, text } of [
    { status: 200, text: '{"answer": "blåbær"}' },
    { status: 200, text: '' },
    { status: 429, text: 'slow down' },
  ]) {
    const headers = { 'content-type': 'application/json', 'retry-after': '3' }
    const given = { status, headers, content: Buffer.from(text), url: 'https://model.example/v1' }
    const ours = () => wholeResponse(given)
    const theirs = () => new Response(text, { status, headers })
    assert.equal(ours().ok, theirs().ok)
    assert.equal(ours().status, theirs().status)
    assert.equal(ours().headers.get('Retry-After'), theirs().headers.get('Retry-After'))
    assert.deepEqual(Object.fromEntries([...ours().headers]), Object.fromEntries([...theirs().headers]))
    assert.equal(await read(ours()), await read(theirs()))
    assert.equal(await ours().text(), await theirs().text())
  }
})
