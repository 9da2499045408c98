import type { Call, CallOptions } from './client.ts'

type Page<Item> = { items: Item[]; next_cursor?: string | null }
type Place = { limit?: number | undefined; cursor?: string | undefined }

/**
 * Every item of a list, page after page by cursor: `for await (const lead of each(listCampaignLeads, call, { campaign_id }))`.
 * What is added or removed meanwhile neither repeats nor skips others.
 */
export async function* each<Input extends Place, Item>(
  list: (call: Call, input: Input, options?: CallOptions) => Promise<Page<Item>>,
  call: Call,
  input: Input,
  options?: CallOptions,
): AsyncGenerator<Item, void, undefined> {
  let cursor = input.cursor
  do {
    const page: Page<Item> = await list(call, { limit: 100, ...input, cursor }, options)
    yield* page.items
    cursor = page.next_cursor ?? undefined
  } while (cursor)
}
