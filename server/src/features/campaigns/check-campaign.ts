import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { unknownHolidayPlaces } from '../../holidays.ts'
import type { Detail } from '../../http/errors.ts'
import { isUuid } from '../../ids.ts'
import { windowProblems } from '../../time-window.ts'
import { variantProblems } from '../../variant-assignment.ts'
import type { CampaignStep } from './schema.ts'

export type CheckedFields = {
  dataset_id?: string
  steps?: CampaignStep[]
  alias_ids?: string[] | null
  sending_window_start: string
  sending_window_end: string
  send_days: ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  timezone: string
  launch_type: 'immediate' | 'scheduled'
  start_date?: string | Date | null
  holiday_countries?: string[] | null
}

const at = (...loc: (string | number)[]): Detail['loc'] => ['body', ...loc]

/** Problems that the fields show by themselves, each named; the database is not asked. */
export const fieldProblems = async (fields: CheckedFields): Promise<Detail[]> => {
  const problems: Detail[] = []
  const names = {
    start: 'sending_window_start',
    end: 'sending_window_end',
    days: 'send_days',
    zone: 'timezone',
  } as const
  const window = {
    start: fields.sending_window_start,
    end: fields.sending_window_end,
    days: fields.send_days,
    zone: fields.timezone,
  }
  for (const problem of windowProblems(window))
    problems.push({ loc: at(names[problem.field]), msg: problem.message, type: 'value_error' })
  if (fields.launch_type === 'scheduled' && !fields.start_date)
    problems.push({ loc: at('start_date'), msg: 'is needed when launch_type is scheduled', type: 'missing' })
  for (const place of await unknownHolidayPlaces(fields.holiday_countries ?? []))
    problems.push({
      loc: at('holiday_countries'),
      msg: `${place} is not a place whose holidays are known`,
      type: 'value_error',
    })
  for (const [i, step] of (fields.steps ?? []).entries()) {
    if (step.step !== i + 1)
      problems.push({
        loc: at('steps', i, 'step'),
        msg: `must be ${i + 1}: steps are counted from 1 in their order`,
        type: 'value_error',
      })
    if (step.channel === 'linkedin') continue
    for (const msg of variantProblems(step.variants))
      problems.push({ loc: at('steps', i, 'variants'), msg, type: 'value_error' })
    for (const [v, variant] of step.variants.entries()) {
      if (variant.type === 'TEMPLATE' && !variant.template_id)
        problems.push({
          loc: at('steps', i, 'variants', v, 'template_id'),
          msg: 'is needed for a TEMPLATE variant',
          type: 'missing',
        })
      if (variant.type !== 'PERSONALIZATION') continue
      if (!variant.sender_profile_id)
        problems.push({
          loc: at('steps', i, 'variants', v, 'sender_profile_id'),
          msg: 'is needed for a PERSONALIZATION variant: it says who is writing',
          type: 'missing',
        })
      if (variant.template_id)
        problems.push({
          loc: at('steps', i, 'variants', v, 'template_id'),
          msg: 'a PERSONALIZATION variant has no template: its text is written for each lead',
          type: 'value_error',
        })
      if (!step.ai_personalization_enabled)
        problems.push({
          loc: at('steps', i, 'ai_personalization_enabled'),
          msg: 'must be true for a PERSONALIZATION variant, whose text is written by AI',
          type: 'value_error',
        })
    }
  }
  if (
    fields.steps?.some((step) => step.channel === 'email') &&
    fields.alias_ids !== undefined &&
    !fields.alias_ids?.length
  )
    problems.push({
      loc: at('alias_ids'),
      msg: 'at least one sending alias is needed for e-mail steps',
      type: 'missing',
    })
  return problems
}

/** References that are not the workspace's: another workspace's id reads like a missing one. */
export const missingReferences = async (
  db: Db,
  workspaceId: string,
  fields: Pick<CheckedFields, 'dataset_id' | 'steps' | 'alias_ids'>,
): Promise<string[]> => {
  const templates = [
    ...new Set(
      (fields.steps ?? [])
        .flatMap((step) => step.variants.map((variant) => variant.template_id))
        .filter((id) => id != null),
    ),
  ]
  const profiles = [
    ...new Set(
      (fields.steps ?? [])
        .flatMap((step) => step.variants.map((variant) => variant.sender_profile_id))
        .filter((id) => id != null),
    ),
  ]
  const aliases = [...new Set(fields.alias_ids ?? [])]
  const uuids = aliases.filter(isUuid)
  const found = await sql<{ kind: string; id: string }>`
    select 'dataset' as kind, dataset_id as id from datasets
      where workspace_id = ${workspaceId} and dataset_id = ${fields.dataset_id ?? null}::uuid and archived_at is null
    union all
    select 'template', template_id from templates where workspace_id = ${workspaceId} and template_id = any(${templates}::uuid[])
    union all
    select 'sender profile', id from sender_profiles where workspace_id = ${workspaceId} and id = any(${profiles}::uuid[])
    union all
    select 'alias', id from aliases where workspace_id = ${workspaceId} and deleted_at is null and id = any(${uuids}::uuid[])`.execute(
    db,
  )
  const has = new Set(found.rows.map((row) => `${row.kind} ${row.id}`))
  return [
    ...(fields.dataset_id && !has.has(`dataset ${fields.dataset_id}`) ? [`dataset ${fields.dataset_id}`] : []),
    ...templates.filter((id) => !has.has(`template ${id}`)).map((id) => `template ${id}`),
    ...profiles.filter((id) => !has.has(`sender profile ${id.toLowerCase()}`)).map((id) => `sender profile ${id}`),
    ...aliases.filter((id) => !has.has(`alias ${id.toLowerCase()}`)).map((id) => `alias ${id}`),
  ]
}
