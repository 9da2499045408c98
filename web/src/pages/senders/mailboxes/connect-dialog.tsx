import { authorizeMailbox, connectMailbox, listMailboxes } from '@bavlio/sdk/operations'
import type { MailboxConnect } from '@bavlio/sdk/types'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'

type Values = {
  email: string
  password: string
  display_name: string
  own_servers: boolean
  smtp_host: string
  smtp_port: string
  imap_host: string
  imap_port: string
  security: 'tls' | 'starttls'
}

/** Problems name fields such as smtp.host; here they are flat. */
const placeOf = (field: string): keyof Values | null => {
  const name = field.replace('.', '_')
  return ['email', 'password', 'display_name', 'smtp_host', 'smtp_port', 'imap_host', 'imap_port'].includes(name)
    ? (name as keyof Values)
    : null
}

/** By consent at Google or Microsoft, or by password anywhere. */
export const ConnectDialog = ({ onClose }: { onClose: () => void }) => {
  const connect = useWrite(connectMailbox, { refreshes: [listMailboxes], shows_error: true })
  const authorize = useWrite(authorizeMailbox, { onDone: ({ authorize_url }) => location.assign(authorize_url) })
  const form = useOperationForm<Values>({
    values: {
      email: '',
      password: '',
      display_name: '',
      own_servers: false,
      smtp_host: '',
      smtp_port: '465',
      imap_host: '',
      imap_port: '993',
      security: 'tls',
    },
    place: placeOf,
    submit: async (values) => {
      const body: MailboxConnect = {
        email: values.email,
        password: values.password,
        display_name: values.display_name || null,
        ...(values.own_servers
          ? {
              provider: 'other',
              smtp: { host: values.smtp_host, port: Number(values.smtp_port), security: values.security },
              imap: { host: values.imap_host, port: Number(values.imap_port), security: 'tls' },
            }
          : {}),
      }
      await connect.mutateAsync({ body })
      showDone(`${values.email} is connected`)
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title="Connect a mailbox"
      description="Both log-ins are tried before anything is stored."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="mailbox" is_busy={form.formState.isSubmitting}>
            Connect
          </Button>
        </>
      }
    >
      <div className="mb-6 flex flex-col gap-2 border-b border-line pb-6">
        <p className="text-sm font-medium text-ink">By consent</p>
        <div className="flex flex-wrap gap-2">
          <Button is_busy={authorize.isPending} onClick={() => authorize.mutate({ body: { provider: 'google' } })}>
            Google
          </Button>
          <Button is_busy={authorize.isPending} onClick={() => authorize.mutate({ body: { provider: 'microsoft' } })}>
            Microsoft
          </Button>
        </div>
      </div>
      <form id="mailbox" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <p className="text-sm font-medium text-ink">By password</p>
        <FormFailure failure={form.failure} />
        <TextField
          label="Email address"
          type="email"
          autoComplete="off"
          error={form.errorOf('email')}
          {...form.register('email')}
        />
        <TextField
          label="Password"
          type="password"
          autoComplete="off"
          hint="An app password where the provider wants one."
          error={form.errorOf('password')}
          {...form.register('password')}
        />
        <TextField
          label="Name of the sender"
          autoComplete="off"
          error={form.errorOf('display_name')}
          {...form.register('display_name')}
        />
        <CheckField
          label="Name the servers"
          hint="Needed unless the provider is known."
          {...form.register('own_servers')}
        />
        {form.watch('own_servers') ? (
          <div className="grid grid-cols-[1fr_6rem] gap-4 rounded-lg border border-line p-4">
            <TextField
              label="SMTP server"
              autoComplete="off"
              error={form.errorOf('smtp_host')}
              {...form.register('smtp_host')}
            />
            <TextField
              label="SMTP port"
              inputMode="numeric"
              error={form.errorOf('smtp_port')}
              {...form.register('smtp_port')}
            />
            <SelectField label="Encryption of SMTP" className="col-span-2" {...form.register('security')}>
              <option value="tls">From the first byte (TLS)</option>
              <option value="starttls">Before the log-in (STARTTLS)</option>
            </SelectField>
            <TextField
              label="IMAP server"
              autoComplete="off"
              error={form.errorOf('imap_host')}
              {...form.register('imap_host')}
            />
            <TextField
              label="IMAP port"
              inputMode="numeric"
              error={form.errorOf('imap_port')}
              {...form.register('imap_port')}
            />
          </div>
        ) : null}
      </form>
    </Dialog>
  )
}
