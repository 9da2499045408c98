import { getWorkspaceSettings, testMailDelivery, updateWorkspaceSettings } from '@bavlio/sdk/operations'
import type { MailDelivery, MailDeliveryTest, WorkspaceSettings } from '@bavlio/sdk/types'
import { PlugZap } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'

type Security = NonNullable<MailDelivery['relay']>['security']
type Values = {
  delivery: MailDelivery['delivery']
  host: string
  port: string
  security: Security
  user: string
  password: string
}

const FIELDS = ['host', 'port', 'security', 'user', 'password'] as const

/** "mail_delivery.relay.host" and "relay.host" are the field "host". */
const placeOf = (name: string): keyof Values | null => {
  const field = name.split('.').at(-1) ?? ''
  return FIELDS.find((one) => one === field) ?? (field === 'delivery' || field === 'relay' ? 'delivery' : null)
}

const valuesOf = ({ delivery, relay }: MailDelivery): Values => ({
  delivery,
  host: relay?.host ?? '',
  port: String(relay?.port ?? 587),
  security: relay?.security ?? 'starttls',
  user: relay?.user ?? '',
  password: '',
})

const relayOf = (values: Values) => ({
  host: values.host.trim(),
  port: Number(values.port),
  security: values.security,
  user: values.user.trim() || null,
  // Left out, the stored one stays; the server keeps it for the same host, port and user only.
  ...(values.password ? { password: values.password } : {}),
})

export const DeliveryForm = ({ settings, may_change }: { settings: WorkspaceSettings; may_change: boolean }) => {
  const { workspace_id, mail_delivery: stands } = settings
  const form = useOperationForm<Values>({
    values: valuesOf(stands),
    submit: async (values) => {
      const saved = await updateWorkspaceSettings(call, {
        workspace_id,
        body: {
          mail_delivery: {
            delivery: values.delivery,
            ...(values.delivery === 'relay' ? { relay: relayOf(values) } : {}),
          },
        },
      })
      queryClient.setQueryData(keyOf(getWorkspaceSettings, { workspace_id }), saved)
      form.reset(valuesOf(saved.mail_delivery))
      showDone('Saved. Mail leaves this way from now on.')
    },
    place: placeOf,
  })
  const values = form.watch()
  const is_relay = values.delivery === 'relay'
  const keeps_password =
    stands.relay?.has_password &&
    stands.relay.host === values.host &&
    String(stands.relay.port) === values.port &&
    (stands.relay.user ?? '') === values.user
  return (
    <form onSubmit={form.onSubmit} noValidate autoComplete="off" className="flex max-w-xl flex-col gap-4 p-4">
      {stands.effective === 'none' ? (
        <Notice tone="warn" title="Nothing can be sent yet">
          This instance has no way out for live mail. Set a relay of your own here.
        </Notice>
      ) : null}
      <fieldset disabled={!may_change} className="contents">
        <SelectField label="Mail leaves" error={form.errorOf('delivery')} {...form.register('delivery')}>
          <option value="instance">As the instance is set up</option>
          <option value="relay">Through a relay of your own (SMTP)</option>
          <option value="direct">Straight to the receivers’ servers</option>
        </SelectField>
        {is_relay ? (
          <>
            <div className="grid gap-4 sm:grid-cols-[1fr_7rem]">
              <TextField
                label="Host"
                placeholder="smtp.example.com"
                spellCheck={false}
                error={form.errorOf('host')}
                {...form.register('host', { required: 'The name of the server is needed.' })}
              />
              <TextField
                label="Port"
                inputMode="numeric"
                error={form.errorOf('port')}
                {...form.register('port', { pattern: { value: /^\d{1,5}$/, message: 'Such as 587.' } })}
              />
            </div>
            <SelectField label="Encryption" error={form.errorOf('security')} {...form.register('security')}>
              <option value="starttls">STARTTLS, or not at all</option>
              <option value="tls">TLS from the first byte</option>
              <option value="opportunistic">STARTTLS where it is offered (without a log-in)</option>
            </SelectField>
            <TextField
              label="User"
              placeholder="None"
              autoComplete="off"
              spellCheck={false}
              error={form.errorOf('user')}
              {...form.register('user')}
            />
            <TextField
              label="Password"
              type="password"
              autoComplete="new-password"
              placeholder={keeps_password ? 'The stored password stays' : 'None'}
              hint="Stored encrypted and never shown again."
              error={form.errorOf('password')}
              {...form.register('password')}
            />
          </>
        ) : null}
      </fieldset>
      <FormFailure failure={form.failure} />
      {may_change ? (
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" is_busy={form.formState.isSubmitting} disabled={!form.formState.isDirty}>
            {is_relay ? 'Log in and save' : 'Save'}
          </Button>
          {is_relay ? <TryRelay workspace_id={workspace_id} relay={() => relayOf(form.getValues())} /> : null}
        </div>
      ) : (
        <p className="text-sm text-ink-faint">Owners and admins may change this.</p>
      )}
    </form>
  )
}

/** Logs in as the form stands, and stores and sends nothing. */
const TryRelay = ({ workspace_id, relay }: { workspace_id: string; relay: () => ReturnType<typeof relayOf> }) => {
  const [result, setResult] = useState<MailDeliveryTest | null>(null)
  const test = useWrite(testMailDelivery, { onDone: setResult, shows_error: true })
  const refused = test.error?.problems.map(({ msg }) => msg).join(' ') || test.error?.message
  return (
    <>
      <Button
        icon={<PlugZap aria-hidden />}
        is_busy={test.isPending}
        onClick={() => {
          setResult(null)
          test.mutate({ workspace_id, body: { relay: relay() } })
        }}
      >
        Test
      </Button>
      {refused ? (
        <Notice tone="bad" className="w-full" title="It was not tried">
          {refused}
        </Notice>
      ) : result ? (
        <Notice
          tone={result.ok ? 'good' : 'bad'}
          className="w-full"
          title={result.ok ? `${result.host}:${result.port} takes the log-in` : 'It does not work'}
        >
          {result.problem?.message}
        </Notice>
      ) : null}
    </>
  )
}
