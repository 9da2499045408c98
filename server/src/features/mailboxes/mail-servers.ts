import type { Config } from '../../config.ts'
import type { Detail } from '../../http/errors.ts'
import type { ServerAddress } from '../../ports/mailbox/port.ts'

export type MailboxProvider = 'google' | 'microsoft' | 'other'

/** A user's mail hosts: these ports only (DOMAIN.md §11). */
const PORTS: Record<'smtp' | 'imap', readonly number[]> = { smtp: [25, 465, 587, 2525], imap: [143, 993] }

const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/

/**
 * What is wrong with a server that a user named; empty when nothing is. Host and port that the operator lists in
 * EGRESS_ALLOW may be any. Addresses are checked when they are connected to, not here.
 */
export const serverProblems = (kind: 'smtp' | 'imap', server: ServerAddress, allowed: readonly string[]): Detail[] => {
  if (!HOST_NAME.test(server.host))
    return [{ loc: ['body', kind, 'host'], msg: `${server.host.slice(0, 100)} is no host name.`, type: 'host' }]
  if (PORTS[kind].includes(server.port) || allowed.includes(`${server.host}:${server.port}`)) return []
  return [
    {
      loc: ['body', kind, 'port'],
      msg: `Port ${server.port} is none that mail servers use here: ${PORTS[kind].join(', ')}.`,
      type: 'port',
    },
  ]
}

/** The provider of an address by its domain, for the two that everybody has; any other domain may be hosted anywhere. */
export const providerOf = (email: string): MailboxProvider => {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase()
  if (domain === 'gmail.com' || domain === 'googlemail.com') return 'google'
  if (/^(?:outlook|hotmail|live|msn)\.[a-z.]{2,6}$/.test(domain)) return 'microsoft'
  return 'other'
}

/** Servers that need not be said; null for a provider whose servers are not known. */
export const knownServers = (
  config: Pick<Config, 'mailbox_servers'>,
  provider: MailboxProvider,
): Record<'smtp' | 'imap', ServerAddress> | null => (provider === 'other' ? null : config.mailbox_servers[provider])

/**
 * Whether the sent copy has to be filed by us. Gmail and Microsoft's submission servers file what goes through them
 * themselves; filing it again would show it twice.
 */
export const filesSentCopies = (provider: MailboxProvider, wish: 'auto' | 'always' | 'never'): boolean =>
  wish === 'always' || (wish === 'auto' && provider === 'other')
