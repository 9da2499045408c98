import type { Config } from '../../config.ts'
import type { MailPort } from './port.ts'
import type { MailWorld } from './world/mail-world.ts'

export const createMailPort = (_config: Config, world: MailWorld): MailPort => ({
  transportFor: (workspace) => (workspace.mode === 'sandbox' ? world.transportFor(workspace.workspace_id) : null),
})
