import { answer, defineOperation, type Operation } from '../../http/define-operation.ts'
import { productVersion } from './product-version.ts'
import { Capabilities, capabilities, HealthResponse, ReadinessResponse, SystemStatusResponse } from './schema.ts'
import { overall, readSystemState } from './system-state.ts'

const liveness = (id: string, path: string, summary: string): Operation =>
  defineOperation({
    id,
    method: 'GET',
    path,
    tag: 'health',
    summary,
    description: 'Says that the process runs; touches nothing.',
    access: 'public',
    impact: 'read',
    responses: { 200: HealthResponse },
    handle: async (request) => ({ status: 'healthy', timestamp: request.now }),
  })

const readiness = defineOperation({
  id: 'readiness_check',
  method: 'GET',
  path: '/api/v1/ready',
  tag: 'health',
  summary: 'Readiness',
  description: 'Whether database, queue and mail can be used; 503 while one cannot.',
  access: 'public',
  impact: 'read',
  responses: { 200: ReadinessResponse, 503: ReadinessResponse },
  handle: async (request, deps) => {
    const state = await readSystemState(deps)
    const services = Object.fromEntries(
      Object.entries(state).map(([name, { status }]) => [name, status !== 'unhealthy']),
    )
    const ready = Object.values(services).every(Boolean)
    return answer(ready ? 200 : 503, { status: ready ? 'ready' : 'not_ready', services, timestamp: request.now })
  },
})

const systemStatus = defineOperation({
  id: 'system_status',
  method: 'GET',
  path: '/api/v1/api/v1/status',
  tag: 'health',
  summary: 'Status of all components',
  description:
    '200 while healthy or degraded but usable, 503 when a critical part is down. The doubled prefix is real.',
  access: 'public',
  impact: 'read',
  responses: { 200: SystemStatusResponse, 503: SystemStatusResponse },
  handle: async (request, deps) => {
    const services = await readSystemState(deps)
    const status = overall(services)
    return answer(status === 'unhealthy' ? 503 : 200, {
      status,
      services,
      version: productVersion(),
      timestamp: request.now,
    })
  },
})

const getCapabilities = defineOperation({
  id: 'get_capabilities',
  method: 'GET',
  path: '/api/v1/capabilities',
  tag: 'capabilities',
  summary: 'Feature flags',
  description: 'What this instance can do. Cheap; a client reads it on start and when its window comes back.',
  access: 'credential',
  impact: 'read',
  responses: { 200: Capabilities },
  handle: async (request, deps) => ({
    ...capabilities,
    google_sheets: deps.sheets.kindFor(request.workspace) !== null,
    language_models: (await deps.llm(request.workspace.workspace_id)).has_model,
  }),
})

export const operations: Operation[] = [
  liveness('root_health_check', '/health', 'Container liveness'),
  liveness('health_check', '/api/v1/health', 'Liveness'),
  readiness,
  systemStatus,
  getCapabilities,
]
