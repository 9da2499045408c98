import { sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { type HolidayCalendar, holidayCalendar } from '../../holidays.ts'
import { systemNowMs } from '../../ports/clock.ts'
import type { SendingWindow } from '../../time-window.ts'
import { type ResolvedPrompt, resolvePrompt } from '../personalization/resolve-prompt.ts'
import { type VariableNames, variableNames } from './lead-variables.ts'
import type { CampaignStep } from './schema.ts'

/** Who writes the texts of PERSONALIZATION variants, and with which prompt at present. */
export type SenderVoice = { sender_data: Record<string, unknown>; prompt: ResolvedPrompt }

export type TemplateText = { template_id: string; subject: string; body: string; body_text: string | null }

/** All that is the same for every message of a campaign: its schedule, its texts, and how to read a lead's row. */
export type SendingContext = {
  campaign_id: string
  workspace_id: string
  user_id: string
  mode: 'sandbox' | 'live'
  postal_address: string | null
  steps: CampaignStep[]
  templates: Map<string, TemplateText>
  /** By profile id; empty for a campaign without PERSONALIZATION variants. */
  senders: Map<string, SenderVoice>
  system_prompt: string | null
  unreviewed_launch_policy: 'launch_default' | 'hold' | 'cancel'
  variable_names: VariableNames
  column_mapping: Record<string, string>
  window: SendingWindow
  /** The window in the lead's own zone; an empty zone is the campaign's. */
  windowIn: (zone: string) => SendingWindow
}

type ContextRow = {
  campaign_id: string
  workspace_id: string
  user_id: string
  mode: 'sandbox' | 'live'
  postal_address: string | null
  steps_config: CampaignStep[]
  system_prompt: string | null
  unreviewed_launch_policy: SendingContext['unreviewed_launch_policy']
  columns: string[]
  column_mapping: Record<string, string>
  sending_window_start: string
  sending_window_end: string
  send_days: SendingWindow['days']
  timezone: string
  holiday_countries: string[] | null
}

export type WindowSettings = Pick<
  ContextRow,
  'sending_window_start' | 'sending_window_end' | 'send_days' | 'timezone' | 'holiday_countries'
>

/** The campaign's window; holidays are loaded only where a campaign asks for them, because their package is heavy. */
export const windowOf = async (row: WindowSettings): Promise<SendingWindow> => {
  const holidays: HolidayCalendar | null = row.holiday_countries?.length
    ? await holidayCalendar(row.holiday_countries)
    : null
  return {
    start: row.sending_window_start,
    end: row.sending_window_end,
    days: row.send_days,
    zone: row.timezone,
    holidays,
  }
}

/** Windows that differ only in their zone, made once for each zone: rules keep what they computed by the object. */
export const windowsByZone = (window: SendingWindow): ((zone: string) => SendingWindow) => {
  const known = new Map<string, SendingWindow>([
    ['', window],
    [window.zone, window],
  ])
  return (zone) => {
    let found = known.get(zone)
    if (!found) {
      found = { ...window, zone }
      known.set(zone, found)
    }
    return found
  }
}

/** The profiles that a campaign's texts are written for. Asks nothing where no text is written. */
const loadSenders = async (db: Db, row: ContextRow): Promise<Map<string, SenderVoice>> => {
  const ids = row.steps_config
    .flatMap((step) => step.variants)
    .flatMap((variant) =>
      variant.type === 'PERSONALIZATION' && variant.sender_profile_id ? [variant.sender_profile_id] : [],
    )
  if (!ids.length) return new Map()
  const found = await sql<{ id: string; sender_data: Record<string, unknown> }>`
    select id, sender_data from sender_profiles where workspace_id = ${row.workspace_id} and id = any(${ids}::uuid[])`.execute(
    db,
  )
  const voices = found.rows.map(async ({ id, sender_data }): Promise<[string, SenderVoice]> => {
    const { workspace_id, system_prompt } = row
    return [id, { sender_data, prompt: await resolvePrompt(db, { workspace_id, system_prompt, sender_data }) }]
  })
  return new Map(await Promise.all(voices))
}

export const loadSendingContext = async (db: Db, campaignId: string): Promise<SendingContext | null> => {
  const found = await sql<ContextRow>`
    select c.campaign_id, c.workspace_id, c.user_id, w.mode, w.postal_address, c.steps_config, c.system_prompt, c.unreviewed_launch_policy, d.columns, d.column_mapping,
      c.sending_window_start, c.sending_window_end, c.send_days, c.timezone, c.holiday_countries
    from campaigns c
    join workspaces w on w.id = c.workspace_id
    join datasets d on d.dataset_id = c.dataset_id
    where c.campaign_id = ${campaignId}`.execute(db)
  const row = found.rows[0]
  if (!row) return null
  const ids = row.steps_config
    .flatMap((step) => step.variants.map((variant) => variant.template_id))
    .filter((id) => id != null)
  const templates = ids.length
    ? await sql<TemplateText>`
        select template_id, subject, body, body_text from templates
        where workspace_id = ${row.workspace_id} and template_id = any(${ids}::uuid[])`.execute(db)
    : { rows: [] }
  const window = await windowOf(row)
  return {
    campaign_id: row.campaign_id,
    workspace_id: row.workspace_id,
    user_id: row.user_id,
    mode: row.mode,
    postal_address: row.postal_address,
    steps: row.steps_config,
    templates: new Map(templates.rows.map((template) => [template.template_id, template])),
    senders: await loadSenders(db, row),
    system_prompt: row.system_prompt,
    unreviewed_launch_policy: row.unreviewed_launch_policy,
    variable_names: variableNames(row.columns, row.column_mapping),
    column_mapping: row.column_mapping,
    window,
    windowIn: windowsByZone(window),
  }
}

/** Contexts are believed for this long, so that an edited template reaches the next messages within a second. */
const BELIEVED_MS = 800

export type ContextCache = (campaignId: string) => Promise<SendingContext | null>

export const createContextCache = (db: Db): ContextCache => {
  const cache = new Map<string, { at: number; context: Promise<SendingContext | null> }>()
  return (campaignId) => {
    const known = cache.get(campaignId)
    if (known && systemNowMs() - known.at < BELIEVED_MS) return known.context
    const context = loadSendingContext(db, campaignId)
    if (cache.size > 500) cache.clear()
    cache.set(campaignId, { at: systemNowMs(), context })
    context.catch(() => cache.delete(campaignId))
    return context
  }
}
