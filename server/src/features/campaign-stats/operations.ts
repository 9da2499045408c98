import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { CampaignParams } from '../campaigns/schema.ts'
import { type AllFigures, readAggregate, readCampaignFigures, readClicks, readStepFigures } from './queries.ts'
import { ratesOf } from './rates.ts'
import { CampaignAggregateStats, CampaignClickStats, CampaignStats, CampaignStepPerformance } from './schema.ts'

const NOTHING: AllFigures = {
  sent: 0,
  delivered: 0,
  opened: 0,
  clicked: 0,
  replied: 0,
  bounced: 0,
  complained: 0,
  unsubscribed: 0,
  failed: 0,
  unknown: 0,
  machine_opened: 0,
  machine_clicked: 0,
}

const stats = defineOperation({
  id: 'get_campaign_stats',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/stats',
  tag: 'campaigns',
  summary: 'Campaign stats',
  description: 'A campaign is through when queued and in_flight are both 0.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: CampaignStats },
  handle: async ({ workspace, params }, deps) => {
    const found = await readCampaignFigures(deps.db, workspace.workspace_id, params.campaign_id)
    if (!found) throw notFound()
    const { live, lead_status_counts, ...figures } = found
    return {
      campaign_id: params.campaign_id,
      ...figures,
      ...ratesOf(figures),
      // Every live lead has a step ahead of it; one whose message is in flight has been handed over already.
      queued: Math.max(0, live - figures.in_flight),
      processed_leads: figures.total_leads - (lead_status_counts.pending ?? 0),
      lead_status_counts,
      linkedin: null,
    }
  },
})

const steps = defineOperation({
  id: 'get_step_performance',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/stats/step-performance',
  tag: 'campaigns',
  summary: 'Stats per step',
  description: 'Figures for every step, broken down by variant.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: CampaignStepPerformance },
  handle: async ({ workspace, params }, deps) => {
    const found = await readStepFigures(deps.db, workspace.workspace_id, params.campaign_id)
    if (!found) throw notFound()
    return {
      campaign_id: params.campaign_id,
      steps: found.steps.map((step) => {
        const rows = found.figures.filter((row) => row.step === step.step)
        const total = { ...NOTHING }
        for (const row of rows)
          for (const name of Object.keys(NOTHING) as (keyof AllFigures)[]) total[name] += row[name]
        return {
          step_index: step.step,
          channel: step.channel,
          action_type: step.action_type ?? null,
          pending: rows.reduce((sum, row) => sum + row.pending, 0),
          ...total,
          ...ratesOf(total),
          variants: step.variants.map((variant) => {
            const {
              step: _step,
              variant_label: _label,
              pending: _pending,
              ...figures
            } = {
              ...NOTHING,
              step: 0,
              pending: 0,
              variant_label: '',
              ...rows.find((row) => row.variant_label === variant.label),
            }
            return { label: variant.label, type: variant.type, ...figures, ...ratesOf(figures) }
          }),
        }
      }),
    }
  },
})

const aggregate = defineOperation({
  id: 'get_aggregate_stats',
  method: 'GET',
  path: '/api/v1/campaigns/aggregate-stats',
  tag: 'campaigns',
  summary: 'Stats over all campaigns',
  description: 'Figures of deleted campaigns stay in until retention; they are not counted among the campaigns.',
  access: 'campaigns:read',
  impact: 'read',
  responses: { 200: CampaignAggregateStats },
  handle: async ({ workspace }, deps) => {
    const { figures, ...campaigns } = await readAggregate(deps.db, workspace.workspace_id)
    const { unknown: _unknown, machine_opened: _opened, machine_clicked: _clicked, ...shown } = figures
    return { ...campaigns, ...shown, ...ratesOf(figures) }
  },
})

const clicks = defineOperation({
  id: 'get_campaign_click_stats',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/click-stats',
  tag: 'campaigns',
  summary: 'Click stats',
  description:
    'Only steps with track_clicks contribute; clicks by machines do not count. The 200 most followed links are listed.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: CampaignClickStats },
  handle: async ({ workspace, params }, deps) => {
    const found = await readClicks(deps.db, workspace.workspace_id, params.campaign_id)
    if (!found) throw notFound()
    const click_rate = found.tracked_emails
      ? Math.min(1, Math.round((found.unique_clicks / found.tracked_emails) * 10_000) / 10_000)
      : 0
    return { campaign_id: params.campaign_id, ...found, click_rate }
  },
})

export const operations: Operation[] = [aggregate, stats, steps, clicks]
