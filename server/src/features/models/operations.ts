import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { ModelError } from '../../ports/llm/port.ts'
import { workspaceOf } from '../workspaces/named-workspace.ts'
import { WorkspaceParams } from '../workspaces/schema.ts'
import { deleteModel, listModels, sumUsage } from './queries.ts'
import { replaceModels } from './replace-models.ts'
import {
  ModelParams,
  ModelUsage,
  ModelUsageQuery,
  WorkspaceModelList,
  WorkspaceModelsReplace,
  WorkspaceModelTest,
} from './schema.ts'

const PATH = '/api/v1/workspaces/{workspace_id}'
const tag = 'workspaces'
const source = 'ours' as const

const shownModels = async (deps: Pick<Deps, 'db' | 'llm'>, workspaceId: string) => {
  const items = await listModels(deps.db, workspaceId)
  const { name, has_model, credits_per_draft } = await deps.llm(workspaceId)
  const kind = !has_model ? 'rule' : items.length ? 'workspace' : 'instance'
  return { items, writer: { kind, name, credits_per_draft } }
}

const list = defineOperation({
  id: 'list_workspace_models',
  method: 'GET',
  path: `${PATH}/models`,
  tag,
  summary: 'List the language models of a workspace',
  description: 'In the order in which they are asked, without their keys, and who writes now.',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: WorkspaceParams,
  responses: { 200: WorkspaceModelList },
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:read')
    return shownModels(deps, workspace_id)
  },
})

const replace = defineOperation({
  id: 'replace_workspace_models',
  method: 'PUT',
  path: `${PATH}/models`,
  tag,
  summary: 'Set the language models of a workspace',
  description:
    'All of them in their order. Keys are stored sealed and never shown. With models of its own a workspace is never written for by those of the instance.',
  access: 'session',
  impact: 'write',
  calls_outside: true,
  source,
  params: WorkspaceParams,
  body: WorkspaceModelsReplace,
  responses: { 200: WorkspaceModelList },
  errors: ['FORBIDDEN'],
  handle: async ({ principal, params, body }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    await replaceModels(deps, workspace_id, body.items)
    return shownModels(deps, workspace_id)
  },
})

const remove = defineOperation({
  id: 'delete_workspace_model',
  method: 'DELETE',
  path: `${PATH}/models/{model_id}`,
  tag,
  summary: 'Delete a language model of a workspace, with its key',
  access: 'session',
  impact: 'destructive',
  source,
  params: ModelParams,
  responses: { 204: null },
  errors: ['FORBIDDEN'],
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    if (!(await transaction(deps.db, (tx) => deleteModel(tx, workspace_id, params.model_id))))
      throw notFound('There is no such model in this workspace.')
  },
})

const tryOut = defineOperation({
  id: 'test_workspace_model',
  method: 'POST',
  path: `${PATH}/models/{model_id}/test`,
  tag,
  summary: 'Try a language model of a workspace',
  description:
    'Has it write one message about nobody, without retries, and reports how that went. It costs a real request.',
  access: 'session',
  impact: 'write',
  calls_outside: true,
  source,
  params: ModelParams,
  responses: { 200: WorkspaceModelTest },
  errors: ['FORBIDDEN', 'CONFLICT'],
  handle: async ({ principal, params }, deps) => {
    const { workspace_id } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:write')
    const found = await deps.models.of(workspace_id, params.model_id).catch((error: unknown) => {
      if (error instanceof ModelError) return error
      throw error
    })
    if (found instanceof ModelError) throw problem('CONFLICT', found.message)
    const [endpoint] = found
    if (!endpoint) throw notFound('There is no such model in this workspace.')
    const { use, answer, answers, failure, message, status, said } = await deps.models.tryModel(endpoint, {
      workspace_id,
      purpose: 'test',
      reference: endpoint.id,
    })
    return {
      ok: answer !== null,
      ...use,
      answers,
      sample: answer,
      problem: failure && { failure, message, status, said },
    }
  },
})

const MOST_DAYS = 366

const usage = defineOperation({
  id: 'get_model_usage',
  method: 'GET',
  path: `${PATH}/model-usage`,
  tag,
  summary: 'What language models took',
  description:
    'Requests, tokens and cost by day, model and purpose. The writer by rule asks no model and does not stand here.',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: WorkspaceParams,
  query: ModelUsageQuery,
  responses: { 200: ModelUsage },
  handle: async ({ principal, params, query }, deps) => {
    const { workspace_id, timezone } = await workspaceOf(deps, principal, params.workspace_id, 'workspace:read')
    // What a provider bills goes by the system's time, also for a sandbox that lives in another.
    const today = Temporal.Instant.fromEpochMilliseconds(deps.clock.now().getTime())
      .toZonedDateTimeISO(timezone)
      .toPlainDate()
    const to = query.to ? Temporal.PlainDate.from(query.to) : today
    const from = query.from ? Temporal.PlainDate.from(query.from) : to.subtract({ days: 29 })
    const days = from.until(to).total('days') + 1
    if (days < 1 || days > MOST_DAYS)
      throw invalid([
        { loc: ['query', 'from'], msg: `It must be 1 to ${MOST_DAYS} days before the end.`, type: 'range' },
      ])
    const range = { from: from.toString(), to: to.toString(), timezone }
    const items = await sumUsage(deps.db, workspace_id, range)
    const sum = (of: (item: (typeof items)[number]) => number) => items.reduce((total, item) => total + of(item), 0)
    return {
      ...range,
      items,
      total: {
        calls: sum(({ calls }) => calls),
        failed_calls: sum(({ failed_calls }) => failed_calls),
        input_tokens: sum(({ input_tokens }) => input_tokens),
        output_tokens: sum(({ output_tokens }) => output_tokens),
        cost_microusd: sum(({ cost_microusd }) => cost_microusd),
        unpriced_calls: sum(({ unpriced_calls }) => unpriced_calls),
      },
      kept_days: deps.config.model_calls.kept_days,
    }
  },
})

export const operations: Operation[] = [list, replace, remove, tryOut, usage]
