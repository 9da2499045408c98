import { listWorkspaceModels, replaceWorkspaceModels } from '@bavlio/sdk/operations'
import type { WorkspaceModel, WorkspaceModelList } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { type GivenModel, givenOf } from './given-model.ts'
import { PROVIDERS } from './model-words.ts'

type Props = {
  workspace_id: string
  list: WorkspaceModelList
  editing: WorkspaceModel | 'new' | null
  onClose: () => void
  onSaved: (model: WorkspaceModel) => void
}

export const ModelDialog = ({ editing, ...props }: Props) => (
  <Dialog
    is_open={editing !== null}
    onClose={props.onClose}
    title={editing === 'new' ? 'Add a model' : 'Edit the model'}
    description="Your leads’ data goes to this provider, and to no other while this workspace has models of its own."
  >
    {editing === null ? null : <ModelForm editing={editing === 'new' ? null : editing} {...props} />}
  </Dialog>
)

type Values = {
  provider: WorkspaceModel['provider']
  base_url: string
  model: string
  api_key: string
  removes_key: boolean
  input_price: string
  output_price: string
  timeout_seconds: string
  concurrency: string
  max_output_tokens: string
}

/** What a person writes for a million tokens, in dollars; empty is not known. */
const microusdOf = (price: string): number | null =>
  price.trim() === '' ? null : Math.round(Number(price) * 1_000_000)
const priceOf = (microusd: number | null | undefined): string => (microusd == null ? '' : String(microusd / 1_000_000))

const PLACES: Record<string, keyof Values> = {
  provider: 'provider',
  base_url: 'base_url',
  model: 'model',
  api_key: 'api_key',
  input_price_microusd: 'input_price',
  output_price_microusd: 'output_price',
  timeout_ms: 'timeout_seconds',
  concurrency: 'concurrency',
  max_output_tokens: 'max_output_tokens',
}

const ModelForm = ({
  workspace_id,
  list,
  editing,
  onSaved,
}: Omit<Props, 'editing'> & { editing: WorkspaceModel | null }) => {
  const at = editing ? list.items.findIndex(({ id }) => id === editing.id) : list.items.length
  const form = useOperationForm<Values>({
    values: {
      provider: editing?.provider ?? 'openai_compatible',
      base_url: editing?.base_url ?? '',
      model: editing?.model ?? '',
      api_key: '',
      removes_key: false,
      input_price: priceOf(editing?.input_price_microusd),
      output_price: priceOf(editing?.output_price_microusd),
      timeout_seconds: String((editing?.timeout_ms ?? 60_000) / 1000),
      concurrency: String(editing?.concurrency ?? 4),
      max_output_tokens: String(editing?.max_output_tokens ?? 4_096),
    },
    submit: async (values, isShown) => {
      const given: GivenModel = {
        ...(editing ? { id: editing.id } : {}),
        provider: values.provider,
        base_url: values.base_url.trim() || null,
        model: values.model.trim(),
        // Left out, the stored one stays.
        ...(values.api_key ? { api_key: values.api_key } : values.removes_key ? { api_key: null } : {}),
        input_price_microusd: microusdOf(values.input_price),
        output_price_microusd: microusdOf(values.output_price),
        timeout_ms: Math.round(Number(values.timeout_seconds) * 1000),
        concurrency: Number(values.concurrency),
        max_output_tokens: Number(values.max_output_tokens),
      }
      const others = list.items.map(givenOf)
      const saved = await replaceWorkspaceModels(call, {
        workspace_id,
        body: { items: editing ? others.with(at, given) : [...others, given] },
      })
      queryClient.setQueryData(keyOf(listWorkspaceModels, { workspace_id }), saved)
      const model = saved.items[at]
      if (!isShown()) showDone('The model is saved.')
      else if (model) onSaved(model)
    },
    // "items.0.base_url": the one that is being edited, or no field of this form.
    place: (name) => {
      const [items, index, field = ''] = name.split('.')
      return items === 'items' && Number(index) === at ? (PLACES[field] ?? null) : null
    },
  })
  const { needs_url, example } = PROVIDERS[form.watch('provider')]
  const keeps_key =
    editing?.has_key &&
    form.watch('provider') === editing.provider &&
    form.watch('base_url') === (editing.base_url ?? '')
  return (
    <form onSubmit={form.onSubmit} noValidate autoComplete="off" className="flex flex-col gap-4">
      <SelectField
        label="Provider"
        hint={needs_url ? 'Ollama, vLLM, llama.cpp and most hosted services speak this protocol.' : undefined}
        error={form.errorOf('provider')}
        {...form.register('provider')}
      >
        {Object.entries(PROVIDERS).map(([provider, { words }]) => (
          <option key={provider} value={provider}>
            {words}
          </option>
        ))}
      </SelectField>
      <TextField
        label={needs_url ? 'Base URL' : 'Base URL, where it is not the provider’s own'}
        type="url"
        placeholder={example}
        error={form.errorOf('base_url')}
        {...form.register('base_url', needs_url ? { required: 'Where it answers, up to /chat/completions.' } : {})}
      />
      <TextField
        label="Model"
        placeholder="As the provider names it"
        spellCheck={false}
        error={form.errorOf('model')}
        {...form.register('model', { required: 'The provider’s name of the model is needed.' })}
      />
      <TextField
        label="Key"
        type="password"
        autoComplete="off"
        placeholder={keeps_key ? 'The stored key stays' : needs_url ? 'None' : ''}
        hint="Stored encrypted and never shown again."
        error={form.errorOf('api_key')}
        {...form.register('api_key')}
      />
      {keeps_key && needs_url && !form.watch('api_key') ? (
        <CheckField label="Remove the stored key" {...form.register('removes_key')} />
      ) : null}
      <fieldset className="grid grid-cols-2 gap-4">
        <legend className="mb-2 text-sm font-medium text-ink">Price in dollars for a million tokens</legend>
        <TextField
          label="In"
          inputMode="decimal"
          placeholder="Not known"
          error={form.errorOf('input_price')}
          {...form.register('input_price', { pattern: NUMBER })}
        />
        <TextField
          label="Out"
          inputMode="decimal"
          placeholder="Not known"
          error={form.errorOf('output_price')}
          {...form.register('output_price', { pattern: NUMBER })}
        />
      </fieldset>
      <fieldset className="grid gap-4 sm:grid-cols-3">
        <legend className="mb-2 text-sm font-medium text-ink">Limits</legend>
        <TextField
          label="Seconds for an answer"
          inputMode="decimal"
          error={form.errorOf('timeout_seconds')}
          {...form.register('timeout_seconds', { pattern: NUMBER })}
        />
        <TextField
          label="Requests at a time"
          inputMode="numeric"
          error={form.errorOf('concurrency')}
          {...form.register('concurrency', { pattern: NUMBER })}
        />
        <TextField
          label="Tokens of an answer"
          inputMode="numeric"
          error={form.errorOf('max_output_tokens')}
          {...form.register('max_output_tokens', { pattern: NUMBER })}
        />
      </fieldset>
      <FormFailure failure={form.failure} />
      <Button type="submit" look="primary" className="self-end" is_busy={form.formState.isSubmitting}>
        {editing ? 'Save and test' : 'Add and test'}
      </Button>
    </form>
  )
}

const NUMBER = { value: /^\s*(?:\d+(?:\.\d+)?)?\s*$/, message: 'A number is needed, such as 0.25.' }
