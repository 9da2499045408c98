import type { WorkspaceModel, WorkspaceModelsReplace } from '@bavlio/sdk/types'

export type GivenModel = WorkspaceModelsReplace['items'][number]

/** A model that stands, as the list is sent back with it: its key stays, because none is named. */
export const givenOf = (model: WorkspaceModel): GivenModel => ({
  id: model.id,
  provider: model.provider,
  base_url: model.base_url,
  model: model.model,
  input_price_microusd: model.input_price_microusd,
  output_price_microusd: model.output_price_microusd,
  timeout_ms: model.timeout_ms,
  concurrency: model.concurrency,
  max_output_tokens: model.max_output_tokens,
})
