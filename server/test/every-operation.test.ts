import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { mintApiKey } from '../src/features/api-keys/mint-api-key.ts'
import { isOpen, SCOPES, type Scope } from '../src/http/access.ts'
import { isEventStream, isFileResponse, isMultipart, type Operation } from '../src/http/define-operation.ts'
import { integrationSignature } from '../src/http/integration-signature.ts'
import { jsonBodyOf, successStatus } from '../src/http/routes.ts'
import { newId } from '../src/ids.ts'
import { operations } from '../src/operations.ts'
import { EXAMPLE_INTEGRATION, exampleName, FOREIGN_BODIES, openWorld, REQUESTS, type World } from './examples.ts'
import { type Harness, startHarness, type TestAnswer } from './harness.ts'

/** Each operation of operations.ts, whoever wrote it, is held to what HOUSE.md §8 promises of every one of them. */
type Failure = {
  detail: string
  message: string
  error?: string
  details?: { loc: (string | number)[]; msg: string; type: string }[]
}

let h: Harness
/** Owns the objects that others must not see. */
let owner: World
let stranger: World
before(async () => {
  const env = {
    SIGNUP: 'open',
    GOOGLE_CLIENT_ID: 'client',
    GOOGLE_CLIENT_SECRET: 'secret',
    GOOGLE_API_KEY: 'key-of-the-picker',
    EGRESS_ALLOW: '127.0.0.1:9',
    INTEGRATIONS: `${EXAMPLE_INTEGRATION.id}:${EXAMPLE_INTEGRATION.secret}`,
  }
  const letters: unknown[] = []
  // The limits of the log-in are proven elsewhere; here one address calls everything.
  const started = await startHarness({
    env,
    overrides: { system_mail: { send: async (letter) => void letters.push(letter) } },
  })
  h = { ...started, call: (...request) => started.call(...signed(started, ...request)) }
  owner = await openWorld(h)
  stranger = await openWorld(h)
})
after(() => h?.close())

/** Stands for a credential where a partner signs each request. */
const SIGNATURE = 'signature'
let signatures = 0

const signed = (at: Harness, ...[method, path, options]: Parameters<Harness['call']>): Parameters<Harness['call']> => {
  if (options?.as !== SIGNATURE) return [method, path, options]
  const { as: _as, body, ...rest } = options
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  // The test's clock stands still, and a signature is good for one write.
  const timestamp = String(Math.floor(at.clock.now().getTime() / 1000) + 280 - (signatures++ % 560))
  const signature = integrationSignature(EXAMPLE_INTEGRATION.secret, {
    method,
    path: path.split('?')[0] as string,
    timestamp,
    body: text,
  })
  return [method, path, { ...rest, body, headers: { 'x-timestamp': timestamp, 'x-signature': signature } }]
}

/** A request whose failure is read in the house's envelope, whichever face of the product answered (DOMAIN.md §13). */
const call = async (
  method: string,
  path: string,
  options?: Parameters<Harness['call']>[2],
): Promise<TestAnswer<Failure>> => {
  const answer = await h.call<Failure>(method, path, options)
  if (!path.startsWith('/mail/v1/') || answer.status < 400) return answer
  const { detail } = answer.body as unknown as {
    detail: { code: string; message: string; category: string; context: Pick<Failure, 'details'> }
  }
  const status = detail.code === 'VALIDATION_ERROR' && answer.status === 400 ? 422 : answer.status
  return {
    ...answer,
    status,
    body: {
      detail: detail.code,
      message: detail.message,
      ...(status === 422 ? { error: 'Request Validation Error', details: detail.context.details } : {}),
    },
  }
}

const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string)

const isSessionOnly = (operation: Operation): boolean =>
  operation.access === 'session' || operation.access.startsWith('session:')

const scopeOf = (operation: Operation): Scope | null =>
  operation.access === 'public' ||
  operation.access === 'session' ||
  operation.access === 'credential' ||
  operation.access === 'integration' ||
  isOpen(operation.access)
    ? null
    : (operation.access.replace(/^session:/, '') as Scope)

const credential = (operation: Operation, world: World): string | undefined =>
  isOpen(operation.access)
    ? undefined
    : operation.access === 'integration'
      ? SIGNATURE
      : isSessionOnly(operation)
        ? world.tenant.session
        : world.tenant.key

const pathWith = async (
  operation: Operation,
  valueFor: (parameter: string) => Promise<string> | string,
): Promise<string> => {
  let path = operation.path
  for (const parameter of parametersOf(operation.path))
    path = path.replace(`{${parameter}}`, encodeURIComponent(await valueFor(parameter)))
  return path
}

const example = async (operation: Operation, world: World, parameter: string): Promise<string> => {
  const name = exampleName(operation.id, parameter)
  if (!name)
    throw new Error(
      `${operation.id} has the path parameter ${parameter}, of which there is no example. Add how to make one to EXAMPLES in test/examples.ts.`,
    )
  return world.get(name)
}

type Sent = { body?: unknown; form?: FormData }

const requestOf = async (operation: Operation, world: World): Promise<Sent> => {
  const request = REQUESTS[operation.id]
  if (!operation.body) return {}
  if (operation.body_optional && !request?.body) return {}
  if (isMultipart(operation.body)) {
    if (request?.form) return { form: await request.form(world) }
  } else if (request?.body) return { body: await request.body(world) }
  throw new Error(`${operation.id} has a body, of which there is no example. Add one to REQUESTS in test/examples.ts.`)
}

const each = (
  name: string,
  which: (operation: Operation) => boolean,
  run: (operation: Operation) => Promise<void>,
): void => {
  describe(name, () => {
    for (const operation of operations.filter(which))
      test(`${operation.id} (${operation.method} ${operation.path})`, () => run(operation))
  })
}

const anyIds = (operation: Operation): Promise<string> =>
  pathWith(operation, (parameter) => (parameter === 'integration_id' ? EXAMPLE_INTEGRATION.id : newId()))

each(
  'nobody gets in without a credential',
  (operation) => !isOpen(operation.access),
  async (operation) => {
    const path = await anyIds(operation)
    for (const as of [undefined, `bav_live_${'x'.repeat(43)}`, 'a.b.c']) {
      const { status, body, headers } = await call(operation.method, path, { as })
      assert.deepEqual([status, body.detail], [401, 'UNAUTHORIZED'])
      assert.match(headers['www-authenticate'] ?? '', operation.access === 'integration' ? /^HMAC/ : /^Bearer/)
    }
  },
)

each('a key cannot do what only a person may', isSessionOnly, async (operation) => {
  const { status, body } = await call(operation.method, await anyIds(operation), { as: owner.tenant.key })
  assert.deepEqual([status, body.detail], [403, 'SESSION_REQUIRED'])
})

const narrowKeys = new Map<Scope, Promise<string>>()
/** A key that may do everything but this. */
const keyWithout = (scope: Scope): Promise<string> => {
  const known = narrowKeys.get(scope)
  if (known) return known
  const { workspace_id, user_id } = owner.tenant
  const scopes = SCOPES.filter((other) => other !== scope)
  const minted = mintApiKey(h.deps.db, { workspace_id, user_id, name: scope, scopes, now: h.clock.now() }).then(
    ({ key }) => key,
  )
  narrowKeys.set(scope, minted)
  return minted
}

each(
  'a key that lacks the scope is told which one',
  (operation) => !isSessionOnly(operation) && scopeOf(operation) !== null,
  async (operation) => {
    const scope = scopeOf(operation) as Scope
    const { status, body } = await call(operation.method, await anyIds(operation), {
      as: await keyWithout(scope),
    })
    assert.deepEqual([status, body.detail], [403, 'MISSING_SCOPE'])
    assert.ok(body.message.includes(scope), `"${body.message}" names ${scope}`)
  },
)

const wrapped = (schema: z.ZodType): z.ZodType | null => {
  const def = schema.def as { innerType?: z.ZodType; in?: z.ZodType; out?: z.ZodType }
  // What a preprocessor makes of a body is checked behind it.
  return def.innerType ?? (def.in instanceof z.ZodTransform ? def.out : def.in) ?? null
}

/** The fields of a body, through what may be wrapped around it; null where it is no object. */
const shapeOf = (schema: z.ZodType | null): Record<string, z.ZodType> | null => {
  for (let at = schema; at; at = wrapped(at))
    if (at instanceof z.ZodObject) return at.shape as Record<string, z.ZodType>
  return null
}

const WRONG_VALUES = [{ wrong: ['type'] }, ['wrong'], 'wrong type', -1.5, false, 'x'.repeat(70_000)]
const WRONG_TEXTS = ['wrong type', '-1', '', 'x'.repeat(70_000)]

/** For each field a value that its schema refuses. A field that takes anything has none. */
const wrongFor = <T>(shape: Record<string, z.ZodType>, values: T[]): Record<string, T> => {
  const out: Record<string, T> = {}
  for (const [name, schema] of Object.entries(shape)) {
    const wrong = values.find((value) => !schema.safeParse(value).success)
    if (wrong !== undefined) out[name] = wrong
  }
  return out
}

const assertProblems = (answer: TestAnswer<Failure>, place: string, fields: string[]): void => {
  assert.deepEqual([answer.status, answer.body.detail], [422, 'VALIDATION_ERROR'])
  assert.equal(answer.body.error, 'Request Validation Error')
  const named = new Set(answer.body.details?.filter(({ loc }) => loc[0] === place).map(({ loc }) => String(loc[1])))
  assert.deepEqual(
    fields.filter((field) => !named.has(field)),
    [],
    'problems that were not listed',
  )
}

each(
  'a body of wrong types is a 422 that lists every problem',
  // A sender that signs is answered in its own words, and only once its signature is right.
  (operation) => jsonBodyOf(operation) !== undefined && !operation.access.startsWith('webhook:'),
  async (operation) => {
    const schema = jsonBodyOf(operation) as z.ZodType
    const path = await anyIds(operation)
    const as = credential(operation, owner)
    const shape = shapeOf(schema)
    // A bare list has no fields; what is wrong with its items is among the broken bodies below.
    assert.ok(shape || schema instanceof z.ZodArray, `the body of ${operation.id} is an object or a list`)
    const body = wrongFor(shape ?? {}, WRONG_VALUES)
    assert.ok(!shape || Object.keys(body).length > 0, 'some field can be wrong')
    if (shape) assertProblems(await call(operation.method, path, { as, body }), 'body', Object.keys(body))
    const required = Object.entries(shape ?? {}).filter(([, field]) => !field.safeParse(undefined).success)
    if (required.length)
      assertProblems(
        await call(operation.method, path, { as, body: {} }),
        'body',
        required.map(([name]) => name),
      )
    for (const broken of ['{"name": ', '["a list"]', '"text"', '{"a":"\\u0000"}'])
      assert.equal((await call(operation.method, path, { as, body: broken })).status, 422, broken)
  },
)

each(
  'a multipart operation refuses another kind of body and one without its file',
  (operation) => isMultipart(operation.body),
  async (operation) => {
    const path = await anyIds(operation)
    const as = credential(operation, owner)
    // Where JSON is an alternative to the form, an empty object is a body with nothing in it.
    const other = isMultipart(operation.body) && operation.body.json ? 422 : 415
    assert.equal((await call(operation.method, path, { as, body: {} })).status, other)
    const empty = new FormData()
    empty.set('nothing', 'here')
    const files = isMultipart(operation.body) ? Object.entries(operation.body.files) : []
    const required = files.filter(([, file]) => file.required).map(([name]) => name)
    assertProblems(await call(operation.method, path, { as, form: empty }), 'body', required)
  },
)

each(
  'wrong query parameters are a 422 that lists every problem',
  (operation) => shapeOf(operation.query ?? null) !== null,
  async (operation) => {
    const query = wrongFor(shapeOf(operation.query ?? null) as Record<string, z.ZodType>, WRONG_TEXTS)
    // A text as long as a limit is longer than a request line may be: whether such a bound holds is the schema's own matter.
    const short = Object.fromEntries(Object.entries(query).filter(([, value]) => value.length < 1_000))
    if (!Object.keys(short).length) return
    const path = `${await anyIds(operation)}?${new URLSearchParams(short)}`
    assertProblems(
      await call(operation.method, path, { as: credential(operation, owner) }),
      'query',
      Object.keys(short),
    )
  },
)

each(
  'an id of the wrong shape is no fault of ours',
  (operation) => parametersOf(operation.path).length > 0,
  async (operation) => {
    const sent = await requestOf(operation, stranger)
    const as = credential(operation, stranger)
    for (const id of ['no-uuid', "'; drop table users; --", '%00', '0'.repeat(400)]) {
      const path = await pathWith(operation, () => id)
      const { status } = await h.call(operation.method, path + (REQUESTS[operation.id]?.query ?? ''), { as, ...sent })
      assert.ok(status === 404 || status === 422 || status === 400, `${id}: ${status}`)
    }
  },
)

/** Their path names something that nobody owns: any workspace may ask, and is answered for itself. */
const OWNERLESS = new Set(['mail_get_domain_ownership'])

each(
  'an id of another workspace is the same 404 as a missing one',
  // A partner is no workspace's: what it may see of others is proven in mail-service/integrations.api.test.ts.
  (operation) =>
    parametersOf(operation.path).length > 0 &&
    operation.access !== 'public' &&
    operation.access !== 'integration' &&
    !OWNERLESS.has(operation.id),
  async (operation) => {
    const as = credential(operation, stranger)
    const sent = await requestOf(operation, stranger)
    const query = REQUESTS[operation.id]?.query ?? ''
    const parameters = parametersOf(operation.path)
    const foreign = await pathWith(operation, (parameter) => example(operation, owner, parameter))
    const found = await call(operation.method, foreign + query, { as, ...sent })
    assert.deepEqual([found.status, found.body?.detail], [404, 'NOT_FOUND'])
    const missing = await pathWith(operation, (parameter) => (parameter === 'name' ? 'missing' : newId()))
    const other = await call(operation.method, missing + query, {
      as,
      ...(await requestOf(operation, stranger)),
    })
    assert.deepEqual([other.status, other.body?.detail, other.body?.message], [404, 'NOT_FOUND', found.body?.message])
    if (parameters.length < 2 || parameters.includes('name')) return
    const mixed = await pathWith(operation, (parameter) =>
      example(operation, parameter === parameters[0] ? stranger : owner, parameter),
    )
    const inside = await call(operation.method, mixed + query, {
      as,
      ...(await requestOf(operation, stranger)),
    })
    assert.deepEqual(
      [inside.status, inside.body?.detail],
      [404, 'NOT_FOUND'],
      'its own parent with the child of another workspace',
    )
  },
)

describe('a body that names something of another workspace is refused', () => {
  for (const [id, cases] of Object.entries(FOREIGN_BODIES))
    for (const { names, body } of cases)
      test(`${id}: ${names}`, async () => {
        const operation = operations.find((one) => one.id === id)
        assert.ok(operation, `FOREIGN_BODIES in test/examples.ts names ${id}, which is no operation`)
        const path = await pathWith(operation, (parameter) => example(operation, stranger, parameter))
        const { status, text } = await h.call(operation.method, path, {
          as: credential(operation, stranger),
          body: await body(stranger, owner),
        })
        assert.ok([400, 404, 422].includes(status), `${status} ${text}`)
      })
})

const firm = JSON.parse(readFileSync(new URL('./golden/contract-firm.json', import.meta.url), 'utf8')) as {
  served: Record<string, { id: string; responses: Record<string, Record<string, unknown>> }>
  not_served: string[]
  $defs: Record<string, unknown>
}

/** Values that DOMAIN.md §4 adds to the contract's enumerations. */
const ADDED_VALUES: { in: string; field: string; values: string[] }[] = [
  {
    in: 'LaunchWarning',
    field: 'code',
    values: ['no_leads', 'missing_opt_out', 'missing_postal_address', 'window_never_opens', 'address_active_elsewhere'],
  },
]
for (const added of ADDED_VALUES) {
  const schema = firm.$defs[added.in] as { properties: Record<string, { enum: string[] }> }
  schema.properties[added.field]?.enum.push(...added.values)
}

const againstContract = (operation: Operation, status: number, body: unknown): void => {
  const schema = firm.served[`${operation.method} ${operation.path}`]?.responses[status]
  if (!schema) return
  const result = z.fromJSONSchema({ ...schema, $defs: firm.$defs } as never).safeParse(body)
  assert.ok(result.success, `the answer does not fit the contract: ${JSON.stringify(result.error?.issues)}`)
}

each(
  'the documented request succeeds with the declared status, and the answer fits its schema',
  (operation) => !REQUESTS[operation.id]?.unreachable,
  async (operation) => {
    const world = await openWorld(h)
    const request = REQUESTS[operation.id]
    await request?.prepare?.(world)
    const path = await pathWith(operation, (parameter) => example(operation, world, parameter))
    const sent = await requestOf(operation, world)
    const answer = await h.call<unknown>(operation.method, path + (request?.query ?? ''), {
      as: credential(operation, world),
      ...sent,
    })
    const status = request?.status ?? successStatus(operation)
    assert.equal(answer.status, status, answer.text.slice(0, 600))
    assert.ok(answer.headers['x-request-id'])
    if (credential(operation, world) === world.tenant.key)
      assert.ok(answer.headers['x-ratelimit-limit'], 'a key is told its limit')
    const shape = operation.responses[status]
    assert.notEqual(shape, undefined, 'the status is declared')
    if (!shape) return assert.equal(answer.text, '')
    const type = (answer.headers['content-type'] ?? '').split(';')[0] as string
    if (isFileResponse(shape)) return assert.ok(type in shape.types, `${type} is declared`)
    if (isEventStream(shape)) return assert.equal(type, 'text/event-stream')
    const result = shape.safeParse(answer.body)
    assert.ok(result.success, JSON.stringify(result.error?.issues))
    againstContract(operation, status, answer.body)
  },
)

describe('golden lists', () => {
  test('what is served, to whom, and what it does changes only on purpose', () => {
    const file = new URL('./golden/operations.json', import.meta.url)
    const present = operations
      .map(({ method, path, id, access, impact }) => ({ method, path, id, access, impact }))
      .sort((a, b) => (a.path === b.path ? a.method.localeCompare(b.method) : a.path < b.path ? -1 : 1))
    const text = `[\n${present.map((line) => `  ${JSON.stringify(line)}`).join(',\n')}\n]\n`
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text)
    const golden = readFileSync(file, 'utf8')
    assert.equal(text, golden, 'if it was meant, run this test with UPDATE_GOLDEN=1 and commit the list')
  })

  test('ids and routes are unique', () => {
    for (const names of [
      operations.map(({ id }) => id),
      operations.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`),
    ])
      assert.deepEqual(
        names.filter((name, i) => names.indexOf(name) !== i),
        [],
      )
  })

  test('every firm operation that we serve is held against the contract', () => {
    const names = new Set(operations.map(({ method, path }) => `${method} ${path}`))
    const again = 'run server/test/copy-contract.ts with the contract'
    assert.deepEqual(
      firm.not_served.filter((name) => names.has(name)),
      [],
      again,
    )
    assert.deepEqual(
      Object.keys(firm.served).filter((name) => !names.has(name)),
      [],
      again,
    )
  })

  test('no example is left over', () => {
    const ids = new Set(operations.map(({ id }) => id))
    assert.deepEqual(
      Object.keys(REQUESTS).filter((id) => !ids.has(id)),
      [],
      'remove it from REQUESTS in test/examples.ts',
    )
  })
})
