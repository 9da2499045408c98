import { z } from 'zod'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { pageEnvelope, readPage } from '../../http/pagination.ts'
import { ratesOf } from '../campaign-stats/rates.ts'
import { deleteCampaign, pauseCampaign, resumeCampaign } from './change-state.ts'
import { createCampaign } from './create-campaign.ts'
import { launchCampaign, requireTransport } from './launch-campaign.ts'
import { preflight } from './preflight.ts'
import { previewTemplate } from './preview-template.ts'
import { findCampaign, findLaunch, listCampaigns, listLaunchWarnings } from './queries.ts'
import {
  Campaign,
  CampaignCreateRequest,
  CampaignList,
  CampaignListQuery,
  CampaignParams,
  CampaignUpdateRequest,
  LaunchPreflight,
  LaunchResult,
  LaunchWarnings,
  TemplatePreview,
  TemplatePreviewQuery,
} from './schema.ts'
import { updateCampaign } from './update-campaign.ts'

const list = defineOperation({
  id: 'list_campaigns',
  method: 'GET',
  path: '/api/v1/campaigns/',
  tag: 'campaigns',
  summary: 'List campaigns',
  description:
    'Newest first. One style of paging at a time: page and page_size, limit and offset, or limit and cursor. With include_figures each comes with what it has sent and what came back, so that a screen of many asks once.',
  access: 'campaigns:read',
  impact: 'read',
  query: CampaignListQuery,
  responses: { 200: CampaignList },
  handle: async ({ workspace, query, query_given }, deps) => {
    const page = readPage(query, query_given, { size: 20, key: [z.uuid()] })
    const { rows, total } = await listCampaigns(
      deps.db,
      { workspace_id: workspace.workspace_id, status: query.status_filter, search: query.search, name: query.name },
      page,
      query,
    )
    const shown = rows.map((row) =>
      row.figures ? { ...row, figures: { ...row.figures, ...ratesOf(row.figures) } } : row,
    )
    return pageEnvelope(shown, page, total, (row) => [row.campaign_id])
  },
})

const create = defineOperation({
  id: 'create_campaign',
  method: 'POST',
  path: '/api/v1/campaigns/',
  tag: 'campaigns',
  summary: 'Create a campaign',
  description:
    'Makes a draft; nothing is sent until it is launched. Dataset, aliases and templates must be the workspace’s. With an Idempotency-Key a retry makes no second one.',
  access: 'campaigns:write',
  impact: 'write',
  body: CampaignCreateRequest,
  responses: { 201: Campaign },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'CHANNEL_NOT_AVAILABLE'],
  handle: ({ principal, body, now }, deps) => createCampaign(deps, principal, body, now),
})

const get = defineOperation({
  id: 'get_campaign',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}',
  tag: 'campaigns',
  summary: 'Read a campaign',
  description: 'Poll it after a launch to see launching turn into active, scheduled or failed.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: Campaign },
  handle: async ({ workspace, params }, deps) => {
    const campaign = await findCampaign(deps.db, workspace.workspace_id, params.campaign_id)
    if (!campaign) throw notFound()
    return campaign
  },
})

const update = defineOperation({
  id: 'update_campaign',
  method: 'PATCH',
  path: '/api/v1/campaigns/{campaign_id}',
  tag: 'campaigns',
  summary: 'Change a campaign',
  description:
    'Absent fields keep their value; null clears those that may be empty. What is locked after the launch is a 409 that says why.',
  access: 'campaigns:write',
  impact: 'write',
  params: CampaignParams,
  body: CampaignUpdateRequest,
  responses: { 200: Campaign },
  errors: ['BAD_REQUEST', 'NOT_FOUND', 'CAMPAIGN_FIELD_LOCKED', 'CHANNEL_NOT_AVAILABLE'],
  handle: ({ principal, params, body, now }, deps) => updateCampaign(deps, principal, params.campaign_id, body, now),
})

const remove = defineOperation({
  id: 'delete_campaign',
  method: 'DELETE',
  path: '/api/v1/campaigns/{campaign_id}',
  tag: 'campaigns',
  summary: 'Delete a campaign',
  description: 'Stops it first. Leads, drafts and waiting messages go; sent mail, events and figures stay.',
  access: 'campaigns:write',
  impact: 'destructive',
  params: CampaignParams,
  responses: { 204: null },
  handle: async ({ principal, params, now }, deps) => deleteCampaign(deps, principal, params.campaign_id, now),
})

const launch = defineOperation({
  id: 'launch_campaign',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/launch',
  tag: 'campaigns',
  summary: 'Launch a campaign',
  description:
    'Turns dataset rows into leads in a background job and starts the campaign, or leaves it scheduled. Rows that cannot be used are skipped and reported.',
  access: 'campaigns:write',
  impact: 'sends',
  params: CampaignParams,
  responses: { 200: LaunchResult },
  errors: [
    'SENDING_BLOCKED',
    'BAD_REQUEST',
    'INSUFFICIENT_CREDITS',
    'CAMPAIGN_STATE',
    'LAUNCH_BLOCKED',
    'MAIL_NOT_CONFIGURED',
    'CHANNEL_NOT_AVAILABLE',
  ],
  handle: ({ principal, params, now }, deps) => launchCampaign(deps, principal, params.campaign_id, now),
})

const check = defineOperation({
  id: 'launch_preflight',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/launch-preflight',
  tag: 'campaigns',
  summary: 'Check launch readiness',
  description: 'Runs the launch checks without changing anything, and forecasts when everything would have gone out.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: LaunchPreflight },
  errors: ['MAIL_NOT_CONFIGURED'],
  handle: async ({ workspace, params, now }, deps) => {
    const campaign = await findCampaign(deps.db, workspace.workspace_id, params.campaign_id)
    if (!campaign) throw notFound()
    await requireTransport(deps, workspace)
    return {
      campaign_id: campaign.campaign_id,
      ...(await preflight(deps, workspace, campaign, now)),
    }
  },
})

const warnings = defineOperation({
  id: 'get_launch_warnings',
  method: 'GET',
  path: '/api/v1/campaigns/{campaign_id}/launch-warnings',
  tag: 'campaigns',
  summary: 'Stored launch warnings',
  description: 'What the last launch found; empty when the campaign was never launched.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  responses: { 200: LaunchWarnings },
  handle: async ({ workspace, params }, deps) => {
    const launched = await findLaunch(deps.db, workspace.workspace_id, params.campaign_id)
    if (!launched) throw notFound()
    const found = await listLaunchWarnings(deps.db, workspace.workspace_id, params.campaign_id)
    return {
      campaign_id: params.campaign_id,
      warnings: found,
      summary: launched.launch_summary,
      launched_at: launched.launched_at,
    }
  },
})

const pause = defineOperation({
  id: 'pause_campaign',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/pause',
  tag: 'campaigns',
  summary: 'Pause a campaign',
  description: 'Stops everything that no connection has claimed yet. Messages already handed over still go out.',
  access: 'campaigns:write',
  impact: 'write',
  params: CampaignParams,
  responses: { 200: Campaign },
  errors: ['BAD_REQUEST', 'CAMPAIGN_STATE'],
  handle: ({ principal, params, now }, deps) => pauseCampaign(deps, principal, params.campaign_id, now),
})

const resume = defineOperation({
  id: 'resume_campaign',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/resume',
  tag: 'campaigns',
  summary: 'Resume a campaign',
  description: 'Puts a paused campaign back to work. Nothing is caught up in a burst.',
  access: 'campaigns:write',
  impact: 'sends',
  params: CampaignParams,
  responses: { 200: Campaign },
  errors: ['BAD_REQUEST', 'CAMPAIGN_STATE', 'SENDING_BLOCKED'],
  handle: ({ principal, params, now }, deps) => resumeCampaign(deps, principal, params.campaign_id, now),
})

const preview = defineOperation({
  id: 'preview_template_substitution',
  method: 'POST',
  path: '/api/v1/campaigns/{campaign_id}/template-preview',
  tag: 'campaign-personalization',
  summary: 'Preview placeholder filling',
  description:
    'Renders a TEMPLATE variant for one dataset row, as it would be sent. Nothing is stored. step_index counts from 0 here.',
  access: 'campaigns:read',
  impact: 'read',
  params: CampaignParams,
  query: TemplatePreviewQuery,
  responses: { 200: TemplatePreview },
  errors: ['BAD_REQUEST'],
  handle: ({ workspace, params, query, now }, deps) =>
    previewTemplate(deps, workspace.workspace_id, params.campaign_id, query, now),
})

export const operations: Operation[] = [
  list,
  create,
  get,
  update,
  remove,
  launch,
  check,
  warnings,
  pause,
  resume,
  preview,
]
