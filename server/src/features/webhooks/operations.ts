import { z } from 'zod'
import type { Deps } from '../../deps.ts'
import { answerEvents } from '../../http/answer-events.ts'
import {
  answer,
  defineOperation,
  eventStream,
  type Operation,
  type OperationRequest,
} from '../../http/define-operation.ts'
import { notFound } from '../../http/errors.ts'
import { cutPage, readPage } from '../../http/pagination.ts'
import { standardSecret } from '../../webhook-signature.ts'
import {
  changeEndpoint,
  deleteEndpoint,
  type EndpointRef,
  resendVerification,
  rotateSecret,
  testEndpoint,
  verifyEndpoint,
} from './change-endpoint.ts'
import { createEndpoint } from './create-endpoint.ts'
import { getEndpoint } from './endpoint-row.ts'
import { currentPosition, followEvents } from './event-stream.ts'
import { Envelope, EVENT_TYPES, eventTypeNames } from './event-types.ts'
import { listenForStream } from './listening.ts'
import { mailOperations } from './mail-operations.ts'
import {
  countDeliveries,
  countEndpoint,
  type DeliveryFilter,
  findDelivery,
  listDeliveries,
  listEndpoints,
} from './queries.ts'
import { receiveMailEvent } from './receive-event.ts'
import { registerOwnHook } from './register-own-hook.ts'
import { replayDelivery, startReplay } from './replay-deliveries.ts'
import {
  DeadLetterQuery,
  Delivery,
  DeliveryDetail,
  DeliveryList,
  DeliveryListQuery,
  DeliveryParams,
  Endpoint,
  EndpointCounts,
  EndpointCreate,
  EndpointCreated,
  EndpointList,
  EndpointParams,
  EndpointSecret,
  EndpointUpdate,
  EventTypeList,
  HookRegistration,
  ReceivedEvent,
  ReplayRequest,
  ReplayStarted,
  StatusOk,
  StreamQuery,
  TestEnqueued,
  VerifyRequest,
  WebhookError,
} from './schema.ts'

const tag = 'webhook-endpoints'
const PATH = '/api/v1/webhook-endpoints'
const source = 'ours' as const
const REGISTRATIONS_PER_MINUTE = 10
const DAYS_COUNTED = 30
const DAY_MS = 86_400_000

const refOf = (request: {
  workspace: OperationRequest['workspace']
  params: { endpoint_id: string }
}): EndpointRef => ({
  workspace_id: request.workspace.workspace_id,
  endpoint_id: request.params.endpoint_id,
  face: 'house',
})

const listWebhookEndpoints = defineOperation({
  id: 'list_webhook_endpoints',
  method: 'GET',
  path: PATH,
  tag,
  summary: 'List webhook endpoints',
  description: 'All of them, oldest first.',
  access: 'workspace:read',
  impact: 'read',
  source,
  responses: { 200: EndpointList },
  handle: async ({ workspace }, deps) => {
    const items = await listEndpoints(deps.db, workspace.workspace_id, false)
    return { items: items.map(shown), total: items.length, limit: deps.config.webhooks.endpoints }
  },
})

const listWebhookEventTypes = defineOperation({
  id: 'list_webhook_event_types',
  method: 'GET',
  path: `${PATH}/event-types`,
  tag,
  summary: 'List what can be subscribed to',
  description: 'Every type of event with what it means and the schema of its data.',
  access: 'workspace:read',
  impact: 'read',
  source,
  responses: { 200: EventTypeList },
  handle: async () => ({
    items: eventTypeNames.map((event_type) => {
      const { description, data } = EVENT_TYPES[event_type]
      return { event_type, description, data: z.toJSONSchema(data) }
    }),
  }),
})

/** Without the id of the workspace, which the caller knows. */
const shown = <Row extends { workspace_id: string }>({ workspace_id: _workspace_id, ...row }: Row) => row

const createWebhookEndpoint = defineOperation({
  id: 'create_webhook_endpoint',
  method: 'POST',
  path: PATH,
  tag,
  summary: 'Register a webhook endpoint',
  description:
    'Answers with the secret, which is shown only now, and posts a signed webhook.verification event with a code to the address. Nothing else is delivered until that code is given back.',
  access: 'workspace:write',
  impact: 'write',
  source,
  secret: true,
  calls_outside: true,
  body: EndpointCreate,
  responses: { 201: EndpointCreated },
  errors: ['WEBHOOK_LIMIT_REACHED'],
  handle: async ({ workspace, principal, body }, deps) => {
    const who = { workspace_id: workspace.workspace_id, user_id: principal.user_id }
    const made = await createEndpoint(deps, who, body, { verified: false })
    return { ...shown(made), signing_secret: standardSecret(made.secret) }
  },
})

const getWebhookEndpoint = defineOperation({
  id: 'get_webhook_endpoint',
  method: 'GET',
  path: `${PATH}/{endpoint_id}`,
  tag,
  summary: 'Get one webhook endpoint',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: EndpointParams,
  responses: { 200: Endpoint },
  handle: async (request, deps) =>
    shown(await getEndpoint(deps.db, request.workspace.workspace_id, request.params.endpoint_id, 'house')),
})

const updateWebhookEndpoint = defineOperation({
  id: 'update_webhook_endpoint',
  method: 'PATCH',
  path: `${PATH}/{endpoint_id}`,
  tag,
  summary: 'Change, pause or reactivate a webhook endpoint',
  access: 'workspace:write',
  impact: 'write',
  source,
  calls_outside: true,
  params: EndpointParams,
  body: EndpointUpdate,
  responses: { 200: Endpoint },
  errors: ['CONFLICT'],
  handle: async (request, deps) => shown(await changeEndpoint(deps, refOf(request), request.body)),
})

const deleteWebhookEndpoint = defineOperation({
  id: 'delete_webhook_endpoint',
  method: 'DELETE',
  path: `${PATH}/{endpoint_id}`,
  tag,
  summary: 'Delete a webhook endpoint',
  description: 'With its log of deliveries; what still waits is not delivered.',
  access: 'workspace:write',
  impact: 'destructive',
  source,
  params: EndpointParams,
  responses: { 204: null },
  handle: (request, deps) => deleteEndpoint(deps, refOf(request)),
})

const verifyWebhookEndpoint = defineOperation({
  id: 'verify_webhook_endpoint',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/verify`,
  tag,
  summary: 'Give back the code that was posted to the address',
  description: 'The endpoint is active from then on. A code is good for a day.',
  access: 'workspace:write',
  impact: 'write',
  source,
  params: EndpointParams,
  body: VerifyRequest,
  responses: { 200: Endpoint },
  errors: ['VERIFICATION_FAILED'],
  handle: async (request, deps) => shown(await verifyEndpoint(deps, refOf(request), request.body.verification_code)),
})

const resendWebhookVerification = defineOperation({
  id: 'resend_webhook_verification',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/resend-verification`,
  tag,
  summary: 'Post a new code to the address',
  description: 'The code before it is void.',
  access: 'workspace:write',
  impact: 'write',
  source,
  params: EndpointParams,
  responses: { 200: Endpoint },
  errors: ['CONFLICT'],
  handle: async (request, deps) => shown(await resendVerification(deps, refOf(request))),
})

const testWebhookEndpoint = defineOperation({
  id: 'test_webhook_endpoint',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/test`,
  tag,
  summary: 'Send a test event',
  description: 'Needs a verified and active endpoint; it alone gets the event, whatever it subscribes to.',
  access: 'workspace:write',
  impact: 'write',
  source,
  params: EndpointParams,
  responses: { 200: TestEnqueued },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    await testEndpoint(deps, refOf(request), request.now)
    return { status: 'test_event_enqueued' }
  },
})

const rotateWebhookSecret = defineOperation({
  id: 'rotate_webhook_secret',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/rotate-secret`,
  tag,
  summary: 'Replace the signing secret',
  description:
    'For 24 hours webhook-signature carries a signature by each; x-webhook-signature is by the new one at once.',
  access: 'workspace:write',
  impact: 'write',
  source,
  secret: true,
  params: EndpointParams,
  responses: { 200: EndpointSecret },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    const made = await rotateSecret(deps, refOf(request))
    return { ...made, signing_secret: standardSecret(made.secret) }
  },
})

const countWebhookDeliveries = defineOperation({
  id: 'get_webhook_endpoint_counts',
  method: 'GET',
  path: `${PATH}/{endpoint_id}/counts`,
  tag,
  summary: 'How an endpoint’s deliveries went',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: EndpointParams,
  responses: { 200: EndpointCounts },
  handle: async (request, deps) => {
    const { id } = await getEndpoint(deps.db, request.workspace.workspace_id, request.params.endpoint_id, 'house')
    const since = new Date(deps.clock.now().getTime() - (DAYS_COUNTED - 1) * DAY_MS)
    return countEndpoint(deps.db, id, since.toISOString().slice(0, 10))
  },
})

type ListRequest = {
  workspace: OperationRequest['workspace']
  query_given: ReadonlySet<string>
  query: Omit<DeliveryFilter, 'endpoint_id'> & { limit?: number; offset?: number; cursor?: string }
  params: { endpoint_id: string }
}

const showDeliveries = async (request: ListRequest, deps: Deps, only: Partial<DeliveryFilter>) => {
  const { id } = await getEndpoint(deps.db, request.workspace.workspace_id, request.params.endpoint_id, 'house')
  const { status, event_type, event_id } = request.query
  const filter: DeliveryFilter = { endpoint_id: id, status, event_type, event_id, ...only }
  const page = readPage(request.query, request.query_given, { size: 50, key: [z.uuid()] })
  const rows = await listDeliveries(deps.db, filter, page)
  return { ...cutPage(rows, page, (row) => [row.id]), total: await countDeliveries(deps.db, filter) }
}

const listWebhookDeliveries = defineOperation({
  id: 'list_webhook_deliveries',
  method: 'GET',
  path: `${PATH}/{endpoint_id}/deliveries`,
  tag,
  summary: 'The log of an endpoint’s deliveries',
  description: 'Newest first. Kept for WEBHOOK_KEPT_DAYS days.',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: EndpointParams,
  query: DeliveryListQuery,
  responses: { 200: DeliveryList },
  handle: (request, deps) => showDeliveries(request, deps, {}),
})

const listWebhookDeadLetters = defineOperation({
  id: 'list_webhook_dead_letters',
  method: 'GET',
  path: `${PATH}/{endpoint_id}/dead-letters`,
  tag,
  summary: 'What could not be delivered',
  description:
    'Deliveries that were given up after nine tries, by a 410, or when the endpoint was disabled. Newest first.',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: EndpointParams,
  query: DeadLetterQuery,
  responses: { 200: DeliveryList },
  handle: (request, deps) => showDeliveries(request, deps, { status: 'dead' }),
})

const noDelivery = () => notFound('There is no such delivery of this webhook.')

const getWebhookDelivery = defineOperation({
  id: 'get_webhook_delivery',
  method: 'GET',
  path: `${PATH}/{endpoint_id}/deliveries/{delivery_id}`,
  tag,
  summary: 'One delivery with its body and tries',
  access: 'workspace:read',
  impact: 'read',
  source,
  params: DeliveryParams,
  responses: { 200: DeliveryDetail },
  handle: async (request, deps) => {
    const endpoint = await findEndpointOf(request, deps)
    const found = endpoint && (await findDelivery(deps.db, endpoint, request.params.delivery_id))
    if (!found) throw noDelivery()
    return found
  },
})

/** Null where there is no such endpoint: a delivery of nothing is no delivery, and says so in the same words. */
const findEndpointOf = async (
  request: { workspace: OperationRequest['workspace']; params: { endpoint_id: string } },
  deps: Deps,
): Promise<string | null> => {
  const all = await listEndpoints(deps.db, request.workspace.workspace_id, false)
  return all.find(({ id }) => id === request.params.endpoint_id)?.id ?? null
}

const replayWebhookDelivery = defineOperation({
  id: 'replay_webhook_delivery',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/deliveries/{delivery_id}/replay`,
  tag,
  summary: 'Send one delivery’s event again',
  description: 'As a new delivery with the same event id and bytes.',
  access: 'workspace:write',
  impact: 'write',
  source,
  params: DeliveryParams,
  responses: { 202: Delivery },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    if (!(await findEndpointOf(request, deps))) throw noDelivery()
    const id = await replayDelivery(deps, refOf(request), request.params.delivery_id)
    const { body: _body, tries: _tries, ...made } = (await findDelivery(deps.db, request.params.endpoint_id, id)) ?? {}
    return made
  },
})

const replayWebhookEvents = defineOperation({
  id: 'replay_webhook_events',
  method: 'POST',
  path: `${PATH}/{endpoint_id}/replay`,
  tag,
  summary: 'Send the events of a stretch of time again',
  description:
    'A job queues every event published in that time that the endpoint subscribes to, with the same event ids. Events are kept for WEBHOOK_KEPT_DAYS days, and only of times when somebody listened.',
  access: 'workspace:write',
  impact: 'write',
  source,
  params: EndpointParams,
  body: ReplayRequest,
  responses: { 202: ReplayStarted },
  errors: ['CONFLICT'],
  handle: async (request, deps) => {
    const { from, to, ...range } = request.body
    const ref = { ...refOf(request), user_id: request.principal.user_id }
    return { job_id: await startReplay(deps, ref, { ...range, from: new Date(from), to: new Date(to) }) }
  },
})

const streamEvents = defineOperation({
  id: 'stream_events',
  method: 'GET',
  path: '/api/v1/events',
  tag: 'events',
  summary: 'Follow the workspace’s events live',
  description:
    'Server-sent events: what webhooks deliver, with the type as the event’s name and the same JSON as its data. After a break the header Last-Event-ID, or last_event_id, goes on where the stream was; what cannot be told any more is announced as stream.gap. Events are captured from the first stream on and for 24 hours after the last.',
  access: 'workspace:read',
  impact: 'read',
  source,
  query: StreamQuery,
  responses: { 200: eventStream(Envelope, 'One event for each that happens, with its position as id.') },
  handle: async ({ workspace, query, headers, log }, deps) => {
    const { workspace_id } = workspace
    const subscription = deps.event_hub.subscribe(workspace_id)
    try {
      const header = headers['last-event-id']
      const last = query.last_event_id ?? (typeof header === 'string' && /^\d{1,15}$/.test(header) ? header : null)
      await listenForStream(deps, workspace_id, deps.clock.now())
      const present = await currentPosition(deps.db, workspace_id)
      const from = last === null ? present : Math.min(Number(last), present)
      const leaving = new AbortController()
      const options = { from, resumes: last !== null, types: query.types ?? null }
      const events = followEvents(deps, workspace_id, options, subscription, leaving.signal)
      return answerEvents(events, {
        leave: () => {
          leaving.abort()
          subscription.close()
        },
        broken: (error) => {
          if (!leaving.signal.aborted) log.warn({ message: error.message }, 'an event stream broke off')
        },
      })
    } catch (error) {
      subscription.close()
      throw error
    }
  },
})

const reRegister = defineOperation({
  id: 're_register_bavimail_webhook',
  method: 'POST',
  path: '/api/v1/bavimail/webhooks/re-register',
  tag: 'bavimail-self-service',
  summary: 'Re-register my mail event webhook',
  description:
    'Makes sure that this workspace’s mail events reach this instance’s own receiver. One that is active and verified is left alone; one with five or more consecutive failures, a disabled_at, or is_active false is made anew. At most 10 calls a minute and user.',
  access: 'mail:write',
  impact: 'write',
  responses: { 200: HookRegistration },
  errors: ['UPSTREAM_ERROR', 'UNAVAILABLE'],
  handle: async ({ workspace, principal }, deps) => {
    await deps.rate_limiter.consume(`re-register:${principal.user_id}`, REGISTRATIONS_PER_MINUTE)
    const hook = await registerOwnHook(deps, { workspace_id: workspace.workspace_id, user_id: principal.user_id })
    const { status, id, url, event_types, is_active, is_verified, consecutive_failures, disabled_at } = hook
    const state = { url, event_types, is_active, is_verified, consecutive_failures, disabled_at }
    return { status, webhook_id: id, ...state, checked_at: deps.clock.now() }
  },
})

const receiverHealth = defineOperation({
  id: 'bavimail_webhook_health_check',
  method: 'GET',
  path: '/api/v1/webhooks/bavimail',
  tag: 'webhooks',
  summary: 'Probe the mail event receiver',
  description: 'Answers without authentication, so that a sender can check the address.',
  access: 'public',
  impact: 'read',
  responses: { 200: StatusOk },
  handle: async () => ({ status: 'ok' }),
})

const receiver = defineOperation({
  id: 'bavimail_webhook_handler',
  method: 'POST',
  path: '/api/v1/webhooks/bavimail',
  tag: 'webhooks',
  summary: 'Receive mail events',
  description:
    'Server to server. x-webhook-signature is the HMAC-SHA256 over x-webhook-timestamp, a dot and the raw body, keyed with the hex-decoded secret of the workspace’s hook; sha256= may stand before it. More than 300 seconds off is refused. x-webhook-endpoint-id, or an id in data, says whose hook it is. An event id that came before changes nothing.',
  access: 'webhook:bavimail',
  impact: 'write',
  body: ReceivedEvent,
  responses: { 200: StatusOk, 400: WebhookError, 403: WebhookError },
  handle: async ({ headers, raw_body }, deps) => {
    const { status, body } = await receiveMailEvent(deps, { headers, body: raw_body ?? '' })
    return answer(status, body)
  },
})

export const operations: Operation[] = [
  listWebhookEndpoints,
  listWebhookEventTypes,
  createWebhookEndpoint,
  getWebhookEndpoint,
  updateWebhookEndpoint,
  deleteWebhookEndpoint,
  verifyWebhookEndpoint,
  resendWebhookVerification,
  testWebhookEndpoint,
  rotateWebhookSecret,
  countWebhookDeliveries,
  listWebhookDeliveries,
  listWebhookDeadLetters,
  getWebhookDelivery,
  replayWebhookDelivery,
  replayWebhookEvents,
  streamEvents,
  reRegister,
  receiverHealth,
  receiver,
  ...mailOperations,
]
