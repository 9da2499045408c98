import { z } from 'zod'
import { transaction } from '../../db/transaction.ts'
import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { invalid, notFound } from '../../http/errors.ts'
import { pageEnvelope, readPage } from '../../http/pagination.ts'
import { newId } from '../../ids.ts'
import { recheckApprovalsUsing } from '../playground/recheck-approvals.ts'
import { previewText } from './preview-text.ts'
import {
  countTemplates,
  deleteTemplateRow,
  detachTemplate,
  findTemplate,
  insertTemplate,
  listTemplates,
  updateTemplateRow,
} from './queries.ts'
import {
  Template,
  type TemplateContent,
  TemplateCreateRequest,
  TemplateList,
  TemplateListQuery,
  TemplateParams,
  TemplateUpdateRequest,
  TextPreview,
  TextPreviewRequest,
} from './schema.ts'
import { contentProblems } from './template-content.ts'

const tag = 'templates'
const missing = () => notFound('There is no such template in this workspace.')

const refuseMistakes = (content: TemplateContent): void => {
  const details = contentProblems(content)
  if (details.length) throw invalid(details)
}

const listTemplatesOperation = defineOperation({
  id: 'list_templates',
  method: 'GET',
  path: '/api/v1/templates/',
  tag,
  summary: 'List templates',
  description: 'The workspace’s e-mail templates, newest first.',
  access: 'templates:read',
  impact: 'read',
  query: TemplateListQuery,
  responses: { 200: TemplateList },
  handle: async (request, deps) => {
    const { workspace_id } = request.workspace
    const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
    const rows = await listTemplates(deps.db, workspace_id, page)
    const total = await countTemplates(deps.db, workspace_id)
    return pageEnvelope(rows, page, total, (row) => [row.template_id])
  },
})

const createTemplate = defineOperation({
  id: 'create_template',
  method: 'POST',
  path: '/api/v1/templates/',
  tag,
  summary: 'Create a template',
  description:
    'Stores a reusable subject and body. Placeholders in double braces, such as {{first_name}}, are filled from the lead’s row when the message is sent. Mistakes in the template are refused with their line and column.',
  access: 'templates:write',
  impact: 'write',
  body: TemplateCreateRequest,
  responses: { 201: Template },
  handle: async ({ workspace, principal, body, now }, deps) => {
    refuseMistakes(body.content)
    return insertTemplate(deps.db, {
      template_id: newId(),
      workspace_id: workspace.workspace_id,
      user_id: principal.user_id,
      name: body.name,
      content: body.content,
      now,
    })
  },
})

const getTemplate = defineOperation({
  id: 'get_template',
  method: 'GET',
  path: '/api/v1/templates/{template_id}',
  tag,
  summary: 'Read a template',
  access: 'templates:read',
  impact: 'read',
  params: TemplateParams,
  responses: { 200: Template },
  handle: async ({ workspace, params }, deps) => {
    const template = await findTemplate(deps.db, workspace.workspace_id, params.template_id)
    if (!template) throw missing()
    return template
  },
})

const updateTemplate = defineOperation({
  id: 'update_template',
  method: 'PATCH',
  path: '/api/v1/templates/{template_id}',
  tag,
  summary: 'Change a template',
  description:
    'Absent fields stay as they are; content is replaced as a whole. Campaigns that use the template render the new text from then on; approvals of its text that were not sent yet are void.',
  access: 'templates:write',
  impact: 'write',
  params: TemplateParams,
  body: TemplateUpdateRequest,
  responses: { 200: Template },
  handle: async ({ workspace, params, body, now }, deps) => {
    if (body.content) refuseMistakes(body.content)
    return transaction(deps.db, async (tx) => {
      const template = await updateTemplateRow(tx, workspace.workspace_id, params.template_id, {
        name: body.name ?? null,
        content: body.content ?? null,
        now,
      })
      if (!template) throw missing()
      const { workspace_id } = workspace
      if (body.content)
        await recheckApprovalsUsing(tx, deps.secrets, { workspace_id, template_id: params.template_id, now })
      return template
    })
  },
})

const deleteTemplate = defineOperation({
  id: 'delete_template',
  method: 'DELETE',
  path: '/api/v1/templates/{template_id}',
  tag,
  summary: 'Delete a template',
  description: 'Campaign steps that point at it keep existing with template_id set to null.',
  access: 'templates:write',
  impact: 'destructive',
  params: TemplateParams,
  responses: { 204: null },
  handle: ({ workspace, params, now }, deps) =>
    transaction(deps.db, async (tx) => {
      const templateId = params.template_id.toLowerCase()
      if (!(await deleteTemplateRow(tx, workspace.workspace_id, templateId))) throw missing()
      await detachTemplate(tx, workspace.workspace_id, templateId, now)
    }),
})

const previewTextOperation = defineOperation({
  id: 'preview_text',
  method: 'POST',
  path: '/api/v1/templates/preview',
  tag,
  summary: 'Preview a text',
  description:
    'Renders a subject and body that need not be stored for a row of a dataset or a lead, as it would be sent, with the footer. Names what is left blank; mistakes in the template are refused with their line and column. Nothing is stored.',
  access: 'templates:read',
  impact: 'read',
  source: 'ours',
  body: TextPreviewRequest,
  responses: { 200: TextPreview },
  errors: ['NOT_FOUND'],
  handle: ({ workspace, body, now }, deps) => previewText(deps, workspace.workspace_id, body, now),
})

export const operations: Operation[] = [
  listTemplatesOperation,
  createTemplate,
  getTemplate,
  updateTemplate,
  deleteTemplate,
  previewTextOperation,
]
