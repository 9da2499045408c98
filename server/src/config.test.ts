import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const problemsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
}

test('without settings of language models there are none', () => {
  const { llm, model_calls } = readConfig({})
  assert.equal(llm, null)
  assert.deepEqual(model_calls, { total_timeout_ms: 150_000, kept_days: 90 })
})

test('language models are read in their order, with their prices in millionths of a dollar for a million tokens', () => {
  const { llm } = readConfig({
    LLM_PROVIDER: 'openai_compatible',
    LLM_BASE_URL: 'http://127.0.0.1:11434/v1',
    LLM_MODEL: 'llama3.3:70b, org/model-2',
    LLM_PRICES: 'org/model-2=0.25/2',
    LLM_TIMEOUT_SECONDS: '30',
  })
  assert.deepEqual(llm, {
    provider: 'openai_compatible',
    base_url: 'http://127.0.0.1:11434/v1',
    api_key: null,
    models: [
      { name: 'llama3.3:70b', input_price_microusd: null, output_price_microusd: null },
      { name: 'org/model-2', input_price_microusd: 250_000, output_price_microusd: 2_000_000 },
    ],
    timeout_ms: 30_000,
    concurrency: 4,
    max_output_tokens: 4_096,
    credits_per_draft: 1,
  })
})

test('every wrong setting of language models is named at once, and no key stands in the message', () => {
  assert.deepEqual(
    problemsOf({
      LLM_PROVIDER: 'openai_compatible',
      LLM_BASE_URL: 'http://me:pass@models.example/v1',
      LLM_API_KEY: 'two words',
      LLM_MODEL: 'a,a',
      LLM_PRICES: 'a=cheap',
      LLM_TIMEOUT_SECONDS: '0',
      LLM_CONCURRENCY: 'many',
      MODEL_CALLS_KEPT_DAYS: '-1',
    }),
    [
      'LLM_BASE_URL must have no user, query or fragment (it is "http://…@models.example/v1")',
      'LLM_MODEL must be one to five different names, comma separated (it is "a,a")',
      'LLM_API_KEY must be visible ASCII characters',
      'LLM_PRICES has to name each price as name=input/output, and "a=cheap" is none (it is "a=cheap")',
      'LLM_TIMEOUT_SECONDS must be a whole number from 1 to 600 (it is "0")',
      'LLM_CONCURRENCY must be a whole number from 1 to 500 (it is "many")',
      'MODEL_CALLS_KEPT_DAYS must be a whole number from 1 to 3650 (it is "-1")',
      'LLM_MODEL is needed with LLM_PROVIDER',
      'LLM_BASE_URL is needed with LLM_PROVIDER=openai_compatible',
    ],
  )
})

test('settings of language models that miss their others are refused', () => {
  const cases: [Record<string, string>, string[]][] = [
    [
      { LLM_MODEL: 'a', LLM_API_KEY: 'k' },
      ['LLM_PROVIDER is needed with LLM_MODEL', 'LLM_PROVIDER is needed with LLM_API_KEY'],
    ],
    [{ LLM_PROVIDER: 'anthropic', LLM_MODEL: 'a' }, ['LLM_API_KEY is needed with LLM_PROVIDER=anthropic']],
    [{ LLM_PROVIDER: 'google', LLM_API_KEY: 'k' }, ['LLM_MODEL is needed with LLM_PROVIDER']],
    [
      { LLM_PROVIDER: 'google', LLM_API_KEY: 'k', LLM_MODEL: 'a', LLM_PRICES: 'b=1/1' },
      ['LLM_PRICES has a price of b, which LLM_MODEL does not name'],
    ],
    [{ LLM_TOTAL_SECONDS: '10' }, ['LLM_TOTAL_SECONDS must not be less than LLM_TIMEOUT_SECONDS']],
  ]
  for (const [env, problems] of cases) assert.deepEqual(problemsOf(env), problems)
})
