import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { findAddressToken, findMessageTokens } from '../../mail-token.ts'
import type { MessageClass } from './classify-message.ts'
import type { SessionWorld } from './find-recipient.ts'
import type { ParsedMessage } from './parse-message.ts'

export type MatchedBy = 'envelope_token' | 'reference_token' | 'message_id' | 'address'

export type MatchedEmail = {
  id: string
  workspace_id: string
  user_id: string
  alias_id: string
  domain_id: string
  campaign_id: string | null
  campaign_lead_id: string | null
  conversation_id: string | null
  step: number | null
  variant_label: string | null
  from_email: string
  to_email: string
  status: string
  message_id: string | null
}

export type Match = { email: MatchedEmail; by: MatchedBy }

const columns = sql`id, workspace_id, user_id, alias_id, domain_id, campaign_id, campaign_lead_id, conversation_id, step, variant_label,
  from_email, to_email, status, message_id`

/** Message-IDs and addresses in which the token of the message in question may stand, the most telling first. */
const namedBy = (found: MessageClass, message: ParsedMessage): { ids: string[]; addresses: string[] } => {
  if (found.kind === 'bounce' || (found.kind === 'delivery_notice' && found.reports.length))
    // A report names the returned message first and then what that one referred to; the token search reads from the end.
    return { ids: found.reports.flatMap((report) => report.original_message_ids).reverse(), addresses: [] }
  const feedback =
    found.kind === 'complaint' ? found.complaint : found.kind === 'delivery_notice' ? found.feedback : null
  if (feedback) {
    const { original_message_id: id, original_references: references, original_return_path: path } = feedback
    return { ids: [...references, ...(id ? [id] : [])], addresses: path ? [path] : [] }
  }
  // The last of References and then In-Reply-To name what was answered; findMessageTokens reads from the end.
  return { ids: [...message.references, ...(message.in_reply_to ? [message.in_reply_to] : [])], addresses: [] }
}

/** Messages by the ids of their tokens, as far as the session may know of them: a sandbox's own, or those of live workspaces. */
const loadById = async (
  db: Db,
  ids: string[],
  request: { workspace_id: string | null; world: SessionWorld },
): Promise<MatchedEmail[]> => {
  if (!ids.length) return []
  const owner = request.world ?? request.workspace_id
  const { rows } = await sql<MatchedEmail>`
    select ${columns} from emails e where id = any(${ids}::uuid[]) ${owner ? sql`and workspace_id = ${owner}` : sql``}
      and exists (select 1 from workspaces w where w.id = e.workspace_id and w.mode = ${request.world ? 'sandbox' : 'live'})`.execute(
    db,
  )
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? [])
}

/**
 * Which message of ours another one is about: by a signed token in the envelope, in a returned header or in References;
 * then, for what people write, by plain Message-ID and at last by the writer's address. Bounces and complaints are matched
 * by token alone, because everything else can be made up by anybody (DOMAIN.md §5). `workspaceId` is the owner of the
 * address that was written to; a token of another workspace does not count there.
 */
export const matchMessage = async (
  deps: Pick<Deps, 'mail_tokens'> & { db: Db },
  request: {
    world: SessionWorld
    workspace_id: string | null
    alias_id: string | null
    envelope_email_id: string | null
    message: ParsedMessage
    found: MessageClass
  },
): Promise<Match | null> => {
  const { db, mail_tokens } = deps
  const { found, message, workspace_id: workspaceId } = request
  if (request.envelope_email_id) {
    const [email] = await loadById(db, [request.envelope_email_id], request)
    if (email) return { email, by: 'envelope_token' }
  }
  const named = namedBy(found, message)
  const proofs = [
    ...named.addresses.map((address) => {
      const token = findAddressToken(address)
      return token ? mail_tokens.verify(token.purpose, token.token) : null
    }),
    ...findMessageTokens(named.ids).map((token) => mail_tokens.verify('message', token)),
  ]
  const [byToken] = await loadById(
    db,
    proofs.flatMap((proof) => proof?.email_id ?? []),
    request,
  )
  if (byToken) return { email: byToken, by: 'reference_token' }

  const fromPerson = found.kind === 'human_reply' || found.kind === 'auto_reply' || found.kind === 'unsubscribe'
  if (!fromPerson || !workspaceId) return null
  if (named.ids.length) {
    const { rows } = await sql<MatchedEmail>`
      select ${columns} from emails where message_id = any(${named.ids.flatMap((id) => [id, id.replace(/^<|>$/g, '')])}) and workspace_id = ${workspaceId} order by id desc limit 1`.execute(
      db,
    )
    if (rows[0]) return { email: rows[0], by: 'message_id' }
  }
  const writer = message.from?.address.toLowerCase()
  if (!writer) return null
  const { rows } = await sql<MatchedEmail>`
    select ${columns} from emails
    where workspace_id = ${workspaceId} and to_email = ${writer} and sent_at is not null ${request.alias_id ? sql`and alias_id = ${request.alias_id}` : sql``}
    order by sent_at desc limit 1`.execute(db)
  return rows[0] ? { email: rows[0], by: 'address' } : null
}
