import {
  createNamedPrompt,
  deleteNamedPrompt,
  fetchTheDefaultPersonalizationPrompt,
  listNamedPrompts,
  resolveThePromptThePlaygroundShouldBootInto,
  updateNamedPrompt,
} from '@bavlio/sdk/operations'
import type { NamedPrompt } from '@bavlio/sdk/types'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextArea, TextField } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone, showError } from '../../../ui/toast.tsx'

/** Instructions to whoever writes; the one saved last is used where a campaign has none of its own. */
export const ProfilePrompts = ({ profile_id }: { profile_id: string }) => {
  const read = useRead(listNamedPrompts, { profile_id })
  const effective = useRead(resolveThePromptThePlaygroundShouldBootInto, { sender_profile_id: profile_id })
  const [open, setOpen] = useState<{ prompt: NamedPrompt | null; text: string } | null>(null)
  const refreshes = [listNamedPrompts, resolveThePromptThePlaygroundShouldBootInto]
  const restore = useWrite(createNamedPrompt, { refreshes })
  const remove = useWrite(deleteNamedPrompt, { refreshes })
  const add = async (): Promise<void> => {
    try {
      setOpen({ prompt: null, text: (await fetchTheDefaultPersonalizationPrompt(call, {})).prompt })
    } catch (error) {
      showError(error)
    }
  }
  return (
    <Card>
      <CardHeader
        title="Prompts"
        note="The one saved last is used, unless a campaign has its own."
        actions={
          <Button icon={<Plus aria-hidden />} onClick={() => void add()}>
            New prompt
          </Button>
        }
      />
      <Loaded read={read}>
        {(list) =>
          list.items.length ? (
            <ul>
              {list.items.map((prompt) => (
                <li key={prompt.name} className="flex items-start gap-4 border-b border-line px-4 py-3 last:border-0">
                  <div className="min-w-0 flex-1">
                    <p className="flex flex-wrap items-center gap-2 text-sm font-medium text-ink">
                      {prompt.name}
                      {effective.data?.prompt_name === prompt.name ? <Badge tone="accent">In use</Badge> : null}
                    </p>
                    <p className="line-clamp-2 text-sm text-ink-soft">{prompt.prompt}</p>
                    <p className="text-xs text-ink-faint">
                      Saved <Time at={prompt.updated_at} />
                    </p>
                  </div>
                  <ActionMenu
                    label={`Actions for ${prompt.name}`}
                    actions={[
                      { label: 'Change', onSelect: () => setOpen({ prompt, text: prompt.prompt }) },
                      {
                        label: 'Delete',
                        is_dangerous: true,
                        onSelect: () =>
                          remove.mutate(
                            { profile_id, name: prompt.name },
                            {
                              onSuccess: () =>
                                showDone(`${prompt.name} is deleted`, () =>
                                  restore.mutate({ profile_id, body: { name: prompt.name, prompt: prompt.prompt } }),
                                ),
                            },
                          ),
                      },
                    ]}
                  />
                </li>
              ))}
            </ul>
          ) : (
            <Empty title="The stock prompt is used">A prompt of your own says how messages should read.</Empty>
          )
        }
      </Loaded>
      {open ? (
        <PromptDialog profile_id={profile_id} prompt={open.prompt} text={open.text} onClose={() => setOpen(null)} />
      ) : null}
    </Card>
  )
}

const PromptDialog = ({
  profile_id,
  prompt,
  text,
  onClose,
}: {
  profile_id: string
  prompt: NamedPrompt | null
  text: string
  onClose: () => void
}) => {
  const refreshes = [listNamedPrompts, resolveThePromptThePlaygroundShouldBootInto]
  const make = useWrite(createNamedPrompt, { refreshes, shows_error: true })
  const update = useWrite(updateNamedPrompt, { refreshes, shows_error: true })
  const form = useOperationForm({
    values: { name: prompt?.name ?? '', prompt: text },
    submit: async (values) => {
      if (prompt)
        await update.mutateAsync({
          profile_id,
          name: prompt.name,
          body: { prompt: values.prompt, ...(values.name === prompt.name ? {} : { name: values.name }) },
        })
      else await make.mutateAsync({ profile_id, body: values })
      showDone(`${values.name} is saved and in use`)
      onClose()
    },
  })
  return (
    <Dialog
      is_open
      onClose={onClose}
      place="side"
      title={prompt ? prompt.name : 'New prompt'}
      description="What is saved last is what personalised messages follow."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="prompt" is_busy={form.formState.isSubmitting}>
            Save
          </Button>
        </>
      }
    >
      <form id="prompt" onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <FormFailure failure={form.failure} />
        <TextField label="Name" autoComplete="off" error={form.errorOf('name')} {...form.register('name')} />
        <TextArea
          label="Prompt"
          rows={20}
          hint="100 to 5,000 characters."
          error={form.errorOf('prompt')}
          {...form.register('prompt')}
        />
      </form>
    </Dialog>
  )
}
