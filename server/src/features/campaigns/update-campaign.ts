import { sql } from 'kysely'
import { transaction } from '../../db/transaction.ts'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { type Detail, invalid, notFound, problem } from '../../http/errors.ts'
import { releaseReviews } from '../playground/provide-texts.ts'
import { reassignVariants } from '../playground/reassign-variants.ts'
import { recheckApprovals } from '../playground/recheck-approvals.ts'
import { aliasChangeRefusal, type CampaignField, lockedFields, nextState } from './campaign-state.ts'
import { fieldProblems, missingReferences } from './check-campaign.ts'
import { refuseLinkedIn } from './create-campaign.ts'
import { type CampaignRow, findCampaign, lockCampaign } from './queries.ts'
import type { CampaignUpdateRequest } from './schema.ts'

/** Fields that an explicit null clears; for the others null means "no change", as the contract's partial updates have it. */
const CLEARABLE = new Set([
  'description',
  'start_date',
  'alias_ids',
  'connected_account_id',
  'system_prompt',
  'playground_discovery_dismissed_at',
  'holiday_countries',
])

const DAY_MS = 86_400_000

const COLUMN: Partial<Record<string, string>> = { steps: 'steps_config' }

/** What the request really changes: absent fields, and nulls where null clears nothing, are out. */
const changesOf = (body: CampaignUpdateRequest): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body).filter(([field, value]) => value !== undefined && (value !== null || CLEARABLE.has(field))),
  )

/**
 * Changes what may change in the campaign's state (campaign-state.ts lists it); the rest is CAMPAIGN_FIELD_LOCKED with the
 * reason of every refused field. A failed campaign goes back to draft. New steps of a draft void its approvals and variants.
 */
export const updateCampaign = (
  deps: Pick<Deps, 'db' | 'secrets'>,
  principal: Principal,
  campaignId: string,
  body: CampaignUpdateRequest,
  now: Date,
): Promise<CampaignRow> =>
  transaction(deps.db, async (tx) => {
    const { workspace_id } = principal.workspace
    if (!(await lockCampaign(tx, workspace_id, campaignId))) throw notFound()
    const campaign = (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
    const changes = changesOf(body)
    if (!Object.keys(changes).length) return campaign

    const locked = lockedFields(campaign.status)
    const refusals = Object.keys(changes).flatMap((field) => locked.get(field as CampaignField) ?? [])
    if (Array.isArray(changes.alias_ids) || changes.alias_ids === null) {
      const refusal = aliasChangeRefusal(
        campaign.status,
        campaign.alias_ids ?? [],
        (changes.alias_ids as string[] | null) ?? [],
      )
      if (refusal) refusals.push(refusal)
    }
    if (refusals.length) throw problem('CAMPAIGN_FIELD_LOCKED', [...new Set(refusals)].join(' '))

    const next = { ...campaign, steps: campaign.steps_config, ...changes } as CampaignRow & {
      steps: CampaignRow['steps_config']
    }
    // Of what was right when it was stored, only what the request names can have become wrong.
    const named = new Set([
      ...Object.keys(changes),
      ...(changes.launch_type ? ['start_date'] : []),
      ...(changes.steps ? ['alias_ids'] : []),
    ])
    const problems: Detail[] = (await fieldProblems(next)).filter(({ loc }) => named.has(String(loc[1])))
    if (problems.length) throw invalid(problems)
    refuseLinkedIn(undefined, changes.steps as { channel: string }[] | undefined)
    const missing = await missingReferences(tx, workspace_id, {
      dataset_id: changes.dataset_id as string | undefined,
      steps: changes.steps as CampaignRow['steps_config'] | undefined,
      alias_ids: changes.alias_ids as string[] | undefined,
    })
    if (missing.length) throw notFound(`Not in this workspace: ${missing.join(', ')}.`)

    const status = nextState(campaign.status, 'edit_failed') ?? campaign.status
    const assignments = Object.entries(changes).map(([field, value]) => {
      const column = sql.ref(COLUMN[field] ?? field)
      if (field === 'steps') return sql`${column} = ${JSON.stringify(value)}::jsonb`
      if (field === 'alias_ids') return sql`${column} = ${value}::uuid[]`
      return sql`${column} = ${value}`
    })
    await sql`
      update campaigns set ${sql.join(assignments)}, status = ${status}, launch_error = ${status === campaign.status ? campaign.launch_error : null}, updated_at = ${now}
      where campaign_id = ${campaignId}`.execute(tx)
    // Leads that the playground made before the launch get the variants of the new steps and lose what belonged to the old.
    if (changes.steps)
      await reassignVariants(
        tx,
        { workspace_id, campaign_id: campaignId, now },
        changes.steps as CampaignRow['steps_config'],
      )
    if (changes.system_prompt !== undefined)
      await recheckApprovals(tx, deps.secrets, { workspace_id, campaign_id: campaignId, now })
    if (changes.unreviewed_launch_policy === 'launch_default') await releaseReviews(tx, campaignId, now)
    if (changes.start_date && campaign.status === 'scheduled') {
      // The launch made the first steps due at the old date; the dispatcher looks at the window by itself.
      const due = new Date(
        new Date(changes.start_date as string).getTime() + (campaign.steps_config[0]?.delay_days ?? 0) * DAY_MS,
      )
      await sql`
        update campaign_leads set next_action_at = ${due}, updated_at = ${now}
        where campaign_id = ${campaignId} and status = 'pending' and next_action_at is not null`.execute(tx)
    }
    return (await findCampaign(tx, workspace_id, campaignId)) as CampaignRow
  })
