import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { advance, createCampaign, createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Failure, launch, post } from '../../../test/campaign-steps.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'
import { newId } from '../../ids.ts'

let h: Harness
before(async () => {
  h = await startHarness()
})
after(() => h?.close())

type Listed = {
  items: { person_id: string; email: string | null; full_name: string | null; company_id: string | null }[]
  total: number
  next_cursor: string | null
}
type Detail = {
  person_id: string
  facts: {
    field: string
    value: string
    sources: { dataset_name: string; source_row: number | null; filename: string | null; known_since: string }[]
  }[]
  correspondence: { messages_sent: number; messages_received: number; campaigns: { lead_status: string }[] }
  suppression: { kind: string } | null
  [field: string]: unknown
}

const upload = async (
  tenant: TestTenant,
  name: string,
  csv: string,
): Promise<{ dataset_id: string; import_id: string }> => {
  const session = await post<{ session_id: string }>(h, tenant, '/api/v1/sessions/create', {
    session_type: 'personalization',
  })
  const form = new FormData()
  form.set('file', new Blob([csv], { type: 'text/csv' }), name)
  const made = await h.call<{ dataset_id: string; import_id: string }>(
    'POST',
    `/api/v1/sessions/${session.body.session_id}/upload/csv`,
    { as: tenant.key, form },
  )
  assert.equal(made.status, 200, made.text)
  await h.worker.drain()
  return made.body
}

const people = async (tenant: TestTenant, query = ''): Promise<Listed> => {
  const answer = await h.call<Listed>('GET', `/api/v1/people${query}`, { as: tenant.key })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const detail = async (tenant: TestTenant, id: string): Promise<Detail> => {
  const answer = await h.call<Detail>('GET', `/api/v1/people/${id}`, { as: tenant.key })
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}

const emails = ({ items }: Listed): (string | null)[] => items.map(({ email }) => email)

describe('who is known', () => {
  let tenant: TestTenant
  before(async () => {
    tenant = await createTenant(h)
    await upload(
      tenant,
      'spring.csv',
      [
        'Email,First name,Last name,Job title,Company,Website',
        'ada@acme.example,Ada,Lovelace,Analyst,Acme,acme.example',
        'zoë@other.example,Zoë,Ångström,CTO,Other Ltd,',
        'grace@gmail.com,Grace,Hopper,Admiral,,',
      ].join('\n'),
    )
    h.clock.advance(86_400_000)
    await upload(
      tenant,
      'autumn.csv',
      [
        'Email,Full name,Job title,Company',
        'ADA@acme.example,Ada King Lovelace,Head of Analysis,Acme Holding',
        'bob@acme.example,Bob Stone,Buyer,Acme Holding',
      ].join('\n'),
    )
  })

  test('people of several files are one entry each; the newest value that is not empty counts, and each says where it came from and when', async () => {
    const listed = await people(tenant)
    assert.deepEqual(
      [listed.total, emails(listed).sort()],
      [3, ['ada@acme.example', 'bob@acme.example', 'grace@gmail.com']],
    )
    const ada = listed.items.find(({ email }) => email === 'ada@acme.example')
    assert.equal(ada?.full_name, 'Ada King Lovelace')
    const known = await detail(tenant, ada?.person_id as string)
    assert.deepEqual(
      [known.title, known.first_name, known.company_domain, known.row_count],
      ['Head of Analysis', 'Ada', 'acme.example', 2],
    )
    const titles = known.facts.filter(({ field }) => field === 'title')
    assert.deepEqual(
      titles.map(({ value, sources }) => [
        value,
        sources.map(({ dataset_name, filename, source_row }) => [dataset_name, filename, source_row]),
      ]),
      [
        ['Head of Analysis', [['autumn', 'autumn.csv', 2]]],
        ['Analyst', [['spring', 'spring.csv', 2]]],
      ],
    )
    const [newer, older] = titles.map(({ sources }) => new Date(sources[0]?.known_since as string).getTime())
    assert.equal((newer as number) - (older as number), 86_400_000)
  })

  test('a search finds words, their beginnings, parts and near spellings, the best first', async () => {
    assert.deepEqual(emails(await people(tenant, '?search=lovelace')), ['ada@acme.example'])
    assert.deepEqual(emails(await people(tenant, '?search=lovel+analy')), ['ada@acme.example'])
    assert.deepEqual(emails(await people(tenant, '?search=velac')), ['ada@acme.example'])
    assert.deepEqual(emails(await people(tenant, '?search=loveleace')), ['ada@acme.example'])
    assert.deepEqual(emails(await people(tenant, '?search=grace@gmail.com')).slice(0, 1), ['grace@gmail.com'])
    assert.deepEqual(emails(await people(tenant, '?search=acme')).sort(), ['ada@acme.example', 'bob@acme.example'])
    for (const nothing of ['zzzzqqq', '%25', '_____', "'", '!!'])
      assert.deepEqual(emails(await people(tenant, `?search=${nothing}`)), [], nothing)
  })

  test('companies are told by domain, a mailbox provider is none, and their people are listed', async () => {
    type Companies = {
      items: { company_id: string; domain: string; company_name: string | null; people_count: number }[]
    }
    const { body } = await h.call<Companies>('GET', '/api/v1/companies', { as: tenant.key })
    assert.deepEqual(
      body.items.map(({ domain, company_name, people_count }) => [domain, company_name, people_count]),
      [['acme.example', 'Acme Holding', 2]],
    )
    const id = body.items[0]?.company_id
    assert.deepEqual(emails(await people(tenant, `?company_id=${id}`)).sort(), ['ada@acme.example', 'bob@acme.example'])
    const one = await h.call<{ domain: string }>('GET', `/api/v1/companies/${id}`, { as: tenant.key })
    assert.equal(one.body.domain, 'acme.example')
    const found = await h.call<Companies>('GET', '/api/v1/companies?search=acme+hold', { as: tenant.key })
    assert.equal(found.body.items.length, 1)
  })

  test('pages by cursor show everyone once, with and without a search', async () => {
    for (const query of ['', '&search=acme']) {
      const all = emails(await people(tenant, `?limit=200${query}`))
      const paged: (string | null)[] = []
      let cursor: string | null = null
      do {
        const page: Listed = await people(tenant, `?limit=1${query}${cursor ? `&cursor=${cursor}` : ''}`)
        paged.push(...emails(page))
        cursor = page.next_cursor
      } while (cursor)
      assert.deepEqual(paged, all)
    }
  })

  test('a row that is changed, removed or undone changes its person', async () => {
    const own = await createTenant(h)
    const made = await upload(own, 'one.csv', 'email,first_name\neve@acme.example,Eve\nmax@acme.example,Max')
    await sql`update dataset_rows set data = data || '{"first_name": "Evelyn"}' where dataset_id = ${made.dataset_id} and email = 'eve@acme.example'`.execute(
      h.deps.db,
    )
    await h.worker.drain()
    assert.deepEqual(
      (await people(own, '?search=evelyn')).items.map(({ full_name }) => full_name),
      ['Evelyn'],
    )
    await sql`update dataset_rows set email = 'new@acme.example' where dataset_id = ${made.dataset_id} and email = 'max@acme.example'`.execute(
      h.deps.db,
    )
    await h.worker.drain()
    assert.deepEqual(emails(await people(own)).sort(), ['eve@acme.example', 'new@acme.example'])
    assert.equal((await post(h, own, `/api/v1/imports/${made.import_id}/undo`)).status, 200)
    await h.worker.drain()
    assert.deepEqual(emails(await people(own)), [])
  })

  test('another workspace’s people, companies and erasures are the same 404 as none', async () => {
    const other = await createTenant(h)
    const id = (await people(tenant)).items[0]?.person_id
    assert.deepEqual((await people(other)).items, [])
    for (const path of [`people/${id}`, `people/${newId()}`, `companies/${newId()}`, `erasures/${newId()}`])
      assert.equal((await h.call('GET', `/api/v1/${path}`, { as: other.key })).status, 404, path)
  })
})

/** Every row of every table as text, and every stored file: where a word still stands. */
const findEverywhere = async (word: string): Promise<string[]> => {
  const tables = await sql<{ name: string }>`
    select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`.execute(
    h.deps.db,
  )
  const places: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await sql<{ n: number }>`
      select count(*)::int as n from ${sql.raw(name)} t where position(lower(${word}) in lower(t::text)) > 0
        or position(lower(${Buffer.from(word).toString('hex')}) in t::text) > 0`.execute(h.deps.db)
    if (rows[0]?.n) places.push(`${name}: ${rows[0].n}`)
  }
  const folder = join(h.deps.config.data_dir, 'files')
  for (const file of await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []))
    if (file.isFile() && (await readFile(join(file.parentPath, file.name), 'latin1')).toLowerCase().includes(word))
      places.push(file.name)
  return places
}

describe('a person who asks to be forgotten', () => {
  const erase = (tenant: TestTenant, body: unknown, as = tenant.session) =>
    h.call<{ erasure_id: string; status: string } & Failure>('POST', '/api/v1/erasures', { as, body })

  test('is gone from every table and file after a campaign with opens, clicks and an answer; only the keyed hash stays, and it holds', async () => {
    const tenant = await createTenant(h)
    const who = 'verena.unique+open+click+reply@forgotten.example'
    const rows = [
      { email: who, first_name: 'Verena', company: 'Forgotten' },
      { email: 'stays+open+reply@people.example', first_name: 'Sten', company: 'People' },
    ]
    const { campaign_id } = await createCampaign(h, tenant, { rows })
    await launch(h, tenant, campaign_id)
    await advance(h, tenant, { until_idle: true })
    await upload(
      tenant,
      'again.csv',
      `email,first_name,note\n${who},Verena,x\nbroken ${who},V,y\nok@people.example,Ok,z`,
    )
    await post(h, tenant, '/api/v1/suppression/', { email: who, note: `asked by ${who}` })
    const before = await findEverywhere('verena.unique')
    assert.ok(before.length > 8, before.join(', '))
    const stats = await h.call('GET', `/api/v1/campaigns/${campaign_id}/stats`, { as: tenant.key })

    const asked = await erase(tenant, { email: ` ${who.toUpperCase()} `, note: 'request 17' })
    assert.equal(asked.status, 202, asked.text)
    await h.worker.drain()
    const done = await h.call<{ status: string; removed: Record<string, number>; subject_hash: string; note: string }>(
      'GET',
      `/api/v1/erasures/${asked.body.erasure_id}`,
      { as: tenant.key },
    )
    assert.equal(done.body.status, 'completed', done.text)
    assert.deepEqual([done.body.note, done.body.subject_hash.length], ['request 17', 64])
    assert.ok((done.body.removed.dataset_rows ?? 0) >= 2 && (done.body.removed.messages_sent ?? 0) >= 1, done.text)
    assert.ok((done.body.removed.messages_received ?? 0) >= 1, done.text)
    await h.worker.drain()
    assert.deepEqual(await findEverywhere('verena.unique'), [])

    // Figures are of what was done, not of whom, and others keep everything.
    assert.deepEqual(
      (await h.call('GET', `/api/v1/campaigns/${campaign_id}/stats`, { as: tenant.key })).body,
      stats.body,
    )
    assert.ok((await findEverywhere('stays+open')).length > 3)

    // A file brings the address back: it may stand in a dataset, and nothing leaves.
    const again = await createCampaign(h, tenant, { rows })
    await launch(h, tenant, again.campaign_id)
    await advance(h, tenant, { until_idle: true })
    const { rows: sent } = await sql<{ to_email: string }>`
      select distinct to_email from emails where campaign_id = ${again.campaign_id}`.execute(h.deps.db)
    assert.deepEqual(
      sent.map(({ to_email }) => to_email),
      ['stays+open+reply@people.example'],
    )
  })

  test('is stopped everywhere, also where the next step was already queued', async () => {
    const tenant = await createTenant(h)
    const who = 'later+accept@forgotten.example'
    const { campaign_id } = await createCampaign(h, tenant, { rows: [{ email: who, first_name: 'L' }] })
    await launch(h, tenant, campaign_id)
    assert.equal((await erase(tenant, { email: who })).status, 202)
    await h.worker.drain()
    await advance(h, tenant, { until_idle: true })
    const { rows } = await sql<{ status: string; sent: number }>`
      select l.status, (select count(*)::int from emails e where e.campaign_lead_id = l.campaign_lead_id and e.sent_at is not null) as sent
      from campaign_leads l where l.campaign_id = ${campaign_id}`.execute(h.deps.db)
    assert.deepEqual(rows, [{ status: 'stopped', sent: 0 }])
  })

  test('can be named by LinkedIn profile, and asking twice or for somebody unknown is answered alike', async () => {
    const tenant = await createTenant(h)
    await upload(
      tenant,
      'links.csv',
      'name,linkedin\nIda Unbekannt,https://www.linkedin.com/in/ida-unbekannt\nOther One,https://www.linkedin.com/in/other-one',
    )
    assert.equal((await people(tenant)).items.length, 2)
    for (let i = 0; i < 2; i++) {
      const asked = await erase(tenant, { linkedin_url: 'https://www.linkedin.com/in/ida-unbekannt' })
      assert.deepEqual([asked.status, asked.body.status], [202, 'queued'])
      await h.worker.drain()
    }
    assert.deepEqual(await findEverywhere('ida-unbekannt'), [])
    assert.equal((await people(tenant)).items.length, 1)
  })

  test('takes nobody else along whose address or profile holds the person’s', async () => {
    const tenant = await createTenant(h)
    await upload(
      tenant,
      'near.csv',
      'email,first_name,linkedin,note\nnora@near.example,Nora,https://www.linkedin.com/in/nora-near,x\nelnora@near.example,Elnora,https://www.linkedin.com/in/nora-near-2,y\nnora@near.example.org,Other,,z\nboss@near.example,Boss,,knows nora@near.example',
    )
    assert.equal(
      (await erase(tenant, { email: 'nora@near.example', linkedin_url: 'http://de.linkedin.com/in/Nora-Near/?trk=1' }))
        .status,
      202,
    )
    await h.worker.drain()
    const left = await people(tenant)
    assert.deepEqual(left.items.map(({ email }) => email).sort(), ['elnora@near.example', 'nora@near.example.org'])
  })

  test('is found inside a stored extraction far behind its sample; other extractions stay', async () => {
    const tenant = await createTenant(h)
    const lead = (n: number, email: string) => ({ columnValues: { name: `Lead ${n}`, email } })
    const collect = async (title: string, last: string) =>
      await post<{ extraction_id: string }>(h, tenant, '/api/v1/user-extractions/', {
        title,
        source: 'page',
        leads: [...Array.from({ length: 900 }, (_, n) => lead(n, `lead${n}@deep.example`)), lead(900, last)],
      })
    const named = await collect('With', 'hidden.deep@forgotten.example')
    const other = await collect('Without', 'unhidden.deep@forgotten.example')
    assert.deepEqual([named.status, other.status], [201, 201], named.text)
    assert.equal((await erase(tenant, { email: 'hidden.deep@forgotten.example' })).status, 202)
    await h.worker.drain()
    const status = async (id: string) =>
      (await h.call('GET', `/api/v1/user-extractions/${id}/info`, { as: tenant.key })).status
    assert.deepEqual([await status(named.body.extraction_id), await status(other.body.extraction_id)], [404, 200])
  })

  test('takes a log-in session and a usable address', async () => {
    const tenant = await createTenant(h)
    assert.equal((await erase(tenant, { email: 'a@b.example' }, tenant.key)).status, 403)
    for (const body of [{}, { email: 'nothing' }, { linkedin_url: ' ' }])
      assert.equal((await erase(tenant, body)).status, 422)
    const listed = await h.call<{ items: unknown[] }>('GET', '/api/v1/erasures', { as: tenant.key })
    assert.deepEqual(listed.body.items, [])
  })
})
