import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import type { Deps } from '../../deps.ts'
import { findAddressToken, findMessageTokens } from '../../mail-token.ts'
import type { MessageClass } from './classify-message.ts'
import type { SessionWorld } from './find-recipient.ts'
import type { ParsedMessage } from './parse-message.ts'
import { isStorable } from './storable-text.ts'

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

const columns = sql`e.id, e.workspace_id, e.user_id, e.alias_id, e.domain_id, e.campaign_id, e.campaign_lead_id, e.conversation_id, e.step,
  e.variant_label, e.from_email, e.to_email, e.status, e.message_id`

export type MatchRequest = {
  world: SessionWorld
  /** The owner of the address that was written to; a token of another workspace does not count there. */
  workspace_id: string | null
  alias_id: string | null
  envelope_email_id: string | null
  message: ParsedMessage
  found: MessageClass
}

/** A message of ours that the `n`th request found. */
type Found = MatchedEmail & { n: number }

const withoutNumber = ({ n: _n, ...email }: Found): MatchedEmail => email

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

/** The ids that tokens of a message name, the most telling first. */
const tokensOf = (request: MatchRequest, mailTokens: Deps['mail_tokens']): { email_id: string; by: MatchedBy }[] => {
  const { ids, addresses } = namedBy(request.found, request.message)
  const proofs = [
    ...addresses.map((address) => {
      const token = findAddressToken(address)
      return token ? mailTokens.verify(token.purpose, token.token) : null
    }),
    ...findMessageTokens(ids).map((token) => mailTokens.verify('message', token)),
  ]
  return [
    ...(request.envelope_email_id ? [{ email_id: request.envelope_email_id, by: 'envelope_token' as const }] : []),
    ...proofs.flatMap((proof) => (proof ? [{ email_id: proof.email_id, by: 'reference_token' as const }] : [])),
  ]
}

/** Messages by the ids of their tokens, as far as the session may know of them: a sandbox's own, or those of live workspaces. */
const byToken = async (
  db: Db,
  named: readonly { n: number; email_id: string; request: MatchRequest }[],
): Promise<Found[]> => {
  if (!named.length) return []
  const { rows } = await sql<Found>`
    select g.n, ${columns}
    from unnest(${named.map(({ n }) => n)}::integer[], ${named.map(({ email_id }) => email_id)}::uuid[],
      ${named.map(({ request }) => request.world ?? request.workspace_id)}::uuid[],
      ${named.map(({ request }) => (request.world ? 'sandbox' : 'live'))}::text[]) as g (n, email_id, owner, mode)
    join emails e on e.id = g.email_id and (g.owner is null or e.workspace_id = g.owner)
    join workspaces w on w.id = e.workspace_id and w.mode = g.mode`.execute(db)
  return rows
}

const byMessageId = async (
  db: Db,
  named: readonly { n: number; workspace_id: string; message_id: string }[],
): Promise<Found[]> => {
  if (!named.length) return []
  const { rows } = await sql<Found>`
    select distinct on (g.n) g.n, ${columns}
    from unnest(${named.map(({ n }) => n)}::integer[], ${named.map(({ workspace_id }) => workspace_id)}::uuid[],
      ${named.map(({ message_id }) => message_id)}::text[]) as g (n, workspace_id, message_id)
    join emails e on e.message_id = g.message_id and e.workspace_id = g.workspace_id
    order by g.n, e.id desc`.execute(db)
  return rows
}

/** The latest message that was sent to the writer. */
const byWriter = async (
  db: Db,
  asked: readonly { n: number; workspace_id: string; alias_id: string | null; writer: string }[],
): Promise<Found[]> => {
  if (!asked.length) return []
  const { rows } = await sql<Found>`
    select g.n, e.*
    from unnest(${asked.map(({ n }) => n)}::integer[], ${asked.map(({ workspace_id }) => workspace_id)}::uuid[],
      ${asked.map(({ alias_id }) => alias_id)}::uuid[], ${asked.map(({ writer }) => writer)}::text[]) as g (n, workspace_id, alias_id, writer)
    cross join lateral (
      select ${columns} from emails e
      where e.workspace_id = g.workspace_id and e.to_email = g.writer and e.sent_at is not null and (g.alias_id is null or e.alias_id = g.alias_id)
      order by e.sent_at desc limit 1
    ) e`.execute(db)
  return rows
}

/**
 * Which messages of ours others are about, with at most three queries for all of them: by a signed token in the envelope, in a
 * returned header or in References; then, for what people write, by plain Message-ID and at last by the writer's address.
 * Bounces and complaints are matched by token alone, because everything else can be made up by anybody (DOMAIN.md §5).
 */
export const matchMessages = async (
  deps: Pick<Deps, 'mail_tokens'> & { db: Db },
  requests: readonly MatchRequest[],
): Promise<(Match | null)[]> => {
  const matches: (Match | null)[] = requests.map(() => null)
  const take = (found: readonly Found[], by: MatchedBy): void => {
    for (const row of found) matches[row.n] = { email: withoutNumber(row), by }
  }

  const named = requests.flatMap((request, n) =>
    tokensOf(request, deps.mail_tokens).map((token) => ({ n, request, ...token })),
  )
  const tokened = new Map((await byToken(deps.db, named)).map((row) => [`${row.n} ${row.id}`, row]))
  for (const { n, email_id, by } of named) {
    const row = tokened.get(`${n} ${email_id}`)
    if (row) matches[n] ??= { email: withoutNumber(row), by }
  }

  /** Written by people to a known address, and not matched yet. */
  const open = (): { n: number; workspace_id: string; request: MatchRequest }[] =>
    requests.flatMap((request, n) => {
      const { kind } = request.found
      const isFromPerson = kind === 'human_reply' || kind === 'auto_reply' || kind === 'unsubscribe'
      return !matches[n] && isFromPerson && request.workspace_id
        ? { n, workspace_id: request.workspace_id, request }
        : []
    })
  take(
    await byMessageId(
      deps.db,
      open().flatMap(({ n, workspace_id, request }) =>
        namedBy(request.found, request.message)
          .ids.flatMap((id) => [id, id.replace(/^<|>$/g, '')])
          .filter(isStorable)
          .map((message_id) => ({ n, workspace_id, message_id })),
      ),
    ),
    'message_id',
  )
  take(
    await byWriter(
      deps.db,
      open().flatMap(({ n, workspace_id, request }) => {
        const writer = request.message.from?.address.toLowerCase()
        return writer && isStorable(writer) ? { n, workspace_id, alias_id: request.alias_id, writer } : []
      }),
    ),
    'address',
  )
  return matches
}
