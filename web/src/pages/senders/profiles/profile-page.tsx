import {
  createSenderProfile,
  deleteSenderProfile,
  getSenderProfile,
  listSenderProfiles,
  updateSenderProfile,
} from '@bavlio/sdk/operations'
import type { SenderProfile } from '@bavlio/sdk/types'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { CheckField, inputStyle, TextField } from '../../../ui/field.tsx'
import { Page } from '../../../ui/page.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { dataOf, type Fact, factsOf, USUAL_FACTS } from './profile-facts.ts'
import { ProfilePrompts } from './profile-prompts.tsx'

export const NewProfilePage = () => <Editor profile={null} />

export const ProfilePage = () => {
  const { profile_id } = useParams({ strict: false }) as { profile_id: string }
  const read = useRead(getSenderProfile, { profile_id })
  return (
    <Loaded
      read={read}
      loading={
        <Page title="Sender profile">
          <LoadingRows />
        </Page>
      }
    >
      {(profile) => <Editor key={profile.id} profile={profile} />}
    </Loaded>
  )
}

const Editor = ({ profile }: { profile: SenderProfile | null }) => {
  const navigate = useNavigate()
  const refreshes = [listSenderProfiles, getSenderProfile]
  const make = useWrite(createSenderProfile, { refreshes, shows_error: true })
  const update = useWrite(updateSenderProfile, { refreshes, shows_error: true })
  const remove = useWrite(deleteSenderProfile, {
    refreshes: [listSenderProfiles],
    onDone: () => {
      showDone(`${profile?.profile_name} is deleted`)
      void navigate({ to: '/senders/profiles' })
    },
  })
  const [is_deleting, setDeleting] = useState(false)
  const [facts, setFacts] = useState<Fact[]>(() =>
    profile ? factsOf(profile) : USUAL_FACTS.map((name) => ({ name, value: '' })),
  )
  const form = useOperationForm({
    values: {
      profile_name: profile?.profile_name ?? '',
      description: profile?.description ?? '',
      is_default: profile?.is_default ?? false,
    },
    submit: async ({ profile_name, description, is_default }) => {
      const body = {
        profile_name,
        description: description || null,
        is_default,
        sender_data: dataOf(facts, profile?.sender_data.data ?? {}),
      }
      if (profile) {
        await update.mutateAsync({ profile_id: profile.id, body })
        showDone('The profile is saved')
      } else {
        const made = await make.mutateAsync({ body })
        void navigate({ to: '/senders/profiles/$profile_id', params: { profile_id: made.id } })
      }
    },
  })
  const set = (index: number, next: Partial<Fact>): void =>
    setFacts(facts.map((fact, i) => (i === index ? { ...fact, ...next } : fact)))
  return (
    <Page
      title={profile?.profile_name ?? 'New profile'}
      note="What personalised messages may say about who is writing."
      actions={
        <>
          {profile ? (
            <Button look="danger" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          ) : null}
          <Button look="primary" type="submit" form="profile" is_busy={form.formState.isSubmitting}>
            Save
          </Button>
        </>
      }
    >
      <form id="profile" onSubmit={form.onSubmit} className="flex flex-col gap-5">
        <FormFailure failure={form.failure} />
        <Card className="grid gap-4 p-4 sm:grid-cols-2">
          <TextField
            label="Name of the profile"
            autoComplete="off"
            error={form.errorOf('profile_name')}
            {...form.register('profile_name')}
          />
          <TextField
            label="When to use it"
            autoComplete="off"
            error={form.errorOf('description')}
            {...form.register('description')}
          />
          <CheckField
            label="The default"
            hint="Taken where a campaign names no other."
            {...form.register('is_default')}
          />
        </Card>
        <Card>
          <CardHeader title="Facts" note="Any names. What is empty is left out." />
          <ul className="flex flex-col gap-2 p-4">
            {facts.map((fact, index) => (
              <li
                // biome-ignore lint/suspicious/noArrayIndexKey: the name of a fact is written while it stands here.
                key={index}
                className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[12rem_minmax(0,1fr)_auto]"
              >
                <input
                  aria-label={`Name of fact ${index + 1}`}
                  value={fact.name}
                  onChange={(event) => set(index, { name: event.target.value })}
                  className={`${inputStyle} h-9 max-sm:col-span-2`}
                />
                <textarea
                  aria-label={fact.name ? fact.name.replaceAll('_', ' ') : `Fact ${index + 1}`}
                  rows={fact.value.length > 90 ? 3 : 1}
                  value={fact.value}
                  onChange={(event) => set(index, { value: event.target.value })}
                  className={`${inputStyle} min-h-9 py-1.5 field-sizing-content`}
                />
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={`Remove fact ${index + 1}`}
                  icon={<X aria-hidden />}
                  onClick={() => setFacts(facts.filter((_, i) => i !== index))}
                />
              </li>
            ))}
          </ul>
          <div className="border-t border-line p-3">
            <Button
              look="quiet"
              icon={<Plus aria-hidden />}
              onClick={() => setFacts([...facts, { name: '', value: '' }])}
            >
              Add a fact
            </Button>
          </div>
        </Card>
      </form>
      {profile ? <ProfilePrompts profile_id={profile.id} /> : null}
      <Confirm
        is_open={is_deleting}
        onClose={() => setDeleting(false)}
        title={`Delete ${profile?.profile_name ?? ''}`}
        description="With its prompts. Messages that were written stay."
        action="Delete"
        is_busy={remove.isPending}
        onConfirm={() => profile && remove.mutate({ profile_id: profile.id })}
      />
    </Page>
  )
}
