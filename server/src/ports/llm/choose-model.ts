import { sql } from 'kysely'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/connect.ts'
import type { Secrets } from '../../secrets.ts'
import type { ModelRunner } from './language-models.ts'
import { type LlmPort, type ModelEndpoint, ModelError, type ModelProvider } from './port.ts'

type Row = Omit<ModelEndpoint, 'owner'> & { provider: ModelProvider }

const openKey = (secrets: Pick<Secrets, 'open'>, { id, api_key, model }: Row): string | null => {
  try {
    return api_key === null ? null : secrets.open(api_key, id).toString('utf8')
  } catch {
    throw new ModelError(
      'misconfigured',
      `${model}: its key cannot be opened with this instance’s SECRET_KEY. Set it again.`,
    )
  }
}

/** The workspace's own models in their order, with their keys opened. Throws ModelError for a key that was sealed with a lost SECRET_KEY. */
export const findWorkspaceModels = async (
  db: Db,
  secrets: Pick<Secrets, 'open'>,
  workspaceId: string,
  id: string | null = null,
): Promise<ModelEndpoint[]> => {
  const { rows } = await sql<Row>`
    select id, provider, base_url, model, api_key, input_price_microusd, output_price_microusd, timeout_ms, concurrency, max_output_tokens
    from workspace_models
    where workspace_id = ${workspaceId} and (${id}::uuid is null or id = ${id}::uuid)
    order by position`.execute(db)
  return rows.map((row) => ({ ...row, owner: 'workspace', api_key: openKey(secrets, row) }))
}

/** The models of the LLM_* settings in their order. */
const instanceModels = (llm: Config['llm']): ModelEndpoint[] => {
  if (!llm) return []
  const { models, credits_per_draft: _credits, ...settings } = llm
  return models.map(({ name, ...prices }) => ({
    ...settings,
    ...prices,
    id: `instance ${name}`,
    owner: 'instance',
    model: name,
  }))
}

/** Stands for models that cannot be asked: who only wants to know who writes gets an answer, and a task hears why it fails. */
const unusable = (error: ModelError): LlmPort => {
  const fail = async (): Promise<never> => {
    throw error
  }
  return {
    name: error.message,
    has_model: true,
    credits_per_draft: 0,
    writeMessage: fail,
    reviewMessage: fail,
    talk: fail,
  }
}

/**
 * Who writes for a workspace: its own models, else the instance's, else the writer by rule. They never stand in for each other:
 * a workspace that named its own models did not agree to its leads being shown to others, and nobody is handed a message of
 * the writer by rule as a model's.
 */
export const createModelChoice = (options: {
  db: Db
  secrets: Pick<Secrets, 'open'>
  config: Pick<Config, 'llm'>
  runner: ModelRunner
  writer_by_rule: LlmPort
}): ((workspaceId: string) => Promise<LlmPort>) => {
  const { config, runner } = options
  const instance = instanceModels(config.llm)
  const shared = instance.length
    ? runner.portOver(instance, { credits_per_draft: config.llm?.credits_per_draft ?? 0 })
    : options.writer_by_rule
  return async (workspaceId) => {
    const own = await findWorkspaceModels(options.db, options.secrets, workspaceId).catch((error: unknown) => {
      if (error instanceof ModelError) return error
      throw error
    })
    if (own instanceof ModelError) return unusable(own)
    // Who pays the provider does not pay a second time here.
    if (own.length) return runner.portOver(own, { credits_per_draft: 0 })
    return shared
  }
}
