import { createAlias, listAliases, updateAlias } from '@bavlio/sdk/operations'
import type { BavimailAlias, BavimailDomain } from '@bavlio/sdk/types'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { CheckField, TextArea, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { RampPicture, rampWords } from './ramp-picture.tsx'

const amount = (text: string): number => Math.max(0, Number.parseInt(text, 10) || 0)

/** A new alias, or one that is there. */
export const AliasDialog = ({
  domain,
  alias,
  onClose,
}: {
  domain: BavimailDomain
  alias: BavimailAlias | null
  onClose: () => void
}) => {
  const make = useWrite(createAlias, { refreshes: [listAliases], shows_error: true })
  const update = useWrite(updateAlias, { refreshes: [listAliases], shows_error: true })
  const form = useOperationForm({
    values: {
      alias: alias?.alias ?? '',
      display_name: alias?.display_name ?? '',
      daily_limit: String(alias?.daily_limit ?? 50),
      ramps: alias ? Boolean(alias.ramp_start) : true,
      ramp_start: String(alias?.ramp_start ?? 5),
      ramp_step: String(alias?.ramp_step ?? 3),
      signature_html: alias?.signature_html ?? '',
    },
    submit: async (values) => {
      const body = {
        alias: values.alias,
        display_name: values.display_name || null,
        daily_limit: amount(values.daily_limit),
        ramp_start: values.ramps ? amount(values.ramp_start) : null,
        ramp_step: values.ramps ? amount(values.ramp_step) : null,
        signature_html: values.signature_html || null,
      }
      if (alias) await update.mutateAsync({ alias_id: alias.id, body })
      else await make.mutateAsync({ body: { ...body, domain_id: domain.id } })
      showDone(`${values.alias}@${domain.domain} is saved`)
      onClose()
    },
  })
  const [ramps, start, step, limit] = form.watch(['ramps', 'ramp_start', 'ramp_step', 'daily_limit'])
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title={alias ? alias.full_email : 'Add an alias'}
      description={alias ? 'Another local part stops the old address at once.' : `An address on ${domain.domain}.`}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="alias" is_busy={form.formState.isSubmitting}>
            {alias ? 'Save' : 'Add the alias'}
          </Button>
        </>
      }
    >
      <form id="alias" onSubmit={form.onSubmit} className="flex flex-col gap-5">
        <FormFailure failure={form.failure} />
        <TextField
          label="Local part"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          hint={`What stands before @${domain.domain}.`}
          error={form.errorOf('alias')}
          {...form.register('alias')}
        />
        <TextField
          label="Name of the sender"
          autoComplete="off"
          hint="As recipients see it."
          error={form.errorOf('display_name')}
          {...form.register('display_name')}
        />
        <TextField
          label="Most messages a day"
          type="number"
          min={1}
          inputMode="numeric"
          error={form.errorOf('daily_limit')}
          {...form.register('daily_limit')}
        />
        <CheckField
          label="Ramp up slowly"
          hint="Receivers distrust an address that sends much from the first day."
          {...form.register('ramps')}
        />
        {ramps ? (
          <div className="flex flex-col gap-4 rounded-lg border border-line p-4">
            <div className="grid grid-cols-2 gap-4">
              <TextField
                label="First day"
                type="number"
                min={1}
                inputMode="numeric"
                error={form.errorOf('ramp_start')}
                {...form.register('ramp_start')}
              />
              <TextField
                label="More each day"
                type="number"
                min={1}
                inputMode="numeric"
                error={form.errorOf('ramp_step')}
                {...form.register('ramp_step')}
              />
            </div>
            <RampPicture start={amount(start)} step={amount(step)} limit={amount(limit)} className="h-20 w-full" />
            <p role="status" className="text-xs text-ink-soft">
              {rampWords(amount(start), amount(step), amount(limit))}
            </p>
          </div>
        ) : null}
        <TextArea
          label="Signature"
          rows={5}
          hint="HTML, at the end of what this alias sends."
          error={form.errorOf('signature_html')}
          {...form.register('signature_html')}
        />
      </form>
    </Dialog>
  )
}
