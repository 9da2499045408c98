import { getDomain, listDomains, updateDomain } from '@bavlio/sdk/operations'
import type { BavimailDomain } from '@bavlio/sdk/types'
import { useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { CheckField, SelectField, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** The label in front of the domain, of names such as bounce.example.com. */
const labelOf = (host: string | null | undefined, domain: string): string =>
  host?.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : ''

export const DomainSettings = ({ domain }: { domain: BavimailDomain }) => {
  const update = useWrite(updateDomain, { refreshes: [getDomain, listDomains], shows_error: true })
  const had = {
    is_active: domain.is_active ?? true,
    inbound_enabled: domain.inbound_enabled,
    strip_tracking_on_read: domain.strip_tracking_on_read,
    daily_limit: domain.daily_limit ? String(domain.daily_limit) : '',
    mta_sts_mode: domain.mta_sts_mode ?? 'none',
    tracking_subdomain: labelOf(domain.tracking_host, domain.domain),
    dkim_ed25519: domain.dkim_ed25519 ?? false,
  }
  const form = useOperationForm({
    values: had,
    submit: async (values) => {
      await update.mutateAsync({
        domain_id: domain.id,
        body: {
          is_active: values.is_active,
          inbound_enabled: values.inbound_enabled,
          strip_tracking_on_read: values.strip_tracking_on_read,
          daily_limit: values.daily_limit ? Number(values.daily_limit) : null,
          mta_sts_mode: values.mta_sts_mode,
          dkim_ed25519: values.dkim_ed25519,
          // Sent only where it is another: a name that is told anew has to be found in DNS anew.
          ...(values.tracking_subdomain === had.tracking_subdomain
            ? {}
            : { tracking_subdomain: values.tracking_subdomain || null }),
        },
      })
      showDone('The settings are saved')
    },
  })
  return (
    <Card>
      <CardHeader title="Settings" />
      <form onSubmit={form.onSubmit} className="flex max-w-xl flex-col gap-5 p-4">
        <FormFailure failure={form.failure} />
        <CheckField
          label="Send from this domain"
          hint="Off: nothing goes out from any of its aliases."
          {...form.register('is_active')}
        />
        <TextField
          label="Most messages a day"
          type="number"
          min={1}
          inputMode="numeric"
          hint="Over all aliases, by the workspace’s calendar. Empty: no cap of its own."
          error={form.errorOf('daily_limit')}
          {...form.register('daily_limit')}
        />
        <CheckField
          label="Receive mail"
          hint="Answers and bounces come in at this domain."
          {...form.register('inbound_enabled')}
        />
        <CheckField
          label="Take tracking pixels out of received messages"
          hint="Senders do not learn that a message was read."
          {...form.register('strip_tracking_on_read')}
        />
        <TextField
          label="Name for tracked links"
          placeholder="track"
          autoComplete="off"
          hint={`In front of ${domain.domain}. Empty: links lead over the name of the instance.`}
          error={form.errorOf('tracking_subdomain')}
          {...form.register('tracking_subdomain')}
        />
        <SelectField
          label="Encryption of received mail (MTA-STS)"
          error={form.errorOf('mta_sts_mode')}
          {...form.register('mta_sts_mode')}
        >
          <option value="none">Not asked for</option>
          <option value="testing">Asked for, reported only</option>
          <option value="enforce">Demanded</option>
        </SelectField>
        <CheckField
          label="Sign with an Ed25519 key too"
          hint="Beside the RSA one (RFC 8463)."
          {...form.register('dkim_ed25519')}
        />
        <Button look="primary" type="submit" is_busy={form.formState.isSubmitting} className="self-start">
          Save
        </Button>
      </form>
    </Card>
  )
}
