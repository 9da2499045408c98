import type { Config } from '../../config.ts'
import type { EgressPolicy } from '../egress.ts'
import type { CheckRelay } from './port.ts'
import { openRelay } from './relay-session.ts'
import type { SmtpOpenError } from './smtp-client.ts'

/** Somebody waits for the answer of a check. */
const CHECK_MS = 15_000

/**
 * Tries relays that somebody is about to enter: connects, encrypts, logs in and hangs up; nothing can be sent through it. Rejects
 * for nothing that the other side does.
 */
export const createRelayCheck =
  (config: Pick<Config, 'mail_host_name'>, egress: EgressPolicy, options: { tls?: { ca?: string } } = {}): CheckRelay =>
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
