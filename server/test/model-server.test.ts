import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, streamText, tool } from 'ai'
import { z } from 'zod'
import { type ModelServer, startModelServer } from './model-server.ts'

/** The server is held to the protocol by a client that is not ours: the SDK, over a plain connection. */
let server: ModelServer
before(async () => {
  server = await startModelServer()
})
after(() => server.close())
afterEach(() => server.reset())

const open = (model: string) =>
  createOpenAICompatible({ name: 'test', baseURL: server.base_url.openai_compatible, includeUsage: true })(model)

test('a stream brings the text in pieces, then its end and what it took', async () => {
  const result = streamText({ model: open('test-good'), prompt: 'What is the capital of Norway, and why?' })
  const pieces: string[] = []
  for await (const piece of result.textStream) pieces.push(piece)
  assert.equal(pieces.join(''), 'You said: What is the capital of Norway, and why?')
  assert.ok(pieces.length > 1)
  assert.equal(await result.finishReason, 'stop')
  assert.ok(((await result.usage).outputTokens ?? 0) > 0)
})

test('a stream that is closed in the middle ends with an error, after what had come', async () => {
  const result = streamText({
    model: open('test-closed'),
    prompt: 'A question that is long enough for several pieces of an answer.',
    maxRetries: 0,
    onError: () => undefined,
  })
  const pieces: string[] = []
  await assert.rejects(async () => {
    for await (const piece of result.textStream) pieces.push(piece)
  }, /terminated|successful response/)
  assert.match(pieces.join(''), /^You said: A question/)
})

test('a tool is called, its result goes back, and the model ends with words', async () => {
  server.next({ tool_calls: [{ name: 'weather', arguments: { city: 'Oslo' } }] })
  const asked: string[] = []
  const { text, steps } = await generateText({
    model: open('test-good'),
    prompt: 'How is the weather?',
    tools: {
      weather: tool({
        inputSchema: z.object({ city: z.string() }),
        execute: async ({ city }) => {
          asked.push(city)
          return { celsius: -4 }
        },
      }),
    },
    stopWhen: ({ steps }) => steps.length === 2,
  })
  assert.deepEqual(asked, ['Oslo'])
  assert.equal(steps.length, 2)
  assert.match(text, /^You said: How is the weather\?/)
  const messages = server.requests[1]?.body.messages as { role: string; content: string }[]
  assert.deepEqual(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'tool'],
  )
  assert.equal(messages[2]?.content, '{"celsius":-4}')
})

test('the same request has the same answer, and a delay is a delay', async () => {
  const say = async (model: string) => (await generateText({ model: open(model), prompt: 'Hello' })).text
  const started = performance.now()
  assert.equal(await say('test-delay:60'), await say('test-good'))
  assert.ok(performance.now() - started >= 59)
})
