import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deps } from '../../deps.ts'
import type { LlmPort, ModelUse, WriteRequest } from '../../ports/llm/port.ts'
import type { ResearchDeps } from '../research/research-lead.ts'
import { writeDraft } from './write-draft.ts'

const use: ModelUse = {
  model: 'scripted',
  provider: 'test',
  input_tokens: 1,
  output_tokens: 1,
  cost_microusd: null,
  latency_ms: 1,
  attempts: 1,
}

/** Writes one body after the other and keeps what it was asked. */
const scripted = (bodies: string[]): { llm: LlmPort; asked: WriteRequest[] } => {
  const asked: WriteRequest[] = []
  const llm: LlmPort = {
    name: 'scripted',
    has_model: true,
    credits_per_draft: 0,
    writeMessage: async (request) => {
      asked.push(request)
      const body = bodies[Math.min(asked.length, bodies.length) - 1] as string
      return { subject: 'Rosters at Havn', body, used_facts: [], commonality: null, use }
    },
    reviewMessage: async () => null,
    talk: () => assert.fail('nobody talks here'),
  }
  return { llm, asked }
}

const write = (llm: LlmPort, prompt: string) =>
  writeDraft(
    {
      llm: async () => llm,
      config: { research: { timeout_ms: 1_000, kept_days: 1, pages: 1 } },
    } as unknown as ResearchDeps & Pick<Deps, 'llm'>,
    {
      workspace_id: '01900000-0000-7000-8000-000000000001',
      purpose: 'preview',
      reference: null,
      lead: { first_name: 'Anna', company_name: 'Havn' },
      lead_ref: null,
      sender: { full_name: 'Grete Lind', company: 'Fjordlys' },
      prompt: { source: 'override', name: null, prompt, version_hash: 'x' },
      // Nothing is looked up: there is neither a database nor anything outside.
      research_context: 'Havn runs a container terminal.',
      ahead: { mode: 'sandbox', correspondence: null },
      seed: 'x',
    },
    { now: new Date('2026-01-05T09:00:00Z') },
  )

const PROMPT =
  'Write to dispatchers about how their crews are planned and keep every message to sixty words.\nSay “nobody should have to wait for a crane in the rain” once.'
const say = (sentence: string): string => `Hi Anna,\n\n${sentence}\n\nHow do you plan the shifts at Havn today?`

test('a draft that repeats the words of the prompt is written anew, and told why', async () => {
  const { llm, asked } = scripted([
    say('I write to dispatchers about how their crews are planned and keep every message to sixty words.'),
    say('We plan the shifts of crews.'),
  ])
  const draft = await write(llm, PROMPT)
  assert.equal(asked.length, 2)
  assert.match(asked[1]?.mend.join(' ') ?? '', /It repeats the words of the prompt: “write to dispatchers about/)
  assert.equal(draft.quality.passed, true, JSON.stringify(draft.quality.checks.filter(({ passed }) => !passed)))
  assert.equal(draft.body, say('We plan the shifts of crews.'))
})

test('a draft that repeats the prompt each time does not pass', async () => {
  const { llm, asked } = scripted([
    say('I write to dispatchers about how their crews are planned and keep every message to sixty words.'),
  ])
  const { quality } = await write(llm, PROMPT)
  assert.equal(asked.length, 3)
  assert.deepEqual([quality.passed, quality.checks.find(({ name }) => name === 'leak')?.passed], [false, false])
})

test('what the prompt has in quotation marks may be said', async () => {
  const { llm, asked } = scripted([say('Nobody should have to wait for a crane in the rain.')])
  const { quality } = await write(llm, PROMPT)
  assert.equal(asked.length, 1)
  assert.equal(quality.passed, true, JSON.stringify(quality.checks.filter(({ passed }) => !passed)))
})

test('what the prompt says of the offer may be said', async () => {
  const pitch =
    'Fjordlys plans the shifts of port crews around the weather, so that nobody waits for a crane in the rain.'
  const { llm, asked } = scripted([say(pitch)])
  const { quality } = await write(llm, `Write to dispatchers in sixty words. ${pitch} Never press anybody.`)
  assert.equal(asked.length, 1, JSON.stringify(quality.checks.filter(({ passed }) => !passed)))
  assert.equal(quality.passed, true)
})
