import { getWorkspaceSettings } from '@bavlio/sdk/operations'
import type { MailDelivery, WorkspaceSettings } from '@bavlio/sdk/types'
import { useRead } from '../../../api/query.ts'
import { canAdminister, useWorkspace } from '../../../api/use-workspace.ts'
import { Badge, type Tone } from '../../../ui/badge.tsx'
import { Card, CardHeader } from '../../../ui/card.tsx'
import { Loaded, LoadingRows } from '../../../ui/states.tsx'
import { DeliveryForm } from './delivery-form.tsx'
import { ProviderLimits } from './provider-limits.tsx'

const EFFECTIVE: Record<MailDelivery['effective'], { words: string; tone: Tone }> = {
  sandbox: { words: 'Sandbox', tone: 'warn' },
  none: { words: 'Not set up', tone: 'bad' },
  relay: { words: 'Through a relay', tone: 'good' },
  direct: { words: 'Direct', tone: 'good' },
}

/** How the workspace's mail leaves, and how much of it a day. */
export const MailPage = () => {
  const workspace = useWorkspace()
  const read = useRead(
    getWorkspaceSettings,
    { workspace_id: workspace?.workspace_id ?? '' },
    { enabled: workspace !== undefined },
  )
  const may_change = canAdminister(workspace)
  return (
    <Loaded
      read={read}
      loading={
        <Card>
          <LoadingRows rows={5} />
        </Card>
      }
    >
      {(settings) => (
        <>
          <Delivery settings={settings} may_change={may_change} />
          <ProviderLimits key={`limits ${settings.workspace_id}`} settings={settings} may_change={may_change} />
        </>
      )}
    </Loaded>
  )
}

const Delivery = ({ settings, may_change }: { settings: WorkspaceSettings; may_change: boolean }) => {
  const { effective } = settings.mail_delivery
  const state = EFFECTIVE[effective]
  return (
    <Card>
      <CardHeader
        title="How mail leaves"
        note="For every domain and alias of this workspace that no mailbox of its own sends for."
        actions={<Badge tone={state.tone}>{state.words}</Badge>}
      />
      {effective === 'sandbox' ? (
        <p className="p-4 text-sm text-ink-soft">
          A sandbox has a mail world of its own on this machine. A relay can be set in a live workspace.
        </p>
      ) : (
        <DeliveryForm key={settings.workspace_id} settings={settings} may_change={may_change} />
      )}
    </Card>
  )
}
