import { bindings as authBindings, ticks as authTicks } from './features/auth/workers.ts'
import { bindings as campaignBindings, ticks as campaignTicks } from './features/campaigns/workers.ts'
import { bindings as emailBindings, ticks as emailTicks } from './features/emails/workers.ts'
import { bindings as inboundBindings, ticks as inboundTicks } from './features/inbound/workers.ts'
import { bindings as clockBindings, ticks as clockTicks } from './features/sandbox-clock/workers.ts'
import { bindings as domainBindings, ticks as domainTicks } from './features/sending-domains/workers.ts'
import { bindings as systemBindings, ticks as systemTicks } from './features/system/workers.ts'
import { bindings as uploadBindings, ticks as uploadTicks } from './features/uploads/workers.ts'
import { bindings as workspaceBindings, ticks as workspaceTicks } from './features/workspaces/workers.ts'
import type { JobBinding, Tick } from './queue/define-job.ts'

/** The one list of job handlers and of what the worker repeats. */
export const bindings: JobBinding[] = [
  ...authBindings,
  ...campaignBindings,
  ...clockBindings,
  ...emailBindings,
  ...inboundBindings,
  ...domainBindings,
  ...systemBindings,
  ...uploadBindings,
  ...workspaceBindings,
]

export const ticks: Tick[] = [
  ...authTicks,
  ...campaignTicks,
  ...clockTicks,
  ...emailTicks,
  ...inboundTicks,
  ...domainTicks,
  ...systemTicks,
  ...uploadTicks,
  ...workspaceTicks,
]
