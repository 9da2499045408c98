import { deleteAlias, listAliases } from '@bavlio/sdk/operations'
import type { BavimailAlias, BavimailDomain } from '@bavlio/sdk/types'
import { AtSign, Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { describeError, useRead, useWrite } from '../../../api/query.ts'
import { FormFailure } from '../../../forms/form-failure.tsx'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { SelectField } from '../../../ui/field.tsx'
import { ActionMenu } from '../../../ui/menu.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { formatDate } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { AliasDialog } from './alias-dialog.tsx'
import { RampPicture } from './ramp-picture.tsx'

/** The addresses of a domain, and how many messages each may send a day. */
export const AliasCard = ({ domain }: { domain: BavimailDomain }) => {
  const read = useRead(listAliases, { domain_id: domain.id })
  const [open, setOpen] = useState<{ alias: BavimailAlias | null; purpose: 'edit' | 'delete' } | null>(null)
  const add = (
    <Button icon={<Plus aria-hidden />} onClick={() => setOpen({ alias: null, purpose: 'edit' })}>
      Add an alias
    </Button>
  )
  return (
    <Card>
      <CardHeader title="Aliases" note="Addresses that campaigns send from." actions={add} />
      <Loaded read={read}>
        {(aliases) =>
          aliases.length ? (
            <Table>
              <thead>
                <tr>
                  <Th>Address</Th>
                  <Th className="max-sm:hidden">Name</Th>
                  <Th className="text-right">Most a day</Th>
                  <Th className="max-sm:hidden">Ramp-up</Th>
                  <Th>
                    <span className="sr-only">Actions</span>
                  </Th>
                </tr>
              </thead>
              <tbody>
                {aliases.map((alias) => (
                  <Tr key={alias.id}>
                    <Td className="max-w-72">
                      <span className="block truncate font-medium">{alias.full_email}</span>
                    </Td>
                    <Td className="text-ink-soft max-sm:hidden">{alias.display_name ?? '–'}</Td>
                    <Td className="text-right tabular-nums">{(alias.daily_limit ?? 50).toLocaleString()}</Td>
                    <Td className="max-sm:hidden">
                      <Ramp alias={alias} />
                    </Td>
                    <Td className="w-12 py-1 text-right">
                      <ActionMenu
                        label={`Actions for ${alias.full_email}`}
                        actions={[
                          {
                            label: 'Change',
                            icon: <Pencil aria-hidden />,
                            onSelect: () => setOpen({ alias, purpose: 'edit' }),
                          },
                          {
                            label: 'Remove',
                            icon: <Trash2 aria-hidden />,
                            is_dangerous: true,
                            onSelect: () => setOpen({ alias, purpose: 'delete' }),
                          },
                        ]}
                      />
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          ) : (
            <Empty icon={<AtSign aria-hidden />} title="No alias yet" action={add}>
              A campaign needs at least one address to send from.
            </Empty>
          )
        }
      </Loaded>
      {open?.purpose === 'edit' ? (
        <AliasDialog domain={domain} alias={open.alias} onClose={() => setOpen(null)} />
      ) : null}
      {open?.purpose === 'delete' && open.alias ? (
        <RemoveAlias alias={open.alias} onClose={() => setOpen(null)} />
      ) : null}
    </Card>
  )
}

const Ramp = ({ alias }: { alias: BavimailAlias }) =>
  alias.ramp_start && alias.ramp_step ? (
    <div className="flex items-center gap-3">
      <RampPicture
        start={alias.ramp_start}
        step={alias.ramp_step}
        limit={alias.daily_limit ?? 50}
        className="h-6 w-20"
      />
      <span className="text-xs text-ink-faint">
        {alias.ramp_started_on ? `since ${formatDate(alias.ramp_started_on)}` : 'begins with the first message'}
      </span>
    </div>
  ) : (
    <span className="text-ink-faint">None</span>
  )

const RemoveAlias = ({ alias, onClose }: { alias: BavimailAlias; onClose: () => void }) => {
  const [reassign_to, setReassign] = useState('')
  const others = (useRead(listAliases, {}).data ?? []).filter((each) => each.id !== alias.id)
  const remove = useWrite(deleteAlias, {
    refreshes: [listAliases],
    shows_error: true,
    onDone: () => {
      showDone(`${alias.full_email} is removed`)
      onClose()
    },
  })
  return (
    <Confirm
      is_open
      onClose={onClose}
      title={`Remove ${alias.full_email}`}
      description="It stops sending and receiving. Its mail stays readable, and the address can be made anew."
      action="Remove the alias"
      is_busy={remove.isPending}
      onConfirm={() => remove.mutate({ alias_id: alias.id, ...(reassign_to ? { reassign_to } : {}) })}
    >
      <div className="flex flex-col gap-4">
        <FormFailure failure={remove.error ? describeError(remove.error) : null} />
        <SelectField
          label="Who takes over its campaigns"
          hint="Their follow-ups begin new threads."
          value={reassign_to}
          onChange={(event) => setReassign(event.target.value)}
        >
          <option value="">Nobody; refuse if campaigns use it</option>
          {others.map((each) => (
            <option key={each.id} value={each.id}>
              {each.full_email}
            </option>
          ))}
        </SelectField>
      </div>
    </Confirm>
  )
}
