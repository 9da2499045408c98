import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { MailTransport, RelaySettings } from './port.ts'
import { openRelay } from './relay-session.ts'

type RelayConfig = Pick<Config, 'mail_connections' | 'mail_host_name'>

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
  config: RelayConfig,
  settings: RelaySettings,
  egress: EgressPolicy,
  options: { tls?: { ca?: string }; name?: string } = {},
): MailTransport => ({
  name: options.name ?? `SMTP relay ${settings.host}:${settings.port}`,
  connections: config.mail_connections,
  open: () => openRelay(config, settings, egress, options.tls ? { tls: options.tls } : {}),
})
