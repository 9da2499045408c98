import type { Config } from '../../config.ts'
import { createEgressPolicy } from '../egress.ts'
import type { MailPort } from './port.ts'
import { createRelay } from './relay.ts'
import type { MailWorld } from './world/mail-world.ts'

/** The workspace's mode picks, never the environment: a sandbox has no way to the relay, and a live workspace none to the world. */
export const createMailPort = (
  config: Pick<Config, 'smtp_relay' | 'mail_connections' | 'base_url' | 'egress_allow'>,
  world: MailWorld,
): MailPort => {
  const relay = config.smtp_relay
    ? createRelay({ ...config, url: config.smtp_relay.url }, createEgressPolicy(config.egress_allow))
    : null
  return {
    transportFor: (workspace) => (workspace.mode === 'sandbox' ? world.transportFor(workspace.workspace_id) : relay),
  }
}
