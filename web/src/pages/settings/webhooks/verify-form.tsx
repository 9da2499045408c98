import { getWebhookEndpoint, resendWebhookVerification, verifyWebhookEndpoint } from '@bavlio/sdk/operations'
import type { WebhookEndpoint } from '@bavlio/sdk/types'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { showDone } from '../../../ui/toast.tsx'

/** Whoever reads the code that was sent to the address may have events sent there. */
export const VerifyForm = ({ endpoint }: { endpoint: WebhookEndpoint }) => {
  const { id: endpoint_id } = endpoint
  const resend = useWrite(resendWebhookVerification, {
    refreshes: [getWebhookEndpoint],
    onDone: () => showDone('A new code is on its way to the address.'),
  })
  const form = useOperationForm<{ verification_code: string }>({
    values: { verification_code: '' },
    submit: async (values) => {
      const body = { verification_code: values.verification_code.trim() }
      queryClient.setQueryData(
        keyOf(getWebhookEndpoint, { endpoint_id }),
        await verifyWebhookEndpoint(call, { endpoint_id, body }),
      )
      showDone('The endpoint is verified.')
    },
  })
  return (
    <Notice tone="warn" className="m-4 mb-0" title="A code was sent to the address">
      <p>Enter what your server received. Nothing else is sent there before.</p>
      <form onSubmit={form.onSubmit} noValidate className="mt-3 flex max-w-md flex-col gap-2">
        <div className="flex items-end gap-2">
          <TextField
            label="Code"
            className="flex-1"
            autoComplete="off"
            error={form.errorOf('verification_code')}
            {...form.register('verification_code', { required: 'The code is needed.' })}
          />
          <Button type="submit" look="primary" className="h-9" is_busy={form.formState.isSubmitting}>
            Verify
          </Button>
          <Button
            look="quiet"
            className="h-9"
            is_busy={resend.isPending}
            onClick={() => resend.mutate({ endpoint_id })}
          >
            Send again
          </Button>
        </div>
        <FormFailure failure={form.failure} />
      </form>
    </Notice>
  )
}
