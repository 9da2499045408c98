import type { WorkspaceModel } from '@bavlio/sdk/types'

export const PROVIDERS: Record<WorkspaceModel['provider'], { words: string; needs_url: boolean; example: string }> = {
  openai_compatible: { words: 'OpenAI-compatible', needs_url: true, example: 'https://models.example.com/v1' },
  anthropic: { words: 'Anthropic', needs_url: false, example: '' },
  google: { words: 'Google', needs_url: false, example: '' },
}

/** Millionths of a dollar as one reads them: what is below a cent keeps its digits, since a letter costs less than that. */
export const dollars = (microusd: number): string =>
  (microusd / 1_000_000).toLocaleString(undefined, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: microusd !== 0 && microusd < 100_000 ? 5 : 2,
  })

export const FAILURES: Record<string, string> = {
  timeout: 'It did not answer in time',
  rate_limited: 'It takes no more requests at present',
  unavailable: 'It could not be reached',
  invalid_answer: 'Its answer could not be used',
  refused: 'It refused to write',
  misconfigured: 'Key, model or address is wrong',
  cancelled: 'It was cancelled',
}

export const PURPOSES: Record<string, string> = {
  preview: 'Previews',
  playground: 'Playground',
  job: 'Messages',
  review: 'Checks of drafts',
  test: 'Tests',
  session: 'Bulk writing',
  bounce: 'Bounces',
  profile_chat: 'Sender profile chat',
  enrichment_chat: 'Enrichment chat',
}
