import { createApiKey, listApiKeys } from '@bavlio/sdk/operations'
import type { ApiKeyCreated, ApiKeyCreateRequest } from '@bavlio/sdk/types'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { SecretBox } from '../secret-box.tsx'

type Scope = NonNullable<ApiKeyCreateRequest['scopes']>[number]
type Level = 'none' | 'read' | 'write'

const AREAS: { area: string; words: string }[] = [
  { area: 'campaigns', words: 'Campaigns' },
  { area: 'leads', words: 'Leads and datasets' },
  { area: 'templates', words: 'Templates' },
  { area: 'sender_profiles', words: 'Sender profiles' },
  { area: 'mail', words: 'Mail, domains and inbox' },
  { area: 'suppression', words: 'Suppression list' },
  { area: 'notifications', words: 'Notifications' },
  { area: 'credits', words: 'Credits' },
  { area: 'account', words: 'Account' },
  { area: 'workspace', words: 'Workspace, clock and webhooks' },
]

const DAY_MS = 86_400_000

type Values = { name: string; days: string; is_whole: boolean; levels: Record<string, Level> }

const scopesOf = ({ is_whole, levels }: Values): Scope[] | null =>
  is_whole
    ? null
    : AREAS.flatMap(({ area }) => {
        const level = levels[area] ?? 'none'
        if (level === 'none') return []
        return (level === 'write' ? [`${area}:read`, `${area}:write`] : [`${area}:read`]) as Scope[]
      })

export const CreateKeyDialog = ({ is_open, onClose }: { is_open: boolean; onClose: () => void }) => {
  const [made, setMade] = useState<ApiKeyCreated | null>(null)
  const close = (): void => {
    onClose()
    setMade(null)
  }
  return (
    <Dialog
      is_open={is_open}
      onClose={close}
      title={made ? 'Copy the key now' : 'Create an API key'}
      description={
        made
          ? 'It is shown this once. Whoever has it can do what it may do.'
          : 'Give it no more than what it is for needs.'
      }
      footer={
        made ? (
          <Button look="primary" onClick={close}>
            I have copied it
          </Button>
        ) : null
      }
    >
      {made ? <SecretBox label="API key" value={made.key} /> : <KeyForm onMade={setMade} />}
    </Dialog>
  )
}

const KeyForm = ({ onMade }: { onMade: (key: ApiKeyCreated) => void }) => {
  const form = useOperationForm<Values>({
    values: { name: '', days: '', is_whole: true, levels: Object.fromEntries(AREAS.map(({ area }) => [area, 'none'])) },
    submit: async (values) => {
      const days = Number(values.days)
      onMade(
        await createApiKey(call, {
          body: {
            name: values.name,
            scopes: scopesOf(values),
            expires_at: days ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
          },
        }),
      )
      await queryClient.invalidateQueries({ queryKey: keyOf(listApiKeys) })
    },
  })
  const is_whole = form.watch('is_whole')
  return (
    <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
      <TextField
        label="Name"
        placeholder="Where it is used, such as CRM sync"
        autoFocus
        maxLength={100}
        error={form.errorOf('name')}
        {...form.register('name', { required: 'A name is needed, to know the key again.' })}
      />
      <SelectField label="Ends" {...form.register('days')}>
        <option value="">Never</option>
        <option value="30">In 30 days</option>
        <option value="90">In 90 days</option>
        <option value="365">In a year</option>
      </SelectField>
      <CheckField
        label="May do everything that I may"
        hint="Without this you choose what it may do, area by area."
        {...form.register('is_whole')}
      />
      {is_whole ? null : (
        <fieldset className="rounded-lg border border-line">
          <legend className="sr-only">What the key may do</legend>
          {AREAS.map(({ area, words }) => (
            <div
              key={area}
              className="flex items-center justify-between gap-4 border-b border-line px-3 py-1.5 last:border-0"
            >
              <label htmlFor={`scope-${area}`} className="text-sm text-ink">
                {words}
              </label>
              <select
                id={`scope-${area}`}
                className="rounded-md border border-line-strong bg-surface py-1 pr-7 pl-2 text-sm text-ink"
                {...form.register(`levels.${area}`)}
              >
                <option value="none">Nothing</option>
                <option value="read">Read</option>
                <option value="write">Read and change</option>
              </select>
            </div>
          ))}
        </fieldset>
      )}
      {form.errorOf('levels' as never) ? <p className="text-xs text-bad">{form.errorOf('levels' as never)}</p> : null}
      <FormFailure failure={form.failure} />
      <Button
        type="submit"
        look="primary"
        className="self-end"
        is_busy={form.formState.isSubmitting}
        disabled={!is_whole && scopesOf(form.watch())?.length === 0}
      >
        Create the key
      </Button>
    </form>
  )
}
