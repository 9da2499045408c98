import { sql } from 'kysely'
import type { Deps } from '../../deps.ts'
import type { Principal } from '../../http/access.ts'
import { invalid, notFound, problem } from '../../http/errors.ts'
import { newId } from '../../ids.ts'
import { fieldProblems, missingReferences } from './check-campaign.ts'
import { type CampaignRow, findCampaign } from './queries.ts'
import type { CampaignCreateRequest } from './schema.ts'

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const

/** LinkedIn steps wait for their own adapter; until then they are refused by name instead of silently skipped. */
export const refuseLinkedIn = (type: string | undefined, steps: { channel: string }[] | null | undefined): void => {
  if ((type && type !== 'email') || steps?.some((step) => step.channel === 'linkedin'))
    throw problem(
      'CHANNEL_NOT_AVAILABLE',
      'LinkedIn steps are not available on this instance yet; capabilities.linkedin says when they are.',
    )
}

/**
 * Makes a draft; nothing is sent until it is launched. Throws VALIDATION_ERROR with every problem of the fields,
 * CHANNEL_NOT_AVAILABLE for LinkedIn steps, NOT_FOUND naming every reference that is not the workspace's.
 */
export const createCampaign = async (
  deps: Pick<Deps, 'db'>,
  principal: Principal,
  body: CampaignCreateRequest,
  now: Date,
): Promise<CampaignRow> => {
  const { workspace_id } = principal.workspace
  const fields = { ...body, send_days: body.send_days ?? [...WEEKDAYS], alias_ids: body.alias_ids ?? [] }
  const problems = await fieldProblems(fields)
  if (problems.length) throw invalid(problems)
  refuseLinkedIn(body.type, body.steps)
  const missing = await missingReferences(deps.db, workspace_id, fields)
  if (missing.length) throw notFound(`Not in this workspace: ${missing.join(', ')}.`)
  const campaign_id = newId()
  await sql`
    insert into campaigns (campaign_id, workspace_id, user_id, dataset_id, name, description, type, status, launch_type, start_date,
      alias_ids, connected_account_id, daily_limit, sending_window_start, sending_window_end, min_interval_seconds, timezone,
      use_lead_timezone, holiday_countries, send_days, steps_config, system_prompt, unreviewed_launch_policy, allow_overlap,
      stop_company_on_reply, created_at, updated_at)
    values (${campaign_id}, ${workspace_id}, ${principal.user_id}, ${body.dataset_id}, ${body.name}, ${body.description ?? null}, ${body.type},
      'draft', ${body.launch_type}, ${body.start_date ?? null}, ${fields.alias_ids}::uuid[], ${body.connected_account_id ?? null},
      ${body.daily_limit}, ${body.sending_window_start}, ${body.sending_window_end}, ${body.min_interval_seconds}, ${body.timezone},
      ${body.use_lead_timezone ?? false}, ${body.holiday_countries ?? null}, ${fields.send_days}, ${JSON.stringify(body.steps)},
      ${body.system_prompt ?? null}, ${body.unreviewed_launch_policy}, ${body.allow_overlap ?? false}, ${body.stop_company_on_reply ?? false},
      ${now}, ${now})`.execute(deps.db)
  return (await findCampaign(deps.db, workspace_id, campaign_id)) as CampaignRow
}
