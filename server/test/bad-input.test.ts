import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { isOpen } from '../src/http/access.ts'
import { isEventStream, isMultipart, type Operation } from '../src/http/define-operation.ts'
import { runOnceInside, runOnceReserved } from '../src/http/idempotency.ts'
import { createRateLimiter } from '../src/http/rate-limit.ts'
import { newId } from '../src/ids.ts'
import { operations } from '../src/operations.ts'
import { advance, createCampaign, createDataset, createTemplate, createTenant, type TestTenant } from './builders.ts'
import {
  emailsOf,
  type Failure,
  headerOf,
  launch,
  leadsOf,
  patch,
  post,
  recordWire,
  statusOf,
} from './campaign-steps.ts'
import { type Harness, startHarness, type TestAnswer } from './harness.ts'

let h: Harness
let tenant: TestTenant
before(async () => {
  h = await startHarness({ env: { SIGNUP: 'open' }, overrides: { system_mail: { send: async () => {} } } })
  tenant = await createTenant(h)
})
after(() => h?.close())

const credentialFor = (operation: Operation, who = tenant): string | undefined =>
  isOpen(operation.access) ? undefined : operation.access.startsWith('session') ? who.session : who.key

const pathOf = (operation: Operation, value: () => string = newId): string =>
  operation.path.replace(/\{[^}]+\}/g, () => value())

/** An answer that a client can read: no fault of ours, and the code in its place, or a provider's hook told what was wrong. */
const assertRefused = (answer: TestAnswer<Failure>, what: string): void => {
  assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`)
  const { detail, error } = (answer.body ?? {}) as { detail?: string | { code?: string }; error?: string }
  if (error) return
  assert.match((typeof detail === 'object' ? detail.code : detail) ?? '', /^[A-Z_]+$/, what)
}

/** No fault; that a service was never set up is the operator's choice, and said by its code. */
const notOurFault = (answer: TestAnswer<Failure>, what: string): void => {
  if (answer.status === 503 && String(answer.body?.detail).endsWith('_NOT_CONFIGURED')) return
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 300)}`)
}

const nested = (depth: number): string => `${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`

/** What no operation takes, as it stands on the wire. */
const HOPELESS: Record<string, string> = {
  'half a body': '{"name": "x"',
  'a bare word': 'undefined',
  'a comment': '{} // really',
  'a list': '[]',
  'a text': '"name"',
  'a number': '12',
  'nothing but null': 'null',
  'NUL bytes': '{"name":"a\\u0000b","content":{"subject":"\\u0000","body":"b"},"email":"a\\u0000@b.c","\\u0000":1}',
  'a lone surrogate':
    '{"name":"\\ud800","content":{"subject":"x","body":"\\udfff"},"email":"\\ud83d@b.c","steps":"\\ud800"}',
  'deep nesting': nested(5_000),
  'very deep nesting': nested(100_000),
}

describe('a body that nothing can be made of is refused by every operation that reads one', () => {
  for (const operation of operations.filter(({ body }) => body && !isMultipart(body)))
    test(operation.id, async () => {
      for (const [what, body] of Object.entries(HOPELESS)) {
        const answer = await h.call<Failure>(operation.method, pathOf(operation), {
          as: credentialFor(operation),
          body,
          headers: { 'content-type': 'application/json' },
        })
        // Where a body may be left out, null is as good as none, and where fields do not matter the id is not found.
        if (operation.body_optional) notOurFault(answer, what)
        else assertRefused(answer, what)
      }
    })
})

/** Wrong types and hostile values under every field name that our requests know. */
const HOSTILE: unknown[] = [
  {},
  [],
  [[]],
  '',
  'x'.repeat(100_000),
  -1,
  1e308,
  9_007_199_254_740_992,
  0.5,
  true,
  null,
  '\u202e\ufeff',
  "'; drop table users; --",
  { $ne: 1 },
]

describe('wrong types and hostile values in every field are refused or taken for what they are, never a fault', () => {
  const fields = [
    'name',
    'description',
    'email',
    'password',
    'token',
    'content',
    'steps',
    'alias_ids',
    'dataset_id',
    'daily_limit',
    'timezone',
    'send_days',
    'start_date',
    'scopes',
    'expires_at',
    'domain',
    'alias',
    'domain_id',
    'to',
    'seconds',
    'reason',
    'mode',
    'role',
    'mapping',
    'columns',
    'rows',
    'display_name',
    'holiday_countries',
  ]
  for (const operation of operations.filter(({ body }) => body && !isMultipart(body)))
    test(operation.id, async () => {
      for (const value of HOSTILE) {
        const answer = await h.call<Failure>(operation.method, pathOf(operation), {
          as: credentialFor(operation),
          body: Object.fromEntries(fields.map((field) => [field, value])),
        })
        notOurFault(answer, JSON.stringify(value).slice(0, 40))
      }
    })
})

const QUERIES = [
  'page=9007199254740991&page_size=100',
  'page=9007199254740991',
  'page=1e308',
  'page=-1',
  'page=0',
  'page=NaN',
  'page_size=0',
  'page_size=1000000',
  'limit=1&offset=9007199254740000',
  'offset=9007199254740992',
  'offset=-1',
  'limit=-1',
  'limit=999999999999',
  'cursor=',
  'cursor=AAAA',
  `cursor=${Buffer.from('["01900000-0000-7000-8000-000000000000", 1, null]').toString('base64url')}`,
  `cursor=${Buffer.from(nested(2_000)).toString('base64url')}`,
  'search=%00&name=%00',
  'search=%ED%A0%80',
  'search=%25%5C%5F&name=%27',
  'search=a&search=b&name=a&name=b&page=1&page=2',
  'status_filter=%00&reason=x&kind=y&email=%00&domain_id=x&format=x',
  '__proto__=1&constructor=2&toString=3',
  '%E0%A4%A',
]

describe('no query string, however large or broken, is a fault of any list or read', () => {
  const reads = operations.filter(
    ({ method, responses }) =>
      method === 'GET' && !Object.values(responses).some((shape) => shape && isEventStream(shape)),
  )
  for (const operation of reads)
    test(operation.id, async () => {
      for (const query of QUERIES)
        notOurFault(
          await h.call<Failure>('GET', `${pathOf(operation)}?${query}`, { as: credentialFor(operation) }),
          query,
        )
    })
})

test('a huge page of an existing list is empty, not a fault', async () => {
  const { campaign_id } = await createCampaign(h, tenant)
  for (const path of [
    '/api/v1/campaigns/',
    `/api/v1/campaigns/${campaign_id}/leads`,
    '/api/v1/templates/',
    '/api/v1/datasets/',
    '/api/v1/suppression/',
  ])
    for (const query of QUERIES)
      notOurFault(await h.call<Failure>('GET', `${path}?${query}`, { as: tenant.key }), `${path}?${query}`)
  const far = await h.call<{ items: unknown[] }>('GET', '/api/v1/campaigns/?page=1000000000&page_size=100', {
    as: tenant.key,
  })
  assert.deepEqual([far.status, far.body.items], [200, []])
})

test('the last offset that is a number has its page', {}, async () => {
  for (const path of ['/api/v1/campaigns/', '/api/v1/templates/', '/api/v1/suppression/'])
    assert.equal((await h.call('GET', `${path}?limit=1&offset=9007199254740991`, { as: tenant.key })).status, 200, path)
})

test('an address that cannot be decoded is refused in the one envelope', {}, async () => {
  for (const path of ['/api/v1/campaigns/%', '/api/v1/campaigns/%ff', '/%E0%A4%A'])
    assertRefused(await h.call<Failure>('GET', path, { as: tenant.key }), path)
})

test('ids in the path that are none are refused or not found', async () => {
  const who = await createTenant(h) // the requests of a minute are counted for each key, and these are thousands
  // OPTIONS answers for the address alone, whatever stands behind it (Fetch standard, CORS-preflight).
  for (const operation of operations.filter(({ method, path }) => method !== 'OPTIONS' && path.includes('{')))
    for (const id of [
      'x',
      '%00',
      '..%2f..%2fetc%2fpasswd',
      '%F0%9F%98%80',
      "1'%20or%20'1'='1",
      '0'.repeat(450),
      newId().toUpperCase(),
    ]) {
      if (Object.values(operation.responses).some((shape) => shape && isEventStream(shape))) continue
      const answer = await h.call<Failure>(
        operation.method,
        pathOf(operation, () => id),
        { as: credentialFor(operation, who), body: operation.method === 'GET' ? undefined : {} },
      )
      assert.ok(
        answer.status >= 400 && answer.status < 500,
        `${operation.id} ${id}: ${answer.status} ${answer.text.slice(0, 200)}`,
      )
    }
})

test('unknown addresses and methods are a 404 in the one envelope', async () => {
  for (const [method, path] of [
    ['GET', '/api/v1/nothing'],
    ['PUT', '/api/v1/campaigns/'],
    ['DELETE', '/api/v1/campaigns/'],
    ['PATCH', '/api/v1/auth/me'],
    ['POST', '/api/v1/campaigns/x/y/z/launch'],
    ['GET', '/.env'],
    ['GET', '//api/v1/campaigns/'],
    ['GET', '/..%2f..%2fetc/passwd'],
  ] as const)
    assertRefused(await h.call<Failure>(method, path, { as: tenant.key }), `${method} ${path}`)
})

test('a body of another type, of none, or larger than allowed is refused by name', async () => {
  const send = (type: string) =>
    h.call<Failure>('POST', '/api/v1/templates/', {
      as: tenant.key,
      body: '{"name":"x"}',
      headers: { 'content-type': type },
    })
  for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'nonsense']) {
    const answer = await send(type)
    assert.deepEqual([answer.status, answer.body.detail], [415, 'UNSUPPORTED_MEDIA_TYPE'], type)
  }
  for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) assertRefused(await send(type), type)
  for (const path of ['/api/v1/campaigns/', '/api/v1/templates/', '/api/v1/suppression/']) {
    const answer = await h.call<Failure>('POST', path, {
      as: tenant.key,
      body: JSON.stringify({ name: 'x'.repeat(10_485_760) }),
    })
    assert.deepEqual([answer.status, answer.body.detail], [413, 'PAYLOAD_TOO_LARGE'], path)
  }
})

test('names of prototypes are only names, and pollute nothing', async () => {
  const evil =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"name":"x","content":{"subject":"s","body":"b","__proto__":{"polluted":true}}}'
  for (const operation of operations.filter(({ body }) => body && !isMultipart(body)))
    notOurFault(
      await h.call<Failure>(operation.method, pathOf(operation), { as: credentialFor(operation), body: evil }),
      operation.id,
    )
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
  // All of that used up what one workspace may ask in a minute.
  tenant = await createTenant(h)

  // Columns of that name are data, and templates see no more than the row.
  const row = Object.fromEntries([
    ['email', 'a+accept@people.example'],
    ['first_name', 'Ada'],
    ['constructor', 'C'],
    ['toString', 'T'],
  ])
  const template = await createTemplate(h, tenant, {
    subject: 'Hi {{ first_name }}',
    body: '[{{ __proto__ }}][{{ first_name.constructor }}][{{ hasOwnProperty }}][{{ first_name.length.constructor.name }}]',
  })
  const { campaign_id } = await createCampaign(h, tenant, {
    rows: [row],
    steps: [{ delay_days: 0, templates: [{ id: template, weight: 100, label: 'A' }] }],
  })
  const shown = await post<{ body_text: string }>(h, tenant, `/api/v1/campaigns/${campaign_id}/template-preview`)
  assert.equal(shown.status, 200, shown.text)
  assert.match(shown.body.body_text, /^\[\]\[\]\[\]\[\]/)
})

test('line breaks in a subject, a name or a row’s value add no header and no recipient', async () => {
  const t = await createTenant(h)
  const wire = recordWire(h)
  const inject = '\r\nBcc: victim@example.org\r\nX-Evil: 1\r\n\r\nbody'
  const plain = await post<Failure>(h, t, '/api/v1/templates/', {
    name: 'x',
    content: { subject: `Hi${inject}`, body: 'b' },
  })
  notOurFault(plain as TestAnswer<Failure>, 'a template')
  const template = await createTemplate(h, t, { subject: 'Hi {{ first_name }}', body: 'Hello {{ first_name }}' })
  const rows = [
    { email: 'a+accept@people.example', first_name: `Ada${inject}` },
    { email: 'b+accept@people.example', first_name: 'Bo\u2028\u0085\u000b\nX-Evil: 1' },
  ]
  const { campaign_id, alias_ids } = await createCampaign(h, t, {
    rows,
    steps: [{ delay_days: 0, templates: [{ id: template, weight: 100, label: 'A' }] }],
  })
  await sql`update aliases set display_name = ${`Anna${inject}`} where id = ${alias_ids[0]}`.execute(h.deps.db)
  await launch(h, t, campaign_id)
  await advance(h, t, { until_idle: true })
  assert.equal(wire.length, 2)
  for (const { raw, rcpt_to } of wire) {
    for (const name of ['Bcc', 'X-Evil']) assert.equal(headerOf(raw, name), null)
    assert.equal(headerOf(raw, 'To'), rcpt_to)
    assert.doesNotMatch(raw.toString('utf8').split('\r\n\r\n')[0] ?? '', /^(Bcc|X-Evil)/m)
    // Every line ends with CRLF; a bare CR or LF is what smuggles a second message through a relay.
    assert.doesNotMatch(raw.toString('latin1'), /\r(?!\n)|(?<!\r)\n/)
  }
})

test('a template that loops for ever costs no time, no memory and no other lead', async () => {
  const t = await createTenant(h)
  const loops = [
    '{% for i in (1..2000000000) %}x{% endfor %}',
    '{% for a in (1..9999) %}{% for b in (1..9999) %}{% for c in (1..9999) %}{% endfor %}{% endfor %}{% endfor %}',
    '{% assign s = "x" %}{% for i in (1..99) %}{% assign s = s | append: s %}{% endfor %}{{ s }}',
  ]
  for (const body of loops) {
    const made = await post<{ template_id?: string } & Failure>(h, t, '/api/v1/templates/', {
      name: 'loop',
      content: { subject: 'Hi', body },
    })
    notOurFault(made as TestAnswer<Failure>, body)
    const id = made.body.template_id
    if (!id) continue
    const { campaign_id } = await createCampaign(h, t, {
      rows: [{ email: `l${loops.indexOf(body)}+accept@people.example` }],
      steps: [{ delay_days: 0, templates: [{ id, weight: 100, label: 'A' }] }],
    })
    const checked = await post(h, t, `/api/v1/campaigns/${campaign_id}/launch-preflight`)
    assert.equal(checked.status, 200, checked.text)
    assert.match(checked.text, /cannot be rendered|is broken/)
    const launched = await post<Failure>(h, t, `/api/v1/campaigns/${campaign_id}/launch`)
    if (launched.status === 409) continue
    await advance(h, t, { until_idle: true })
    assert.deepEqual(
      [
        (await emailsOf(h, campaign_id))[0]?.status,
        (await leadsOf(h, campaign_id))[0]?.status,
        await statusOf(h, campaign_id),
      ],
      ['failed', 'failed', 'completed'],
    )
  }
})

test('nothing that was refused changed what was there', async () => {
  const t = await createTenant(h)
  const { campaign_id } = await createCampaign(h, t)
  const read = async () => (await h.call('GET', `/api/v1/campaigns/${campaign_id}`, { as: t.key })).text
  const before = await read()
  for (const body of Object.values(HOPELESS))
    await h.call('PATCH', `/api/v1/campaigns/${campaign_id}`, { as: t.key, body })
  for (const value of HOSTILE) {
    const answer = await patch(h, t, campaign_id, { steps: value, timezone: value, send_days: value })
    notOurFault(answer as never, JSON.stringify(value).slice(0, 40))
  }
  assert.equal(await read(), before)
})

const keyed = (key: string, body: unknown, as = tenant.key, path = '/api/v1/templates/') =>
  h.call<{ template_id: string } & Failure>('POST', path, { as, body, headers: { 'idempotency-key': key } })
const templateBody = (name: string) => ({ name, content: { subject: 'Hi', body: 'Hello' } })
const countTemplates = async (name: string): Promise<number> =>
  (await sql<{ n: number }>`select count(*)::int as n from templates where name = ${name}`.execute(h.deps.db)).rows[0]
    ?.n ?? 0

describe('Idempotency-Key', () => {
  test('the same key and body replay the first answer, marked, for 24 hours', async () => {
    const first = await keyed('replay-1', templateBody('replayed'))
    const again = await keyed('replay-1', templateBody('replayed'))
    assert.deepEqual([first.status, again.status, again.text], [201, 201, first.text])
    assert.deepEqual(
      [first.headers['idempotency-replayed'], again.headers['idempotency-replayed']],
      [undefined, 'true'],
    )
    assert.equal(await countTemplates('replayed'), 1)
    const start = h.clock.now()
    h.clock.advance(24 * 3_600_000 - 1_000)
    assert.equal((await keyed('replay-1', templateBody('replayed'))).text, first.text)
    h.clock.advance(2_000)
    assert.notEqual((await keyed('replay-1', templateBody('replayed'))).text, first.text)
    assert.equal(await countTemplates('replayed'), 2)
    h.clock.set(start)
  })

  test('another body under the same key is a 409, and another workspace, path or method is another key', async () => {
    await keyed('reused', templateBody('reused'))
    const other = await keyed('reused', templateBody('something else'))
    assert.deepEqual([other.status, other.body.detail], [409, 'IDEMPOTENCY_KEY_REUSED'])
    assert.equal(await countTemplates('something else'), 0)
    const stranger = await createTenant(h)
    assert.equal((await keyed('reused', templateBody('something else'), stranger.key)).status, 201)
    const path = await h.call('POST', '/api/v1/suppression/', {
      as: tenant.key,
      body: { email: 'a@b.example' },
      headers: { 'idempotency-key': 'reused' },
    })
    assert.ok(path.status < 300, path.text)
  })

  test('of twenty at the same instant one runs; the others replay it or come back later', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => keyed('parallel', templateBody('parallel'))))
    assert.equal(await countTemplates('parallel'), 1)
    const made = answers.filter(({ status }) => status === 201)
    assert.equal(made.filter(({ headers }) => !headers['idempotency-replayed']).length, 1)
    assert.equal(new Set(made.map(({ text }) => text)).size, 1)
    for (const { status, body, headers } of answers.filter(({ status }) => status !== 201)) {
      assert.deepEqual([status, body.detail], [409, 'IDEMPOTENCY_IN_PROGRESS'])
      assert.ok(Number(headers['retry-after']) >= 1)
    }
    assert.equal((await keyed('parallel', templateBody('parallel'))).headers['idempotency-replayed'], 'true')
  })

  test('while a request runs, the same key is in progress and does not run', async () => {
    const request = {
      scope: `test:${newId()}`,
      key: 'slow',
      hash: Buffer.from('a'),
      now: h.clock.now(),
      process_id: newId(),
      secret: false,
    }
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const running = runOnceInside(h.deps.db, request, async () => {
      begun.resolve()
      await end.promise
      return { status: 200, headers: {}, body: 'done' }
    })
    await begun.promise
    const second = runOnceInside(h.deps.db, request, () => assert.fail('it ran twice'))
    await assert.rejects(second, { code: 'IDEMPOTENCY_IN_PROGRESS', headers: { 'retry-after': '1' } })
    end.resolve()
    assert.equal((await running).body, 'done')
  })

  test('a refused request leaves no trace: the key may be used with the mended one', async () => {
    assert.equal((await keyed('mended', { name: '' })).status, 422)
    assert.equal((await keyed('mended', templateBody('mended'))).status, 201)
  })

  test('a key that is too long or not visible ASCII is refused by name', async () => {
    for (const key of ['x'.repeat(256), 'with space', 'caf\u00e9']) {
      const answer = await keyed(key, templateBody('bad key'))
      assert.equal(answer.status, 422, key)
      assert.deepEqual(answer.body.details?.[0]?.loc, ['header', 'Idempotency-Key'])
    }
    assert.equal(await countTemplates('bad key'), 0)
  })

  test('a crash between the work and its answer leaves neither', async () => {
    const request = {
      scope: `test:${newId()}`,
      key: 'crash',
      hash: Buffer.from('a'),
      now: h.clock.now(),
      process_id: newId(),
      secret: false,
    }
    const insert = (tx: Harness['deps']['db']) =>
      sql`insert into templates (template_id, workspace_id, user_id, name, subject, body, created_at, updated_at)
        values (${newId()}, ${tenant.workspace_id}, ${tenant.user_id}, 'crash', 's', 'b', ${h.clock.now()}, ${h.clock.now()})`.execute(
        tx,
      )
    const { db } = h.deps
    await assert.rejects(
      runOnceInside(db, request, async (tx) => {
        await insert(tx)
        throw new Error('killed')
      }),
      /killed/,
    )
    assert.equal(await countTemplates('crash'), 0)
    const answer = await runOnceInside(db, request, async (tx) => {
      await insert(tx)
      return { status: 201, headers: {}, body: '1' }
    })
    assert.deepEqual([answer.body, await countTemplates('crash')], ['1', 1])
    assert.equal((await runOnceInside(db, request, () => assert.fail('it ran twice'))).body, '1')
  })

  test('a reservation of a process that is alive is in progress; of one that died it is unknown and never runs again', async () => {
    const request = {
      scope: `test:${newId()}`,
      key: 'reserved',
      hash: Buffer.from('a'),
      now: h.clock.now(),
      process_id: newId(),
      secret: false,
    }
    const { db } = h.deps
    let finish: () => void = () => {}
    const running = runOnceReserved(
      db,
      request,
      () =>
        new Promise((resolve) => {
          finish = () => resolve({ status: 200, headers: {}, body: 'done' })
        }),
    )
    while (!(await sql`select 1 from idempotency_keys where key = 'reserved'`.execute(db)).rows.length)
      await new Promise(setImmediate)
    const same = () => runOnceReserved(db, request, () => assert.fail('it ran twice'))
    const other = () => runOnceReserved(db, { ...request, process_id: newId() }, () => assert.fail('it ran twice'))
    await assert.rejects(same(), { code: 'IDEMPOTENCY_IN_PROGRESS', headers: { 'retry-after': '1' } })
    // Nobody has seen that process for a while.
    await assert.rejects(other(), { code: 'OUTCOME_UNKNOWN' })
    finish()
    assert.equal((await running).body, 'done')
    assert.equal((await other()).body, 'done')
  })

  test('an answer that held a secret is neither stored nor shown again', async () => {
    const make = () =>
      h.call<{ key: string } & Failure>('POST', '/api/v1/api-keys', {
        as: tenant.session,
        body: { name: 'once' },
        headers: { 'idempotency-key': 'secret-1' },
      })
    const first = await make()
    assert.ok(first.status < 300, first.text)
    const secret = /bav_live_[\w-]{43}/.exec(first.text)?.[0] as string
    const again = await make()
    assert.deepEqual([again.status, again.body.detail], [409, 'SECRET_NOT_REPLAYED'])
    const stored = await sql<{ row: string }>`select k::text as row from idempotency_keys k`.execute(h.deps.db)
    for (const { row } of stored.rows) assert.ok(!row.includes(secret))
  })
})

describe('rate limits', () => {
  const limited = async (requests: number): Promise<TestTenant> => {
    await sql`insert into plans values (${`limit-${requests}`}, 'Limited', true, 5, ${requests}, true) on conflict do nothing`.execute(
      h.deps.db,
    )
    return createTenant(h, { plan: `limit-${requests}` })
  }
  const ask = (as: string) => h.call<Failure>('GET', '/api/v1/campaigns/', { as })

  test('every answer to a key says how much is left, and past the limit it is a 429 that says when to come back', async () => {
    const t = await limited(3)
    for (const left of ['2', '1', '0']) {
      const { status, headers } = await ask(t.key)
      assert.deepEqual([status, headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']], [200, '3', left])
      assert.match(headers['x-ratelimit-reset'] ?? '', /^\d{10}$/)
      assert.match(headers.ratelimit ?? '', new RegExp(`^"minute";r=${left};t=\\d+$`))
      assert.equal(headers['ratelimit-policy'], '"minute";q=3;w=60')
    }
    const refused = await ask(t.key)
    assert.deepEqual(
      [refused.status, refused.body.detail, refused.headers['x-ratelimit-remaining']],
      [429, 'RATE_LIMITED', '0'],
    )
    const wait = Number(refused.headers['retry-after'])
    assert.ok(wait >= 1 && wait <= 60, String(wait))
    // The limit is this key's; another key and the person's session go on.
    assert.equal((await ask(tenant.key)).status, 200)
    assert.equal((await ask(t.session)).status, 200)
  })

  test('a plan without a limit has none, and says nothing', async () => {
    const t = await limited(0)
    const { status, headers } = await ask(t.key)
    assert.deepEqual([status, headers['x-ratelimit-limit']], [200, undefined])
  })

  test('processes that share a store share the count, and when it fails each counts alone and goes on', async () => {
    const { pool, log, metrics } = h.deps
    const make = () => createRateLimiter({ store: 'postgres', redis_url: null }, { pool, log, metrics })
    const [one, two] = [await make(), await make()]
    const key = `key:${newId()}`
    assert.equal((await one.consume(key, 3))['x-ratelimit-remaining'], '2')
    assert.equal((await two.consume(key, 3))['x-ratelimit-remaining'], '1')
    assert.equal((await one.consume(key, 3))['x-ratelimit-remaining'], '0')
    await assert.rejects(two.consume(key, 3), { code: 'RATE_LIMITED' })
    const fallbacks = async () => (await metrics.rate_limit_fallbacks.get()).values[0]?.value ?? 0
    const before = await fallbacks()
    await sql`alter table rate_limit_windows rename to rate_limit_gone`.execute(h.deps.db)
    try {
      assert.equal((await one.consume(key, 2))['x-ratelimit-remaining'], '1')
      assert.equal((await one.consume(key, 2))['x-ratelimit-remaining'], '0')
      await assert.rejects(one.consume(key, 2), { code: 'RATE_LIMITED' })
      assert.equal((await two.consume(key, 2))['x-ratelimit-remaining'], '1')
    } finally {
      await sql`alter table rate_limit_gone rename to rate_limit_windows`.execute(h.deps.db)
    }
    assert.equal((await fallbacks()) - before, 4)
    await assert.rejects(two.consume(key, 3), { code: 'RATE_LIMITED' })
  })
})

test('a dataset of hostile values is imported, listed and written to without a fault', async () => {
  const t = await createTenant(h)
  const rows = [
    { email: 'a+accept@people.example', first_name: '=HYPERLINK("http://evil")' },
    { email: 'b+accept@people.example', first_name: '<script>alert(1)</script>{{ 7 | times: 7 }}' },
    { email: 'c+accept@people.example', first_name: '\u202e'.repeat(500) },
  ]
  const dataset_id = await createDataset(h, t, rows)
  const { campaign_id } = await createCampaign(h, t, { rows })
  assert.equal((await patch(h, t, campaign_id, { dataset_id })).status, 200)
  await launch(h, t, campaign_id)
  await advance(h, t, { until_idle: true })
  const emails = await emailsOf(h, campaign_id)
  assert.deepEqual(
    emails.map(({ status }) => status),
    ['delivered', 'delivered', 'delivered'],
  )
  const html = await sql<{
    body_html: string
  }>`select body_html from email_contents where email_id = ${emails.find(({ to_email }) => to_email.startsWith('b+'))?.id}`.execute(
    h.deps.db,
  )
  assert.doesNotMatch(html.rows[0]?.body_html ?? '', /<script>/)
  assert.match(html.rows[0]?.body_html ?? '', /\{\{ 7 \| times: 7 \}\}/)
})
