import {
  deleteWorkspaceModel,
  getModelUsage,
  listWorkspaceModels,
  replaceWorkspaceModels,
} from '@bavlio/sdk/operations'
import type { WorkspaceModel, WorkspaceModelList } from '@bavlio/sdk/types'
import { ArrowDown, ArrowUp, FlaskConical, Pencil, Plus, Sparkles, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead, useWrite } from '../../../api/query.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Empty, Loaded, LoadingRows } from '../../../ui/states.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'
import { givenOf } from './given-model.ts'
import { ModelDialog } from './model-dialog.tsx'
import { dollars, PROVIDERS } from './model-words.ts'
import { TestDialog } from './test-dialog.tsx'
import { UsageCard } from './usage-card.tsx'

export const ModelsPage = () => {
  const workspace = useWorkspace()
  const workspace_id = workspace?.workspace_id ?? ''
  const read = useRead(listWorkspaceModels, { workspace_id }, { enabled: workspace !== undefined })
  const [editing, setEditing] = useState<WorkspaceModel | 'new' | null>(null)
  const [testing, setTesting] = useState<WorkspaceModel | null>(null)
  const [removing, setRemoving] = useState<WorkspaceModel | null>(null)
  const may_change = canAdminister(workspace)
  const add = may_change ? (
    <Button
      look="primary"
      icon={<Plus aria-hidden />}
      disabled={!read.data || read.data.items.length >= MOST_MODELS}
      onClick={() => setEditing('new')}
    >
      Add a model
    </Button>
  ) : null
  return (
    <>
      <Card>
        <CardHeader
          title="Language models"
          note="Asked from the top; the next one only where those before it fail."
          actions={add}
        />
        <Loaded read={read} loading={<LoadingRows rows={3} />}>
          {(list) => (
            <>
              <Writer list={list} />
              {list.items.length ? (
                <ol aria-label="Models in the order in which they are asked">
                  {list.items.map((model) => (
                    <ModelRow
                      key={model.id}
                      model={model}
                      count={list.items.length}
                      may_change={may_change}
                      onMove={(by) => void move(workspace_id, list, model, by)}
                      onEdit={() => setEditing(model)}
                      onTest={() => setTesting(model)}
                      onRemove={() => setRemoving(model)}
                    />
                  ))}
                </ol>
              ) : (
                <Empty icon={<Sparkles aria-hidden />} title="No model of your own" action={add}>
                  With one, texts are written with your own key at your own provider, and cost no credits here.
                </Empty>
              )}
            </>
          )}
        </Loaded>
      </Card>
      {workspace ? <UsageCard workspace_id={workspace_id} /> : null}
      {read.data ? (
        <>
          <ModelDialog
            workspace_id={workspace_id}
            list={read.data}
            editing={editing}
            onClose={() => setEditing(null)}
            onSaved={(model) => {
              setEditing(null)
              setTesting(model)
            }}
          />
          <TestDialog workspace_id={workspace_id} model={testing} onClose={() => setTesting(null)} />
          <RemoveModel workspace_id={workspace_id} model={removing} onClose={() => setRemoving(null)} />
        </>
      ) : null}
    </>
  )
}

const MOST_MODELS = 10

/** Moved at once on the page; what the server then answers stands. */
const move = async (
  workspace_id: string,
  list: WorkspaceModelList,
  model: WorkspaceModel,
  by: number,
): Promise<void> => {
  const key = keyOf(listWorkspaceModels, { workspace_id })
  const items = list.items.filter(({ id }) => id !== model.id)
  items.splice(model.position - 1 + by, 0, model)
  queryClient.setQueryData<WorkspaceModelList>(key, {
    ...list,
    items: items.map((item, at) => ({ ...item, position: at + 1 })),
  })
  try {
    queryClient.setQueryData(
      key,
      await replaceWorkspaceModels(call, { workspace_id, body: { items: items.map(givenOf) } }),
    )
  } catch (error) {
    queryClient.setQueryData(key, list)
    showError(error)
  }
}

const WRITERS: Record<WorkspaceModelList['writer']['kind'], string> = {
  workspace: 'the models below',
  instance: 'the model of this instance',
  rule: 'the writer by rule, which asks no model',
}

const Writer = ({ list: { writer } }: { list: WorkspaceModelList }) => (
  <p className="border-b border-line px-4 py-3 text-sm text-ink-soft">
    Texts are written by {WRITERS[writer.kind]}
    {writer.kind === 'workspace' ? null : (
      <>
        {' '}
        (<span className="font-mono text-xs">{writer.name}</span>)
      </>
    )}
    {writer.credits_per_draft
      ? `, for ${writer.credits_per_draft.toLocaleString()} ${writer.credits_per_draft === 1 ? 'credit' : 'credits'} each.`
      : ', for no credits.'}
  </p>
)

const ModelRow = ({
  model,
  count,
  may_change,
  onMove,
  onEdit,
  onTest,
  onRemove,
}: {
  model: WorkspaceModel
  count: number
  may_change: boolean
  onMove: (by: number) => void
  onEdit: () => void
  onTest: () => void
  onRemove: () => void
}) => (
  <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-0">
    <span
      aria-hidden
      className="flex size-6 shrink-0 items-center justify-center rounded-full bg-sunken text-xs font-semibold text-ink-soft tabular-nums"
    >
      {model.position}
    </span>
    <div className="min-w-0 flex-1 basis-64">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="text-sm font-medium break-all text-ink">{model.model}</span>
        <Badge tone={model.has_key ? 'good' : 'neutral'}>{model.has_key ? 'Key stored' : 'No key'}</Badge>
      </p>
      <p className="text-xs break-words text-ink-faint">
        {PROVIDERS[model.provider].words}
        {model.base_url ? `, ${model.base_url}` : ''}
      </p>
      <p className="text-xs text-ink-faint">
        {model.input_price_microusd === null || model.output_price_microusd === null
          ? 'Price not known'
          : `${dollars(model.input_price_microusd)} in, ${dollars(model.output_price_microusd)} out, for a million tokens`}
        {` · at most ${model.concurrency} at a time, ${Math.round(model.timeout_ms / 1000)} s, ${model.max_output_tokens.toLocaleString()} tokens`}
      </p>
    </div>
    {may_change ? (
      <div className="flex items-center gap-1">
        <Button size="sm" icon={<FlaskConical aria-hidden />} aria-label={`Test ${model.model}`} onClick={onTest}>
          Test
        </Button>
        <ActionMenu
          label={`Actions for ${model.model}`}
          actions={[
            { label: 'Edit', icon: <Pencil aria-hidden />, onSelect: onEdit },
            {
              label: 'Ask earlier',
              icon: <ArrowUp aria-hidden />,
              onSelect: () => onMove(-1),
              is_disabled: model.position === 1,
            },
            {
              label: 'Ask later',
              icon: <ArrowDown aria-hidden />,
              onSelect: () => onMove(1),
              is_disabled: model.position === count,
            },
            { label: 'Delete', icon: <Trash2 aria-hidden />, onSelect: onRemove, is_dangerous: true },
          ]}
        />
      </div>
    ) : null}
  </li>
)

const RemoveModel = ({
  workspace_id,
  model,
  onClose,
}: {
  workspace_id: string
  model: WorkspaceModel | null
  onClose: () => void
}) => {
  const remove = useWrite(deleteWorkspaceModel, {
    refreshes: [listWorkspaceModels, getModelUsage],
    onDone: () => {
      showDone('The model and its key are deleted.')
      onClose()
    },
  })
  return (
    <Confirm
      is_open={model !== null}
      onClose={onClose}
      title={`Delete ${model?.model ?? 'the model'}?`}
      description="Its key is deleted with it and would have to be entered anew. What it has cost stays in the figures."
      action="Delete"
      is_busy={remove.isPending}
      onConfirm={() => model && remove.mutate({ workspace_id, model_id: model.id })}
    />
  )
}
