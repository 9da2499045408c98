import type { Operation } from '../../http/define-operation.ts'
import { aliasOperations } from './alias-operations.ts'
import { analyticsOperations } from './analytics-operations.ts'
import { conversationOperations } from './conversation-operations.ts'
import { domainOperations } from './domain-operations.ts'
import { inboundOperations } from './inbound-operations.ts'
import { inboundTagOperations } from './inbound-tag-operations.ts'
import { inboxOperations } from './inbox-operations.ts'
import { integrationOperations } from './integration-operations.ts'
import { labelOperations } from './label-operations.ts'
import { outboundOperations } from './outbound-operations.ts'
import { reputationOperations } from './reputation-operations.ts'
import { suppressionOperations } from './suppression-operations.ts'
import { tagOperations } from './tag-operations.ts'
import { threadOperations } from './thread-operations.ts'
import { trackingDomainOperations } from './tracking-domain-operations.ts'

/** The reading and managing half of the mail service's own API. Its sending half and its webhooks stand in their features. */
export const operations: Operation[] = [
  ...domainOperations,
  ...aliasOperations,
  ...inboundOperations,
  ...inboundTagOperations,
  ...tagOperations,
  ...conversationOperations,
  ...suppressionOperations,
  ...analyticsOperations,
  ...integrationOperations,
  ...inboxOperations,
  ...outboundOperations,
  ...threadOperations,
  ...labelOperations,
  ...reputationOperations,
  ...trackingDomainOperations,
]
