import { createTransport } from 'nodemailer'
import type { Config } from '../../config.ts'
import type { SystemMail } from './port.ts'

/** Sends the product's own letters through SYSTEM_SMTP_URL; null while it is not set. Throws what the server answered. */
export const createSystemMail = (config: Config['system_mail']): SystemMail | null => {
  if (!config) return null
  const transport = createTransport(config.url, { from: config.from })
  return {
    send: async ({ to, subject, text }) => {
      // The address as an object: a name or an address with commas cannot become a second recipient.
      await transport.sendMail({
        to: { name: '', address: to },
        subject,
        text,
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
      })
    },
  }
}
