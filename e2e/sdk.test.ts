import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { BavlioError, createClient, each } from '../sdk/src/bavlio.ts'
import {
  createProcessingSession,
  createTemplate,
  deleteTemplate,
  downloadDatasetInSpecifiedFormat,
  getTemplate,
  listDatasetsWithPagination,
  listTemplates,
  streamEvents,
  uploadCsvWithSenderProfileSupport,
} from '../sdk/src/generated/operations.ts'
import { createTenant, type TestTenant } from '../server/test/builders.ts'
import { type Harness, startHarness } from '../server/test/harness.ts'

describe('the client against an instance', () => {
  let h: Harness
  let tenant: TestTenant
  before(async () => {
    h = await startHarness()
    tenant = await createTenant(h)
  })
  after(() => h.close())
  const client = () => createClient({ base_url: h.base_url, credential: tenant.key })

  test('a thing is made, read, listed page by page and deleted', async () => {
    const call = client()
    const made = await createTemplate(call, {
      body: { name: 'First', content: { subject: 'Hi', body: 'Hello there' } },
    })
    for (let n = 0; n < 4; n++)
      await createTemplate(call, { body: { name: `More ${n}`, content: { subject: 'Hi', body: 'Hello' } } })
    assert.equal((await getTemplate(call, { template_id: made.template_id })).content.subject, 'Hi')
    const names: string[] = []
    for await (const template of each(listTemplates, call, { limit: 2 })) names.push(template.name)
    assert.deepEqual(names.sort(), ['First', 'More 0', 'More 1', 'More 2', 'More 3'])
    await deleteTemplate(call, { template_id: made.template_id })
    await assert.rejects(getTemplate(call, { template_id: made.template_id }), (error: unknown) => {
      assert.ok(error instanceof BavlioError)
      assert.deepEqual([error.status, error.code], [404, 'NOT_FOUND'])
      assert.match(error.request_id ?? '', /^[0-9a-f-]{36}$/)
      return true
    })
  })

  test('every problem of a refused request is named', async () => {
    await assert.rejects(
      createTemplate(client(), { body: { name: '', content: { subject: 3 as unknown as string, body: '' } } }),
      (error: unknown) => {
        assert.ok(error instanceof BavlioError)
        assert.equal(error.status, 422)
        assert.deepEqual(error.problems.map(({ loc }) => loc.join('.')).sort(), [
          'body.content.body',
          'body.content.subject',
          'body.name',
        ])
        return true
      },
    )
  })

  test('a file goes up, its rows come down', async () => {
    const call = client()
    const { session_id } = await createProcessingSession(call, { body: { session_type: 'enrichment' } })
    await uploadCsvWithSenderProfileSupport(call, {
      session_id,
      body: { file: new File(['email,first_name\nann@x.example,Ann\n'], 'people.csv') },
    })
    const [dataset] = (await listDatasetsWithPagination(call, {})).items
    const file = await downloadDatasetInSpecifiedFormat(call, { dataset_id: dataset?.dataset_id ?? '', format: 'csv' })
    assert.match(await file.text(), /ann@x\.example,Ann/)
  })

  test('a stream of events ends when the caller leaves', async () => {
    const aborter = new AbortController()
    const events = await streamEvents(client(), {}, { signal: aborter.signal })
    const reading = (async () => {
      for await (const _event of events);
    })()
    aborter.abort()
    await assert.rejects(reading, { name: 'AbortError' })
  })
})
