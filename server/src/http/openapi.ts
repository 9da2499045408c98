import { z } from 'zod'
import { isOpen } from './access.ts'
import { isEventStream, isFileResponse, isMultipart, type Operation, type ResponseShape } from './define-operation.ts'
import { ERRORS, type ErrorCode, statusOn, surfaceOf } from './errors.ts'
import { successStatus } from './routes.ts'

type Json = Record<string, unknown>

const ErrorDetail = z.object({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string(), type: z.string() })

const ErrorSchema = z
  .object({
    detail: z.string().describe('Stable code, SCREAMING_SNAKE_CASE.'),
    message: z.string().describe('Text for a person.'),
    request_id: z.string(),
    error: z.literal('Request Validation Error').optional().describe('422 only.'),
    details: z.array(ErrorDetail).optional().describe('422 only: every problem found, not just the first.'),
    path: z.string().optional().describe('422 only: the request path.'),
  })
  .meta({ id: 'Error', description: 'The one error envelope of this API.' })

const MailErrorSchema = z
  .object({
    detail: z.object({
      message: z.string().describe('Text for a person.'),
      code: z.string().describe('Stable code, SCREAMING_SNAKE_CASE.'),
      category: z.string(),
      context: z.record(z.string(), z.unknown()).describe('`details` lists every problem of an invalid request.'),
    }),
    ok: z.literal(false),
    error: z.string().describe('The same text as in detail, where clients from 1.0 on read it.'),
    code: z.string().describe('The same code as in detail.'),
    request_id: z.string(),
  })
  .meta({ id: 'MailError', description: 'The error envelope under /mail/v1, where invalid input is 400.' })

/** Statuses that an operation can answer beside its own: they follow from what it declares, so nobody lists them by hand. */
export const errorStatuses = (operation: Operation): Map<number, ErrorCode[]> => {
  const codes = new Set<ErrorCode>(operation.errors ?? [])
  if (!isOpen(operation.access)) {
    codes.add('UNAUTHORIZED').add('RATE_LIMITED')
    const signed = operation.access === 'integration'
    if (operation.access.startsWith('session')) codes.add('SESSION_REQUIRED')
    else if (operation.access !== 'credential' && !signed) codes.add('MISSING_SCOPE')
    if (operation.method !== 'GET' && signed) codes.add('SIGNATURE_REUSED')
    else if (operation.method !== 'GET') codes.add('IDEMPOTENCY_KEY_REUSED').add('IDEMPOTENCY_IN_PROGRESS')
    if (operation.secret) codes.add('SECRET_NOT_REPLAYED')
    if (operation.calls_outside) codes.add('OUTCOME_UNKNOWN')
  }
  if (operation.params) codes.add('NOT_FOUND')
  const isSigned = operation.access.startsWith('webhook:')
  if (!isSigned && (operation.params || operation.query || operation.body || operation.method !== 'GET'))
    codes.add('VALIDATION_ERROR')
  if (operation.body) codes.add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE')
  const statuses = new Map<number, ErrorCode[]>()
  const surface = surfaceOf(operation.path)
  for (const code of [...codes].sort()) {
    const status = statusOn(surface, code)
    statuses.set(status, [...(statuses.get(status) ?? []), code])
  }
  return new Map([...statuses].sort(([a], [b]) => a - b))
}

/** A Zod schema as JSON Schema 2020-12, with the named schemas it uses apart, under their explicit ids. */
const toJson = (schema: z.ZodType, io: 'input' | 'output'): { json: Json; named: Record<string, Json> } => {
  const wrapped = z.toJSONSchema(z.object({ it: schema }), {
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  }) as unknown as Json & { $defs?: Record<string, Json>; properties: { it: Json } }
  const named = wrapped.$defs ?? {}
  for (const def of Object.values(named)) delete def.id
  return { json: wrapped.properties.it, named }
}

const REF = '#/$defs/'

const mapRefs = (node: unknown, rename: (name: string) => string): unknown => {
  if (Array.isArray(node)) return node.map((inner) => mapRefs(inner, rename))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === '$ref' && typeof value === 'string' && value.startsWith(REF)
        ? [key, `#/components/schemas/${rename(value.slice(REF.length))}`]
        : [key, mapRefs(value, rename)],
    ),
  )
}

const refsIn = (node: unknown, found = new Set<string>()): Set<string> => {
  if (Array.isArray(node)) for (const inner of node) refsIn(inner, found)
  else if (typeof node === 'object' && node !== null)
    for (const [key, value] of Object.entries(node))
      if (key === '$ref' && typeof value === 'string') found.add(value.slice(REF.length))
      else refsIn(value, found)
  return found
}

/**
 * The document of the whole API. A named schema that reads differently going in (defaults are optional there) than coming
 * out gets a second component with the suffix Input.
 */
export const buildOpenApi = (operations: Operation[], options: { version: string; serverUrl?: string }): Json => {
  const out: Record<string, Json> = {}
  const into: Record<string, Json> = {}
  const output = (schema: z.ZodType): Json => {
    const { json, named } = toJson(schema, 'output')
    Object.assign(out, named)
    return json
  }
  const input = (schema: z.ZodType): { input: Json } => {
    const { json, named } = toJson(schema, 'input')
    Object.assign(into, named)
    return { input: json }
  }

  const paths: Record<string, Record<string, Json>> = {}
  const inputsToRename: { holder: Json; key: string }[] = []
  const errorRefs = { house: output(ErrorSchema), mail: output(MailErrorSchema) }

  for (const operation of operations) {
    const parameters: Json[] = []
    const addParameters = (schema: z.ZodType | undefined, place: 'path' | 'query'): void => {
      if (!schema) return
      for (const [name, field] of Object.entries((schema as z.ZodObject).shape as Record<string, z.ZodType>)) {
        const json = output(field)
        const { description, ...rest } = json as { description?: string }
        parameters.push({
          name,
          in: place,
          required: place === 'path' || !field.safeParse(undefined).success,
          ...(description ? { description } : {}),
          schema: rest,
        })
      }
    }
    addParameters(operation.params, 'path')
    addParameters(operation.query, 'query')
    if (operation.access === 'integration') parameters.push({ $ref: '#/components/parameters/SignatureTimestamp' })
    else if (operation.access.startsWith('webhook:'))
      for (const name of ['WebhookSignature', 'WebhookTimestamp'])
        parameters.push({ $ref: `#/components/parameters/${name}` })
    else if (!isOpen(operation.access)) {
      parameters.push({ $ref: '#/components/parameters/WorkspaceId' })
      if (operation.method !== 'GET') parameters.push({ $ref: '#/components/parameters/IdempotencyKey' })
    }

    let requestBody: Json | undefined
    if (isMultipart(operation.body)) {
      const { input: fields } = input(operation.body.fields)
      const files = Object.entries(operation.body.files)
      const schema: Json = {
        ...fields,
        properties: {
          ...Object.fromEntries(
            files.map(([name, { description, many }]) => {
              const file = { type: 'string', format: 'binary' }
              return [
                name,
                many ? { type: 'array', items: file, maxItems: many, description } : { ...file, description },
              ]
            }),
          ),
          ...(fields.properties as Json),
        },
        required: [
          ...files.filter(([, file]) => file.required).map(([name]) => name),
          ...((fields.required as string[]) ?? []),
        ],
      }
      const holder = { schema }
      inputsToRename.push({ holder, key: 'schema' })
      requestBody = { required: true, content: { 'multipart/form-data': holder } }
      if (operation.body.json) {
        const alternative = { schema: input(operation.body.json).input }
        inputsToRename.push({ holder: alternative, key: 'schema' })
        ;(requestBody.content as Json)['application/json'] = alternative
      }
    } else if (operation.body) {
      const holder = { schema: input(operation.body).input }
      inputsToRename.push({ holder, key: 'schema' })
      requestBody = { required: !operation.body_optional, content: { 'application/json': holder } }
    }

    const responses: Record<string, Json> = {}
    for (const [status, shape] of Object.entries(operation.responses)) responses[status] = responseOf(shape, output)
    for (const [status, codes] of errorStatuses(operation)) {
      if (responses[String(status)]) continue
      responses[String(status)] = {
        description: codes.map((code) => `${code}: ${ERRORS[code].message}`).join(' '),
        content: { 'application/json': { schema: errorRefs[surfaceOf(operation.path)] } },
      }
    }

    paths[operation.path] ??= {}
    ;(paths[operation.path] as Record<string, Json>)[operation.method.toLowerCase()] = {
      operationId: operation.id,
      tags: [operation.tag],
      summary: operation.summary,
      ...(operation.description ? { description: operation.description } : {}),
      ...(parameters.length ? { parameters } : {}),
      ...(requestBody ? { requestBody } : {}),
      responses,
      security: isOpen(operation.access)
        ? []
        : operation.access === 'integration'
          ? [{ integration_signature: [] }]
          : surfaceOf(operation.path) === 'mail'
            ? [{ bearer: [] }, { api_key: [] }]
            : [{ bearer: [] }],
      'x-access': operation.access,
      'x-impact': operation.impact,
      'x-source': operation.source ?? 'contract',
    }
    if (!Object.keys(operation.responses).length || successStatus(operation) === Number.POSITIVE_INFINITY)
      throw new Error(`${operation.id} declares no success.`)
  }

  const differs = new Set(
    Object.keys(into).filter((name) => name in out && JSON.stringify(into[name]) !== JSON.stringify(out[name])),
  )
  for (let before = -1; before !== differs.size; ) {
    before = differs.size
    for (const [name, schema] of Object.entries(into))
      if (name in out && [...refsIn(schema)].some((ref) => differs.has(ref))) differs.add(name)
  }
  const inputName = (name: string): string => (differs.has(name) ? `${name}Input` : name)
  const schemas: Record<string, Json> = {}
  for (const [name, schema] of Object.entries(out)) schemas[name] = mapRefs(schema, (ref) => ref) as Json
  for (const [name, schema] of Object.entries(into)) schemas[inputName(name)] = mapRefs(schema, inputName) as Json
  for (const { holder, key } of inputsToRename) holder[key] = mapRefs(holder[key], inputName)

  return {
    openapi: '3.1.0',
    info: {
      title: 'Bavlio API',
      version: options.version,
      description:
        'Sales outreach for people and agents: campaigns, leads, templates, mail, suppression. Every field is snake_case; every error is the one envelope named Error.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.serverUrl ?? '/', description: 'This instance.' }],
    security: [{ bearer: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].sort().map((name) => ({ name })),
    paths: mapRefs(paths, (ref) => ref),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Session JWT or API key (bav_live_ + 43 URL-safe characters).',
        },
        api_key: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'API key; under /mail/v1 only.' },
        integration_signature: {
          type: 'apiKey',
          in: 'header',
          name: 'X-Signature',
          description:
            'HMAC-SHA256, in hexadecimal, over method, path without query, X-Timestamp and the SHA-256 of the body, joined by line feeds; the key is the integration’s secret, hex-decoded. Each signature is good for one write.',
        },
      },
      parameters: {
        WorkspaceId: {
          name: 'X-Workspace-Id',
          in: 'header',
          required: false,
          description: 'Workspace a session acts in; the personal one when absent. A key belongs to one workspace.',
          schema: { type: 'string', format: 'uuid' },
        },
        SignatureTimestamp: {
          name: 'X-Timestamp',
          in: 'header',
          required: true,
          description: 'Unix seconds; at most 300 away from the server’s clock.',
          schema: { type: 'string', pattern: '^[0-9]+$' },
        },
        WebhookSignature: {
          name: 'x-webhook-signature',
          in: 'header',
          required: true,
          description: 'HMAC-SHA256 over timestamp, a dot and the raw body, in hexadecimal.',
          schema: { type: 'string' },
        },
        WebhookTimestamp: {
          name: 'x-webhook-timestamp',
          in: 'header',
          required: true,
          description: 'Unix seconds.',
          schema: { type: 'string' },
        },
        IdempotencyKey: {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description: 'Repeating a request with the same key within 24 hours replays its answer.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
      },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
    },
  }
}

const responseOf = (shape: ResponseShape, output: (schema: z.ZodType) => Json): Json => {
  if (shape === null) return { description: 'Done.' }
  if (isFileResponse(shape))
    return {
      description: shape.description,
      content: Object.fromEntries(Object.entries(shape.types).map(([type, schema]) => [type, { schema }])),
    }
  if (isEventStream(shape))
    return { description: shape.description, content: { 'text/event-stream': { schema: output(shape.schema) } } }
  return { description: 'Success.', content: { 'application/json': { schema: output(shape) } } }
}
