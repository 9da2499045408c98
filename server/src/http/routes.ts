import { Readable } from 'node:stream'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Deps } from '../deps.ts'
import { type WorkspaceClockRow, workspaceNow } from '../ports/clock.ts'
import { isOpen, type Principal, type Scope } from './access.ts'
import type { Authenticator } from './authenticate.ts'
import {
  Answer,
  type FileLimit,
  isEventStream,
  isFileResponse,
  isMultipart,
  type Operation,
  type OperationRequest,
  type ResponseShape,
} from './define-operation.ts'
import { ApiError, type Detail, errorBody, invalid, mailErrorBody, problem, statusOn, surfaceOf } from './errors.ts'
import {
  hashRequest,
  type KeyedRequest,
  keyProblem,
  runOnceInside,
  runOnceReserved,
  type Stored,
} from './idempotency.ts'
import { authenticateIntegration } from './integration-signature.ts'
import { findUnstorable, problemsOf, type ReadMultipart, readMultipart } from './request-body.ts'

/** Limit for requests of a session, which the contract leaves without headers: enough for any dashboard. */
const SESSION_REQUESTS_PER_MINUTE = 12_000

export const routePath = (path: string): string => path.replace(/\{([^}]+)\}/g, ':$1')

export const successStatus = (operation: Operation): number =>
  Math.min(
    ...Object.keys(operation.responses)
      .map(Number)
      .filter((status) => status < 400),
  )

/** Registers every operation. The order of checks is HOUSE.md §4's: credential, access, rate, key, shape, then the handler. */
export const registerOperations = (
  app: FastifyInstance,
  operations: Operation[],
  deps: Deps,
  authenticator: Authenticator,
): void => {
  for (const operation of operations) {
    app.route({
      method: operation.method,
      url: routePath(operation.path),
      config: { operation: operation.id, is_signed: operation.access.startsWith('webhook:') } as FastifyContextConfig,
      ...(operation.body_bytes ? { bodyLimit: operation.body_bytes(deps.config) } : {}),
      handler: (request, reply) => serve(operation, request, reply, deps, authenticator),
    })
  }
}

/** How the JSON body of an operation looks, where it takes one. */
export const jsonBodyOf = (operation: Operation): z.ZodType | undefined =>
  isMultipart(operation.body) ? operation.body.json : operation.body

const fileLimit = (limit: FileLimit | undefined, config: Deps['config']): { maxBytes: number; setting: string } => {
  if (limit === 'attachment') return { maxBytes: config.attachments.max_bytes, setting: 'ATTACHMENT_MAX_BYTES' }
  if (limit === 'extraction') return { maxBytes: config.extractions.max_bytes, setting: 'EXTRACTION_MAX_BYTES' }
  return { maxBytes: config.uploads.max_bytes, setting: 'UPLOAD_MAX_BYTES' }
}

const checkAccess = (operation: Operation, principal: Principal): void => {
  const { access } = operation
  if (isOpen(access) || access === 'credential' || access === 'integration') return
  const sessionOnly = access === 'session' || access.startsWith('session:')
  if (sessionOnly && principal.kind !== 'session') throw problem('SESSION_REQUIRED')
  const scope = (access === 'session' ? null : access.replace(/^session:/, '')) as Scope | null
  if (scope && !principal.scopes.has(scope))
    throw principal.kind === 'api_key'
      ? problem('MISSING_SCOPE', `This needs the scope ${scope}.`)
      : problem('FORBIDDEN', `Your role in this workspace (${principal.role}) does not include ${scope}.`)
}

/** The mail service's clients send their key as x-api-key; everybody else, and they too, may send it as a bearer token. */
const credentialHeaders = (
  operation: Operation,
  request: FastifyRequest,
): Parameters<Authenticator['principalOf']>[0] => {
  const key = request.headers['x-api-key']
  if (surfaceOf(operation.path) === 'mail' && request.headers.authorization === undefined && typeof key === 'string')
    return { ...request.headers, authorization: `Bearer ${key}` } as never
  return request.headers as never
}

const serve = async (
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Deps,
  authenticator: Authenticator,
): Promise<unknown> => {
  const systemNow = deps.clock.now()
  const principal =
    isOpen(operation.access) || operation.access === 'integration'
      ? null
      : await authenticator.principalOf(credentialHeaders(operation, request))
  if (operation.access === 'integration') {
    const { id } = await authenticateIntegration(
      request,
      { db: deps.db, integrations: deps.config.integrations },
      systemNow,
    )
    await deps.rate_limiter.consume(`integration:${id}`, SESSION_REQUESTS_PER_MINUTE)
  }
  if (principal) {
    checkAccess(operation, principal)
    if (principal.kind === 'api_key')
      reply.headers(
        await deps.rate_limiter.consume(`key:${principal.credential_id}`, principal.workspace.requests_per_minute),
      )
    else await deps.rate_limiter.consume(`user:${principal.user_id}`, SESSION_REQUESTS_PER_MINUTE)
  }

  let upload: ReadMultipart | null = null
  try {
    if (isMultipart(operation.body) && !(operation.body.json && !request.isMultipart()))
      upload = await readMultipart(request, operation.body, {
        folder: deps.config.data_dir,
        ...fileLimit(operation.body.limit, deps.config),
      })
    const parsed = parse(operation, request, upload)
    const now = principal ? workspaceNow(await clockOf(principal.workspace, deps), systemNow) : systemNow
    const made: OperationRequest<never, never, never> = {
      ...(parsed as { params: never; query: never; body: never }),
      id: request.id,
      principal: principal as Principal,
      workspace: principal?.workspace as Principal['workspace'],
      now,
      query_given: new Set(Object.keys(request.query as object)),
      headers: request.headers,
      raw_body: request.raw_body ?? null,
      ip: request.ip,
      url: request.url,
      log: request.log as OperationRequest['log'],
    }
    // A stream of events cannot be replayed, so it takes no notice of the key (DOMAIN.md §8).
    const isKeyed = operation.method !== 'GET' && !Object.values(operation.responses).some(isKeyless)
    const key = isKeyed ? request.headers['idempotency-key'] : undefined
    if (key === undefined || !principal) return await send(operation, reply, deps, await operation.handle(made, deps))

    const wrong = keyProblem(String(key))
    if (wrong) throw invalid([{ loc: ['header', 'Idempotency-Key'], msg: wrong, type: 'value_error' }])
    const keyed: KeyedRequest = {
      scope: `${principal.workspace.workspace_id}:${principal.credential_id}:${operation.method}:${request.url.split('?')[0]}`,
      key: String(key),
      hash: hashRequest(request.url, upload ? upload.digest : JSON.stringify(request.body ?? null)),
      now: systemNow,
      process_id: deps.process_id,
      secret: operation.secret ?? false,
    }
    const run = async (inside: Deps): Promise<Stored> => storable(operation, deps, await operation.handle(made, inside))
    let fresh: Stored | null = null
    const handle = async (inside: Deps): Promise<Stored> => {
      fresh = await run(inside)
      return fresh
    }
    const stored = operation.calls_outside
      ? await runOnceReserved(deps.db, keyed, () => handle(deps))
      : await runOnceInside(deps.db, keyed, (tx) => handle({ ...deps, db: tx }))
    const out = fresh ?? stored
    reply.code(out.status).headers(out.headers)
    return reply.send(out.body ?? undefined)
  } finally {
    await upload?.dispose()
  }
}

const isKeyless = (shape: ResponseShape): boolean => shape !== null && isEventStream(shape)

/** A sandbox's clock moves by jobs, so it is read with each request; the believed credential may be older than its last jump. */
const clockOf = async (workspace: Principal['workspace'], deps: Deps): Promise<WorkspaceClockRow> => {
  if (workspace.mode === 'live') return workspace
  const found =
    await sql<WorkspaceClockRow>`select clock_offset_ms, clock_frozen_at from workspaces where id = ${workspace.workspace_id}`.execute(
      deps.db,
    )
  return found.rows[0] ?? workspace
}

type Shaped = { params: unknown; query: unknown; body: unknown }

/** Parses params, query and body, and reports the problems of all three at once. A path id of the wrong shape is a 422 too. */
const parse = (operation: Operation, request: FastifyRequest, upload: ReadMultipart | null): Shaped => {
  const details: Detail[] = []
  const out: Shaped = { params: undefined, query: undefined, body: undefined }
  const check = (
    schema: z.ZodType | undefined,
    value: unknown,
    at: 'path' | 'query' | 'body',
    into: keyof Shaped,
  ): void => {
    if (!schema) return
    const unstorable = findUnstorable(value, [at])
    if (unstorable.length) {
      details.push(...unstorable)
      return
    }
    const result = schema.safeParse(value)
    if (result.success) out[into] = result.data
    else details.push(...problemsOf(result.error, at))
  }
  check(operation.params, request.params, 'path', 'params')
  check(operation.query, request.query, 'query', 'query')
  if (upload && isMultipart(operation.body)) {
    check(operation.body.fields, upload.fields, 'body', 'body')
    for (const [name, { required }] of Object.entries(operation.body.files))
      if (required && !upload.files[name] && !upload.file_lists[name])
        details.push({ loc: ['body', name], msg: 'field required', type: 'missing' })
    out.body = { ...(out.body as object), files: upload.files, file_lists: upload.file_lists }
  } else if (jsonBodyOf(operation) && !operation.access.startsWith('webhook:')) {
    const absent = request.body === undefined || request.body === null
    if (absent && operation.body_optional) out.body = undefined
    else if (absent) details.push({ loc: ['body'], msg: 'field required', type: 'missing' })
    else check(jsonBodyOf(operation), request.body, 'body', 'body')
  }
  if (details.length) throw invalid(details)
  return out
}

/** Holds an answer against its declared schema; only in tests and development, where `deps.check_responses` is set. */
const checkResponse = (operation: Operation, status: number, json: string | null): void => {
  const shape = operation.responses[status]
  if (shape === undefined) throw new Error(`${operation.id} answered ${status}, which it does not declare.`)
  if (shape === null || isFileResponse(shape) || isEventStream(shape)) return
  const result = shape.safeParse(json === null ? undefined : JSON.parse(json))
  if (!result.success)
    throw new Error(
      `${operation.id} answered what its schema does not describe: ${JSON.stringify(result.error.issues).slice(0, 2000)}`,
    )
}

const storable = (operation: Operation, deps: Deps, result: unknown): Stored => {
  const made = result instanceof Answer ? result : new Answer(successStatus(operation), result)
  if (made.body instanceof Readable || Buffer.isBuffer(made.body))
    throw new Error(`${operation.id} streams its answer and cannot be replayed.`)
  const body = made.body === undefined ? null : JSON.stringify(made.body)
  if (deps.check_responses) checkResponse(operation, made.status, body)
  return {
    status: made.status,
    headers: { ...made.headers, ...(body === null ? {} : { 'content-type': 'application/json; charset=utf-8' }) },
    body,
  }
}

const send = (operation: Operation, reply: FastifyReply, deps: Deps, result: unknown): unknown => {
  if (reply.sent || reply.raw.headersSent) return reply
  const made = result instanceof Answer ? result : new Answer(successStatus(operation), result)
  reply.code(made.status).headers(made.headers)
  if (made.headers['content-type']) return reply.send(made.body)
  if (made.body === undefined) {
    if (deps.check_responses) checkResponse(operation, made.status, null)
    return reply.send()
  }
  const json = JSON.stringify(made.body)
  if (deps.check_responses) checkResponse(operation, made.status, json)
  return reply.type('application/json; charset=utf-8').send(json)
}

/** The one place where an error becomes an answer. Text of unexpected errors goes to the log and never to the client. */
export const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const known = error instanceof ApiError ? error : translate(error)
  if (known.status >= 500) request.log.error({ err: error }, 'request failed')
  const path = request.url.split('?')[0] ?? ''
  const surface = surfaceOf(path)
  const body = surface === 'mail' ? mailErrorBody(known, request.id) : errorBody(known, request.id, path)
  return reply
    .code(statusOn(surface, known.code))
    .headers(known.headers)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}

const translate = (error: unknown): ApiError => {
  const { code, statusCode } = (error ?? {}) as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return problem('PAYLOAD_TOO_LARGE')
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return problem('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.')
  if (statusCode && statusCode >= 400 && statusCode < 500) return problem('BAD_REQUEST')
  return problem('INTERNAL_ERROR')
}
