import { createWorkspace, getWorkspaceSettings, listWorkspaces, updateWorkspaceSettings } from '@bavlio/sdk/operations'
import type { WorkspaceSettings } from '@bavlio/sdk/types'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { call } from '../../../api/call.ts'
import { keyOf, queryClient, useRead } from '../../../api/query.ts'
import { chooseWorkspace } from '../../../api/session.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { useOperationForm } from '../../../forms/use-operation-form.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SelectField, TextArea, TextField } from '../../../ui/field.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { showDone } from '../../../ui/toast.tsx'

export const WorkspacePage = () => {
  const workspace = useWorkspace()
  const read = useRead(
    getWorkspaceSettings,
    { workspace_id: workspace?.workspace_id ?? '' },
    { enabled: workspace !== undefined },
  )
  const [is_adding, setAdding] = useState(false)
  return (
    <>
      <Card>
        <CardHeader
          title="Workspace"
          note={
            workspace?.mode === 'sandbox'
              ? 'A sandbox has a mail world and a clock of its own. Nothing leaves this machine.'
              : 'What a live workspace sends reaches real people.'
          }
          actions={
            workspace ? (
              <Badge tone={workspace.mode === 'sandbox' ? 'warn' : 'good'}>
                {workspace.mode === 'sandbox' ? 'Sandbox' : 'Live'}
              </Badge>
            ) : null
          }
        />
        <Loaded read={read} loading={<LoadingRows rows={5} />}>
          {(settings) => (
            <SettingsForm key={settings.workspace_id} settings={settings} may_change={canAdminister(workspace)} />
          )}
        </Loaded>
      </Card>
      <Card>
        <CardHeader
          title="Another workspace"
          note="Its leads, senders, campaigns and mail are apart from these."
          actions={
            <Button icon={<Plus aria-hidden />} onClick={() => setAdding(true)}>
              Make a workspace
            </Button>
          }
        />
      </Card>
      <NewWorkspace is_open={is_adding} onClose={() => setAdding(false)} />
    </>
  )
}

const ZONES = Intl.supportedValuesOf('timeZone')

const SettingsForm = ({ settings, may_change }: { settings: WorkspaceSettings; may_change: boolean }) => {
  const { workspace_id } = settings
  const form = useOperationForm<{ name: string; timezone: string; postal_address: string }>({
    values: {
      name: settings.name,
      timezone: settings.timezone,
      postal_address: settings.postal_address ?? '',
    },
    submit: async (values) => {
      const saved = await updateWorkspaceSettings(call, {
        workspace_id,
        body: { ...values, postal_address: values.postal_address.trim() || null },
      })
      queryClient.setQueryData(keyOf(getWorkspaceSettings, { workspace_id }), saved)
      await queryClient.invalidateQueries({ queryKey: keyOf(listWorkspaces) })
      form.reset(values)
      showDone('Saved.')
    },
  })
  return (
    <form onSubmit={form.onSubmit} noValidate className="flex max-w-xl flex-col gap-4 p-4">
      <fieldset disabled={!may_change} className="contents">
        <TextField
          label="Name"
          maxLength={100}
          error={form.errorOf('name')}
          {...form.register('name', { required: 'A name is needed.' })}
        />
        <SelectField
          label="Time zone"
          hint="Daily limits of senders and the days of the home page follow it. Each campaign has a zone of its own."
          error={form.errorOf('timezone')}
          {...form.register('timezone')}
        >
          {ZONES.includes(settings.timezone) ? null : <option value={settings.timezone}>{settings.timezone}</option>}
          {ZONES.map((zone) => (
            <option key={zone} value={zone}>
              {zone.replaceAll('_', ' ')}
            </option>
          ))}
        </SelectField>
        <TextArea
          label="Postal address"
          rows={2}
          maxLength={500}
          hint="Stands in the footer of every message, where the law asks for it."
          error={form.errorOf('postal_address')}
          {...form.register('postal_address')}
        />
      </fieldset>
      <FormFailure failure={form.failure} />
      {may_change ? (
        <Button
          type="submit"
          look="primary"
          className="self-start"
          is_busy={form.formState.isSubmitting}
          disabled={!form.formState.isDirty}
        >
          Save
        </Button>
      ) : (
        <p className="text-sm text-ink-faint">Owners and admins may change this.</p>
      )}
    </form>
  )
}

const NewWorkspace = ({ is_open, onClose }: { is_open: boolean; onClose: () => void }) => {
  const form = useOperationForm<{ name: string; mode: 'sandbox' | 'live' }>({
    values: { name: '', mode: 'sandbox' },
    submit: async (values) => {
      const made = await createWorkspace(call, {
        body: { ...values, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone },
      })
      await queryClient.invalidateQueries({ queryKey: keyOf(listWorkspaces) })
      onClose()
      form.reset()
      chooseWorkspace(made.workspace_id)
      showDone(`You are in ${made.name} now.`)
    },
  })
  return (
    <Dialog
      is_open={is_open}
      onClose={onClose}
      title="Make a workspace"
      description="Whether it is a sandbox or live cannot be changed afterwards."
    >
      <form onSubmit={form.onSubmit} noValidate className="flex flex-col gap-4">
        <TextField
          label="Name"
          autoFocus
          maxLength={100}
          error={form.errorOf('name')}
          {...form.register('name', { required: 'A name is needed.' })}
        />
        <SelectField label="Kind" {...form.register('mode')}>
          <option value="sandbox">Sandbox, to try everything</option>
          <option value="live">Live, with real mail</option>
        </SelectField>
        <FormFailure failure={form.failure} />
        <Button type="submit" look="primary" className="self-end" is_busy={form.formState.isSubmitting}>
          Make it
        </Button>
      </form>
    </Dialog>
  )
}
