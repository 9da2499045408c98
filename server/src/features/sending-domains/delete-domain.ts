import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Workspace } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { deleteAlias } from '../aliases/delete-alias.ts'
import { lockDispatch } from '../aliases/lock-dispatch.ts'
import { lockDomain, wakeRivals } from './queries.ts'

const NAMED = 5

type AliasOfDomain = { id: string; alias: string; full_email: string }

const aliasesOf = async (tx: Tx, workspaceId: string, domainId: string): Promise<AliasOfDomain[]> => {
  const { rows } = await sql<AliasOfDomain>`
    select id, alias, full_email from aliases where workspace_id = ${workspaceId} and domain_id = ${domainId} and deleted_at is null order by id for update`.execute(
    tx,
  )
  return rows
}

/** Campaigns that would still send from one of these: it is theirs, or a lead of theirs waits for its turn with it. */
const findUsingCampaigns = async (
  tx: Tx,
  workspaceId: string,
  aliasIds: string[],
): Promise<{ campaign_id: string; name: string }[]> => {
  const { rows } = await sql<{ campaign_id: string; name: string }>`
    select c.campaign_id, c.name from campaigns c
    where c.workspace_id = ${workspaceId} and c.status in ('launching', 'scheduled', 'active', 'draining', 'paused')
      and (c.alias_ids && ${aliasIds}::uuid[] or exists (
        select 1 from campaign_leads l where l.campaign_id = c.campaign_id and l.alias_id = any(${aliasIds}::uuid[]) and l.next_action_at is not null))
    order by c.campaign_id`.execute(tx)
  return rows
}

/**
 * Who takes over from each alias: the one alias that is named, or of a named domain the alias with the same local part, and
 * where it has none its aliases in turn.
 */
const findSuccessors = async (
  tx: Tx,
  workspaceId: string,
  domainId: string,
  aliases: AliasOfDomain[],
  reassignTo: string,
): Promise<Map<string, string>> => {
  const { rows } = await sql<AliasOfDomain>`
    select a.id, a.alias, a.full_email from aliases a join sending_domains d on d.id = a.domain_id
    where a.workspace_id = ${workspaceId} and a.deleted_at is null and a.domain_id <> ${domainId} and (a.id = ${reassignTo} or a.domain_id = ${reassignTo})
      and d.status = 'verified' and d.is_active and d.deleted_at is null
    order by a.id for update of a`.execute(tx)
  if (!rows.length)
    throw invalid([
      {
        loc: ['query', 'reassign_to'],
        msg: 'is no other verified domain with aliases, and no alias on one, in this workspace',
        type: 'alias_not_found',
      },
    ])
  return new Map(
    aliases.map((alias, i) => {
      const same = rows.find((row) => row.alias === alias.alias)
      return [alias.id, (same ?? (rows[i % rows.length] as AliasOfDomain)).id]
    }),
  )
}

/**
 * Ends a domain. Its aliases neither send nor receive any more, its keys are forgotten, and its name is free for whoever
 * proves it; what was sent and received stays readable. Campaigns that would still send from it stop this with IN_USE, unless
 * `reassign_to` names a domain or an alias that takes over; follow-ups then begin new threads (DOMAIN.md §12).
 */
export const deleteDomain = (
  deps: Pick<Deps, 'db'>,
  workspace: Pick<Workspace, 'workspace_id'>,
  id: string,
  options: { reassign_to?: string },
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = workspace
    await lockDispatch(tx, workspace_id)
    const domain = await lockDomain(tx, workspace_id, id)
    if (!domain) throw notFound('There is no such domain in this workspace.')
    const aliases = await aliasesOf(tx, workspace_id, id)
    const using = await findUsingCampaigns(
      tx,
      workspace_id,
      aliases.map((alias) => alias.id),
    )
    const listed = using.slice(0, NAMED).map(({ name, campaign_id }) => `${name} (${campaign_id})`)
    if (using.length && options.reassign_to === undefined)
      throw problem(
        'IN_USE',
        `${domain.domain} is used by ${listed.join(', ')}${using.length > NAMED ? ` and ${using.length - NAMED} more` : ''}. Stop or change them, or name another domain or alias in reassign_to.`,
      )
    const successors =
      options.reassign_to === undefined
        ? new Map<string, string>()
        : await findSuccessors(tx, workspace_id, id, aliases, options.reassign_to)
    for (const alias of aliases) {
      const successor = successors.get(alias.id)
      await deleteAlias({ db: tx }, workspace_id, alias.id, successor ? { reassign_to: successor } : {}, now)
    }
    await sql`delete from domain_keys where workspace_id = ${workspace_id} and domain_id = ${id}`.execute(tx)
    // No longer verified, so the name is free; not failed either, which would be news to customers.
    await sql`
      update sending_domains set deleted_at = ${now}, status = 'pending', verified_at = null, failing_since = null, next_check_at = null,
        mail_from_verified_at = null, tracking_verified_at = null, dns_records = null, dns_checked_at = null, updated_at = ${now}
      where id = ${id}`.execute(tx)
    if (!domain.is_sandbox) await wakeRivals(tx, domain.domain, id, now)
  })
