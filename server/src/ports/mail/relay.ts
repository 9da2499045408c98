import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { CheckRelay, DeliveryReply, MailConnection, MailTransport, RelaySettings } from './port.ts'
import { openSmtpConnection, type SmtpOpenError } from './smtp-client.ts'

type RelayConfig = Pick<Config, 'mail_connections' | 'mail_host_name'>

/** Somebody waits for the answer of a check. */
const CHECK_MS = 15_000

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

const openRelay = async (
  config: Pick<Config, 'mail_host_name'>,
  { host, port, secure, auth }: RelaySettings,
  egress: EgressPolicy,
  options: { tls?: { ca?: string }; timeout_ms?: number },
): Promise<MailConnection> => {
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
    ...(options.timeout_ms ? { timeout_ms: options.timeout_ms } : {}),
    tls: { ...options.tls, servername: host },
  })
}

/** One SMTP relay, reached through the egress policy. Its name holds no credentials. */
export const createRelay = (
  config: RelayConfig,
  settings: RelaySettings,
  egress: EgressPolicy,
  options: { tls?: { ca?: string }; name?: string } = {},
): MailTransport => ({
  name: options.name ?? `SMTP relay ${settings.host}:${settings.port}`,
  connections: config.mail_connections,
  open: () => openRelay(config, settings, egress, options.tls ? { tls: options.tls } : {}),
})

/** Tries relays that somebody is about to enter. Rejects for nothing that the other side does. */
export const createRelayCheck =
  (config: RelayConfig, egress: EgressPolicy, options: { tls?: { ca?: string } } = {}): CheckRelay =>
  async (settings) => {
    try {
      const connection = await openRelay(config, settings, egress, { ...options, timeout_ms: CHECK_MS })
      connection.close()
      return null
    } catch (error) {
      const { reply } = error as SmtpOpenError
      if (!reply) throw error
      return reply
    }
  }
