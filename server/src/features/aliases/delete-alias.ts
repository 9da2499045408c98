import { sql } from 'kysely'
import { type Tx, transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import { invalid, problem } from '../../http/errors.ts'
import { withdrawAliasQueue } from '../campaigns/withdraw-queue.ts'
import { noSuchAlias } from './change-alias.ts'
import { lockDispatch } from './lock-dispatch.ts'
import { countScheduledMessages, type LockedAlias, listUsingCampaigns, lockAlias } from './queries.ts'

const NAMED = 5

const listed = (names: string[]): string =>
  names.length > NAMED ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more` : names.join(', ')

/** Everything that would still be sent from `from` is sent from `to`; its leads' next messages then begin new threads. */
const reassign = async (
  tx: Tx,
  workspaceId: string,
  from: LockedAlias,
  to: LockedAlias,
  campaignIds: string[],
  now: Date,
): Promise<void> => {
  await withdrawAliasQueue(tx, { workspace_id: workspaceId, alias_id: from.id }, now)
  // A message that was deferred keeps its row; its next try leaves from the other address.
  await sql`
    update emails set alias_id = ${to.id}, domain_id = ${to.domain_id}, from_email = ${to.full_email}, updated_at = ${now}
    where workspace_id = ${workspaceId} and alias_id = ${from.id} and campaign_id is not null and status = 'scheduled'`.execute(
    tx,
  )
  await sql`
    update campaign_leads set alias_id = ${to.id}, updated_at = ${now}
    where workspace_id = ${workspaceId} and campaign_id = any(${campaignIds}::uuid[]) and alias_id = ${from.id}`.execute(
    tx,
  )
}

/**
 * Ends an alias. It neither sends nor receives any more and its address is free again; what it sent and received stays
 * readable. Campaigns that would still send from it stop this with IN_USE, unless `reassignTo` names another alias, which
 * takes over their leads (DOMAIN.md §12); one that is being launched stops it in any case, until its launch is done. Drafts and finished campaigns just lose it. Messages that a client has scheduled
 * are never sent from another address than they were written for, so they stop it in any case.
 */
export const deleteAlias = (
  deps: Pick<Deps, 'db'>,
  workspaceId: string,
  id: string,
  options: { reassign_to?: string },
  now: Date,
): Promise<void> =>
  transaction(deps.db, async (tx) => {
    await lockDispatch(tx, workspaceId)
    const alias = await lockAlias(tx, workspaceId, id)
    if (!alias) throw noSuchAlias()
    if (alias.mailbox_id)
      throw problem('IN_USE', `${alias.full_email} is the address of a connected mailbox; disconnect that instead.`)
    const scheduled = await countScheduledMessages(tx, workspaceId, id)
    if (scheduled)
      throw problem(
        'IN_USE',
        `${scheduled} scheduled message${scheduled === 1 ? '' : 's'} would leave from ${alias.full_email}; cancel ${scheduled === 1 ? 'it' : 'them'} first.`,
      )
    const target = options.reassign_to === undefined ? null : await findTarget(tx, workspaceId, id, options.reassign_to)
    const campaigns = await listUsingCampaigns(tx, workspaceId, id)
    if (campaigns.length && !target)
      throw problem(
        'IN_USE',
        `${alias.full_email} is used by ${listed(campaigns.map(({ name, campaign_id }) => `${name} (${campaign_id})`))}. Stop or change them, or name another alias in reassign_to.`,
      )
    // A launch gives its leads their aliases in many steps, from the list it began with.
    const launching = campaigns.filter(({ status }) => status === 'launching')
    if (launching.length)
      throw problem(
        'IN_USE',
        `${listed(launching.map(({ name, campaign_id }) => `${name} (${campaign_id})`))} is being launched with ${alias.full_email}; try again once that is done.`,
      )
    if (target)
      await reassign(
        tx,
        workspaceId,
        alias,
        target,
        campaigns.map(({ campaign_id }) => campaign_id),
        now,
      )
    const rest = sql`array_remove(alias_ids, ${id}::uuid)`
    await sql`
      update campaigns set updated_at = ${now},
        alias_ids = ${target ? sql`case when ${target.id}::uuid = any(alias_ids) then ${rest} else array_replace(alias_ids, ${id}::uuid, ${target.id}::uuid) end` : rest}
      where workspace_id = ${workspaceId} and ${id}::uuid = any(alias_ids)`.execute(tx)
    await sql`update aliases set deleted_at = ${now}, warmup_token = null, updated_at = ${now} where id = ${id}`.execute(
      tx,
    )
  })

const findTarget = async (tx: Tx, workspaceId: string, id: string, targetId: string): Promise<LockedAlias> => {
  const target = targetId === id ? undefined : await lockAlias(tx, workspaceId, targetId)
  if (!target)
    throw invalid([
      { loc: ['query', 'reassign_to'], msg: 'is no other alias of this workspace', type: 'alias_not_found' },
    ])
  return target
}
