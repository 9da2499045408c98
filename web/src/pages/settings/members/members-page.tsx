import {
  deleteInvitation,
  getCurrentUser,
  listInvitations,
  listMembers,
  removeMember,
  updateMember,
} from '@bavlio/sdk/operations'
import type { Member, Workspace } from '@bavlio/sdk/types'
import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { ROLES } from './roles.ts'

export const MembersPage = () => {
  const workspace = useWorkspace()
  return workspace ? <Members workspace={workspace} /> : <LoadingRows />
}

const Members = ({ workspace }: { workspace: Workspace }) => {
  const { workspace_id } = workspace
  const read = useRead(listMembers, { workspace_id })
  const me = useRead(getCurrentUser, {})
  const [is_inviting, setInviting] = useState(false)
  const [leaving, setLeaving] = useState<Member | null>(null)
  const may_change = canAdminister(workspace)
  const update = useWrite(updateMember, { refreshes: [listMembers] })
  const remove = useWrite(removeMember, {
    refreshes: [listMembers],
    onDone: () => {
      showDone('Removed.')
      setLeaving(null)
    },
  })
  return (
    <>
      <Card>
        <CardHeader
          title="Members"
          note="Who works in this workspace."
          actions={
            may_change ? (
              <Button look="primary" icon={<UserPlus aria-hidden />} onClick={() => setInviting(true)}>
                Invite
              </Button>
            ) : null
          }
        />
        <Loaded read={read} loading={<LoadingRows rows={3} />}>
          {({ items }) => (
            <Table>
              <thead>
                <tr>
                  <Th>Name</Th>
                  <Th>Role</Th>
                  <Th>Since</Th>
                  <Th>
                    <span className="sr-only">Actions</span>
                  </Th>
                </tr>
              </thead>
              <tbody>
                {items.map((member) => (
                  <Tr key={member.user_id}>
                    <Td>
                      <span className="block font-medium">
                        {member.name}
                        {member.user_id === me.data?.user_id ? <span className="text-ink-faint"> (you)</span> : null}
                      </span>
                      <span className="text-xs text-ink-faint">{member.email}</span>
                    </Td>
                    <Td>
                      {may_change ? (
                        <select
                          aria-label={`Role of ${member.name}`}
                          value={member.role}
                          onChange={(event) =>
                            update.mutate({
                              workspace_id,
                              user_id: member.user_id,
                              body: { role: event.target.value as Member['role'] },
                            })
                          }
                          className="rounded-md border border-line-strong bg-surface py-1 pr-7 pl-2 text-sm"
                        >
                          {ROLES.map(({ role, words }) => (
                            <option key={role} value={role} disabled={role === 'owner' && workspace.role !== 'owner'}>
                              {words}
                            </option>
                          ))}
                        </select>
                      ) : (
                        ROLES.find(({ role }) => role === member.role)?.words
                      )}
                    </Td>
                    <Td className="text-ink-soft">
                      <Time at={member.joined_at} clock="system" />
                    </Td>
                    <Td className="text-right">
                      {items.length > 1 && (may_change || member.user_id === me.data?.user_id) ? (
                        <Button
                          look="quiet"
                          size="sm"
                          aria-label={member.user_id === me.data?.user_id ? undefined : `Remove ${member.name}`}
                          onClick={() => setLeaving(member)}
                        >
                          {member.user_id === me.data?.user_id ? 'Leave' : 'Remove'}
                        </Button>
                      ) : null}
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          )}
        </Loaded>
      </Card>
      {may_change ? <Invitations workspace_id={workspace_id} /> : null}
      <InviteDialog workspace={workspace} is_open={is_inviting} onClose={() => setInviting(false)} />
      <Confirm
        is_open={leaving !== null}
        onClose={() => setLeaving(null)}
        title={`Remove ${leaving?.name ?? ''}?`}
        description="Their API keys of this workspace stop working."
        action="Remove"
        is_busy={remove.isPending}
        onConfirm={() => leaving && remove.mutate({ workspace_id, user_id: leaving.user_id })}
      />
    </>
  )
}

const Invitations = ({ workspace_id }: { workspace_id: string }) => {
  const read = useRead(listInvitations, { workspace_id })
  const withdraw = useWrite(deleteInvitation, {
    refreshes: [listInvitations],
    onDone: () => showDone('The invitation is taken back.'),
  })
  if (!read.data?.items.length) return null
  return (
    <Card>
      <CardHeader title="Open invitations" />
      <ul>
        {read.data.items.map((invitation) => (
          <li
            key={invitation.id}
            className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2.5 text-sm last:border-0"
          >
            <span className="min-w-0 flex-1 truncate font-medium text-ink">{invitation.email}</span>
            <span className="text-ink-soft">{ROLES.find(({ role }) => role === invitation.role)?.words}</span>
            <span className="text-ink-faint">
              good until <Time at={invitation.expires_at} clock="system" />
            </span>
            <Button
              look="quiet"
              size="sm"
              aria-label={`Take back the invitation of ${invitation.email}`}
              onClick={() => withdraw.mutate({ workspace_id, invitation_id: invitation.id })}
            >
              Take back
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  )
}
