import { operations as aliases } from './features/aliases/operations.ts'
import { operations as apiKeys } from './features/api-keys/operations.ts'
import { operations as attachments } from './features/attachments/operations.ts'
import { operations as auth } from './features/auth/operations.ts'
import { operations as campaignLeads } from './features/campaign-leads/operations.ts'
import { operations as campaignStats } from './features/campaign-stats/operations.ts'
import { operations as campaigns } from './features/campaigns/operations.ts'
import { operations as conversations } from './features/conversations/operations.ts'
import { operations as credits } from './features/credits/operations.ts'
import { operations as datasets } from './features/datasets/operations.ts'
import { operations as emails } from './features/emails/operations.ts'
import { operations as enrichment } from './features/enrichment/operations.ts'
import { operations as extractions } from './features/extractions/operations.ts'
import { operations as google } from './features/google/operations.ts'
import { operations as inbound } from './features/inbound/operations.ts'
import { operations as inbox } from './features/inbox/operations.ts'
import { operations as jobs } from './features/jobs/operations.ts'
import { operations as mailMessages } from './features/mail-messages/operations.ts'
import { operations as mailService } from './features/mail-service/operations.ts'
import { operations as mailboxes } from './features/mailboxes/operations.ts'
import { operations as models } from './features/models/operations.ts'
import { operations as notifications } from './features/notifications/operations.ts'
import { operations as overview } from './features/overview/operations.ts'
import { operations as people } from './features/people/operations.ts'
import { operations as personalization } from './features/personalization/operations.ts'
import { operations as playground } from './features/playground/operations.ts'
import { operations as sandboxClock } from './features/sandbox-clock/operations.ts'
import { operations as senderProfileChat } from './features/sender-profile-chat/operations.ts'
import { operations as senderProfiles } from './features/sender-profiles/operations.ts'
import { operations as sendingDomains } from './features/sending-domains/operations.ts'
import { operations as sendingHealth } from './features/sending-health/operations.ts'
import { operations as sessions } from './features/sessions/operations.ts'
import { operations as suppression } from './features/suppression/operations.ts'
import { operations as system } from './features/system/operations.ts'
import { operations as templates } from './features/templates/operations.ts'
import { operations as uploads } from './features/uploads/operations.ts'
import { operations as webhooks } from './features/webhooks/operations.ts'
import { operations as workspaces } from './features/workspaces/operations.ts'
import type { Operation } from './http/define-operation.ts'

/** The one list of operations. Routes, document, access table and the test over every operation are read from it. */
export const operations: Operation[] = [
  ...system,
  ...overview,
  ...auth,
  ...workspaces,
  ...models,
  ...sandboxClock,
  ...apiKeys,
  ...campaigns,
  ...campaignLeads,
  ...campaignStats,
  ...playground,
  ...templates,
  ...senderProfiles,
  ...senderProfileChat,
  ...suppression,
  ...datasets,
  ...uploads,
  ...extractions,
  ...google,
  ...sessions,
  ...enrichment,
  ...personalization,
  ...jobs,
  ...sendingDomains,
  ...sendingHealth,
  ...aliases,
  ...emails,
  ...mailMessages,
  ...attachments,
  ...inbound,
  ...conversations,
  ...inbox,
  ...mailService,
  ...mailboxes,
  ...webhooks,
  ...notifications,
  ...people,
  ...credits,
]
