import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness, type TestAnswer } from '../../../test/harness.ts'
import { transaction } from '../../db/transaction.ts'
import { newId } from '../../ids.ts'
import type { SuppressionImportResult, SuppressionReason } from './schema.ts'
import { findSuppressed, isSuppressedSql, suppressAddress, suppressionHash } from './suppress.ts'

type Entry = {
  entry_id: string
  email: string | null
  reason: SuppressionReason
  source: string | null
  note: string | null
  kind: string
  released_at: string | null
}
type Page = { items: Entry[]; total: number; total_pages: number; has_more: boolean; next_cursor: string | null }
type Failure = { detail: string; message: string; details?: { loc: (string | number)[]; type: string }[] }

const BASE = '/api/v1/suppression/'

describe('suppression', () => {
  let h: Harness
  before(async () => {
    h = await startHarness()
  })
  after(() => h.close())

  const add = <T = Entry>(tenant: TestTenant, body: unknown, as = tenant.key): Promise<TestAnswer<T>> =>
    h.call<T>('POST', BASE, { as, body })
  const list = async (tenant: TestTenant, query = ''): Promise<Page> => {
    const page = await h.call<Page>('GET', `${BASE}${query}`, { as: tenant.key })
    assert.equal(page.status, 200, page.text)
    return page.body
  }
  const emails = async (tenant: TestTenant, query = ''): Promise<(string | null)[]> =>
    (await list(tenant, query)).items.map(({ email }) => email)
  const lift = (entryId: string, as: string, query = '', body?: unknown) =>
    h.call<Failure>('DELETE', `${BASE}${entryId}${query}`, { as, body })
  const upload = (
    tenant: TestTenant,
    file: string | Uint8Array,
    fields: Record<string, string> = {},
    headers?: Record<string, string>,
  ) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    form.set('file', new Blob([file as BlobPart]), 'list.csv')
    return h.call<SuppressionImportResult & Failure>('POST', `${BASE}import`, { as: tenant.key, form, headers })
  }
  const find = (tenant: TestTenant, asked: string[]) =>
    findSuppressed(h.deps.db, tenant.workspace_id, asked, h.deps.secrets)
  const insertHash = async (tenant: TestTenant, email: string): Promise<string> => {
    const entry_id = newId()
    const hash = suppressionHash(h.deps.secrets, email)
    await h.deps.db
      .insertInto('suppressions')
      .values({
        entry_id,
        workspace_id: tenant.workspace_id,
        kind: 'hash',
        hash,
        reason: 'manual',
        created_at: h.clock.now(),
      })
      .execute()
    return entry_id
  }

  test('an address is listed once however it is spelt, and adding it again returns the first entry', async () => {
    const me = await createTenant(h)
    const first = await add(me, { email: 'Ann@Acme.com', note: 'asked on the phone' })
    assert.equal(first.status, 201, first.text)
    assert.deepEqual(
      [
        first.body.email,
        first.body.reason,
        first.body.source,
        first.body.kind,
        first.body.note,
        first.body.released_at,
      ],
      ['ann@acme.com', 'manual', 'api', 'address', 'asked on the phone', null],
    )
    const again = await add(me, { email: ' ANN@acme.COM', reason: 'bounced' })
    assert.deepEqual([again.status, again.body], [201, first.body])
    assert.equal((await list(me)).total, 1)
  })

  test('twenty adds of one address at once make one entry and all get it', async () => {
    const me = await createTenant(h)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => add(me, { email: i % 2 ? 'A@race.example' : 'a@RACE.example' })),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(answers.map(({ body }) => body.entry_id)).size, 1)
    assert.equal((await list(me)).total, 1)
  })

  test('a domain is added by @ or by kind, in the spelling it is compared by', async () => {
    const me = await createTenant(h)
    const at = await add(me, { email: '@Bücher.example' })
    assert.deepEqual([at.body.kind, at.body.email], ['domain', 'xn--bcher-kva.example'])
    assert.equal((await add(me, { email: 'BÜCHER.example', kind: 'domain' })).body.entry_id, at.body.entry_id)
    for (const body of [
      { email: 'acme.com' },
      { email: 'ann@acme.com', kind: 'domain' },
      { email: '@co.uk' },
      { email: '@acme.com', kind: 'address' },
    ]) {
      const refused = await add<Failure>(me, body)
      assert.deepEqual([refused.status, refused.body.details?.[0]?.loc], [422, ['body', 'email']], JSON.stringify(body))
    }
  })

  test('an address is found by itself, by its domain, by a domain above it and by its hash, the most specific first', async () => {
    const [me, other] = [await createTenant(h), await createTenant(h)]
    const domain = (await add(me, { email: '@acme.com' })).body
    const address = (await add(me, { email: 'ann@acme.com', reason: 'complained' })).body
    const hash = await insertHash(me, 'gone@forgotten.example')
    await add(other, { email: 'free@example.com' })
    const found = await find(me, [
      'ann@acme.com',
      'bob@acme.com',
      'eve@mail.eu.ACME.com',
      'x@notacme.com',
      'Gone@forgotten.example',
      'free@example.com',
    ])
    assert.deepEqual(Object.fromEntries(found), {
      'ann@acme.com': { entry_id: address.entry_id, reason: 'complained', kind: 'address' },
      'bob@acme.com': { entry_id: domain.entry_id, reason: 'manual', kind: 'domain' },
      'eve@mail.eu.ACME.com': { entry_id: domain.entry_id, reason: 'manual', kind: 'domain' },
      'Gone@forgotten.example': { entry_id: hash, reason: 'manual', kind: 'hash' },
    })
    await lift(domain.entry_id, me.key)
    assert.deepEqual([...(await find(me, ['ann@acme.com', 'bob@acme.com'])).keys()], ['ann@acme.com'])
    assert.equal((await find(me, [])).size, 0)
  })

  test('the condition for larger statements agrees about addresses and domains', async () => {
    const me = await createTenant(h)
    await add(me, { email: 'ann@one.example' })
    await add(me, { email: '@acme.com' })
    const asked = ['ann@one.example', 'bob@one.example', 'bob@acme.com', 'bob@a.b.acme.com', 'bob@notacme.com']
    const { rows } = await sql<{ email: string }>`
      select email from unnest(${asked}::text[]) with ordinality as q (email, n), (select ${me.workspace_id}::uuid as ws) w
      where ${sql.raw(isSuppressedSql('w.ws', 'q.email', "split_part(q.email, '@', 2)"))} order by n`.execute(h.deps.db)
    assert.deepEqual(
      rows.map(({ email }) => email),
      ['ann@one.example', 'bob@acme.com', 'bob@a.b.acme.com'],
    )
  })

  test('what happened to a message keeps an entry as it is, unless the person has now said no', async () => {
    const me = await createTenant(h)
    await add(me, { email: 'ann@acme.com', note: 'by hand' })
    const suppress = (reason: SuppressionReason) =>
      transaction(h.deps.db, (tx) =>
        suppressAddress(tx, {
          workspace_id: me.workspace_id,
          email: 'Ann@ACME.com',
          reason,
          source: 'campaign',
          now: h.clock.now(),
        }),
      )
    const now = async () => (await list(me)).items.map(({ reason, source, note }) => [reason, source, note])
    await Promise.all([suppress('bounced'), suppress('bounced')])
    assert.deepEqual(await now(), [['manual', 'api', 'by hand']])
    await suppress('unsubscribed')
    assert.deepEqual(await now(), [['unsubscribed', 'campaign', 'by hand']])
    await suppress('complained')
    await suppress('bounced')
    assert.deepEqual(await now(), [['unsubscribed', 'campaign', 'by hand']])
  })

  test('a lifted entry no longer counts, is shown on request, and its address can be listed anew', async () => {
    const me = await createTenant(h)
    const first = (await add(me, { email: 'ann@acme.com' })).body
    h.clock.advance(1_000)
    assert.equal((await lift(first.entry_id, me.key)).status, 204)
    assert.equal((await lift(first.entry_id, me.key)).status, 404)
    assert.equal((await find(me, ['ann@acme.com'])).size, 0)
    assert.deepEqual(await emails(me), [])
    const shown = (await list(me, '?include_released=true')).items
    assert.deepEqual(
      shown.map(({ entry_id, released_at }) => [entry_id, released_at]),
      [[first.entry_id, h.clock.now().toISOString()]],
    )
    assert.notEqual((await add(me, { email: 'ann@acme.com' })).body.entry_id, first.entry_id)
  })

  test('an unsubscribe or complaint is lifted only by a logged-in person with a note, and that is audited', async () => {
    const me = await createTenant(h)
    for (const reason of ['unsubscribed', 'complained'] as const) {
      const { entry_id } = (await add(me, { email: `${reason}@acme.com`, reason })).body
      const byKey = await lift(entry_id, me.key, '?note=please')
      assert.deepEqual([byKey.status, byKey.body.detail], [403, 'SESSION_REQUIRED'])
      const bare = await lift(entry_id, me.session)
      assert.deepEqual([bare.status, bare.body.details?.[0]?.loc], [422, ['query', 'note']])
      assert.equal((await lift(entry_id, me.session, '?note=%20')).status, 422)
      assert.equal((await find(me, [`${reason}@acme.com`])).size, 1)
      const done =
        reason === 'unsubscribed'
          ? await lift(entry_id, me.session, '?note=asked+to+come+back')
          : await lift(entry_id, me.session, '', { note: 'asked to come back' })
      assert.equal(done.status, 204, done.text)
    }
    const audit = await h.deps.db
      .selectFrom('audit_entries')
      .select(['user_id', 'action', 'subject', 'note'])
      .where('workspace_id', '=', me.workspace_id)
      .orderBy('id')
      .execute()
    assert.deepEqual(
      audit.map(({ user_id, action, note }) => [user_id, action, note]),
      Array(2).fill([me.user_id, 'suppression.lifted', 'asked to come back']),
    )
    assert.match(audit[0]?.subject ?? '', /unsubscribed@acme\.com/)
  })

  test('an entry of kind hash cannot be lifted, and shows no address', async () => {
    const me = await createTenant(h)
    const entryId = await insertHash(me, 'gone@forgotten.example')
    const refused = await lift(entryId, me.session, '?note=x')
    assert.deepEqual([refused.status, refused.body.detail], [409, 'CONFLICT'])
    assert.deepEqual(await emails(me, '?kind=hash'), [null])
  })

  test('entries of another workspace are neither listed nor found nor lifted', async () => {
    const [me, other] = [await createTenant(h), await createTenant(h)]
    const theirs = (await add(other, { email: 'ann@acme.com' })).body
    assert.deepEqual(await emails(me), [])
    assert.equal((await lift(theirs.entry_id, me.key)).status, 404)
    assert.equal((await lift(newId(), me.key)).status, 404)
    assert.equal((await add(me, { email: 'ann@acme.com' })).status, 201)
    assert.deepEqual(await emails(other), ['ann@acme.com'])
  })

  test('the list filters by part of the address, reason and kind, and pages without gaps', async () => {
    const me = await createTenant(h)
    for (const body of [
      { email: 'a_b@one.example' },
      { email: 'axb@two.example', reason: 'bounced' },
      { email: '@one.example' },
      { email: 'c@three.example', reason: 'bounced' },
    ])
      await add(me, body)
    assert.deepEqual(await emails(me, '?search=ONE.'), ['one.example', 'a_b@one.example'])
    assert.deepEqual(await emails(me, '?search=a_b'), ['a_b@one.example'])
    assert.deepEqual(await emails(me, '?reason=bounced'), ['c@three.example', 'axb@two.example'])
    assert.deepEqual(await emails(me, '?kind=domain'), ['one.example'])
    assert.equal((await h.call('GET', `${BASE}?reason=nonsense`, { as: me.key })).status, 422)
    const all = await emails(me)
    const seen: (string | null)[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page = await list(me, `?limit=1${cursor ? `&cursor=${cursor}` : ''}`)
      seen.push(...page.items.map(({ email }) => email))
      cursor = page.next_cursor
    }
    assert.deepEqual(seen, all)
    assert.deepEqual(await emails(me, '?page=2&page_size=3'), all.slice(3))
    assert.deepEqual(await emails(me, '?limit=2&offset=1'), all.slice(1, 3))
  })

  test('an import adds the good rows, counts what was there, and names the bad ones', async () => {
    const me = await createTenant(h)
    await add(me, { email: 'known@acme.com', reason: 'bounced' })
    const file =
      'Name;E-Mail;Domain\nAnn;Ann@Acme.com;acme.com\nKnown;KNOWN@acme.com;\nTwice;ann@acme.com ;\nBad;not-an-address;\nEmpty;;quiet.example\n"All";@firma.example;\n'
    const done = await upload(me, file, { note: 'old system' })
    assert.equal(done.status, 200, done.text)
    const { problems, ...counts } = done.body
    assert.deepEqual(counts, { rows: 6, added: 2, already: 2, invalid: 2 })
    assert.deepEqual(
      problems.map(({ row, value, code }) => [row, value, code]),
      [
        [5, 'not-an-address', 'no_domain'],
        [6, '', 'empty'],
      ],
    )
    const added = (await list(me)).items
    assert.deepEqual(added.map(({ email, kind, reason, source, note }) => [email, kind, reason, source, note]).sort(), [
      ['ann@acme.com', 'address', 'imported', 'import', 'old system'],
      ['firma.example', 'domain', 'imported', 'import', 'old system'],
      ['known@acme.com', 'address', 'bounced', 'api', null],
    ])
  })

  test('a list without a heading, a list of domains, and a reason of its own are understood', async () => {
    const me = await createTenant(h)
    assert.equal((await upload(me, 'a@one.example\nb@one.example\n', { reason: 'unsubscribed' })).body.added, 2)
    assert.equal((await upload(me, 'domain\nacme.com\nco.uk\n')).body.added, 1)
    assert.equal((await upload(me, 'blocked\nbeta.example\nann@beta.example\n', { kind: 'domain' })).body.added, 2)
    const utf16 = Buffer.from('\ufeffemail\tname\r\nann@bücher.example\tÅ\r\n', 'utf16le')
    assert.equal((await upload(me, utf16)).body.added, 1)
    assert.deepEqual((await emails(me, '?kind=domain')).sort(), ['acme.com', 'beta.example'])
    assert.deepEqual((await emails(me, '?reason=unsubscribed')).sort(), ['a@one.example', 'b@one.example'])
    assert.deepEqual(await emails(me, '?search=xn--'), ['ann@xn--bcher-kva.example'])
  })

  test('a long file with thousands of bad rows is added whole and reports a hundred of them', async () => {
    const me = await createTenant(h)
    const rows = Array.from({ length: 12_000 }, (_, i) => (i % 3 ? `person${i}@list.example` : `broken ${i}`))
    const done = await upload(me, `email\n${rows.join('\n')}\n`)
    assert.deepEqual(
      [done.body.rows, done.body.added, done.body.invalid, done.body.problems.length],
      [12_000, 8_000, 4_000, 100],
    )
    assert.equal((await list(me, '?limit=1')).total, 8_000)
  })

  test('two imports of the same addresses in opposite order at once both finish and add each once', async () => {
    const me = await createTenant(h)
    const rows = Array.from({ length: 5_000 }, (_, i) => `p${i}@same.example`)
    const done = await Promise.all([
      upload(me, `email\n${rows.join('\n')}`),
      upload(me, `email\n${rows.toReversed().join('\n')}`),
    ])
    assert.deepEqual(
      done.map(({ status }) => status),
      [200, 200],
    )
    assert.equal(
      done.reduce((sum, { body }) => sum + body.added, 0),
      5_000,
    )
  })

  test('a repeated import with its key is answered from the first and adds nothing', async () => {
    const me = await createTenant(h)
    const key = { 'idempotency-key': 'import-1' }
    const first = await upload(me, 'email\na@acme.com\n', {}, key)
    await lift((await list(me)).items[0]?.entry_id ?? '', me.key)
    const second = await upload(me, 'email\na@acme.com\n', {}, key)
    assert.deepEqual([second.status, second.body], [first.status, first.body])
    assert.deepEqual(await emails(me), [])
    assert.equal((await upload(me, 'email\nb@acme.com\n', {}, key)).status, 409)
  })

  test('rubbish files are refused or counted, never a 500, and leave nothing behind', async () => {
    const me = await createTenant(h)
    const refused: [string, string | Uint8Array][] = [
      ['nothing', ''],
      ['only a heading', 'email\n'],
      ['a workbook', Buffer.from('504b0304140006000800', 'hex')],
      ['bytes', Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256))],
      ['no addresses', 'name,city\nAnn,Oslo\nBo,Bergen\n'],
    ]
    for (const [what, file] of refused) {
      const answer = await upload(me, file)
      assert.deepEqual([answer.status, answer.body.detail], [422, 'UNREADABLE_FILE'], `${what}: ${answer.text}`)
    }
    const nul = await upload(me, 'email\na\0b@acme.com\nfine@acme.com\n')
    assert.deepEqual([nul.status, nul.body.added], [200, 2], nul.text)
    assert.deepEqual((await emails(me)).sort(), ['ab@acme.com', 'fine@acme.com'])
    const quote = await upload(me, 'email,name\n"ann@acme.com,Ann\nbo@acme.com,Bo\n')
    assert.ok(
      quote.status === 200 && quote.body.rows === quote.body.added + quote.body.already + quote.body.invalid,
      quote.text,
    )
    const noFile = await h.call<Failure>('POST', `${BASE}import`, { as: me.key, form: new FormData() })
    assert.ok(noFile.status >= 400 && noFile.status < 500, noFile.text)
    assert.equal((await upload(me, 'email\na@acme.com\n', { reason: 'nonsense' })).status, 422)
    assert.equal((await h.call('POST', `${BASE}import`, { as: me.key, body: {} })).status, 415)
  })

  test('bad bodies are 4xx, never a 500', async () => {
    const me = await createTenant(h)
    for (const email of [
      'not-an-email',
      '',
      'a@b',
      'a@b.c, d@e.f',
      `${'x'.repeat(65)}@acme.com`,
      'a\0@acme.com',
      'a@acme.com\r\nBcc: x@y.z',
      5,
      null,
    ])
      assert.equal((await add(me, { email })).status, 422, JSON.stringify(email))
    assert.equal((await add(me, { email: `${'x'.repeat(320)}@acme.com` })).status, 422)
    assert.equal((await add(me, { email: 'a@acme.com', reason: 'because' })).status, 422)
    assert.equal((await add(me, { email: 'a@acme.com', note: 'x'.repeat(501) })).status, 422)
    assert.equal((await add(me, { email: 'a@acme.com', note: 'x'.repeat(10_000_000) })).status, 413)
    assert.equal((await add(me, '{')).status, 422)
    assert.equal((await h.call('GET', `${BASE}?search=%00`, { as: me.key })).status, 422)
    assert.equal((await lift('not-a-uuid', me.key)).status, 422)
    const reader = await createTenant(h, { scopes: ['suppression:read'] })
    assert.equal((await add<Failure>(reader, { email: 'a@acme.com' })).body.detail, 'MISSING_SCOPE')
    assert.deepEqual(await emails(me), [])
  })
})
