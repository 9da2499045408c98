import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { idParam } from '../../http/params.ts'
import { countAlerts, listAlerts, markRead } from './queries.ts'
import { AlertParams, AlertsQuery, UserAlert, UserAlertListResponse } from './schema.ts'

const getAlerts = defineOperation({
  id: 'get_alerts',
  method: 'GET',
  path: '/api/v1/notifications/alerts',
  tag: 'notifications',
  summary: 'List my alerts',
  description: 'Alerts of the workspace, newest first; unread ones only unless unread_only is false.',
  access: 'notifications:read',
  impact: 'read',
  query: AlertsQuery,
  responses: { 200: UserAlertListResponse },
  handle: async ({ query, query_given, workspace: { workspace_id } }, deps) => {
    const page = readPage(query, query_given, { size: 50, key: [idParam] })
    const rows = await listAlerts(deps.db, workspace_id, query.unread_only, page)
    const { total, unread } = await countAlerts(deps.db, workspace_id)
    return {
      ...cutPage(rows, page, (row) => [row.alert_id]),
      unread_count: unread,
      total: query.unread_only ? unread : total,
    }
  },
})

const markAlertRead = defineOperation({
  id: 'mark_alert_read',
  method: 'PATCH',
  path: '/api/v1/notifications/alerts/{alert_id}/read',
  tag: 'notifications',
  summary: 'Mark an alert as read',
  description: 'Repeating it keeps the first read_at.',
  access: 'notifications:write',
  impact: 'write',
  params: AlertParams,
  responses: { 200: UserAlert },
  errors: ['NOT_FOUND'],
  handle: async ({ params, workspace, now }, deps) => {
    const alert = await markRead(deps.db, workspace.workspace_id, params.alert_id, now)
    if (!alert) throw notFound()
    return alert
  },
})

export const operations: Operation[] = [getAlerts, markAlertRead]
