import { hostname } from 'node:os'
import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import { openImapSession } from './imap-client.ts'
import type { MailboxPort } from './port.ts'
import { checkSubmission } from './submission-check.ts'

/** What this instance calls itself in EHLO. */
export const ownName = (config: Pick<Config, 'base_url'>): string => {
  const name = config.base_url ? new URL(config.base_url).hostname : hostname()
  return /^[\x21-\x7e]{1,255}$/.test(name) ? name : 'localhost'
}

/** Real mailboxes, reached through the egress policy. There is no embedded one: a sandbox cannot connect a mailbox. */
export const createMailboxPort = (config: Pick<Config, 'base_url'>, egress: EgressPolicy): MailboxPort => ({
  open: (account) => openImapSession(account, egress),
  checkSubmission: (account) => checkSubmission(account, { name: ownName(config), egress }),
})
