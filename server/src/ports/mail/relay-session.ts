import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { DeliveryReply, MailConnection, RelaySettings } from './port.ts'
import { openSmtpConnection } from './smtp-client.ts'

/**
 * Opens a session with a relay, encrypted and logged in as its settings say. Rejects with an error that carries what the
 * relay answered as `reply`.
 */
export const openRelay = async (
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
