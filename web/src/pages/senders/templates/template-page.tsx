import {
  createTemplate,
  getTemplate,
  listDatasetsWithPagination,
  listTemplates,
  updateTemplate,
} from '@bavlio/sdk/operations'
import type { Template } from '@bavlio/sdk/types'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { FilterSelect } from '../../../forms/filter-select.tsx'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { TextArea, TextField } from '../../../ui/field.tsx'
import { Page } from '../../../ui/page.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { LiveMessage } from './live-text.tsx'
import { EXAMPLE, variablesOf } from './variables.ts'

export const NewTemplatePage = () => <Editor template={null} />

export const TemplatePage = () => {
  const { template_id } = useParams({ strict: false }) as { template_id: string }
  const read = useRead(getTemplate, { template_id })
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Template">
          <LoadingRows />
        </Page>
      }
    >
      {(template) => <Editor key={template.template_id} template={template} />}
    </Loaded>
  )
}

type Part = 'subject' | 'body'

/** The text on the left, what a lead of one's choice would read on the right. */
const Editor = ({ template }: { template: Template | null }) => {
  const navigate = useNavigate()
  const make = useWrite(createTemplate, { refreshes: [listTemplates], shows_error: true })
  const update = useWrite(updateTemplate, { refreshes: [listTemplates, getTemplate], shows_error: true })
  const form = useOperationForm({
    values: {
      name: template?.name ?? '',
      subject: template?.content.subject ?? '',
      body: template?.content.body ?? '',
      body_text: template?.content.body_text ?? '',
    },
    place: (field) => {
      const name = field.replace(/^content\./, '')
      return name === 'name' || name === 'subject' || name === 'body' || name === 'body_text' ? name : null
    },
    submit: async ({ name, subject, body, body_text }) => {
      const content = { subject, body, body_text: body_text || null }
      if (template) {
        await update.mutateAsync({ template_id: template.template_id, body: { name, content } })
        showDone('The template is saved')
      } else {
        const made = await make.mutateAsync({ body: { name, content } })
        showDone(`${name} is made`)
        void navigate({ to: '/senders/templates/$template_id', params: { template_id: made.template_id } })
      }
    },
  })
  const [chosen, setChosen] = useState<string>()
  const datasets = useRead(listDatasetsWithPagination, { limit: 100 })
  const filled = (datasets.data?.items ?? []).filter(({ row_count }) => row_count > 0)
  const dataset = filled.find(({ dataset_id }) => dataset_id === chosen) ?? filled[0]
  const [last, setLast] = useState<Part>('body')
  const fields = useRef<Partial<Record<Part, HTMLInputElement | HTMLTextAreaElement | null>>>({})
  const [subject, body, body_text] = form.watch(['subject', 'body', 'body_text'])

  /** Puts a variable where the cursor was. */
  const insert = (name: string): void => {
    const element = fields.current[last]
    const text = form.getValues(last)
    const start = element?.selectionStart ?? text.length
    const end = element?.selectionEnd ?? start
    const written = `{{ ${name} }}`
    form.setValue(last, text.slice(0, start) + written + text.slice(end), { shouldDirty: true })
    element?.focus()
    requestAnimationFrame(() => element?.setSelectionRange(start + written.length, start + written.length))
  }
  const register = (part: Part) => {
    const { ref, ...rest } = form.register(part)
    return {
      ...rest,
      onFocus: () => setLast(part),
      ref: (element: HTMLInputElement | HTMLTextAreaElement | null): void => {
        ref(element)
        fields.current[part] = element
      },
    }
  }
  return (
    <Page
      title={template?.name ?? 'New template'}
      note="Steps not yet sent read the new text from then on; approvals of the old one are void."
      is_wide
      actions={
        <Button look="primary" type="submit" form="template" is_busy={form.formState.isSubmitting}>
          Save
        </Button>
      }
    >
      <div className="grid items-start gap-5 lg:grid-cols-2">
        <Card>
          <CardHeader title="Text" />
          <form id="template" onSubmit={form.onSubmit} className="flex flex-col gap-4 p-4">
            <FormFailure failure={form.failure} />
            <TextField label="Name" autoComplete="off" error={form.errorOf('name')} {...form.register('name')} />
            <TextField
              label="Subject"
              autoComplete="off"
              hint="Empty in a follow-up goes on in the thread."
              error={form.errorOf('subject')}
              {...register('subject')}
            />
            <TextArea
              label="Body"
              rows={16}
              hint="Text, or HTML as soon as it has a block tag. Liquid: {{ first_name | default: 'there' }}, {{ 'Hi|Hello' | spin }}."
              error={form.errorOf('body')}
              className="font-normal"
              {...register('body')}
            />
            <fieldset>
              <legend className="mb-2 text-sm font-medium text-ink">Variables</legend>
              <ul className="flex flex-wrap gap-1.5">
                {(dataset ? variablesOf(dataset) : Object.keys(EXAMPLE)).map((name) => (
                  <li key={name}>
                    <button
                      type="button"
                      onClick={() => insert(name)}
                      className="rounded border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs text-ink-soft hover:border-line-strong hover:text-ink"
                    >
                      {name}
                    </button>
                  </li>
                ))}
              </ul>
            </fieldset>
            <details>
              <summary className="cursor-pointer text-sm font-medium text-ink-soft">Text part of its own</summary>
              <TextArea
                label="Text part"
                rows={8}
                hint="Beside an HTML body. Empty: made from the body."
                error={form.errorOf('body_text')}
                className="mt-3"
                {...form.register('body_text')}
              />
            </details>
          </form>
        </Card>
        <Card className="lg:sticky lg:top-6">
          <CardHeader
            title="Preview"
            actions={
              dataset ? (
                <FilterSelect
                  label="Leads of"
                  value={dataset.dataset_id}
                  onChange={setChosen}
                  options={filled.map(({ dataset_id, dataset_name }) => [dataset_id, dataset_name])}
                />
              ) : null
            }
          />
          <LiveMessage
            key={dataset?.dataset_id}
            content={{ subject, body, body_text: body_text || null }}
            dataset_id={dataset?.dataset_id ?? null}
            step={1}
            example={EXAMPLE}
            className="p-4"
          />
        </Card>
      </div>
    </Page>
  )
}
