import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, pageEnvelope, readPage } from '../../http/pagination.ts'
import { timestamp } from '../../http/params.ts'
import { isTerminalLeadStatus } from '../campaigns/lead-state.ts'
import { CampaignParams } from '../campaigns/schema.ts'
import { stopLeads } from '../campaigns/stop-lead.ts'
import { explainLead } from './explain-lead.ts'
import { findLead, listEvents, listLeads } from './queries.ts'
import {
  CampaignLead,
  CampaignLeadDetail,
  CampaignLeadEvents,
  CampaignLeadList,
  LeadEventsQuery,
  LeadExplanation,
  LeadListQuery,
  LeadParams,
} from './schema.ts'

const list = defineOperation({
  id: 'list_campaign_leads',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/leads',
  tag: 'campaigns',
  summary: 'List campaign leads',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  query: LeadListQuery,
  responses: { 200: CampaignLeadList },
  handle: async ({ workspace, params, query, query_given }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [z.uuid()] })
    const found = await listLeads(
      deps.db,
      {
        workspace_id: workspace.workspace_id,
        campaign_id: params.campaign_id,
        status: query.status_filter,
        search: query.search,
        text_state: query.text_state,
      },
      page,
    )
    if (!found) throw notFound()
    return pageEnvelope(found.rows, page, found.total, (row) => [row.campaign_lead_id])
  },
})

const get = defineOperation({
  id: 'get_campaign_lead',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}',
  tag: 'campaigns',
  summary: 'Read a campaign lead',
  description: 'One lead by its id, as the list has it, with what it waits for; its timeline is at events_path.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  params: LeadParams,
  responses: { 200: CampaignLeadDetail },
  handle: async ({ workspace, params, now }, deps) => {
    const { campaign_id, campaign_lead_id } = params
    const lead = await findLead(deps.db, workspace.workspace_id, campaign_id, campaign_lead_id)
    if (!lead) throw notFound()
    const explanation = await explainLead(deps, workspace, campaign_id, campaign_lead_id, now)
    const events_path = `/api/v1/campaigns/${campaign_id}/leads/${campaign_lead_id}/events`
    return { ...lead, explanation, events_path }
  },
})

const events = defineOperation({
  id: 'get_lead_events',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/events',
  tag: 'campaigns',
  summary: 'Lead timeline',
  description: 'Everything that happened to one lead, oldest first.',
  access: 'campaigns:read',
  impact: 'read',
  params: LeadParams,
  query: LeadEventsQuery,
  responses: { 200: CampaignLeadEvents },
  handle: async ({ workspace, params, query, query_given }, deps) => {
    if (!(await findLead(deps.db, workspace.workspace_id, params.campaign_id, params.campaign_lead_id)))
      throw notFound()
    const page = readPage(query, query_given, { size: 100, key: [timestamp, z.uuid()] })
    const { rows, total } = await listEvents(deps.db, params.campaign_lead_id, page)
    return { ...params, ...cutPage(rows, page, (row) => [row.occurred_at.toISOString(), row.event_id]), total }
  },
})

const explain = defineOperation({
  id: 'explain_campaign_lead',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/explain',
  tag: 'campaigns',
  summary: 'Explain what a lead waits for',
  description:
    'What happens next for this lead, when, and which limit binds: cap, interval, window, holiday, suppression or the campaign’s state.',
  access: 'campaigns:read',
  impact: 'read',
  source: 'ours',
  params: LeadParams,
  responses: { 200: LeadExplanation },
  handle: ({ workspace, params, now }, deps) =>
    explainLead(deps, workspace, params.campaign_id, params.campaign_lead_id, now),
})

const stop = defineOperation({
  id: 'stop_campaign_lead',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/leads/{campaign_lead_id}/stop',
  tag: 'campaigns',
  summary: 'Stop a lead',
  description:
    'Nothing more is sent to this lead in this campaign; what is queued is withdrawn. Stopping one that has ended already changes nothing.',
  access: 'campaigns:write',
  impact: 'write',
  source: 'ours',
  params: LeadParams,
  body: z.object({ reason: z.string().min(1).max(500).optional() }).meta({ id: 'LeadStopRequest' }),
  body_optional: true,
  responses: { 200: CampaignLead },
  handle: ({ principal, workspace, params, body, now }, deps) =>
    transaction(deps.db, async (tx) => {
      const lead = await findLead(tx, workspace.workspace_id, params.campaign_id, params.campaign_lead_id)
      if (!lead) throw notFound()
      if (isTerminalLeadStatus(lead.status)) return lead
      await stopLeads(tx, {
        workspace_id: workspace.workspace_id,
        campaign_lead_id: params.campaign_lead_id,
        everywhere: false,
        status: 'stopped',
        reason: body?.reason ?? `stopped by ${principal.email ?? 'an API key'}`,
        event: { type: 'stopped' },
        now,
      })
      return findLead(tx, workspace.workspace_id, params.campaign_id, params.campaign_lead_id)
    }),
})

export const operations: Operation[] = [list, get, events, explain, stop]
