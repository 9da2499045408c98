import { isIP } from 'node:net'
import { createTransport } from 'nodemailer'
import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { SystemMail } from './port.ts'

/**
 * Sends the product's own letters through SYSTEM_SMTP_URL; null while it is not set. Throws what the server answered, and
 * EgressRefused for a server on a private address that EGRESS_ALLOW does not list.
 */
export const createSystemMail = (config: Config['system_mail'], egress: EgressPolicy): SystemMail | null => {
  if (!config) return null
  const given = new URL(config.url)
  const host = given.hostname.replace(/^\[|\]$/g, '')
  const port = Number(given.port || (given.protocol === 'smtps:' ? 465 : 587))
  return {
    send: async ({ to, subject, text }) => {
      // Looked up for each letter: the address that was checked is the one connected to, and it may change between two. The
      // certificate must still be the name's.
      const address = await egress.resolve(host, port)
      const url = new URL(given)
      url.hostname = isIP(address) === 6 ? `[${address}]` : address
      if (!isIP(host)) url.searchParams.set('tls.servername', host)
      const transport = createTransport(url.href, { from: config.from })
      try {
        // The address as an object: a name or an address with commas cannot become a second recipient.
        await transport.sendMail({
          to: { name: '', address: to },
          subject,
          text,
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
        })
      } finally {
        transport.close()
      }
    },
  }
}
