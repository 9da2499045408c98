import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { DeliveryReply, MailTransport } from './port.ts'
import { openSmtpConnection } from './smtp-client.ts'

export type RelaySettings = {
  host: string
  port: number
  secure: 'opportunistic' | 'required' | 'tls'
  auth: { user: string; pass: string } | null
}

/**
 * Reads SMTP_RELAY_URL. `smtps:` is encrypted from the first byte (port 465); with `smtp:` STARTTLS is used where it is
 * offered, and is needed on the submission port 587 and wherever there is a password (RFC 8314 §3.3).
 */
export const readRelayUrl = (url: string): RelaySettings => {
  const parsed = new URL(url)
  const tls = parsed.protocol === 'smtps:'
  const port = parsed.port ? Number(parsed.port) : tls ? 465 : 587
  const auth = parsed.username
    ? { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) }
    : null
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port,
    secure: tls ? 'tls' : auth || port === 587 ? 'required' : 'opportunistic',
    auth,
  }
}

/** One SMTP relay, reached through the egress policy. Its name holds no credentials. */
export const createRelay = (
  config: Pick<Config, 'mail_connections' | 'mail_host_name'>,
  settings: RelaySettings,
  egress: EgressPolicy,
  options: { tls?: { ca?: string }; name?: string } = {},
): MailTransport => {
  const { host, port, secure, auth } = settings
  return {
    name: options.name ?? `SMTP relay ${host}:${port}`,
    connections: config.mail_connections,
    open: async () => {
      const address = await egress.resolve(host, port).catch((error: Error & { code?: string }) => {
        const reply: DeliveryReply = { phase: 'connect', error_name: error.code ?? error.name, text: error.message }
        throw Object.assign(error, { reply })
      })
      // The address was checked, so it is the one to connect to; the certificate must still be the name's.
      return openSmtpConnection({
        host: address,
        port,
        name: config.mail_host_name,
        secure,
        auth,
        tls: { ...options.tls, servername: host },
      })
    },
  }
}
