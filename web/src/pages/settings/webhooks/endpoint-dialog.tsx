import {
  createWebhookEndpoint,
  getWebhookEndpoint,
  listWebhookEndpoints,
  listWebhookEventTypes,
  updateWebhookEndpoint,
} from '@bavlio/sdk/operations'
import type { WebhookEndpoint, WebhookEndpointCreated } from '@bavlio/sdk/types'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, TextField } from '../../../ui/field.tsx'
import { LoadingRows } from '../../../ui/states.tsx'
import { SecretBox } from '../secret-box.tsx'

type Values = { url: string; description: string; is_all: boolean; types: string[] }

/** Makes an endpoint, or changes the one that is given. */
export const EndpointDialog = ({
  is_open,
  onClose,
  endpoint,
}: {
  is_open: boolean
  onClose: () => void
  endpoint?: WebhookEndpoint
}) => {
  const navigate = useNavigate()
  const [made, setMade] = useState<WebhookEndpointCreated | null>(null)
  const close = (): void => {
    onClose()
    if (made) void navigate({ to: '/settings/webhooks/$endpoint_id', params: { endpoint_id: made.id } })
    setMade(null)
  }
  return (
    <Dialog
      is_open={is_open}
      onClose={close}
      place={made ? 'middle' : 'side'}
      title={made ? 'Copy the signing secret now' : endpoint ? 'Change the endpoint' : 'Add an endpoint'}
      description={
        made
          ? 'It is shown this once. With it your server can tell that a request is from here.'
          : 'The address has to be https and reachable from the internet. A code is sent there first.'
      }
      footer={
        made ? (
          <Button look="primary" onClick={close}>
            I have copied it
          </Button>
        ) : null
      }
    >
      {made ? (
        <SecretBox label="signing secret" value={made.signing_secret} />
      ) : (
        <EndpointForm endpoint={endpoint} onMade={setMade} onChanged={onClose} />
      )}
    </Dialog>
  )
}

const EndpointForm = ({
  endpoint,
  onMade,
  onChanged,
}: {
  endpoint: WebhookEndpoint | undefined
  onMade: (made: WebhookEndpointCreated) => void
  onChanged: () => void
}) => {
  const types = useRead(listWebhookEventTypes, {})
  const form = useOperationForm<Values>({
    values: {
      url: endpoint?.url ?? '',
      description: endpoint?.description ?? '',
      is_all: endpoint ? endpoint.event_types.includes('*') : true,
      types: endpoint?.event_types.filter((one) => one !== '*') ?? [],
    },
    submit: async (values) => {
      const body = {
        url: values.url,
        description: values.description || null,
        event_types: values.is_all ? ['*'] : values.types,
      }
      if (endpoint) {
        await updateWebhookEndpoint(call, { endpoint_id: endpoint.id, body })
        onChanged()
      } else onMade(await createWebhookEndpoint(call, { body }))
      await Promise.all(
        [listWebhookEndpoints, getWebhookEndpoint].map((read) =>
          queryClient.invalidateQueries({ queryKey: keyOf(read as typeof getWebhookEndpoint) }),
        ),
      )
    },
    place: (field) =>
      field.startsWith('event_types') ? 'types' : field === 'url' || field === 'description' ? field : null,
  })
  const is_all = form.watch('is_all')
  const chosen = form.watch('types')
  const groups = Map.groupBy(types.data?.items ?? [], ({ event_type }) =>
    event_type.slice(0, event_type.lastIndexOf('.')),
  )
  const toggle = (type: string, on: boolean): void =>
    form.setValue('types', on ? [...chosen, type] : chosen.filter((one) => one !== type))
  // What was subscribed to as a group is shown by its members.
  const isOn = (type: string): boolean =>
    chosen.some((one) => one === type || (one.endsWith('.*') && type.startsWith(one.slice(0, -1))))
  return (
    <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
      <TextField
        label="Address"
        type="url"
        placeholder="https://example.com/hooks/bavlio"
        autoFocus
        error={form.errorOf('url')}
        {...form.register('url', { required: 'An address is needed.' })}
      />
      <TextField
        label="What it is for"
        placeholder="Optional"
        maxLength={500}
        error={form.errorOf('description')}
        {...form.register('description')}
      />
      <CheckField label="Everything" hint="Also what is added later." {...form.register('is_all')} />
      {is_all ? null : types.data ? (
        [...groups].map(([group, items]) => (
          <fieldset key={group} className="flex flex-col gap-2.5">
            <legend className="mb-2 text-xs font-medium text-ink-faint">{group}</legend>
            {items
              .filter(({ event_type }) => event_type !== 'webhook.test')
              .map(({ event_type, description }) => (
                <CheckField
                  key={event_type}
                  label={<span className="font-mono text-xs">{event_type}</span>}
                  hint={description}
                  checked={isOn(event_type)}
                  onChange={(event) => toggle(event_type, event.target.checked)}
                />
              ))}
          </fieldset>
        ))
      ) : (
        <LoadingRows rows={4} />
      )}
      {form.errorOf('types') ? <p className="text-xs text-bad">{form.errorOf('types')}</p> : null}
      <FormFailure failure={form.failure} />
      <Button
        type="submit"
        look="primary"
        className="self-end"
        is_busy={form.formState.isSubmitting}
        disabled={!is_all && chosen.length === 0}
      >
        {endpoint ? 'Save' : 'Add the endpoint'}
      </Button>
    </form>
  )
}
