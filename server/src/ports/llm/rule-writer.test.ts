import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallContext, ModelError, type WriteRequest } from './port.ts'
import { createRuleWriter } from './rule-writer.ts'

const call: CallContext = { workspace_id: 'w', purpose: 'test', reference: null }
const request: WriteRequest = {
  prompt: 'Write in English, in a few words, and be honest.',
  facts: [
    {
      id: 'f1',
      about: 'lead',
      text: 'Anna',
      field: 'first_name',
      source: { kind: 'row', name: 'First Name', url: null, seen_at: '2026-01-05T09:00:00.000Z' },
    },
    {
      id: 's1',
      about: 'sender',
      text: 'We match invoices to orders.',
      field: 'offer',
      source: { kind: 'profile', name: 'offer', url: null, seen_at: '2026-01-05T09:00:00.000Z' },
    },
  ],
  step: { index: 1, total: 1, earlier: [] },
  language: null,
  seed: 'x',
  mend: [],
}

test('the writer by rule names itself, costs nothing and calls nobody', async () => {
  const writer = createRuleWriter()
  assert.equal(writer.has_model, false)
  assert.equal(writer.credits_per_draft, 0)
  const { use, body, subject, used_facts } = await writer.writeMessage(request, call)
  assert.deepEqual(
    { ...use, latency_ms: 0 },
    {
      model: 'bavlio-rule-writer/1',
      provider: 'bavlio',
      input_tokens: 0,
      output_tokens: 0,
      cost_microusd: 0,
      latency_ms: 0,
      attempts: 1,
    },
  )
  assert.match(body, /Anna[\s\S]*We match invoices to orders\./)
  assert.ok(subject.length > 0)
  assert.deepEqual([...used_facts].sort(), ['f1', 's1'])
})

test('two writers write the same', async () => {
  const [one, other] = await Promise.all(
    [createRuleWriter(), createRuleWriter()].map((writer) => writer.writeMessage(request, call)),
  )
  assert.deepEqual([one?.subject, one?.body], [other?.subject, other?.body])
})

test('it gives no second look', async () => {
  assert.equal(
    await createRuleWriter().reviewMessage({ facts: [], message: { subject: 'x', body: 'y' }, language: null }, call),
    null,
  )
})

test('a call that was given up is not answered', async () => {
  const signal = AbortSignal.abort()
  await assert.rejects(
    createRuleWriter().writeMessage(request, { ...call, signal }),
    (error) => error instanceof ModelError && error.failure === 'cancelled',
  )
})

test('it talks as a form', async () => {
  const turn = await createRuleWriter().talk(
    {
      instructions: '',
      fields: [{ name: 'company', question: 'Which company?', examples: [], required: true }],
      collected: {},
      messages: [],
    },
    call,
  )
  assert.equal(turn.next_field, 'company')
  assert.match(turn.reply, /Which company\?/)
  assert.equal(turn.use.model, 'bavlio-rule-writer/1')
})
