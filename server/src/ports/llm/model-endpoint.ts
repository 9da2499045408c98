import type { LanguageModel as AnyLanguageModel } from 'ai'
import type { ModelEndpoint, ModelProvider } from './port.ts'

/** Where requests go without a base URL. Named here, because the SDK would otherwise look into the environment. */
const PROVIDER_URLS: Record<ModelProvider, string | null> = {
  openai_compatible: null,
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
}

/** A model as the providers of the SDK make it; an identifier alone would be looked up at a gateway. */
export type LanguageModel = Extract<AnyLanguageModel, { specificationVersion: 'v4' }>

/**
 * What an OpenAI-compatible server turned out to understand. `answers`: a JSON schema that it holds the model to, JSON without a
 * schema, or text that has to be read.
 */
export type Dialect = { answers: 'json_schema' | 'json_object' | 'text'; limit: 'max_tokens' | 'max_completion_tokens' }

export const FIRST_DIALECT: Dialect = { answers: 'json_schema', limit: 'max_tokens' }

/** Which part of the dialect a refused request (400 or 422) was about; null where it was about something else. */
export const simplerDialect = (known: Dialect, said: string): Dialect | null => {
  if (known.limit === 'max_tokens' && /max_completion_tokens/.test(said))
    return { ...known, limit: 'max_completion_tokens' }
  const isAboutFormat = /response_?format|json_?schema|json_?object|structured[ _]?output|guided|grammar/i.test(said)
  if (known.answers === 'text' || !isAboutFormat) return null
  return { ...known, answers: known.answers === 'json_schema' ? 'json_object' : 'text' }
}

/** The address of the endpoint, without a slash at the end. Throws for one that has none. */
export const addressOf = (endpoint: Pick<ModelEndpoint, 'provider' | 'base_url'>): string => {
  const address = endpoint.base_url ?? PROVIDER_URLS[endpoint.provider]
  if (!address) throw new Error(`A model of ${endpoint.provider} needs a base URL.`)
  return address.replace(/\/+$/, '')
}

/**
 * The endpoint as a model of the SDK, of which only the provider that is needed is loaded. All its requests go through `fetch`;
 * nothing is read from the environment.
 */
export const openModel = async (
  endpoint: ModelEndpoint,
  dialect: Dialect,
  fetch: typeof globalThis.fetch,
): Promise<LanguageModel> => {
  const baseURL = addressOf(endpoint)
  // The SDK reads the environment's keys where it is given none, and those are not this workspace's.
  const apiKey = endpoint.api_key ?? 'none'
  if (endpoint.provider === 'anthropic')
    return (await import('@ai-sdk/anthropic')).createAnthropic({ baseURL, apiKey, fetch })(endpoint.model)
  if (endpoint.provider === 'google')
    return (await import('@ai-sdk/google')).createGoogle({ baseURL, apiKey, fetch })(endpoint.model)
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  return createOpenAICompatible({
    name: 'openai_compatible',
    baseURL,
    ...(endpoint.api_key ? { apiKey: endpoint.api_key } : {}),
    fetch,
    supportsStructuredOutputs: dialect.answers === 'json_schema',
    transformRequestBody: (body) => {
      const { max_tokens, ...rest } = body
      return max_tokens === undefined ? rest : { ...rest, [dialect.limit]: max_tokens }
    },
  })(endpoint.model)
}
