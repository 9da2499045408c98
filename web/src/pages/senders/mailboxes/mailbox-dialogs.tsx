import { listMailboxes, reconnectMailbox, updateMailbox } from '@bavlio/sdk/operations'
import type { Mailbox } from '@bavlio/sdk/types'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, SelectField, TextArea, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { RampPicture, rampWords } from '../domains/ramp-picture.tsx'

export const MailboxDialog = ({ mailbox, onClose }: { mailbox: Mailbox; onClose: () => void }) => {
  const update = useWrite(updateMailbox, { refreshes: [listMailboxes], shows_error: true })
  const form = useOperationForm({
    values: {
      display_name: mailbox.display_name ?? '',
      daily_limit: String(mailbox.daily_limit),
      ramp_start: String(mailbox.ramp_start ?? 0),
      ramp_step: String(mailbox.ramp_step ?? 0),
      sent_copies: mailbox.sent_copies,
      reads_junk: mailbox.reads_junk,
      signature_html: mailbox.signature_html ?? '',
    },
    submit: async (values) => {
      await update.mutateAsync({
        mailbox_id: mailbox.id,
        body: {
          display_name: values.display_name || null,
          daily_limit: Number(values.daily_limit),
          ramp_start: Number(values.ramp_start) || null,
          ramp_step: Number(values.ramp_step) || null,
          sent_copies: values.sent_copies,
          reads_junk: values.reads_junk,
          signature_html: values.signature_html || null,
        },
      })
      showDone(`${mailbox.email} is saved`)
      onClose()
    },
  })
  const [limit, start, step] = form.watch(['daily_limit', 'ramp_start', 'ramp_step']).map(Number) as [
    number,
    number,
    number,
  ]
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title={mailbox.email}
      description="How it sends and what it reads."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="mailbox" is_busy={form.formState.isSubmitting}>
            Save
          </Button>
        </>
      }
    >
      <form id="mailbox" onSubmit={form.onSubmit} className="flex flex-col gap-5">
        <FormFailure failure={form.failure} />
        <TextField
          label="Name of the sender"
          autoComplete="off"
          error={form.errorOf('display_name')}
          {...form.register('display_name')}
        />
        <div className="grid gap-4 rounded-lg border border-line p-4 sm:grid-cols-3">
          <TextField
            label="Most a day"
            type="number"
            min={1}
            error={form.errorOf('daily_limit')}
            {...form.register('daily_limit')}
          />
          <TextField
            label="First day"
            type="number"
            min={0}
            error={form.errorOf('ramp_start')}
            {...form.register('ramp_start')}
          />
          <TextField
            label="More each day"
            type="number"
            min={0}
            error={form.errorOf('ramp_step')}
            {...form.register('ramp_step')}
          />
          <RampPicture start={start || limit} step={step} limit={limit} className="h-16 w-full sm:col-span-3" />
          <p role="status" className="text-xs text-ink-soft sm:col-span-3">
            {rampWords(start, step, limit)}
          </p>
        </div>
        <SelectField label="Copies in the folder of sent mail" {...form.register('sent_copies')}>
          <option value="auto">Unless the provider makes them</option>
          <option value="always">Always</option>
          <option value="never">Never</option>
        </SelectField>
        <CheckField label="Look for answers in the junk folder too" {...form.register('reads_junk')} />
        <TextArea
          label="Signature"
          rows={5}
          hint="HTML."
          error={form.errorOf('signature_html')}
          {...form.register('signature_html')}
        />
      </form>
    </Dialog>
  )
}

export const ReconnectDialog = ({ mailbox, onClose }: { mailbox: Mailbox; onClose: () => void }) => {
  const reconnect = useWrite(reconnectMailbox, { refreshes: [listMailboxes], shows_error: true })
  const form = useOperationForm({
    values: { password: '' },
    submit: async (body) => {
      await reconnect.mutateAsync({ mailbox_id: mailbox.id, body })
      showDone(`${mailbox.email} goes on`)
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      title="New password"
      description={`${mailbox.email} goes on where it stopped.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="reconnect" is_busy={form.formState.isSubmitting}>
            Connect
          </Button>
        </>
      }
    >
      <form id="reconnect" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField
          label="Password"
          type="password"
          autoComplete="off"
          error={form.errorOf('password')}
          {...form.register('password')}
        />
      </form>
    </Dialog>
  )
}
