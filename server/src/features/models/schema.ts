import { z } from 'zod'
import { idParam, timestamp } from '../../http/params.ts'

export const ModelParams = z.object({ workspace_id: idParam, model_id: idParam })

const provider = z
  .enum(['openai_compatible', 'anthropic', 'google'])
  .describe('The protocol: that of OpenAI (Ollama, vLLM, llama.cpp and most hosted services), Anthropic’s or Google’s.')

const baseUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .describe(
    'Up to what comes before /chat/completions (or /messages, or /models). https, except for what the operator listed.',
  )

const price = z
  .int()
  .min(0)
  .max(100_000_000_000)
  .nullable()
  .describe('Millionths of a US dollar for a million tokens: 250000 is 0.25 dollars. Null: not known.')

const limits = {
  timeout_ms: z.int().min(1_000).max(600_000).describe('Longest time for one answer; then the next model is asked.'),
  concurrency: z.int().min(1).max(100).describe('Most requests of one process at a time.'),
  max_output_tokens: z
    .int()
    .min(256)
    .max(65_536)
    .describe('Longest answer, with what the model thinks before it. A longer one counts as no answer.'),
}

export const WorkspaceModel = z
  .object({
    id: z.uuid(),
    position: z.int().min(1).describe('The first is asked; a later one where those before it fail.'),
    provider,
    base_url: z.string().nullable().describe('Null: the provider’s own.'),
    model: z.string(),
    has_key: z.boolean().describe('The key itself is never shown.'),
    input_price_microusd: price,
    output_price_microusd: price,
    timeout_ms: z.int(),
    concurrency: z.int(),
    max_output_tokens: z.int(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'WorkspaceModel' })

export const WorkspaceModelList = z
  .object({
    items: z.array(WorkspaceModel),
    writer: z
      .object({
        kind: z
          .enum(['workspace', 'instance', 'rule'])
          .describe('The workspace’s own models, those of the instance, or the writer by rule, which needs none.'),
        name: z.string(),
        credits_per_draft: z.int(),
      })
      .describe('Who writes now.'),
  })
  .meta({ id: 'WorkspaceModelList' })

const given = z.strictObject({
  id: z.uuid().optional().describe('Of one that stands already. Without it a new one is made.'),
  provider,
  base_url: baseUrl.nullable().optional(),
  model: z
    .string()
    .trim()
    .regex(/^\S{1,200}$/, 'A name without spaces.'),
  api_key: z
    .string()
    .regex(/^[\x21-\x7e]{1,1000}$/, 'Visible ASCII characters.')
    .nullable()
    .optional()
    .describe('Kept when left out, as long as provider and address stay the same; null removes it.'),
  input_price_microusd: price.optional(),
  output_price_microusd: price.optional(),
  timeout_ms: limits.timeout_ms.default(60_000),
  concurrency: limits.concurrency.default(4),
  max_output_tokens: limits.max_output_tokens.default(4_096),
})

export const WorkspaceModelsReplace = z
  .strictObject({ items: z.array(given).max(10) })
  .describe(
    'All models of the workspace in their order; what is not in it is deleted. An empty list gives it back to the instance’s writer.',
  )
  .meta({ id: 'WorkspaceModelsReplace' })

export type ModelGiven = z.output<typeof given>

export const WorkspaceModelTest = z
  .object({
    ok: z.boolean(),
    model: z.string().describe('As the provider names it.'),
    provider,
    latency_ms: z.int(),
    input_tokens: z.int(),
    output_tokens: z.int(),
    cost_microusd: z.int().nullable(),
    answers: z
      .enum(['json_schema', 'json_object', 'text'])
      .describe('How it is asked: held to a schema, to JSON, or by words alone.'),
    sample: z.object({ subject: z.string(), body: z.string() }).nullable().describe('What it wrote about nobody.'),
    problem: z
      .object({
        failure: z.enum([
          'timeout',
          'rate_limited',
          'unavailable',
          'invalid_answer',
          'refused',
          'misconfigured',
          'cancelled',
        ]),
        message: z.string(),
        status: z.int().nullable().describe('Of HTTP.'),
        said: z.string().nullable().describe('The provider’s own words, without the key.'),
      })
      .nullable(),
  })
  .meta({ id: 'WorkspaceModelTest' })

const day = z.iso.date()

export const ModelUsageQuery = z.object({
  from: day.optional().describe('First day, in the workspace’s zone. 30 days with today when left out.'),
  to: day.optional().describe('Last day; today when left out. At most 366 days.'),
})

const figures = {
  calls: z.int().describe('Requests, over retries and further models.'),
  failed_calls: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cost_microusd: z.int().describe('Millionths of a US dollar, over the calls whose price is known.'),
  unpriced_calls: z.int().describe('Calls whose price is not known; they are not in the cost.'),
}

export const ModelUsage = z
  .object({
    from: day,
    to: day,
    timezone: z.string(),
    items: z.array(
      z.object({
        day,
        purpose: z.string().describe('What was asked for, such as preview, playground, job or review.'),
        owner: z.enum(['workspace', 'instance']).describe('Whose model it was.'),
        provider,
        model: z.string(),
        ...figures,
        mean_latency_ms: z.int(),
      }),
    ),
    total: z.object(figures),
    kept_days: z.int().describe('Calls are forgotten after so many days.'),
  })
  .meta({ id: 'ModelUsage' })
