import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import { problem } from '../../http/errors.ts'
import { instanceNames } from './instance-names.ts'
import { type MtaStsMode, mtaStsPolicy } from './mta-sts.ts'

const PATH = '/.well-known/mta-sts.txt'
const PREFIX = 'mta-sts.'

/**
 * The policy files of MTA-STS (RFC 8461 §3.2), one for each verified domain whose mail comes here, told apart by the name that
 * was asked. Needs no log-in: whoever sends mail reads it.
 */
export const registerMtaSts = (app: FastifyInstance, deps: Deps): void => {
  app.get(PATH, async (request, reply) => {
    const host = request.hostname.toLowerCase()
    const found = host.startsWith(PREFIX)
      ? await sql<{ mta_sts_mode: MtaStsMode }>`
          select mta_sts_mode from sending_domains
          where domain = ${host.slice(PREFIX.length)} and status = 'verified' and not is_sandbox and kind = 'owned' and inbound_enabled limit 1`.execute(
          deps.db,
        )
      : { rows: [] }
    const { mail_host } = instanceNames(deps, { is_sandbox: false })
    const mode = found.rows[0]?.mta_sts_mode
    if (!mode || !mail_host) throw problem('NOT_FOUND', 'There is no policy for this name.')
    return reply
      .header('cache-control', 'max-age=3600')
      .type('text/plain; charset=utf-8')
      .send(mtaStsPolicy(mail_host, mode))
  })
}
