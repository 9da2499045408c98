import { getWorkspaceSettings, updateWorkspaceSettings } from '@bavlio/sdk/operations'
import type { WorkspaceSettings } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'

const PROVIDERS: { id: string; words: string }[] = [
  { id: 'google', words: 'Google' },
  { id: 'microsoft', words: 'Microsoft' },
  { id: 'yahoo', words: 'Yahoo and AOL' },
  { id: 'apple', words: 'Apple' },
]

const LIMIT = { value: /^\s*\d{0,7}\s*$/, message: 'A whole number, or nothing.' }

/** Most messages a day to one receiving provider; the smallest of all limits counts. */
export const ProviderLimits = ({ settings, may_change }: { settings: WorkspaceSettings; may_change: boolean }) => {
  const { workspace_id, provider_daily_limits: stands } = settings
  // Another provider may have been named by the API, and is not to be lost.
  const shown = [
    ...PROVIDERS,
    ...Object.keys(stands)
      .filter((id) => !PROVIDERS.some((one) => one.id === id))
      .map((id) => ({ id, words: id })),
  ]
  const form = useOperationForm<Record<string, string>>({
    values: Object.fromEntries(shown.map(({ id }) => [id, stands[id] === undefined ? '' : String(stands[id])])),
    submit: async (values) => {
      const limits = Object.entries(values).flatMap(([id, text]) => (text.trim() ? [[id, Number(text)]] : []))
      const saved = await updateWorkspaceSettings(call, {
        workspace_id,
        body: { provider_daily_limits: Object.fromEntries(limits) },
      })
      queryClient.setQueryData(keyOf(getWorkspaceSettings, { workspace_id }), saved)
      form.reset(values)
      showDone('Saved.')
    },
    place: (name) => name.split('.').at(-1) ?? null,
  })
  return (
    <Card>
      <CardHeader
        title="Daily limits by receiving provider"
        note="Beside the limits of campaigns, aliases and domains; the smallest counts. Empty is no limit."
      />
      <form onSubmit={form.onSubmit} noValidate className="flex max-w-xl flex-col gap-4 p-4">
        <fieldset disabled={!may_change} className="grid grid-cols-2 gap-4 sm:grid-cols-4">
          <legend className="sr-only">Messages a day</legend>
          {shown.map(({ id, words }) => (
            <TextField
              key={id}
              label={words}
              inputMode="numeric"
              placeholder="No limit"
              error={form.errorOf(id)}
              {...form.register(id, { pattern: LIMIT })}
            />
          ))}
        </fieldset>
        <FormFailure failure={form.failure} />
        {may_change ? (
          <Button
            type="submit"
            className="self-start"
            is_busy={form.formState.isSubmitting}
            disabled={!form.formState.isDirty}
          >
            Save
          </Button>
        ) : null}
      </form>
    </Card>
  )
}
