import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Bucket, startBucket } from '../../../test/bucket.ts'
import { createTenant, type TestTenant } from '../../../test/builders.ts'
import { type Harness, startHarness } from '../../../test/harness.ts'

let bucket: Bucket
let h: Harness
let tenant: TestTenant

before(async () => {
  bucket = await startBucket()
  h = await startHarness({
    env: {
      S3_BUCKET: bucket.settings.bucket,
      S3_ENDPOINT: bucket.settings.endpoint as string,
      S3_ACCESS_KEY_ID: bucket.settings.access_key_id,
      S3_SECRET_ACCESS_KEY: bucket.settings.secret_access_key,
      EGRESS_ALLOW: bucket.host,
    },
  })
  tenant = await createTenant(h)
})

after(async () => {
  await h?.close()
  await bucket.close()
})

const stored = async (): Promise<number> => (await Array.fromAsync(h.deps.storage.list())).length

test('an extraction lives in the bucket: stored, exported, loaded, made a session of, and gone when deleted', async () => {
  const path = '/api/v1/user-extractions'
  const leads = Array.from({ length: 1_500 }, (_, n) => ({
    columnValues: { Email: `p${n}@bucket.example`, Name: `Person ${n}`, Note: 'x'.repeat(1_000) },
  }))
  const made = await h.call<{ extraction_id: string; file_size_bytes: number }>('POST', `${path}/`, {
    as: tenant.key,
    body: { leads },
  })
  assert.equal(made.status, 201, made.text)
  assert.ok(made.body.file_size_bytes > 1_048_576, 'it takes the way by the disk')
  assert.equal(await stored(), 1)
  const one = `${path}/${made.body.extraction_id}`
  const rows = await h.call<unknown[]>('GET', `${one}/download?format=json`, { as: tenant.key })
  assert.equal(rows.body.length, 1_500)
  const session = await h.call<{ leads_count: number }>('POST', `${one}/create-session`, { as: tenant.key })
  assert.equal(session.body.leads_count, 1_500)
  const opened = await h.call<{ session_id: string }>('POST', '/api/v1/sessions/create', {
    as: tenant.key,
    body: { session_type: 'personalization' },
  })
  const loaded = await h.call<{ leads_queued: number }>('POST', `${one}/process`, {
    as: tenant.key,
    body: { session_id: opened.body.session_id },
  })
  assert.equal(loaded.body.leads_queued, 1_500, loaded.text)
  assert.equal(await stored(), 2, 'the table that was loaded is kept as an upload is')
  assert.equal((await h.call('DELETE', one, { as: tenant.key })).status, 200)
  await h.worker.drain()
  assert.equal(await stored(), 1)
  assert.deepEqual(await readdir(join(h.deps.config.data_dir, 'incoming')), [], 'nothing stays on the disk')
})
