import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { generateText, Output } from 'ai'
import { DEFAULT_PROMPT } from '../src/features/personalization/default-prompt.ts'
import { leadFields } from '../src/features/personalization/lead-fields.ts'
import { senderFacts, senderFields } from '../src/features/personalization/sender-facts.ts'
import { fenced, messageTask, reviewTask } from '../src/ports/llm/model-tasks.ts'
import type { Fact } from '../src/ports/llm/port.ts'
import { DRAFT_SENDER, draftLead } from './draft-leads.ts'
import { takeTurns } from './turns.ts'

/**
 * The limit for drafts.ts: the same two requests for each draft, a message and a second look at it, by the AI SDK alone, as
 * many at once. Nothing is checked or stored. Prints { per_second, cpu_ms }.
 */
const args = JSON.parse(process.argv[2] ?? '{}') as {
  port: number
  drafts: number
  at_once: number
  warm_up: number
}
const model = createOpenAICompatible({
  name: 'bench',
  baseURL: `http://127.0.0.1:${args.port}/v1`,
  supportsStructuredOutputs: true,
})('bench')
const now = new Date(0)
const sender = senderFacts(senderFields(DRAFT_SENDER), now)

const tasksOf = (n: number) => {
  const facts = Object.entries(leadFields(draftLead(n)))
    .filter(([field]) => field !== 'email')
    .map(
      ([field, text], index): Fact => ({
        id: `f${index + 1}`,
        about: 'lead',
        text,
        field,
        source: { kind: 'row', name: field, url: null, seen_at: now.toISOString() },
      }),
    )
  const all = [...facts, ...sender]
  const step = { index: 1, total: 1, earlier: [] }
  const message = { subject: `Rosters at harbour ${n}`, body: `${DRAFT_SENDER.offer} `.repeat(4) }
  return [
    messageTask({ prompt: DEFAULT_PROMPT, facts: all, step, language: null, seed: '', mend: [] }),
    reviewTask({ facts: all, message, language: null }),
  ]
}

const write = async (n: number): Promise<void> => {
  for (const { system, material, schema, name } of tasksOf(n)) {
    const { output } = await generateText({
      model,
      instructions: system,
      prompt: fenced(material),
      output: Output.object({ schema, name }),
      maxOutputTokens: 4_096,
      maxRetries: 0,
    })
    if (!output) throw new Error('No answer.')
  }
}

const some = async (count: number): Promise<void> => {
  let next = 0
  await Promise.all(
    Array.from({ length: args.at_once }, async () => {
      while (next < count) await write(next++)
    }),
  )
}
takeTurns(some)
