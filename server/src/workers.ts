import { bindings as authBindings, ticks as authTicks } from './features/auth/workers.ts'
import { bindings as campaignBindings, ticks as campaignTicks } from './features/campaigns/workers.ts'
import { bindings as chatBindings, ticks as chatTicks } from './features/chats/workers.ts'
import { bindings as conversationBindings, ticks as conversationTicks } from './features/conversations/workers.ts'
import { bindings as datasetBindings, ticks as datasetTicks } from './features/datasets/workers.ts'
import { bindings as emailBindings, ticks as emailTicks } from './features/emails/workers.ts'
import { bindings as googleBindings, ticks as googleTicks } from './features/google/workers.ts'
import { bindings as inboundBindings, ticks as inboundTicks } from './features/inbound/workers.ts'
import { bindings as mailMessageBindings, ticks as mailMessageTicks } from './features/mail-messages/workers.ts'
import { bindings as mailboxBindings, ticks as mailboxTicks } from './features/mailboxes/workers.ts'
import { bindings as modelBindings, ticks as modelTicks } from './features/models/workers.ts'
import { bindings as peopleBindings, ticks as peopleTicks } from './features/people/workers.ts'
import {
  bindings as personalizationBindings,
  ticks as personalizationTicks,
} from './features/personalization/workers.ts'
import { bindings as playgroundBindings, ticks as playgroundTicks } from './features/playground/workers.ts'
import { bindings as clockBindings, ticks as clockTicks } from './features/sandbox-clock/workers.ts'
import { bindings as domainBindings, ticks as domainTicks } from './features/sending-domains/workers.ts'
import { bindings as healthBindings, ticks as healthTicks } from './features/sending-health/workers.ts'
import { bindings as sessionBindings, ticks as sessionTicks } from './features/sessions/workers.ts'
import { bindings as systemBindings, ticks as systemTicks } from './features/system/workers.ts'
import { bindings as uploadBindings, ticks as uploadTicks } from './features/uploads/workers.ts'
import { bindings as webhookBindings, ticks as webhookTicks } from './features/webhooks/workers.ts'
import { bindings as workspaceBindings, ticks as workspaceTicks } from './features/workspaces/workers.ts'
import type { JobBinding, Tick } from './queue/define-job.ts'

/** The one list of job handlers and of what the worker repeats. */
export const bindings: JobBinding[] = [
  ...authBindings,
  ...campaignBindings,
  ...chatBindings,
  ...clockBindings,
  ...conversationBindings,
  ...datasetBindings,
  ...emailBindings,
  ...googleBindings,
  ...mailMessageBindings,
  ...inboundBindings,
  ...mailboxBindings,
  ...modelBindings,
  ...peopleBindings,
  ...playgroundBindings,
  ...personalizationBindings,
  ...domainBindings,
  ...healthBindings,
  ...sessionBindings,
  ...systemBindings,
  ...uploadBindings,
  ...webhookBindings,
  ...workspaceBindings,
]

export const ticks: Tick[] = [
  ...authTicks,
  ...campaignTicks,
  ...chatTicks,
  ...clockTicks,
  ...conversationTicks,
  ...datasetTicks,
  ...emailTicks,
  ...googleTicks,
  ...mailMessageTicks,
  ...inboundTicks,
  ...mailboxTicks,
  ...modelTicks,
  ...peopleTicks,
  ...playgroundTicks,
  ...personalizationTicks,
  ...domainTicks,
  ...healthTicks,
  ...sessionTicks,
  ...systemTicks,
  ...uploadTicks,
  ...webhookTicks,
  ...workspaceTicks,
]
