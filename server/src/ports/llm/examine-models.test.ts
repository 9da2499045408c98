import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ModelServer, startModelServer } from '../../../test/model-server.ts'
import { readConfig } from '../../config.ts'
import { createEgressPolicy } from '../egress.ts'
import { createOutboundHttp } from '../outbound-http.ts'
import { examineModels } from './examine-models.ts'

let server: ModelServer
before(async () => {
  server = await startModelServer({ key: 'k' })
})
after(() => server.close())

const examine = async (env: Record<string, string>, allow = [server.host]) => {
  const { llm } = readConfig({ ...server.env('test-good'), ...env })
  assert.ok(llm)
  const http = createOutboundHttp(createEgressPolicy(allow))
  try {
    return await examineModels(llm, http)
  } finally {
    await http.close()
  }
}

test('the list of models shows which ones are missing, and nothing is written for it', async () => {
  assert.deepEqual(await examine({}), { state: 'listed', missing: [] })
  assert.deepEqual(await examine({ LLM_MODEL: 'test-good,other' }), { state: 'listed', missing: ['other'] })
  assert.equal(server.requests.length, 0)
})

test('a refused key, a place without a list, a closed port and a private address are told apart', async () => {
  assert.deepEqual(await examine({ LLM_API_KEY: 'wrong' }), {
    state: 'failed',
    message: 'it refuses the key (401)',
    refused: true,
  })
  assert.deepEqual(await examine({ LLM_BASE_URL: server.url }), { state: 'unlisted', status: 404 })
  const closed = await examine({ LLM_BASE_URL: 'http://127.0.0.1:9/v1' }, ['127.0.0.1:9'])
  assert.deepEqual(closed, { state: 'failed', message: 'no answer (ECONNREFUSED)', refused: false })
  const hidden = await examine({}, [])
  assert.match(hidden.state === 'failed' ? hidden.message : '', /EGRESS_ALLOW/)
})
