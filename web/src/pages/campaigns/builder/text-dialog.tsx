import { createTemplate, getDataset, getTemplate, listTemplates, updateTemplate } from '@bavlio/sdk/operations'
import type { Template } from '@bavlio/sdk/types'
import { useRef } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextArea, TextField } from '../../../ui/field.tsx'
import { showDone } from '../../../ui/toast.tsx'

import { LiveMessage } from '../../senders/templates/live-text.tsx'
import { variablesOf } from '../../senders/templates/variables.ts'

type Values = { name: string; subject: string; body: string }

/** The words of a variant: a template of its own, or one that others may use too. */
export const TextDialog = ({
  template,
  suggested_name,
  dataset_id,
  step,
  onClose,
  onSaved,
}: {
  template: Template | null
  suggested_name: string
  dataset_id: string | null
  /** Counted from 1. */
  step: number
  onClose: () => void
  onSaved: (template: Template) => void
}) => {
  const dataset = useRead(getDataset, { dataset_id: dataset_id ?? '' }, { enabled: dataset_id !== null })
  const names = [...(dataset.data ? variablesOf(dataset.data) : []), 'unsubscribe_url']
  const body = useRef<HTMLTextAreaElement | null>(null)
  const form = useOperationForm<Values>({
    values: {
      name: template?.name ?? suggested_name.slice(0, 255),
      subject: template?.content.subject ?? '',
      body: template?.content.body ?? '',
    },
    place: (field) =>
      field === 'name'
        ? 'name'
        : field.startsWith('content.subject')
          ? 'subject'
          : field.startsWith('content')
            ? 'body'
            : null,
    submit: async (values) => {
      const content = { subject: values.subject, body: values.body, body_text: template?.content.body_text ?? null }
      const saved = template
        ? await updateTemplate(call, { template_id: template.template_id, body: { name: values.name, content } })
        : await createTemplate(call, { body: { name: values.name, content } })
      await Promise.all(
        [keyOf(listTemplates), keyOf(getTemplate)].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      )
      showDone(template ? 'Text saved' : 'Text added')
      onSaved(saved)
    },
  })
  const { ref: bodyRef, ...bodyField } = form.register('body', { required: 'Write something.' })
  const insert = (name: string): void => {
    const field = body.current
    if (!field) return
    field.setRangeText(`{{ ${name} }}`, field.selectionStart, field.selectionEnd, 'end')
    form.setValue('body', field.value, { shouldDirty: true })
    field.focus()
  }
  return (
    <Dialog
      is_open
      onClose={onClose}
      title={template ? 'Edit the text' : 'New text'}
      description={
        template
          ? 'Every step that uses this template gets the new words from now on; what was sent stays as it was.'
          : 'Kept as a template, so other campaigns can use it too.'
      }
      className="w-[min(74rem,calc(100vw-2rem))]"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" is_busy={form.formState.isSubmitting} onClick={() => void form.onSubmit()}>
            {template ? 'Save the text' : 'Add the text'}
          </Button>
        </>
      }
    >
      <div className="grid gap-6 lg:grid-cols-2">
        <form className="flex min-w-0 flex-col gap-4" onSubmit={(event) => void form.onSubmit(event)}>
          <FormFailure failure={form.failure} />
          <TextField
            label="Name of the template"
            error={form.errorOf('name')}
            {...form.register('name', { required: 'Give it a name.' })}
          />
          <TextField
            label="Subject"
            hint={step === 1 ? undefined : 'Empty continues the thread of the step before.'}
            error={form.errorOf('subject')}
            {...form.register('subject')}
          />
          <TextArea
            label="Text"
            rows={12}
            error={form.errorOf('body')}
            {...bodyField}
            ref={(element) => {
              bodyRef(element)
              body.current = element
            }}
            className="[&_textarea]:font-mono [&_textarea]:text-sm"
          />
          <fieldset>
            <legend className="pb-1.5 text-xs text-ink-faint">
              Insert, with a fallback for leads without it: {'{{ first_name | default: "there" }}'}
            </legend>
            <div className="flex flex-wrap gap-1.5">
              {names.map((name) => (
                <button
                  key={name}
                  type="button"
                  onClick={() => insert(name)}
                  className="rounded-md border border-line bg-sunken px-1.5 py-0.5 font-mono text-2xs text-ink-soft hover:border-line-strong hover:text-ink"
                >
                  {name}
                </button>
              ))}
            </div>
          </fieldset>
        </form>
        <LiveMessage
          content={{
            subject: form.watch('subject'),
            body: form.watch('body'),
            body_text: template?.content.body_text ?? null,
          }}
          dataset_id={dataset_id}
          step={step}
          className="border-line max-lg:border-t max-lg:pt-4 lg:border-l lg:pl-6"
        />
      </div>
    </Dialog>
  )
}
