import { listApiKeys, revokeApiKey } from '@bavlio/sdk/operations'
import type { ApiKeyListItem } from '@bavlio/sdk/types'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useRead, useWrite } from '../../../api/query.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { Button } from '../../../ui/button.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Empty, Loaded } from '../../../ui/states.tsx'
import { Table, Td, Th, Tr } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { showDone } from '../../../ui/toast.tsx'
import { CreateKeyDialog } from './create-key-dialog.tsx'

export const ApiKeysPage = () => {
  const read = useRead(listApiKeys, {})
  const workspace = useWorkspace()
  const [is_creating, setCreating] = useState(false)
  const [revoking, setRevoking] = useState<ApiKeyListItem | null>(null)
  const may_change = canAdminister(workspace)
  const create = may_change ? (
    <Button
      look="primary"
      icon={<Plus aria-hidden />}
      disabled={read.data !== undefined && read.data.count >= read.data.tier_limit}
      onClick={() => setCreating(true)}
    >
      Create a key
    </Button>
  ) : null
  return (
    <Card>
      <CardHeader
        title="API keys"
        note={
          read.data
            ? `${read.data.count.toLocaleString()} of ${read.data.tier_limit.toLocaleString()} that the plan allows. A key acts in this workspace only.`
            : 'A key acts in this workspace only.'
        }
        actions={create}
      />
      <Loaded read={read}>
        {({ keys }) =>
          keys.length ? (
            <Table>
              <thead>
                <tr>
                  <Th>Name</Th>
                  <Th>Key</Th>
                  <Th>May do</Th>
                  <Th>Last used</Th>
                  <Th>Ends</Th>
                  <Th>
                    <span className="sr-only">Actions</span>
                  </Th>
                </tr>
              </thead>
              <tbody>
                {keys.map((key) => (
                  <Tr key={key.id}>
                    <Td className="max-w-56">
                      <span className="block truncate font-medium">{key.name}</span>
                      <span className="text-xs text-ink-faint">
                        made <Time at={key.created_at} clock="system" />
                      </span>
                    </Td>
                    <Td className="font-mono text-xs whitespace-nowrap text-ink-soft">{key.key_prefix}…</Td>
                    <Td className="max-w-64 text-ink-soft">
                      {key.scopes ? <span title={key.scopes.join(', ')}>{inWords(key.scopes)}</span> : 'Everything'}
                    </Td>
                    <Td className="text-ink-soft">
                      {key.last_used_at ? <Time at={key.last_used_at} clock="system" /> : 'Never'}
                    </Td>
                    <Td className="text-ink-soft">
                      {key.expires_at ? <Time at={key.expires_at} clock="system" /> : 'Never'}
                    </Td>
                    <Td className="text-right">
                      {may_change ? (
                        <Button
                          look="quiet"
                          size="sm"
                          aria-label={`Revoke ${key.name}`}
                          onClick={() => setRevoking(key)}
                        >
                          Revoke
                        </Button>
                      ) : null}
                    </Td>
                  </Tr>
                ))}
              </tbody>
            </Table>
          ) : (
            <Empty icon={<KeyRound aria-hidden />} title="No keys yet" action={create}>
              With a key a program or an AI agent can do what you can do here, as far as the key’s scopes go.
            </Empty>
          )
        }
      </Loaded>
      <CreateKeyDialog is_open={is_creating} onClose={() => setCreating(false)} />
      <RevokeKey apiKey={revoking} onClose={() => setRevoking(null)} />
    </Card>
  )
}

const RevokeKey = ({ apiKey, onClose }: { apiKey: ApiKeyListItem | null; onClose: () => void }) => {
  const revoke = useWrite(revokeApiKey, {
    refreshes: [listApiKeys],
    onDone: () => {
      showDone('The key is revoked.')
      onClose()
    },
  })
  return (
    <Confirm
      is_open={apiKey !== null}
      onClose={onClose}
      title={`Revoke ${apiKey?.name ?? 'the key'}?`}
      description="Whatever uses it is refused within a second."
      action="Revoke"
      is_busy={revoke.isPending}
      onConfirm={() => apiKey && revoke.mutate({ key_id: apiKey.id })}
    />
  )
}

/** "campaigns, leads (read), mail": an area that may be written needs no second word. */
const inWords = (scopes: string[]): string => {
  const areas = new Map<string, boolean>()
  for (const scope of scopes) {
    const [area = '', action] = scope.split(':')
    areas.set(area, (areas.get(area) ?? false) || action === 'write')
  }
  return [...areas].map(([area, may_write]) => `${area.replace('_', ' ')}${may_write ? '' : ' (read)'}`).join(', ')
}
