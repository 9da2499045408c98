import { defineOperation, type Operation } from '../../http/define-operation.ts'
import { readOverview } from './read-overview.ts'
import { Overview, OverviewQuery } from './schema.ts'

const overview = defineOperation({
  id: 'get_overview',
  method: 'GET',
  path: '/api/v1/overview',
  tag: 'overview',
  source: 'ours',
  summary: 'What waits for a person, what went out and what came back',
  description:
    'Figures of messages belong to the day on which they left, whenever what is counted about them happened; answers to the day on which they came.',
  access: 'campaigns:read',
  impact: 'read',
  query: OverviewQuery,
  responses: { 200: Overview },
  handle: ({ workspace, query, now }, deps) => readOverview(deps.db, workspace, query.days, now),
})

export const operations: Operation[] = [overview]
